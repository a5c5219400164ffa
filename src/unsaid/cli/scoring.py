"""The self-score of one session: what was measured, and each number kept at once.

The terminal and the page are both views on it.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    from pathlib import Path

    from unsaid.sessions.record import Session
    from unsaid.sessions.scores import Score, Scores
    from unsaid.sessions.store import Store
    from unsaid.views.scoring import Sheet

EARLIER = 5
"""So many earlier scores of the same kind of prompt are shown."""


class Scoring:
    """One session that is scored: the score that is open, else a new one."""

    def __init__(self, session: Session, store: Store, workspace: Path) -> None:
        """Raises UnsaidError where there is no audit, or a file is damaged."""
        from unsaid.sessions import scores

        self.session = session
        self._store, self._workspace = store, workspace
        self._read: tuple[int, ...] = ()
        self._lines: dict[str, tuple[str, ...]] = {}
        kept = scores.load(session.folder)
        self._began = scores.begun(kept)
        self._earlier = _earlier(session, store, self._began)
        self._score = kept.of(self._began)
        self._measured()

    def sheet(self) -> Sheet:
        """The score as it is by now, whoever wrote it. Raises UnsaidError."""
        from unsaid.sessions import scores

        kept = scores.load(self.session.folder)
        self._began = scores.begun(kept, self._began)
        self._score = kept.of(self._began)
        return self._sheet()

    def give(self, dimension: str, number: int | None = None, why: str | None = None) -> Sheet:
        """Keep a number, the words of why, or both, at once; what is None stays as it is.

        Raises InUse where another run is at work, else UnsaidError, also for a why without a number.
        """
        from unsaid.drills.rubric import DIMENSIONS
        from unsaid.sessions import scores

        def change(old: Scores, began: str) -> Scores:
            mine = old.of(began)
            before = mine.marks.get(dimension) if mine is not None else None
            new = number if number is not None else before.number if before is not None else None
            if new is None:
                raise UnsaidError("the number first", "Give one from 1 to 5, then say why.")
            return scores.marked(
                old, began, dimension, new, why if why is not None else before.why if before else ""
            )

        kept, self._began = scores.keep(
            self.session, self._store, change, began=self._began, whole=[d.id for d in DIMENSIONS]
        )
        self._score = kept.of(self._began)
        return self._sheet()

    def summary(self) -> str:
        """What it came to, in a few lines."""
        return summary(self.session, self._score)

    def _sheet(self) -> Sheet:
        from unsaid.drills.rubric import DIMENSIONS, gate
        from unsaid.views.scoring import Row, Sheet

        marks = self._score.marks if self._score is not None else {}
        measured = self._measured()
        rows = tuple(
            Row(
                d.id,
                d.name,
                d.anchors,
                measured.get(d.id, ()),
                tuple((on, numbers[d.id]) for on, numbers in self._earlier if d.id in numbers),
                mark.number if (mark := marks.get(d.id)) else None,
                mark.why if mark else "",
            )
            for d in DIMENSIONS
        )
        numbers = {name: mark.number for name, mark in marks.items()}
        result = gate(numbers)
        return Sheet(
            self.session.id,
            self.session.kind or "",
            rows,
            result.words,
            result.ready,
            result.average,
            tuple(_train(numbers)) if all(row.number is not None for row in rows) else (),
        )

    def _measured(self) -> dict[str, tuple[str, ...]]:
        """What was measured beside each dimension, anew where the audit or the review changed meanwhile."""
        found = _stamp(self.session)
        if found != self._read:
            self._lines, self._read = _measured(self.session, self._workspace), found
        return self._lines


def summary(session: Session, score: Score | None) -> str:
    """What a score came to, or how it is gone on with."""
    from unsaid.drills.rubric import DIMENSIONS, gate

    count = sum(1 for d in DIMENSIONS if score is not None and d.id in score.marks)
    if score is None or not count:
        return f"nothing was scored: unsaid score {session.id}"
    if count < len(DIMENSIONS):
        return f"{count} of {len(DIMENSIONS)} scored; to go on: unsaid score {session.id}"
    told = [f"{'then' if n else 'train next'}: {line}" for n, line in enumerate(_train(score.numbers))]
    return "\n".join([gate(score.numbers).words, *told])


def _train(numbers: dict[str, int]) -> list[str]:
    """What to train next, a line each."""
    from unsaid.drills.rubric import to_train

    return [f"{d.name}: {d.practise}" for d in to_train(numbers)[:2]]


def day(at: str) -> str:
    """A time of ISO 8601 as "12 Nov"; as it stands where it is none."""
    try:
        found = date.fromisoformat(at[:10])
    except ValueError:
        from unsaid.views.wording import visible

        return visible(at[:10])
    return f"{found.day} {found:%b}"


def _earlier(session: Session, store: Store, now_at: str) -> list[tuple[str, dict[str, int]]]:
    """Day and numbers of the last finished scores of prompts of the same kind, the oldest first."""
    from unsaid.sessions import record, scores

    found: list[tuple[str, dict[str, int]]] = []
    for folder in store.folders():
        if not (folder / scores.SCORE_NAME).is_file():
            continue
        try:
            if folder != session.folder and record.load(folder).kind != session.kind:
                continue
            kept = scores.load(folder)
        except UnsaidError:
            continue  # told where that session is looked at
        found += [
            (s.at, s.numbers)
            for s in kept.scores
            if s.finished and not (folder == session.folder and s.at == now_at)
        ]
    found.sort(key=lambda f: f[0])
    return [(day(at), numbers) for at, numbers in found[-EARLIER:]]


def _stamp(session: Session) -> tuple[int, ...]:
    """Changes when the audit is written anew, or something is said of its flags."""
    from unsaid.sessions.review import REVIEW_NAME

    return tuple(
        found
        for path in (session.audit, session.folder / REVIEW_NAME)
        if path.is_file()
        for found in (path.stat().st_mtime_ns, path.stat().st_size)
    )


def _measured(session: Session, workspace: Path) -> dict[str, tuple[str, ...]]:
    """What was measured beside each dimension. Raises UnsaidError where there is no audit."""
    from unsaid import pipeline
    from unsaid.drills import bank, recovery, rubric

    audit = pipeline.load_audit(session)
    card = None
    if session.prompt is not None and session.prompt.id:
        # A prompt that is gone, or was somebody else's, takes only its minutes along.
        with suppress(UnsaidError):
            card = bank.find(session.prompt.id, workspace)
    heard = pipeline.listen(session, audit, card=card)
    after = recovery.recovery(audit, 0.0, card.fault, session.kind) if card and card.fault else None
    return rubric.measured(
        audit,
        given_minutes=card.minutes if card is not None else None,
        parts_s=[(p.name, p.end_s - p.start_s) for p in heard.parts if p.timed],
        signals={h.signal.id: h.level for h in heard.signals},
        apologies=len(after.apologies) if after is not None else None,
        freezes=len(after.freezes) if after is not None else None,
    )
