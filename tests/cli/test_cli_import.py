"""`unsaid import`: recordings made elsewhere become sessions, and stay as they are."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from support import ROOT

Make = Callable[..., Path]

FORMATS = {
    "wav": ("wav", "pcm_s16le"),
    "flac": ("flac", "flac"),
    "mp3": ("mp3", "libmp3lame"),
    "m4a": ("mp4", "aac"),
    "opus": ("ogg", "libopus"),
    "webm": ("webm", "libopus"),
    "aiff": ("aiff", "pcm_s16be"),
}


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    """Float32 [n] at 16 kHz: the sample answer's first four seconds."""
    samples, _ = soundfile.read(ROOT / "sessions" / "sample" / "answer.flac", dtype="float32")
    return samples[: 4 * 16_000]


@pytest.fixture
def make(tmp_path: Path, speech: np.ndarray) -> Make:
    """Writes the speech to a file: `make("a.m4a", rate_hz=48_000)`; the first `skip` samples are left out."""

    def write(name: str, *, rate_hz: int = 48_000, skip: int = 0) -> Path:
        path = tmp_path / name
        container, codec = FORMATS[path.suffix[1:]]
        with av.open(str(path), "w", format=container) as out:
            stream = out.add_stream(codec, rate=rate_hz)
            stream.layout = "mono"
            frame = av.AudioFrame.from_ndarray(speech[np.newaxis, skip:], format="flt", layout="mono")
            frame.rate = 16_000
            context = stream.codec_context
            context.open()
            resampler = av.AudioResampler(context.format, "mono", rate_hz, context.frame_size or 1024)
            for piece in (*resampler.resample(frame), *resampler.resample(None)):
                out.mux(stream.encode(piece))
            out.mux(stream.encode(None))
        return path

    return write


def sessions_in(workspace: Path) -> list[Path]:
    return sorted(p.parent for p in (workspace / "sessions").glob("*/session.json"))


def imported(stdout: str) -> list[str | None]:
    return [row["session"] for row in json.loads(stdout)]


@pytest.mark.parametrize("suffix", FORMATS)
def test_any_recording_becomes_a_session_and_stays_as_it_is(
    unsaid, make: Make, workspace: Path, speech: np.ndarray, suffix: str
) -> None:
    original = make(f"Answer one.{suffix}")
    os.utime(original, ns=(1_600_000_000_123_456_789, 1_600_000_000_123_456_789))
    original.chmod(0o440)
    data, before = original.read_bytes(), original.stat()
    done = unsaid("import", original)
    assert done.returncode == 0, done.stderr
    (folder,) = sessions_in(workspace)
    assert done.stdout == f"{original.name} is session {folder.name} (0:04)\n"
    assert done.stderr == f"next: unsaid audit {folder.name}\n"
    assert folder.name.endswith("-answer-one")
    after = original.stat()
    assert original.read_bytes() == data
    assert (after.st_mtime_ns, after.st_mode, after.st_ino, after.st_nlink) == (
        before.st_mtime_ns,
        before.st_mode,
        before.st_ino,
        before.st_nlink,
    )
    samples, rate_hz = soundfile.read(folder / "answer.flac", dtype="float32")
    assert (rate_hz, samples.ndim) == (16_000, 1)
    # The same sound, wherever a lossy codec put its beginning.
    lags = np.fft.irfft(np.fft.rfft(samples, 1 << 18) * np.conj(np.fft.rfft(speech, 1 << 18))) / (
        np.linalg.norm(samples) * np.linalg.norm(speech)
    )
    assert lags.max() > 0.9
    said = json.loads((folder / "session.json").read_text())
    assert list(said["stages"]) == ["decode"]
    assert said["source"]["name"] == original.name


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_nobody_else_can_read_it(unsaid, make: Make, workspace: Path) -> None:
    unsaid("import", make("answer.wav"))
    (folder,) = sessions_in(workspace)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {p.name: p.stat().st_mode & 0o777 for p in folder.iterdir()} == dict.fromkeys(
        (p.name for p in folder.iterdir()), 0o600
    )
    assert (workspace / "sessions").stat().st_mode & 0o077 == 0


