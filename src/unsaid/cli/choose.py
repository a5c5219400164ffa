"""Choices that several commands leave to the user or to what is there."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from unsaid.config import Settings, Value, nearest
from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    from unsaid.model import Kind, Prompt, Severity
    from unsaid.pipeline import Reporter, Request
    from unsaid.sessions.record import Session
    from unsaid.taste import Taste
    from unsaid.transcribe.weights import ModelFolder

_CLASSES = {"technology": "tech"}
"""What `[words]` calls a class, where the language calls it otherwise."""
LONGEST_PHRASE = 10
"""Words of an own phrase at most."""


def chooser(
    settings: Settings, model: str | None, notes: Reporter, *, yes: bool, ask: bool = True
) -> Callable[[], ModelFolder]:
    """How the model is chosen: by name, else from the settings, else the best that is here, else fetched;
    with `ask` off nothing is asked or fetched."""

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
        if not ask:
            raise UnsaidError("no speech model is here yet", f"Run: unsaid models pull {default}")
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
    notes: Reporter,
    *,
    model: str | None = None,
    language: str | None = None,
    device: str | None = None,
    compute_type: str | None = None,
    prompt: Prompt | None = None,
    kind: Kind | None = None,
    select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    min_confidence: float | None = None,
    redo_from: str | None = None,
    yes: bool = False,
) -> Request:
    """What to do with a recording: the command line's options over the settings.

    Raises UnsaidError for a rule that does not exist.
    """
    from unsaid.pipeline import Request
    from unsaid.rules import chosen

    spoken = settings.text("language", language)
    say, off = taste(settings)
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
        # Who asks for a rule on the command line gets it, turned off or not.
        ignore=(*settings.items("ignore", ignore), *(() if select else off)),
        min_confidence=settings.fraction("min_confidence", min_confidence),
        taste=say,
        redo_from=redo_from,
    )
    chosen(made.select, made.ignore)
    _check_language(made.language, notes)
    return made


def request_for_rewrites(
    settings: Settings, session: Session, notes: Reporter, *, model: str | None = None
) -> Request:
    """How what is said aloud in a review of `session` is heard: by `model`, else by the one that heard the
    session where it is still here, else as any recording. Nothing is asked. Raises UnsaidError."""
    from unsaid.transcribe import weights

    def choose() -> ModelFolder:
        named = model
        if named is None and session.model is not None:
            with contextlib.suppress(UnsaidError):
                weights.resolve(session.model, settings.models_dirs)
                named = session.model
        return chooser(settings, named, notes, yes=False, ask=False)()

    return replace(request(settings, notes, model=model), choose_model=choose)


def taste(settings: Settings) -> tuple[Taste, tuple[str, ...]]:
    """The user's say from `unsaid.toml`, and the codes of the rules that it turns off.

    Raises UnsaidError, with file and line, for a rule or a kind of phrase that there is not, and for a phrase
    without words.
    """
    from unsaid.taste import Lexicon, Taste, Thresholds

    tables = settings.tables
    severities, off = _severities(settings)
    thresholds = tables.get("thresholds", {})

    def number(name: str, default: float) -> float:
        value = thresholds.get(name)
        return value if isinstance(value, int | float) else default

    usual, plain = Taste(), Thresholds()
    return Taste(
        lexicon=Lexicon(
            words=tuple(
                (_CLASSES.get(name, name), word)
                for name in tables.get("words", {})
                for word in _phrases(settings, "words", name)
            ),
            cues=tuple(
                (kind, phrase)
                for kind in tables.get("cues", {})
                for phrase in _phrases(settings, "cues", _kind_of_cue(settings, kind))
            ),
        ),
        thresholds=Thresholds(
            pause_s=number("pause_s", plain.pause_s),
            before=int(number("sentences_before", plain.before)),
            after=int(number("sentences_after", plain.after)),
        ),
        severities=severities,
        flags_per_minute=number("flags_per_minute", usual.flags_per_minute),
    ), off


def _severities(settings: Settings) -> tuple[dict[str, Severity], tuple[str, ...]]:
    from unsaid.rules import meant

    named = []
    for word, value in settings.tables.get("severity", {}).items():
        try:
            named.append(([r.code for r in meant(word)], value))
        except UnsaidError as error:
            raise UnsaidError(f"{settings.places[f'severity.{word}']}: {error.message}", error.hint) from None
    graded: dict[str, Value] = {}
    # What names fewer rules is the more special and goes before.
    for codes, value in sorted(named, key=lambda n: -len(n[0])):
        graded |= dict.fromkeys(codes, value)
    known: tuple[Severity, ...] = ("error", "warning", "info")
    severities = {code: s for code, value in graded.items() for s in known if s == value}
    return severities, tuple(code for code, value in graded.items() if value == "off")


def _kind_of_cue(settings: Settings, kind: str) -> str:
    from unsaid.language.cues import kinds

    if kind not in kinds():
        raise UnsaidError(
            f"{settings.places[f'cues.{kind}']}: there is no kind of phrase '{kind}'",
            nearest(kind, kinds(), "kinds"),
        )
    return kind


def _phrases(settings: Settings, table: str, key: str) -> list[str]:
    from unsaid.language.cues import plain

    value = settings.tables[table][key]
    given = value if isinstance(value, list) else []
    for phrase in given:
        size = len(plain(phrase).split())
        if not 1 <= size <= LONGEST_PHRASE:
            raise UnsaidError(
                f"{settings.places[f'{table}.{key}']}: "
                + (f"'{phrase}' has {size} words" if size else f"'{phrase}' has no word"),
                f"Write from one to {LONGEST_PHRASE} words, as they are said.",
            )
    return given


def _check_language(language: str | None, notes: Reporter) -> None:
    """Say that the rules are of no use for what is not English."""
    if language not in (None, "en"):
        notes.warn(f"the rules know English only; what they flag in '{language}' means little")
