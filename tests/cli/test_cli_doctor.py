"""`unsaid doctor`: it finds what is wrong, says what to do, and leaves nothing behind."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from support import ROOT, command
from unsaid.sessions.record import Source
from unsaid.sessions.state import remember
from unsaid.sessions.store import Store
from virtual_microphone import Mic, microphones, speechlike


@pytest.fixture(scope="module")
def mics(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    sound = speechlike(4.0)
    return microphones(
        tmp_path_factory.mktemp("sound"),
        Mic("Desk", sound, speed=4.0),
        Mic("Hot", np.clip(sound.astype(np.int32) * 8, -32768, 32767).astype(np.int16), speed=4.0),
        Mic("Far", (sound / 30).astype(np.int16), speed=4.0),
        Mic("Muted", np.zeros(16, np.int16), speed=4.0),
        Mic("Loose", sound, gone_s=0.7),
        Mic("Busy", sound, opens=1),
        Mic("Slow", sound),
    )


@pytest.fixture
def model(workspace: Path) -> Path:
    """A model for real answers, as far as its name and its checksums tell."""
    folder = workspace / "models" / "base.en"
    folder.mkdir(parents=True)
    for file in (ROOT / "models" / "sample-en").iterdir():
        if file.suffix in (".json", ".bin", ".txt") and "unsaid" not in file.name:
            shutil.copy(file, folder)
    weights = folder / "model.bin"
    row = {"size": weights.stat().st_size, "sha256": hashlib.sha256(weights.read_bytes()).hexdigest()}
    (folder / "unsaid-model.json").write_text(json.dumps({"files": {"model.bin": row}}))
    return folder


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def checks(stdout: str) -> dict[str, dict[str, str]]:
    return {row["name"]: row for row in json.loads(stdout)["checks"]}


def tree(folder: Path) -> dict[str, int]:
    return {str(p.relative_to(folder)): p.stat().st_mtime_ns for p in sorted(folder.rglob("*"))}


NAMES = ["program", "PortAudio", "microphone", "model", "GPU", "workspace", "disk", "recordings"]


def test_all_is_well(unsaid, mics: dict[str, str], model: Path, workspace: Path, temporary: Path) -> None:
    before = tree(workspace)
    done = unsaid("doctor", env={**mics, "TMPDIR": str(temporary)})
    assert done.returncode == 0, done.stdout
    found = [line.split()[2] for line in done.stdout.splitlines() if line.startswith("✓ ok ")]
    assert found == NAMES, done.stdout
    assert "default: good (loudest -1" in done.stdout
    assert done.stdout.endswith("\nReady. To begin: unsaid record\n")
    assert done.stderr.startswith("Say something: ")
    assert tree(workspace) == before
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "state", "text", "todo"),
    [
        ("Desk", "ok", "good (loudest -1", None),
        ("Hot", "warning", "clipping, too loud (loudest 0 dBFS)", "level down"),
        ("Far", "warning", "too quiet, or nobody spoke", "level up"),
        ("Muted", "problem", "no sound (digital silence)", "unmute"),
        ("Loose", "problem", "ended after 0.", "unsaid devices"),
        ("Busy", "problem", "in use", "Close the program"),
        ("Nowhere", "problem", "there is no microphone 'Nowhere'", "'Desk'"),
    ],
)
def test_what_is_said_of_the_microphone(
    unsaid,
    mics: dict[str, str],
    model: Path,
    temporary: Path,
    name: str,
    state: str,
    text: str,
    todo: str | None,
) -> None:
    done = unsaid("doctor", "--json", env={**mics, "UNSAID_INPUT": name, "TMPDIR": str(temporary)})
    said = checks(done.stdout)["microphone"]
    assert said["state"] == state
    assert text in said["text"]
    assert todo in said["todo"] if todo else said["todo"] is None
    assert done.returncode == (1 if state == "problem" else 0)
    assert list(temporary.iterdir()) == []


def test_a_remembered_microphone_that_is_gone_is_told(
    unsaid, mics: dict[str, str], model: Path, workspace: Path
) -> None:
    remember(workspace, "Headset")
    done = unsaid("doctor", "--json", env=mics)
    said = checks(done.stdout)["microphone"]
    assert (done.returncode, said["state"]) == (0, "warning")
    assert "'Headset', used last, is not here now" in said["todo"]


def test_without_a_microphone_the_other_checks_run(unsaid, tmp_path: Path, model: Path) -> None:
    none = microphones(tmp_path / "sound")
    done = unsaid("doctor", "--json", env=none)
    assert done.returncode == 1
    assert {n: c["state"] for n, c in checks(done.stdout).items()} == {
        **dict.fromkeys(NAMES, "ok"),
        "microphone": "problem",
    }


def test_the_microphone_can_be_left_out(unsaid, mics: dict[str, str], model: Path) -> None:
    done = unsaid("doctor", "--no-microphone", env={**mics, "UNSAID_INPUT": "Muted"})
    assert done.returncode == 0
    assert "- skipped  microphone  Muted: not tried" in done.stdout
    assert done.stderr == ""


def test_without_portaudio(unsaid, tmp_path: Path, model: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import ctypes.util\nctypes.util.find_library = lambda name: None\n"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = unsaid("doctor", env={"PYTHONPATH": path})
    assert done.returncode == 1
    assert "✗ problem  PortAudio" in done.stdout
    assert "install" in done.stdout.lower()
    assert "- skipped  microphone" in done.stdout
    assert "✓ ok       model" in done.stdout


def test_a_sound_configuration_that_kills_portaudio(unsaid, tmp_path: Path, model: Path) -> None:
    (tmp_path / "asound.conf").write_text("")
    done = unsaid("doctor", env={"ALSA_CONFIG_PATH": str(tmp_path / "asound.conf")})
    assert done.returncode == 1
    assert "✗ problem  PortAudio" in done.stdout
    assert "✓ ok       recordings" in done.stdout


def test_the_sample_model_is_none_for_real_answers(unsaid, mics: dict[str, str]) -> None:
    for env, text in (({}, "none for real answers"), ({"UNSAID_MODEL": "sample-en"}, "invents text")):
        done = unsaid("doctor", "--json", "--no-microphone", env={**mics, **env})
        said = checks(done.stdout)["model"]
        assert (done.returncode, said["state"]) == (1, "problem")
        assert text in said["text"]
        assert "unsaid models pull base.en" in said["todo"]


def test_a_damaged_model(unsaid, mics: dict[str, str], model: Path) -> None:
    with (model / "model.bin").open("r+b") as file:
        file.write(b"damage")
    said = checks(unsaid("doctor", "--json", "--no-microphone", env=mics).stdout)["model"]
    assert said["state"] == "problem"
    assert "unsaid models pull base.en" in said["todo"]


def test_a_gpu_that_was_asked_for_and_is_not_here(unsaid, mics: dict[str, str], model: Path) -> None:
    import ctranslate2

    if ctranslate2.get_cuda_device_count():
        pytest.skip("there is a GPU here")
    said = checks(unsaid("doctor", "--json", "--no-microphone", env=mics).stdout)["GPU"]
    assert said["text"].startswith("none: the CPU is used")
    done = unsaid("doctor", "--json", "--no-microphone", env={**mics, "UNSAID_DEVICE": "cuda"})
    assert (done.returncode, checks(done.stdout)["GPU"]["state"]) == (1, "problem")
    said = checks(unsaid("doctor", "--json", "--no-microphone", env={**mics, "UNSAID_DEVICE": "cpu"}).stdout)[
        "GPU"
    ]
    assert (said["state"], "not asked for" in said["text"]) == ("ok", True)


def test_a_workspace_that_is_not_there_is_not_made(unsaid, mics: dict[str, str], workspace: Path) -> None:
    said = checks(unsaid("doctor", "--json", "--no-microphone", env=mics).stdout)["workspace"]
    assert (said["state"], said["text"]) == ("ok", f"{workspace} (--workspace): made when it is needed")
    assert not workspace.exists()


def test_a_workspace_that_is_a_file(unsaid, mics: dict[str, str], workspace: Path) -> None:
    workspace.write_text("")
    said = checks(unsaid("doctor", "--json", "--no-microphone", env=mics).stdout)["workspace"]
    assert (said["state"], said["text"]) == ("problem", f"{workspace} is no folder")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder that not even root may write to")
def test_a_workspace_that_cannot_be_written(unsaid, mics: dict[str, str]) -> None:
    done = unsaid("--workspace", "/proc/unsaid", "doctor", "--json", "--no-microphone", env=mics)
    said = checks(done.stdout)["workspace"]
    assert said["state"] == "problem"
    assert "/proc cannot be written" in said["text"]
    assert "--workspace" in said["todo"]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_sessions_that_others_can_read(unsaid, mics: dict[str, str], workspace: Path) -> None:
    folder = workspace / "sessions" / "open"
    folder.mkdir(parents=True)
    (folder / "session.json").write_text("{}")
    folder.chmod(0o755)
    (workspace / "sessions").chmod(0o755)
    said = checks(unsaid("doctor", "--json", "--no-microphone", env=mics).stdout)["workspace"]
    assert said["state"] == "warning"
    assert "chmod -R go-rwx" in said["todo"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_recordings_that_were_cut_off(unsaid, mics: dict[str, str], workspace: Path) -> None:
    sessions = workspace / "sessions"
    for name in ("one", "two"):
        (sessions / name).mkdir(parents=True, mode=0o700)
        (sessions / name / "session.json").write_text("{")
        (sessions / name / "answer.part.wav").write_bytes(bytes(44))
    said = checks(unsaid("doctor", "--json", "--no-microphone", env=mics).stdout)["recordings"]
    assert (said["state"], said["todo"]) == ("warning", "Run: unsaid recover")
    assert said["text"].startswith("2 recordings")


def test_a_recording_that_goes_on_is_not_taken_for_one_that_was_cut_off(
    unsaid, mics: dict[str, str], workspace: Path
) -> None:
    store = Store(workspace / "sessions")
    session = store.create(Source("microphone", "", 0), now=datetime.now(), duration_s=0.0, name="now")
    with store.lock(session):
        session.part.write_bytes(bytes(44))
        said = checks(unsaid("doctor", "--json", "--no-microphone", env=mics).stdout)["recordings"]
    assert (said["state"], said["text"]) == ("ok", "one recording going on right now")
    assert session.part.exists()


def test_signs_are_plain_where_the_output_knows_no_others(unsaid, mics: dict[str, str], model: Path) -> None:
    done = unsaid("doctor", "--no-microphone", env={**mics, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert done.stdout.startswith("+ ok ")
    assert done.stdout.isascii()


def test_a_gpu_library_that_ends_the_process_is_told(
    unsaid, mics: dict[str, str], model: Path, tmp_path: Path
) -> None:
    (tmp_path / "ctranslate2.py").write_text("import os; os.abort()")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = unsaid("doctor", "--json", "--no-microphone", env={**mics, "PYTHONPATH": path})
    said = checks(done.stdout)["GPU"]
    assert (done.returncode, said["state"]) == (0, "warning")
    assert "the CPU is used" in said["text"]
    assert sys.executable in said["todo"]


def test_a_recogniser_that_cannot_be_loaded_is_a_problem(
    unsaid, mics: dict[str, str], model: Path, tmp_path: Path
) -> None:
    (tmp_path / "ctranslate2.py").write_text("raise ImportError('libfoo.so: cannot open shared object')")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = unsaid("doctor", "--json", "--no-microphone", env={**mics, "PYTHONPATH": path})
    said = checks(done.stdout)["GPU"]
    assert (done.returncode, said["state"]) == (1, "problem")
    assert "libfoo.so" in said["text"]
    assert "pip install" in said["todo"]


def test_ctrl_c_while_the_microphone_listens_leaves_nothing(
    mics: dict[str, str], workspace: Path, temporary: Path
) -> None:
    run = subprocess.Popen(
        [*command(), "--workspace", str(workspace), "doctor"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **mics, "TMPDIR": str(temporary), "UNSAID_INPUT": "Slow"},
    )
    assert run.stderr is not None
    with run.stderr:
        assert run.stderr.readline().startswith("Say something: Slow")
        run.send_signal(signal.SIGINT)
        said = run.stderr.read()
    assert run.wait() == 130
    assert said == "stopped\n"
    assert list(temporary.iterdir()) == []
    assert not workspace.exists()
