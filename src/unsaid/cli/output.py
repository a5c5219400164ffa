"""Where things are printed: data to standard output, notes and progress to standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.text import Text

    from unsaid.drills.listened import Listened
    from unsaid.model import Audit, Outcome

PIPE_COLUMNS = 100
"""Line length where the output is no terminal."""
FORMATS = ("terminal", "markdown", "html", "json", "srt", "vtt", "audacity", "textgrid", "csv")
"""What an audit can be printed as."""
_BY_SUFFIX = {
    ".md": "markdown",
    ".html": "html",
    ".htm": "html",
    ".json": "json",
    ".srt": "srt",
    ".vtt": "vtt",
    ".textgrid": "textgrid",
    ".csv": "csv",
}


def output_file(output: str | None) -> Path | None:
    """The file that `--output` names; None for standard output. Raises UnsaidError where it cannot be one."""
    if output is None or output == "-":
        return None
    path = Path(output)
    if path.is_dir():
        raise UnsaidError(f"{path} is a folder", "Give the name of a file with --output.")
    if not path.absolute().parent.is_dir():
        raise UnsaidError(f"there is no folder {path.parent}", "Make it first, or choose another --output.")
    return path


def format_of(named: str | None, out: Path | None) -> str:
    """The format that was named, else the one that the file's name tells, else the terminal's."""
    return named or (_BY_SUFFIX.get(out.suffix.lower()) if out else None) or "terminal"


def put(text: str, out: Path | None) -> None:
    """Write `text` to `out`, whole or not at all, or to standard output. Raises UnsaidError."""
    from unsaid.sessions.files import write_whole

    if out is None:
        click.echo(text, nl=not text.endswith("\n"))
        return
    try:
        write_whole(out, text, mode=0o644)
    except UnsaidError as error:
        raise UnsaidError(error.message, "Choose another file with --output.") from error
    click.echo(f"written: {out}", err=True)


def console(file: IO[str] | None = None, *, stderr: bool = False) -> Console:
    """A rich console that colours only a terminal, and there only without NO_COLOR."""
    from rich.console import Console

    stream = file or (sys.stderr if stderr else sys.stdout)
    width = None if stream.isatty() else PIPE_COLUMNS
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


def print_report(
    out: Console,
    audit: Audit,
    *,
    title: str,
    page: Path | None = None,
    everything: bool = False,
    outcome: Outcome | None = None,
    listened: Listened | None = None,
) -> None:
    """Print the marked-up transcript, the flags and the measures, and what a review has come to.

    `everything`: with what is left out by default. `listened`: with what was heard of the answer as a whole.
    """
    from unsaid.shortlist import with_all
    from unsaid.views.terminal import print_audit

    audit = with_all(audit) if everything else audit
    shown = str(page) if page and page.is_file() else None
    print_audit(out, audit, title=title, page=shown, outcome=outcome, listened=listened)


def draw(out: Console, rows: Callable[[Console, int, int], Sequence[Text]]) -> None:
    """Draw a whole terminal over what stands there; `rows` as `views.frame.Whole` takes them."""
    from rich.control import Control

    from unsaid.views.frame import Whole

    width, height = out.size
    with out:
        out.control(Control.home())
        out.print(Whole(rows, width, height), end="", crop=False)


class Notes:
    """Tells on standard error what a run is doing; `quiet` leaves only warnings."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self._bar: Progress | None = None

    def note(self, text: str) -> None:
        """One line that a person may want to read."""
        if not self.quiet:
            self._say(text)

    def warn(self, text: str) -> None:
        """One line that a person should read."""
        self._say(f"warning: {text}")

    def _say(self, text: str) -> None:
        if self._bar is not None:
            self._bar.console.print(text)
        else:
            click.echo(text, err=True)

    @contextmanager
    def progress(self, what: str, total_s: float) -> Iterator[_Bar]:
        """A bar with the time left, where standard error is a terminal; else nothing."""
        if self.quiet or not sys.stderr.isatty():
            yield _Bar(None)
            return
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        with Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=console(stderr=True),
            transient=True,
        ) as bar:
            self._bar = bar
            task = bar.add_task(what, total=max(total_s, 0.001))
            try:
                yield _Bar(lambda done_s: bar.update(task, completed=done_s))
            finally:
                self._bar = None


class _Bar:
    def __init__(self, update: object) -> None:
        self._update = update

    def at(self, done_s: float) -> None:
        """Show that `done_s` seconds of sound are done."""
        if callable(self._update):
            self._update(done_s)