def test_the_audit_goes_on_from_there(unsaid, make: Make, workspace: Path) -> None:
    original = make("answer.wav", rate_hz=16_000)
    assert unsaid("import", original, "--name", "Two sum, one", "--prompt", "two-sum").returncode == 0
    assert [p.name for p in sessions_in(workspace)] == ["two-sum-one"]
    original.unlink()
    done = unsaid("audit", "two-sum-one", "--model", "sample-en")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(unsaid("sessions", "list", "--json").stdout)
    assert (row["state"], row["kind"]) == ("done", "coding")


def test_the_same_file_again_makes_nothing(unsaid, make: Make, workspace: Path) -> None:
    original = make("answer.wav")
    (first,) = imported(unsaid("import", original, "--json").stdout)
    kept = {p: p.stat().st_mtime_ns for p in (workspace / "sessions" / str(first)).iterdir()}
    copy = original.rename(original.with_name("another name.wav"))
    again = unsaid("import", copy, "--name", "other")
    assert again.returncode == 0
    assert f"is in session {first} already" in again.stdout
    assert len(sessions_in(workspace)) == 1
    assert {p: p.stat().st_mtime_ns for p in (workspace / "sessions" / str(first)).iterdir()} == kept
    (row,) = json.loads(unsaid("import", copy, "--json").stdout)
    assert (row["session"], row["new"]) == (first, False)


def test_a_bad_file_does_not_stop_the_others(unsaid, make: Make, tmp_path: Path, workspace: Path) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "noise.mp3").write_bytes(bytes(range(256)) * 40)
    soundfile.write(tmp_path / "muted.wav", np.zeros(32_000, np.float32), 16_000)
    (tmp_path / "talk.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHello.\n")
    (tmp_path / "folder").mkdir()
    bad = ["empty.wav", "noise.mp3", "muted.wav", "talk.srt", "folder", "nowhere.wav"]
    good = [make("one.wav"), make("two.wav", skip=1)]
    done = unsaid("import", good[0], *(tmp_path / b for b in bad), good[1])
    assert done.returncode == 2
    assert done.stderr.count("error: ") == len(bad)
    assert f"{len(bad)} of {len(bad) + 2} files" in done.stderr
    assert [p.name.rpartition("-")[2] for p in sessions_in(workspace)] == ["one", "two"]
    assert done.stdout.count(" is session ") == 2
    rows = json.loads(unsaid("import", good[0], tmp_path / "muted.wav", "--json").stdout)
    assert [r["error"] is None for r in rows] == [True, False]


def test_a_transcript_is_sent_to_audit(unsaid, tmp_path: Path, workspace: Path) -> None:
    (tmp_path / "talk.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nHello.\n")
    done = unsaid("import", "talk.vtt")
    assert done.returncode == 2
    assert done.stderr == (
        "error: talk.vtt is a transcript, and import takes recordings\nhint: Run: unsaid audit talk.vtt\n"
    )
    assert not workspace.exists()


def test_a_name_is_for_one_new_session(unsaid, make: Make, workspace: Path) -> None:
    one, two = make("one.wav"), make("two.wav", skip=1)
    assert "several files" in unsaid("import", one, two, "--name", "mine").stderr
    assert "no letter or digit" in unsaid("import", one, "--name", "../..").stderr
    assert not workspace.exists()
    assert unsaid("import", one, "--name", "mine").returncode == 0
    taken = unsaid("import", two, "--name", "Mine")
    assert taken.returncode == 2
    assert "already a session 'mine'" in taken.stderr
    assert [p.name for p in sessions_in(workspace)] == ["mine"]


def test_an_unknown_prompt_stops_before_anything_is_made(unsaid, make: Make, workspace: Path) -> None:
    done = unsaid("import", make("one.wav"), "--prompt", "two-summ")
    assert done.returncode == 2
    assert "Did you mean 'two-sum'?" in done.stderr
    assert not workspace.exists()


def test_no_file_is_a_usage_error(unsaid) -> None:
    assert unsaid("import").returncode == 2
