"""The growing take and how it becomes a finished recording: nothing is lost, nothing is overwritten."""

from __future__ import annotations

import hashlib
import math
import os
import stat
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unsaid.audio import take as takes
from unsaid.audio.take import finish, frames_in, repair
from unsaid.errors import UnsaidError

SOUND = np.random.default_rng(11).integers(-30_000, 30_000, 4_000).astype(np.int16)


def unclosed(path: Path, sound: np.ndarray = SOUND) -> Path:
    """A take as it lies there after its writer was killed."""
    with soundfile.SoundFile(path, "w", 16_000, 1, "PCM_16", format="WAV") as file:
        file.buffer_write(sound.tobytes(), "int16")
        file.flush()
        whole = path.read_bytes()
    path.write_bytes(whole)
    assert whole[40:44] == bytes(4)
    return path


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return unclosed(tmp_path / "answer.part.wav")


@pytest.fixture
def flac(tmp_path: Path) -> Path:
    return tmp_path / "answer.flac"


def read(path: Path) -> np.ndarray:
    samples, rate_hz = soundfile.read(path, dtype="int16")
    assert rate_hz == 16_000
    return samples


BROKEN_OFF = st.one_of(st.integers(0, 60), st.integers(0, 44 + 2 * SOUND.size))


@given(length=BROKEN_OFF)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_wherever_the_writing_broke_off_every_whole_sample_is_there(tmp_path, length):
    folder = tmp_path / str(length)
    folder.mkdir(exist_ok=True)
    part, flac = folder / "answer.part.wav", folder / "answer.flac"
    flac.unlink(missing_ok=True)
    part.write_bytes(unclosed(folder / "whole.wav").read_bytes()[:length])
    whole = max(0, length - 44) // 2
    assert frames_in(part) == whole
    repair(part)
    with wave.open(str(part)) as file:
        assert file.getnframes() == whole
        assert np.array_equal(np.frombuffer(file.readframes(whole), "<i2"), SOUND[:whole])
    assert part.stat().st_size == 44 + 2 * whole
    once = part.read_bytes()
    repair(part)
    assert part.read_bytes() == once
    if not whole:
        with pytest.raises(UnsaidError, match="nothing was recorded"):
            finish(part, flac)
        assert part.exists()
        return
    assert finish(part, flac).frames == whole
    assert np.array_equal(read(flac), SOUND[:whole])
    assert not part.exists()


def test_the_finished_recording_is_described(part, flac):
    done = finish(part, flac)
    assert np.array_equal(read(flac), SOUND)
    assert done.frames == SOUND.size
    assert done.peak_dbfs == pytest.approx(20 * math.log10(np.abs(SOUND.astype(int)).max() / 32_768))
    assert done.sha256 == hashlib.sha256(flac.read_bytes()).hexdigest()
    assert done.size_bytes == flac.stat().st_size
    assert stat.S_IMODE(flac.stat().st_mode) == 0o600
    assert [p.name for p in flac.parent.iterdir()] == ["answer.flac"]


def test_silence_has_no_peak(tmp_path, flac):
    assert finish(unclosed(tmp_path / "a.part.wav", np.zeros(100, np.int16)), flac).peak_dbfs == -math.inf


def test_samples_at_both_ends_of_the_scale_survive(tmp_path, flac):
    edge = np.array([-32_768, 32_767] * 5_000, np.int16)
    assert finish(unclosed(tmp_path / "a.part.wav", edge), flac).peak_dbfs == 0.0
    assert np.array_equal(read(flac), edge)


def test_header_lost_in_a_power_cut(part, flac):
    part.write_bytes(bytes(44) + part.read_bytes()[44:])
    finish(part, flac)
    assert np.array_equal(read(flac), SOUND)


@pytest.mark.parametrize("closed", [True, False])
def test_closed_properly_or_not_is_the_same(tmp_path, flac, closed):
    part = unclosed(tmp_path / "a.part.wav")
    if closed:
        with soundfile.SoundFile(part, "r+") as file:
            file.seek(0, soundfile.SEEK_END)
    assert frames_in(part) == SOUND.size
    finish(part, flac)
    assert np.array_equal(read(flac), SOUND)


