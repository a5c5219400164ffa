"""The self-score for a page: on one of its own, and at the end of the review."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Protocol

from unsaid.views.scoring import Sheet
from unsaid.views.wording import visible
from unsaid.web import answers, asked
from unsaid.web.asked import Gone
from unsaid.web.site import Read, Site, Write


class Scoring(Protocol):
    """One session's self-score, as the terminal has it too. All raise UnsaidError."""

    def sheet(self) -> Sheet:
        """As it is by now, whoever wrote it."""
        ...

    def give(self, dimension: str, number: int | None = None, why: str | None = None) -> Sheet:
        """Keep a number, the words of why, or both, at once."""
        ...


def site(scoring: Scoring, *, command: str) -> Site:
    """The self-score on a page of its own; when it is done the server ends."""
    from unsaid.web import page

    over = threading.Event()
    reads, writes = routes(scoring, over, alone=True)

    def drawn() -> str:
        state = reads["/score"]({})
        return page.render_score(title=state["session"], command=command, state=state)

    return Site(command, drawn, reads, writes, over=over)


def routes(
    scoring: Scoring, over: threading.Event, *, alone: bool = False
) -> tuple[Mapping[str, Read], Mapping[str, Write]]:
    """What is asked for and what is changed of a score; `alone`: the page ends with it."""
    turn = threading.Lock()

    def read(_: Mapping[str, str]) -> dict[str, Any]:
        with turn:
            return state(scoring.sheet())

    def give(body: bytes) -> dict[str, Any]:
        mark = asked.mark(body)
        with turn:
            if mark.dimension not in {row.id for row in scoring.sheet().rows}:
                raise Gone("there is no such dimension")
            return state(scoring.give(mark.dimension, mark.number, mark.why))

    def end(body: bytes) -> dict[str, Any]:
        asked.nothing(body)
        with turn:
            found = state(scoring.sheet())
        over.set()
        return found

    return {"/score": read}, {"/mark": give, **({"/done": end} if alone else {})}


def state(sheet: Sheet) -> dict[str, Any]:
    """A score as the page is told of it: plain JSON, every text made safe to show."""
    told: dict[str, Any] = {
        "session": visible(sheet.session),
        "kind": visible(sheet.kind),
        "rows": [
            {
                "id": row.id,
                "name": row.name,
                "anchors": [list(anchor) for anchor in row.anchors],
                "measured": answers.lines(row.measured),
                "earlier": [[visible(day), number] for day, number in row.earlier],
                "number": row.number,
                "why": visible(row.why),
            }
            for row in sheet.rows
        ],
        "gate": sheet.gate,
        "ready": sheet.ready,
        "average": sheet.average,
        "train": list(sheet.train),
        "given": sheet.given,
    }
    return {**told, "revision": answers.digest(told)}
