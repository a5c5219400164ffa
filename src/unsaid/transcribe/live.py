"""Transcription while a recording is being made, seen from the process that records.

`Live` starts a process of its own (`unsaid.transcribe.listen`) that reads the growing recording. Whatever
happens to that process, the recording goes on: it comes as an event, like everything else.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unsaid.audio.microphone import untouched_by_the_keyboard
from unsaid.errors import UnsaidError
from unsaid.model import Pause, Segment, Span
from unsaid.transcribe import segments as codec

if TYPE_CHECKING:
    from unsaid.audio.speech import Speech


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is loaded."""

    options: dict[str, object]
    """As `WhisperTranscriber.options` tells them."""
    notes: tuple[str, ...]
    """Lines for the user."""
    language: str | None


@dataclass(frozen=True, slots=True)
class Heard:
    """Who speaks at this moment; told about five times a second while the recording grows."""

    at_s: float
    """How far the recording was looked at."""
    speaking: bool
    silence_s: float
    """How long nobody has spoken."""


@dataclass(frozen=True, slots=True)
class Transcribed:
    """A stretch that is done: it will be in the transcript as it is here."""

    segments: tuple[Segment, ...]
    """May be empty."""
    until_s: float
    """Everything before this time is done; `Transcriber.transcribe` goes on from here."""


@dataclass(frozen=True, slots=True)
class Provisional:
    """What the stretch that is being spoken sounds like so far; replaces the one before, and is replaced by
    the next `Transcribed`."""

    text: str
    words: int
    from_s: float


@dataclass(frozen=True, slots=True)
class Behind:
    """How much finished sound waits to be transcribed; told when that has changed by more than a second."""

    by_s: float


@dataclass(frozen=True, slots=True)
class Progress:
    """After `Live.end`: how far the transcription is."""

    done_s: float
    total_s: float


@dataclass(frozen=True, slots=True)
class Done:
    """Everything is heard; the last event."""

    speech: Speech
    """Exactly what `find_speech` says of the finished file."""
    peaks: tuple[float, ...]
    """Exactly what `peaks` says of the finished file."""
    segments: tuple[Segment, ...] | None
    """The whole transcript in time order; None where there was no model. To be preferred to the segments
    that came before: in a quiet recording words are laid on the final speech only here."""
    language: str | None
    options: dict[str, object]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """There will be no transcript. `Heard` (and in the end `Done`, without segments) may go on where only the
    model failed."""

    message: str
    hint: str
    gone: bool = False
    """The process has ended: nothing more will come."""


Event = Ready | Heard | Transcribed | Provisional | Behind | Progress | Done | Failed

_KINDS: dict[str, type[Any]] = {
    kind.__name__.lower(): kind
    for kind in (Ready, Heard, Transcribed, Provisional, Behind, Progress, Done, Failed)
}

ALIVE = '{"event": "alive"}'
"""Tells nothing but that the process is there."""

_STALLED_S = 60.0
"""The process tells something every second at least. One silent for so long hangs."""


def encode(event: Event) -> str:
    """`event` as a line of JSON."""
    fields: dict[str, object] = {name: getattr(event, name) for name in event.__slots__}
    if isinstance(event, Transcribed | Done):
        fields["segments"] = None if event.segments is None else [codec.to_json(s) for s in event.segments]
    if isinstance(event, Done):
        speech = event.speech
        fields["speech"] = {
            "spans": [[s.start_s, s.end_s] for s in speech.spans],
            "pauses": [[p.start_s, p.end_s] for p in speech.pauses],
            "duration": speech.duration_s,
            "dips": speech.dips,
        }
    return json.dumps({"event": type(event).__name__.lower(), **fields})


def decode(line: str | bytes) -> Event | None:
    """The event that `encode` made `line` of; None for `ALIVE`.

    Raises:
        ValueError, KeyError, TypeError: the line is no event.
    """
    raw: dict[str, Any] = json.loads(line)
    name = raw.pop("event")
    if name == "alive":
        return None
    if raw.get("segments") is not None:
        raw["segments"] = tuple(codec.from_json(s) for s in raw["segments"])
    if "notes" in raw:
        raw["notes"] = tuple(raw["notes"])
    if name == "done":
        raw["peaks"] = tuple(raw["peaks"])
        raw["speech"] = _speech(raw["speech"])
    event: Event = _KINDS[name](**raw)
    return event


def _speech(raw: Mapping[str, Any]) -> Speech:
    from unsaid.audio.speech import Speech

    return Speech(
        tuple(Span(*s) for s in raw["spans"]),
        tuple(Pause(*p) for p in raw["pauses"]),
        raw["duration"],
        tuple((d[0], d[1]) for d in raw["dips"]),
    )


