"""What is said after every answer: which signals were visible, which hidden, and what to train next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from unsaid.cli.output import Notes
    from unsaid.config import Settings
    from unsaid.drills.bank import PromptCard
    from unsaid.drills.listened import Listened
    from unsaid.drills.signals import Heard
    from unsaid.model import Audit, Kind, Prompt
    from unsaid.sessions.record import Session


def tell(settings: Settings, audit: Audit, notes: Notes, *, of: str, kind: Kind | None = None) -> None:
    """Two or three lines on standard error; none where notes are quiet, or nothing was said.

    `of` is the session's id: the same answer is given the same next prompt.
    """
    if not notes.quiet and audit.sentences:
        note(lines(settings, audit, of=of, kind=kind), notes)


def note(said: Sequence[str], notes: Notes) -> None:
    """Lines on standard error, broken between words where that is a terminal."""
    import shutil
    import sys
    import textwrap

    from unsaid.views.fitted import MEASURE_COLUMNS

    columns = min(shutil.get_terminal_size().columns, MEASURE_COLUMNS) if sys.stderr.isatty() else 10**6
    for line in said:
        notes.note(textwrap.fill(line, max(20, columns - 1), break_long_words=False, break_on_hyphens=False))


def lines(settings: Settings, audit: Audit, *, of: str, kind: Kind | None = None) -> tuple[str, ...]:
    """Which signals were visible and which hidden; what to train next; the prompt for it, as a command."""
    from unsaid.drills import signals
    from unsaid.drills.listened import terms

    given = terms(audit.prompt, kind, card_of(settings, audit.prompt))
    found = signals.heard(audit, given.signals, kind=given.kind)
    weakest = signals.weakest(found)
    signal = weakest.signal
    out = [levels(found), f"{weakest.why} {signal.train}" if signal is not None else weakest.why]
    card = _next(settings, audit, signal.id if signal is not None else None, of)
    if card is not None:
        out.append(f"a prompt for it: unsaid record --prompt {card.id} --minutes {card.minutes:g}")
    return tuple(out)


def listened(settings: Settings, session: Session, audit: Audit) -> Listened:
    """What was heard of a session's answer as a whole, against what its prompt asks for."""
    from unsaid import pipeline

    return pipeline.listen(session, audit, card=card_of(settings, session.prompt or audit.prompt))


def asked(settings: Settings, prompt: Prompt | None) -> tuple[str, ...] | None:
    """The signals that a prompt asks for; None where nothing names them, and the kind has to tell."""
    from unsaid.drills.listened import terms

    return terms(prompt, card=card_of(settings, prompt)).signals


def card_of(settings: Settings, prompt: Prompt | None) -> PromptCard | None:
    """The card of a prompt; None where it has none (any more), or that cannot be read."""
    from unsaid.drills import bank
    from unsaid.errors import UnsaidError

    if prompt is None or prompt.id is None:
        return None
    try:
        return bank.find(prompt.id, settings.workspace)
    except UnsaidError:
        return None


def levels(found: Sequence[Heard]) -> str:
    """Which signals were visible, partly visible and hidden, of those that are asked for, in one line."""
    told = []
    for level, words in (("visible", "visible"), ("partly", "partly visible"), ("hidden", "hidden")):
        names = ", ".join(h.signal.title for h in found if h.level == level)
        told.append(f"{words}: {names}" if names else "")
    return "signals: " + "; ".join(filter(None, told))


def _next(settings: Settings, audit: Audit, signal: str | None, of: str) -> PromptCard | None:
    """A prompt that asks for the signal; of the same kind where there is one."""
    from datetime import datetime
    from random import Random

    from unsaid.cli.prompts import last_practised
    from unsaid.drills import bank

    here = audit.prompt.id if audit.prompt is not None else None
    kind = audit.prompt.kind if audit.prompt is not None else None
    found = [c for c in bank.cards(settings.workspace)[0] if not c.recovery and c.id != here]
    fitting = [c for c in found if signal is None or signal in c.signals]
    choice = [c for c in fitting if kind in (None, c.kind)] or fitting
    if not choice:
        return None
    return bank.draw(choice, last_practised(settings), datetime.now().astimezone(), Random(of)).card
