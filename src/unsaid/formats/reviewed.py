"""What was said of an audit's moments, as the writers need it: words for labels, rows for JSON."""

from __future__ import annotations

from unsaid.formats.source import one_line
from unsaid.model import FAMILY_LETTERS, OWN, Flag, Moment, Outcome, Share

SCHEMA = 1
"""Version of the `review` in an audit's JSON."""


def to_json(outcome: Outcome) -> dict[str, object]:
    """The `review` of an audit's JSON."""
    return {
        "schema": SCHEMA,
        "moments": [moment_row(m) for m in outcome.moments],
        "shares": [share_row(s) for s in outcome.shares],
    }


def moment_row(m: Moment) -> dict[str, object]:
    """One moment as an object of JSON."""
    said = m.rewrite
    return {
        "id": m.id,
        "number": m.number if m.flag is not None else None,
        "code": m.code,
        "family": FAMILY_LETTERS[m.letter],
        "start": m.start_s,
        "end": m.end_s,
        "quote": m.quote,
        "sentence": m.sentence,
        "sentence_index": m.sentence_index,
        "verdict": m.verdict,
        "reason": m.reason or None,
        "rewrite": None
        if said is None
        else {
            "text": said.text,
            "passes": said.passed,
            "missing": list(said.missing),
            "at": said.at,
            "recording": said.recording or None,
        },
    }


def share_row(s: Share) -> dict[str, object]:
    """One share as an object of JSON."""
    return {"family": FAMILY_LETTERS[s.letter], "total": s.total, "before": s.before, "after": s.after}


def by_flag(outcome: Outcome | None) -> dict[Flag, Moment]:
    """Each flag with what was said of it."""
    found = outcome.moments if outcome is not None else ()
    return {m.flag: m for m in found if m.flag is not None}


def own_marks(outcome: Outcome | None) -> list[Moment]:
    """The speaker's own marks, in order of time."""
    return [m for m in outcome.moments if m.flag is None] if outcome is not None else []


def filed_under(m: Moment) -> str:
    """The family under which the speaker files a flag, where it is not the flag's own; else empty."""
    return FAMILY_LETTERS[m.letter] if m.flag is not None and m.letter != m.flag.code[0] else ""


def verdict_label(m: Moment) -> str:
    """`kept`, `kept as missing-assumption`, `dismissed, wrong words`; empty where nothing was said."""
    if m.verdict == "open":
        return ""
    more = f" as {filed_under(m)}" if filed_under(m) and m.verdict == "kept" else ""
    return m.verdict + more + (f", {m.reason}" if m.reason else "")


def now_label(m: Moment) -> str:
    """`now: …`, or `now (does not pass yet): …`; empty where the moment was not rewritten, or dismissed."""
    if m.rewrite is None or m.verdict == "dismissed":
        return ""
    return f"now{'' if m.rewrite.passed else ' (does not pass yet)'}: {one_line(m.rewrite.text)}"


def badge(m: Moment) -> str:
    """What names a moment in a label: the flag's code, or `own:D`."""
    return m.code if m.flag is not None else f"{OWN}:{m.letter}"
