"""`unsaid sessions`: what was practised, and what was kept of it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from unsaid.config import Settings
from unsaid.sessions.record import STAGES, Session
from unsaid.sessions.store import Store


@click.group(name="sessions")
def sessions() -> None:
    """List, show, rename, remove and export sessions.

    SESSION is the session's name as `unsaid sessions list` shows it, or the beginning of it.
    """


@sessions.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(settings: Settings, as_json: bool) -> None:
    """List all sessions, newest first."""
    store = Store(settings.sessions_dir)
    found, broken = store.all()
    rows = [_row(s) for s in found]
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif rows:
        from rich.table import Table
        from rich.text import Text

        from unsaid.cli.output import console

        table = Table(box=None, pad_edge=False, header_style="bold")
        for heading, justify in (("session", "left"), ("length", "right"), ("D", "right"), ("A", "right")):
            table.add_column(heading, justify="right" if justify == "right" else "left", overflow="fold")
        table.add_column("U", justify="right")
        table.add_column("state")
        for row in rows:
            flags = row["flags"]
            counts = [str(flags[k]) if isinstance(flags, dict) else "-" for k in "DAU"]
            table.add_row(
                Text(str(row["id"])), _clock(float(str(row["duration"]))), *counts, str(row["state"])
            )
        console().print(table)
    else:
        click.echo(f"No sessions yet in {store.folder}.\nTry: unsaid demo", err=True)
    for error in broken:
        click.echo(f"note: {error.message}", err=True)


@sessions.command()
@click.argument("session")
@click.option("--all", "everything", is_flag=True, help="Show the less sure and the less costly flags too.")
@click.option("--json", "as_json", is_flag=True, help="Print session.json and the audit as JSON.")
@click.pass_obj
def show(settings: Settings, session: str, everything: bool, as_json: bool) -> None:
    """Show a session's marked-up transcript and where its files lie."""
    found = Store(settings.sessions_dir).find(session)
    if as_json:
        audit = json.loads(found.audit.read_text(encoding="utf-8")) if found.audit.is_file() else None
        click.echo(
            json.dumps({"session": json.loads(found.dumps()), "audit": audit}, indent=2, ensure_ascii=False)
        )
        return
    from unsaid.cli.output import console, print_report
    from unsaid.pipeline import load_audit

    print_report(console(), load_audit(found), title=found.id, page=found.page, everything=everything)
    click.echo()
    if found.take is not None:
        for what, times_s in (("marked", found.take.marks_s), ("asked to think aloud", found.take.nudges_s)):
            if times_s:
                click.echo(f"{what}: {', '.join(_clock(at_s) for at_s in times_s)}")
    click.echo(f"files: {found.folder}")


@sessions.command()
@click.argument("session")
@click.argument("name")
@click.pass_obj
def rename(settings: Settings, session: str, name: str) -> None:
    """Give a session another name."""
    store = Store(settings.sessions_dir)
    old = store.find(session)
    new = store.rename(old, name)
    click.echo(f"{old.id} is now {new.id}")


@sessions.command()
@click.argument("session")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(settings: Settings, session: str, yes: bool) -> None:
    """Delete a session with its recording. This cannot be undone."""
    store = Store(settings.sessions_dir)
    found = store.find(session)
    if not yes:
        click.confirm(
            f"Delete {found.id}, {_clock(found.duration_s)} of recording with its audit?",
            abort=True,
            err=True,
        )
    store.remove(found)
    click.echo(f"{found.id} is deleted.")


@sessions.command()
@click.argument("session")
@click.option("--output", "-o", metavar="FILE", help="The zip file to write (default: SESSION.zip here).")
@click.option("--no-audio", is_flag=True, help="Leave the recording out.")
@click.pass_obj
def export(settings: Settings, session: str, output: str | None, no_audio: bool) -> None:
    """Pack a session into one zip file."""
    store = Store(settings.sessions_dir)
    found = store.find(session)
    target = Path(output) if output else Path(f"{found.id}.zip")
    store.export(found, target, with_audio=not no_audio)
    click.echo(f"{target}  ({target.stat().st_size / 1e6:.1f} MB)")


def _row(session: Session) -> dict[str, object]:
    flags: object = None
    if session.audit.is_file():
        try:
            flags = json.loads(session.audit.read_text(encoding="utf-8"))["measures"]["flags_by_family"]
        except (OSError, ValueError, KeyError, TypeError):
            flags = None
    return {
        "id": session.id,
        "created": session.created,
        "duration": session.duration_s,
        "kind": session.kind,
        "prompt": session.prompt.text if session.prompt else None,
        "model": session.model,
        "flags": flags,
        "state": _state(session),
        "folder": str(session.folder),
    }


def _state(session: Session) -> str:
    if session.take is not None and not session.take.ended:
        return "being recorded, or cut off"
    missing = [s for s in STAGES if s not in session.stages]
    if not missing:
        return "done"
    return "recorded" if list(session.stages) == ["decode"] else f"stopped before {missing[0]}"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
