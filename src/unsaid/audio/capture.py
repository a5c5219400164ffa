"""The capture process: from the microphone to the take, whatever else happens.

Run as `python -P -m unsaid.audio.capture OPTIONS` by `microphone.Microphone`; OPTIONS is one JSON object:
take, device, paused, max_s. It reads commands from its standard input (a line each: pause, resume, stop; the
end of the input means that whoever started it is gone) and tells events on its standard output (a line of
JSON each, see `microphone.EVENTS`).

Five threads share the work, so that none can hold up another:

- PortAudio's own copies each block into a queue and does nothing else;
- the writer takes blocks and commands from that queue and writes the take;
- one makes the disk keep what was written, one tells levels, one reads commands;
- the main thread watches whether frames still come, and ends the process, by `os._exit`: after a device has
  vanished PortAudio hangs in every call, even in that of a normal exit.
"""

from __future__ import annotations

import contextlib
import ctypes.util
import json
import os
import queue
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from unsaid.audio import devices
from unsaid.audio import take as takes
from unsaid.audio.files import RATE_HZ
from unsaid.audio.incoming import Converter, Meter, SampleClock
from unsaid.audio.microphone import EVENTS, Ended, Event, Level, Opened, Paused, Resumed
from unsaid.errors import UnsaidError

QUIET_S = 2.0
"""No frames for so long: the device is gone."""

SYNC_S = 0.3
"""The disk is asked to keep what was written this often (the promise is 0.5 s)."""

TAIL_S = 0.1
"""What was said just before a stop may still be on its way through a sound server."""

LATE_S = 1.0
"""How long to wait for sound that was heard before a command."""

CLOSE_S = 5.0
"""How long a disk may hang when the take is closed."""

BACKLOG_BYTES = 64 << 20
"""Sound that may wait for a disk that hangs: half an hour of 16 kHz mono. Beyond that it is dropped."""

PARTS = 4
"""Into how many parts PortAudio itself cuts a buffer."""

BUFFERS = ((4.0, 64), (1.0, 16), (0.25, PARTS))
"""Seconds that the device keeps when nobody takes them, and into how many parts they are cut, of 63 ms each.
Tried in turn, for some devices refuse what is beyond them instead of offering what they have."""

OTHER_RATES_HZ = (48_000, 44_100, 32_000, 96_000, 24_000, 22_050, 8_000)

_REFUSED = {-9997, -9998, -9994}
"""PortAudio's codes for a rate, a number of channels or a sample format that the device does not have."""
_IN_USE = -9985


def now_s() -> float:
    """Seconds on a clock that goes on while the computer sleeps, where the system has one."""
    return _clock()


def _sleepless_clock() -> Callable[[], float]:
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):  # Linux; macOS, whose time.monotonic stands still
        number = getattr(time, name, None)
        if number is not None:
            return lambda: time.clock_gettime(number)
    return time.monotonic


_clock = _sleepless_clock()


@dataclass(slots=True)
class Block:
    """What one callback brought."""

    arrived_s: float
    raw: bytes
    overflow: bool


@dataclass(slots=True)
class Mark:
    """Something that takes effect at one frame of the device."""

    kind: str
    """ "pause", "resume" or "end"."""
    at_s: float
    """When it was asked for."""
    frame: int = 0
    deadline_s: float = 0.0
    """When it takes effect in any case (`now_s`)."""
    reason: str = ""
    detail: str = ""


class Voice:
    """Tells events on the standard output; what libraries print there goes nowhere."""

    def __init__(self) -> None:
        self._out = os.dup(1)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)
        self._lock = threading.Lock()

    def tell(self, event: Event) -> None:
        """Say it, waiting for room in the pipe."""
        name = next(n for n, kind in EVENTS.items() if isinstance(event, kind))
        self._say({"event": name, **asdict(event)})

    def fail(self, error: UnsaidError) -> None:
        """Say that there will be no recording."""
        self._say({"event": "failed", "message": error.message, "hint": error.hint})

    def has_room(self) -> bool:
        """Whether a line can be told without waiting."""
        if sys.platform == "win32":
            return True
        import select

        return bool(select.select([], [self._out], [], 0)[1])

    def _say(self, told: dict[str, Any]) -> None:
        line = json.dumps(told).encode() + b"\n"
        with self._lock, contextlib.suppress(OSError):  # nobody listens: the end of the input says so too
            while line:
                line = line[os.write(self._out, line) :]


