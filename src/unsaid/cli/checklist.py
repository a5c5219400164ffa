"""`unsaid checklist`: the questions for the end of an answer, filled with what was heard."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from unsaid.config import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from unsaid.drills.checklist import Line as Question
    from unsaid.model import Audit
    from unsaid.sessions.record import Session
    from unsaid.sessions.store import Store
    from unsaid.views.drilling import Item

_SHOWN = 2
"""So many sentences stand under a line; `--all` shows the rest."""


@click.command()
@click.argument("session", required=False)
@click.option("--all", "everything", is_flag=True, help="Show every sentence that answers a question.")
@click.option("--empty", is_flag=True, help="Print the questions alone, to be answered on paper.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def checklist(settings: Settings, session: str | None, everything: bool, empty: bool, as_json: bool) -> None:
    """Print the checklist for the end of an answer, filled in.

    SESSION is the newest audited one where it is not named; where there is none yet, the questions are
    printed alone. What was heard is told with its times; the last word is yours.
    """
    from unsaid.cli.output import console
    from unsaid.sessions.store import Store
    from unsaid.views.drilling import print_body

    found = None if empty and session is None else _session(Store(settings.sessions_dir), session)
    if found is None or empty:
        _print_empty(as_json=as_json, why="" if empty else "no answer is audited yet: unsaid record")
        return
    audit, lines = _filled(settings, found)
    if as_json:
        click.echo(_json(found.id, audit, lines))
        return
    print_body(console(), [*_head(found, audit), *_body(audit, lines, everything=everything)])


def _session(store: Store, reference: str | None) -> Session | None:
    """The session that is meant; None where none is named and none is here. Raises UnsaidError."""
    if reference is not None:
        return store.find(reference)
    return next((s for s in store.all()[0] if s.audit.is_file()), None)


def _filled(settings: Settings, session: Session) -> tuple[Audit, Sequence[Question]]:
    from unsaid import pipeline
    from unsaid.cli.afterwards import asked, card_of
    from unsaid.drills import checklist as questions
    from unsaid.drills import signals
    from unsaid.drills.recovery import recovery

    audit = pipeline.load_audit(session)
    card = card_of(settings, audit.prompt)
    hint = None
    # Only there was a fault met that the answer had to take up.
    if session.drilled is not None and session.drill == "recovery":
        hint = recovery(audit, fault=card.fault if card is not None else "", kind=session.kind)
    heard = signals.heard(audit, asked(settings, audit.prompt), kind=session.kind)
    return audit, questions.checklist(audit, heard, hint, session.kind)


def _head(session: Session, audit: Audit) -> list[Item]:
    from unsaid.views.drilling import Line

    prompt = [Line(audit.prompt.text, style="dim")] if audit.prompt is not None and audit.prompt.text else []
    return [Line(session.id, style="bold"), *prompt]


def _body(audit: Audit, lines: Sequence[Question], *, everything: bool) -> list[Item]:
    from unsaid.cli.drill_pages import place
    from unsaid.views.drilling import Line

    out: list[Item] = []
    for line in lines:
        out += [Line(), Line(line.question, label=f"{line.answer:10} ", style="bold")]
        out.append(Line(line.words, label=" " * 11))
        # The signals have a command of their own.
        many = 0 if line.id == "signals" else len(line.sentences) if everything else _SHOWN
        for index in line.sentences[:many]:
            text = f"“{audit.sentences[index].text}”"
            out.append(Line(text, label=f"{'':11}{place(audit, index):>5}  ", style="dim"))
    return out


def _print_empty(*, as_json: bool, why: str) -> None:
    from unsaid.drills.checklist import QUESTIONS

    if as_json:
        rows = [{"id": name, "question": text, "answer": None} for name, text in QUESTIONS.items()]
        click.echo(json.dumps({"schema": 1, "session": None, "lines": rows}, indent=2))
    else:
        for text in QUESTIONS.values():
            click.echo(f"[ ] {text}\n    {'_' * 60}\n")
    if why:
        click.echo(why, err=True)


def _json(session: str, audit: Audit, lines: Sequence[Question]) -> str:
    timed = audit.transcript.timing != "none"
    rows = [
        {
            "id": line.id,
            "question": line.question,
            "answer": line.answer,
            "words": line.words,
            "sentences": [
                {
                    "sentence": index,
                    "start": round(audit.sentences[index].start_s, 3) if timed else None,
                    "text": audit.sentences[index].text,
                }
                for index in line.sentences
            ],
        }
        for line in lines
    ]
    return json.dumps({"schema": 1, "session": session, "lines": rows}, indent=2)
