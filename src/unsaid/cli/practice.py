"""`unsaid practice`: the hidden reasoning audit in one go."""

from __future__ import annotations

from pathlib import Path

import click

from unsaid.config import Settings
from unsaid.model import KINDS, Kind


@click.command()
@click.option("--prompt", metavar="ID|TEXT", help="The prompt, instead of one that is drawn.")
@click.option("--kind", type=click.Choice(KINDS), help="Draw a prompt of this kind.")
@click.option(
    "--minutes",
    "minutes",
    multiple=True,
    metavar="N|PART=N",
    help="Time for the whole, or for one part: prompt, record, review, count, score; may be repeated.",
)
@click.option("--take", metavar="FILE", help="A recording or a transcript instead of the microphone.")
@click.option("--resume", is_flag=True, help="Go on with the one that was left last.")
@click.option("--new", is_flag=True, help="Begin anew, even where one was left.")
@click.option("--input", "input_", metavar="NAME", help="Microphone, from `unsaid devices`; remembered.")
@click.option("--model", metavar="NAME|FOLDER", help="Whisper model; see `unsaid models list`.")
@click.option("--no-audio", is_flag=True, help="Play nothing in the review: over ssh, or where others sit.")
@click.option("--yes", "-y", is_flag=True, help="Fetch the default model without asking, where none is here.")
@click.option("--quiet", "-q", is_flag=True, help="No notes on standard error but warnings.")
@click.pass_obj
def practice(
    settings: Settings,
    prompt: str | None,
    kind: Kind | None,
    minutes: tuple[str, ...],
    take: str | None,
    resume: bool,
    new: bool,
    input_: str | None,
    model: str | None,
    no_audio: bool,
    yes: bool,
    quiet: bool,
) -> None:
    """Do the hidden reasoning audit in one go: 25 minutes.

    A prompt is drawn; you record an answer, go through its flagged moments, say each again in one sentence,
    and see the counts before and after. The same as `unsaid drill hidden-reasoning`.
    """
    from unsaid.cli.drill import Wanted, practise
    from unsaid.cli.sitting import How
    from unsaid.drills.plan import PRACTICE

    files = () if take is None else (Path(take),)
    wanted = Wanted(prompt, kind, minutes, new=new, resume=resume)
    practise(settings, PRACTICE, wanted, How(files, model, input_, no_audio, yes, quiet))
