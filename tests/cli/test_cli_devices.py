"""`unsaid devices`: what a person sees of the microphones."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from unsaid.sessions.state import remember
from virtual_microphone import Mic, microphones, speechlike


@pytest.fixture(scope="module")
def mics(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    sound = speechlike(1.0)
    return microphones(
        tmp_path_factory.mktemp("sound"),
        Mic("Desk", sound),
        Mic("A microphone with a very long name, as some makers give theirs", sound, rate_hz=44_100),
    )


def test_the_table_marks_the_default_and_says_how_to_take_another(unsaid, mics: dict[str, str]) -> None:
    done = unsaid("devices", env=mics)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["microphone", "sound", "system", "channels", "kHz"]
    assert lines[1].split() == ["Desk", "ALSA", "1", "16"]
    assert lines[-4].split() == ["default", "ALSA", "128", "8", "to", "96", "default"]
    assert "A recording takes: default" in done.stdout
    assert "unsaid record --input NAME" in done.stdout
    assert done.stderr == ""


def test_the_remembered_one_is_marked_and_taken(unsaid, mics: dict[str, str], workspace: Path) -> None:
    remember(workspace, "Desk")
    done = unsaid("devices", env=mics)
    assert done.stdout.splitlines()[1].endswith("used last")
    assert "A recording takes: Desk" in done.stdout
    rows = json.loads(unsaid("devices", "--json", env=mics).stdout)
    assert [r["name"] for r in rows if r["used_last"]] == ["Desk"]
    assert [r["name"] for r in rows if r["taken"]] == ["Desk"]
    assert [r["name"] for r in rows if r["default"]] == ["default"]
    assert rows[1]["rates_hz"] == [44_100]


def test_the_setting_goes_before_what_is_remembered(unsaid, mics: dict[str, str], workspace: Path) -> None:
    remember(workspace, "Desk")
    done = unsaid("devices", env={**mics, "UNSAID_INPUT": "very long"})
    assert "A recording takes: A microphone with a very long name" in done.stdout


def test_a_remembered_one_that_is_gone_gives_way(unsaid, mics: dict[str, str], workspace: Path) -> None:
    remember(workspace, "Headset")
    done = unsaid("devices", env=mics)
    assert done.returncode == 0
    assert "A recording takes: default" in done.stdout
    assert "'Headset', used last, is not here now" in done.stderr


def test_a_setting_that_fits_nothing_is_told_below_the_list(unsaid, mics: dict[str, str]) -> None:
    done = unsaid("devices", env={**mics, "UNSAID_INPUT": "Headset"})
    assert done.returncode == 2
    assert "Desk" in done.stdout
    assert "no microphone 'Headset'" in done.stderr


def test_none_says_what_to_do(unsaid, tmp_path: Path) -> None:
    none = microphones(tmp_path / "sound")
    done = unsaid("devices", env=none)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: no microphone was found\nhint: ")
    as_json = unsaid("devices", "--json", env=none)
    assert (as_json.returncode, json.loads(as_json.stdout)) == (2, [])


def test_without_portaudio_there_is_one_command(unsaid, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import ctypes.util\nctypes.util.find_library = lambda name: None\n"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = unsaid("devices", env={"PYTHONPATH": path})
    assert done.returncode == 2
    error, hint = done.stderr.splitlines()
    assert "PortAudio library not found" in error
    assert hint.startswith(("hint: Run: ", "hint: Install PortAudio"))


def test_looking_makes_nothing(unsaid, mics: dict[str, str], workspace: Path) -> None:
    unsaid("devices", env=mics)
    assert not workspace.exists()
