"""`unsaid import`: recordings that were made elsewhere become sessions."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from unsaid.errors import UnsaidError
from unsaid.model import KINDS, Kind

if TYPE_CHECKING:
    from unsaid.config import Settings


@click.command(name="import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--prompt", metavar="TEXT|ID", help="The question that was answered, or a prompt's id.")
@click.option("--kind", type=click.Choice(KINDS), help="Kind of question.")
@click.option("--name", metavar="NAME", help="Name of the session (default: time and file name).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def import_(
    settings: Settings,
    files: tuple[str, ...],
    prompt: str | None,
    kind: Kind | None,
    name: str | None,
    as_json: bool,
) -> None:
    """Make a session of each recording, to audit it later.

    FILE is a sound or video file. It is read, and neither moved nor altered: the session holds a copy of its
    sound.
    """
    from unsaid.cli.output import Notes
    from unsaid.drills.bank import resolve
    from unsaid.pipeline import import_recording
    from unsaid.sessions.store import Store

    store = Store(settings.sessions_dir)
    question = resolve(prompt, settings.workspace) if prompt is not None else None
    session_name = _session_name(name, files)
    notes = Notes()
    rows: list[dict[str, object]] = []
    bad = 0
    for file in files:
        path = Path(file)
        try:
            _check_is_recording(path)
            session, new = import_recording(path, store, notes, prompt=question, kind=kind, name=session_name)
        except UnsaidError as error:
            bad += 1
            click.echo(f"error: {error.message}", err=True)
            if error.hint:
                click.echo(f"hint: {error.hint}", err=True)
            rows.append({"file": file, "session": None, "new": False, "error": error.message})
            continue
        rows.append({"file": file, "session": session.id, "new": new, "error": None})
        if as_json:
            continue
        if new:
            click.echo(f"{path.name} is session {session.id} ({_length(session.duration_s)})")
        else:
            click.echo(f"{path.name} is in session {session.id} already; nothing was made")
            if prompt is not None or kind is not None:
                click.echo("note: its question stays; `unsaid audit` can change it", err=True)
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        for session_id in dict.fromkeys(str(r["session"]) for r in rows if r["session"]):
            click.echo(f"next: unsaid audit {session_id}", err=True)
    if bad:
        if len(files) > 1:
            click.echo(f"{bad} of {len(files)} files could not be imported", err=True)
        sys.exit(2)


def _session_name(name: str | None, files: tuple[str, ...]) -> str | None:
    from unsaid.sessions.store import slug

    if name is None:
        return None
    if len(files) > 1:
        raise UnsaidError(
            "--name names one session, and there are several files",
            "Import them one by one, or leave it out.",
        )
    made = slug(name)
    if not made:
        raise UnsaidError(f"'{name}' has no letter or digit to make a name of", "Use letters and digits.")
    return made


def _check_is_recording(path: Path) -> None:
    from unsaid import formats

    if path.is_file() and formats.is_transcript_name(path):
        raise UnsaidError(f"{path} is a transcript, and import takes recordings", f"Run: unsaid audit {path}")


def _length(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
