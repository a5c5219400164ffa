"""The self-score: six dimensions from 1 to 5, what was measured beside each, and the readiness gate. Pure.

The number is the speaker's own. Nothing here proposes one: what was measured is told as it was measured, and
whether that is a 2 or a 4 she knows better than any count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from unsaid.model import Audit, Sentence

LOWEST, HIGHEST = 1, 5
AVERAGE_WANTED = 4.0
LEAST_WANTED = 3
"""The readiness gate: the average is at least `AVERAGE_WANTED` and nothing is below `LEAST_WANTED`."""

_CLOSING = 3
"""So many sentences count as the end of an answer."""
_CLOSING_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class Dimension:
    """One side of an answer that the speaker scores."""

    id: str
    """By which it is kept and named on the command line."""
    name: str
    low: str
    """What a 1 is like."""
    middle: str
    """What a 3 is like."""
    high: str
    """What a 5 is like. 2 and 4 lie between."""
    practise: str
    """What to do about it."""

    @property
    def anchors(self) -> tuple[tuple[int, str], ...]:
        """The numbers that have words, with their words."""
        return ((LOWEST, self.low), ((LOWEST + HIGHEST) // 2, self.middle), (HIGHEST, self.high))


DIMENSIONS: tuple[Dimension, ...] = (
    Dimension(
        "framing",
        "framing",
        "The answer starts at once; what is asked is never settled.",
        "You ask about the obvious requirements, then start.",
        "Out of an open question you make goals, limits, assumptions and a plan, aloud.",
        "Before anything else say the goal, one limit, one assumption and the order of your work.",
    ),
    Dimension(
        "evidence",
        "evidence",
        "Claims: “it scales”, “I'm a strong owner”, and nothing stands behind them.",
        "Examples, without what came of them or what they cost.",
        "What you did, what else there was, what came of it, and what you think of it now.",
        "Give every claim one action, one alternative and one number (drill: evidence replay).",
    ),
    Dimension(
        "time-control",
        "time control",
        "The time is often up before the answer is.",
        "You get to the end; some parts are deep, others thin.",
        "You spend the time on purpose, and change course when you are behind.",
        "Give each part its minutes before you begin, and say aloud when you leave one.",
    ),
    Dimension(
        "signal-coverage",
        "signal coverage",
        "One strength is heard, and nothing else.",
        "The main signal of the round is heard.",
        "Several signals that matter for this round are heard.",
        "Before you answer, write one behaviour under each signal that the prompt asks for "
        "(drill: signal labelling).",
    ),
    Dimension(
        "recovery",
        "recovery",
        "After a slip or a hint you freeze, or defend what you said.",
        "You take the hint, and lose the thread over it.",
        "You correct yourself calmly and go on from there.",
        "Take a flawed solution, name the assumption that was too strong, and go on "
        "(drill: recovery practice).",
    ),
    Dimension(
        "reflection",
        "reflection",
        "The answer stops, and that is all.",
        "A lesson is named that would fit anything.",
        "You say what you do differently since.",
        "End every answer with one sentence: what you would change, or what you did change.",
    ),
)
"""In the order in which they are asked."""


def find(name: str) -> Dimension:
    """The dimension with this id or name, or the only one that begins so. Raises ValueError, in words."""
    wanted = "-".join(name.lower().replace("_", " ").replace("-", " ").split())
    exact = [d for d in DIMENSIONS if d.id == wanted]
    begins = exact or [d for d in DIMENSIONS if wanted and d.id.startswith(wanted)]
    if len(begins) == 1:
        return begins[0]
    fault = f"'{name}' is the beginning of several" if begins else f"there is no dimension '{name}'"
    raise ValueError(fault)


@dataclass(frozen=True, slots=True)
class Gate:
    """What the numbers come to."""

    ready: bool
    """All six are there, the average is high enough and none is too low."""
    average: float | None
    """None while some are missing."""
    words: str
    """The same told plainly, in one line."""


def gate(numbers: Mapping[str, int]) -> Gate:
    """The readiness gate for the numbers (1 to 5) by dimension id; others than the six are passed over.

    Raises ValueError for a number outside 1 to 5.
    """
    given = {d: numbers[d.id] for d in DIMENSIONS if d.id in numbers}
    for dimension, number in given.items():
        if not LOWEST <= number <= HIGHEST:
            raise ValueError(f"{dimension.name} is {number}; a score is from {LOWEST} to {HIGHEST}")
    missing = [d.name for d in DIMENSIONS if d not in given]
    if missing:
        are = "is" if len(missing) == 1 else "are"
        return Gate(False, None, f"not told yet: {_listed(missing)} {are} not scored")
    average = sum(given.values()) / len(given)
    low = [f"{d.name} is {n}" for d, n in given.items() if n < LEAST_WANTED]
    enough = average >= AVERAGE_WANTED
    if enough and not low:
        return Gate(True, average, f"ready: average {average:.1f}, nothing below {LEAST_WANTED}")
    told = f"average {average:.1f}" + ("" if enough else f", {AVERAGE_WANTED:.0f} is wanted")
    if low:
        told = f"{_listed(low)}{f', {LEAST_WANTED} is wanted' if enough else ''}; {told}"
    return Gate(False, average, f"not ready: {told}")


def to_train(numbers: Mapping[str, int]) -> tuple[Dimension, ...]:
    """The dimensions with the lowest number, in their order; () while none is scored, or all are 5.

    A strong side does not make up for a missing one, so the weakest is what to train next.
    """
    given = [(d, numbers[d.id]) for d in DIMENSIONS if d.id in numbers]
    lowest = min((n for _, n in given), default=HIGHEST)
    return tuple(d for d, n in given if n == lowest) if lowest < HIGHEST else ()


def measured(
    audit: Audit,
    *,
    given_minutes: float | None = None,
    parts_s: Sequence[tuple[str, float]] = (),
    signals: Mapping[str, str] | None = None,
    apologies: int | None = None,
    freezes: int | None = None,
) -> dict[str, tuple[str, ...]]:
    """What was measured beside each dimension (by id), in lines of words with figures; no judgement.

    given_minutes: the time that the prompt or the drill gives for the answer.
    parts_s: name and seconds of each part of the answer, where a clock ran for each.
    signals: each of the senior signals to how it was heard: visible, partly, hidden, not-asked.
    apologies, freezes: how often the speaker apologised, and fell silent for long after a slip.
    What is None or empty was not measured, and nothing is said of it.
    """
    lines = {
        "framing": _framing(audit),
        "evidence": _evidence(audit),
        "time-control": _time(audit, given_minutes, parts_s),
        "signal-coverage": _signals(signals),
        "recovery": _recovery(audit, apologies, freezes),
        "reflection": _reflection(audit),
    }
    return {name: (*told, *_noted(audit, _CONDUCT.get(name, ()))) for name, told in lines.items()}


_CONDUCT: Mapping[str, tuple[str, ...]] = {
    "evidence": ("E1", "E2", "E6", "E8"),
    "signal-coverage": ("E7",),
    "recovery": ("E4", "E5"),
    "reflection": ("E3",),
}
"""Which notes on evidence and conduct belong to a dimension."""


def _noted(audit: Audit, codes: Sequence[str]) -> tuple[str, ...]:
    counts = Counter(f.name.replace("-", " ") for f in audit.conduct if f.code in codes)
    return (f"noted: {', '.join(f'{name} {n}' for name, n in counts.items())}",) if counts else ()


def _framing(audit: Audit) -> tuple[str, ...]:
    at_s, length_s = audit.measures.first_framing_s, audit.measures.duration_s
    timed = audit.transcript.timing != "none"
    first = next((s for s in audit.sentences if s.does("question", "requirement", "assumption")), None)
    if timed and at_s is not None and length_s > 0:
        line = f"first question, requirement or assumption at {_clock(at_s)} of {_clock(length_s)}"
    elif not timed and first is not None:
        line = (
            f"first question, requirement or assumption in sentence {first.index + 1} "
            f"of {len(audit.sentences)}"
        )
    else:
        line = "no question, requirement or assumption was heard"
    flags = _flagged(audit, "A")
    return (
        line,
        f"assumptions stated: {_count(audit, 'assumption')}; questions asked: {_count(audit, 'question')}",
        f"flagged as missing assumptions: {flags}",
    )


def _evidence(audit: Audit) -> tuple[str, ...]:
    m = audit.measures
    flags = len(audit.flags)
    minutes = m.duration_s / 60
    timed = audit.transcript.timing != "none"
    rate = f", {flags / minutes:.1f} a minute" if timed and minutes > 0 else ""
    return (
        _part("decisions with an audible reason", m.decisions_explained, m.decisions),
        _part("doubts bounded", m.doubts_bounded, m.doubts),
        f"sentences that name an alternative: {_count(audit, 'alternative')}; "
        f"a figure: {_count(audit, 'quantity')}; what came of it: {_count(audit, 'outcome')}",
        f"flags: {flags}{rate}",
    )


def _time(audit: Audit, given_minutes: float | None, parts_s: Sequence[tuple[str, float]]) -> tuple[str, ...]:
    m = audit.measures
    lines: list[str] = []
    if audit.transcript.timing != "none":
        given = f", {given_minutes:g} min were given" if given_minutes else ""
        lines.append(f"length {_clock(m.duration_s)}{given}")
    else:
        lines.append(f"length: {m.words} words (a text has no times)")
    if parts_s:
        told = ", ".join(f"{name} {length_s / 60:.1f}" for name, length_s in parts_s)
        lines.append(f"minutes a part: {told}")
    if audit.transcript.timing != "none" and m.duration_s > 0:
        pace = f"; {m.words_per_minute:.0f} words a minute" if m.words_per_minute else ""
        lines.append(
            f"silent {m.silent_s / m.duration_s:.0%} of the time, "
            f"longest pause {m.longest_pause_s:.1f} s{pace}"
        )
    return tuple(lines)


def _signals(signals: Mapping[str, str] | None) -> tuple[str, ...]:
    if not signals:
        return ()
    lines = []
    for level in dict.fromkeys(("visible", "partly", "hidden", *sorted(signals.values()))):
        names = [name.replace("-", " ") for name, how in signals.items() if how == level]
        if names:
            lines.append(f"{level.replace('-', ' ')}: {', '.join(names)}")
    return tuple(lines)


def _recovery(audit: Audit, apologies: int | None, freezes: int | None) -> tuple[str, ...]:
    lines = [
        f"sentences that turn back or correct: {_count(audit, 'reversal', 'correction')}, "
        f"without a reason: {sum(1 for f in audit.flags if f.code == 'D3')}"
    ]
    if apologies is not None:
        lines.append(f"apologies: {apologies}")
    if freezes is not None:
        lines.append(f"long silences after a slip: {freezes}")
    if audit.transcript.timing != "none":
        lines.append(f"longest pause {audit.measures.longest_pause_s:.1f} s")
    return tuple(lines)


def _reflection(audit: Audit) -> tuple[str, ...]:
    closing = audit.sentences[-_CLOSING:]
    if not closing:
        return ()
    heard = [
        word
        for word, kinds in (("a summary", ("summary",)), ("a result", ("outcome",)), ("a check", ("check",)))
        if any(s.does(*kinds) for s in closing)
    ]
    return (
        f"the last words: “{_short(closing[-1])}”",
        f"in the last {_sentences(len(closing))}: {', '.join(heard) if heard else 'no summary or result'}",
    )


def _sentences(count: int) -> str:
    return "sentence" if count == 1 else f"{count} sentences"


def _short(sentence: Sentence) -> str:
    text = " ".join(sentence.text.split())
    return text if len(text) <= _CLOSING_CHARACTERS else f"…{text[-_CLOSING_CHARACTERS:]}"


def _count(audit: Audit, *kinds: str) -> int:
    return sum(1 for s in audit.sentences if s.does(*kinds))


def _flagged(audit: Audit, letter: str) -> int:
    return sum(1 for f in audit.flags if f.code[:1] == letter)


def _part(what: str, good: int, total: int) -> str:
    return f"{what}: {good} of {total}" if total else f"{what}: none was heard"


def _clock(time_s: float) -> str:
    minutes, seconds = divmod(int(max(time_s, 0.0)), 60)
    return f"{minutes}:{seconds:02}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)
