"""Saying a rewrite aloud in the terminal: record, show the level, hear what was said."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    from unsaid.audio.microphone import Opened
    from unsaid.cli.keys import Keys
    from unsaid.config import Settings
    from unsaid.model import Moment
    from unsaid.pipeline import Bar, Request
    from unsaid.review.screen import Mode
    from unsaid.say import Saying, Spoken
    from unsaid.sessions.record import Session
    from unsaid.views.recording import Screen

    Draw = Callable[[Mode, Screen | None], None]
    """Shows how it stands: modes "say" and "listen"."""

_FRAME_S = 1 / 12
"""The screen is drawn this often; the meter moves with it."""


class Told:
    """What is to be told of a take, kept until the screen shows it. A `pipeline.Reporter`."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def note(self, text: str) -> None:
        """Keep a line."""
        self._lines.append(text)

    def warn(self, text: str) -> None:
        """Keep a line."""
        self._lines.append(text)

    @contextmanager
    def progress(self, _what: str, _total_s: float) -> Iterator[Bar]:
        """Nothing is shown: it takes no longer than the sentence did."""
        yield _NoBar()

    def taken(self) -> tuple[str, ...]:
        """What was told since the last call."""
        lines, self._lines = self._lines, []
        return tuple(dict.fromkeys(lines))


class _NoBar:
    def at(self, done_s: float) -> None: ...


class Aloud:
    """The microphone and the recogniser of one review."""

    def __init__(self, settings: Settings, session: Session, *, model: str | None = None) -> None:
        """`model`: as the command line names it. Nothing is opened or loaded yet."""
        self._settings, self._session, self._model = settings, session, model
        self._request: Request | None = None
        self._worker: ThreadPoolExecutor | None = None
        self.told = Told()

    def said(self, moment: Moment, keys: Keys, draw: Draw) -> Spoken | None:
        """Record until enter or space, and hear it; None where the speaker threw it away.

        Raises UnsaidError where there is no microphone or no model, or nothing was to be heard.
        """
        try:
            return self._said(moment, keys, draw)
        except KeyboardInterrupt:
            return None

    def close(self) -> None:
        """Wait for what is still being heard, and drop it."""
        if self._worker is not None:
            self._worker.shutdown(cancel_futures=True)
            self._worker = None

    def _said(self, moment: Moment, keys: Keys, draw: Draw) -> Spoken | None:
        from unsaid import say
        from unsaid.cli.choose import request_for_rewrites

        draw("say", None)
        session, told = self._session, self.told
        told.taken()
        if self._request is None:
            self._request = request_for_rewrites(self._settings, session, told, model=self._model)
        if self._worker is None:
            self._worker = ThreadPoolExecutor(1)
        request = self._request
        # It is loaded while the speaker speaks.
        loading = self._worker.submit(say.prepare, session, request, told)
        with ExitStack() as held:
            saying, opened = self._open(held)
            if not self._recorded(saying, opened, loading, keys, draw):
                return None
            take = saying.finish()
            if because := saying.because:
                told.warn(because)
            hearing = self._worker.submit(say.hear, session, take, moment, request, told)
            while not hearing.done():
                draw("listen", None)
                if keys.read(_FRAME_S) == "escape":
                    return None
            return hearing.result()

    def _open(self, held: ExitStack) -> tuple[Saying, Opened]:
        """The microphone that is set, else the one of last time, else the system's default."""
        from unsaid import say
        from unsaid.cli.devices import wanted_input

        asked, last = wanted_input(self._settings)
        saying = held.enter_context(say.Saying(self._session, asked or last))
        try:
            return saying, saying.start()
        except UnsaidError as error:
            if last is None:
                raise
            saying = held.enter_context(say.Saying(self._session, None))
            opened = saying.start()
            self.told.warn(f"{error.message}; '{opened.device}' was taken instead")
            return saying, opened

    def _recorded(
        self, saying: Saying, opened: Opened, loading: Future[None], keys: Keys, draw: Draw
    ) -> bool:
        """True once it is said, False where it is thrown away. Raises UnsaidError where there is no model."""
        from unsaid.audio.files import RATE_HZ
        from unsaid.say import LONGEST_S
        from unsaid.views.recording import LevelMeter, Reading, Screen

        meter = LevelMeter()
        reading: Reading | None = None
        while True:
            level = saying.look()
            if not saying.running:
                return True
            if loading.done():
                loading.result()
            if level is not None:
                reading = meter.hear(time.monotonic(), level.peak_dbfs, level.rms_dbfs, level.clipped)
            picture = Screen(
                "recording",
                elapsed_s=level.at_s if level else 0.0,
                limit_s=LONGEST_S,
                device=opened.device,
                peak_dbfs=reading.peak_dbfs if reading else None,
                rms_dbfs=reading.rms_dbfs if reading else None,
                hold_dbfs=reading.hold_dbfs if reading else None,
                level_note=reading.note if reading else "",
                lost_s=level.dropped_frames / RATE_HZ if level else 0.0,
                overflows=level.overflows if level else 0,
            )
            draw("say", picture)
            key = keys.read(_FRAME_S)
            if key in ("enter", " "):
                return True
            if key == "escape" or not keys.live:
                return False
