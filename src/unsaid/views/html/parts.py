"""What the report page and the review page share: the timeline's picture, sentences cut into words, and the
machinery that turns a template into a page which no text can break out of.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from unsaid.views.markup import Marked, PauseMark, Run, SentenceMark, TimedWord
from unsaid.views.wording import (
    CONDUCT_TITLE,
    FAMILY_TITLES,
    clock,
    letter,
    passed_words,
    pause_words,
    plural,
    rule_words,
    standing_words,
    verdict_words,
    visible,
)

if TYPE_CHECKING:
    from jinja2 import Environment

WAVE_COLUMNS = 1000
"""Columns of the drawn waveform: finer than any screen shows it."""

_LETTER_WIDTH = 1.4
"""What a letter under the waveform takes, in percent of a wide screen's timeline."""


# The timeline


@dataclass(frozen=True, slots=True)
class Tick:
    """One flag on the timeline."""

    number: int
    letter: str
    x: float
    place: int
    """0, 1, 2 … among flags at one time: they stand side by side."""
    lettered: bool
    """False where its letter would lie on its neighbour's."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the timeline: speech or a pause."""

    x: float
    width: float
    is_long: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture over the whole recording; x and width in percent of its length."""

    columns: int
    path: str
    """The waveform's outline in a box of `columns` by 100; empty without peaks."""
    speech: tuple[Stretch, ...]
    pauses: tuple[Stretch, ...]
    ticks: tuple[Tick, ...]
    labels: tuple[tuple[float, str], ...]

    @classmethod
    def of(cls, marked: Marked, peaks: Sequence[float] | None) -> Timeline:
        """The picture of `marked`; `peaks` as `render` takes them."""
        duration_s = marked.audit.transcript.duration_s

        def stretch(start_s: float, length_s: float, is_long: bool = False, words: str = "") -> Stretch:
            x = min(max(start_s / duration_s, 0.0), 1.0) * 100
            return Stretch(round(x, 3), round(min(length_s / duration_s * 100, 100 - x), 3), is_long, words)

        columns = _columns(peaks) if peaks is not None else []
        ticks: list[Tick] = []
        free_from = 0.0
        for item in marked.flags:
            x = round(min(max(item.flag.start_s / duration_s, 0.0), 1.0) * 100, 3)
            place = ticks[-1].place + 1 if ticks and ticks[-1].x == x else 0
            lettered = ticks[-1].lettered if place else x >= free_from
            if lettered:
                free_from = x + _LETTER_WIDTH * (place + 1)
            ticks.append(Tick(item.number, item.letter, x, place, lettered))
        return cls(
            columns=len(columns),
            path=_outline(columns),
            speech=tuple(
                stretch(block.sentence.start_s, block.sentence.end_s - block.sentence.start_s)
                for block in marked.sentences
            ),
            pauses=tuple(
                stretch(pause.start_s, pause.duration_s, pause.is_long, pause_words(pause.duration_s))
                for pause in marked.pauses
            ),
            ticks=tuple(ticks),
            labels=tuple((round(at / duration_s * 100, 3), clock(at)) for at in _scale(duration_s)),
        )


