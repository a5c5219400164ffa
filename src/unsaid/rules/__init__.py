"""The rules, listed literally; one family a file. How to add one: docs/architecture.md."""

from __future__ import annotations

from collections.abc import Sequence

from unsaid.errors import UnsaidError
from unsaid.model import CONDUCT_FAMILY, FAMILY_LETTERS
from unsaid.rules import missing_assumption, silent_decision, unbounded_uncertainty
from unsaid.rules.base import Example, Finding, Rule
from unsaid.rules.evidence import (
    ABRUPT_ENDING,
    APOLOGY_LOOP,
    BLAME,
    CLAIM_WITHOUT_EVIDENCE,
    COMPONENT_DUMP,
    NO_OUTCOME,
    ONE_SIDED,
    TRADE_OFF_WITHOUT_REVERSAL,
)
from unsaid.rules.judged import Sketch
from unsaid.rules.missing_assumption import (
    ASSUMED_PROPERTY,
    INVENTED_REQUIREMENT,
    SOLUTION_BEFORE_FRAMING,
    TAKEN_FOR_GRANTED,
    UNSTATED_QUANTITY,
)
from unsaid.rules.silent_decision import (
    DECIDED_IN_SILENCE,
    UNEXPLAINED_CHOICE,
    UNEXPLAINED_EXCLUSION,
    UNEXPLAINED_REVERSAL,
)
from unsaid.rules.unbounded_uncertainty import (
    BARE_HEDGE,
    DANGLING_UNKNOWN,
    DEFERRED_AND_DROPPED,
    OPEN_DEPENDENCE,
    VAGUE_MAGNITUDE,
)

RULES: tuple[Rule, ...] = (
    UNEXPLAINED_CHOICE,
    DECIDED_IN_SILENCE,
    UNEXPLAINED_REVERSAL,
    UNEXPLAINED_EXCLUSION,
    SOLUTION_BEFORE_FRAMING,
    UNSTATED_QUANTITY,
    INVENTED_REQUIREMENT,
    ASSUMED_PROPERTY,
    TAKEN_FOR_GRANTED,
    BARE_HEDGE,
    OPEN_DEPENDENCE,
    DANGLING_UNKNOWN,
    VAGUE_MAGNITUDE,
    DEFERRED_AND_DROPPED,
)

CONDUCT: tuple[Rule, ...] = (
    CLAIM_WITHOUT_EVIDENCE,
    COMPONENT_DUMP,
    ABRUPT_ENDING,
    APOLOGY_LOOP,
    BLAME,
    NO_OUTCOME,
    ONE_SIDED,
    TRADE_OFF_WITHOUT_REVERSAL,
)
"""Evidence and conduct: what they find stands apart, and the learnt judgement knows nothing of them."""
EVERY: tuple[Rule, ...] = (*RULES, *CONDUCT)

SKETCHES: dict[str, dict[str, Sketch]] = {
    "D": silent_decision.SKETCHES,
    "A": missing_assumption.SKETCHES,
    "U": unbounded_uncertainty.SKETCHES,
}
"""By family and code, what the rules read by hand before the learnt judgement; tools/train.py fits on it."""

__all__ = ["CONDUCT", "EVERY", "RULES", "SKETCHES", "Example", "Finding", "Rule", "chosen", "find", "meant"]


def find(code_or_name: str) -> Rule:
    """The rule of a code ("D1", in any case) or a name ("unexplained-choice").

    Raises UnsaidError naming the rules that there are.
    """
    key = code_or_name.strip().lower()
    for rule in EVERY:
        if key in (rule.code.lower(), rule.name):
            return rule
    raise UnsaidError(f"there is no rule {code_or_name!r}", _known())


def chosen(
    select: Sequence[str] = (), ignore: Sequence[str] = (), among: Sequence[Rule] = RULES
) -> tuple[Rule, ...]:
    """The rules of `among` that `select` and `ignore` leave: code prefixes ("D", "D1"), rule or family names;
    all by default.

    Raises UnsaidError for a word that stands for no rule.
    """
    wanted = [r for r in among if not select or any(_meant(s, r) for s in _checked(select))]
    return tuple(r for r in wanted if not any(_meant(s, r) for s in _checked(ignore)))


def meant(word: str) -> tuple[Rule, ...]:
    """The rules that a word stands for: a code, a code's beginning, a rule's or a family's name.

    Raises UnsaidError, with the word that is nearest, where it stands for none.
    """
    found = tuple(r for r in EVERY if _meant(word, r))
    if not found:
        import difflib

        known = [
            *(r.code.lower() for r in EVERY),
            *(r.name for r in EVERY),
            *FAMILY_LETTERS.values(),
            CONDUCT_FAMILY,
        ]
        near = difflib.get_close_matches(word.strip().lower(), known, 1)
        hint = f"Did you mean '{near[0].upper() if len(near[0]) == 2 else near[0]}'?" if near else _known()
        raise UnsaidError(f"{word!r} stands for no rule", hint)
    return found


def _meant(word: str, rule: Rule) -> bool:
    key = word.strip().lower()
    return key in (rule.name, rule.family) or (bool(key) and rule.code.lower().startswith(key))


def _checked(words: Sequence[str]) -> Sequence[str]:
    for word in words:
        if not any(_meant(word, r) for r in EVERY):
            raise UnsaidError(f"{word!r} stands for no rule", _known())
    return words


def _known() -> str:
    families = ", ".join(
        f"{letter} ({name})" for letter, name in (*FAMILY_LETTERS.items(), ("E", CONDUCT_FAMILY))
    )
    rules = ", ".join(f"{r.code} {r.name}" for r in EVERY)
    return f"families: {families}; rules: {rules}"