class Writer:
    """Takes blocks and commands from one queue, in order, and writes the take."""

    def __init__(self, path: Path, *, paused: bool, max_s: float, tell: Callable[[Event], None]) -> None:
        """Raises UnsaidError where the take exists or cannot be made."""
        import soundfile

        self.path = path
        self.queue: queue.SimpleQueue[Block | Mark] = queue.SimpleQueue()
        self.taken_bytes = 0
        """Of the blocks that were put in the queue, what was taken out."""
        self.ended = threading.Event()
        self.news = threading.Event()
        """Set when there is something new for `level`."""
        self.reason, self.detail = "", ""
        self.written = self.synced = 0
        self.overflows = 0
        self.clock = SampleClock(RATE_HZ)
        self._paused = paused
        self._paused_s = now_s()
        self._max_frames = round(max_s * RATE_HZ)
        self._tell = tell
        self._meter = Meter()
        self._meter_lock = threading.Lock()
        self._converter = Converter(RATE_HZ)
        self._channels = 1
        self._marks: deque[Mark] = deque()
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError as error:
            raise UnsaidError(
                f"{path}: there is a recording already", "It is left as it is. Begin a new session."
            ) from error
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            self._file = soundfile.SoundFile(path, "w", RATE_HZ, 1, "PCM_16", format="WAV")
            self._handle = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
            os.fsync(self._handle)
        except (OSError, RuntimeError) as error:
            path.unlink(missing_ok=True)
            raise self._unwritable(error) from error
        takes.sync_folder(path.parent)

    def set_format(self, rate_hz: int, channels: int) -> None:
        """What the blocks will be; before the first one comes."""
        self.clock = SampleClock(rate_hz)
        self._converter = Converter(rate_hz)
        self._channels = channels

    def begin(self) -> None:
        """Start writing and syncing."""
        threading.Thread(target=self._work, daemon=True).start()
        threading.Thread(target=self._sync, daemon=True).start()

    def discard(self) -> None:
        """Take away the take, which holds nothing."""
        with contextlib.suppress(OSError, RuntimeError):
            self._file.close()
        with contextlib.suppress(OSError):
            os.close(self._handle)
        if takes.frames_in(self.path) == 0:
            self.path.unlink(missing_ok=True)

    def level(self) -> Level:
        """What came in since the last call."""
        with self._meter_lock:
            peak_dbfs, rms_dbfs = self._meter.take()
            clipped = self._meter.clipped
        return Level(
            self.written / RATE_HZ,
            self.synced / RATE_HZ,
            round(peak_dbfs, 2),
            round(rms_dbfs, 2),
            clipped,
            self.overflows,
            self.dropped_frames,
            self._paused,
        )

    @property
    def dropped_frames(self) -> int:
        """Frames at 16 kHz that never came."""
        return round(self.clock.lost_s * RATE_HZ)

    def _work(self) -> None:
        while not self.ended.is_set():
            try:
                item = self.queue.get(timeout=0.02 if self._marks else 0.5)
            except queue.Empty:
                while self._marks and now_s() >= self._marks[0].deadline_s and not self.ended.is_set():
                    self._apply(self._marks.popleft())
                continue
            try:
                if isinstance(item, Mark):
                    self._mark(item)
                else:
                    self._block(item)
            except Exception as error:
                self._end("cannot-write", f"{type(error).__name__}: {error}")

    def _mark(self, mark: Mark) -> None:
        if mark.reason == "device-gone":  # nothing more will come
            self._apply(mark)
            return
        heard_s = mark.at_s + (TAIL_S if mark.kind == "end" and not self._paused else 0.0)
        mark.frame = self.clock.frame_at(heard_s)
        mark.deadline_s = mark.at_s + LATE_S
        if mark.frame <= self.clock.frames and not self._marks:
            self._apply(mark)
        else:
            self._marks.append(mark)

    def _block(self, block: Block) -> None:
        import numpy as np

        self.taken_bytes += len(block.raw)
        samples = np.frombuffer(block.raw, np.int16).reshape(-1, self._channels)
        first = self.clock.frames
        self.clock.block(block.arrived_s, len(samples), counting=not self._paused)
        if block.overflow and not self._paused:
            self.overflows += 1
        done = 0
        while self._marks and self._marks[0].frame <= first + len(samples):
            cut = max(done, self._marks[0].frame - first)
            self._put(samples[done:cut])
            done = cut
            if not self.ended.is_set():
                self._apply(self._marks.popleft())
            if self.ended.is_set():
                return
        self._put(samples[done:])
        self.news.set()

    def _put(self, samples: Any) -> None:
        with self._meter_lock:
            self._meter.feed(samples, counting=not self._paused)
        if not self._paused and len(samples):
            self._write(self._converter.convert(samples))

    def _write(self, samples: Any) -> None:
        samples = samples[: self._max_frames - self.written]
        try:
            self._file.buffer_write(samples.tobytes(), "int16")
        except (OSError, RuntimeError) as error:
            full = takes.disk_is_full(self.path.parent, error)
            self._end("disk-full" if full else "cannot-write", "" if full else str(error))
            return
        self.written += len(samples)
        if self.written >= self._max_frames:
            self._end("limit")

    def _apply(self, mark: Mark) -> None:
        missing_s = (mark.frame - self.clock.frames) / self.clock.rate_hz
        if mark.kind == "end" and not self._paused and missing_s > TAIL_S + SampleClock.JUMP_S:
            self.clock.lost_s += missing_s - TAIL_S
        if mark.kind == "end":
            self._end(mark.reason, mark.detail)
        elif mark.kind == "pause" and not self._paused:
            self._flush()
            if not self.ended.is_set():
                self._paused, self._paused_s = True, mark.at_s
                self._tell(Paused(self.written / RATE_HZ))
        elif mark.kind == "resume" and self._paused:
            self._paused = False
            self._tell(Resumed(self.written / RATE_HZ, max(0.0, mark.at_s - self._paused_s)))

    def _flush(self) -> None:
        rest = self._converter.flush()
        if len(rest) and not self.ended.is_set():
            self._write(rest)

    def _end(self, reason: str, detail: str = "") -> None:
        if self.reason:
            return
        self.reason, self.detail = reason, detail
        if reason not in ("disk-full", "cannot-write", "limit") and not self._paused:
            rest = self._converter.flush()[: self._max_frames - self.written]
            with contextlib.suppress(OSError, RuntimeError):
                self._file.buffer_write(rest.tobytes(), "int16")
        with contextlib.suppress(OSError, RuntimeError):
            self._file.close()
        with contextlib.suppress(UnsaidError):
            takes.repair(self.path)
        self.written = takes.frames_in(self.path)
        self.ended.set()

    def _sync(self) -> None:
        while not self.ended.wait(SYNC_S):
            written = self.written
            try:
                os.fsync(self._handle)
            except OSError as error:
                full = takes.disk_is_full(self.path.parent, error)
                said = "" if full else f"the disk does not keep what is written: {error.strerror}"
                self.queue.put(
                    Mark("end", now_s(), reason="disk-full" if full else "cannot-write", detail=said)
                )
                return
            self.synced = written

    def _unwritable(self, error: Exception) -> UnsaidError:
        if takes.disk_is_full(self.path.parent, error):
            return UnsaidError(
                f"{self.path}: the disk is full, nothing can be recorded",
                "Free some space (an hour needs 115 MB), or choose another folder with --workspace.",
            )
        return UnsaidError(
            f"{self.path}: cannot be written ({getattr(error, 'strerror', None) or error})",
            "Choose another folder with --workspace or UNSAID_WORKSPACE.",
        )


