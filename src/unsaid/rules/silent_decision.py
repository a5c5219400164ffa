"""D: a choice was made, and why is not audible."""

from __future__ import annotations

from collections.abc import Iterator

from unsaid.language.acts import Read
from unsaid.language.cues import Cue, listed
from unsaid.language.weigh import Decision, Ground, Support, is_counted
from unsaid.rules.base import BLANK, Example, Finding, Rule, sentence_case, shown
from unsaid.rules.judged import Judged, Sketch, judged, settled


def _no_reason(ground: Ground, near: Support | None) -> str:
    if near is None or near.strength < 0.25:
        return f"no reason in {ground.thresholds.window}"
    return f"nearest to a reason: {shown(near.quote)}, too little to carry the choice"


def _weighed(ground: Ground, d: Decision) -> tuple[float, list[str]]:
    """How likely it is that a listener has to guess why, and what says so."""
    near = ground.reason(d.sentence)
    circular = ground.circular(d.sentence)
    heard = near.strength if near else 0.0
    if near is not None and d.form == "answer" and near.where < d.sentence and heard < 0.9:
        # Before a question is answered stands what made one ask, seldom why the answer is what it is.
        heard *= 0.5
    score = d.strength * (1.0 - (heard if heard >= 0.35 else heard / 2))
    evidence = [f"{_FORMS[d.form]}: {shown(_said(ground, d)[0])}"]
    if circular is not None and score > 0.15:
        score = min(1.0, score + 0.15)
        evidence.append(f"{shown(circular.quote)} gives no cause: it would fit any choice")
    evidence.append(_no_reason(ground, near))
    return score, evidence


def _said(ground: Ground, d: Decision) -> tuple[str, str]:
    """The words that choose, to the end of their clause, and the thing chosen where it stands in them."""
    read = ground.reads[d.sentence]
    end = read.clause_end(d.end)
    for a, b in [*read.spans("tech"), *read.spans("structure")]:
        if d.start <= a < end and read.words[a] not in listed("finite"):
            return read.quote(d.start, max(end, b)), read.quote(a, b)
    return read.quote(d.start, end), ""


_FORMS = {
    "choice": "choice",
    "shorthand": "choice without a verb",
    "answer": "answers an own question",
    "number": "a number is set",
    "story": "choice in the story",
}


def _read_choice(ground: Ground) -> Iterator[Finding]:
    for d in ground.decisions:
        if d is None or ground.reads[d.sentence].pause_s >= ground.thresholds.pause_s:
            continue
        score, evidence = _weighed(ground, d)
        if score < 0.2:
            continue
        quote, what = _said(ground, d)
        if d.form == "number":
            message = (
                f"The number in {shown(quote)} shapes what follows, and where it comes from is not said."
            )
            rewrite = f"{sentence_case(quote)}, because {BLANK}; if {BLANK} changed I'd move it to {BLANK}."
        elif d.form == "answer":
            message = f"{shown(quote)} settles the question, and nothing says why not the other way."
            rewrite = f"{sentence_case(quote)}, and not {BLANK}, because {BLANK}."
        elif what:
            message = f"{shown(what)} is chosen, and a listener has to guess why."
            rewrite = f"I chose {what} over {BLANK} because {BLANK}; I'd switch if {BLANK}."
        else:
            message = f"{shown(quote)} is a choice, and a listener has to guess why."
            rewrite = f"{sentence_case(quote)}, because {BLANK}; the other way, {BLANK}, would {BLANK}."
        yield Finding(d.sentence, quote, message, tuple(evidence), rewrite, score)


def _read_silence(ground: Ground) -> Iterator[Finding]:
    for d in ground.decisions:
        if d is None or ground.reads[d.sentence].pause_s < ground.thresholds.pause_s:
            continue
        score, evidence = _weighed(ground, d)
        if score < 0.2:
            continue
        read = ground.reads[d.sentence]
        quote, what = _said(ground, d)
        message = f"{read.pause_s:.0f} s of silence, then {shown(quote)}: what was weighed was not heard."
        if what:
            rewrite = f"I was weighing {what} against {BLANK}; {what} won because {BLANK}."
        else:
            rewrite = f"I was weighing {BLANK} against {BLANK}. {sentence_case(quote)}, because {BLANK}."
        evidence.insert(0, f"pause of {read.pause_s:.1f} s before it")
        yield Finding(d.sentence, quote, message, tuple(evidence), rewrite, min(1.0, score + 0.08))


