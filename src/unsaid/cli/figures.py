"""What one session came to, read from its folder: a row of the progress over many."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    from unsaid.pipeline import Bar
    from unsaid.sessions.progress import Practice, Row
    from unsaid.sessions.record import Session

_BAR_FROM = 300
"""With fewer sessions to read anew it is over before a bar could be read."""


def practice(folder: Path) -> Practice:
    """All sessions of a folder; a bar on standard error where many have to be read anew."""
    from contextlib import ExitStack

    from unsaid.cli.output import Notes
    from unsaid.sessions import progress

    with ExitStack() as stack:
        bar: Bar | None = None

        def tell(done: int, total: int) -> None:
            nonlocal bar
            if total >= _BAR_FROM:
                bar = bar or stack.enter_context(Notes().progress("reading the sessions", total))
                bar.at(done)

        return progress.gather(folder, row, tell=tell)


def row(folder: Path) -> Row:
    """The row of the session in `folder`. Raises UnsaidError, naming the file, where one is damaged."""
    from unsaid.drills import rubric
    from unsaid.sessions import record, scores
    from unsaid.sessions.progress import Row

    session = record.load(folder)
    last = scores.load(folder).last
    numbers = last.numbers if last is not None else None
    gate = rubric.gate(numbers) if numbers else None
    return Row(
        id=session.id,
        at=session.created,
        minutes=session.duration_s / 60,
        prompt=session.prompt.id if session.prompt else None,
        kind=session.kind,
        drill=session.drill,
        score=numbers,
        average=gate.average if gate else None,
        ready=gate.ready if gate else None,
        **_audited(session),  # type: ignore[arg-type]
    )


def _audited(session: Session) -> dict[str, object]:
    """What the row says of the audit and its review; nothing without an audit."""
    from unsaid.formats import audit_json
    from unsaid.review.state import moments, shares
    from unsaid.sessions import review
    from unsaid.shortlist import put_aside

    try:
        text = session.audit.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UnsaidError(f"{session.audit} cannot be read: {error}") from error
    said = review.load(session.folder)
    audit = put_aside(audit_json.loads(text, name=str(session.audit)), said.dismissals)
    found = moments(audit, said)
    m = audit.measures
    timed = audit.transcript.timing != "none" and m.duration_s > 0
    verdicts = Counter("own" if x.flag is None else x.verdict for x in found)
    rewrites = [x.rewrite for x in found if x.rewrite is not None]
    return {
        "audited": True,
        "flags": dict(sorted(Counter(f.code[:1] for f in audit.flags).items())),
        "rules": dict(sorted(Counter(f.code for f in audit.flags).items())),
        "kept_rules": dict(
            sorted(
                Counter(
                    x.code
                    for x in found
                    if x.flag is not None and x.verdict == "kept" and x.flag.standing == "shown"
                ).items()
            )
        ),
        "decisions": m.decisions,
        "explained": m.decisions_explained,
        "doubts": m.doubts,
        "bounded": m.doubts_bounded,
        "assumptions": sum(1 for s in audit.sentences if s.does("assumption")),
        "first_framing_s": m.first_framing_s,
        "silence": m.silent_s / m.duration_s if timed else None,
        "longest_pause_s": m.longest_pause_s if timed else None,
        "pace": m.words_per_minute if timed else None,
        "verdicts": dict(sorted(verdicts.items())),
        "rewrites": len(rewrites),
        "passed": sum(1 for r in rewrites if r.passed),
        "shares": {s.letter: (s.total, s.before, s.after) for s in shares(audit, found)},
        "conduct": dict(sorted(Counter(f.code for f in audit.conduct).items())),
        "signals": _signals(text),
    }


def _signals(text: str) -> dict[str, str] | None:
    """The signals that an audit's JSON tells, where it does: an object of signal to level."""
    if '"signals"' not in text:
        return None
    given = json.loads(text).get("signals")
    if not isinstance(given, Mapping):
        return None
    return {str(name): how for name, how in given.items() if isinstance(how, str)} or None
