"""`unsaid review`: judge every flagged moment and say it better, key by key, each one kept at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import click

from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    from rich.console import Console

    from unsaid.audio.playback import Player
    from unsaid.cli.keys import Keys
    from unsaid.config import Settings
    from unsaid.model import Audit
    from unsaid.review.screen import Mode, Picture
    from unsaid.review.state import Moment
    from unsaid.sessions.record import Session
    from unsaid.sessions.review import Review
    from unsaid.sessions.store import Store
    from unsaid.taste import Taste

_LOOK_S = 0.5
"""How often the terminal's size is looked at while no key comes."""
_BEFORE_S, _AFTER_S, _MORE_S = 2.0, 0.5, 2.0
_SPEEDS = (1.0, 0.75, 0.5)


@click.command()
@click.argument("session", required=False)
@click.option("--all", "everything", is_flag=True, help="Go through the less sure flags as well.")
@click.option("--no-audio", is_flag=True, help="Play nothing: over ssh, or where others sit.")
@click.pass_obj
def review(settings: Settings, session: str | None, everything: bool, no_audio: bool) -> None:
    """Judge the flagged moments of an answer, and rewrite them.

    SESSION is the newest one where it is not named. One moment at a time: hear it again, keep or dismiss it,
    say it as one sentence; the rules check that sentence in its place. Every key is kept at once, and the
    next start goes on where you stopped.
    """
    from unsaid import pipeline
    from unsaid.cli.choose import taste
    from unsaid.cli.keys import Keys
    from unsaid.sessions.store import Store

    store = Store(settings.sessions_dir)
    found = store.find(session) if session is not None else _newest(store)
    audit = pipeline.load_audit(found)
    if not sys.stderr.isatty():
        raise UnsaidError(
            "a review needs a terminal",
            f"`unsaid dismiss {found.id}` puts flags aside from a script.",
        )
    desk = _Desk(found, store, audit, taste(settings)[0], everything=everything, no_audio=no_audio)
    try:
        with desk.screen():
            while True:
                with Keys() as keys:
                    if not keys.live:
                        break
                    again = desk.run(keys)
                if not again:
                    break
                desk.ask_for_rewrite()
    finally:
        desk.close()
    pipeline.draw_again(found, store)
    click.echo(desk.summary())


def _newest(store: Store) -> Session:
    sessions = [s for s in store.all()[0] if s.audit.is_file()]
    if not sessions:
        raise UnsaidError("there is no audited session yet", "Run: unsaid record, or unsaid demo")
    return sessions[0]


