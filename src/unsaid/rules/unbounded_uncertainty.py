"""U: doubt is voiced, and nothing limits it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator

from unsaid.language.acts import Read, content
from unsaid.language.cues import Cue, is_number, listed
from unsaid.language.weigh import Ground, Support
from unsaid.rules.base import BLANK, Example, Finding, Rule, sentence_case, shown
from unsaid.rules.judged import Judged, Sketch, judged, settled


def _no_bound(ground: Ground) -> str:
    return f"nothing that bounds it in {ground.thresholds.window}"


def _outside(read: Read, kind: str, cue: Cue) -> float:
    """The strongest phrase of a kind that does not overlap `cue`."""
    return max(
        (c.weight for c in read.cues.get(kind, ()) if c.start >= cue.end or c.end <= cue.start), default=0.0
    )


def _bounded(ground: Ground, index: int, cue: Cue) -> Support | None:
    """What limits the doubt voiced in `cue`."""
    read = ground.reads[index]
    window = ground.thresholds
    later = range(index, index + window.after + 1)
    for j in (*later, *range(index - 1, index - window.before - 1, -1)):
        other = ground.answer.get(j)
        if other is None or (j < index and not other.content & read.content):
            continue
        if j > index and any(
            ground.reads[k].pause_s >= window.pause_s and not (ground.reads[k].content & read.content)
            for k in range(index + 1, j + 1)
        ):
            continue
        for kind in ("bound", "check", "assumption"):
            hit = next(
                (
                    c
                    for c in other.cues.get(kind, ())
                    if j != index or c.start >= cue.end or c.end <= cue.start
                ),
                None,
            )
            if hit is not None:
                return Support(hit.weight, j, other.cue_quote(hit))
    return None


def _read_hedge(ground: Ground) -> Iterator[Finding]:
    for read in ground.reads:
        cue = read.best("hedge")
        if cue is None or read.question:
            continue
        score = {1.0: 0.7, 0.6: 0.3, 0.3: 0.15}.get(cue.weight, 0.0)
        hedges = len(read.cues["hedge"])
        score += 0.1 * min(2, hedges - 1)
        tagged = cue.end >= len(read.tokens) - 1 and cue.start > 2
        if (read.verbless and hedges < 2) or (tagged and read.size <= 4):
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
        quote = read.clause(cue)
        yield Finding(
            read.index,
            quote,
            f"{shown(quote)} carries a claim, and nothing says how sure, within what, or how to find out.",
            (f"doubt: {shown(quote)}", _no_bound(ground)),
            f"I expect {BLANK}, between {BLANK} and {BLANK}; I'd check it by {BLANK}, "
            f"and if it fails I'd {BLANK}.",
            score,
        )


def _read_dependence(ground: Ground) -> Iterator[Finding]:
    for read in ground.reads:
        cue = read.best("depends")
        if cue is None or read.question:
            continue
        score = 0.65 * cue.weight
        after = ground.answer.around(read.index, before=0, after=2)
        after = after[:1] if after[1:] and "if" not in after[1].words[:4] else after
        if _outside(read, "bound", cue) >= 1 or _outside(read, "assumption", cue) >= 1:
            score -= 0.4
        if any(r.weight("bound") >= 1 or "if" in r.words[: 4 if i else None] for i, r in enumerate(after)):
            score -= 0.35
        if ground.supports[read.index][0] >= 0.9:
            score -= 0.2
        if score < 0.2:
            continue
        quote, what = read.clause(cue), read.matter(cue, before_first=True)
        whole = f"{sentence_case(what)}: that" if what else "It"
        yield Finding(
            read.index,
            quote,
            f"{shown(quote)}, and neither on what nor which way it goes is heard.",
            (f"left open: {shown(quote)}", "no condition in the sentence or the two after"),
            f"{whole} depends on {BLANK}: if {BLANK} I'd {BLANK}, otherwise {BLANK}; here I take {BLANK}.",
            score,
        )


def _not_a_doubt(read: Read, cue: Cue, *, story: bool) -> bool:
    """ "The only one who knows", and in a story what one did not know then."""
    words = read.words
    if words[cue.start : cue.start + 2] == ("who", "knows"):
        return cue.start > 0 and words[cue.start - 1] in (
            "one",
            "ones",
            "person",
            "people",
            "someone",
            "somebody",
        )
    around = words[max(0, cue.start - 2) : cue.end]
    then = any(w in ("couldn't", "didn't", "had", "wasn't") for w in around) or words[
        max(0, cue.start - 1) : cue.start + 1
    ] in (("i'd", "no"), ("we'd", "no"))
    return story and then


def _read_unknown(ground: Ground) -> Iterator[Finding]:
    for read in ground.reads:
        cue = read.best("unknown")
        if cue is None or read.question:
            continue
        if _not_a_doubt(read, cue, story=ground.answer.kind == "story"):
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
        if "so" in read.words[cue.end : cue.end + 7] or "you" in following:
            score -= 0.3
        if any(is_number(w) for w in following) or (following and following[0] in ("but", "so")):
            score -= 0.3
        if ground.supports[read.index][0] >= 0.9:
            score -= 0.15
        if score < 0.2:
            continue
        quote, what = read.clause(cue), read.matter(cue)
        yield Finding(
            read.index,
            quote,
            f"{shown(quote)} is left hanging: no way to find out, and nothing assumed in the meantime.",
            (f"unknown: {shown(quote)}", _no_bound(ground)),
            f"I don't know {what or BLANK}; I'd find out by {BLANK}, and until then I assume {BLANK}.",
            score,
        )


def _read_magnitude(ground: Ground) -> Iterator[Finding]:
    for read in ground.reads:
        cue = read.best("magnitude")
        if cue is None or read.question:
            continue
        score = 0.65 * cue.weight
        near = [r for r in ground.answer.around(read.index, 1, 1) if r.content & read.content]
        if any(is_number(w) for r in (read, *near) for w in r.words):
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


def _read_deferral(ground: Ground) -> Iterator[Finding]:
    counts = {k: len(v) for k, v in ground.answer.places.items()}
    for read in ground.reads:
        cue = read.best("deferral")
        if cue is None or read.question:
            continue
        if read.words[cue.end - 1] == "point" and any(
            w.startswith(("they", "it", "he", "she")) for w in read.words
        ):
            # "They'll wake up at some point" is hoped, not promised.
            continue
        if read.words[cue.end - 1] == "later" and any(
            w in listed("moments_before_later") for w in read.words
        ):
            # "Five minutes later" is a time in the design, not a promise of the speaker.
            continue
        topic = content(w for i, w in enumerate(read.words) if not cue.start <= i < cue.end) | content(
            read.words[cue.start : cue.end]
        ) - content(listed("deferring"))
        topic -= content(listed("deferring"))
        if not topic:
            before = ground.answer.get(read.index - 1)
            topic = before.content if before is not None else frozenset()
        core = frozenset(t for t in topic if counts.get(t, 0) <= max(_COMMON, len(ground.reads) // 40))
        # What was talked of all along is no sign that this very matter is taken up again.
        fresh = frozenset(t for t in core if bisect_left(ground.answer.places[t], read.index) < _ALL_ALONG)
        core = fresh or core
        back = ground.picked_up(read.index, core) if core else None
        score = 0.7 * cue.weight
        if back is not None:
            score -= 0.5
        if score < 0.2:
            continue
        quote, what = read.clause(cue), read.matter(cue, before_first=True)
        yield Finding(
            read.index,
            quote,
            f"{shown(quote)}: it is put off here, and the answer never comes back to it.",
            (f"put off: {shown(quote)}", f"not taken up again: {', '.join(sorted(core)) or 'it'}"),
            f"I'm leaving {what or BLANK} for now because {BLANK}; my first guess would be {BLANK}.",
            score,
        )


_ALL_ALONG = 2
"""A word in this many sentences before is not the deferral's own."""
_COMMON = 8
"""A word in more sentences than this (or one in forty) names no topic of its own."""

