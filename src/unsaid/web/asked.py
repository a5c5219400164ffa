"""What the page asks for, read from the text that it sends: the right shape or a plain refusal. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from unsaid.errors import UnsaidError
from unsaid.model import FAMILY_LETTERS
from unsaid.shortlist import REASONS

LONGEST_TEXT = 2000
"""A rewrite of so many characters at most: nobody says more in one sentence."""
_WINDOW = re.compile(r"[A-Za-z0-9_-]{0,64}")
_DEEDS = ("keep", "dismiss", "reopen", "family", "mark", "rewrite", "undo")


class Wrong(UnsaidError):
    """The request is not what it should be."""


class Gone(UnsaidError):
    """There is no such thing, or no more."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do to the review."""

    do: str
    """keep, dismiss, reopen, family, mark, rewrite or undo."""
    moment: str = ""
    """The moment's id; of no meaning to `mark` and `undo`."""
    sentence: int = -1
    """To `mark`: the sentence's index."""
    letter: str = ""
    """To `family` and `mark`: D, A or U."""
    reason: str = ""
    """To `dismiss`: one of `REASONS`, or empty."""
    text: str = ""
    """To `rewrite`: what would be said; empty drops what was."""
    window: str = ""
    """Who asks, so that undo takes back her own."""


@dataclass(frozen=True, slots=True)
class Check:
    """A sentence to be judged in the place of a moment's."""

    moment: str
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A number of the self-score, the words of why, or both."""

    dimension: str
    number: int | None = None
    """1 to 5; None: as it is."""
    why: str | None = None
    """None: as it is."""


@dataclass(frozen=True, slots=True)
class Line:
    """What was typed under a signal."""

    signal: str
    text: str
    """Empty: left blank on purpose."""


def act(body: bytes) -> Act:
    """Read a request to change the review. Raises Wrong."""
    row = _table(body)
    do = _text(row, "do")
    if do not in _DEEDS:
        raise Wrong(f"'do' should be one of: {', '.join(_DEEDS)}")
    moment, letter, reason = _text(row, "moment"), _text(row, "letter"), _text(row, "reason")
    said, sentence = _said(row), _index(row)
    if do not in ("mark", "undo") and not moment:
        raise Wrong(f"'{do}' needs a moment")
    if letter and letter not in FAMILY_LETTERS:
        raise Wrong("'letter' should be D, A or U")
    if do in ("family", "mark") and not letter:
        raise Wrong(f"'{do}' needs a letter")
    if do == "mark" and sentence < 0:
        raise Wrong("'mark' needs a sentence")
    if reason and reason not in REASONS:
        raise Wrong(f"'reason' should be empty or one of: {', '.join(REASONS)}")
    return Act(do, moment, sentence, letter, reason, said, window(_text(row, "window")))


def check(body: bytes) -> Check:
    """Read a request to judge a sentence. Raises Wrong."""
    row = _table(body)
    moment = _text(row, "moment")
    if not moment:
        raise Wrong("'check' needs a moment")
    return Check(moment, _said(row))


def mark(body: bytes) -> Mark:
    """Read a number of the self-score. Raises Wrong."""
    row = _table(body)
    dimension = _text(row, "dimension")
    if not dimension:
        raise Wrong("'dimension' is missing")
    number = row.get("number")
    if number is not None and (
        isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= 5
    ):
        raise Wrong("'number' should be a whole number from 1 to 5")
    why = _said(row, "why") if row.get("why") is not None else None
    if number is None and why is None:
        raise Wrong("there is neither a 'number' nor a 'why'")
    return Mark(dimension, number, why)


def line(body: bytes) -> Line:
    """Read what was typed under a signal. Raises Wrong."""
    row = _table(body)
    signal = _text(row, "signal")
    if not signal or not isinstance(row.get("text"), str):
        raise Wrong("a 'signal' and a 'text' are needed")
    return Line(signal, _said(row))


def part(body: bytes) -> str:
    """Read to which part of a drill it goes on. Raises Wrong."""
    name = _text(_table(body), "part")
    if not name:
        raise Wrong("'part' is missing")
    return name


def nothing(body: bytes) -> None:
    """Read a request that says nothing more. Raises Wrong."""
    _table(body)


def window(name: str) -> str:
    """The name of a window as the page gave it. Raises Wrong."""
    if not _WINDOW.fullmatch(name):
        raise Wrong("'window' should be a word of at most 64 letters and digits")
    return name


def _table(body: bytes) -> Mapping[str, object]:
    try:
        row = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Wrong("the request is not JSON") from None
    if not isinstance(row, dict):
        raise Wrong("the request should be a table")
    return row


def _text(row: Mapping[str, object], key: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Wrong(f"'{key}' should be a text")
    return value


def _said(row: Mapping[str, object], key: str = "text") -> str:
    text = _text(row, key)
    if len(text) > LONGEST_TEXT:
        raise Wrong(f"'{key}' is too long: {LONGEST_TEXT} characters at most")
    # Half a surrogate pair can be written in JSON, and in no file.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _index(row: Mapping[str, object]) -> int:
    value = row.get("sentence")
    if value is None:
        return -1
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Wrong("'sentence' should be the index of a sentence")
    return value
