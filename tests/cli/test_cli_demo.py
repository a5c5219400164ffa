"""`unsaid demo`: what a newcomer sees first must be right."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import jiwer
import pytest

from support import ROOT, command, missing


@pytest.fixture(scope="module")
def script() -> dict:
    return json.loads((ROOT / "sessions" / "sample" / "script.json").read_text())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demo, run with the network cut where that can be done here: its session and what it printed."""
    workspace = tmp_path_factory.mktemp("demo")
    run = [*command(), "--workspace", str(workspace), "demo"]
    cut = subprocess.run(["unshare", "-rn", "true"]).returncode == 0
    done = subprocess.run([*(["unshare", "-rn"] if cut else []), *run], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return workspace / "sessions" / "demo", done.stdout


def words(text: str) -> str:
    return " ".join(re.findall(r"[a-z']+", text.lower()))


def test_the_words_are_right(demo: tuple[Path, str], script: dict) -> None:
    heard = json.loads((demo[0] / "transcript.json").read_text())["text"]
    said = " ".join(s["text"] for s in script["sentences"])
    assert jiwer.wer(words(said), words(heard)) <= 0.05


def test_the_pauses_are_where_they_were_planted(demo: tuple[Path, str], script: dict) -> None:
    heard = json.loads((demo[0] / "speech.json").read_text())["pauses"]
    for planted in script["pauses"]:
        if planted["end_s"] - planted["start_s"] < 0.6:
            continue
        near = min(heard, key=lambda p: abs(p[0] - planted["start_s"]) + abs(p[1] - planted["end_s"]))
        assert near[0] == pytest.approx(planted["start_s"], abs=0.3)
        assert near[1] == pytest.approx(planted["end_s"], abs=0.3)


def test_flags_of_every_family_stand_at_planted_places(demo: tuple[Path, str], script: dict) -> None:
    flags = json.loads((demo[0] / "audit.json").read_text())["flags"]
    planted = {(f["sentence"], f["code"][0]): script["sentences"][f["sentence"]] for f in script["flags"]}

    def meets(flag: dict, sentence: dict) -> bool:
        return min(flag["end"], sentence["end_s"]) - max(flag["start"], sentence["start_s"]) > 0.3

    for family in "DAU":
        found = [
            f for f in flags for (_, letter), s in planted.items()
            if f["code"][0] == letter == family and meets(f, s)
        ]  # fmt: skip
        assert found, f"no planted {family} was found"
    for flag in flags:
        assert any(flag["code"][0] == letter and meets(flag, s) for (_, letter), s in planted.items()), (
            f"{flag['code']} cries wolf at {flag['start']}: {flag['sentence']}"
        )


def test_it_says_where_the_page_lies_and_what_to_do_next(demo: tuple[Path, str]) -> None:
    folder, out = demo
    assert str(folder / "report.html") in out
    assert (folder / "report.html").is_file()
    assert "unsaid audit my-answer.m4a" in out


def test_no_network_is_needed(demo: tuple[Path, str]) -> None:
    if subprocess.run(["unshare", "-rn", "true"]).returncode:
        missing("unshare (with user namespaces)", "install util-linux, or run as a user who may")
    assert (demo[0] / "audit.json").is_file()
