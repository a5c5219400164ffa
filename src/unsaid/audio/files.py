"""Sound files in and out: any container that PyAV decodes becomes 16 kHz mono, and back to FLAC and Opus.

PyAV carries the FFmpeg libraries in its wheel, so nothing has to be installed on the system. `av`,
`soundfile` and `numpy` are imported inside the functions: the command line must start without them.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt

RATE_HZ = 16_000
"""The rate that Whisper and the voice activity model hear."""

SILENT_BELOW_DBFS = -60.0
"""A peak below this is no voice. Speech on a badly set microphone still peaks above -50 dBFS; a muted one
gives digital silence or dither at about -90."""

_CONTAINERS = (
    "3gp,aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,gxf,ircam,loas,m4a,m4v,matroska,"
    "mlp,mov,mp2,mp3,mp4,mpc,mpc8,mpeg,mpegts,mxf,nistsphere,nut,ogg,oma,qcp,rm,shn,sln,sox,spdif,tak,truehd,tta,"
    "voc,w64,wav,webm,wtv,wv"
)
"""FFmpeg's names of the containers that are tried: those in which recordings come. Playlists are not among
them: they would make it open other files or wait for the network for ever (an unfinished m3u8 did). Nor are
text and pictures, which FFmpeg takes for films."""

_GAP_S = 0.1
"""A jump in a stream's timestamps longer than this is silence that the encoder left out (Opus DTX)."""

_GROUP = 500_000
"""Samples resampled at once: frames of 20 ms each would cost more in calls than in sound."""


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """One decoded recording."""

    samples: npt.NDArray[np.float32]
    """Shape [n], mono, -1 to 1, rounded to 16 bits."""
    duration_s: float
    container: str
    """The container's name as FFmpeg gives it, e.g. "wav", "mp3", "matroska,webm"."""
    codec: str
    """The codec's name, e.g. "pcm_s16le", "opus"."""
    notes: tuple[str, ...] = ()
    """What a reader should know, in plain words (e.g. "the file breaks off after 61.2 s; …")."""
    rate_hz: int = RATE_HZ


def decode(path: Path, *, max_duration_s: float = 4 * 3600.0) -> Sound:
    """Decode the first audio stream of `path` to 16 kHz mono.

    What can be decoded of a cut or damaged file is used, and a note says so. Silence that the encoder left
    out (gaps between timestamps) is put back, so that times stay true.

    Raises:
        UnsaidError: the file is missing, a folder, unreadable, empty, no sound file, has no audio stream,
            holds no sound at all, or is longer than `max_duration_s`.
    """
    _check_readable(path)
    import av

    try:
        container = av.open(
            str(path.resolve()),
            mode="r",
            metadata_errors="ignore",
            options={"protocol_whitelist": "file", "format_whitelist": _CONTAINERS},
        )
    except (av.error.FFmpegError, ValueError) as error:
        raise UnsaidError(
            f"{path}: this is not a sound or video file that can be read",
            _unreadable_hint(path),
        ) from error
    with container:
        if not container.streams.audio:
            kind = container.format.long_name or container.format.name
            raise UnsaidError(
                f"{path}: there is no sound in this file ({kind})",
                "Give a recording of the answer: an audio file, or a video with a sound track.",
            )
        stream = container.streams.audio[0]
        name, codec = container.format.name, stream.codec_context.name
        declared_s = _declared_duration_s(container, stream)
        if declared_s > max_duration_s:
            raise _too_long(path, declared_s, max_duration_s)
        store = _Store(declared_s, max_duration_s)
        damaged = 0
        for frame in _frames(container, stream):
            if frame is None:
                damaged += 1
                continue
            store.add(frame, declared_s)
            if store.duration_s > max_duration_s:
                raise _too_long(path, store.duration_s, max_duration_s)
        samples = store.finish()
    if samples.size == 0:
        raise UnsaidError(
            f"{path}: the file holds 0 s of sound",
            "Nothing was recorded, or the file was cut before the first sound. Record or export it again.",
        )
    duration_s = samples.size / RATE_HZ
    notes = _notes(path, name, duration_s, declared_s, damaged, store)
    return Sound(samples, duration_s, name, codec, notes)


def peak_dbfs(samples: npt.NDArray[np.float32]) -> float:
    """Highest absolute sample in dB below full scale; minus infinity for digital silence or no samples."""
    import math

    peak = max(float(samples.max()), -float(samples.min())) if samples.size else 0.0
    return 20 * math.log10(peak) if peak > 0 else -math.inf


