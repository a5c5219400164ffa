"""What is remembered between runs: the microphone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from unsaid.errors import UnsaidError
from unsaid.sessions.state import STATE_NAME, remember, remembered

posix = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")


def test_remembered_until_another_is(workspace: Path) -> None:
    assert remembered(workspace) is None
    remember(workspace, "Mikrofon für später (hw:1,0)")
    assert remembered(workspace) == "Mikrofon für später (hw:1,0)"
    remember(workspace, "Desk")
    assert remembered(workspace) == "Desk"
    assert [p.name for p in workspace.iterdir()] == [STATE_NAME]


@posix
def test_nobody_else_can_read_it(workspace: Path) -> None:
    remember(workspace, "Desk")
    assert (workspace / STATE_NAME).stat().st_mode & 0o777 == 0o600
    assert workspace.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"\xff\xfe\x00", b"[1]", b'"Desk"', b'{"input": 7}', b'{"input": ""}', b"[" * 100_000],
)
def test_a_damaged_file_counts_as_absent_and_is_written_anew(workspace: Path, damage: bytes) -> None:
    workspace.mkdir()
    (workspace / STATE_NAME).write_bytes(damage)
    assert remembered(workspace) is None
    remember(workspace, "Desk")
    assert remembered(workspace) == "Desk"


def test_what_a_later_version_wrote_is_kept(workspace: Path) -> None:
    workspace.mkdir()
    (workspace / STATE_NAME).write_text('{"input": "Old", "later": [1, 2]}')
    remember(workspace, "New")
    assert json.loads((workspace / STATE_NAME).read_text()) == {"input": "New", "later": [1, 2]}


def test_a_workspace_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnsaidError, match="cannot be written"):
        remember(tmp_path / "file" / "workspace", "Desk")
    assert remembered(tmp_path / "file" / "workspace") is None
