"""Stretches of a recording, played through the system's sound; slower on demand, at the same pitch.

`Player` opens the output anew for each stretch and lets go of it afterwards. It never ends a stream by
PortAudio's abort while that still works: abort cancels PortAudio's thread, which may just then be waiting for
Python's lock and would take it along. The thread is asked to end by itself instead.
"""

from __future__ import annotations

import atexit
import contextlib
import math
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unsaid.audio import devices
from unsaid.audio.files import RATE_HZ
from unsaid.errors import UnsaidError, first_line

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SPEEDS: tuple[float, float] = (0.25, 2.0)
"""The slowest and the fastest at which speech is still to be understood."""

QUIET_S = 5.0
"""The output took nothing for so long: it is gone."""

LEAVE_S = 2.0
"""How long an output may take to let go of what it plays."""

_LOOK_S = 0.1
"""How often `wait` looks whether the output still takes sound."""

_WINDOW_S = 0.03
"""Length of one piece: two to five periods of a voice."""
_SEARCH_S = 0.01
"""How far a piece may be moved to fit: one period of the lowest voice."""

_READ_ON = "Reading goes on without sound (a review: with --no-audio)."


@dataclass(slots=True, eq=False)
class _Sound:
    """What is being played; PortAudio's thread takes from it."""

    pcm: npt.NDArray[np.int16]
    """Shape [n], mono, at the output's rate."""
    at: int = 0
    """Samples taken so far."""
    stopped: bool = False
    """Nothing more is to be heard of it."""
    done: threading.Event = field(default_factory=threading.Event)
    """Set when PortAudio has let go of it, played or not."""


