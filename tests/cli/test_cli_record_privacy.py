"""Nothing leaves the machine: every process of a recording is traced, and opens no socket to elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
import soundfile

from support import ROOT, command, missing
from virtual_microphone import Mic, microphones

MODEL = ("--model", "sample-en")
RECORD = ("record", *MODEL, "--countdown", "0", "--minutes", "0.1", "--input", "Desk")
# Where these are set, onnxruntime's own reporting is silent by itself.
SILENCERS = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS")


@pytest.fixture(scope="module")
def mics(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    sound, rate_hz = soundfile.read(ROOT / "sessions" / "sample" / "answer.flac", dtype="int16")
    folder = tmp_path_factory.mktemp("sound")
    return microphones(folder, Mic("Desk", sound[: 13 * rate_hz], rate_hz, speed=5))


@pytest.fixture(scope="module")
def strace() -> Sequence[str]:
    if shutil.which("strace") is None:
        missing("strace", "install strace to test that no socket is opened")
    if subprocess.run(["strace", "-f", "-o", os.devnull, "true"], capture_output=True).returncode:
        missing("strace (allowed to trace)", "allow ptrace to test that no socket is opened")
    return ("strace", "-f", "-e", "trace=network,execve", "-o")


def begin(prefix: Sequence[str], mics: dict[str, str], workspace: Path, *args: str) -> subprocess.Popen[str]:
    env = {name: value for name, value in os.environ.items() if name not in SILENCERS} | mics
    return subprocess.Popen(
        [*prefix, *command(), "--workspace", str(workspace), *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=workspace.parent,
        env=env,
    )


def end(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def sockets(trace: Path) -> list[str]:
    """The calls that make or use a socket."""
    calls = trace.read_text(encoding="utf-8", errors="replace").splitlines()
    assert any("execve(" in call for call in calls), "nothing was traced"
    return [call for call in calls if re.search(r"\b(socket|connect|bind|listen|send\w*)\(", call)]


def stays_here(call: str) -> bool:
    """Whether it asks for a sound server of this machine, as PortAudio does (JACK, PulseAudio)."""
    return re.search(r"\b(socket\(|connect\(\d+, \{sa_family=)AF_UNIX\b", call) is not None


def cut_off(mics: dict[str, str], workspace: Path) -> None:
    """A recording that was killed in the midst."""
    process = begin((), mics, workspace, *RECORD[:-4], "--no-live", "--input", "Desk")
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("recording 0:"):
            break
    part = next((workspace / "sessions").glob("*/answer.part.wav"))
    while part.stat().st_size < 5 * 32_000:
        assert process.poll() is None
    process.kill()
    process.communicate()


def test_no_process_opens_a_socket_to_elsewhere(
    strace: Sequence[str], mics: dict[str, str], tmp_path: Path
) -> None:
    cut_off(mics, tmp_path / "cut-off")
    answer = str(ROOT / "sessions" / "sample" / "answer.flac")
    runs = {
        "record": (tmp_path / "recorded", RECORD),
        "recover": (tmp_path / "cut-off", ("recover", *MODEL)),
        "audit": (tmp_path / "audited", ("audit", answer, *MODEL)),
        "devices": (tmp_path / "none", ("devices",)),
    }
    traces = {name: tmp_path / f"{name}.trace" for name in (*runs, "sessions")}
    started = {
        name: begin((*strace, str(traces[name])), mics, workspace, *args)
        for name, (workspace, args) in runs.items()
    }
    printed = {name: end(process) for name, process in started.items()}
    recorded = tmp_path / "recorded"
    printed["sessions"] = end(begin((*strace, str(traces["sessions"])), mics, recorded, "sessions", "list"))
    for name, what in {
        "record": "Transcript",
        "recover": "recovered ",
        "audit": "Transcript",
        "devices": "Desk",
        "sessions": "-answer",
    }.items():
        assert what in printed[name], name
    children = traces["record"].read_text(errors="replace")
    assert "unsaid.audio.capture" in children
    assert "unsaid.transcribe.listen" in children
    found = {name: sockets(trace) for name, trace in traces.items()}
    for name in ("record", "devices"):
        found[name] = [call for call in found[name] if not stays_here(call)]
    assert found == {name: [] for name in traces}


def test_it_needs_no_network_at_all(mics: dict[str, str], tmp_path: Path) -> None:
    """Not even the machine's own: the loopback of this namespace is down."""
    alone = ("unshare", "-rn")
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], capture_output=True).returncode:
        missing("unshare (with user namespaces)", "install util-linux, or run as a user who may")
    assert "Transcript" in end(begin(alone, mics, tmp_path / "workspace", *RECORD))
