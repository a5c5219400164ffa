"""U: doubt is voiced, and nothing limits it."""

from __future__ import annotations

from collections.abc import Iterator

from unsaid.language.acts import Read, content
from unsaid.language.cues import Cue, is_number
from unsaid.language.weigh import SILENT_S, Ground, Support
from unsaid.rules.base import BLANK, Finding, Rule, shown

_NO_BOUND = "no number, condition, check, fallback or working assumption in the sentence, the one before or the two after"


def _outside(read: Read, kind: str, cue: Cue) -> float:
    """The strongest phrase of a kind that does not overlap `cue`."""
    return max((c.weight for c in read.cues.get(kind, ()) if c.start >= cue.end or c.end <= cue.start), default=0.0)


def _bounded(ground: Ground, index: int, cue: Cue) -> Support | None:
    """What limits the doubt voiced in `cue`."""
    read = ground.reads[index]
    for j in (index, index + 1, index + 2, index - 1):
        other = ground.answer.get(j)
        if other is None or (j < index and not other.content & read.content):
            continue
        if j > index and any(ground.reads[k].pause_s >= SILENT_S and not (ground.reads[k].content & read.content) for k in range(index + 1, j + 1)):
            continue
        for kind in ("bound", "check", "assumption"):
            hit = next(
                (c for c in other.cues.get(kind, ()) if j != index or c.start >= cue.end or c.end <= cue.start), None
            )
            if hit is not None:
                return Support(hit.weight, j, other.cue_quote(hit))
    return None


def _bare_hedge(ground: Ground) -> Iterator[Finding]:
    for read in ground.reads:
        cue = read.best("hedge")
        if cue is None or read.question:
            continue
        score = {1.0: 0.7, 0.6: 0.3, 0.3: 0.15}.get(cue.weight, 0.0)
        hedges = len(read.cues["hedge"])
        score += 0.1 * min(2, hedges - 1)
        tagged = cue.end >= len(read.tokens) - 1 and cue.start > 2
        if read.verbless or (tagged and read.size <= 4):
            score -= 0.3
        near = _bounded(ground, read.index, cue)
        if near is not None:
            score -= 0.45 if near.where in (read.index, read.index + 1) else 0.3
        if any(is_number(w) for w in read.words):
            score -= 0.25
        if read.weight("discourse") >= 1:
            score -= 0.4
        own, _ = ground.supports[read.index]
        if own >= 0.45:
            score -= 0.25
        d = ground.decisions[read.index]
        if d is not None and cue.weight < 1:
            score -= 0.2
        if read.size < 3 or read.code:
            score -= 0.2
        if score < 0.2:
            continue
        quote = read.cue_quote(cue)
        yield Finding(
            read.index,
            quote,
            f"{shown(quote)} carries a claim, and nothing says how sure, within what, or how you would find out.",
            (f"doubt: {shown(quote)}", _NO_BOUND),
            f"I expect {BLANK}, between {BLANK} and {BLANK}; I'd check it by {BLANK}, and if it fails I'd {BLANK}.",
            score,
        )


def _open_dependence(ground: Ground) -> Iterator[Finding]:
    for read in ground.reads:
        cue = read.best("depends")
        if cue is None or read.question:
            continue
        score = 0.65 * cue.weight
        after = [r for r in ground.answer.around(read.index, before=0, after=2)]
        if _outside(read, "bound", cue) >= 1 or _outside(read, "assumption", cue) >= 1:
            score -= 0.4
        if any(r.words and ("if" in r.words or r.weight("bound") >= 1) for r in after):
            score -= 0.35
        if ground.supports[read.index][0] >= 0.9:
            score -= 0.2
        if score < 0.2:
            continue
        quote = read.cue_quote(cue)
        yield Finding(
            read.index,
            quote,
            f"{shown(quote)}, and neither on what nor which way it goes is heard.",
            (f"left open: {shown(quote)}", "no condition in the sentence or the two after"),
            f"It depends on {BLANK}: if {BLANK} I'd {BLANK}, otherwise {BLANK}; here I take {BLANK}.",
            score,
        )