class Player:
    """Plays stretches of one recording, one at a time. For one thread."""

    def __init__(self, path: Path, device: str | int | None = None) -> None:
        """`path`: a sound file that libsndfile reads, mono (the session's FLAC). `device`: the output's name
        or the only one that holds it, PortAudio's number, or None for the system's own choice.

        Raises:
            UnsaidError: the file is missing or damaged, PortAudio is missing, no such output or none.
        """
        self._path = path
        self._rate_hz, self._duration_s = _looked_at(path)
        self._sounddevice = _portaudio()
        self._device, self._device_name, self._device_rate_hz = _output(self._sounddevice, device)
        self._taken_hz: int | None = None
        """The rate that the output took before."""
        self._stream: Any = None
        self._sound: _Sound | None = None

    @property
    def duration_s(self) -> float:
        """Length of the recording."""
        return self._duration_s

    @property
    def playing(self) -> bool:
        """Whether something is to be heard."""
        sound = self._sound
        return sound is not None and not sound.stopped and not sound.done.is_set()

    def play(self, start_s: float, end_s: float, *, speed: float = 1.0) -> None:
        """Play from `start_s` to `end_s` of the recording, in place of what plays. Returns at once.

        What lies outside of the recording is left out. `speed`: 0.5 takes twice as long, at the same pitch.

        Raises:
            UnsaidError: nothing of the recording lies there, the speed is out of range, the file cannot be
                read any more, or the output cannot be opened.
        """
        self.stop()
        if not SPEEDS[0] <= speed <= SPEEDS[1]:
            raise UnsaidError(
                f"nothing can be played at speed {speed:g}", f"Give {SPEEDS[0]:g} to {SPEEDS[1]:g}."
            )
        start_s, end_s = max(0.0, start_s), min(end_s, self._duration_s)
        if not start_s < end_s:
            raise UnsaidError(
                f"{self._path.name}: there is nothing to play from {start_s:.1f} s to {end_s:.1f} s",
                f"The recording is {self._duration_s:.1f} s long.",
            )
        pcm = self._read(start_s, end_s)
        if speed != 1.0:
            import numpy as np

            slowed = stretched(pcm.astype(np.float32) / 32768.0, speed, self._rate_hz)
            pcm = np.clip(np.rint(slowed * 32768.0), -32768, 32767).astype(np.int16)
        self._start(pcm)

    def stop(self) -> None:
        """Be silent. Nothing happens where nothing plays."""
        stream, sound = self._stream, self._sound
        self._stream = None
        if stream is None or sound is None:
            return
        sound.stopped = True
        if sound.done.wait(LEAVE_S):
            # Now its thread ends by itself, and stopping only waits for that.
            self._leave(lambda: (stream.stop(), stream.close()))
        else:
            self._leave(lambda: stream.close())

    def wait(self) -> None:
        """Return when what plays has been played or was stopped.

        Raises:
            UnsaidError: the output vanished or hangs.
        """
        sound = self._sound
        if sound is None:
            return
        at, quiet_s = -1, 0.0
        # In small portions: on some systems Ctrl-C does not reach a program that waits for good. They are
        # counted and no clock is asked, which goes on while a program is stopped by Ctrl-Z.
        while not sound.done.wait(_LOOK_S):
            at, quiet_s = sound.at, quiet_s + _LOOK_S if sound.at == at else 0.0
            if quiet_s >= QUIET_S and not sound.stopped:
                self.stop()
                raise self._lost("takes no sound any more")
        cut = not sound.stopped and sound.at < sound.pcm.size
        self.stop()
        if cut:
            raise self._lost("is gone")

    def close(self) -> None:
        """Be silent and let go of the output."""
        self.stop()

    def __enter__(self) -> Player:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, start_s: float, end_s: float) -> npt.NDArray[np.int16]:
        """Shape [n], at the recording's rate; only this stretch is decoded."""
        import soundfile

        first, last = round(start_s * self._rate_hz), round(end_s * self._rate_hz)
        try:
            with soundfile.SoundFile(self._path) as file:
                file.seek(first)
                read: npt.NDArray[np.int16] = file.read(max(1, last - first), "int16", always_2d=True)
        except (OSError, RuntimeError) as error:
            raise _unreadable(self._path, error) from error
        return read[:, 0]

    def _start(self, pcm: npt.NDArray[np.int16]) -> None:
        refused: Exception | None = None
        # Some cards have one rate; stereo, where they have nothing else, PortAudio makes by itself.
        rates_hz = (self._taken_hz,) if self._taken_hz else (self._rate_hz, self._device_rate_hz)
        for rate_hz in dict.fromkeys(rates_hz):
            sound = _Sound(resampled(pcm, self._rate_hz, rate_hz))
            try:
                self._stream = self._opened(sound, rate_hz)
            except self._sounddevice.PortAudioError as error:
                refused = refused or error
                if not set(error.args) & devices.REFUSED:
                    break  # in use or gone: each further try would wait a second
                continue
            self._taken_hz, self._sound = rate_hz, sound
            return
        raise UnsaidError(
            f"the sound output '{self._device_name}' cannot be opened "
            f"({first_line(refused) if refused else 'it takes no format'})",
            f"Close the program that uses it, or name another one with --output-device. {_READ_ON}",
        ) from refused

    def _opened(self, sound: _Sound, rate_hz: int) -> Any:
        sounddevice = self._sounddevice

        def more(out: npt.NDArray[np.int16], frames: int, _time: object, _status: object) -> None:
            out.fill(0)
            if sound.stopped:
                raise sounddevice.CallbackAbort
            block = sound.pcm[sound.at : sound.at + frames]
            out[: block.size] = block[:, None]
            sound.at += block.size
            if sound.at >= sound.pcm.size:
                raise sounddevice.CallbackStop

        with devices.quiet():
            stream = sounddevice.OutputStream(
                samplerate=rate_hz,
                device=self._device,
                channels=1,
                dtype="int16",
                latency="high",  # nothing waits for it, and a busy computer must not make it crackle
                callback=more,
                finished_callback=sound.done.set,
            )
            try:
                stream.start()
            except BaseException:
                stream.close()
                raise
        return stream

    def _leave(self, end: Any) -> None:
        """Call `end`, and go on without it where PortAudio hangs, as it does after a device has vanished."""

        def ended() -> None:
            with contextlib.suppress(self._sounddevice.PortAudioError):
                end()

        thread = threading.Thread(target=ended, daemon=True)
        thread.start()
        thread.join(LEAVE_S)
        if thread.is_alive():
            # On its way out the module would close all streams, and hang as well.
            atexit.unregister(getattr(self._sounddevice, "_exit_handler", None))  # type: ignore[arg-type]

    def _lost(self, how: str) -> UnsaidError:
        return UnsaidError(
            f"the sound output '{self._device_name}' {how}",
            f"Plug it in again, or name another one with --output-device. {_READ_ON}",
        )


