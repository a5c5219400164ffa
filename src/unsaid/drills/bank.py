"""The prompts: one TOML file each, the program's own and the workspace's."""

from __future__ import annotations

import difflib
import re
import tomllib
from pathlib import Path

from unsaid.errors import UnsaidError
from unsaid.model import KINDS, Prompt

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def folders(workspace: Path) -> tuple[Path, ...]:
    """Where prompts are looked for; the workspace's own come first and win."""
    return (workspace / "prompts", Path(__file__).parent / "prompts")


def known(workspace: Path) -> dict[str, Path]:
    """Prompt id to file, in order of id."""
    found: dict[str, Path] = {}
    for folder in reversed(folders(workspace)):
        found |= {path.stem: path for path in folder.glob("*.toml")}
    return dict(sorted(found.items()))


def resolve(given: str, workspace: Path) -> Prompt:
    """The prompt with the id `given`, else `given` itself as the prompt's text.

    A word without spaces, in small letters with hyphens, is an id. Raises UnsaidError for an empty text,
    an unknown id, or a prompt file that cannot be read.
    """
    text = given.strip()
    if not text:
        raise UnsaidError(
            "the prompt is empty", "Give the question that was answered, or leave --prompt out."
        )
    if not _ID.fullmatch(text):
        return Prompt(text)
    prompts = known(workspace)
    if text in prompts:
        return read(prompts[text])
    near = difflib.get_close_matches(text, prompts, 1)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    raise UnsaidError(
        f"there is no prompt '{text}'",
        f"{hint}Known: {', '.join(prompts)}. Or give the question itself, in quotes.",
    )


def read(path: Path) -> Prompt:
    """Read one prompt file. Raises UnsaidError naming the file and what is wrong."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnsaidError(f"{path} cannot be read: {error}", "Mend the file or move it away.") from error
    text, kind = table.get("text"), table.get("kind")
    if not isinstance(text, str) or not text.strip():
        raise UnsaidError(f"{path} has no 'text'", 'Add a line such as: text = "Design a …"')
    match = next((k for k in KINDS if k == kind), None)
    if match is None:
        raise UnsaidError(f"{path}: 'kind' is {kind!r}", f"It is one of {', '.join(KINDS)}.")
    return Prompt(text.strip(), match, path.stem)
