"""Sentences in unusual wordings, each in its surroundings: half of them were never learnt from."""

from __future__ import annotations

import tomllib
from pathlib import Path

from accuracy import in_context

from unsaid.audit import audit
from unsaid.rules import RULES

CONTEXTS = tomllib.loads((Path(__file__).parent / "contexts.toml").read_text(encoding="utf-8"))


def flagged(entry: dict, letter: str) -> bool:
    """Whether the family flags the sentence that the entry is about."""
    case, target = in_context(entry)
    line = case.transcript.segments[target]
    flags = audit(case.transcript, case.prompt, kind=case.kind).flags
    return any(f.code[0] == letter and line.start_s <= (f.start_s + f.end_s) / 2 <= line.end_s for f in flags)


def test_every_rule_has_unusual_wordings_of_both_sorts() -> None:
    assert set(CONTEXTS) == {r.code for r in RULES}
    assert all(len(t["caught"]) >= 20 and len(t["spared"]) >= 20 for t in CONTEXTS.values())
    assert all(e["why"] for t in CONTEXTS.values() for e in t["spared"])


def test_unusual_wordings_that_were_not_learnt_from() -> None:
    """Bounds a little below what was measured (docs/accuracy.md)."""
    caught = [flagged(e, code[0]) for code, t in CONTEXTS.items() for e in t["caught"][1::2]]
    spared = [flagged(e, code[0]) for code, t in CONTEXTS.items() for e in t["spared"][1::2]]
    assert sum(caught) >= 0.47 * len(caught)
    assert sum(spared) <= 0.32 * len(spared)
