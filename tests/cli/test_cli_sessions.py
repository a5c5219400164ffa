"""`unsaid sessions`: what a person sees of what she practised."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
import soundfile

from support import ROOT


@pytest.fixture(scope="module")
def practised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound file with one sentence of the sample answer."""
    script = json.loads((ROOT / "sessions" / "sample" / "script.json").read_text())
    end_s = script["sentences"][1]["end_s"] + 0.2
    samples, rate_hz = soundfile.read(ROOT / "sessions" / "sample" / "answer.flac", dtype="float32")
    path = tmp_path_factory.mktemp("sound") / "first.wav"
    soundfile.write(path, samples[: int(end_s * rate_hz)], rate_hz)
    return path


def test_listed_shown_renamed_exported_and_removed(
    unsaid, practised: Path, tmp_path: Path, workspace: Path
) -> None:
    first = unsaid("audit", practised, "--model", "sample-en", "--prompt", "two-sum")
    assert first.returncode == 0, first.stderr
    (row,) = json.loads(unsaid("sessions", "list", "--json").stdout)
    assert row["id"].endswith("-first")
    assert row["state"] == "done"
    assert row["model"] == "sample-en"
    assert row["kind"] == "coding"
    assert set(row["flags"]) == {"D", "A", "U"}
    assert row["id"] in unsaid("sessions", "list").stdout

    shown = unsaid("sessions", "show", row["id"])
    assert shown.returncode == 0, shown.stderr
    assert first.stdout.strip() in shown.stdout
    assert str(workspace) in shown.stdout
    both = json.loads(unsaid("sessions", "show", row["id"], "--json").stdout)
    assert both["session"]["id"] == row["id"]
    assert both["audit"]["schema"] == 1

    assert unsaid("sessions", "rename", row["id"], "Two sum, first try").returncode == 0
    assert unsaid("sessions", "show", "two-sum-first-try").returncode == 0
    gone = unsaid("sessions", "show", row["id"])
    assert gone.returncode == 2
    assert "there is no session" in gone.stderr

    out = tmp_path / "kept.zip"
    assert unsaid("sessions", "export", "two-sum", "-o", out, "--no-audio").returncode == 0
    with zipfile.ZipFile(out) as archive:
        names = set(archive.namelist())
    assert "two-sum-first-try/report.html" in names
    assert not any(n.endswith(".flac") for n in names)

    asked = unsaid("sessions", "remove", "two-sum-first-try", stdin="n\n")
    assert asked.returncode == 1
    assert (workspace / "sessions" / "two-sum-first-try").is_dir()
    assert unsaid("sessions", "remove", "two-sum-first-try", "--yes").returncode == 0
    assert json.loads(unsaid("sessions", "list", "--json").stdout) == []


def test_an_empty_list_says_what_to_do(unsaid) -> None:
    done = unsaid("sessions", "list")
    assert done.returncode == 0
    assert done.stdout == ""
    assert "unsaid demo" in done.stderr


def test_a_damaged_session_is_told_beside_the_others(unsaid, workspace: Path) -> None:
    bad = workspace / "sessions" / "bad"
    bad.mkdir(parents=True)
    (bad / "session.json").write_text("{")
    done = unsaid("sessions", "list")
    assert done.returncode == 0
    assert "session.json, line 1" in done.stderr
    assert unsaid("audit", "bad").returncode == 2


def test_a_session_without_an_audit_says_how_to_make_one(unsaid, practised: Path, workspace: Path) -> None:
    unsaid("audit", practised, "--model", "sample-en")
    (folder,) = (p for p in (workspace / "sessions").iterdir() if p.is_dir())
    (folder / "audit.json").unlink()
    done = unsaid("sessions", "show", folder.name)
    assert done.returncode == 2
    assert f"unsaid audit {folder.name}" in done.stderr
    assert unsaid("audit", folder.name).returncode == 0
    assert unsaid("sessions", "show", folder.name).returncode == 0
