"""Recovery practice: what an answer does with a solution that is known to be flawed. Pure.

A good one acknowledges the fault, says which assumption was too strong and how the model changes, and goes
on. What stands in the way is heard as well: apologies that repeat, long silences, defence, blame, and going
on as if nothing had happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from unsaid.language import acts
from unsaid.language.acts import Read, content
from unsaid.language.conduct import Conduct
from unsaid.language.cues import CONDUCT, listed, tokens
from unsaid.language.weigh import Ground
from unsaid.model import Audit, Kind, Span

Verdict = Literal[
    "recovered", "apology loop", "froze", "defended", "blamed", "pretended", "thread lost", "nothing said"
]
FREEZE_S = 4.0
"""A silence from here on is a freeze."""
FROZEN_S = 12.0
"""So much silence in freezes, with nothing revised, and the answer froze."""
LOOP = 3
"""So many apologies are a loop, whatever else is said."""

_WORDS: dict[Verdict, str] = {
    "recovered": "You said what was wrong, changed the model and went on.",
    "apology loop": "The apologies took the room of the revision: one is enough, then what changes.",
    "froze": "The silence was longer than the answer: say aloud what you see, even without a way out.",
    "defended": "The solution was defended instead of looked at: a fault is information, no threat.",
    "blamed": "Others were at fault, and what you would change was not heard.",
    "pretended": "Nothing that names the fault was heard: it sounds as if nothing had happened.",
    "thread lost": "The fault was named, and then the thread was lost: no changed model to go on with.",
    "nothing said": "Nothing was said.",
}


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was heard, each by the indices of its sentences."""

    verdict: Verdict
    words: str
    """The verdict in a sentence."""
    acknowledged: tuple[int, ...]
    """The fault is taken as one."""
    assumption: tuple[int, ...]
    """Which assumption was too strong."""
    revised: tuple[int, ...]
    """How the model changes."""
    forward: tuple[int, ...]
    """It goes on from there."""
    apologies: tuple[int, ...]
    defended: tuple[int, ...]
    blamed: tuple[int, ...]
    freezes: tuple[Span, ...]
    """Silences of `FREEZE_S` or more after the fault was met."""
    notes: tuple[str, ...]
    """What else is worth saying, a line each: what is missing, what came too often."""


def recovery(audit: Audit, met_s: float = 0.0, fault: str = "", kind: Kind | None = None) -> Recovery:
    """Hear how an answer recovers.

    `met_s` is the second at which the fault was met: what was said before does not count. `fault` says what
    is wrong, as the prompt's file has it: a sentence about the same things names it. `kind` goes before the
    prompt's.
    """
    answer = acts.understand(audit.sentences, audit.prompt, kind)
    heard = Conduct.on(Ground(answer))
    said = [r.index for r in answer.reads if r.sentence.end_s > met_s and r.tokens]
    matter = content([t.text for t in tokens(fault)])
    about = [i for i in said if _about(answer.reads[i], matter)]
    blamed = [i for i in said if heard.says(i, "blame", "rec_blames") and not answer.reads[i].question]
    defended = [i for i in said if i not in blamed and heard.says(i, "rec_defends")]
    sees = [i for i in said if i not in blamed and i not in defended and (i in about or _sees(heard, i))]
    since = sees[0] if sees else None
    assumption = [
        i
        for i in said
        if since is not None
        and i not in blamed
        and (heard.says(i, "rec_assumed", "rec_looks_back") or (i in about and i in sees))
    ]
    revised = [i for i in said if since is not None and i >= since and i not in blamed and _revises(heard, i)]
    if revised:
        # What stays as it was after a change is no defence of what was changed.
        defended = [i for i in defended if i < revised[0]]
    # What comes after the first change goes on from it.
    forward = [i for i in said if revised and i > revised[0] and _onward(heard, i)]
    apologies = [i for i in said for _ in range(_apologies(heard, i))]
    freezes = _freezes(audit, met_s)
    verdict = _verdict(
        said=len(said),
        sees=len(sees),
        revised=len(revised),
        forward=len(forward),
        apologies=len(apologies),
        silent_s=sum(f.duration_s for f in freezes),
        spoken_s=sum(audit.sentences[i].end_s - audit.sentences[i].start_s for i in said),
        last_defence=max(defended, default=-1),
        last_revision=max(revised, default=-1),
        defended=len(defended),
        blamed=len(blamed),
    )
    notes = []
    if verdict != "nothing said":
        if sees and not assumption:
            notes.append("Which assumption was too strong is not heard.")
        if sees and assumption and not revised:
            notes.append("How the model changes is not heard.")
        if revised and not forward:
            notes.append("Nothing goes on from the change.")
        if len(apologies) > 1:
            notes.append(f"{len(apologies)} apologies; one is enough.")
        if freezes:
            longest = max(f.duration_s for f in freezes)
            count = "one silence" if len(freezes) == 1 else f"{len(freezes)} silences"
            notes.append(f"{count.capitalize()} of {FREEZE_S:.0f} s or more, the longest {longest:.0f} s.")
        if defended and verdict != "defended":
            notes.append("At first it was defended.")
    return Recovery(
        verdict=verdict,
        words=_WORDS[verdict],
        acknowledged=tuple(sees),
        assumption=tuple(assumption),
        revised=tuple(revised),
        forward=tuple(forward),
        apologies=tuple(apologies),
        defended=tuple(defended),
        blamed=tuple(blamed),
        freezes=freezes,
        notes=tuple(notes),
    )