def check_audible(sound: Sound) -> None:
    """Refuse a recording in which nobody can be heard.

    Raises:
        UnsaidError: digital silence, or a peak below `SILENT_BELOW_DBFS`.
    """
    peak = peak_dbfs(sound.samples)
    if peak < SILENT_BELOW_DBFS:
        level = "digital silence" if peak == float("-inf") else f"peak {peak:.0f} dBFS"
        raise UnsaidError(
            f"the sound is silent ({level})",
            "Check that the right microphone was chosen and not muted, and record again.",
        )


def write_flac(path: Path, samples: npt.NDArray[np.float32]) -> None:
    """Write `samples` ([n], float32, 16 kHz mono) as a 16-bit FLAC, whole or not at all.

    Raises:
        UnsaidError: the disk is full or the folder cannot be written.
    """
    import numpy as np
    import soundfile

    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with soundfile.SoundFile(temporary, "w", RATE_HZ, 1, "PCM_16", format="FLAC") as file:
            for start in range(0, samples.size, _GROUP):
                file.write(_pcm(samples[start : start + _GROUP]))
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        # libsndfile's close tells nothing, and the header may promise more than the disk took: read it back.
        with soundfile.SoundFile(temporary) as file:
            for start in range(0, samples.size, _GROUP):
                if not np.array_equal(file.read(_GROUP, "int16"), _pcm(samples[start : start + _GROUP])):
                    raise OSError("what was written reads back differently")
        temporary.replace(path)
    except (OSError, RuntimeError) as error:
        raise _cannot_write(path, error, samples.size * 2) from error
    finally:
        temporary.unlink(missing_ok=True)


def encode_opus(samples: npt.NDArray[np.float32], *, bit_rate: int = 28_000) -> bytes:
    """Ogg Opus of `samples` ([n], float32, 16 kHz mono), small enough for a page: about 4 kB a second."""
    import io

    import av
    import numpy as np

    pcm = _pcm(samples)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="ogg") as container:
        stream = container.add_stream(
            "libopus", rate=RATE_HZ, options={"application": "voip", "frame_duration": "20"}
        )
        stream.layout = "mono"
        stream.bit_rate = bit_rate
        stream.codec_context.format = "s16"
        stream.codec_context.open()
        size = stream.codec_context.frame_size
        for start in range(0, pcm.size, size):
            block = pcm[start : start + size]
            frame = av.AudioFrame.from_ndarray(block[np.newaxis], format="s16", layout="mono")
            frame.rate = RATE_HZ
            frame.pts = start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def _pcm(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    """16-bit samples, by the rounding that readers undo (x / 32768): 16-bit sources survive bit by bit."""
    import numpy as np

    pcm: npt.NDArray[np.int16] = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)
    return pcm


