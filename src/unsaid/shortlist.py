"""Which flags are shown, in what order, and which the speaker put aside. Pure.

A person can take in about four flags a minute. What is shown is what the rules are sure of; where that is
too much, the most costly of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from unsaid.model import Audit, Dismissal, Flag, Severity, Standing

FLAGS_PER_MINUTE = 4.0
"""Of an answer of five minutes twenty flags are shown at most."""
LEAST_SHOWN = 12
"""A short answer may have so many, however short it is."""
SHIFT_S = 2.0
"""A dismissed flag is known again where its words moved by so much: another model hears them elsewhere."""
NO_REASON = "no reason given"
SAID_ELSEWHERE = "said elsewhere"
REASONS: tuple[str, ...] = (SAID_ELSEWHERE, "not a decision", "wrong words", "not worth it")
"""Why a flag may be put aside: the reason was said at another place; the words decide, assume or doubt
nothing; the words were not said so; true, and not worth a sentence."""

_GRAVITY: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}
_WORD = re.compile(r"\w+")


def limit(duration_s: float, per_minute: float = FLAGS_PER_MINUTE) -> int | None:
    """How many flags of an answer of this length are shown; None for no limit (`per_minute` 0)."""
    return None if per_minute <= 0 else max(LEAST_SHOWN, round(per_minute * duration_s / 60))


def by_cost(flags: Iterable[Flag]) -> list[Flag]:
    """The most costly first: by severity, then by confidence, then in order of time.

    Flags that were ranked keep their rank, so that a selection of them does not change places.
    """
    return sorted(
        flags,
        key=lambda f: (f.cost_rank, _GRAVITY[f.severity], -f.confidence, f.start_s, f.sentence_index, f.code),
    )


def by_time(flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """In order of time."""
    return tuple(sorted(flags, key=lambda f: (f.start_s, f.sentence_index, f.code)))


def shortlisted(audit: Audit, less_sure: Sequence[Flag] = (), per_minute: float = FLAGS_PER_MINUTE) -> Audit:
    """`audit`, whose flags are the sure ones, with its flags ranked, numbered and cut to what is shown.

    `less_sure` and what is over the limit go to `Audit.more`.
    """
    sure = by_time(audit.flags)
    most = limit(audit.measures.duration_s, per_minute)
    ranked = [*by_cost(sure), *by_cost(less_sure)]
    ranks = {id(flag): rank for rank, flag in enumerate(ranked, 1)}
    made: list[Flag] = []
    for number, flag in enumerate((*sure, *by_time(less_sure)), 1):
        rank = ranks[id(flag)]
        standing: Standing = "less-sure" if number > len(sure) else "shown"
        if standing == "shown" and most is not None and rank > most:
            standing = "less-costly"
        made.append(replace(flag, number=number, cost_rank=rank, standing=standing))
    return _divided(audit, made)


def with_all(audit: Audit) -> Audit:
    """`audit` with every flag among those shown; only the dismissed ones stay aside."""
    return _counted(replace(audit, flags=by_time((*audit.flags, *audit.more)), more=()))


def with_these(audit: Audit, flags: Iterable[Flag]) -> Audit:
    """`audit` with those of `flags` that it leaves out by default among those shown."""
    wanted = set(flags)
    more = tuple(f for f in audit.more if f in wanted)
    if not more:
        return audit
    left = tuple(f for f in audit.more if f not in wanted)
    return _counted(replace(audit, flags=by_time((*audit.flags, *more)), more=left))


class Named(Protocol):
    """What was said of a flag, and by what the flag is known again."""

    @property
    def code(self) -> str:
        """The rule's code."""

    @property
    def quote(self) -> str:
        """The words that gave rise to the flag."""

    @property
    def start_s(self) -> float:
        """Where the flagged sentence starts."""


Said = TypeVar("Said", bound=Named)


def put_aside(audit: Audit, dismissals: Sequence[Dismissal]) -> Audit:
    """`audit` with the flags that `dismissals` name put aside, and those that they no longer name put back.

    A dismissal names the nearest flag of the same rule on the same words within `SHIFT_S`; one flag each.
    Whatever else changed (message, confidence, the rest of the sentence) does not matter.
    """
    flags = [*audit.flags, *audit.more, *audit.dismissed]
    named = matched(flags, dismissals)
    return _divided(
        audit,
        [
            replace(flag, dismissed=(named[at].reason or NO_REASON) if at in named else "")
            for at, flag in enumerate(flags)
        ],
    )


def matched(flags: Sequence[Named], said: Sequence[Said]) -> dict[int, Said]:
    """Which of `flags` (by place) each thing `said` of one names; the nearest pairs first, each once."""
    by_key: dict[tuple[str, str], list[int]] = {}
    for at, flag in enumerate(flags):
        by_key.setdefault((flag.code, _words(flag.quote)), []).append(at)
    pairs = sorted(
        (shift_s, place, at)
        for place, one in enumerate(said)
        for at in by_key.get((one.code, _words(one.quote)), ())
        # Times are kept to the millisecond.
        if (shift_s := abs(flags[at].start_s - one.start_s)) <= SHIFT_S + 0.001
    )
    named: dict[int, Said] = {}
    used: set[int] = set()
    for _, place, at in pairs:
        if at not in named and place not in used:
            named[at] = said[place]
            used.add(place)
    return named


def _words(quote: str) -> str:
    """The quote as far as it is the same words: a model may write them with another mark or capital."""
    return " ".join(_WORD.findall(quote.casefold()))


def _divided(audit: Audit, flags: Sequence[Flag]) -> Audit:
    return _counted(
        replace(
            audit,
            flags=by_time(f for f in flags if not f.dismissed and f.standing == "shown"),
            more=by_time(f for f in flags if not f.dismissed and f.standing != "shown"),
            dismissed=by_time(f for f in flags if f.dismissed),
        )
    )


def _counted(audit: Audit) -> Audit:
    counts = {letter: sum(1 for f in audit.flags if f.code[0] == letter) for letter in "DAU"}
    return replace(audit, measures=replace(audit.measures, flags_by_family=counts))
