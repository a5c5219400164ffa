"""The pages' markup, once; their scripts keep them up to date from the server's state.

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
from unsaid.views.listened import Whole
from unsaid.views.markup import mark
from unsaid.views.wording import FAMILY_TITLES, visible

if TYPE_CHECKING:
    from jinja2 import Environment

_MODULES = (
    "aloud.js",
    "card.js",
    "course.js",
    "desk.js",
    "end.js",
    "hear.js",
    "here.js",
    "overall.js",
    "own.js",
    "review.js",
    "score.js",
    "survey.js",
    "typed.js",
    "wire.js",
    "words.js",
)
_SCORE_MODULES = ("score.js", "scored.js", "typed.js", "wire.js", "words.js")
_FORM_MODULES = ("course.js", "labelled.js", "typed.js", "wire.js", "words.js")
ASSETS: dict[str, str] = {
    "parts.css": "text/css",
    "review.css": "text/css",
    "sheets.css": "text/css",
    "player.js": "text/javascript",
} | dict.fromkeys((*_MODULES, *_SCORE_MODULES, *_FORM_MODULES), "text/javascript")
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
    command: str = "",
    scored: bool = False,
    drilled: bool = False,
) -> str:
    """The whole review page as text.

    state: what `/state` answers; the page draws the moments from it, and `moments` as marks in the
        transcript. peaks: as `views.html.render` takes them. audio: whether the recording is at `/answer`.
    reasons: why a moment may be dismissed. command: what starts the page again. scored: the self-score
        stands at the end. drilled: the review is part of a drill.
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
            scored=scored,
            drilled=drilled,
            data=parts.in_script(
                {
                    "duration": round(audit.transcript.duration_s, 3),
                    "timed": marked.timed,
                    "sentences": [block.sentence.index for block in marked.sentences],
                    "numbers": {visible(item.flag.id): item.number for item in marked.flags},
                    "families": FAMILY_TITLES,
                    "reasons": list(reasons),
                    "command": visible(command),
                    "drilled": drilled,
                    "state": state,
                }
            ),
        )
    )


def render_whole(whole: Whole, audit: Audit) -> str:
    """What was heard of the answer as a whole, for the panel of the review page."""
    drawn = _environment().get_template("_whole.html.j2")
    return drawn.render(whole=whole, conduct=audit.conduct, timed=audit.transcript.timing != "none")


def render_score(*, title: str, command: str, state: Mapping[str, Any]) -> str:
    """The page of a self-score as text. state: what `/score` answers; command: as `render` takes it."""
    data = {"score": state} | _plain(command)
    return _sheet("score.html.j2", title, _SCORE_MODULES, data)


def render_form(*, title: str, command: str, state: Mapping[str, Any], course: Mapping[str, Any]) -> str:
    """The page of the signal form as text. state: what `/form` answers; course: what `/course` does; command:
    as `render` takes it."""
    data = {"form": state, "course": course, "drilled": True} | _plain(command)
    return _sheet("labelled.html.j2", title, _FORM_MODULES, data)


def _plain(command: str) -> dict[str, Any]:
    """What the scripts of a page without a recording want to know of it."""
    return {"command": visible(command), "duration": 0, "timed": False, "sentences": []}


def _sheet(template: str, title: str, modules: Sequence[str], data: Mapping[str, Any]) -> str:
    drawn = _environment().get_template(template)
    return drawn.render(title=visible(title), modules=modules, data=parts.in_script(dict(data)))


@lru_cache(maxsize=64)
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
