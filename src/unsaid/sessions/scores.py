"""`score.json`: how the speaker scored her own answer, each time that she did.

What else the file holds (another version may keep more in it) is left as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from unsaid.errors import UnsaidError
from unsaid.sessions.files import read_json, write_whole
from unsaid.sessions.record import Session
from unsaid.sessions.store import Store

SCHEMA = 1
SCORE_NAME = "score.json"
LOWEST, HIGHEST = 1, 5
WAIT_S = 5.0
"""So long a number waits for what another window is writing; a run that takes longer is told of."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The number that one dimension got."""

    number: int
    """1 to 5."""
    why: str = ""
    """In the speaker's words, one line; empty where she gave none."""


@dataclass(frozen=True, slots=True)
class Score:
    """One self-score."""

    at: str
    """When it was begun, as local time in ISO 8601; by this it is known again."""
    marks: Mapping[str, Mark] = field(default_factory=dict)
    """Dimension to mark, in the order in which they were given."""
    finished: str = ""
    """When the last dimension got its number; empty while some are still to come."""

    @property
    def numbers(self) -> dict[str, int]:
        """Dimension to number."""
        return {name: mark.number for name, mark in self.marks.items()}


@dataclass(frozen=True, slots=True)
class Scores:
    """What `score.json` says."""

    scores: tuple[Score, ...] = ()
    """The oldest first."""
    raw: Mapping[str, object] = field(default_factory=dict)
    """The file as it was read, so that what this version does not know is kept."""

    @property
    def open(self) -> Score | None:
        """The newest one, where it is not finished: it is gone on with."""
        return self.scores[-1] if self.scores and not self.scores[-1].finished else None

    @property
    def last(self) -> Score | None:
        """The newest one that is finished."""
        return next((s for s in reversed(self.scores) if s.finished), None)

    def of(self, at: str) -> Score | None:
        """The score that was begun at that time."""
        return next((s for s in self.scores if s.at == at), None)

    def dumps(self) -> str:
        """The text of `score.json`."""
        doc: dict[str, object] = {"schema": SCHEMA} | dict(self.raw)
        before = {at: row for row in _rows(self.raw.get("scores")) if isinstance(at := row.get("at"), str)}
        doc["scores"] = [_row(score, before.get(score.at, {})) for score in self.scores]
        return json.dumps(doc, indent=2, ensure_ascii=False) + "\n"


