"""The review page: its markup, once; `review.js` keeps it up to date from the server's state.

All text goes through `visible` and Jinja's autoescape. Nothing stands inline that a content security policy
would have to allow: style and scripts are files of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from unsaid.model import Audit, Moment
from unsaid.views.html import parts
from unsaid.views.markup import mark
from unsaid.views.wording import FAMILY_TITLES, visible

if TYPE_CHECKING:
    from jinja2 import Environment

_MODULES = (
    "aloud.js",
    "card.js",
    "desk.js",
    "end.js",
    "hear.js",
    "here.js",
    "own.js",
    "review.js",
    "survey.js",
    "words.js",
)
ASSETS: dict[str, str] = {
    "parts.css": "text/css",
    "review.css": "text/css",
    "player.js": "text/javascript",
} | dict.fromkeys(_MODULES, "text/javascript")
"""What the page fetches besides itself: name to media type."""
_SHARED = {"parts.css", "player.js", "_parts.html.j2"}
"""Those that the report page has as well."""


def render(
    audit: Audit,
    moments: Sequence[Moment],
    *,
    title: str,
    state: Mapping[str, Any],
    peaks: Sequence[float] | None = None,
    audio: bool = True,
    reasons: Sequence[str] = (),
) -> str:
    """The whole page as text.

    state: what `/state` answers; the page draws the moments from it, and `moments` as marks in the
        transcript. peaks: as `views.html.render` takes them. audio: whether the recording is at `/answer`.
    reasons: why a moment may be dismissed.
    """
    flags = tuple(moment.flag for moment in moments if moment.flag is not None)
    marked = mark(replace(audit, flags=flags, more=(), dismissed=()))
    timed = marked.timed and audit.transcript.duration_s > 0
    # Its flags are drawn by the script, which moves them as they are judged.
    timeline = replace(parts.Timeline.of(marked, peaks), ticks=()) if timed else None
    return (
        _environment()
        .get_template("review.html.j2")
        .render(
            title=visible(title),
            audit=audit,
            marked=marked,
            timeline=timeline,
            audio_url="/answer" if audio else None,
            by_word=any(block.words for block in marked.sentences),
            language=parts.language(audit.transcript.language),
            families=FAMILY_TITLES,
            reasons=reasons,
            modules=_MODULES,
            data=parts.in_script(
                {
                    "duration": round(audit.transcript.duration_s, 3),
                    "timed": marked.timed,
                    "sentences": [block.sentence.index for block in marked.sentences],
                    "numbers": {visible(item.flag.id): item.number for item in marked.flags},
                    "families": FAMILY_TITLES,
                    "reasons": list(reasons),
                    "state": state,
                }
            ),
        )
    )


@lru_cache(maxsize=32)
def asset(name: str) -> str:
    """The text of one of `ASSETS`. Raises KeyError for anything else."""
    if name not in ASSETS:
        raise KeyError(name)
    return _load(name)


def _load(name: str) -> str:
    return parts.asset(name) if name in _SHARED else (files(__package__) / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return parts.environment(_load)
