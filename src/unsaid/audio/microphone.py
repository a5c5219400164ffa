"""The microphone as the program sees it: start, look what happened, pause, stop.

The sound itself is caught by `capture`, in a process of its own: PortAudio can hang for good when a device
vanishes, and nothing that the screen or a transcription does may hold up what is written.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unsaid.audio import take as takes
from unsaid.audio.files import RATE_HZ
from unsaid.errors import UnsaidError

START_S = 30.0
"""Looking for devices takes a moment, and some sound systems wait long for one that sleeps."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The device is open and its first frames have come."""

    device: str
    """The device's name."""
    host: str
    """The sound system that offers it, e.g. "ALSA"."""
    rate_hz: int
    """The rate at which it is read; the take is always 16 kHz."""
    channels: int
    """The channels that are read; the take is always mono."""


@dataclass(frozen=True, slots=True)
class Level:
    """What came in since the last one; about 15 a second, also while paused."""

    at_s: float
    """Length of the take, written."""
    synced_s: float
    """Length of the take that is safe on the disk, whatever happens."""
    peak_dbfs: float
    """-120 for digital silence."""
    rms_dbfs: float
    """-120 for digital silence."""
    clipped: int
    """Samples of the device in runs at full scale, since the beginning."""
    overflows: int
    """How often the device told that it lost sound, since the beginning."""
    dropped_frames: int
    """Frames (16 kHz) that never came, by the clock, since the beginning."""
    paused: bool


@dataclass(frozen=True, slots=True)
class Paused:
    """From here on nothing is written."""

    at_s: float
    """Position in the take of the join."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """From here on everything is written again."""

    at_s: float
    """Position in the take of the join."""
    after_s: float
    """How long nothing was written."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The take is closed. Always the last event."""

    reason: str
    """ "stopped", "limit", "device-gone", "disk-full", "cannot-write", "signal", "parent-gone" or "died"."""
    at_s: float
    """Length of the take."""
    overflows: int
    dropped_frames: int
    detail: str
    """More in plain words, or ""."""


Event = Opened | Level | Paused | Resumed | Ended

EVENTS: dict[str, type[Event]] = {
    "opened": Opened,
    "level": Level,
    "paused": Paused,
    "resumed": Resumed,
    "ended": Ended,
}
"""What a line of the capture process stands for, by its "event". The one other is "failed": message, hint."""


class Microphone:
    """One recording from one device into one take."""

    def __init__(
        self, take: Path, *, device: str | None, paused: bool = False, max_s: float = 7200.0
    ) -> None:
        """`take` must not exist yet. `device`: a name as `devices.choose` takes it. `paused`: hear, but
        write nothing before `resume`; no `Paused` is told then. `max_s`: the take's greatest length."""
        self._take = take
        self._options = {"take": os.fspath(take), "device": device, "paused": paused, "max_s": max_s}
        self._process: subprocess.Popen[bytes] | None = None
        self._changed = threading.Condition()
        self._events: deque[Event] = deque()
        self._opened: Opened | None = None
        self._failed: UnsaidError | None = None
        self._level: Level | None = None
        self._ended: Ended | None = None

    def start(self) -> Opened:
        """Open the device and wait until it is heard.

        Raises:
            UnsaidError: the take exists already or cannot be made, PortAudio is missing, no such device, it
                is in use, or gives no sound. Nothing is left behind then.
        """
        if self._take.exists():
            raise UnsaidError(
                f"{self._take}: there is a recording already", "It is left as it is. Begin a new session."
            )
        with untouched_by_the_keyboard():
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "unsaid.audio.capture", json.dumps(self._options)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # PortAudio may print gigabytes there
            )
        threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()
        with self._changed:
            self._changed.wait_for(lambda: self._opened or self._failed or self._ended, START_S)
            if self._opened:
                return self._opened
            failed = self._failed
            died = self._ended is not None
        self.kill()
        if takes.frames_in(self._take) == 0:
            self._take.unlink(missing_ok=True)
        how = "ends the program that asks for it" if died else "does not answer"
        raise failed or UnsaidError(
            f"the microphone cannot be opened: the system's sound {how}",
            "Run `unsaid doctor` to see what is wrong.",
        )

    def poll(self) -> tuple[Event, ...]:
        """What happened since the last call, in order; of several levels the newest. Never waits."""
        with self._changed:
            events = tuple(self._events)
            self._events.clear()
        return events

    def pause(self) -> None:
        """Write nothing from now on, until `resume`. Returns at once; `Paused` tells where."""
        self._tell("pause")

    def resume(self) -> None:
        """Write again from now on. Returns at once; `Resumed` tells where."""
        self._tell("resume")

    def stop(self) -> None:
        """Write what was said until now, then end. Returns at once; `Ended` tells when it is done."""
        self._tell("stop")

    def wait(self, timeout_s: float) -> Ended:
        """Wait for the end after `stop`. A process that does not end in time is killed; what is in the take
        then counts. `Ended` is given to `poll` as well."""
        deadline_s = time.monotonic() + timeout_s
        with self._changed:
            self._changed.wait_for(lambda: self._ended, timeout_s)
        # It has let go of the take by then, and only has the device to close.
        self._leave(max(1.0, deadline_s - time.monotonic()) if self._ended else 0.0)
        with self._changed:
            self._changed.wait_for(lambda: self._ended, 5.0)
            return self._ended or self._died()

    def kill(self) -> None:
        """End at once, as if the power had gone; what is in the take stays there."""
        self._leave(0.0)

    def _tell(self, command: str) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        # It may have ended just now: `Ended` says so. Not through the buffer, so that a signal's handler may
        # call this whatever it interrupts.
        with contextlib.suppress(OSError, ValueError):
            os.write(process.stdin.fileno(), f"{command}\n".encode())

    def _leave(self, within_s: float) -> None:
        process = self._process
        if process is None:
            return
        try:
            process.wait(within_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self._take_in(line)
        with self._changed:
            if self._ended is None and self._failed is None:
                self._ended = self._died()
                self._events.append(self._ended)
            self._changed.notify_all()

    def _take_in(self, line: bytes) -> None:
        try:
            told: dict[str, Any] = json.loads(line)
            kind = told.pop("event")
            if kind == "failed":
                event: Event | UnsaidError = UnsaidError(told["message"], told["hint"])
            else:
                event = EVENTS[kind](**told)
        except (ValueError, KeyError, TypeError):
            return  # half a line of a process that was killed
        with self._changed:
            if isinstance(event, UnsaidError):
                self._failed = event
            elif isinstance(event, Opened):
                self._opened = event
            else:
                if isinstance(event, Level):
                    self._level = event
                    if self._events and isinstance(self._events[-1], Level):
                        self._events.pop()
                if isinstance(event, Ended):
                    self._ended = event
                self._events.append(event)
            self._changed.notify_all()

    def _died(self) -> Ended:
        level = self._level
        return Ended(
            "died",
            takes.frames_in(self._take) / RATE_HZ,
            level.overflows if level else 0,
            level.dropped_frames if level else 0,
            "the recording process ended unexpectedly",
        )


@contextlib.contextmanager
def untouched_by_the_keyboard() -> Iterator[None]:
    """A child made within never sees Ctrl-C and Ctrl-Z, which the terminal sends to it as well.

    They are blocked meanwhile, which a child inherits, and not ignored: pressed just then, they reach this
    process afterwards. Children also ignore them by themselves, for systems without signal masks.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTSTP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
