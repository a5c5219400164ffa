"""`review.json`: what the speaker says of an audit's flags. So far, which she put aside.

What else the file holds (another version may keep more in it) is left as it is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from unsaid.errors import UnsaidError
from unsaid.model import Dismissal
from unsaid.sessions.files import write_whole

SCHEMA = 1
REVIEW_NAME = "review.json"


@dataclass(frozen=True, slots=True)
class Review:
    """What `review.json` says."""

    dismissals: tuple[Dismissal, ...] = ()
    """In the order in which they were made."""
    raw: Mapping[str, object] = field(default_factory=dict)
    """The file as it was read, so that what this version does not know is kept."""

    def dumps(self) -> str:
        """The text of `review.json`."""
        extra: dict[tuple[object, object, object], dict[str, object]] = {}
        known = self.raw.get("dismissed")
        for row in known if isinstance(known, list) else []:
            if isinstance(row, dict):
                extra[row.get("code"), row.get("quote"), row.get("start")] = row
        rows = [
            extra.get((d.code, d.quote, d.start_s), {})
            | {"code": d.code, "quote": d.quote, "start": d.start_s, "reason": d.reason, "at": d.at}
            for d in self.dismissals
        ]
        doc = {"schema": SCHEMA} | dict(self.raw) | {"dismissed": rows}
        return json.dumps(doc, indent=2, ensure_ascii=False) + "\n"


def load(folder: Path) -> Review:
    """The review in a session's folder; an empty one where there is none.

    Raises UnsaidError, naming the file and what is wrong, for one that is damaged or newer.
    """
    path = folder / REVIEW_NAME
    hint = "Mend the file, or move it away: the flags that were dismissed are then shown again."
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Review()
    except json.JSONDecodeError as error:
        raise UnsaidError(f"{path}, line {error.lineno}: not valid JSON: {error.msg}", hint) from error
    except (OSError, ValueError, RecursionError) as error:
        raise UnsaidError(f"{path} cannot be read: {error}", hint) from error
    if not isinstance(raw, dict):
        raise UnsaidError(f"{path} is not a review: a table was expected", hint)
    schema = raw.get("schema", SCHEMA)
    if isinstance(schema, int) and schema > SCHEMA:
        raise UnsaidError(
            f"{path} was written by a newer version of unsaid (schema {schema}; this one knows {SCHEMA})",
            "Update unsaid; nothing was changed.",
        )
    rows = raw.get("dismissed", [])
    if not isinstance(rows, list):
        raise UnsaidError(f"{path}: 'dismissed' should be a list", hint)
    return Review(tuple(_dismissal(row, f"{path}: dismissed[{i}]", hint) for i, row in enumerate(rows)), raw)


def save(folder: Path, review: Review) -> None:
    """Write the review, whole or not at all, readable by its owner alone. Raises UnsaidError."""
    write_whole(folder / REVIEW_NAME, review.dumps())


def _dismissal(row: object, place: str, hint: str) -> Dismissal:
    if not isinstance(row, dict):
        raise UnsaidError(f"{place} should be a table", hint)
    texts = {key: row.get(key, "") for key in ("code", "quote", "reason", "at")}
    for key, value in texts.items():
        if not isinstance(value, str) or (key == "code" and not value):
            raise UnsaidError(f"{place}.{key} should be a text", hint)
    start = row.get("start")
    if isinstance(start, bool) or not isinstance(start, int | float) or not math.isfinite(start):
        raise UnsaidError(f"{place}.start should be a number", hint)
    return Dismissal(texts["code"], texts["quote"], float(start), texts["reason"], texts["at"])