def _read_reversal(ground: Ground) -> Iterator[Finding]:
    for read in ground.reads:
        cue, at_once = read.best("reversal"), False
        before = ground.answer.get(read.index - 1)
        if cue is None and read.words[:1] == ("or",) and before is not None and not before.question:
            # "Auth is API keys. Or OAuth, let's go with OAuth."
            d = ground.decisions[read.index]
            if d is not None and d.strength >= 0.6 and read.weight("decision") >= 1:
                cue, at_once = Cue("reversal", 1.0, 0, d.end), True
        if cue is None or read.question:
            continue
        if read.words[cue.start] == "no" and cue.start > read.lead + 1:
            # "A select has no trigger" turns nothing back.
            continue
        near = ground.reason(read.index)
        # What is wrong with a choice is said well before it is dropped, not where it is swapped at once.
        wide = max((ground.supports[j][0] for j in range(max(0, read.index - 4), read.index)), default=0.0)
        wide = 0.0 if at_once else wide
        problem = any(
            r.weight("correction") >= 1 for r in ground.answer.around(read.index, before=8, after=0)
        )
        decided = ground.decisions[read.index]
        base = 0.75 if decided is not None or read.has("thing") else 0.5
        score = (
            base
            * cue.weight
            * (1.0 - max(near.strength if near else 0.0, 0.7 * wide, 0.6 if problem else 0.0))
        )
        if read.code or score < 0.2:
            continue
        quote = read.clause(cue)
        what = _said(ground, decided)[1] if decided is not None else ""
        yield Finding(
            read.index,
            quote,
            f"An earlier choice is dropped{f' for {shown(what)}' if what else ''}, and what was wrong with "
            "it is not said.",
            (f"turns back: {shown(quote)}", _no_reason(ground, near)),
            f"I'm dropping {BLANK} because {BLANK}; {what or BLANK} fixes that by {BLANK}.",
            score,
        )


def _refused_last(read: Read) -> Cue | None:
    """ "Versions of a post I don't keep": the thing first, the refusal last."""
    words = read.words
    if read.verbless and 2 <= read.size <= 5 and words[-1] == "no":
        # "Bulk import, no."
        comma = "," in read.sentence.text[read.tokens[-2].end : read.tokens[-1].start]
        return Cue("exclusion", 1.0, read.lead, len(words)) if comma else None
    if words[read.lead :] in (
        ("i", "won't"),
        ("we", "won't"),
        ("i", "don't"),
        ("we", "don't"),
        ("i'm", "not"),
    ):
        return Cue("exclusion", 1.0, read.lead, len(words))
    if read.size < 4 or words[-3:-1] not in (
        ("i", "don't"),
        ("i", "won't"),
        ("we", "don't"),
        ("we", "won't"),
    ):
        return None
    if words[-1] in listed("states") or words[-4] in (
        "if",
        "what",
        "that",
        "which",
        "but",
        "and",
        "so",
        "because",
    ):
        return None
    return Cue("exclusion", 1.0, len(words) - 3, len(words))


