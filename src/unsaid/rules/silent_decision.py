"""D: a choice was made, and why is not audible."""

from __future__ import annotations

from collections.abc import Iterator

from unsaid.language.weigh import SILENT_S, Decision, Ground, Support
from unsaid.rules.base import Example, Finding, Rule


def _no_reason(near: Support | None) -> str:
    if near is None or near.strength < 0.3:
        return "no reason in the sentence, the one before or the two after"
    return f"the nearest thing to a reason is {near.quote!r}, and it does not carry the choice"


def _unexplained(ground: Ground, d: Decision) -> tuple[float, Support | None]:
    near = ground.reason(d.sentence)
    return d.strength * (1.0 - (near.strength if near else 0.0)), near


def _choice(ground: Ground) -> Iterator[Finding]:
    for d in ground.decisions:
        if d is None:
            continue
        read = ground.reads[d.sentence]
        if read.pause_s >= SILENT_S:
            continue
        score, near = _unexplained(ground, d)
        if score < 0.3:
            continue
        quote = read.quote(d.start, d.end)
        what = d.thing or quote
        yield Finding(
            d.sentence, quote, f"“{what}” is chosen, and why is not said.",
            (f"choice: {quote!r}", _no_reason(near)),
            f"I chose {what} over ___ because ___; I'd switch if ___.", score,
        )


def _silence(ground: Ground) -> Iterator[Finding]:
    for d in ground.decisions:
        if d is None:
            continue
        read = ground.reads[d.sentence]
        if read.pause_s < SILENT_S:
            continue
        score, near = _unexplained(ground, d)
        if score < 0.25:
            continue
        quote = read.quote(d.start, d.end)
        what = d.thing or quote
        yield Finding(
            d.sentence, quote, f"After {read.pause_s:.1f} s of silence comes “{what}”, and what was weighed is not said.",
            (f"pause of {read.pause_s:.1f} s before it", f"choice: {quote!r}", _no_reason(near)),
            f"I was weighing {what} against ___; {what} won because ___.", min(1.0, score + 0.1),
        )


def _nothing(ground: Ground) -> Iterator[Finding]:
    del ground
    yield from ()


UNEXPLAINED_CHOICE = Rule("D1", "unexplained-choice", "warning", "a choice is stated and no reason stands near it", "", (), (), (), "", (), _choice)
DECIDED_IN_SILENCE = Rule("D2", "decided-in-silence", "warning", "", "", (), (), (), "", (), _silence)
UNEXPLAINED_REVERSAL = Rule("D3", "unexplained-reversal", "warning", "", "", (), (), (), "", (), _nothing)
UNEXPLAINED_EXCLUSION = Rule("D4", "unexplained-exclusion", "warning", "", "", (), (), (), "", (), _nothing)