class Live:
    """The listening process of one recording.

    Its events are read by a thread of this process, so it is never kept waiting; nothing here waits for it
    longer than it was told to.
    """

    def __init__(
        self,
        take: Path,
        *,
        model: Path | None,
        name: str | None = None,
        language: str | None = None,
        device: str = "auto",
        compute_type: str = "default",
        threads: int | None = None,
    ) -> None:
        """`take` is the recording, which need not be there yet; without a `model` (a folder as
        `unsaid.transcribe.weights.resolve` finds it) it is told who speaks, and nothing is transcribed."""
        self._request = {
            "take": str(take.absolute()),
            "model": None if model is None else str(model.absolute()),
            "name": name,
            "language": language,
            "device": device,
            "compute_type": compute_type,
            "threads": threads,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._events: deque[Event] = deque()
        self._news = threading.Condition()
        self._told_at = 0.0
        self._killed = False
        self._over = False
        """The last event is in the queue."""

    def start(self) -> None:
        """Start the process; returns at once.

        Raises:
            UnsaidError: the process cannot be started.
        """
        how: dict[str, Any] = {}
        if sys.platform == "win32":
            how["creationflags"] = subprocess.BELOW_NORMAL_PRIORITY_CLASS
        try:
            with untouched_by_the_keyboard():
                process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "unsaid.transcribe.listen"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    **how,
                )
        except OSError as error:
            raise UnsaidError(
                f"the listening process cannot be started ({error.strerror or error})",
                "Close other programs, or record with --no-live and transcribe afterwards.",
            ) from error
        self._process = process
        self._told_at = time.monotonic()
        self._send(json.dumps(self._request))
        self._reader = threading.Thread(target=self._read, args=(process,), daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int | None:
        """The process's number; None before `start`."""
        return None if self._process is None else self._process.pid

    def poll(self, timeout_s: float = 0.0) -> tuple[Event, ...]:
        """What was told since the last time, in order; of `Heard` the newest only. Waits for the first event
        for `timeout_s` at most."""
        with self._news:
            if timeout_s > 0 and not self._events and not self._over:
                self._news.wait(timeout_s)
            events = tuple(self._events)
            self._events.clear()
        return events

    def end(self) -> None:
        """The recording is complete: hear the rest of it."""
        self._send("end")

    def wait(self, on_event: Callable[[Event], None] | None = None) -> Done:
        """After `end`: hand every event to `on_event` until `Done`, which is returned.

        Raises:
            UnsaidError: the process has ended before, or hangs; what it has told so far stands.
        """
        while True:
            events = self.poll(0.5)
            for event in events:
                if on_event is not None:
                    on_event(event)
                if isinstance(event, Done):
                    return event
                if isinstance(event, Failed) and event.gone:
                    raise UnsaidError(event.message, event.hint)
            if events:
                continue
            if self._over:
                raise UnsaidError("the listening process has ended", _AFTERWARDS)
            if self.hangs:
                self.kill()
                raise UnsaidError("the listening process hangs", _AFTERWARDS)

    @property
    def hangs(self) -> bool:
        """True where the process has told nothing for a minute; it tells something every second."""
        return not self._over and time.monotonic() - self._told_at > _STALLED_S

    def kill(self) -> None:
        """End the process, if it still runs, and free what it took."""
        self._killed = True
        process = self._process
        if process is None:
            return
        with contextlib.suppress(OSError):
            process.kill()
        if self._reader is not None and not self._over:  # one that has told everything leaves by itself
            self._reader.join()
        with contextlib.suppress(OSError):
            assert process.stdin is not None
            process.stdin.close()

    def _send(self, line: str) -> None:
        assert self._process is not None and self._process.stdin is not None, "not started"
        with contextlib.suppress(OSError, ValueError):  # it has ended: told by the reader
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        """Take in events until the process ends. Runs in a thread."""
        assert process.stdout is not None
        done = False
        with process.stdout as lines:
            for line in lines:
                try:
                    event = decode(line)
                except (ValueError, KeyError, TypeError, AttributeError):
                    break  # torn off in the middle: the process was killed
                self._told_at = time.monotonic()
                if event is not None:
                    done = isinstance(event, Done)
                    self._tell(event, last=done)
        status = process.wait()
        if not done and not self._killed:
            how = f"signal {-status}" if status < 0 else f"status {status}"
            self._tell(Failed(f"the listening process has ended ({how})", _AFTERWARDS, gone=True), last=True)
        elif not done:
            with self._news:
                self._over = True
                self._news.notify_all()

    def _tell(self, event: Event, *, last: bool) -> None:
        with self._news:
            if isinstance(event, Heard) and self._events and isinstance(self._events[-1], Heard):
                self._events.pop()
            self._events.append(event)
            self._over = self._over or last
            self._news.notify_all()


_AFTERWARDS = "The recording is not touched by this; it is transcribed when the answer is audited."
