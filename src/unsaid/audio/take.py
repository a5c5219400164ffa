"""A take: the file that grows while one speaks (`answer.part.wav`), and how it becomes a finished recording.

A take is a WAV of 16 kHz mono PCM_16 with a header of 44 bytes. While it is open its header tells a length
of 0, so it is read by its size: whatever was written counts, wherever the writing broke off.
"""

from __future__ import annotations

import hashlib
import io
import math
import os
import shutil
import wave
from dataclasses import dataclass
from typing import TYPE_CHECKING

from unsaid.audio.files import RATE_HZ
from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

LOCK_NAME = ".capture.lock"
"""Beside the take; held by the capture process, so that nobody finishes a take that is still written."""

HEADER_BYTES = 44
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Finished:
    """A recording that was checked against its take."""

    frames: int
    """Samples at 16 kHz."""
    peak_dbfs: float
    """Highest absolute sample; minus infinity for digital silence."""
    sha256: str
    """Of the FLAC file, in hexadecimal."""
    size_bytes: int
    """Of the FLAC file."""


def frames_in(path: Path) -> int:
    """Whole samples in the take at `path`, closed or not; 0 where it is not there."""
    try:
        return max(0, path.stat().st_size - HEADER_BYTES) // 2
    except OSError:
        return 0


def repair(path: Path) -> None:
    """Make the header of a take that was never closed tell its true length, in place.

    Needs no free disk space: bytes that are there are replaced, and half a sample at the end is cut off.

    Raises:
        UnsaidError: the file is not there, cannot be written, or is no take.
    """
    header = _header(frames_in(path))
    try:
        with path.open("r+b") as file:
            was = file.read(HEADER_BYTES)
            if not _may_be_take(was):
                raise UnsaidError(
                    f"{path}: this is not a take that unsaid recorded, and is left as it is",
                    "Take the file in with `unsaid import` instead.",
                )
            file.truncate(HEADER_BYTES + 2 * frames_in(path))
            if was != header:
                file.seek(0)
                file.write(header)
                file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _cannot(path, error) from error


def finish(part: Path, flac: Path, *, keep: bool = False) -> Finished:
    """Turn the take `part` into the recording `flac`, and remove the take when the recording is safe.

    The FLAC is written to a temporary file, synced, read back and compared with the take, then renamed.
    Nothing is ever overwritten: where `flac` is there already and holds the very same samples (an earlier
    run was cut off before it removed the take) it stays and the take goes. With `keep` the take stays in any
    case, for whoever still reads it. Memory does not grow with length.

    Raises:
        UnsaidError: no take, no sound in it, `flac` is there and differs, the disk is full or cannot be
            written. The take then stays, with its header repaired.
    """
    if not part.exists():
        raise UnsaidError(f"{part}: there is no such take", "It may have been finished already.")
    repair(part)
    frames = frames_in(part)
    if not frames:
        raise UnsaidError(f"{part}: nothing was recorded", "Record the answer again.")
    temporary = flac.with_name(f".{flac.name}.part")
    temporary.unlink(missing_ok=True)  # left by a run that was cut off
    if flac.exists():
        if not _same(part, flac):
            raise UnsaidError(
                f"{flac}: another recording is already there, and is left as it is",
                f"The new one is safe in {part.name}: move one of the two elsewhere, then run it again.",
            )
        return _finished(part, flac, frames, keep=keep)
    try:
        _encode(part, temporary)
        if not _same(part, temporary):
            raise OSError("what was written reads back differently")
        rename_new(temporary, flac)
        sync_folder(flac.parent)
    except FileExistsError as error:
        raise UnsaidError(f"{flac}: the file is already there", "Run it again.") from error
    except (OSError, RuntimeError) as error:
        raise _cannot(flac, error, 2 * frames) from error
    finally:
        temporary.unlink(missing_ok=True)
    return _finished(part, flac, frames, keep=keep)


def disk_is_full(folder: Path, error: BaseException | None = None, needed_bytes: int = 1 << 16) -> bool:
    """Whether a write in `folder` failed for want of room: libsndfile says "System error." for anything."""
    import errno

    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return True
    try:
        return shutil.disk_usage(folder).free < needed_bytes
    except OSError:
        return False


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` outlast a power cut, where the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows opens no folders
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)


def _header(frames: int) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, RATE_HZ, frames, "NONE", "not compressed"))
        file.writeframesraw(b"")
        return buffer.getvalue()  # before it is closed, which would tell a length of 0


def _may_be_take(header: bytes) -> bool:
    """A take's header as far as it goes, whatever length it tells, or zeros (a power cut leaves them)."""
    if not any(header):
        return True
    model = _header(0)
    told = {*range(4, 8), *range(40, 44)}
    return all(byte == model[i] for i, byte in enumerate(header) if i not in told)


def _samples(part: Path) -> Iterator[npt.NDArray[np.int16]]:
    import numpy as np

    left = 2 * frames_in(part)
    with part.open("rb") as file:
        file.seek(HEADER_BYTES)
        while left > 0 and (block := file.read(min(left, _BLOCK_BYTES))):
            block = block[: len(block) // 2 * 2]
            left -= len(block)
            yield np.frombuffer(block, "<i2").astype(np.int16, copy=False)


def _encode(part: Path, target: Path) -> None:
    import soundfile

    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with soundfile.SoundFile(target, "w", RATE_HZ, 1, "PCM_16", format="FLAC") as file:
        for block in _samples(part):
            file.write(block)
    with target.open("rb+") as written:
        os.fsync(written.fileno())


def _same(part: Path, flac: Path) -> bool:
    import numpy as np
    import soundfile

    try:
        with soundfile.SoundFile(flac) as file:
            if (file.samplerate, file.channels, file.frames) != (RATE_HZ, 1, frames_in(part)):
                return False
            return all(np.array_equal(block, file.read(block.size, "int16")) for block in _samples(part))
    except RuntimeError:
        return False


def rename_new(old: Path, new: Path) -> None:
    """Rename, but never over something. Raises FileExistsError."""
    try:
        os.link(old, new)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: look first
        if new.exists():
            raise FileExistsError(str(new)) from None
        old.rename(new)
    else:
        old.unlink()


def _finished(part: Path, flac: Path, frames: int, *, keep: bool) -> Finished:
    peak = 0
    for block in _samples(part):
        peak = max(peak, int(block.max()), -int(block.min()))
    with flac.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    size_bytes = flac.stat().st_size
    if not keep:
        part.unlink()
    return Finished(frames, 20 * math.log10(peak / 32768) if peak else -math.inf, sha256, size_bytes)


def _cannot(path: Path, error: Exception, needed_bytes: int = 1 << 16) -> UnsaidError:
    if disk_is_full(path.parent, error, needed_bytes):
        return UnsaidError(
            f"{path}: the disk is full",
            "What was recorded is safe. Free some space, then `unsaid recover` finishes it.",
        )
    said = getattr(error, "strerror", None) or str(error)
    return UnsaidError(f"{path}: cannot be written or read ({said})", "Check the folder's permissions.")
