"""The process that listens to a recording while it is made: `python -P -m unsaid.transcribe.listen`.

It reads the growing file, tells who speaks, and transcribes stretches as soon as they stand. One thread
listens, one transcribes (the recogniser leaves Python alone while it works), one waits for the word that the
recording is complete. It works at low priority and writes nothing but events, one JSON object a line, to
standard output; the end of standard input ends it. It opens no socket.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unsaid.errors import UnsaidError
from unsaid.model import Segment, Span
from unsaid.transcribe.live import (
    ALIVE,
    Behind,
    Done,
    Event,
    Failed,
    Heard,
    Progress,
    Provisional,
    Ready,
    Transcribed,
    encode,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from unsaid.audio.speech import Samples, Stretch
    from unsaid.audio.stream import Ending, Settled, SpeechStream
    from unsaid.transcribe.whisper import WhisperTranscriber

_TICK_S = 0.1
_HEARD_S = 0.19
"""Who speaks is told so often at most."""
_ALIVE_S = 1.0
_NICE = 10

_GUESS_AFTER_S = 0.6
"""Silence after which the open stretch is transcribed for now; longer than any pad, so that it is the final
one if nobody goes on."""

_GUESS_COST_S = 4.0
"""A model that takes longer than this for a stretch is not kept busy with guesses."""

_GUESS_SURE_S = 2.0
"""After so long a silence a guess is made even if the last one was a moment ago."""

_WINDOW_S, _PAD_S = 29.0, 0.2
"""For the stretches of a recording that nobody transcribes."""


class Teller:
    """Writes events; may be used by several threads."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        """Write `event`."""
        self.line(encode(event))

    def line(self, text: str) -> None:
        """Write a line."""
        rest = memoryview(text.encode() + b"\n")
        with self._lock:
            try:
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]
            except OSError:
                os._exit(0)  # nobody is left to be told


@dataclass(slots=True)
class Voice:
    """Transcribes the stretches that it is given, in a thread of its own."""

    transcriber: WhisperTranscriber
    take: Path
    tell: Teller
    done: list[tuple[Stretch, tuple[Segment, ...]]] = field(default_factory=list)
    failed: bool = False
    _waiting: deque[Settled] = field(default_factory=deque)
    _missed: frozenset[Stretch] = frozenset()
    _guess: Settled | None = None
    _guessed: tuple[Settled, tuple[Segment, ...]] | None = None
    _guess_over: float = 0.0
    _busy: bool = True
    _took_s: float | None = None
    """What a stretch takes, of late."""
    _behind_s: float = 0.0
    _total_s: float | None = None
    """Length of the recording once it is complete."""
    _news: threading.Condition = field(default_factory=threading.Condition)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Load the model and begin."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, settled: list[Settled]) -> None:
        """Transcribe these too."""
        if settled and not self.failed:
            with self._news:
                self._waiting.extend(settled)
                self._news.notify()
            self._tell_behind()

    def guess(self, open_stretch: Settled, silence_s: float) -> None:
        """Transcribe `open_stretch` for now, if nothing else is to be done and it takes little time."""
        with self._news:
            if self._busy or self._waiting or self.failed or self.transcriber.language is None:
                return
            if self._guessed is not None and self._guessed[0] == open_stretch:
                return
            cost_s = self._took_s or 0.0
            rested = time.monotonic() - self._guess_over >= cost_s or silence_s >= _GUESS_SURE_S
            if cost_s <= _GUESS_COST_S and rested:
                self._guess = open_stretch
                self._news.notify()

    def finish(self, rest: list[Settled], missed: list[Settled], total_s: float) -> None:
        """`rest` is all that is to come, and `missed` what was passed over before: it is not told, because it
        comes out of order."""
        with self._news:
            self._missed = frozenset(settled.stretch for settled in missed)
            self._waiting.extend([*rest, *missed])
            self._total_s = total_s
            self._news.notify()
        if not self.failed:
            self.tell(Progress(self.done[-1][0].end_s if self.done else 0.0, total_s))

    def wait(self, timeout_s: float) -> bool:
        """True when all is done."""
        assert self._thread is not None
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._transcribe_all()
        except UnsaidError as error:
            self._fail(error.message, error.hint)
        except Exception as error:
            self._fail(
                f"transcribing failed ({type(error).__name__}: {error})",
                "The recording goes on; it is transcribed when the answer is audited.",
            )

    def _fail(self, message: str, hint: str) -> None:
        self.failed = True
        with self._news:
            self._waiting.clear()
        self.tell(Failed(message, hint))

    def _transcribe_all(self) -> None:
        from unsaid.audio.stream import Take

        self.transcriber.load()
        self.tell(Ready(dict(self.transcriber.options), self.transcriber.notes, self.transcriber.language))
        with contextlib.closing(Take(self.take)) as samples:
            self._follow(samples)

    def _follow(self, samples: Samples) -> None:
        """Transcribe what comes, until there is no more."""
        while True:
            with self._news:
                self._busy = False
                while not (self._waiting or self._guess or self._total_s is not None):
                    self._news.wait()
                self._busy = True
                guess, self._guess = self._guess, None
                together = [
                    self._waiting.popleft() for _ in range(min(len(self._waiting), self.transcriber.together))
                ]
            if together:
                self._tell_behind()
                self._transcribe(samples, together)
            elif self._total_s is not None:
                return
            elif guess is not None:
                self._transcribe_for_now(samples, guess)
                self._guess_over = time.monotonic()

    def _transcribe(self, samples: Samples, together: list[Settled]) -> None:
        if self._guessed is not None and self._guessed[0] == together[0]:
            self._keep(together[0].stretch, self._guessed[1])
            together = together[1:]
        self._guessed = None
        for stretch, segments in self._heard(samples, together):
            self._keep(stretch, segments)

    def _heard(self, samples: Samples, some: list[Settled]) -> Iterator[tuple[Stretch, tuple[Segment, ...]]]:
        """The model's answer to each of `some`, and a note of the time that it takes."""
        began = time.monotonic()
        spans = [span for settled in some for span in settled.spans]
        yield from self.transcriber.transcribe_stretches(samples, spans, [s.stretch for s in some])
        if some:
            took_s = (time.monotonic() - began) / len(some)
            self._took_s = took_s if self._took_s is None else (self._took_s + took_s) / 2

    def _keep(self, stretch: Stretch, segments: tuple[Segment, ...]) -> None:
        self.done.append((stretch, segments))
        if stretch in self._missed:
            return
        self.tell(Transcribed(segments, stretch.end_s))
        if self._total_s is not None:
            self.tell(Progress(stretch.end_s, self._total_s))

    def _transcribe_for_now(self, samples: Samples, guess: Settled) -> None:
        ((_, segments),) = self._heard(samples, [guess])
        self._guessed = (guess, segments)
        text = "".join(segment.text for segment in segments).strip()
        self.tell(Provisional(text, sum(len(s.words) for s in segments), guess.stretch.start_s))

    def _tell_behind(self) -> None:
        with self._news:
            next_ones = 0 if self._busy else self.transcriber.together
            by_s = sum(settled.stretch.heard_s for settled in [*self._waiting][next_ones:])
            changed = abs(by_s - self._behind_s) > 1 or (by_s == 0 < self._behind_s)
            if changed:
                self._behind_s = by_s
        if changed:
            self.tell(Behind(round(by_s, 1)))


