"""What a drill came to, printed when its screen is gone, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unsaid.cli import drill_pages as say
from unsaid.errors import UnsaidError
from unsaid.views.drilling import Item, Line
from unsaid.views.wording import clock

if TYPE_CHECKING:
    from unsaid.cli.sitting import Sitting
    from unsaid.drills.plan import DrillId
    from unsaid.model import Audit
    from unsaid.sessions.record import Session

WORDS: dict[DrillId, str] = {
    "hidden-reasoning": "Ask after every round: which signals were visible, and which stayed hidden?",
    "evidence-replay": "A claim is heard when an action, an alternative and a number stand beside it.",
    "signal-labelling": "Now answer it, and see whether your lines can be observed.",
    "recovery": "A fault that is named calmly costs less than one that is defended.",
}
"""By drill, a last word."""


def body(sitting: Sitting) -> list[Item]:
    """The result, for standard output: what should stand in the terminal when the drill is done."""
    drill, run = sitting.drill, sitting.run
    worked_s = sum(p.worked_s for p in run.parts.values())
    out: list[Item] = [
        Line(f"{drill.title}: {clock(worked_s)} of {say.minutes(drill.minutes)}", style="bold")
    ]
    if run.prompt is not None:
        out.append(Line(run.prompt.id or run.prompt.text, style="dim"))
    return [*out, say.FREE, *_result(sitting)]


def pages(sitting: Sitting) -> list[str]:
    """Where the page of each take lies, and a last word; a line each, in one piece."""
    takes = sitting.drill.takes
    made = {p.take: session for p in takes if (session := sitting.made(p)) is not None}
    out = [f"Page{f' of take {n}' if len(takes) > 1 else ''}: {s.page}" for n, s in made.items()]
    return [*out, WORDS[sitting.drill.id]]


def _result(sitting: Sitting) -> list[Item]:
    from unsaid.sessions.review import load

    try:
        if sitting.drill.id == "signal-labelling":
            return say.compared(sitting.labels_compared())
        if sitting.drill.id == "evidence-replay":
            return sitting.takes_compared()
        session, audit = _last(sitting)
        if sitting.drill.id == "recovery":
            return say.recovery(audit, sitting.card())
        return say.counts(audit, load(session.folder))
    except UnsaidError as error:
        return [Line(error.message)]


def _last(sitting: Sitting) -> tuple[Session, Audit]:
    """The last take, with its audit. Raises UnsaidError where it is gone."""
    session = sitting.made(sitting.drill.takes[-1])
    if session is None:
        raise UnsaidError("its recording was removed")
    return sitting.audited(session)


def closing(sitting: Sitting) -> list[str]:
    """What to train next, a line each."""
    from unsaid.cli.afterwards import lines

    if sitting.drill.takes:
        try:
            session, audit = _last(sitting)
        except UnsaidError:
            return []
        return list(lines(sitting.settings, audit, of=session.id, kind=session.kind))
    card = sitting.card()
    if card is None:
        return []
    return [f"to answer it: unsaid record --prompt {card.id} --minutes {card.minutes:g}"]
