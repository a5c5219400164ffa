"""`unsaid signals`: which of the seven signals an answer showed, and how its time went."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from unsaid.config import Settings

if TYPE_CHECKING:
    from unsaid.drills.listened import Listened
    from unsaid.model import Audit
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
    from unsaid.cli.afterwards import listened
    from unsaid.cli.newest import named_or_newest
    from unsaid.cli.output import console
    from unsaid.sessions.store import Store
    from unsaid.views.drilling import print_body

    found = named_or_newest(Store(settings.sessions_dir), session)
    audit = pipeline.load_audit(found)
    heard = listened(settings, found, audit)
    if as_json:
        click.echo(_json(found, audit, heard))
        return
    body = [*_signal_lines(audit, heard, everything=everything), *_part_lines(heard)]
    print_body(console(), [*_head(found, audit), *body])


def _head(session: Session, audit: Audit) -> list[Item]:
    from unsaid.views.drilling import Line

    prompt = [Line(audit.prompt.text, style="dim")] if audit.prompt is not None and audit.prompt.text else []
    return [Line(session.id, style="bold"), *prompt]


def _signal_lines(audit: Audit, heard: Listened, *, everything: bool) -> list[Item]:
    from unsaid.views.drilling import Line
    from unsaid.views.listened import signal_rows, train_lines
    from unsaid.views.wording import plural

    out: list[Item] = []
    for row in signal_rows(audit, heard):
        out += [Line(), Line(row.told, label=f"{row.title:29}", style="" if row.asked else "dim")]
        shown = row.places if everything else row.places[:_SHOWN]
        out += [Line(f"{p.what}: “{p.text}”", label=f"  {p.where:>5}  ") for p in shown]
        left = len(row.places) - len(shown)
        if left:
            out.append(Line(f"{plural(left, 'more sentence')}: --all", style="dim", label=" " * 9))
    why, *how = train_lines(heard)
    return [*out, Line(), Line(why, style="bold"), *map(Line, how)]


def _part_lines(heard: Listened) -> list[Item]:
    """The parts as a timeline, and what is to be said of how the time went."""
    from unsaid.views.drilling import Line
    from unsaid.views.listened import time_of

    time = time_of(heard)
    if time is None:
        return []
    out: list[Item] = [Line(), Line(time.title, style="bold")]
    for part in time.parts:
        cells = max(1, round(part.width / 100 * _BAR_CELLS))
        begins = str(part.sentence) if part.start_s is None else part.where
        out.append(Line(f"{part.took:>9}  {'#' * cells}", label=f"{begins:>5}  {part.name:10} "))
    return [*out, *map(Line, time.notes)]


def _json(session: Session, audit: Audit, heard: Listened) -> str:
    timed = audit.transcript.timing != "none"
    train = heard.train
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
            for h in heard.signals
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
            for p in heard.parts
        ],
        "minutes": heard.minutes or None,
        "notes": list(heard.notes),
    }
    return json.dumps(doc, indent=2)