class Listener:
    """Listens to one recording from beginning to end."""

    def __init__(self, request: dict[str, Any], tell: Teller) -> None:
        self._request = request
        self._take = Path(request["take"])
        self._tell = tell
        self._ended = threading.Event()
        self._voice: Voice | None = None

    def end(self) -> None:
        """The recording is complete."""
        self._ended.set()

    def run(self) -> None:
        """Listen until the recording is complete and all of it is heard."""
        from unsaid.audio.peaks import peaks
        from unsaid.audio.stream import SpeechStream, Take

        samples = Take(self._take)
        transcriber = self._transcriber()
        if transcriber is None:
            stream = SpeechStream(samples, max_s=_WINDOW_S, pad_s=_PAD_S)
        else:
            stream = SpeechStream(samples, max_s=transcriber.longest_s, pad_s=transcriber.pad_s)
            self._voice = Voice(transcriber, self._take, self._tell)
            self._voice.start()
        self._follow(stream)
        settled, ending = stream.finish()
        segments = self._rest(settled, ending)
        failed = self._voice is None or self._voice.failed
        outline = tuple(peaks(samples))
        samples.close()  # whoever hears that this is done may remove the file
        self._tell(
            Done(
                speech=ending.speech,
                peaks=outline,
                segments=None if failed else segments,
                language=None if transcriber is None else transcriber.language,
                options={} if transcriber is None else dict(transcriber.options),
                notes=() if transcriber is None else transcriber.notes,
            )
        )

    def _transcriber(self) -> WhisperTranscriber | None:
        from unsaid.transcribe.whisper import WhisperTranscriber

        asked = self._request
        if asked["model"] is None:
            return None
        try:
            return WhisperTranscriber(
                Path(asked["model"]),
                name=asked["name"],
                language=asked["language"],
                device=asked["device"],
                compute_type=asked["compute_type"],
                threads=asked["threads"],
            )
        except UnsaidError as error:
            self._tell(Failed(error.message, error.hint))
            return None

    def _follow(self, stream: SpeechStream) -> None:
        """Listen while the recording grows."""
        told_s = -1.0
        told_at = alive_at = 0.0
        while True:
            ended = self._ended.is_set()  # asked first: all that was recorded is in the file then
            settled = stream.hear()
            speech = stream.speech
            if self._voice is not None:
                self._voice.put(settled)
                if not ended and speech.silence_s >= _GUESS_AFTER_S and (guess := speech.open()):
                    self._voice.guess(guess, speech.silence_s)
            now = time.monotonic()
            if speech.at_s != told_s and now - told_at >= _HEARD_S:
                told_s, told_at = speech.at_s, now
                self._tell(Heard(round(told_s, 3), speech.speaking, round(speech.silence_s, 3)))
            elif now - max(told_at, alive_at) >= _ALIVE_S:
                alive_at = now
                self._tell.line(ALIVE)
            if ended:
                return
            if stream.waiting_s < 1:
                self._ended.wait(_TICK_S)

    def _rest(self, settled: list[Settled], ending: Ending) -> tuple[Segment, ...]:
        """The whole transcript, once the voice is through with what is left."""
        from unsaid.audio.stream import within

        voice = self._voice
        if voice is None:
            return ()
        speech = ending.speech
        rest = [*settled, *within(ending.rest, speech)]
        voice.finish(rest, within(ending.missed, speech), speech.duration_s)
        while not voice.wait(_ALIVE_S):
            self._tell.line(ALIVE)
        if voice.failed:
            return ()
        if ending.same:
            return tuple(segment for _, segments in voice.done for segment in segments)
        return final_segments(voice.done, ending)


