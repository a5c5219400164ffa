"""`unsaid report`: the marked-up transcript with what was said of it in the review, and the rewrite sheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from unsaid.cli.output import FORMATS, format_of, output_file
from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    from unsaid.config import Settings
    from unsaid.model import Audit, Outcome
    from unsaid.sessions.record import Session


@click.command()
@click.argument("session", required=False)
@click.option("--format", "-f", "format_", type=click.Choice(FORMATS), help="What to print.")
@click.option("--output", "-o", metavar="FILE", help="Write to FILE instead of standard output.")
@click.option("--sheet", is_flag=True, help="Only the moments that were kept or rewritten, before and after.")
@click.option("--hide", is_flag=True, help="With --sheet: blanks for the rewrites, to say them aloud.")
@click.option("--all", "everything", is_flag=True, help="Show the less sure and the less costly flags too.")
@click.pass_obj
def report(
    settings: Settings,
    session: str | None,
    format_: str | None,
    output: str | None,
    sheet: bool,
    hide: bool,
    everything: bool,
) -> None:
    """Show an answer with your verdicts and rewrites.

    SESSION is the newest one where it is not named. --sheet leaves only what you kept, marked or rewrote in
    `unsaid review`, before and after, to practise from.
    """
    from unsaid import pipeline
    from unsaid.cli.newest import named_or_newest
    from unsaid.sessions.store import Store

    out = output_file(output)
    format_ = format_of(format_, out)
    _check(format_, sheet=sheet, hide=hide)
    found = named_or_newest(Store(settings.sessions_dir), session)
    if out is not None:
        _spare(found, out)
    audit, outcome = pipeline.load_report(found, everything=everything)
    if sheet:
        _sheet(audit, found, outcome, format_, out, hide=hide)
    else:
        _whole(settings, audit, found, outcome, format_, out)


def _whole(
    settings: Settings, audit: Audit, session: Session, outcome: Outcome, format_: str, out: Path | None
) -> None:
    from unsaid.cli.afterwards import listened
    from unsaid.cli.output import console, print_report, put
    from unsaid.cli.render import FOR_PEOPLE, render

    heard = listened(settings, session, audit) if format_ in FOR_PEOPLE else None
    title = session.id
    if format_ == "terminal" and out is None:
        print_report(console(), audit, title=title, page=session.page, outcome=outcome, listened=heard)
        return
    put(render(format_, audit, session, title=title, outcome=outcome, listened=heard, target=out), out)


def _sheet(
    audit: Audit, session: Session, outcome: Outcome, format_: str, out: Path | None, *, hide: bool
) -> None:
    from unsaid.cli.output import console, put
    from unsaid.cli.render import render_sheet
    from unsaid.views.sheet import print_sheet

    if format_ == "terminal" and out is None:
        print_sheet(console(), audit, outcome, title=session.id, hide=hide)
    else:
        put(render_sheet(format_, audit, session, outcome, title=session.id, target=out, hide=hide), out)
    if not outcome.to_practise:
        click.echo(f"Judge and rewrite its moments first: unsaid review {session.id}", err=True)
    elif hide:
        click.echo(f"Say each one aloud, then compare: unsaid report {session.id} --sheet", err=True)


def _check(format_: str, *, sheet: bool, hide: bool) -> None:
    from unsaid.cli.render import SHEET_FORMATS

    if hide and not sheet:
        raise UnsaidError("--hide is for the rewrite sheet", "Add --sheet.")
    if sheet and format_ not in SHEET_FORMATS:
        raise UnsaidError(
            f"the rewrite sheet cannot be written as {format_}", f"Choose one of: {', '.join(SHEET_FORMATS)}."
        )
    if hide and format_ in ("json", "csv"):
        raise UnsaidError(f"--hide is for reading, not for {format_}", "Leave it out.")


def _spare(session: Session, out: Path) -> None:
    """Raise UnsaidError where `out` would overwrite what the session rests on."""
    from unsaid.sessions.review import REVIEW_NAME

    own = (
        session.folder / "session.json",
        session.folder / REVIEW_NAME,
        session.recording,
        session.speech,
        session.transcript,
        session.audit,
        *session.said,
    )
    if any(path.exists() and out.exists() and out.samefile(path) for path in own):
        raise UnsaidError(f"{out} belongs to the session {session.id}", "Choose another name with --output.")
