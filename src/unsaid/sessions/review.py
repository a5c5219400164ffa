"""`review.json`: what the speaker says of an audit's flags: kept, put aside, marked herself, said anew.

What else the file holds (another version may keep more in it) is left as it is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from unsaid.errors import UnsaidError
from unsaid.model import FAMILY_LETTERS, Dismissal, Keep, OwnMark, Rewrite
from unsaid.sessions.files import read_json, write_whole

SCHEMA = 1
REVIEW_NAME = "review.json"


@dataclass(frozen=True, slots=True)
class Review:
    """What `review.json` says."""

    dismissals: tuple[Dismissal, ...] = ()
    """In the order in which they were made, as are the others."""
    kept: tuple[Keep, ...] = ()
    marks: tuple[OwnMark, ...] = ()
    rewrites: tuple[Rewrite, ...] = ()
    raw: Mapping[str, object] = field(default_factory=dict)
    """The file as it was read, so that what this version does not know is kept."""

    def dumps(self) -> str:
        """The text of `review.json`."""
        tables: dict[str, list[dict[str, object]]] = {
            "dismissed": [_key(d) | {"reason": d.reason, "at": d.at} for d in self.dismissals],
            "kept": [_key(k) | ({"family": k.letter} if k.letter else {}) | {"at": k.at} for k in self.kept],
            "marks": [_key(m) | {"family": m.letter, "at": m.at} for m in self.marks],
            "rewrites": [
                _key(r)
                | {"text": r.text, "missing": list(r.missing), "at": r.at}
                | ({"recording": r.recording} if r.recording else {})
                for r in self.rewrites
            ],
        }
        doc: dict[str, object] = {"schema": SCHEMA} | dict(self.raw)
        for name, rows in tables.items():
            if rows or name == "dismissed" or name in doc:
                doc[name] = [self._more(name, row) | row for row in rows]
        return json.dumps(doc, indent=2, ensure_ascii=False) + "\n"

    def _more(self, table: str, row: Mapping[str, object]) -> dict[str, object]:
        """What the file holds of a row that this version does not know."""
        known = self.raw.get(table)
        for old in known if isinstance(known, list) else []:
            if isinstance(old, dict) and all(old.get(key) == row[key] for key in ("code", "quote", "start")):
                return {k: v for k, v in old.items() if k not in _FIELDS}
        return {}


_FIELDS = frozenset(("code", "quote", "start", "reason", "at", "family", "text", "missing", "recording"))


def _key(said: Dismissal | Keep | OwnMark | Rewrite) -> dict[str, object]:
    return {"code": said.code, "quote": said.quote, "start": said.start_s}


def load(folder: Path) -> Review:
    """The review in a session's folder; an empty one where there is none.

    Raises UnsaidError, naming the file and what is wrong, for one that is damaged or newer.
    """
    path = folder / REVIEW_NAME
    hint = "Mend the file, or move it away: the flags that were dismissed are then shown again."
    try:
        raw = read_json(path, schema=SCHEMA, hint=hint)
    except FileNotFoundError:
        return Review()
    if not isinstance(raw, dict):
        raise UnsaidError(f"{path} is not a review: a table was expected", hint)
    tables: dict[str, list[_Row]] = {}
    for name in ("dismissed", "kept", "marks", "rewrites"):
        rows = raw.get(name, [])
        if not isinstance(rows, list):
            raise UnsaidError(f"{path}: '{name}' should be a list", hint)
        tables[name] = [_Row(row, f"{path}: {name}[{i}]", hint) for i, row in enumerate(rows)]
    return Review(
        tuple(Dismissal(*r.key(), r.text("reason"), r.text("at")) for r in tables["dismissed"]),
        tuple(Keep(*r.key(), r.family(empty=True), r.text("at")) for r in tables["kept"]),
        tuple(OwnMark(r.family(), *r.key()[1:], r.text("at")) for r in tables["marks"]),
        tuple(
            Rewrite(*r.key(), r.text("text"), r.texts("missing"), r.text("at"), r.file("recording"))
            for r in tables["rewrites"]
        ),
        raw,
    )


def save(folder: Path, review: Review) -> None:
    """Write the review, whole or not at all, readable by its owner alone. Raises UnsaidError."""
    write_whole(folder / REVIEW_NAME, review.dumps())


class _Row:
    """Typed access to one row; every error names its place."""

    def __init__(self, row: object, place: str, hint: str) -> None:
        if not isinstance(row, dict):
            raise UnsaidError(f"{place} should be a table", hint)
        self._row, self._place, self._hint = row, place, hint

    def text(self, key: str) -> str:
        value = self._row.get(key, "")
        if not isinstance(value, str) or (key == "code" and not value):
            raise UnsaidError(f"{self._place}.{key} should be a text", self._hint)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._row.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise UnsaidError(f"{self._place}.{key} should be a list of texts", self._hint)
        return tuple(value)

    def file(self, key: str) -> str:
        """The name of a file in the session's folder: never a way out of it."""
        value = self.text(key)
        if value != Path(value).name or "\\" in value or "\0" in value or value == "..":
            raise UnsaidError(f"{self._place}.{key} should be the name of a file beside it", self._hint)
        return value

    def family(self, *, empty: bool = False) -> str:
        value = self.text("family")
        if value not in FAMILY_LETTERS and not (empty and not value):
            raise UnsaidError(f"{self._place}.family should be D, A or U", self._hint)
        return value

    def key(self) -> tuple[str, str, float]:
        """Code, quote and start."""
        start = self._row.get("start")
        if isinstance(start, bool) or not isinstance(start, int | float) or not math.isfinite(start):
            raise UnsaidError(f"{self._place}.start should be a number", self._hint)
        return self.text("code"), self.text("quote"), float(start)