def _dangling_unknown(ground: Ground) -> Iterator[Finding]:
    for read in ground.reads:
        cue = read.best("unknown")
        if cue is None or read.question:
            continue
        score = 0.65 * cue.weight
        near = _bounded(ground, read.index, cue)
        if near is not None and near.where >= read.index:
            score -= 0.45
        elif near is not None:
            score -= 0.15
        later = ground.answer.around(read.index, before=0, after=2)
        if any(r.weight("unknown") >= 1 or r.weight("deferral") >= 1 for r in later):
            score -= 0.2
        following = read.words[cue.end : cue.end + 2]
        if any(is_number(w) for w in following) or (following and following[0] in ("but", "so")):
            score -= 0.3
        if ground.supports[read.index][0] >= 0.9:
            score -= 0.15
        if score < 0.2:
            continue
        quote = read.cue_quote(cue)
        yield Finding(
            read.index,
            quote,
            f"{shown(quote)} is left hanging: no way to find out, and nothing assumed in the meantime.",
            (f"unknown: {shown(quote)}", _NO_BOUND),
            f"I don't know {BLANK}; I'd find out by {BLANK}, and until then I assume {BLANK}.",
            score,
        )


def _vague_magnitude(ground: Ground) -> Iterator[Finding]:
    for read in ground.reads:
        cue = read.best("magnitude")
        if cue is None or read.question:
            continue
        score = 0.65 * cue.weight
        if any(is_number(w) for r in (read, *ground.answer.around(read.index, 1, 1)) for w in r.words):
            score -= 0.3
        if read.weight("bound") >= 1:
            score -= 0.3
        if score < 0.2:
            continue
        quote = read.cue_quote(cue)
        yield Finding(
            read.index,
            quote,
            f"How much is {shown(quote)}? The point turns on the number, and there is none.",
            (f"magnitude without a number: {shown(quote)}", "no figure in the sentence or next to it"),
            f"From {BLANK} to {BLANK}, measured by {BLANK}.",
            score,
        )


def _deferred_and_dropped(ground: Ground) -> Iterator[Finding]:
    counts = {k: len(v) for k, v in ground.answer.places.items()}
    for read in ground.reads:
        cue = read.best("deferral")
        if cue is None or read.question:
            continue
        topic = content(w for i, w in enumerate(read.words) if not cue.start <= i < cue.end) | content(
            read.words[cue.start : cue.end]
        ) - _DEFERRING
        topic -= _DEFERRING
        if not topic:
            before = ground.answer.get(read.index - 1)
            topic = before.content if before is not None else frozenset()
        core = frozenset(t for t in topic if counts.get(t, 0) <= _COMMON)
        back = ground.picked_up(read.index, core) if core else None
        score = 0.7 * cue.weight
        if back is not None:
            score -= 0.5
        if score < 0.2:
            continue
        quote = read.cue_quote(cue)
        yield Finding(
            read.index,
            quote,
            f"{shown(quote)}: it is put off here, and the answer never comes back to it.",
            (f"put off: {shown(quote)}", f"not taken up again: {', '.join(sorted(core)) or 'it'}"),
            f"I'm leaving {BLANK} for now because {BLANK}; my first guess would be {BLANK}.",
            score,
        )


_COMMON = 8
"""A word that stands in more sentences than this names no topic of its own."""
_DEFERRING = content("later come back park pin remind hold thought story leave bit minute moment sec promised now todo revisit figure work sort circle another different".split())

BARE_HEDGE = Rule("U1", "bare-hedge", "warning", "", "", (), (), (), "", (), _bare_hedge)
OPEN_DEPENDENCE = Rule("U2", "open-dependence", "warning", "", "", (), (), (), "", (), _open_dependence)
DANGLING_UNKNOWN = Rule("U3", "dangling-unknown", "warning", "", "", (), (), (), "", (), _dangling_unknown)
VAGUE_MAGNITUDE = Rule("U4", "vague-magnitude", "warning", "", "", (), (), (), "", (), _vague_magnitude)
DEFERRED_AND_DROPPED = Rule("U5", "deferred-and-dropped", "warning", "", "", (), (), (), "", (), _deferred_and_dropped)
