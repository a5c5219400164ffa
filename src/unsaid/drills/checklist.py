"""The checklist for the end of an answer, filled with what was heard. Pure.

Each line is a question, how far it can be answered with yes, the sentences that show it, and a word on it. A
line that does not belong to the kind of question is "not asked".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from unsaid.drills.evidence_replay import replay
from unsaid.drills.parts import Part, parts
from unsaid.drills.recovery import Recovery
from unsaid.drills.signals import Heard
from unsaid.language import acts
from unsaid.language.conduct import Conduct
from unsaid.language.cues import listed
from unsaid.language.weigh import Ground
from unsaid.model import Audit, Kind

Answered = Literal["yes", "partly", "no", "not asked"]
LineId = Literal[
    "clarified",
    "assumptions",
    "simple-start",
    "tests",
    "failures",
    "operation",
    "trade-offs",
    "story",
    "hints",
    "signals",
]

QUESTIONS: dict[LineId, str] = {
    "clarified": "Was the task clarified before it was solved?",
    "assumptions": "Were assumptions said, and what would reverse them?",
    "simple-start": "Was there a simple start, improved on purpose, with the reason?",
    "tests": "Was it tried out, edge cases too?",
    "failures": "Was it said what happens when something fails?",
    "operation": "Was operation thought of: watching, rollout, safety, cost?",
    "trade-offs": "Were the trade-offs that matter named, with what would change the choice?",
    "story": "Context, stakes, alternatives, action, impact, reflection: can all be heard?",
    "hints": "Were hints taken as information?",
    "signals": "Which signals are visible, which hidden?",
}
"""In the order in which they are asked."""
ASKED: dict[LineId, tuple[Kind, ...]] = {
    "clarified": ("coding", "design", "debugging"),
    "assumptions": ("coding", "design", "debugging"),
    "simple-start": ("coding", "design"),
    "tests": ("coding", "debugging"),
    "failures": ("design", "debugging"),
    "operation": ("design", "debugging"),
    "trade-offs": ("coding", "design"),
    "story": ("story",),
}
"""Where a line belongs; hints and signals are asked where there is something to go by."""


@dataclass(frozen=True, slots=True)
class Line:
    """One question of the checklist, answered."""

    id: LineId
    question: str
    answer: Answered
    sentences: tuple[int, ...]
    """The sentences that show it, in order; empty where nothing does."""
    words: str
    """What was heard, or what is missing, in plain words."""


@dataclass(frozen=True, slots=True)
class _Said:
    """An answer, heard."""

    audit: Audit
    heard: Conduct
    parts: tuple[Part, ...]


def checklist(
    audit: Audit,
    signals: Sequence[Heard] = (),
    recovery: Recovery | None = None,
    kind: Kind | None = None,
) -> tuple[Line, ...]:
    """The whole list, in order.

    `signals` is what `signals.heard` gave, `recovery` what `recovery.recovery` did where a hint or a fault
    was met; without them their lines are "not asked". `kind` goes before the prompt's.
    """
    answer = acts.understand(audit.sentences, audit.prompt, kind)
    said = _Said(audit, Conduct.on(Ground(answer)), parts(audit, kind))
    lines = [
        fill(said) if answer.kind is None or answer.kind in ASKED[name] else _not_asked(name)
        for name, fill in _FILL.items()
    ]
    return (*lines, _hints(recovery), _signals(signals))


def _not_asked(name: LineId) -> Line:
    return Line(name, QUESTIONS[name], "not asked", (), "This kind of question does not ask for it.")


def _line(name: LineId, answer: Answered, sentences: Iterable[int], words: str) -> Line:
    return Line(name, QUESTIONS[name], answer, tuple(sorted(set(sentences))), words)


def _where(heard: Conduct, test: Callable[[int], bool], within: Iterable[int] | None = None) -> list[int]:
    return [i for i in (range(len(heard.reads)) if within is None else within) if test(i)]


def _clarified(said: _Said) -> Line:
    heard = said.heard
    solving = next((p.first for p in said.parts if p.name == "solve"), len(heard.reads))

    def frames(i: int) -> bool:
        read = heard.reads[i]
        return (
            heard.reading(i, "marks") >= 0.5
            or read.weight("requirement") >= 1
            or read.weight("assumption") >= 1
        )

    before, after = (
        _where(heard, frames, range(solving)),
        _where(heard, frames, range(solving, len(heard.reads))),
    )
    if len(before) >= 2:
        return _line("clarified", "yes", before, "You asked, assumed or set limits before the first step.")
    if before:
        return _line("clarified", "partly", before, "Once, before the first step; more would have been open.")
    if after:
        return _line("clarified", "partly", after[:3], "Only after the solution had begun.")
    return _line("clarified", "no", (), "No question, assumption or limit is heard.")


def _assumptions(said: _Said) -> Line:
    heard = said.heard
    marked = _where(heard, lambda i: heard.reads[i].weight("assumption") >= 1)
    turns = [
        j
        for i in marked
        for j in range(i, min(len(heard.reads), i + 3))
        if heard.says(j, "turns") and _conditional(heard, j)
    ]
    if marked and turns:
        return _line(
            "assumptions", "yes", (*marked, *turns), "Assumptions are said, and what would turn them."
        )
    if marked:
        return _line("assumptions", "partly", marked, "Assumptions are said; what would reverse them is not.")
    return _line("assumptions", "no", (), "No assumption is marked as one.")


def _conditional(heard: Conduct, index: int) -> bool:
    return not _CONDITIONS.isdisjoint(heard.reads[index].words)


_CONDITIONS = frozenset(
    ("if", "unless", "once", "until", "otherwise", "when", "past", "beyond", "over", "above")
)


def _simple_start(said: _Said) -> Line:
    heard = said.heard
    first = _where(
        heard,
        lambda i: heard.says(i, "simple_start") or not listed("naive").isdisjoint(heard.reads[i].words),
        range(-(-2 * len(heard.reads) // 3)),
    )
    if not first:
        return _line("simple-start", "no", (), "No simple version is heard to start from.")
    later = _where(heard, lambda i: heard.says(i, "improves"), range(first[0], len(heard.reads)))
    why = [i for i in later if any(heard.accounts(j) for j in (i - 1, i, i + 1))]
    if why:
        return _line(
            "simple-start", "yes", (first[0], *why[:4]), "It starts simple and gets better for a reason."
        )
    if later:
        return _line("simple-start", "partly", (first[0], *later[:4]), "It gets better, and why is not said.")
    return _line("simple-start", "partly", first[:3], "It starts simple and stays there.")


def _tests(said: _Said) -> Line:
    heard = said.heard
    stretch = [p for p in said.parts if p.name == "test"]
    tried = [i for p in stretch for i in range(p.first, p.last + 1)]
    tried = tried or _where(
        heard, lambda i: heard.says(i, "part_test"), range(len(heard.reads) // 3, len(heard.reads))
    )
    edges = _where(heard, lambda i: heard.says(i, "edge_cases") and not heard.reads[i].code)
    if tried and (edges or heard.ground.answer.kind == "debugging"):
        return _line("tests", "yes", (*tried[:6], *edges[:4]), "It was tried out, odd cases too.")
    if tried:
        return _line("tests", "partly", tried[:6], "It was tried out; odd cases are not heard.")
    if edges:
        return _line("tests", "partly", edges[:4], "Odd cases are named; nothing was run through.")
    return _line("tests", "no", (), "Nothing was tried out.")


def _named(name: LineId, kind: str, yes: str, partly: str, no: str) -> Callable[[_Said], Line]:
    """A line that is answered by how often something is spoken of, with a choice or a reason beside it."""

    def fill(said: _Said) -> Line:
        heard = said.heard
        spoken = _where(heard, lambda i: heard.says(i, kind))
        meant = [i for i in spoken if heard.reading(i, "commits") >= 0.5 or heard.accounts(i)]
        if len(meant) >= 2:
            return _line(name, "yes", meant[:6], yes)
        return _line(name, "partly", spoken[:6], partly) if spoken else _line(name, "no", (), no)

    return fill


def _trade_offs(said: _Said) -> Line:
    heard = said.heard
    named = _where(
        heard,
        lambda i: (
            (heard.says(i, "tradeoff") and not heard.says(i, "no_tradeoff"))
            or (heard.reads[i].weight("price") >= 1 and heard.accounts(i))
        ),
    )
    weighed = _where(heard, lambda i: heard.reads[i].weight("alternative") >= 1 and heard.accounts(i))
    turns = [
        j
        for i in named
        for j in range(i, min(len(heard.reads), i + 4))
        if heard.says(j, "turns") and _conditional(heard, j)
    ]
    if named and turns:
        return _line(
            "trade-offs", "yes", (*named[:4], *turns[:4]), "Named, with what would change the choice."
        )
    if named:
        return _line("trade-offs", "partly", named[:4], "Named; what would change the choice is not said.")
    if weighed:
        return _line("trade-offs", "partly", weighed[:4], "Alternatives are weighed; no price is named.")
    return _line("trade-offs", "no", (), "No trade-off is named.")


def _story(said: _Said) -> Line:
    take = replay(said.audit)
    shown = [i for e in take.elements for i in e.sentences[:2] if e.audible != "no"]
    silent = [e.id for e in take.elements if e.audible == "no"]
    half = [e.id for e in take.elements if e.audible == "partly"]
    told = "; ".join(
        f"{label}: {', '.join(names)}"
        for label, names in (("not heard", silent), ("half heard", half))
        if names
    )
    if take.audible == len(take.elements):
        return _line("story", "yes", shown, "All six can be heard.")
    answer: Answered = "partly" if take.audible >= 2 else "no"
    return _line("story", answer, shown, f"{told.capitalize()}.")


_FILL: dict[LineId, Callable[[_Said], Line]] = {
    "clarified": _clarified,
    "assumptions": _assumptions,
    "simple-start": _simple_start,
    "tests": _tests,
    "failures": _named(
        "failures",
        "failure",
        "What fails and what then is said.",
        "Touched once, without what is done about it.",
        "Nothing fails in this answer.",
    ),
    "operation": _named(
        "operation",
        "operation",
        "Watching, rollout, safety or cost are decided or accounted for.",
        "Touched, without a decision or a reason.",
        "Nothing on how it is run.",
    ),
    "trade-offs": _trade_offs,
    "story": _story,
}


def _hints(recovery: Recovery | None) -> Line:
    if recovery is None:
        return Line("hints", QUESTIONS["hints"], "not asked", (), "No hint was given.")
    shown = (*recovery.acknowledged, *recovery.revised, *recovery.defended, *recovery.blamed)
    answers: dict[str, Answered] = {"recovered": "yes", "thread lost": "partly", "apology loop": "partly"}
    return _line("hints", answers.get(recovery.verdict, "no"), shown, recovery.words)


def _signals(signals: Sequence[Heard]) -> Line:
    asked = [h for h in signals if h.level != "not-asked"]
    if not asked:
        return Line("signals", QUESTIONS["signals"], "not asked", (), "Nobody listened for signals.")
    by_level = {
        level: [h.signal.title for h in asked if h.level == level]
        for level in ("visible", "partly", "hidden")
    }
    told = "; ".join(f"{level}: {', '.join(names)}" for level, names in by_level.items() if names)
    shown = (s.sentence for h in asked for s in h.evidence[:2])
    answer: Answered = (
        "yes"
        if len(by_level["visible"]) == len(asked)
        else "no"
        if len(by_level["hidden"]) == len(asked)
        else "partly"
    )
    return _line("signals", answer, shown, f"{told.capitalize()}.")
