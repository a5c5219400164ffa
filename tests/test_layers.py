"""The house's import rules, read off the syntax trees: who may know whom, and what start-up may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "unsaid"

BASE = {"model", "errors"}
MAY_IMPORT: dict[str, set[str]] = {
    "__init__": set(),
    "__main__": {"cli"},
    "model": set(),
    "errors": set(),
    "config": BASE,
    "audio": BASE,
    "transcribe": BASE | {"audio"},
    "formats": BASE,
    "sessions": BASE,
    "language": BASE,
    "rules": BASE | {"language"},
    "shortlist": BASE,
    "taste": BASE | {"language", "shortlist"},
    "audit": BASE | {"language", "rules", "shortlist", "taste"},
    "views": BASE | {"language", "audit", "shortlist", "drills"},
    "drills": BASE | {"language", "rules", "audit"},
    "review": BASE | {"language", "audit", "views", "sessions", "shortlist", "taste"},
    "pipeline": BASE
    | {"config", "audio", "transcribe", "formats", "sessions", "language", "rules", "audit", "views"}
    | {"shortlist", "taste", "review", "drills"},
    "recording": BASE | {"audio", "transcribe", "sessions", "pipeline"},
    "desk": BASE | {"sessions", "shortlist", "taste", "review", "pipeline"},
    "say": BASE | {"audio", "transcribe", "sessions", "pipeline", "recording"},
    "web": BASE | {"audit", "views", "sessions", "shortlist", "pipeline", "desk", "say"},
}
"""Which rooms a room may import besides itself. `cli` may import all and is imported by `__main__` alone."""

PURE = {"model", "errors", "language", "rules", "shortlist", "taste", "audit"}
"""Rooms that know no screen, no files, no clock, no network and no chance."""
NOT_PURE = {
    "asyncio",
    "click",
    "datetime",
    "glob",
    "http",
    "io",
    "locale",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "platformdirs",
    "random",
    "rich",
    "secrets",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "urllib",
}
NO_SCREEN = {"audio", "transcribe", "formats", "sessions", "drills", "views", "config"}
"""Rooms without the command line's library."""

HEAVY = {
    "av",
    "ctranslate2",
    "faster_whisper",
    "huggingface_hub",
    "jinja2",
    "matplotlib",
    "numpy",
    "onnxruntime",
    "rich",
    "scipy",
    "sounddevice",
    "soundfile",
    "starlette",
    "tokenizers",
    "uvicorn",
}
"""Imported only inside the functions that use them: `unsaid --help` must not pay for them or fail by them."""
HEAVY_ALLOWED = {("audio", "numpy"), ("transcribe", "numpy")}

NETWORK = {"aiohttp", "ftplib", "http", "httpx", "huggingface_hub", "requests", "smtplib", "socket", "urllib"}
NETWORK_ALLOWED = {"transcribe/weights.py", "web/__init__.py"}
"""Fetching a model, and the review page on the loopback."""
WHISPER_ALLOWED = {"transcribe/whisper.py", "audio/speech.py"}
"""The recogniser, and the voice activity model that comes with it."""


@dataclass(frozen=True)
class Import:
    file: str
    """Path within the package."""
    line: int
    module: str
    """Absolute, e.g. `unsaid.rules.base` or `numpy`."""
    at_start: bool
    """Runs when the module is imported: not within a function, not for type checkers only."""

    @property
    def room(self) -> str:
        return self.file.split("/")[0].removesuffix(".py")

    @property
    def top(self) -> str:
        return self.module.split(".")[0]

    @property
    def target(self) -> str | None:
        """The room of ours that is imported; None for other people's modules and for the bare package."""
        parts = self.module.split(".")
        return parts[1] if parts[0] == "unsaid" and len(parts) > 1 else None

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


def imports_of(source: str, file: str) -> list[Import]:
    """All imports in the text of `file`, relative ones resolved."""
    found: list[Import] = []
    package = ["unsaid", *file.split("/")[:-1]]
    rooms = {p.stem if p.suffix else p.name for p in PACKAGE.iterdir()}

    def visit(node: ast.AST, at_start: bool) -> None:
        if isinstance(node, ast.Import):
            found.extend(Import(file, node.lineno, a.name, at_start) for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *(node.module or "").split(".")]).strip(".")
            for alias in node.names:
                # `from unsaid import rules` names a room; `from unsaid import __version__` does not.
                is_room = base == "unsaid" and alias.name in rooms
                found.append(Import(file, node.lineno, f"{base}.{alias.name}" if is_room else base, at_start))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            at_start = False
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for child in node.body:
                visit(child, False)
            for child in node.orelse:
                visit(child, at_start)
            return
        for child in ast.iter_child_nodes(node):
            visit(child, at_start)

    visit(ast.parse(source, file), True)
    return found