def stretched(samples: npt.NDArray[np.float32], speed: float, rate_hz: int) -> npt.NDArray[np.float32]:
    """`samples` (shape [n], mono, at `rate_hz`) said at `speed`, at the same pitch: shape [about n / speed].

    WSOLA, overlap-add by likeness of waveforms (W. Verhelst and M. Roelands, "An overlap-add technique based
    on waveform similarity (WSOLA) for high quality time-scale modification of speech", ICASSP 1993): pieces
    are taken from the sound at one pace and laid down, half over each other, at another; each is moved by a
    few milliseconds to where it best goes on from the one before.
    """
    import numpy as np

    if speed == 1.0 or samples.size == 0:
        return samples.copy()
    half = max(1, round(_WINDOW_S * rate_hz / 2))
    size = 2 * half
    search = round(_SEARCH_S * rate_hz)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)  # two of them, half over, sum to 1
    length = max(1, round(samples.size / speed))
    pieces = math.ceil(length / half) + 1
    # The first piece lies half before the beginning, so that it begins at full strength.
    before = half + search
    behind = size + 2 * search + math.ceil((pieces + 1) * half * speed)
    sound = np.concatenate([np.zeros(before), samples, np.zeros(behind)]).astype(np.float64)
    energy = np.concatenate([[0.0], np.cumsum(sound * sound)])
    out = np.zeros((pieces + 1) * half)
    at = before - half
    out[:size] = sound[at : at + size] * window
    for piece in range(1, pieces):
        wanted = sound[at + half : at + half + size]
        first = before - half + round(piece * half * speed) - search
        likeness = np.correlate(sound[first : first + size + 2 * search], wanted, "valid")
        starts = np.arange(first, first + likeness.size)
        strength = np.sqrt(np.maximum(energy[starts + size] - energy[starts], 1e-12))
        at = first + int(np.argmax(likeness / strength))
        out[piece * half : piece * half + size] += sound[at : at + size] * window
    stretched_: npt.NDArray[np.float32] = out[half : half + length].astype(np.float32)
    return stretched_


def resampled(pcm: npt.NDArray[np.int16], from_hz: int, to_hz: int) -> npt.NDArray[np.int16]:
    """`pcm` (shape [n], mono) at another rate: shape [about n * to_hz / from_hz]."""
    if from_hz == to_hz or pcm.size == 0:
        return pcm
    import av
    import numpy as np

    resampler = av.AudioResampler(format="s16", layout="mono", rate=to_hz)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm)[np.newaxis], format="s16", layout="mono")
    frame.rate = from_hz
    blocks = [f.to_ndarray()[0] for given in (frame, None) for f in resampler.resample(given)]
    return np.concatenate(blocks) if blocks else pcm[:0]


def _looked_at(path: Path) -> tuple[int, float]:
    """Rate and length in seconds."""
    import soundfile

    if not path.is_file():
        raise UnsaidError(f"{path}: there is no such recording", "Check the name and the folder.")
    try:
        with soundfile.SoundFile(path) as file:
            return file.samplerate or RATE_HZ, file.frames / (file.samplerate or RATE_HZ)
    except (OSError, RuntimeError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> UnsaidError:
    return UnsaidError(
        f"{path}: cannot be read as a recording ({first_line(error)})",
        "The file may be damaged, or its permissions may have changed.",
    )


def _portaudio() -> Any:
    try:
        return devices.load()
    except UnsaidError as error:  # its words are those of a recording
        raise UnsaidError(
            error.message.replace("recording needs", "playing sound needs", 1), error.hint
        ) from error


def _output(sounddevice: Any, wanted: str | int | None) -> tuple[int, str, int]:
    """Number, name and preferred rate of the output that `wanted` means."""
    with devices.quiet():
        found = {int(d["index"]): d for d in sounddevice.query_devices() if d["max_output_channels"] > 0}
        default = sounddevice.default.device[1]
    if not found:
        raise UnsaidError(
            "no sound output was found",
            f"Plug in headphones, or switch one on in the system's sound settings. {_READ_ON}",
        )
    if wanted is None or (isinstance(wanted, str) and wanted.strip().lower() in ("", "default")):
        index = default if default in found else next(iter(found))
    elif isinstance(wanted, int):
        index = wanted
    else:
        index = _named(wanted, {i: str(d["name"]).strip() for i, d in found.items()}, default)
    if index not in found:
        raise UnsaidError(f"there is no sound output with number {wanted}", _listed(found))
    chosen = found[index]
    return index, str(chosen["name"]).strip(), round(chosen["default_samplerate"])


def _named(wanted: str, names: dict[int, str], default: int) -> int:
    """As `devices.choose` finds a microphone: the very name, else but for its ending, else what holds it."""
    bare, part = devices.bare_name(wanted.strip()), wanted.strip().casefold()
    fitting = (
        [i for i, name in names.items() if name == wanted.strip()]
        or [i for i, name in names.items() if devices.bare_name(name) == bare]
        or [i for i, name in names.items() if part in name.casefold()]
    )
    listed = ", ".join(f"'{n}'" for n in dict.fromkeys(names.values()))
    if not fitting:
        raise UnsaidError(f"there is no sound output '{wanted}'", f"There are: {listed}.")
    if len({names[i] for i in fitting}) > 1:
        raise UnsaidError(
            f"'{wanted}' fits {len(fitting)} sound outputs", f"Give more of the name: {listed}."
        )
    # One name in several of Windows' sound systems: the default's own, else the first.
    return default if default in fitting else fitting[0]


def _listed(found: dict[int, Any]) -> str:
    named = (f"{index} '{str(d['name']).strip()}'" for index, d in found.items())
    return f"There are: {', '.join(named)}."