def _columns(peaks: Sequence[float]) -> list[float]:
    """`peaks` as at most `WAVE_COLUMNS` heights from 0 to 1, each the loudest of its stretch."""
    heights = [abs(float(peak)) for peak in peaks]
    heights = [height if math.isfinite(height) else 0.0 for height in heights]
    count = min(len(heights), WAVE_COLUMNS)
    columns = [
        max(heights[at * len(heights) // count : (at + 1) * len(heights) // count]) for at in range(count)
    ]
    loudest = max(columns, default=0.0)
    return [column / loudest for column in columns] if loudest > 0 else columns


def _outline(columns: list[float]) -> str:
    """A closed path round the waveform, mirrored about the middle of a box 100 high."""
    if not columns:
        return ""
    # A line of its own where it is silent, so that the recording is seen to go on.
    half = [max(0.8, column * 48) for column in columns]
    upper = "".join(f"L{at}.5 {50 - height:.1f}" for at, height in enumerate(half))
    lower = "".join(f"L{at}.5 {50 + half[at]:.1f}" for at in range(len(half) - 1, -1, -1))
    return f"M0 50{upper}L{len(half)} 50{lower}Z"


def _scale(duration_s: float) -> list[float]:
    """Round times for the timeline's labels: four to eight of them, the ends left free."""
    for step_s in (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600):
        if duration_s / step_s <= 8:
            break
    else:
        step_s = 3600 * math.ceil(duration_s / 3600 / 8)
    return [float(at) for at in range(step_s, int(duration_s), step_s) if at < duration_s * 0.97]


def _pieces(block: SentenceMark) -> list[dict[str, Any]]:
    """A sentence for the template: runs, each cut into words with times and what stands between them."""
    owner = {id(word): _owner(word, block) for word in block.words}
    out: list[dict[str, Any]] = []
    for piece in block.pieces:
        if isinstance(piece, PauseMark):
            out.append({"pause": pause_words(piece.duration_s), "is_long": piece.is_long})
            continue
        parts: list[tuple[str, TimedWord | None]] = []
        at = piece.start
        for word in block.words:
            if word.end <= piece.start or word.start >= piece.end or owner[id(word)] is not piece:
                continue
            first, last = max(word.start, piece.start), min(word.end, piece.end)
            if at < first:
                parts.append((block.text[at:first], None))
            parts.append((block.text[first:last], word))
            at = last
        if at < piece.end:
            parts.append((block.text[at : piece.end], None))
        out.append(
            {
                "parts": [(visible(text), word) for text, word in parts],
                "letters": list(dict.fromkeys(item.letter for item in piece.flags)),
                "numbers": [item.number for item in piece.flags],
                "closes": piece.closes,
            }
        )
    return out


def _owner(word: TimedWord, block: SentenceMark) -> Run | None:
    """The run that holds most of `word`: the part in it is what can be clicked and is lit."""
    best: Run | None = None
    most = 0
    for piece in block.pieces:
        if isinstance(piece, Run):
            held = min(word.end, piece.end) - max(word.start, piece.start)
            if held > most:
                best, most = piece, held
    return best


def _blanks(text: str) -> list[tuple[str, bool]]:
    """A rewrite as stretches of text, the blanks told apart."""
    return [(part, part.startswith("__")) for part in re.split(r"(_{2,})", text) if part]


# Templates


def language(code: str | None) -> str | None:
    """A language code as HTML takes it, or None."""
    return code if code and re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", code) else None


def in_script(data: object) -> str:
    """JSON that no HTML parser can take for anything else, whatever it holds; safe within `<script>`."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return trusted(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def source_hash(text: str) -> str:
    """What a content security policy calls an inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def trusted(text: str) -> str:
    """Our own text, not to be escaped."""
    from markupsafe import Markup

    return Markup(text)


@lru_cache(maxsize=16)
def asset(name: str) -> str:
    """The text of a file of this folder."""
    return (files(__package__) / name).read_text(encoding="utf-8")


def environment(load: Callable[[str], str] = asset) -> Environment:
    """Jinja as all pages use it: everything escaped, nothing undefined, and the words of the views.

    load: from a template's name to its text.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    made = Environment(
        loader=FunctionLoader(load),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        visible=visible,
        clock=clock,
        rule_words=rule_words,
        pause_words=pause_words,
        blanks=_blanks,
        standing_words=standing_words,
        verdict_words=verdict_words,
        passed_words=passed_words,
    )
    made.globals.update(pieces=_pieces, plural=plural, letter=letter)
    made.globals.update(family_titles=FAMILY_TITLES, conduct_title=CONDUCT_TITLE)
    made.tests["pause"] = lambda block: isinstance(block, PauseMark)
    return made
