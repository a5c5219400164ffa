"""`unsaid audit` on sound, with the real faster-whisper and the sample model: kept, resumed, never lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from support import ROOT, command, missing

RATE_HZ = 16_000
SAMPLE = ROOT / "sessions" / "sample"
MODEL = ("--model", "sample-en")


@pytest.fixture(scope="module")
def script() -> dict:
    return json.loads((SAMPLE / "script.json").read_text())


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory, script: dict) -> Path:
    """The first half minute of the sample answer, cut in a pause."""
    end_s = next(p["start_s"] + 0.25 for p in script["pauses"] if p["start_s"] > 25)
    samples, _ = soundfile.read(SAMPLE / "answer.flac", frames=int(end_s * RATE_HZ), dtype="float32")
    path = tmp_path_factory.mktemp("sound") / "short answer.wav"
    soundfile.write(path, samples, RATE_HZ)
    return path


def until(condition: Callable[[], object], process: subprocess.Popen[bytes]) -> None:
    """Wait for `condition`; the process must not end before."""
    while not condition():
        assert process.poll() is None, "it ended too early"
        time.sleep(0.005)


def only_session(workspace: Path) -> Path:
    found = [p for p in (workspace / "sessions").iterdir() if p.is_dir()]
    assert len(found) == 1
    return found[0]


def test_a_recording_becomes_a_session_and_stays_as_it_was(unsaid, short: Path, workspace: Path) -> None:
    before = short.read_bytes()
    done = unsaid("audit", short, *MODEL, "--prompt", "Design a rate limiter.", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert "sample model" in done.stderr, "it is said that this model invents text"
    found = json.loads(done.stdout)
    folder = only_session(workspace)
    assert folder.name.endswith("-short-answer")
    assert found["source"]["kind"] == "recording"
    assert found["source"]["session"] == folder.name
    assert json.loads((folder / "audit.json").read_text()) == found
    assert short.read_bytes() == before

    kept, rate_hz = soundfile.read(folder / "answer.flac", dtype="int16")
    given, _ = soundfile.read(short, dtype="int16")
    assert rate_hz == RATE_HZ
    assert np.array_equal(kept, given)

    record = json.loads((folder / "session.json").read_text())
    assert list(record["stages"]) == ["decode", "speech", "transcribe", "audit", "views"]
    assert record["model"]["name"] == "sample-en"
    assert record["prompt"]["text"] == "Design a rate limiter."
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    assert not (folder / "transcript.partial.jsonl").exists()


def test_a_second_run_does_nothing_twice(unsaid, short: Path, workspace: Path) -> None:
    unsaid("audit", short, *MODEL)
    folder = only_session(workspace)
    first = {p.name: p.stat().st_mtime_ns for p in folder.iterdir() if p.name != ".lock"}
    again = unsaid("audit", short)  # no model named: none is needed
    assert again.returncode == 0, again.stderr
    by_name = unsaid("audit", folder.name)
    assert by_name.stdout == again.stdout
    assert {p.name: p.stat().st_mtime_ns for p in folder.iterdir() if p.name != ".lock"} == first
    unsaid("audit", folder.name, "--from", "audit")
    changed = {p.name for p in folder.iterdir() if p.name in first and p.stat().st_mtime_ns != first[p.name]}
    assert changed == {"session.json", "audit.json", "report.html", "report.md"}


def test_the_same_sound_gives_the_same_transcript(unsaid, short: Path, workspace: Path) -> None:
    unsaid("audit", short, *MODEL)
    transcript = only_session(workspace) / "transcript.json"
    first = transcript.read_text()
    transcript.unlink()
    done = unsaid("audit", short, *MODEL, "--force")
    assert done.returncode == 0, done.stderr
    assert transcript.read_text() == first


@pytest.mark.parametrize(("with_signal", "status"), [(signal.SIGKILL, -9), (signal.SIGINT, 130)])
def test_stopped_while_transcribing_it_goes_on_where_it_was(
    unsaid, workspace: Path, tmp_path: Path, with_signal: signal.Signals, status: int
) -> None:
    samples, _ = soundfile.read(SAMPLE / "answer.flac", dtype="float32")
    long = tmp_path / "long.wav"
    soundfile.write(long, np.tile(samples, 2), RATE_HZ)
    process = subprocess.Popen(
        [*command(), "--workspace", str(workspace), "audit", str(long), *MODEL],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def lines() -> list[str]:
        found = list(workspace.glob("sessions/*/transcript.partial.jsonl"))
        return found[0].read_text().splitlines() if found else []

    until(lambda: len(lines()) >= 4, process)
    os.killpg(process.pid, with_signal)
    assert process.wait() == status
    kept = lines()
    folder = only_session(workspace)
    done = unsaid("audit", long, *MODEL)
    assert done.returncode == 0, done.stderr
    assert "going on at" in done.stderr
    resumed = (folder / "transcript.json").read_text()
    for line in kept[1:]:
        for segment in json.loads(line)["segments"]:
            assert segment["text"].strip() in resumed
    if with_signal == signal.SIGKILL:
        unsaid("audit", long, *MODEL, "--force")
        assert (folder / "transcript.json").read_text() == resumed, "stopping changes nothing"


def test_stopped_before_the_sound_was_saved_it_begins_again(unsaid, short: Path, workspace: Path) -> None:
    first = unsaid("audit", short, *MODEL)
    folder = only_session(workspace)
    for path in folder.iterdir():
        if path.name != "session.json":
            path.unlink()
    record = json.loads((folder / "session.json").read_text())
    (folder / "session.json").write_text(json.dumps(record | {"stages": {}}))
    by_name = unsaid("audit", folder.name, *MODEL)
    assert by_name.returncode == 2
    assert "has no recording" in by_name.stderr
    assert "short answer.wav" in by_name.stderr
    again = unsaid("audit", short, *MODEL)
    assert again.returncode == 0, again.stderr
    assert only_session(workspace) == folder
    assert again.stdout == first.stdout


def test_two_runs_on_one_session(unsaid, short: Path, workspace: Path) -> None:
    unsaid("audit", short, *MODEL)
    from unsaid.sessions.store import Store

    store = Store(workspace / "sessions")
    session = store.find(only_session(workspace).name)
    before = {p.name: p.read_bytes() for p in session.folder.iterdir()}
    with store.lock(session):
        done = unsaid("audit", short, "--force", *MODEL)
    assert done.returncode == 2
    assert "in use by another run" in done.stderr
    assert {p.name: p.read_bytes() for p in session.folder.iterdir()} == before


def test_sound_from_standard_input(unsaid, short: Path, workspace: Path) -> None:
    done = unsaid("audit", "-", *MODEL, "-f", "json", stdin=short.read_bytes())
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["duration"] > 20
    assert only_session(workspace).name.endswith("-standard-input")


def test_a_page_in_one_file_carries_its_sound(unsaid, short: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = unsaid("audit", short, *MODEL, "-o", page)
    assert done.returncode == 0, done.stderr
    assert "data:audio/ogg;base64," in page.read_text()


def silence(path: Path) -> None:
    soundfile.write(path, np.zeros(3 * RATE_HZ, np.float32), RATE_HZ)


def nobody(path: Path) -> None:
    """A steady tone: loud enough, but no voice."""
    soundfile.write(path, 0.3 * np.sin(np.arange(3 * RATE_HZ) * 0.2, dtype=np.float32), RATE_HZ)


def no_sound_at_all(path: Path) -> None:
    soundfile.write(path, np.zeros(0, np.float32), RATE_HZ)


def only_pictures(path: Path) -> None:
    import av

    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        for _ in range(5):
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def noise_bytes(path: Path) -> None:
    path.write_bytes(np.random.default_rng(1).bytes(5000))


@pytest.mark.parametrize(
    ("name", "make", "says"),
    [
        ("silent.wav", silence, "silent"),
        ("tone.wav", nobody, "nobody is heard"),
        ("none.wav", no_sound_at_all, "0 s"),
        ("empty.wav", lambda p: p.touch(), "empty"),
        ("pictures.mp4", only_pictures, "no sound"),
        ("noise.mp3", noise_bytes, "noise.mp3"),
        ("missing.wav", lambda _: None, "no file"),
    ],
)
def test_what_cannot_be_heard_is_told_and_nothing_is_written(
    unsaid, tmp_path: Path, workspace: Path, name: str, make, says: str
) -> None:
    path = tmp_path / name
    make(path)
    done = unsaid("audit", path, *MODEL)
    assert done.returncode == 2
    assert says in done.stderr
    assert "hint: " in done.stderr
    assert not list(workspace.glob("sessions/*/*")), "no session is left"


def test_a_cut_file_is_used_as_far_as_it_goes(unsaid, short: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.wav"
    data = short.read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    done = unsaid("audit", cut, *MODEL, "-f", "json")
    assert done.returncode == 0, done.stderr
    assert "breaks off after" in done.stderr
    found = json.loads(done.stdout)
    assert found["duration"] == pytest.approx(soundfile.info(short).duration / 2, abs=0.1)
    assert any("breaks off" in note for note in found["notes"])


@pytest.mark.parametrize(
    ("model", "says"),
    [("base.enn", "base.en"), ("base.en", "unsaid models pull base.en"), ("EMPTY", "model.bin")],
)
def test_a_model_that_is_not_there_is_told(
    unsaid, short: Path, tmp_path: Path, workspace: Path, model: str, says: str
) -> None:
    if model == "EMPTY":
        (tmp_path / "folder").mkdir()
        model = str(tmp_path / "folder")
    done = unsaid("audit", short, "--model", model)
    assert done.returncode == 2
    assert says in done.stderr
    assert not workspace.exists()


def test_without_any_model_it_says_how_to_get_one_and_fetches_nothing(
    unsaid, short: Path, workspace: Path
) -> None:
    done = unsaid("audit", short)
    assert done.returncode == 2
    assert "unsaid models pull base.en" in done.stderr
    assert not workspace.exists()


def mounted(options: str, script: str, *args: object) -> subprocess.CompletedProcess[str]:
    """Run a shell script with a small file system of its own on $1."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rm", "true"]).returncode:
        missing("unshare (with user namespaces)", "install util-linux, or run as a user who may")
    line = f'mount -t tmpfs -o {options} none "$1" && shift && {script}'
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", line, "sh", *map(str, args)], capture_output=True, text=True
    )


def test_a_full_disk_is_told_and_leaves_no_session(short: Path, workspace: Path) -> None:
    workspace.mkdir()
    done = mounted(
        "size=300k",
        '"$1" --workspace "$2" audit "$3" --model sample-en; s=$?;'
        ' find "$2" -type f -not -name .lock; exit $s',
        workspace,
        *command(),
        workspace,
        short,
    )
    assert done.returncode == 2
    assert "the disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == "", "nothing half-written is left"


def test_a_workspace_that_cannot_be_written_is_told(short: Path, workspace: Path) -> None:
    workspace.mkdir()
    done = mounted(
        "ro", '"$1" --workspace "$2" audit "$3" --model sample-en', workspace, *command(), workspace, short
    )
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "--workspace" in done.stderr
    assert "Traceback" not in done.stderr