def breaches(imports: list[Import]) -> list[str]:
    """Every import that the table forbids, in words."""
    said = []
    for i in imports:
        target = i.target
        if target and target != i.room and i.room != "cli" and target not in MAY_IMPORT.get(i.room, set()):
            said.append(f"{i}: {i.room} must not know {target}")
        if i.at_start and i.top in HEAVY and (i.room, i.top) not in HEAVY_ALLOWED:
            said.append(f"{i} when it is imported: do it inside the function that needs it")
        if i.room in PURE and i.top in NOT_PURE:
            said.append(f"{i}: {i.room} is pure")
        if i.room in NO_SCREEN and i.top == "click":
            said.append(f"{i}: only cli knows click")
        if i.room == "drills" and i.top == "rich":
            said.append(f"{i}: drills know no screen")
        if i.top in NETWORK and i.file not in NETWORK_ALLOWED:
            said.append(f"{i}: only {', '.join(sorted(NETWORK_ALLOWED))} may touch the network")
        if i.top == "faster_whisper" and i.file not in WHISPER_ALLOWED:
            said.append(f"{i}: only {', '.join(sorted(WHISPER_ALLOWED))} know faster-whisper")
    return said


FILES = sorted(str(p.relative_to(PACKAGE)).replace("\\", "/") for p in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("file", FILES)
def test_every_import_keeps_the_rules(file: str) -> None:
    source = (PACKAGE / file).read_text("utf-8")
    assert breaches(imports_of(source, file)) == []


@pytest.mark.parametrize("file", [f for f in FILES if f.split("/")[0].removesuffix(".py") in PURE])
def test_pure_rooms_open_no_files_and_print_nothing(file: str) -> None:
    tree = ast.parse((PACKAGE / file).read_text("utf-8"))
    called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    assert called & {"open", "print", "input", "eval", "exec", "__import__"} == set()


def test_every_room_has_its_line_in_the_table() -> None:
    rooms = {f.split("/")[0].removesuffix(".py") for f in FILES}
    assert rooms <= MAY_IMPORT.keys() | {"cli"}


@pytest.mark.parametrize(
    ("file", "source", "said"),
    [
        ("views/markup.py", "from unsaid.rules import RULES", "views must not know rules"),
        ("views/html/__init__.py", "from unsaid import sessions", "views must not know sessions"),
        ("views/html/__init__.py", "from ...audio import peaks", "views must not know audio"),
        ("views/html/page.py", "from .. import markup", ""),
        ("model.py", "from unsaid.errors import UnsaidError", "model must not know errors"),
        ("formats/srt.py", "def f():\n    import unsaid.cli.audit", "formats must not know cli"),
        ("formats/srt.py", "from unsaid import __version__\nfrom unsaid.formats import vtt", ""),
        ("rules/d.py", "import os.path", "rules is pure"),
        ("language/acts.py", "import datetime as d", "language is pure"),
        ("audio/files.py", "import numpy as np", ""),
        ("audio/files.py", "try:\n    import soundfile\nexcept OSError:\n    pass", "inside the function"),
        ("audio/files.py", "class A:\n    import av", "inside the function"),
        ("audio/files.py", "def f():\n    import av", ""),
        ("views/terminal.py", "from rich.text import Text", "inside the function"),
        ("views/terminal.py", "if TYPE_CHECKING:\n    from rich.text import Text", ""),
        ("views/terminal.py", "if not x:\n    from rich.text import Text", "inside the function"),
        ("audio/speech.py", "if TYPE_CHECKING:\n    from unsaid.rules import R", "audio must not know rules"),
        ("sessions/store.py", "import click", "only cli knows click"),
        ("pipeline.py", "def f():\n    import urllib.request", "touch the network"),
        ("pipeline.py", "def f():\n    import faster_whisper", "know faster-whisper"),
        ("cli/audit.py", "from unsaid.rules import RULES", ""),
        ("cli/audit.py", "import numpy", "inside the function"),
    ],
)
def test_the_rules_catch_what_they_should(file: str, source: str, said: str) -> None:
    found = breaches(imports_of(source, file))
    assert (said in "".join(found)) if said else found == []


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["audit", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys\n"
        "from unsaid.cli import main\n"
        f"sys.argv = ['unsaid', *{arguments!r}]\n"
        "try:\n    main()\n"
        "finally:\n    print('LOADED', *sorted({m.split('.')[0] for m in sys.modules}))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    loaded = set(run.stdout.rpartition("LOADED ")[2].split())
    assert loaded & HEAVY == set()