def _read_exclusion(ground: Ground) -> Iterator[Finding]:
    for read in ground.reads:
        cue = read.best("exclusion") or _refused_last(read)
        if cue is None or read.question or (read.words[cue.start] == "no" and not read.verbless):
            continue
        inside = [
            c
            for c in read.cues.get("reason", ())
            if (c.start >= cue.end or c.end <= cue.start)
            and not is_counted(read, c)
            and not (c.start <= read.lead and read.words[c.start] == "so")
        ]
        own = max((c.weight for c in inside), default=0.0)
        near = ground.reason(read.index)
        outside = near.strength if near is not None and near.where != read.index else 0.0
        if outside < 0.85 and not (near is not None and near.where < read.index):
            outside *= 0.3
        score = 0.75 * cue.weight * (1.0 - max(own * 0.9, outside * 0.8))
        if any(
            "own" in words or "different" in words or "another" in words for words in [read.words[cue.end :]]
        ):
            # Left out because it belongs elsewhere.
            score -= 0.35
        if read.weight("deferral") >= 1 or read.code:
            score -= 0.35
        if "if" in read.words[: cue.start] and read.words[cue.start].startswith(("skip", "ignor", "drop")):
            # A case that is handled: "if the label is missing, skip the row".
            score -= 0.35
        if score < 0.2:
            continue
        quote, what = read.clause(cue), read.matter(cue)
        yield Finding(
            read.index,
            quote,
            f"Something is left out ({shown(quote)}), and why it may be left out is not said.",
            (f"left out: {shown(quote)}", _no_reason(ground, near if outside or own else None)),
            f"I'm leaving {what or BLANK} out because {BLANK}; if it mattered I'd {BLANK}.",
            score,
        )


SKETCHES: dict[str, Sketch] = {
    "D1": _read_choice,
    "D2": _read_silence,
    "D3": _read_reversal,
    "D4": _read_exclusion,
}
"""What each rule of the family reads by hand, before the learnt judgement."""


def _judged(ground: Ground) -> Judged:
    return judged(ground, "D", SKETCHES)


def _plainly(ground: Ground, index: int, *, silent: bool) -> Finding:
    """A choice that no listed form shows: a plain statement."""
    read = ground.reads[index]
    quote = read.core
    evidence: tuple[str, ...] = (f"stated plainly: {shown(quote)}", _no_reason(ground, ground.reason(index)))
    if silent:
        evidence = (f"pause of {read.pause_s:.1f} s before it", *evidence)
        message = f"{read.pause_s:.0f} s of silence, then {shown(quote)}: what was weighed was not heard."
        rewrite = f"I was weighing {BLANK} against {BLANK}. {sentence_case(quote)}, because {BLANK}."
    else:
        message = f"{shown(quote)} is a choice, and a listener has to guess why."
        rewrite = f"{sentence_case(quote)}, because {BLANK}; the other way, {BLANK}, would {BLANK}."
    return Finding(index, quote, message, evidence, rewrite, 0.0)


def _unexplained_choice(ground: Ground) -> Iterator[Finding]:
    yield from settled(ground, _judged(ground), "D1", lambda i: _plainly(ground, i, silent=False))


def _decided_in_silence(ground: Ground) -> Iterator[Finding]:
    yield from settled(ground, _judged(ground), "D2", lambda i: _plainly(ground, i, silent=True))


def _unexplained_reversal(ground: Ground) -> Iterator[Finding]:
    judgement = _judged(ground)

    def turned(index: int) -> Finding:
        quote = ground.reads[index].core
        return Finding(
            index,
            quote,
            "An earlier choice is dropped, and what was wrong with it is not said.",
            (f"turns back: {shown(quote)}", _no_reason(ground, ground.reason(index))),
            f"I'm dropping {BLANK} because {BLANK}; {BLANK} fixes that by {BLANK}.",
            0.0,
        )

    yield from settled(ground, judgement, "D3", turned)


def _unexplained_exclusion(ground: Ground) -> Iterator[Finding]:
    judgement = _judged(ground)

    def refused(index: int) -> Finding:
        quote = ground.reads[index].core
        return Finding(
            index,
            quote,
            f"Something is left out ({shown(quote)}), and why it may be left out is not said.",
            (f"left out: {shown(quote)}", _no_reason(ground, ground.reason(index))),
            f"I'm leaving {BLANK} out because {BLANK}; if it mattered I'd {BLANK}.",
            0.0,
        )

    yield from settled(ground, judgement, "D4", refused)


