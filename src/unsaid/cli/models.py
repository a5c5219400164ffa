"""`unsaid models`: which speech models there are, which are here, and how they get here."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from unsaid.errors import UnsaidError
from unsaid.transcribe import weights

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from unsaid.config import Settings


@click.group(name="models")
def models() -> None:
    """List, fetch, verify and remove speech models.

    NAME is a name from `unsaid models list`. Only `pull` touches the network.
    """


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(settings: Settings, as_json: bool) -> None:
    """List all models, and where those lie that are here."""
    here = {folder.name: folder for folder in weights.here(settings.models_dirs)}
    best = weights.default_for_recordings(settings.models_dirs)
    rows: list[dict[str, object]] = []
    for known in weights.KNOWN:
        names = (known.name, *known.aliases)
        folder = next((here.pop(name) for name in names if name in here), None)
        rows.append(_row(known.name, known.size_mb, known.note, folder))
    for folder in here.values():
        note = "for the demo only: invents text on anything else" if folder.is_sample else "your own"
        rows.append(_row(folder.name, folder.size_mb, note, folder))
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    from rich.table import Table
    from rich.text import Text

    from unsaid.cli.output import console

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("model")
    table.add_column("MB", justify="right")
    table.add_column("here")
    table.add_column("note", overflow="fold")
    for row in rows:
        where = "" if row["path"] is None else "cache" if row["shared"] else "yes"
        name = Text(str(row["name"]), style="bold" if where else "")
        table.add_row(name, str(row["size_mb"]), where, str(row["note"]))
    console().print(table)
    if best is None:
        click.echo(f"\nNo model for real answers is here. Try: unsaid models pull {weights.DEFAULT_MODEL}")
    else:
        click.echo(f"\nUsed where no --model is given: {best.name}")


@models.command()
@click.argument("name")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def pull(settings: Settings, name: str, yes: bool) -> None:
    """Fetch a model into the workspace, and check it."""
    known = weights.find(name)
    models_dir = settings.models_dirs[0]
    folder = models_dir / known.name
    if folder.is_dir() and not weights.missing_files(folder):
        click.echo(f"{known.name} is here already: {folder}", err=True)
        return
    if not yes and sys.stdin.isatty():
        click.confirm(f"Fetch {known.name} ({known.size_mb} MB) into {models_dir}?", abort=True, err=True)
    fetch(known.name, models_dir)


@models.command()
@click.argument("name")
@click.pass_obj
def path(settings: Settings, name: str) -> None:
    """Print the folder of a model that is here."""
    click.echo(weights.resolve(name, settings.models_dirs).path)


@models.command()
@click.argument("name", required=False)
@click.pass_obj
def verify(settings: Settings, name: str | None) -> None:
    """Compare a model's files with their checksums (without NAME: all that are here)."""
    folders = [weights.resolve(name, settings.models_dirs)] if name else weights.here(settings.models_dirs)
    bad: list[str] = []
    for folder in folders:
        with _bar(f"checking {folder.name}") as tell:
            found = weights.verify(folder, on_progress=tell)
        click.echo(f"{folder.name}: {'ok' if found.ok else 'BAD'}: {found.text}")
        if not found.ok:
            bad.append(folder.name)
    if not folders:
        click.echo("No model is here.", err=True)
    if bad:
        first = bad[0]
        raise UnsaidError(
            f"{', '.join(bad)}: not as fetched",
            f"Fetch anew: unsaid models remove {first} && unsaid models pull {first}",
        )


@models.command()
@click.argument("name")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(settings: Settings, name: str, yes: bool) -> None:
    """Delete a model from the workspace."""
    models_dir = settings.models_dirs[0]
    if not yes and (models_dir / name).is_dir():
        if not sys.stdin.isatty():
            raise UnsaidError(f"{models_dir / name} would be deleted", "Add --yes to say so in a script.")
        click.confirm(f"Delete {models_dir / name}?", abort=True, err=True)
    click.echo(f"deleted {weights.remove(name, models_dir)}", err=True)


def _row(name: str, size_mb: int, note: str, folder: weights.ModelFolder | None) -> dict[str, object]:
    return {
        "name": name,
        "size_mb": size_mb,
        "note": note,
        "path": None if folder is None else str(folder.path),
        "shared": folder is not None and folder.shared,
    }


def fetch(name: str, models_dir: Path) -> weights.ModelFolder:
    """Fetch a model with a bar on standard error; for what goes wrong see `weights.pull`."""
    with _bar(f"fetching {name}") as tell:
        found = weights.pull(name, models_dir, on_progress=tell)
    click.echo(f"{name} is here: {found.path}", err=True)
    return found


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error over bytes, where that is a terminal; else nothing."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    from unsaid.cli.output import console

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console(stderr=True),
        transient=True,
    ) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
