"""The marked-up transcript as one page: no outside request, works from a file, readable without JavaScript.

The page carries its own style and script, allowed by their hashes; its content security policy forbids all
else. Text goes through `visible`, which disarms it, and then through Jinja's autoescape. What it shares with
the review page (`unsaid.web`) lies in `parts`, `_parts.html.j2`, `parts.css` and `player.js`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from unsaid.model import Audit, Outcome
from unsaid.views.html import parts
from unsaid.views.listened import whole
from unsaid.views.markup import Marked, MarkedFlag, mark
from unsaid.views.wording import (
    FAMILY_TITLES,
    flags_line,
    left_out,
    measure_rows,
    review_line,
    rule_words,
    still_line,
    visible,
)

if TYPE_CHECKING:
    from jinja2 import Environment

    from unsaid.drills.listened import Listened

_MEDIA_SCHEMES = {"blob", "data", "file"}


def render(
    audit: Audit,
    *,
    title: str,
    audio_url: str | None = None,
    peaks: Sequence[float] | None = None,
    outcome: Outcome | None = None,
    listened: Listened | None = None,
) -> str:
    """The whole page as text, with what a review has come to, and what was heard of the answer as a whole.

    audio_url: where the page finds the recording: an address relative to the page (already percent-encoded),
        or one of the schemes file, data and blob. None where there is none: the page then has no player.
    peaks: loudness over the whole recording in equal steps, any number of them, in any unit (the page scales
        them to the loudest; signs are ignored). Without them the timeline shows where there was speech.
    Raises ValueError for an `audio_url` that would make the page ask another machine.
    """
    check_address(audio_url)
    marked = mark(audit, outcome)
    style = parts.asset("parts.css") + parts.asset("page.css")
    script = parts.asset("player.js") + parts.asset("page.js")
    timeline = parts.Timeline.of(marked, peaks) if marked.timed and audit.transcript.duration_s > 0 else None
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            title=visible(title),
            audit=audit,
            marked=marked,
            timeline=timeline,
            audio_url=audio_url,
            by_word=any(block.words for block in marked.sentences),
            language=parts.language(audit.transcript.language),
            families=[
                {"letter": key, "title": text, "count": sum(item.letter == key for item in marked.flags)}
                for key, text in FAMILY_TITLES.items()
            ],
            summary=flags_line(audit),
            left_out=left_out(audit),
            review=_review(marked),
            whole=whole(audit, listened),
            by_number={item.number: item for item in marked.flags},
            measures=measure_rows(audit, marked.shares),
            style=parts.trusted(style),
            script=parts.trusted(script),
            style_hash=parts.source_hash(style),
            script_hash=parts.source_hash(script),
            data=parts.in_script(_data(marked)),
        )
    )


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
                "said": visible(_told(item, place, len(marked.flags))),
            }
            for place, item in enumerate(marked.flags, 1)
        ],
    }


def _told(item: MarkedFlag, place: int, count: int) -> str:
    """What a screen reader says of a flag that the keys come to."""
    if item.own:
        return f"Your own mark, {place} of {count}: {FAMILY_TITLES[item.letter].lower()}"
    where = f"Flag {item.number}{'' if place == item.number else f', {place}'} of {count}"
    return f"{where}: {item.flag.code}, {rule_words(item.flag.name)}"


def _review(marked: Marked) -> tuple[str, ...]:
    """How far the review has come, a line each; none where there was none."""
    found = marked.outcome.moments if marked.outcome is not None else ()
    return (review_line(found), still_line(found)) if found else ()


def check_address(audio_url: str | None) -> None:
    """Raise ValueError where a page would ask another machine for its recording."""
    if audio_url is None:
        return
    start = audio_url[:200].strip().replace("\\", "/")
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", start)
    elsewhere = start.startswith("//") if scheme is None else scheme[1].lower() not in _MEDIA_SCHEMES
    if elsewhere:
        raise ValueError(f"the page may not fetch its recording from {start!r}")


def prepare() -> None:
    """Compile the page's template now rather than with the first page."""
    environment().get_template("page.html.j2")


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Jinja with the templates of this folder, made once."""
    return parts.environment()