def final_segments(
    done: Sequence[tuple[Stretch, tuple[Segment, ...]]], ending: Ending
) -> tuple[Segment, ...]:
    """The segments of all stretches in time order, their words laid on the final speech."""
    from unsaid.audio.speech import PAUSE_S
    from unsaid.audio.stream import outside
    from unsaid.transcribe.times import place_words, speech_within

    missed = [piece for stretch in ending.missed for piece in stretch.pieces]
    others = outside(ending.speech.spans, missed)
    found: list[Segment] = []
    for stretch, segments in done:
        speech = ending.speech.spans if stretch in ending.missed else others
        spans = speech_within(speech, stretch.start_s, stretch.end_s, PAUSE_S)
        for segment in place_words(segments, spans) if spans else ():
            found += _parted(segment, missed)
    return tuple(sorted(found, key=lambda segment: segment.start_s))


def _parted(segment: Segment, missed: Sequence[Span]) -> list[Segment]:
    """`segment`, made two where something that was missed was said in the middle of it."""
    if not segment.words:
        return [segment]
    begins = [span.start_s for span in missed]
    parts = groupby(segment.words, key=lambda word: bisect_right(begins, word.start_s))
    rows = [tuple(words) for _, words in parts]
    if len(rows) == 1:
        return [segment]
    return [Segment(row[0].start_s, row[-1].end_s, "".join(word.text for word in row), row) for row in rows]


def main() -> None:
    """Run as a process: the first line of standard input is the request, the line "end" the end."""
    for name in ("SIGINT", "SIGTSTP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(_NICE)
    # Only events may go to the other side, whatever a library prints.
    tell = Teller(os.dup(1))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    os.environ["HF_HUB_OFFLINE"] = "1"
    commands = sys.stdin.buffer
    first = commands.readline()
    if not first.strip():
        os._exit(0)
    listener = Listener(json.loads(first), tell)

    def follow_orders() -> None:
        for line in commands:
            if line.strip() == b"end":
                listener.end()
        os._exit(0)  # nobody is left to listen for

    threading.Thread(target=follow_orders, daemon=True).start()
    status = 0
    try:
        listener.run()
    except Exception as error:
        message = error.message if isinstance(error, UnsaidError) else f"{type(error).__name__}: {error}"
        hint = "The recording goes on; it is transcribed when the answer is audited."
        tell(Failed(f"listening to the recording failed ({message})", hint, gone=True))
        status = 1
    # The recogniser's threads must not keep the process, nor crash while it is taken down.
    os._exit(status)


if __name__ == "__main__":
    main()