def _verdict(
    *,
    said: int,
    sees: int,
    revised: int,
    forward: int,
    apologies: int,
    silent_s: float,
    spoken_s: float,
    last_defence: int,
    last_revision: int,
    defended: int,
    blamed: int,
) -> Verdict:
    whole = sees > 0 and revised > 0 and forward > 0
    if not said:
        return "froze" if silent_s >= FREEZE_S else "nothing said"
    if apologies >= LOOP:
        return "apology loop"
    if silent_s >= max(FROZEN_S, spoken_s):
        return "froze"
    if whole and blamed <= 1 and last_revision > last_defence:
        return "recovered"
    if silent_s >= FROZEN_S and not (revised and forward):
        return "froze"
    if blamed >= max(1, defended) and blamed >= revised:
        return "blamed"
    if defended and (not sees or last_defence > last_revision):
        return "defended"
    if not sees:
        return "pretended"
    return "thread lost"


def _about(read: Read, matter: frozenset[str]) -> bool:
    """It speaks of what the fault is about."""
    shared = len(read.content & matter)
    return shared >= 2 or (shared == 1 and len(read.content) <= 2)


def _sees(heard: Conduct, index: int) -> bool:
    read = heard.reads[index]
    if heard.says(index, "rec_sees", "rec_looks_back") or (
        read.weight("correction") >= 1 and not read.question
    ):
        return True
    return not read.question and not listed("rec_bad", CONDUCT).isdisjoint(read.words)


def _revises(heard: Conduct, index: int) -> bool:
    """It commits to something else: by its words, or as the learnt readings have it."""
    read = heard.reads[index]
    if read.question or read.weight("unknown") >= 1:
        return False
    commits = heard.reading(index, "commits")
    if heard.says(index, "rec_looks_back"):
        return False
    return (
        (heard.says(index, "rec_revises") and commits >= 0.15)
        or commits >= 0.6
        or read.weight("reversal") >= 1
    )


def _onward(heard: Conduct, index: int) -> bool:
    read = heard.reads[index]
    return (
        heard.says(index, "rec_onward")
        or heard.reading(index, "commits") >= 0.5
        or heard.reading(index, "reasons") >= 0.5
        or read.figures >= 2
    )


def _apologies(heard: Conduct, index: int) -> int:
    """How many apologies of the speaker a sentence holds."""
    spared = heard.cues(index, "no_apology")
    count, end = 0, -1
    for cue in heard.cues(index, "apology"):
        if cue.start >= end and not any(s.start < cue.end and cue.start < s.end for s in spared):
            count, end = count + 1, cue.end
    return count


def _freezes(audit: Audit, met_s: float) -> tuple[Span, ...]:
    """The long silences after the fault was met, in order of time."""
    if audit.transcript.timing == "none":
        return ()
    found: list[Span] = []
    at_s = met_s
    for sentence in audit.sentences:
        if sentence.end_s <= met_s:
            continue
        start_s = max(met_s, sentence.start_s - sentence.pause_before_s)
        found.append(Span(start_s, max(start_s, sentence.start_s)))
        at_s = max(at_s, sentence.end_s)
    found.append(Span(at_s, max(at_s, audit.transcript.duration_s)))
    for pause in audit.transcript.pauses:
        # A silence within a sentence is one as well.
        start_s, end_s = max(met_s, pause.start_s), pause.end_s
        if end_s > start_s and not any(f.start_s <= start_s + 0.5 and end_s <= f.end_s + 0.5 for f in found):
            found.append(Span(start_s, end_s))
    return tuple(sorted((f for f in found if f.duration_s >= FREEZE_S), key=lambda f: f.start_s))