def _rows(value: object) -> list[dict[str, object]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _row(score: Score, before: Mapping[str, object]) -> dict[str, object]:
    known = before.get("dimensions")
    old = known if isinstance(known, dict) else {}
    dimensions: dict[str, object] = {}
    for name, mark in score.marks.items():
        more = old.get(name)
        dimensions[name] = (more if isinstance(more, dict) else {}) | {"number": mark.number, "why": mark.why}
    return dict(before) | {"at": score.at, "finished": score.finished, "dimensions": dimensions}


def marked(scores: Scores, at: str, dimension: str, number: int, why: str = "") -> Scores:
    """`scores` with a number in the score that was begun `at`; that one is made where it is not there yet.

    Raises ValueError for a number that is not 1 to 5.
    """
    if not LOWEST <= number <= HIGHEST:
        raise ValueError(f"{number} is not from {LOWEST} to {HIGHEST}")
    old = scores.of(at) or Score(at)
    new = replace(old, marks={**old.marks, dimension: Mark(number, " ".join(why.split()))})
    return _with(scores, new)


def finished(scores: Scores, at: str, when: str) -> Scores:
    """`scores` with the score that was begun `at` finished; one that was finished before stays so."""
    old = scores.of(at)
    return scores if old is None or old.finished else _with(scores, replace(old, finished=when))


def _with(scores: Scores, new: Score) -> Scores:
    known = any(s.at == new.at for s in scores.scores)
    rest = tuple(new if s.at == new.at else s for s in scores.scores)
    return replace(scores, scores=rest if known else (*rest, new))


def begun(scores: Scores, began: str = "") -> str:
    """When the score to put numbers into was begun.

    It is the one of `began` where that is there, else the open one, which another window may have begun
    meanwhile, else one of `began`, else one that begins now.
    """
    if began and scores.of(began) is not None:
        return began
    if scores.open is not None:
        return scores.open.at
    if began:
        return began
    now = datetime.now().astimezone()
    at = now.isoformat(timespec="seconds")
    return at if scores.of(at) is None else now.isoformat(timespec="microseconds")


def keep(
    session: Session,
    store: Store,
    change: Callable[[Scores, str], Scores],
    *,
    began: str = "",
    whole: Collection[str],
) -> tuple[Scores, str]:
    """Change the score of `began` (as `begun` finds it), and keep it at once; the scores, and when it began.

    `change` gets what the file holds by now, whoever wrote it, and when the score was begun. A score in which
    all dimensions of `whole` have a number is finished. Raises InUse where another run is at work on the
    session for longer than `WAIT_S`, else UnsaidError; nothing is changed then.
    """
    with store.lock(session, wait_s=WAIT_S):
        old = load(session.folder)
        at = begun(old, began)
        new = change(old, at)
        mine = new.of(at)
        if mine is not None and all(name in mine.marks for name in whole):
            new = finished(new, at, datetime.now().astimezone().isoformat(timespec="seconds"))
        if new != old:
            save(session.folder, new)
        return new, at


def load(folder: Path) -> Scores:
    """The scores in a session's folder; none where there is no file.

    Raises UnsaidError, naming the file and what is wrong, for one that is damaged or newer.
    """
    path = folder / SCORE_NAME
    hint = "Mend the file, or move it away: the session then counts as not scored."
    try:
        raw = read_json(path, schema=SCHEMA, hint=hint)
    except FileNotFoundError:
        return Scores()
    if not isinstance(raw, dict):
        raise UnsaidError(f"{path} holds no scores: a table was expected", hint)
    rows = raw.get("scores", [])
    if not isinstance(rows, list):
        raise UnsaidError(f"{path}: 'scores' should be a list", hint)
    scores: list[Score] = []
    for i, row in enumerate(rows):
        score = _score(row, f"{path}: scores[{i}]", hint)
        if any(s.at == score.at for s in scores):
            raise UnsaidError(f"{path}: scores[{i}].at is there twice: {score.at}", hint)
        scores.append(score)
    return Scores(tuple(scores), raw)


def _score(row: object, place: str, hint: str) -> Score:
    if not isinstance(row, dict):
        raise UnsaidError(f"{place} should be a table", hint)
    at, done, given = row.get("at"), row.get("finished", ""), row.get("dimensions", {})
    if not isinstance(at, str) or not at:
        raise UnsaidError(f"{place}.at should be a time", hint)
    if not isinstance(done, str):
        raise UnsaidError(f"{place}.finished should be a time, or empty", hint)
    if not isinstance(given, dict):
        raise UnsaidError(f"{place}.dimensions should be a table", hint)
    marks = {}
    for name, mark in given.items():
        where = f"{place}.dimensions.{name}"
        if not isinstance(mark, dict):
            raise UnsaidError(f"{where} should be a table", hint)
        number, why = mark.get("number"), mark.get("why", "")
        if isinstance(number, bool) or not isinstance(number, int) or not LOWEST <= number <= HIGHEST:
            raise UnsaidError(f"{where}.number should be a whole number from {LOWEST} to {HIGHEST}", hint)
        if not isinstance(why, str):
            raise UnsaidError(f"{where}.why should be a text", hint)
        marks[name] = Mark(number, why)
    return Score(at, marks, done)


def save(folder: Path, scores: Scores) -> None:
    """Write the scores, whole or not at all, readable by their owner alone. Raises UnsaidError."""
    write_whole(folder / SCORE_NAME, scores.dumps())
