"""D: a choice was made, and why is not audible."""

from __future__ import annotations

from collections.abc import Iterator

from unsaid.language.weigh import SILENT_S, Decision, Ground, Support
from unsaid.rules.base import BLANK, Finding, Rule, shown, thing_or


def _no_reason(near: Support | None) -> str:
    if near is None or near.strength < 0.25:
        return "no reason in the sentence, the one before or the two after"
    return f"nearest to a reason: {shown(near.quote)}, too little to carry the choice"


def _weighed(ground: Ground, d: Decision) -> tuple[float, list[str]]:
    """How likely it is that a listener has to guess why, and what says so."""
    read = ground.reads[d.sentence]
    near = ground.reason(d.sentence)
    circular = ground.circular(d.sentence)
    heard = near.strength if near else 0.0
    if near is not None and d.form == "answer" and near.where < d.sentence and heard < 0.9:
        # Before a question is answered stands what made one ask, seldom why the answer is what it is.
        heard *= 0.5
    score = d.strength * (1.0 - (heard if heard >= 0.35 else heard / 2))
    evidence = [f"{_FORMS[d.form]}: {shown(read.quote(d.start, d.end))}"]
    if circular is not None and score > 0.15:
        score = min(1.0, score + 0.15)
        evidence.append(f"{shown(circular.quote)} gives no cause: it would fit any choice")
    evidence.append(_no_reason(near))
    return score, evidence


_FORMS = {
    "choice": "choice",
    "shorthand": "choice without a verb",
    "answer": "answers an own question",
    "number": "a number is set",
    "story": "choice in the story",
}


def _unexplained_choice(ground: Ground) -> Iterator[Finding]:
    for d in ground.decisions:
        if d is None or ground.reads[d.sentence].pause_s >= SILENT_S:
            continue
        score, evidence = _weighed(ground, d)
        if score < 0.2:
            continue
        read = ground.reads[d.sentence]
        quote = read.quote(d.start, d.end)
        what = thing_or(d.thing, quote)
        if d.form == "number":
            message = f"The number in {shown(quote)} shapes what follows, and where it comes from is not said."
            rewrite = f"{quote[0].upper() + quote[1:]}, because {BLANK}; if {BLANK} changed I'd move it to {BLANK}."
        elif d.form == "answer":
            message = f"The question was put, and {shown(what)} answers it, but nothing says why not the other."
            rewrite = f"I take {what} over {BLANK}, because {BLANK}."
        else:
            message = f"{shown(what)} is chosen, and a listener has to guess why."
            rewrite = f"I chose {what} over {BLANK} because {BLANK}; I'd switch if {BLANK}."
        yield Finding(d.sentence, quote, message, tuple(evidence), rewrite, score)


def _decided_in_silence(ground: Ground) -> Iterator[Finding]:
    for d in ground.decisions:
        if d is None or ground.reads[d.sentence].pause_s < SILENT_S:
            continue
        score, evidence = _weighed(ground, d)
        if score < 0.2:
            continue
        read = ground.reads[d.sentence]
        quote = read.quote(d.start, d.end)
        what = thing_or(d.thing, quote)
        message = f"{read.pause_s:.0f} s of silence, then {shown(what)}: what was weighed in between was not heard."
        rewrite = f"I was weighing {what} against {BLANK}; {what} won because {BLANK}."
        evidence.insert(0, f"pause of {read.pause_s:.1f} s before it")
        yield Finding(d.sentence, quote, message, tuple(evidence), rewrite, min(1.0, score + 0.08))


def _unexplained_reversal(ground: Ground) -> Iterator[Finding]:
    for read in ground.reads:
        cue = read.best("reversal")
        if cue is None or read.question:
            continue
        near = ground.reason(read.index)
        wide = max((ground.supports[j][0] for j in range(max(0, read.index - 4), read.index)), default=0.0)
        problem = any(
            r.weight("correction") >= 1 for r in ground.answer.around(read.index, before=8, after=0)
        )
        decided = ground.decisions[read.index]
        base = 0.75 if decided is not None or read.has("thing") else 0.5
        score = base * cue.weight * (1.0 - max(near.strength if near else 0.0, 0.7 * wide, 0.6 if problem else 0.0))
        if read.code or score < 0.2:
            continue
        quote = read.cue_quote(cue)
        what = decided.thing if decided and decided.thing else ""
        yield Finding(
            read.index,
            quote,
            f"An earlier choice is dropped{f' for {shown(what)}' if what else ''}, and what was wrong with it is not said.",
            (f"turns back: {shown(quote)}", _no_reason(near)),
            f"I'm dropping {BLANK} because {BLANK}; {what or BLANK} fixes that by {BLANK}.",
            score,
        )


def _unexplained_exclusion(ground: Ground) -> Iterator[Finding]:
    for read in ground.reads:
        cue = read.best("exclusion")
        if cue is None or read.question or (read.words[cue.start] == "no" and not read.verbless):
            continue
        inside = [
            c
            for c in read.cues.get("reason", ())
            if (c.start >= cue.end or c.end <= cue.start) and not (c.start <= read.lead and read.words[c.start] == "so")
        ]
        own = max((c.weight for c in inside), default=0.0)
        near = ground.reason(read.index)
        outside = near.strength if near is not None and near.where != read.index else 0.0
        if outside < 0.85 and not (near is not None and near.where < read.index):
            outside *= 0.3
        score = 0.75 * cue.weight * (1.0 - max(own * 0.9, outside * 0.8))
        if read.weight("deferral") >= 1 or read.code:
            score -= 0.3
        if score < 0.2:
            continue
        quote = read.cue_quote(cue)
        yield Finding(
            read.index,
            quote,
            f"Something is left out ({shown(quote)}), and why it may be left out is not said.",
            (f"left out: {shown(quote)}", _no_reason(near if outside or own else None)),
            f"I'm leaving {BLANK} out because {BLANK}; if {BLANK} mattered I'd {BLANK}.",
            score,
        )


UNEXPLAINED_CHOICE = Rule("D1", "unexplained-choice", "warning", "", "", (), (), (), "", (), _unexplained_choice)
DECIDED_IN_SILENCE = Rule("D2", "decided-in-silence", "warning", "", "", (), (), (), "", (), _decided_in_silence)
UNEXPLAINED_REVERSAL = Rule("D3", "unexplained-reversal", "warning", "", "", (), (), (), "", (), _unexplained_reversal)
UNEXPLAINED_EXCLUSION = Rule("D4", "unexplained-exclusion", "warning", "", "", (), (), (), "", (), _unexplained_exclusion)
