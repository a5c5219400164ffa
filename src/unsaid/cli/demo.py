"""`unsaid demo`: the main job on the sample answer."""

from __future__ import annotations

import json

import click

from unsaid.config import Settings, shipped
from unsaid.errors import UnsaidError

NAME = "demo"


@click.command()
@click.option("--force", is_flag=True, help="Start every stage anew.")
@click.option("--all", "everything", is_flag=True, help="Show the less sure and the less costly flags too.")
@click.option("--quiet", "-q", is_flag=True, help="No progress and no notes on standard error.")
@click.pass_obj
def demo(settings: Settings, force: bool, everything: bool, quiet: bool) -> None:
    """Audit the sample answer: see what unsaid is for.

    The sample is a synthesised answer of two minutes that ships with the program, and so does the small model
    that hears it. Nothing is fetched.
    """
    from unsaid import pipeline
    from unsaid.cli.output import Notes, console, print_report
    from unsaid.model import Prompt
    from unsaid.sessions.store import Store
    from unsaid.transcribe import weights

    folder = shipped("sessions") / "sample"
    try:
        script = json.loads((folder / "script.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnsaidError(
            f"the sample answer is missing or damaged: {error}", "Install unsaid again."
        ) from error
    notes = Notes(quiet=quiet)
    session, audit = pipeline.audit_recording(
        folder / "answer.flac",
        Store(settings.sessions_dir),
        pipeline.Request(
            choose_model=lambda: weights.resolve(weights.SAMPLE_MODEL, (shipped("models"),)),
            threads=settings.number("threads"),
            prompt=Prompt(script["prompt"], script["kind"]),
            kind=script["kind"],
            redo_from="decode" if force else None,
        ),
        notes,
        name=NAME,
    )
    print_report(console(), audit, title="sample answer", page=session.page, everything=everything)
    if quiet:
        return
    click.echo(
        """
Open the page to listen along. Then:
  unsaid review demo --web     goes through the flags: hear them again, say them better
  unsaid audit my-answer.m4a   audits an answer of your own
  unsaid explain D1            says what a flag means
  unsaid models list           shows the speech models"""
    )