class _Store:
    """Collects frames as 16 kHz mono in one array that grows: memory stays at one copy of the sound."""

    def __init__(self, declared_s: float, max_duration_s: float) -> None:
        import numpy as np

        self._np = np
        expected_s = min(declared_s, max_duration_s) if declared_s > 0 else 60.0
        self._samples = np.empty(int((expected_s + 1.0) * RATE_HZ), np.float32)
        self._n = 0
        self._clock_s = 0.0
        self._start_s: float | None = None
        self._shape: tuple[object, ...] | None = None
        self._fifo: Any = None
        self._resampler: Any = None
        self.not_finite = 0
        """Samples that were no numbers (in damaged float files), made 0."""

    @property
    def duration_s(self) -> float:
        """Seconds taken in so far."""
        return self._clock_s

    def add(self, frame: Any, declared_s: float) -> None:
        """Take one decoded `av.AudioFrame`."""
        import av

        time_s = None if frame.pts is None or frame.time_base is None else float(frame.pts * frame.time_base)
        if time_s is not None:
            if self._start_s is None:
                self._start_s = time_s
            gap_s = time_s - self._start_s - self._clock_s
            if gap_s > _GAP_S and time_s - self._start_s <= declared_s + 1.0:
                self._flush()
                self._put(self._np.zeros(round(gap_s * RATE_HZ), self._np.float32))
                self._clock_s += gap_s
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:
            self._flush()
            self._shape = shape
        if self._fifo is None:
            self._fifo = av.AudioFifo()
            self._resampler = av.AudioResampler(format="fltp", layout="mono", rate=RATE_HZ)
        self._clock_s += frame.samples / frame.sample_rate
        frame.pts = None
        self._fifo.write(frame)
        if self._fifo.samples >= _GROUP:
            self._resample(self._fifo.read())

    def finish(self) -> npt.NDArray[np.float32]:
        """Everything taken in, as one array."""
        self._flush()
        return self._samples[: self._n]

    def _flush(self) -> None:
        if self._fifo is None:
            return
        if self._fifo.samples:
            self._resample(self._fifo.read())
        self._resample(None)
        self._fifo = self._resampler = None

    def _resample(self, frame: Any) -> None:
        for out in self._resampler.resample(frame):
            self._put(out.to_ndarray()[0])

    def _put(self, block: npt.NDArray[np.float32]) -> None:
        end = self._n + block.size
        if end > self._samples.size:
            # No view of the array is handed out before the end, but a debugger may hold a reference.
            self._samples.resize(max(end, self._samples.size * 3 // 2), refcheck=False)
        into = self._samples[self._n : end]
        # Rounded to 16 bits, so that the FLAC that is kept of it holds the very same samples.
        self._np.rint(block * 32768.0, out=into)
        if bad := int(self._np.count_nonzero(~self._np.isfinite(into))):
            self.not_finite += bad
            self._np.nan_to_num(into, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
        self._np.clip(into, -32768.0, 32767.0, out=into)
        into /= 32768.0
        self._n = end


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """Decoded frames; None for each packet that could not be decoded."""
    import av

    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.error.FFmpegError:
            yield None
            return
        try:
            yield from packet.decode()
        except av.error.FFmpegError:
            yield None


def _check_readable(path: Path) -> None:
    try:
        if path.is_dir():
            raise UnsaidError(f"{path} is a folder, not a recording", "Give one file.")
        if path.stat().st_size == 0:
            raise UnsaidError(
                f"{path}: the file is empty (0 bytes)",
                "The recording or the copy failed. Record it or copy it again.",
            )
        with path.open("rb"):
            pass
    except FileNotFoundError as error:
        raise UnsaidError(f"{path}: there is no such file", "Check the name and the folder.") from error
    except OSError as error:
        raise UnsaidError(
            f"{path}: cannot be read ({error.strerror or error})", "Check the file's permissions."
        ) from error


def _unreadable_hint(path: Path) -> str:
    if path.suffix.lower() in {".mp4", ".m4a", ".mov", ".m4v"}:
        return (
            "An MP4 that was cut off has lost its index, which is written last, and cannot be read. "
            "Copy the whole file again."
        )
    return "Sound: wav, flac, mp3, m4a, ogg, opus, webm, mp4 …; or give a transcript: json, srt, vtt, txt."


def _declared_duration_s(container: Any, stream: Any) -> float:
    """What the file says of its length; 0 where it says nothing."""
    if stream.duration and stream.time_base:
        return max(0.0, float(stream.duration * stream.time_base))
    if container.duration:
        return max(0.0, float(container.duration) / 1_000_000)
    return 0.0


def _too_long(path: Path, duration_s: float, max_duration_s: float) -> UnsaidError:
    return UnsaidError(
        f"{path}: too long ({_length(duration_s)}; at most {_length(max_duration_s)})",
        "Cut out the part with the answer and give that.",
    )


def _length(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds:.0f} s"


def _notes(
    path: Path, container: str, duration_s: float, declared_s: float, damaged: int, store: _Store
) -> tuple[str, ...]:
    notes: list[str] = []
    if duration_s < declared_s - max(0.5, 0.01 * declared_s):
        notes.append(
            f"the file breaks off after {duration_s:.1f} s (it says it holds {declared_s:.1f} s); "
            "what came before is used"
        )
    elif container == "wav" and (state := _wav_state(path)):
        if state == "cut":
            notes.append(f"the file breaks off after {duration_s:.1f} s; what came before is used")
        else:
            notes.append(f"the recording was never closed; all {duration_s:.1f} s of it are used")
    elif damaged:
        notes.append("a damaged place in the file was skipped; times after it may be off")
    if store.not_finite:
        notes.append(f"{store.not_finite} samples were no numbers and are taken as silence")
    return tuple(notes)


def _wav_state(path: Path) -> str:
    """ "cut": the WAV is shorter than its header says; "open": the header was never filled in; "" else."""
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return ""
        size = path.stat().st_size
        while len(chunk := file.read(8)) == 8:
            length = int.from_bytes(chunk[4:], "little")
            if chunk[:4] == b"data":
                if length in (0, 0xFFFFFFFF):
                    return "open"
                return "cut" if file.tell() + length > size else ""
            file.seek(length + length % 2, os.SEEK_CUR)
    return ""


def _cannot_write(path: Path, error: Exception, needed: int) -> UnsaidError:
    try:
        free = shutil.disk_usage(path.parent).free
    except OSError:
        free = needed
    # libsndfile tells a full disk as a bare "System error.", so the disk itself was asked.
    if free < needed or getattr(error, "errno", None) == 28:
        return UnsaidError(
            f"{path}: the disk is full ({free / 1e6:.1f} MB free, up to {needed / 1e6:.1f} MB needed)",
            "Free some space, or choose another folder with --workspace, and run it again.",
        )
    return UnsaidError(
        f"{path}: cannot be written ({getattr(error, 'strerror', None) or error})",
        "Check that the folder is there and may be written to.",
    )
