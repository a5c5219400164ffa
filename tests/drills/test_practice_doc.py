"""docs/practice.md leaves nothing out that is practised, and what it names is there."""

from __future__ import annotations

import ast
import re
import shlex
from functools import cache
from pathlib import Path

import click
import pytest

from support import ROOT
from unsaid.cli import COMMANDS, cli
from unsaid.drills.checklist import QUESTIONS
from unsaid.drills.plan import DRILLS
from unsaid.drills.rubric import DIMENSIONS
from unsaid.drills.signals import SIGNALS
from unsaid.rules import CONDUCT, find

PAGE = ROOT / "docs" / "practice.md"
ROW = re.compile(r"^\| (?P<what>[^|]+) \| `(?P<command>[^`|]+)` \| `(?P<test>[^`|]+)` \|$")


def rows() -> list[tuple[str, str, str]]:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    found = [ROW.match(line) for line in lines]
    headings = [line for line, row in zip(lines, found, strict=True) if row is None]
    assert all(
        re.fullmatch(r"\|[a-z ]+\| command \| test \||\|---\|---\|---\|", line) for line in headings
    ), headings
    return [(row["what"], row["command"], row["test"]) for row in found if row is not None]


ROWS = rows()


def resolved(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that `words` name, and the words behind it."""
    command: click.Command = cli
    context = click.Context(cli)
    while words and isinstance(command, click.Group):
        found = command.get_command(context, words[0])
        assert found is not None, f"there is no command {words[0]!r} in {command.name}"
        command, words = found, words[1:]
    assert not isinstance(command, click.Group), f"{command.name} needs a command behind it"
    return command, words


@pytest.mark.parametrize("told", sorted({command for _, command, _ in ROWS}))
def test_every_command_is_there_with_its_options(told: str) -> None:
    program, *words = shlex.split(told)
    assert program == "unsaid" and words[0] in COMMANDS
    command, rest = resolved(words)
    options = {name for p in command.params if isinstance(p, click.Option) for name in p.opts}
    for word in rest:
        if word.startswith("-"):
            assert word in options, f"{told}: {word}"
        else:
            assert words[0] == "explain"
            find(word)


@cache
def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("told", sorted({test for _, _, test in ROWS}))
def test_every_test_is_there(told: str) -> None:
    file, _, name = told.partition("::")
    assert file.startswith("tests/") and name.startswith("test_")
    assert name in functions(ROOT / file), told


WANTED = [
    *((s.title, "unsaid signals") for s in SIGNALS),
    *((d.title, "unsaid practice" if d.id == "hidden-reasoning" else "unsaid drill") for d in DRILLS),
    *((d.name, "unsaid score") for d in DIMENSIONS),
    *((f"{r.code} {r.name.replace('-', ' ')}", f"unsaid explain {r.code}") for r in CONDUCT),
    *((f"{name}: ", "unsaid checklist") for name in QUESTIONS),
]


@pytest.mark.parametrize(("what", "command"), WANTED, ids=[w for w, _ in WANTED])
def test_nothing_that_is_practised_is_left_out(what: str, command: str) -> None:
    plain = [(told.replace("-", " "), by) for told, by, _ in ROWS]
    wanted = what.replace("-", " ")
    if what.endswith(": "):
        assert any(told.startswith(wanted) and by == command for told, by in plain), what
    else:
        assert (wanted, command) in plain