class Capture:
    """One recording, from opening the device to the last event."""

    def __init__(self, options: dict[str, Any], voice: Voice) -> None:
        self._options = options
        self._voice = voice
        self._blocks = 0
        self._given_bytes = 0
        self._broken = threading.Event()
        self._parent_gone = threading.Event()
        self._begun = threading.Event()
        self._signal = ""
        self._stream: Any = None

    def run(self) -> None:
        """Record until something ends it. Raises UnsaidError where nothing could be recorded."""
        for name in ("SIGINT", "SIGTSTP"):
            if number := getattr(signal, name, None):
                signal.signal(number, signal.SIG_IGN)
        for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):
            if number := getattr(signal, name, None):
                signal.signal(number, self._on_signal)
        options = self._options
        self._hold(Path(options["take"]).with_name(takes.LOCK_NAME))
        self._writer = writer = Writer(
            Path(options["take"]), paused=options["paused"], max_s=options["max_s"], tell=self._voice.tell
        )
        try:
            threading.Thread(target=self._read_commands, daemon=True).start()
            opened = self._open(devices.choose(options["device"]))
            self._await_first_block(opened.device)
        except BaseException:
            self._begun.set()
            writer.discard()
            raise
        self._begun.set()
        self._voice.tell(opened)
        threading.Thread(target=self._tell_levels, daemon=True).start()
        self._watch()
        self._finish()

    def _hold(self, path: Path) -> None:
        """Lock the take for as long as this process lives, however it ends."""
        from filelock import FileLock, Timeout

        if not path.parent.is_dir():  # the lock would make it
            raise UnsaidError(
                f"{path.parent}: nothing can be written there, for there is no such folder",
                "Choose another folder with --workspace or UNSAID_WORKSPACE.",
            )
        self._lock = FileLock(path, timeout=0, mode=0o600)
        try:
            self._lock.acquire()
        except Timeout:
            raise UnsaidError(
                f"{path.parent} is being recorded into by another process", "Begin a new session."
            ) from None
        except OSError as error:
            raise UnsaidError(
                f"{path}: cannot be written ({error.strerror or error})",
                "Choose another folder with --workspace or UNSAID_WORKSPACE.",
            ) from error

    def _open(self, device: devices.Device) -> Opened:
        sounddevice = devices.load()
        rates_hz = list(dict.fromkeys((RATE_HZ, device.rate_hz, *OTHER_RATES_HZ)))
        channels = [n for n in dict.fromkeys((1, 2, device.channels)) if n <= device.channels]
        refused: Exception | None = None
        for rate_hz in rates_hz:
            for count in channels:
                try:
                    self._stream = self._stream_of(sounddevice, device, rate_hz, count)
                except sounddevice.PortAudioError as error:
                    if _code(error) not in _REFUSED:
                        raise _unopened(device, error) from error
                    refused = error
                    continue
                self._writer.set_format(rate_hz, count)
                self._writer.begin()
                try:
                    self._stream.start()
                except sounddevice.PortAudioError as error:
                    raise _unopened(device, error) from error
                return Opened(device.name, device.host, rate_hz, count)
        assert refused is not None
        raise _unopened(device, refused)

    def _stream_of(self, sounddevice: Any, device: devices.Device, rate_hz: int, channels: int) -> Any:
        set_parts = _alsa_parts() if device.host == "ALSA" else None
        ways = [b for b in BUFFERS if set_parts or b[1] == PARTS] if device.host == "ALSA" else []
        for latency, parts in [*ways, ("high", PARTS)]:
            if set_parts:
                set_parts(parts)
            try:
                return sounddevice.RawInputStream(
                    samplerate=rate_hz,
                    device=device.index,
                    channels=channels,
                    dtype="int16",
                    latency=latency,
                    callback=self._on_block,
                    finished_callback=self._broken.set,
                )
            except sounddevice.PortAudioError as error:
                if _code(error) in {*_REFUSED, _IN_USE} or latency == "high":
                    raise
        raise AssertionError("there is always a last way")

    def _on_block(self, raw: Any, _frames: int, _time: Any, status: Any) -> None:
        """PortAudio's callback: copy, nothing else. A block beyond the backlog is lost; the clock tells."""
        arrived_s = _clock()
        self._blocks += 1
        if self._given_bytes - self._writer.taken_bytes < BACKLOG_BYTES:
            block = Block(arrived_s, bytes(raw), bool(status.input_overflow))
            self._given_bytes += len(block.raw)
            self._writer.queue.put(block)

    def _await_first_block(self, name: str) -> None:
        """Raises UnsaidError where none comes."""
        quiet_s = 0.0
        while not self._blocks:
            if quiet_s >= QUIET_S or self._broken.is_set():
                raise UnsaidError(
                    f"the microphone '{name}' gives no sound",
                    "Unplug it and plug it in again, or choose another one: `unsaid devices` lists them.",
                )
            if self._parent_gone.is_set() or self._signal:
                raise UnsaidError("the recording was called off before it began")
            time.sleep(0.01)
            quiet_s += 0.01

    def _watch(self) -> None:
        """Until the writer has ended: see to what else can end a recording."""
        writer = self._writer
        seen, quiet_s, asked_s = self._blocks, 0.0, 0.0
        before_s = time.monotonic()
        while not writer.ended.wait(0.05):
            elapsed_s = time.monotonic() - before_s
            before_s += elapsed_s
            # A process that was itself stopped did not see whether frames came.
            quiet_s = 0.0 if self._blocks != seen else quiet_s + min(elapsed_s, 0.1)
            seen = self._blocks
            if asked_s:
                asked_s += min(elapsed_s, 0.1)
                if asked_s > CLOSE_S:
                    return  # the disk hangs: what is in the take counts
                continue
            mark = None
            if self._signal:
                mark = Mark("end", now_s(), reason="signal", detail=self._signal)
            elif self._parent_gone.is_set():
                mark = Mark("end", now_s(), reason="parent-gone")
            elif self._broken.is_set() or quiet_s >= QUIET_S:
                mark = Mark("end", now_s(), reason="device-gone")
            if mark:
                writer.queue.put(mark)
                asked_s = 0.001

    def _finish(self) -> None:
        writer = self._writer
        written = writer.written if writer.ended.is_set() else takes.frames_in(writer.path)
        ended = Ended(
            writer.reason or "cannot-write",
            written / RATE_HZ,
            writer.overflows,
            writer.dropped_frames,
            writer.detail if writer.reason else "the disk did not answer",
        )
        telling = threading.Thread(target=self._voice.tell, args=(ended,), daemon=True)
        telling.start()
        if writer.reason != "device-gone":
            closing = threading.Thread(target=self._stream.abort, daemon=True)
            closing.start()
            closing.join(0.5)
        # A reader that is itself stopped for a while shall still hear how it ended.
        telling.join(0.5 if self._parent_gone.is_set() else 10.0)

    def _tell_levels(self) -> None:
        """Never waits for the reader: a level that finds no room is left out."""
        writer = self._writer
        while not writer.ended.wait(0.06):
            writer.news.wait(0.25)
            writer.news.clear()
            if not writer.ended.is_set() and self._voice.has_room():
                self._voice.tell(writer.level())

    def _read_commands(self) -> None:
        for line in sys.stdin.buffer:
            command = line.decode("ascii", "replace").strip()
            if command == "stop":
                self._writer.queue.put(Mark("end", now_s(), reason="stopped"))
            elif command in ("pause", "resume"):
                self._writer.queue.put(Mark(command, now_s()))
        self._parent_gone.set()
        if not self._begun.wait(CLOSE_S):  # PortAudio hangs in opening the device
            self._writer.discard()
            os._exit(0)

    def _on_signal(self, number: int, _frame: object) -> None:
        self._signal = signal.Signals(number).name


