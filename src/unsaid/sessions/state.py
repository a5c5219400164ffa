"""What the program remembers by itself in a workspace: which microphone was used last."""

from __future__ import annotations

import json
from pathlib import Path

from unsaid.sessions.files import make_folder, write_whole

STATE_NAME = "state.json"


def remember(workspace: Path, name: str) -> None:
    """Remember the microphone's name. What else the file says is kept.

    Raises UnsaidError where the workspace cannot be written.
    """
    state = _read(workspace)
    if state.get("input") == name:
        return
    make_folder(workspace)
    state["input"] = name
    write_whole(workspace / STATE_NAME, json.dumps(state, indent=2, ensure_ascii=False) + "\n")


def remembered(workspace: Path) -> str | None:
    """The name of the microphone that was used last; None where none was, or the file is damaged."""
    name = _read(workspace).get("input")
    return name if isinstance(name, str) and name else None


def _read(workspace: Path) -> dict[str, object]:
    try:
        state = json.loads((workspace / STATE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return state if isinstance(state, dict) else {}
