"""Settings: which source wins, and what a bad one is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unsaid.config import load
from unsaid.errors import UnsaidError


def test_environment_wins_over_file_and_file_over_default(tmp_path: Path) -> None:
    (tmp_path / "unsaid.toml").write_text('model = "small.en"\nlanguage = "de"\n')
    settings = load(str(tmp_path), {"UNSAID_LANGUAGE": "fr"})
    assert settings.text("model") == "small.en"
    assert settings.origins["model"] == str(tmp_path / "unsaid.toml")
    assert settings.text("language") == "fr"
    assert settings.origins["language"] == "environment variable UNSAID_LANGUAGE"
    assert settings.text("device") == "auto"
    assert settings.origins["device"] == "default"
    assert settings.text("language", "en") == "en"


def test_nearest_parent_with_a_settings_file_is_the_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "unsaid.toml").touch()
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert load(None, {}).workspace == tmp_path


def test_without_any_the_users_data_folder_is_the_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert load(None, {}).workspace == tmp_path / "data" / "unsaid"


def test_lists_may_be_written_as_text(tmp_path: Path) -> None:
    (tmp_path / "unsaid.toml").write_text('select = ["D", "U1"]\nignore = "D4, A5"\n')
    settings = load(str(tmp_path), {})
    assert settings.items("select") == ("D", "U1")
    assert settings.items("ignore") == ("D4", "A5")
    assert settings.items("ignore", ("A1,A2", "U")) == ("A1", "A2", "U")


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ('model = "x"\nmodle = "y"\n', 2, "no setting 'modle'"),
        ('# a comment\n\ndevice = "gpu"\n', 3, "one of auto, cpu, cuda"),
        ("threads = -1\n", 1, "cannot be negative"),
        ("threads = true\n", 1, "whole number"),
        ("model = 3\n", 1, "takes a text"),
        ("select = [1]\n", 1, "list of texts"),
    ],
)
def test_a_bad_setting_is_named_with_its_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    (tmp_path / "unsaid.toml").write_text(text)
    with pytest.raises(UnsaidError) as caught:
        load(str(tmp_path), {})
    assert f"unsaid.toml, line {line}" in caught.value.message
    assert says in caught.value.message


def test_broken_toml_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "unsaid.toml").write_text('model = "x"\n= 3\n')
    with pytest.raises(UnsaidError, match="line 2"):
        load(str(tmp_path), {})


def test_a_bad_variable_is_named() -> None:
    with pytest.raises(UnsaidError, match="UNSAID_DEVICE"):
        load("somewhere", {"UNSAID_DEVICE": "tpu"})


def test_config_command_shows_value_and_origin(unsaid, workspace: Path) -> None:
    workspace.mkdir()
    (workspace / "unsaid.toml").write_text('model = "small.en"\n')
    shown = json.loads(unsaid("config", "--json", env={"UNSAID_THREADS": "3"}).stdout)
    assert shown["model"] == {"value": "small.en", "origin": str(workspace / "unsaid.toml")}
    assert shown["threads"] == {"value": 3, "origin": "environment variable UNSAID_THREADS"}
    assert shown["workspace"] == {"value": str(workspace), "origin": "--workspace"}
    assert 'model          = "small.en"' in unsaid("config").stdout