def _alsa_parts() -> Callable[[int], object] | None:
    """What sets the number of parts into which PortAudio cuts ALSA's buffers; None where it has none."""
    name = ctypes.util.find_library("portaudio")
    try:
        return ctypes.CDLL(name).PaAlsa_SetNumPeriods if name else None
    except (OSError, AttributeError):
        return None


def _code(error: Exception) -> int:
    return error.args[1] if len(error.args) > 1 and isinstance(error.args[1], int) else 0


def _unopened(device: devices.Device, error: Exception) -> UnsaidError:
    said = str(error.args[2][2] if len(error.args) > 2 and error.args[2] else error.args[0])
    if _code(error) == _IN_USE:
        return UnsaidError(
            f"the microphone '{device.name}' is in use or was just unplugged",
            "Close the program that uses it (a call, another recorder), or choose another one: "
            "`unsaid devices` lists them.",
        )
    if "permission" in said.lower() or "access" in said.lower():
        return UnsaidError(
            f"the microphone '{device.name}' may not be used ({said})",
            "Allow this program to use the microphone in the system's privacy settings.",
        )
    return UnsaidError(
        f"the microphone '{device.name}' cannot be opened ({said})",
        "Unplug it and plug it in again, or choose another one: `unsaid devices` lists them.",
    )


def main() -> None:
    """The process. Leaves by `os._exit`."""
    voice = Voice()
    try:
        Capture(json.loads(sys.argv[1]), voice).run()
    except UnsaidError as error:
        voice.fail(error)
    except Exception as error:
        voice.fail(
            UnsaidError(
                f"the recording could not begin ({type(error).__name__}: {error})",
                "Run `unsaid doctor` to see what is wrong.",
            )
        )
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
