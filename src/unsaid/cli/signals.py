"""`unsaid signals`: which of the seven signals an answer showed, and how its time went."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from unsaid.config import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from unsaid.drills.parts import Part
    from unsaid.drills.signals import Heard
    from unsaid.model import Audit, Kind
    from unsaid.sessions.record import Session
    from unsaid.views.drilling import Item

_SHOWN = 3
"""So many sentences stand under a signal; `--all` shows the rest."""
_BAR_CELLS = 30


@click.command()
@click.argument("session", required=False)
@click.option("--all", "everything", is_flag=True, help="Show every sentence that shows a signal.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def signals(settings: Settings, session: str | None, everything: bool, as_json: bool) -> None:
    """Show which of the seven signals an answer made visible.

    SESSION is the newest audited one where it is not named. Under each signal stand the sentences that show
    it; a signal that the prompt does not ask for is told as such. Below, the parts of the answer, and how
    the time went among them.
    """
    from unsaid import pipeline
    from unsaid.cli.afterwards import asked
    from unsaid.cli.newest import named_or_newest
    from unsaid.cli.output import console
    from unsaid.drills import parts
    from unsaid.drills import signals as ear
    from unsaid.sessions.store import Store
    from unsaid.views.drilling import print_body

    found = named_or_newest(Store(settings.sessions_dir), session)
    audit = pipeline.load_audit(found)
    heard = ear.heard(audit, asked(settings, audit.prompt), kind=found.kind)
    stretches = parts.parts(audit, found.kind)
    given = _given(settings, found, audit)
    if as_json:
        click.echo(_json(found, audit, heard, stretches, given))
        return
    body = [*_signal_lines(audit, heard, everything=everything), *_part_lines(stretches, given, found.kind)]
    print_body(console(), [*_head(found, audit), *body])


def _given(settings: Settings, session: Session, audit: Audit) -> float:
    """The minutes that the prompt gives; 0 where nothing tells."""
    from unsaid.cli.afterwards import card_of
    from unsaid.drills.bank import USUAL_MINUTES

    card = card_of(settings, audit.prompt)
    if card is not None:
        return card.minutes
    kind = session.kind or (audit.prompt.kind if audit.prompt is not None else None)
    return USUAL_MINUTES[kind] if kind is not None else 0.0


def _head(session: Session, audit: Audit) -> list[Item]:
    from unsaid.views.drilling import Line

    prompt = [Line(audit.prompt.text, style="dim")] if audit.prompt is not None and audit.prompt.text else []
    return [Line(session.id, style="bold"), *prompt]


def _signal_lines(audit: Audit, heard: Sequence[Heard], *, everything: bool) -> list[Item]:
    from unsaid.cli.drill_pages import level_words, place
    from unsaid.drills.signals import weakest
    from unsaid.views.drilling import Line
    from unsaid.views.wording import plural

    out: list[Item] = []
    for h in heard:
        told = f"{level_words(h.level)}: {h.why}" if h.asked else "not asked for by this prompt"
        out += [Line(), Line(told, label=f"{h.signal.title:29}", style="" if h.asked else "dim")]
        shown = h.evidence if everything else h.evidence[:_SHOWN]
        for e in shown:
            text = f"{e.what}: “{audit.sentences[e.sentence].text}”"
            out.append(Line(text, label=f"  {place(audit, e.sentence):>5}  "))
        if len(h.evidence) > len(shown):
            out.append(
                Line(
                    f"{plural(len(h.evidence) - len(shown), 'more sentence')}: --all",
                    style="dim",
                    label=" " * 9,
                )
            )
    next_ = weakest(heard)
    train = [Line(next_.signal.train)] if next_.signal is not None else []
    return [*out, Line(), Line(next_.why, style="bold"), *train]


def _part_lines(found: Sequence[Part], given: float, kind: Kind | None) -> list[Item]:
    """The parts as a timeline, and what is to be said of how the time went."""
    from unsaid.cli.drill_pages import minutes
    from unsaid.drills.parts import against
    from unsaid.views.drilling import Line
    from unsaid.views.wording import clock

    if not found:
        return []
    timed = found[0].timed
    whole = max(given, found[-1].end_s / 60) if timed else float(sum(p.words for p in found))
    head = "How the time went" if timed else "How the words went"
    if timed:
        head += f": {clock(found[-1].end_s)}" + (f" of {minutes(given)}" if given else "")
    out: list[Item] = [Line(), Line(head, style="bold")]
    for part in found:
        size = part.minutes if timed else float(part.words)
        cells = round(size / whole * _BAR_CELLS) if whole > 0 else 0
        took = minutes(part.minutes) if timed else f"{part.words} words"
        begins = clock(part.start_s) if timed else f"{part.first + 1}"
        out.append(Line(f"{took:>9}  {'#' * max(1, cells)}", label=f"{begins:>5}  {part.name:10} "))
    return [*out, *(Line(line) for line in against(found, given, kind))]


def _json(session: Session, audit: Audit, heard: Sequence[Heard], found: Sequence[Part], given: float) -> str:
    from unsaid.drills.parts import against
    from unsaid.drills.signals import weakest

    timed = audit.transcript.timing != "none"
    train = weakest(heard)
    doc = {
        "schema": 1,
        "session": session.id,
        "prompt": audit.prompt.id if audit.prompt is not None else None,
        "signals": [
            {
                "id": h.signal.id,
                "level": h.level,
                "why": h.why,
                "evidence": [
                    {
                        "sentence": e.sentence,
                        "start": round(audit.sentences[e.sentence].start_s, 3) if timed else None,
                        "what": e.what,
                        "text": audit.sentences[e.sentence].text,
                    }
                    for e in h.evidence
                ],
            }
            for h in heard
        ],
        "train": {
            "signal": train.signal.id if train.signal is not None else None,
            "why": train.why,
            "how": train.signal.train if train.signal is not None else None,
        },
        "parts": [
            {
                "name": p.name,
                "first": p.first,
                "last": p.last,
                "start": round(p.start_s, 3) if p.timed else None,
                "end": round(p.end_s, 3) if p.timed else None,
                "words": p.words,
            }
            for p in found
        ],
        "minutes": given or None,
        "notes": list(against(found, given, session.kind)),
    }
    return json.dumps(doc, indent=2)
