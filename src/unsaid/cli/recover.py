"""`unsaid recover`: finish recordings that were cut off."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from unsaid.config import Settings
from unsaid.errors import UnsaidError
from unsaid.views.wording import clock

if TYPE_CHECKING:
    from unsaid.cli.output import Notes
    from unsaid.sessions.record import Session
    from unsaid.sessions.store import Store


@click.command()
@click.argument("session", required=False)
@click.option("--no-audit", is_flag=True, help="Only finish the recordings; transcribe nothing.")
@click.option("--all", "everything", is_flag=True, help="Show the less sure and the less costly flags too.")
@click.option("--model", metavar="NAME|FOLDER", help="Whisper model; see `unsaid models list`.")
@click.option("--yes", "-y", is_flag=True, help="Fetch the default model without asking, where none is here.")
@click.option("--quiet", "-q", is_flag=True, help="No progress and no notes on standard error.")
@click.pass_obj
def recover(
    settings: Settings,
    session: str | None,
    no_audit: bool,
    everything: bool,
    model: str | None,
    yes: bool,
    quiet: bool,
) -> None:
    """Finish recordings that were cut off, and audit them.

    A crash, a power cut or a closed terminal ends a recording at once; what had been heard is on the disk.
    This makes a finished session of it: of SESSION, or of every one there is.
    """
    from unsaid import recording
    from unsaid.cli.output import Notes
    from unsaid.sessions.store import InUse, Store

    store = Store(settings.sessions_dir)
    folders = recording.unfinished(store, thorough=True)
    if session is not None and store.folder / session in folders:
        folders = [store.folder / session]
    elif session is not None:
        found = store.find(session)
        if found.folder not in folders:
            click.echo(f"{found.id} is a finished recording; there is nothing to recover.")
            return
        folders = [found.folder]
    if not folders:
        click.echo("There is nothing to recover.")
        return
    notes = Notes(quiet=quiet)
    failed: list[UnsaidError] = []
    for folder in folders:
        try:
            done = recording.recover(store, folder)
            if done is None:
                click.echo(f"{folder.name} held no sound and is removed.")
                continue
            click.echo(_said(done))
            if not no_audit:
                try:
                    _audit(settings, store, done, notes, model, yes=yes, everything=everything)
                except KeyboardInterrupt:
                    said = f"stopped; the recording is safe: unsaid audit {done.id} goes on from here"
                    click.echo(said, err=True)
                    sys.exit(130)
        except InUse as error:
            if session is not None:
                raise
            click.echo(f"note: {error.message}; it is left alone", err=True)
        except UnsaidError as error:
            click.echo(f"error: {folder.name}: {error.message}", err=True)
            if error.hint:
                click.echo(f"hint: {error.hint}", err=True)
            failed.append(error)
    if failed:
        raise UnsaidError(
            f"{len(failed)} of {len(folders)} could not be finished or audited",
            "The sound that they hold is untouched.",
        )


def finish_cut_off(settings: Settings) -> None:
    """Finish recordings that were cut off, with one line for each; called when any command starts."""
    from unsaid import recording
    from unsaid.sessions.store import InUse, Store

    store = Store(settings.sessions_dir)
    for folder in recording.unfinished(store):
        try:
            done = recording.recover(store, folder)
        except InUse:
            continue  # it is being recorded right now
        except UnsaidError as error:
            said = f"the recording {folder.name} was cut off and cannot be finished yet: {error.message}"
            click.echo(f"note: {said} (`unsaid recover` says what to do)", err=True)
            continue
        if done is not None:
            click.echo(f"note: {_said(done)}; `unsaid audit {done.id}` audits it", err=True)


def _said(session: Session) -> str:
    return f"recovered {session.id}: {clock(session.duration_s)} of sound"


def _audit(
    settings: Settings,
    store: Store,
    session: Session,
    notes: Notes,
    model: str | None,
    *,
    yes: bool,
    everything: bool,
) -> None:
    from unsaid import pipeline
    from unsaid.cli.choose import request
    from unsaid.cli.output import console, print_report

    session, audit = pipeline.audit_session(
        session, store, request(settings, notes, model=model, yes=yes), notes
    )
    print_report(console(), audit, title=session.id, page=session.page, everything=everything)