SKETCHES: dict[str, Sketch] = {
    "U1": _read_hedge,
    "U2": _read_dependence,
    "U3": _read_unknown,
    "U4": _read_magnitude,
    "U5": _read_deferral,
}
"""What each rule of the family reads by hand, before the learnt judgement."""


def _judged(ground: Ground) -> Judged:
    return judged(ground, "U", SKETCHES)


_TOLD = {
    "U1": (
        "{} carries a claim, and nothing says how sure, within what, or how to find out.",
        "doubt: {}",
        f"I expect {BLANK}, between {BLANK} and {BLANK}; "
        f"I'd check it by {BLANK}, and if it fails I'd {BLANK}.",
    ),
    "U2": (
        "{}, and neither on what nor which way it goes is heard.",
        "left open: {}",
        f"It depends on {BLANK}: if {BLANK} I'd {BLANK}, otherwise {BLANK}; here I take {BLANK}.",
    ),
    "U3": (
        "{} is left hanging: no way to find out, and nothing assumed in the meantime.",
        "unknown: {}",
        f"I don't know {BLANK}; I'd find out by {BLANK}, and until then I assume {BLANK}.",
    ),
    "U4": (
        "How much is {}? The point turns on the number, and there is none.",
        "magnitude without a number: {}",
        f"From {BLANK} to {BLANK}, measured by {BLANK}.",
    ),
    "U5": (
        "{}: it is put off here, and the answer never comes back to it.",
        "put off: {}",
        f"I'm leaving {BLANK} for now because {BLANK}; my first guess would be {BLANK}.",
    ),
}
"""Message, evidence and rewrite of a doubt without a listed phrase."""


