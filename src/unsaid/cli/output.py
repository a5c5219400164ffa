"""Where things are printed: data to standard output, notes and progress to standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from unsaid.model import Audit

PIPE_COLUMNS = 100
"""Line length where the output is no terminal."""


def console(file: IO[str] | None = None, *, stderr: bool = False) -> Console:
    """A rich console that colours only a terminal, and there only without NO_COLOR."""
    from rich.console import Console

    stream = file or (sys.stderr if stderr else sys.stdout)
    width = None if stream.isatty() else PIPE_COLUMNS
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


def print_report(
    out: Console, audit: Audit, *, title: str, page: Path | None = None, everything: bool = False
) -> None:
    """Print the marked-up transcript, the flags and the measures; `everything`: what is left out as well."""
    from unsaid.shortlist import with_all
    from unsaid.views.terminal import print_audit

    audit = with_all(audit) if everything else audit
    print_audit(out, audit, title=title, page=str(page) if page and page.is_file() else None)


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
