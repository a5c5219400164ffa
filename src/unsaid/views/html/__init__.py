"""The marked-up transcript as one page: no outside request, works from a file, readable without JavaScript.

The page carries its own style and script, allowed by their hashes; its content security policy forbids all
else. Text goes through `visible`, which disarms it, and then through Jinja's autoescape.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from unsaid.model import Audit
from unsaid.views.markup import Marked, PauseMark, Run, SentenceMark, TimedWord, mark
from unsaid.views.wording import (
    CONDUCT_TITLE,
    FAMILY_TITLES,
    clock,
    family_counts,
    flags_line,
    left_out,
    letter,
    measure_rows,
    pause_words,
    plural,
    rule_words,
    standing_words,
    visible,
)

if TYPE_CHECKING:
    from jinja2 import Environment

WAVE_COLUMNS = 1000
"""Columns of the drawn waveform: finer than any screen shows it."""

_LETTER_WIDTH = 1.4
"""What a letter under the waveform takes, in percent of a wide screen's timeline."""

_MEDIA_SCHEMES = {"blob", "data", "file"}


def render(
    audit: Audit,
    *,
    title: str,
    audio_url: str | None = None,
    peaks: Sequence[float] | None = None,
) -> str:
    """The whole page as text.

    audio_url: where the page finds the recording: an address relative to the page (already percent-encoded),
        or one of the schemes file, data and blob. None where there is none: the page then has no player.
    peaks: loudness over the whole recording in equal steps, any number of them, in any unit (the page scales
        them to the loudest; signs are ignored). Without them the timeline shows where there was speech.
    Raises ValueError for an `audio_url` that would make the page ask another machine.
    """
    _check_address(audio_url)
    marked = mark(audit)
    environment = _environment()
    style = _asset("page.css")
    script = _asset("page.js")
    timeline = _Timeline.of(marked, peaks) if marked.timed and audit.transcript.duration_s > 0 else None
    return environment.get_template("page.html.j2").render(
        title=visible(title),
        audit=audit,
        marked=marked,
        timeline=timeline,
        audio_url=audio_url,
        by_word=any(block.words for block in marked.sentences),
        language=_language(audit.transcript.language),
        families=[
            {"letter": key, "title": text, "count": family_counts(audit)[key]}
            for key, text in FAMILY_TITLES.items()
        ],
        summary=flags_line(audit),
        left_out=left_out(audit),
        conduct_title=CONDUCT_TITLE,
        by_number={item.number: item for item in marked.flags},
        measures=measure_rows(audit),
        style=_trusted(style),
        script=_trusted(script),
        style_hash=_hash(style),
        script_hash=_hash(script),
        data=_trusted(_json(_data(marked))),
    )


# The page's parts


@dataclass(frozen=True, slots=True)
class _Tick:
    """One flag on the timeline."""

    number: int
    letter: str
    x: float
    place: int
    """0, 1, 2 … among flags at one time: they stand side by side."""
    lettered: bool
    """False where its letter would lie on its neighbour's."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    x: float
    width: float
    is_long: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class _Timeline:
    """The picture over the whole recording; x and width in percent of its length."""

    columns: int
    path: str
    """The waveform's outline in a box of `columns` by 100; empty without peaks."""
    speech: tuple[_Stretch, ...]
    pauses: tuple[_Stretch, ...]
    ticks: tuple[_Tick, ...]
    labels: tuple[tuple[float, str], ...]

    @classmethod
    def of(cls, marked: Marked, peaks: Sequence[float] | None) -> _Timeline:
        duration_s = marked.audit.transcript.duration_s

        def stretch(start_s: float, length_s: float, is_long: bool = False, words: str = "") -> _Stretch:
            x = min(max(start_s / duration_s, 0.0), 1.0) * 100
            return _Stretch(round(x, 3), round(min(length_s / duration_s * 100, 100 - x), 3), is_long, words)

        columns = _columns(peaks) if peaks is not None else []
        ticks: list[_Tick] = []
        free_from = 0.0
        for item in marked.flags:
            x = round(min(max(item.flag.start_s / duration_s, 0.0), 1.0) * 100, 3)
            place = ticks[-1].place + 1 if ticks and ticks[-1].x == x else 0
            lettered = ticks[-1].lettered if place else x >= free_from
            if lettered:
                free_from = x + _LETTER_WIDTH * (place + 1)
            ticks.append(_Tick(item.number, item.letter, x, place, lettered))
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


def _data(marked: Marked) -> dict[str, Any]:
    """What the script needs and the page does not say elsewhere."""
    return {
        "duration": round(marked.audit.transcript.duration_s, 3),
        "timed": marked.timed,
        "flags": [
            {
                "number": item.number,
                "family": item.letter,
                "start": round(item.flag.start_s, 3),
                "end": round(item.flag.end_s, 3),
                "said": visible(
                    f"Flag {item.number}{'' if place == item.number else f', {place}'} "
                    f"of {len(marked.flags)}: {item.flag.code}, {rule_words(item.flag.name)}"
                ),
            }
            for place, item in enumerate(marked.flags, 1)
        ],
    }


# Making and guarding it


def _check_address(audio_url: str | None) -> None:
    if audio_url is None:
        return
    start = audio_url[:200].strip().replace("\\", "/")
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", start)
    elsewhere = start.startswith("//") if scheme is None else scheme[1].lower() not in _MEDIA_SCHEMES
    if elsewhere:
        raise ValueError(f"the page may not fetch its recording from {start!r}")


def _language(code: str | None) -> str | None:
    return code if code and re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", code) else None


def _json(data: dict[str, Any]) -> str:
    """JSON that no HTML parser can take for anything else, whatever it holds."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def prepare() -> None:
    """Compile the page's template now rather than with the first page."""
    _environment().get_template("page.html.j2")


@lru_cache(maxsize=8)
def _asset(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _trusted(text: str) -> str:
    """Our own text, not to be escaped."""
    from markupsafe import Markup

    return Markup(text)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        visible=visible,
        clock=clock,
        rule_words=rule_words,
        pause_words=pause_words,
        blanks=_blanks,
        standing_words=standing_words,
    )
    environment.globals.update(pieces=_pieces, plural=plural, letter=letter)
    environment.tests["pause"] = lambda block: isinstance(block, PauseMark)
    return environment