UNEXPLAINED_CHOICE = Rule(
    code="D1",
    name="unexplained-choice",
    severity="warning",
    summary=(
        "Flagged when a choice is stated and no reason stands in that sentence, the one "
        "before it or the two after it."
    ),
    why=(
        "A listener hears what you chose and has to guess why. Whether it was weighed or "
        "grabbed sounds the same from outside, and the charitable guess is rarely made. "
        "“It's the standard way” or “it's just better” would fit any choice, so they count "
        "as no reason."
    ),
    caught=(
        Example(
            "Okay. I'd go with Postgres. Now the couriers.",
            quote="I'd go with Postgres",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Storage is MySQL. Next, the API.",
            quote="Storage is MySQL",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "TTL is 30 seconds. On to the scanner.",
            quote="TTL is 30 seconds",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Poll, or stream? Stream. Next, the scanner.",
            quote="Stream",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "I'll take Cassandra, that's my go-to. Now the scanner.",
            quote="I'll take Cassandra, that's my go-to",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Some of them wanted it real time, and I said no, we do batch. Then we went live.",
            quote="I said no",
            prompt="Tell me about a project you led.",
            kind="story",
        ),
    ),
    spared=(
        Example(
            "I'd go with Postgres because the money has to be right. Now the couriers.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Reads are a hundred to one. So I'd put a cache in front. Now the couriers.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "I'll use a queue. That way a slow courier can't hold up the scanner. Now the map.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "TTL is 30 seconds, since a parcel doesn't move faster than that. Now the map.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Then I loop over the array. Then I increment the counter.",
            prompt="Given a list of integers, find two that add up to a target.",
            kind="coding",
        ),
        Example(
            "I could use Kafka or a table. Now the map.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
    ),
    known_misses=(
        Example(
            "The web store holds back a few. Now the couriers.",
            prompt="Design a parcel tracking service.",
            kind="design",
            note=(
                "missed: a plain statement with nothing in it that a list of technologies, numbers "
                "or phrases knows"
            ),
        ),
        Example(
            "There is a status and a held-by and a held-until. Now the couriers.",
            prompt="Design a parcel tracking service.",
            kind="design",
            note="missed on purpose: the shape of a record is narrated far more often than chosen",
        ),
    ),
    instead=(
        "Say the reason in the same breath: what you gain, what you pay, what you would have taken instead."
    ),
    frames=(
        "I chose {thing} over ___ because ___; I'd switch if ___.",
        "{thing}, because ___; if ___ changed I'd move it to ___.",
        "{thing}, and not ___, because ___.",
    ),
    check=_unexplained_choice,
)
DECIDED_IN_SILENCE = Rule(
    code="D2",
    name="decided-in-silence",
    severity="warning",
    summary=(
        "Flagged when a pause of 4 seconds or more is followed by a decision, with no "
        "account of what was weighed in the pause."
    ),
    why=(
        "The thinking that would have shown your judgement happened in the pause, where "
        "nobody could hear it. What comes out is a bare result, and a silence that may as "
        "well have been a blank."
    ),
    caught=(
        Example(
            "That's the scanner. [7.0] Okay, so I'd shard by tenant. Next, the API.",
            quote="I'd shard by tenant",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "That's the scanner. [6.4] Pagination's cursor based. Next, errors.",
            quote="Pagination's cursor based",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "That's the scanner. [9.0] I'd write it in Go. Next, errors.",
            quote="I'd write it in Go",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "That's the scanner. [12.0] WebSockets. Next, errors.",
            quote="WebSockets",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "That's the scanner. [8.2] So yeah, three replicas. Next, errors.",
            quote="three replicas",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
    ),
    spared=(
        Example(
            (
                "That's the scanner. [7.0] Okay, so I'd shard by tenant, because no query ever "
                "crosses tenants. Next, errors."
            ),
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "That's the scanner. [6.0] What happens if it rains?",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "That's the scanner. [6.0] Sorry, thinking.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "That's the scanner. [1.5] I'd write it in Go. Next, errors.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "That's the scanner. [6.0] So a parcel comes in and it gets a label.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
    ),
    known_misses=(
        Example(
            (
                "That's the scanner. [5.0] So there's a publisher, it reads the change and drops it "
                "on a topic, and the readers write it out to every open connection. Next, errors."
            ),
            prompt="Design a parcel tracking service.",
            kind="design",
            note="missed: a long description of parts that is a design decided in the pause",
        ),
    ),
    instead=(
        "Think aloud, or say afterwards what you went through: “I was comparing two ways; "
        "the first loses because …”."
    ),
    frames=(
        "I was weighing {thing} against ___; {thing} won because ___.",
        "In that pause I dropped ___ because ___.",
    ),
    check=_decided_in_silence,
)
UNEXPLAINED_REVERSAL = Rule(
    code="D3",
    name="unexplained-reversal",
    severity="warning",
    summary="Flagged when an earlier choice is dropped or swapped and why is not said.",
    why=(
        "Changing your mind is a strength when one hears what changed it. Without that it "
        "sounds like guessing until something sticks."
    ),
    caught=(
        Example(
            ("I'd use a list for that. Actually, scratch that, let's go with a heap. Next, the map."),
            quote="scratch that",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "We push the position. On second thought, poll. Next, the map.",
            quote="On second thought",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "PUT for updates. Actually no, PATCH. Next, the map.",
            quote="Actually no",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Auth is API keys per courier. Or OAuth, let's go with OAuth. Next, the map.",
            quote="Or OAuth, let's go with OAuth",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "So the server polls. No wait, let's do webhooks instead. Next, the map.",
            quote="No wait",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
    ),
    spared=(
        Example(
            "Actually a heap is better, we only ever need the top k.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Scratch that, two couriers could grab the same door. So a reservation instead.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            (
                "Wait, no, that's broken, a late scan would overwrite a newer one. Let's use a "
                "version instead."
            ),
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Let me go back to the scanner for a second.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Actually, can I ask how many parcels?", prompt="Design a parcel tracking service.", kind="design"
        ),
    ),
    known_misses=(
        Example(
            "You can do it with a lambda, that's nicer, let me just do that. Next, the map.",
            prompt="Design a parcel tracking service.",
            kind="design",
            note="missed as a reversal: no word turns back; it is flagged as D1",
        ),
    ),
    instead=(
        "Name what broke: “I'm dropping the list because taking the smallest would be a scan each time.”"
    ),
    frames=("I'm dropping ___ because ___; {thing} fixes that by ___.",),
    check=_unexplained_reversal,
)
UNEXPLAINED_EXCLUSION = Rule(
    code="D4",
    name="unexplained-exclusion",
    severity="warning",
    summary="Flagged when something is skipped, ignored or put out of scope, with no reason.",
    why=(
        "Leaving things out is half of design. Said without a reason it sounds like not "
        "having seen them, or hoping nobody asks."
    ),
    caught=(
        Example(
            "How you work out the route, that's a separate service. Next, the map.",
            quote="that's a separate service",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "I'm not going to worry about deletes. Next, the map.",
            quote="I'm not going to worry about deletes",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "We'll skip the customs part. Next, the map.",
            quote="skip the customs part",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Nobody cares about fairness. Next, the map.",
            quote="Nobody cares about fairness",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Encryption we ignore. Next, the map.",
            quote="Encryption we ignore",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
    ),
    spared=(
        Example(
            "I'll leave deletes out, since the prompt only asks for lookups. Next, the map.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "I'm not handling customs, because every parcel stays in one country. Next, the map.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "We skip the cache, the whole table fits in memory anyway. Next, the map.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "If the label is missing, skip the row and count it.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example("Is customs out of scope?", prompt="Design a parcel tracking service.", kind="design"),
    ),
    known_misses=(
        Example(
            "If the capacity is zero or negative, like, good luck. Next, the map.",
            prompt="Design a parcel tracking service.",
            kind="design",
            note="missed: the exclusion is a joke",
        ),
    ),
    instead=("One clause is enough: what you leave out, why it may wait, and what would bring it back."),
    frames=("I'm leaving ___ out because ___; if ___ mattered I'd ___.",),
    check=_unexplained_exclusion,
)