def _found(code: str) -> Callable[[Ground], Iterator[Finding]]:
    def check(ground: Ground) -> Iterator[Finding]:
        judgement = _judged(ground)

        def otherwise(index: int) -> Finding:
            quote = ground.reads[index].core
            message, evidence, rewrite = _TOLD[code]
            told = (evidence.format(shown(quote)), _no_bound(ground))
            return Finding(index, quote, message.format(shown(quote)), told, rewrite, 0.0)

        yield from settled(ground, judgement, code, otherwise)

    return check


_bare_hedge, _open_dependence, _dangling_unknown, _vague_magnitude, _deferred_and_dropped = (
    _found(code) for code in ("U1", "U2", "U3", "U4", "U5")
)

BARE_HEDGE = Rule(
    code="U1",
    name="bare-hedge",
    severity="info",
    summary=(
        "Flagged when “probably”, “should be fine” or “hopefully” carries a claim that "
        "matters, with no bound: no range, condition, check, fallback or working assumption "
        "near it."
    ),
    why=(
        "Doubt is honest and welcome; doubt without a limit leaves the listener with nothing "
        "to hold. Is it ten per cent or ninety, and what would you do?"
    ),
    caught=(
        Example(
            "It'll probably be fast enough. Next, the map.",
            quote="It'll probably be fast enough",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Should be okay, they'll wake up at some point. Next, the map.",
            quote="Should be okay",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Hopefully the depots don't all scan at once. Next, the map.",
            quote="Hopefully the depots don't all scan at once",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Security signed off on it, I believe. Next, the map.",
            quote="I believe",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
    ),
    spared=(
        Example(
            "It's probably under ten milliseconds, I'd check that with a load test.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "It should be fine, and if it isn't I'd add a replica.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example("I think we can start.", prompt="Design a parcel tracking service.", kind="design"),
        Example("Maybe let me draw this.", prompt="Design a parcel tracking service.", kind="design"),
        Example("It's kind of like a tree.", prompt="Design a parcel tracking service.", kind="design"),
        Example("Would that be fine with you?", prompt="Design a parcel tracking service.", kind="design"),
    ),
    known_misses=(
        Example(
            "Two couriers can break the pointers, I think so. Next, the map.",
            prompt="Design a parcel tracking service.",
            kind="design",
            note="spared: an “I think” after a plain warning is mostly manner",
        ),
    ),
    instead=("Give it edges: a range, what it hangs on, how you would find out, what you do if it fails."),
    frames=("I expect ___, between ___ and ___; I'd check it by ___, and if it fails I'd ___.",),
    check=_bare_hedge,
)
OPEN_DEPENDENCE = Rule(
    code="U2",
    name="open-dependence",
    severity="warning",
    summary="Flagged when “it depends” is said, and never on what, nor which way it goes.",
    why=("“It depends” is where the answer begins. Left alone it sounds like avoiding the question."),
    caught=(
        Example(
            "Sharding key, well, it depends. Anyway. Next, the map.",
            quote="it depends",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "It all depends on the use case, right? Next, the map.",
            quote="It all depends on the use case",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "There's arguments both ways. Next, the map.",
            quote="arguments both ways",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Which queue, whatever's good at the time. Next, the map.",
            quote="whatever's good at the time",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
    ),
    spared=(
        Example(
            ("It depends on whether the depots have power. If they do I'd push, otherwise they pull."),
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "That depends. If it's under a thousand, a list, above that a tree.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example("Does it depend on the country?", prompt="Design a parcel tracking service.", kind="design"),
        Example("The map depends on the scanner.", prompt="Design a parcel tracking service.", kind="design"),
    ),
    known_misses=(
        Example(
            "Some say this, some say that. Next, the map.",
            prompt="Design a parcel tracking service.",
            kind="design",
            note="missed: no phrase that a list would hold",
        ),
    ),
    instead="Say on what, which way it goes, and which way you go here.",
    frames=("It depends on ___: if ___ I'd ___, otherwise ___; here I take ___.",),
    check=_open_dependence,
)
DANGLING_UNKNOWN = Rule(
    code="U3",
    name="dangling-unknown",
    severity="warning",
    summary=(
        "Flagged when “I'm not sure”, “I don't know” or “I don't remember” stands with no "
        "way to find out and no working assumption."
    ),
    why=(
        "Not knowing costs nothing; stopping there does. A listener wants to hear how you go "
        "on when you don't know."
    ),
    caught=(
        Example(
            "I'm not sure how Postgres does that. Next, the map.",
            quote="I'm not sure how Postgres does that",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "The volume of that, no clue. Next, the map.",
            quote="no clue",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "I've never really been clear on how you do that with a CDN. Next, the map.",
            quote="never really been clear on how you do that with a CDN",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "I don't have a good answer. Next, the map.",
            quote="don't have a good answer",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
    ),
    spared=(
        Example(
            "I'm not sure Postgres does that. If it doesn't, I'd fall back to an advisory lock.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "I don't know the number, I'd measure it first.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "No idea how many, so I'll assume a thousand.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "It could be, I don't know, a million a day.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "I'm not sure, is that in the prompt?", prompt="Design a parcel tracking service.", kind="design"
        ),
    ),
    known_misses=(
        Example(
            "There's a thing with a timeout and a notify getting lost, anyway. Next, the map.",
            prompt="Design a parcel tracking service.",
            kind="design",
            note="missed: a danger named and dropped without a word of doubt",
        ),
    ),
    instead="Name the gap, how you would close it, and what you assume until then.",
    frames=("I don't know ___; I'd find out by ___, and until then I assume ___.",),
    check=_dangling_unknown,
)
VAGUE_MAGNITUDE = Rule(
    code="U4",
    name="vague-magnitude",
    severity="info",
    summary=("Flagged when “much faster”, “a lot” or “at scale” stands where the point turns on the number."),
    why=(
        "“Much faster” can be ten per cent or ten times. Without the number the listener "
        "cannot tell whether it was worth it."
    ),
    caught=(
        Example(
            "Reports were now much faster. Then we went live.",
            quote="were now much faster",
            prompt="Tell me about a project you led.",
            kind="story",
        ),
        Example(
            "The cost was a bit higher than planned. Then we went live.",
            quote="a bit higher",
            prompt="Tell me about a project you led.",
            kind="story",
        ),
        Example(
            "It took quite a while. Then we went live.",
            quote="took quite a while",
            prompt="Tell me about a project you led.",
            kind="story",
        ),
        Example(
            "Productivity went up a lot. Then we went live.",
            quote="went up a lot",
            prompt="Tell me about a project you led.",
            kind="story",
        ),
    ),
    spared=(
        Example(
            "The feedback was extremely positive. Then we went live.",
            prompt="Tell me about a project you led.",
            kind="story",
        ),
        Example(
            "Reports went from forty seconds to two, much faster. Then we went live.",
            prompt="Tell me about a project you led.",
            kind="story",
        ),
        Example("I've led a lot of projects.", prompt="Tell me about a project you led.", kind="story"),
        Example("I learned a lot.", prompt="Tell me about a project you led.", kind="story"),
        Example("The team was small, five people.", prompt="Tell me about a project you led.", kind="story"),
    ),
    known_misses=(
        Example(
            "The office was pretty big. Then we went live.",
            prompt="Tell me about a project you led.",
            kind="story",
            note="flagged though nothing turns on the size of the office",
        ),
    ),
    instead="Say from where to where, and how you know.",
    frames=("From ___ to ___, measured by ___.",),
    check=_vague_magnitude,
)
DEFERRED_AND_DROPPED = Rule(
    code="U5",
    name="deferred-and-dropped",
    severity="warning",
    summary=(
        "Flagged when something is put off (“we'll come back to that”) and the answer never comes back to it."
    ),
    why=(
        "A promise to return is a debt that the listener keeps track of. Unpaid, the hardest "
        "part of the problem looks avoided."
    ),
    caught=(
        Example(
            (
                "We'll handle failures later. Next, the map. The map shows the depots. And the "
                "courier sees his stops. That's it."
            ),
            quote="handle failures later",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            (
                "Customs, I'll get to that later. Next, the map. The map shows the depots. And the "
                "courier sees his stops. That's it."
            ),
            quote="I'll get to that later",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            (
                "Returns, let me come back to returns. Next, the map. The map shows the depots. And "
                "the courier sees his stops. That's it."
            ),
            quote="come back to returns",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            (
                "I'm going to park that. Next, the map. The map shows the depots. And the courier "
                "sees his stops. That's it."
            ),
            quote="park that",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            (
                "Stale labels, remind me. Next, the map. The map shows the depots. And the courier "
                "sees his stops. That's it."
            ),
            quote="remind me",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
    ),
    spared=(
        Example(
            (
                "Customs, I'll get to that later. Next, the map. The map shows the depots. Okay, "
                "customs. A parcel from abroad waits for a stamp."
            ),
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            (
                "Returns, let me come back to returns. Next, the map. The map shows the depots. "
                "Returns then, they are parcels with the addresses swapped."
            ),
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "A retry comes five minutes later, because the depot may be back by then.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Let me go back to the scanner for a second. It sends an event.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
    ),
    known_misses=(
        Example(
            (
                "We'll handle failures later. Next, the map. The map shows the depots. When a "
                "scanner breaks, the depot types the number in."
            ),
            prompt="Design a parcel tracking service.",
            kind="design",
            note="flagged though it is taken up: in other words, which only meaning could tell",
        ),
    ),
    instead="Come back before you close, if only with one sentence; or say why it can stay open.",
    frames=("I'm leaving ___ for now because ___; my first guess would be ___.",),
    check=_deferred_and_dropped,
)