class _Desk:
    """The state of the screen, and what the keys do."""

    def __init__(
        self, session: Session, store: Store, audit: Audit, taste: Taste, *, everything: bool, no_audio: bool
    ) -> None:
        from unsaid.sessions.review import load

        self.session, self.store, self.audit, self.taste = session, store, audit, taste
        self.everything = everything
        self.review: Review = load(session.folder)
        self.moments: tuple[Moment, ...] = ()
        self.at = 0
        self.mode: Mode = "moment"
        self.note = ""
        self.chosen = -1
        self.speed = _SPEEDS[0]
        self.shift_s = self.more_s = 0.0
        self.player: Player | None = None
        self.silent = ""
        """Why nothing is played."""
        if no_audio:
            self.silent = "no sound: --no-audio"
        elif not session.recording.is_file():
            self.silent = "no sound: this session has no recording"
        self._look()
        self._go_on()

    # What is shown

    @contextmanager
    def screen(self) -> Iterator[None]:
        """The terminal's second screen."""
        from unsaid.cli.output import console

        self.out: Console = console(stderr=True)
        with self.out.screen():
            yield

    def _draw(self) -> None:
        from rich.control import Control

        from unsaid.review.screen import View

        width, height = self.out.size
        with self.out:
            self.out.control(Control.home())
            self.out.print(View(self.picture(), width, height), end="", crop=False)

    def picture(self) -> Picture:
        """What the screen shows now."""
        from unsaid.review.screen import Picture
        from unsaid.review.state import shares

        speed = "" if self.speed == 1.0 else f", at {self.speed:g} of the speed"
        start_s, end_s = self._stretch()
        sound = self.silent or f"from {start_s:.1f} to {end_s:.1f} s{speed}"
        return Picture(
            self.session.id,
            self.audit,
            self.moments,
            self.at,
            self.mode,
            self.note,
            self.chosen,
            shares(self.audit, self.moments),
            sound,
        )

    def summary(self) -> str:
        """One line for the end."""
        kept = sum(1 for m in self.moments if m.verdict == "kept")
        gone = sum(1 for m in self.moments if m.verdict == "dismissed")
        said = [m.rewrite for m in self.moments if m.rewrite is not None]
        good = sum(1 for r in said if r.passed)
        left = sum(1 for m in self.moments if not m.settled)
        line = f"{kept} kept, {gone} dismissed, {len(said)} rewritten ({good} pass)"
        return f"{line}; {left} to go: unsaid review {self.session.id}" if left else f"{line}; all done"

    # What the keys do

    def run(self, keys: Keys) -> bool:
        """Until a rewrite is to be typed (True), or the review is left (False)."""
        while True:
            self._draw()
            key = keys.read(_LOOK_S)
            if key is None:
                if not keys.live:
                    return False
                continue
            self.note = ""
            if self.mode == "moment" and key == "w" and self.moments:
                return True
            if not self._press(key):
                return False

    def _press(self, key: str) -> bool:
        """False to leave."""
        mode = self.mode
        if mode == "help":
            self.mode = "moment"
        elif mode in ("dismiss", "family", "mark"):
            self._answer(key)
        elif key == "q":
            return False
        elif mode == "end" and key in ("b", "left", "up"):
            self.mode = "moment"
        elif key == "?":
            self.mode = "help"
        elif key == "m" and self.audit.sentences:
            self.mode = "mark"
            self.chosen = self._moment.sentence_index if self.moments else 0
        elif mode == "moment" and self.moments:
            self._judge(key)
        return True

    def _judge(self, key: str) -> None:
        from unsaid.review import state

        moment = self._moment
        if key == "k":
            self._change(lambda r, m, at: state.keep(r, m, at), "kept")
            self._step(1)
        elif key == "d":
            if moment.flag is None:
                self._change(lambda r, m, at: state.dismiss(r, m, "", at), "your mark was taken away")
            else:
                self.mode = "dismiss"
        elif key == "f":
            self.mode = "family"
        elif key == "o":
            self._change(lambda r, m, _: state.reopen(r, m), "open again")
        elif key == "x":
            self._change(lambda r, m, at: state.rewrite(r, m, "", (), at), "the rewrite was dropped")
        elif key in ("n", "right", "down", "enter"):
            self._step(1)
        elif key in ("b", "left", "up"):
            self._step(-1)
        elif key in (" ", ",", ".", "l", "s"):
            self._sound(key)

    def _answer(self, key: str) -> None:
        """A key in answer to a question."""
        from unsaid.review import state
        from unsaid.shortlist import REASONS

        if key == "escape":
            self.mode = "moment"
        elif self.mode == "dismiss":
            if key == "enter" or (key.isdecimal() and 1 <= int(key) <= len(REASONS)):
                reason = "" if key == "enter" else REASONS[int(key) - 1]
                self.mode = "moment"
                self._change(lambda r, m, at: state.dismiss(r, m, reason, at), "dismissed")
                self._step(1)
        elif self.mode == "mark" and key in ("up", "down", "k", "j"):
            by = 1 if key in ("down", "j") else -1
            self.chosen = min(max(0, self.chosen + by), len(self.audit.sentences) - 1)
        elif key.upper() in ("D", "A", "U"):
            letter, mode = key.upper(), self.mode
            self.mode = "moment"
            if mode == "family":
                self._change(lambda r, m, at: state.keep(r, m, at, letter), "filed anew")
            else:
                sentence = self.audit.sentences[self.chosen]
                self._keep(lambda r, at: state.mark(r, sentence, letter, at), "marked")
                self.at = next(
                    (n for n, m in enumerate(self.moments) if m.flag is None and m.quote == sentence.text),
                    self.at,
                )

    def ask_for_rewrite(self) -> None:
        """Let the speaker type a sentence, check it, and keep it."""
        from unsaid.review import check, state

        moment = self._moment
        before = moment.rewrite.text if moment.rewrite else moment.flag.rewrite if moment.flag else ""
        text = _typed(self.out, before)
        if text is None or not text.strip():
            self.note = "nothing was changed"
            return
        missing = check.missing(
            self.audit,
            moment.sentence_index,
            text,
            letter=moment.letter,
            kind=self.session.kind,
            taste=self.taste,
        )
        done = "it passes" if not missing else "kept; it does not pass yet"
        self._change(lambda r, m, at: state.rewrite(r, m, text, missing, at), done)

    # What it stands on

    @property
    def _moment(self) -> Moment:
        return self.moments[self.at]

    def _change(self, change: Callable[[Review, Moment, str], Review], done: str) -> None:
        moment = self._moment
        self._keep(lambda r, at: change(r, moment, at), done)

    def _keep(self, change: Callable[[Review, str], Review], done: str) -> None:
        """Apply a change to what the file holds by now, and keep it at once."""
        from unsaid import pipeline

        now = datetime.now().astimezone().isoformat(timespec="seconds")
        self.audit, self.review = pipeline.change_review(
            self.session, self.store, lambda _, kept: change(kept, now)
        )
        self.note = done
        self._look()

    def _look(self) -> None:
        from unsaid.review.state import moments

        self.moments = moments(self.audit, self.review, everything=self.everything)
        self.at = min(self.at, max(0, len(self.moments) - 1))

    def _go_on(self) -> None:
        """To the first moment without a verdict, else to the first that is not settled, else to the end."""
        for wanted in (lambda m: m.verdict == "open", lambda m: not m.settled):
            at = next((n for n, m in enumerate(self.moments) if wanted(m)), None)
            if at is not None:
                self.at = at
                return
        self.mode = "end"

    def _step(self, by: int) -> None:
        if self.player is not None:
            self.player.stop()
        self.shift_s = self.more_s = 0.0
        if self.at + by >= len(self.moments):
            self.mode = "end"
        else:
            self.at = max(0, self.at + by)

    # Sound

    def _stretch(self) -> tuple[float, float]:
        if not self.moments:
            return 0.0, 0.0
        m = self._moment
        start_s = max(0.0, m.start_s - _BEFORE_S - self.more_s + self.shift_s)
        end_s = min(self.session.duration_s, m.end_s + _AFTER_S + self.more_s + self.shift_s)
        return start_s, max(start_s, end_s)

    def _sound(self, key: str) -> None:
        if key == "s":
            self.speed = _SPEEDS[(_SPEEDS.index(self.speed) + 1) % len(_SPEEDS)]
        elif key == "l":
            self.more_s += _MORE_S
        elif key in (",", "."):
            self.shift_s += 1.0 if key == "." else -1.0
        elif self.player is not None and self.player.playing:
            self.player.stop()
            return
        if self.silent:
            self.note = self.silent
            return
        try:
            if self.player is None:
                from unsaid.audio.playback import Player

                self.player = Player(self.session.recording)
            start_s, end_s = self._stretch()
            self.player.play(start_s, end_s, speed=self.speed)
        except UnsaidError as error:
            self.silent = f"no sound: {error.message}"
            self.note = f"{self.silent}. {error.hint or ''}".strip()

    def close(self) -> None:
        """Stop what plays."""
        if self.player is not None:
            self.player.close()


def _typed(out: Console, before: str) -> str | None:
    """A sentence that the speaker types, with `before` to start from; None where she thought better of it."""
    from unsaid.cli.typed import typed

    return typed(out, "One sentence; enter keeps it, Ctrl-C leaves it as it was:", before)
