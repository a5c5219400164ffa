"""Choices that several commands leave to the user or to what is there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from unsaid.config import Settings
from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    from unsaid.cli.output import Notes
    from unsaid.model import Kind, Prompt
    from unsaid.pipeline import Request
    from unsaid.transcribe.weights import ModelFolder


def chooser(settings: Settings, model: str | None, notes: Notes, *, yes: bool) -> Callable[[], ModelFolder]:
    """How the model is chosen: by name, else from the settings, else the best that is here, else fetched."""

    def choose() -> ModelFolder:
        from unsaid.transcribe import weights

        name = settings.text("model", model)
        if name:
            found = weights.resolve(name, settings.models_dirs)
            if found.is_sample:
                notes.warn(
                    "the sample model knows one voice and a few sentences; on anything else it invents text. "
                    "For a real answer use e.g. --model base.en"
                )
            return found
        here = weights.default_for_recordings(settings.models_dirs)
        if here is not None:
            return here
        default = weights.DEFAULT_MODEL
        size_mb = weights.find(default).size_mb
        click.echo(
            f"No speech model is here yet. {default} ({size_mb} MB) would be fetched once from the model "
            "hub; your recording stays on this machine.",
            err=True,
        )
        if not yes:
            if not sys.stdin.isatty():
                raise UnsaidError(
                    "no speech model is here yet", f"Run: unsaid models pull {default}   (or add --yes)"
                )
            if not click.confirm("Fetch it now?", err=True):
                raise UnsaidError("no speech model is here", f"Run: unsaid models pull {default}")
        from unsaid.cli.models import fetch

        return fetch(default, settings.models_dirs[0])

    return choose


def request(
    settings: Settings,
    notes: Notes,
    *,
    model: str | None = None,
    language: str | None = None,
    device: str | None = None,
    compute_type: str | None = None,
    prompt: Prompt | None = None,
    kind: Kind | None = None,
    select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    redo_from: str | None = None,
    yes: bool = False,
) -> Request:
    """What to do with a recording: the command line's options over the settings.

    Raises UnsaidError for a rule that does not exist.
    """
    from unsaid.pipeline import Request
    from unsaid.rules import chosen

    spoken = settings.text("language", language)
    made = Request(
        choose_model=chooser(settings, model, notes, yes=yes),
        model_named=model is not None,
        language=None if spoken == "auto" else spoken,
        language_named=language is not None,
        device=settings.text("device", device),
        compute_type=settings.text("compute_type", compute_type),
        compute_named=compute_type is not None,
        threads=settings.number("threads"),
        prompt=prompt,
        kind=kind,
        select=settings.items("select", select),
        ignore=settings.items("ignore", ignore),
        redo_from=redo_from,
    )
    chosen(made.select, made.ignore)
    _check_language(made.language, notes)
    return made


def _check_language(language: str | None, notes: Notes) -> None:
    """Say that the rules are of no use for what is not English."""
    if language not in (None, "en"):
        notes.warn(f"the rules know English only; what they flag in '{language}' means little")
