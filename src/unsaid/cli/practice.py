"""`unsaid practice`: the hidden reasoning audit in one go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from unsaid.cli.drill import Wanted, drill_options, practise
from unsaid.config import Settings

if TYPE_CHECKING:
    from unsaid.cli.sitting import How


@click.command()
@drill_options(
    "Time for the whole, or for one part: prompt, record, review, count, score; may be repeated.",
    "Go on with the one that was left last.",
)
@click.option("--take", metavar="FILE", help="A recording or a transcript instead of the microphone.")
@click.pass_obj
def practice(settings: Settings, wanted: Wanted, how: How, take: str | None) -> None:
    """Do the hidden reasoning audit in one go: 25 minutes.

    A prompt is drawn; you record an answer, go through its flagged moments, say each again in one sentence,
    and see the counts before and after. The same as `unsaid drill hidden-reasoning`.
    """
    from unsaid.drills.plan import PRACTICE

    files = () if take is None else (Path(take),)
    practise(settings, PRACTICE, wanted, replace(how, files=files))