def test_finished_twice_after_a_cut_before_the_take_was_removed(part, flac):
    again = part.read_bytes()
    first = finish(part, flac)
    before = flac.read_bytes()
    part.write_bytes(again)
    assert finish(part, flac) == first
    assert flac.read_bytes() == before
    assert not part.exists()


@pytest.mark.parametrize("there", [b"", b"precious", SOUND[:-1], SOUND[::-1], np.append(SOUND, SOUND)])
def test_another_recording_is_never_written_over(part, flac, there):
    if isinstance(there, bytes):
        flac.write_bytes(there)
    else:
        soundfile.write(flac, there, 16_000, "PCM_16", format="FLAC")
    before = flac.read_bytes()
    with pytest.raises(UnsaidError, match="already there") as caught:
        finish(part, flac)
    assert caught.value.hint
    assert flac.read_bytes() == before
    assert np.array_equal(read(part), SOUND)


def test_what_an_earlier_run_left_half_done_is_cleared(part, flac):
    flac.with_name(".answer.flac.part").write_bytes(b"half")
    finish(part, flac)
    assert np.array_equal(read(flac), SOUND)
    assert [p.name for p in flac.parent.iterdir()] == ["answer.flac"]


@pytest.mark.parametrize(
    ("rate_hz", "channels", "subtype"), [(48_000, 1, "PCM_16"), (16_000, 2, "PCM_16"), (16_000, 1, "PCM_24")]
)
def test_a_file_that_is_no_take_is_left_alone(tmp_path, flac, rate_hz, channels, subtype):
    other = tmp_path / "song.wav"
    soundfile.write(other, np.zeros((100, channels)), rate_hz, subtype)
    before = other.read_bytes()
    with pytest.raises(UnsaidError, match="not a take"):
        finish(other, flac)
    assert other.read_bytes() == before
    assert not flac.exists()


def test_no_take_at_all_is_told(tmp_path, flac):
    assert frames_in(tmp_path / "none.wav") == 0
    with pytest.raises(UnsaidError, match="no such take"):
        finish(tmp_path / "none.wav", flac)
    with pytest.raises(UnsaidError, match=r"none\.wav"):
        repair(tmp_path / "none.wav")


def test_a_folder_that_cannot_be_written_is_told_and_the_take_stays(part, tmp_path):
    with pytest.raises(UnsaidError, match="cannot be written"):
        finish(part, tmp_path / "none" / "answer.flac")
    assert np.array_equal(read(part), SOUND)


def test_a_disk_without_hard_links_serves_too(part, flac, monkeypatch):
    def no_links(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", no_links)
    finish(part, flac)
    assert np.array_equal(read(flac), SOUND)


@pytest.mark.skipif(sys.platform == "win32", reason="no resource limits")
def test_two_hours_are_finished_in_flat_memory(tmp_path):
    """In a process of its own: the peak of its memory is compared with that of a short take."""
    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from unsaid.audio.take import finish\n"
        "part = Path(sys.argv[1])\n"
        "frames = finish(part, part.with_suffix('.flac')).frames\n"
        "print(frames, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    peaks = []
    for minutes in (2, 120):
        part = tmp_path / f"{minutes}.wav"
        unclosed(part, np.zeros(0, np.int16))
        with part.open("r+b") as file:
            file.truncate(44 + 2 * 16_000 * 60 * minutes)
        ran = subprocess.run(
            [sys.executable, "-c", program, part], capture_output=True, text=True, check=True
        )
        frames, peak_kb = map(int, ran.stdout.split())
        assert frames == 16_000 * 60 * minutes
        peaks.append(peak_kb)
    assert peaks[1] - peaks[0] < 4_000


def test_writing_is_checked_by_reading_back(part, flac, monkeypatch):
    """A disk that tells no error but keeps something else must not cost the take."""
    encode = takes._encode

    def worn_out(source: Path, target: Path) -> None:
        encode(source, target)
        soundfile.write(target, SOUND[::-1], 16_000, "PCM_16", format="FLAC")

    monkeypatch.setattr(takes, "_encode", worn_out)
    with pytest.raises(UnsaidError, match="reads back differently"):
        finish(part, flac)
    assert np.array_equal(read(part), SOUND)
    assert [p.name for p in part.parent.iterdir()] == [part.name]
