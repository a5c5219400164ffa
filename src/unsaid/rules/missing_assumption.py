"""A: something is treated as given that nobody gave."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from unsaid.language.acts import Read, content, is_tagged, numbers
from unsaid.language.cues import Cue, is_number, listed
from unsaid.language.weigh import Ground
from unsaid.rules.base import BLANK, Example, Finding, Rule, shown
from unsaid.rules.judged import Judged, Sketch, judged, settled

_TESTING = frozenset({"test", "tests", "testing", "spin"})
_CASES = frozenset({"when", "if", "whenever", "suppose", "case"})
_EARLY = 12
"""Sentences in which the first step of a solution is looked for."""


def _frames(read: Read) -> bool:
    """A question, a requirement, a constraint, a goal or a stated assumption."""
    if (
        read.question
        or (read.verbless and "question" in read.words)
        or (is_tagged(read.words) and "?" in read.sentence.text)
        or any(read.weight(k) >= 1 for k in ("requirement", "assumption", "question", "need"))
    ):
        return True
    estimate = read.weight("hedge") > 0 or "means" in read.words or "is" in read.words
    return estimate and any(is_number(w) for w in read.words)


def _read_first_step(ground: Ground) -> Iterator[Finding]:
    if ground.answer.kind in ("story", "debugging"):
        return
    for read in ground.reads[:_EARLY]:
        if _frames(read) or (
            read.size >= 8
            and read.content & ground.answer.prompt_content
            and not listed("restating").isdisjoint(read.words)
        ):
            return
        d = ground.decisions[read.index]
        concrete = any(" ".join(read.words[a:b]) not in listed("generic") for a, b in read.spans("thing"))
        flows = read.weight("decision") >= 0.6 or read.weight("hedge") > 0
        flows = (
            flows
            and concrete
            and read.size > 8
            and not any(read.weight(k) >= 1 for k in ("unknown", "depends"))
        )
        if not listed("naive").isdisjoint(read.words):
            continue
        if not concrete or not ((d is not None and d.strength >= 0.4) or flows):
            continue
        quote = read.quote(d.start, read.clause_end(d.end)) if d is not None else read.core
        yield Finding(
            read.index,
            quote,
            "The first step of a solution comes before any question, requirement or stated assumption.",
            (
                f"first step: {shown(quote)}",
                "no question, requirement, constraint, goal or assumption before it",
            ),
            f"Before I choose anything: what matters here is {BLANK}, and I'll assume {BLANK}.",
            0.65,
        )
        return


def _marked(ground: Ground, index: int, before: int) -> bool:
    """An assumption, an estimate or a question stands in the sentence or shortly before it."""
    reads = ground.reads
    if reads[index].question or reads[index].weight("assumption") >= 1:
        return True
    return any(reads[j].weight("assumption") >= 1 for j in range(max(0, index - before), index))


def _read_quantity(ground: Ground) -> Iterator[Finding]:
    if ground.answer.kind == "story":
        return
    firsts: dict[float, int] = {}
    for read in ground.reads:
        for value in numbers(read.words):
            firsts.setdefault(value, read.index)
    for read in ground.reads:
        cue = read.best("quantity")
        if cue is None or read.code or _marked(ground, read.index, 3):
            continue
        if any(w in _TESTING for w in read.words):
            continue
        told = ground.answer.prompt_numbers | frozenset(
            v for v, first in firsts.items() if first < read.index
        )
        values = numbers(read.words[cue.start : cue.end])
        if (
            not values
            or values <= told
            or values & ground.answer.prompt_numbers
            or ground.supports[read.index][0] >= 0.95
        ):
            continue
        first = read.words[read.lead]
        score = 0.6 if max(values) >= 1000 else 0.35
        if read.has("per"):
            score += 0.2 if read.has("outside") else 0.1
        earlier = any(numbers(r.words) for r in ground.answer.around(read.index, before=2, after=0))
        if earlier and any(w in read.words for w in ("that's", "so", "times", "means", "per")):
            score -= 0.35
        if "could" in read.words and "you" not in read.words:
            score -= 0.3
        if first in ("if", "when", "whenever", "unless") or "if" in read.words:
            score -= 0.3
        if read.weight("bound") >= 1 or read.weight("check") >= 1:
            score -= 0.25
        if max(values) <= 3 and not read.has("per"):
            # "When two requests come in at once": a case thought through, no load.
            score -= 0.3
        if any(w in _CASES for w in read.words[: cue.start]):
            score -= 0.2
        if ground.decisions[read.index] is not None:
            score -= 0.2
        if score < 0.2:
            continue
        start = cue.start - (1 if cue.start and read.words[cue.start - 1] in ("a", "about", "around") else 0)
        quote = read.quote(start, cue.end)
        yield Finding(
            read.index,
            quote,
            f"{shown(quote)} shapes the solution, and nobody gave it: it is neither in the prompt nor marked "
            "as a guess.",
            (
                f"quantity: {shown(quote)}",
                "not in the prompt",
                "no “say”, “assume” or “roughly” in the sentence or the three before",
            ),
            f"I'll assume {quote}, since {BLANK}; if it were ten times that I'd {BLANK}.",
            score,
        )


def _read_need(ground: Ground) -> Iterator[Finding]:
    if ground.answer.kind == "story":
        return
    for read in ground.reads:
        cue = read.best("need")
        if cue is None or read.code or _marked(ground, read.index, 0):
            continue
        told = read.content & ground.answer.prompt_content
        rest = frozenset(read.content) - ground.answer.prompt_content
        score = 0.6
        if not rest or (len(told) >= len(rest) and len(told) >= 2):
            score -= 0.3
        own, why = ground.supports[read.index]
        if why is not None and own >= 0.9 and read.words[why.start] not in ("to", "it", "that"):
            score -= 0.2
        if cue.start and read.words[cue.start - 1] in ("since", "because", "as", "cause"):
            score -= 0.3
        if read.words[read.lead] in ("if", "when", "i", "i'd", "what") or "if" in read.words:
            score -= 0.3
        if read.size > 20:
            score -= 0.2
        before = ground.answer.get(read.index - 1)
        if before is not None and before.weight("requirement") >= 1:
            score -= 0.3
        if score < 0.2:
            continue
        quote = read.clause(cue)
        yield Finding(
            read.index,
            quote,
            f"A need is asserted ({shown(quote)}) that neither the prompt nor a question established.",
            (f"need: {shown(quote)}", "not in the prompt, not asked, not marked as assumed"),
            f"I'd assume this: {quote}. Is that right? If not, I'd {BLANK}.",
            score,
        )


def _always(read: Read) -> Cue | None:
    """ "Riders never cheat": what people or things outside always or never do."""
    for i in range(read.lead, min(read.lead + 2, len(read.words) - 2)):
        word = read.words[i]
        plural = (
            len(word) > 3
            and word.endswith("s")
            and not word.endswith(("'s", "ss"))
            and word not in listed("finite")
        )
        if plural and read.words[i + 1] in ("never", "always"):
            return Cue("property", 0.9, i, i + 3)
    return None


def _claim(quote: str) -> str:
    """Without the word that makes a reason of it: "since the list is sorted"."""
    first, _, rest = quote.partition(" ")
    return rest if first.lower() in ("since", "because", "as") and rest else quote


def _read_property(ground: Ground) -> Iterator[Finding]:
    if ground.answer.kind == "story":
        return
    for read in ground.reads:
        cue = read.best("property") or _always(read)
        if cue is None or _marked(ground, read.index, 1):
            continue
        score = 0.7 * cue.weight
        if content(read.words[cue.end - 2 : cue.end]) & ground.answer.prompt_content:
            score -= 0.4
        if "most" in read.words[: cue.start]:
            score -= 0.3
        before_cue = read.words[cue.start - 1] if cue.start else ""
        if before_cue in listed("pronouns") and read.words[cue.start] in (
            "never",
            "doesn't",
            "don't",
            "won't",
        ):
            score -= 0.4
        if read.words[cue.end : cue.end + 1] in (("for",), ("per",)):
            # "Unique for each author": a rule of one's own design.
            score -= 0.4
        if (
            read.words[max(0, cue.start - 1)] in ("my", "our")
            or "so" in read.words[read.lead + 1 : cue.start]
        ):
            score -= 0.4
        before = ground.answer.get(read.index - 1)
        known = content((*read.words[: cue.start], *read.words[cue.end :])) | (
            before.content if before else frozenset()
        )
        if content(read.words[cue.end - 2 : cue.end]) & known:
            score -= 0.4
        if "if" in read.words or "unless" in read.words or "make" in read.words or read.weight("hedge") >= 1:
            score -= 0.3
        if read.code:
            score -= 0.2
        if score < 0.2:
            continue
        quote = read.clause(cue)
        yield Finding(
            read.index,
            quote,
            f"The solution leans on {shown(quote)}, and nobody said that it holds.",
            (f"property relied on: {shown(quote)}", "not in the prompt, not asked, not marked as assumed"),
            f"I'm assuming this: {_claim(quote)}. If it didn't hold I'd {BLANK}.",
            score,
        )


def _read_granted(ground: Ground) -> Iterator[Finding]:
    for read in ground.reads:
        cue = read.best("taken")
        if cue is None or read.question:
            continue
        score = 0.6 if cue.weight >= 1 else 0.3
        own, _ = ground.supports[read.index]
        if own >= 0.9:
            score -= 0.25
        if ground.decisions[read.index] is not None or read.has("thing") or read.weight("circular") >= 1:
            score += 0.1
        if read.has("peripheral") or "i'm" in read.words:
            score -= 0.2
        if score < 0.2:
            continue
        quote = read.cue_quote(cue)
        yield Finding(
            read.index,
            quote,
            f"{shown(quote)} stands where the assumption itself should be heard.",
            (f"taken for granted: {shown(quote)}", "no reason in the sentence"),
            f"I'm assuming {BLANK} here, because {BLANK}.",
            score,
        )


SKETCHES: dict[str, Sketch] = {
    "A1": _read_first_step,
    "A2": _read_quantity,
    "A3": _read_need,
    "A4": _read_property,
    "A5": _read_granted,
}
"""What each rule of the family reads by hand, before the learnt judgement."""

_TOLD = {
    "A1": (
        "The first step of a solution comes before any question, requirement or stated assumption.",
        ("first step: {}", "no question, requirement, constraint, goal or assumption before it"),
        f"Before I choose anything: what matters here is {BLANK}, and I'll assume {BLANK}.",
    ),
    "A2": (
        "{} shapes the solution, and nobody gave it: it is neither in the prompt nor marked as a guess.",
        ("quantity: {}", "not in the prompt, and not marked as a guess"),
        f"I'll assume {BLANK}, since {BLANK}; if it were ten times that I'd {BLANK}.",
    ),
    "A3": (
        "A need is asserted ({}) that neither the prompt nor a question established.",
        ("need: {}", "not in the prompt, not asked, not marked as assumed"),
        f"I'd assume {BLANK}. Is that right? If not, I'd {BLANK}.",
    ),
    "A4": (
        "The solution leans on {}, and nobody said that it holds.",
        ("property relied on: {}", "not in the prompt, not asked, not marked as assumed"),
        f"I'm assuming {BLANK}. If it didn't hold I'd {BLANK}.",
    ),
    "A5": (
        "{} stands where the assumption itself should be heard.",
        ("taken for granted: {}", "no reason in the sentence"),
        f"I'm assuming {BLANK} here, because {BLANK}.",
    ),
}
"""Message, evidence and rewrite where no listed phrase gives the words."""


def _all_given(said: frozenset[float], given: frozenset[float]) -> bool:
    """What the prompt says needs no marking, whatever the sentence sounds like."""
    return bool(said) and said <= given


def _judged(ground: Ground) -> Judged:
    return judged(ground, "A", SKETCHES)


def _found(code: str) -> Callable[[Ground], Iterator[Finding]]:
    def check(ground: Ground) -> Iterator[Finding]:
        judgement = _judged(ground)

        def otherwise(index: int) -> Finding:
            quote = ground.reads[index].core
            message, evidence, rewrite = _TOLD[code]
            told = tuple(e.format(shown(quote)) for e in evidence)
            return Finding(index, quote, message.format(shown(quote)), told, rewrite, 0.0)

        found = list(settled(ground, judgement, code, otherwise))
        if code == "A1":
            # At most once an answer.
            found = sorted(found, key=lambda f: (-f.confidence, f.sentence))[:1]
        elif code == "A2":
            given = ground.answer.prompt_numbers
            found = [f for f in found if not _all_given(numbers(ground.reads[f.sentence].words), given)]
        if code != "A1":
            found = [f for f in found if not ground.answer.restates(ground.reads[f.sentence])]
        yield from found

    return check


_solution_before_framing, _unstated_quantity, _invented_requirement, _assumed_property, _taken_for_granted = (
    _found(code) for code in ("A1", "A2", "A3", "A4", "A5")
)

SOLUTION_BEFORE_FRAMING = Rule(
    code="A1",
    name="solution-before-framing",
    severity="warning",
    summary=(
        "Flagged when the first concrete step of a solution comes before any question, "
        "requirement, constraint, goal or stated assumption; at most once an answer."
    ),
    why=(
        "A solution to a problem that was never stated can only be right by luck. Listeners "
        "wait for the framing; when it doesn't come they stop trusting what follows."
    ),
    caught=(
        Example(
            "Bounded blocking queue, classic. So it's a mutex and two condition variables. Done.",
            quote="So it's a mutex",
            prompt="Implement a bounded blocking queue.",
            kind="coding",
        ),
        Example(
            "So I'd start with an API gateway and a Kafka topic. Then a table for the parcels.",
            quote="I'd start with an API gateway",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Parcel tracking, nice. Kafka for the scans. Then a table for the parcels.",
            quote="Kafka for the scans",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Bounded blocking queue, classic. I'd use a deque and two condition variables. Done.",
            quote="I'd use a deque",
            prompt="Implement a bounded blocking queue.",
            kind="coding",
        ),
    ),
    spared=(
        Example(
            "How many parcels a day? I'd start with a Kafka topic.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "I'll assume a million parcels a day. So Kafka for the scans.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            (
                "What must never go wrong is that a parcel shows as delivered when it isn't. So a "
                "Postgres table."
            ),
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "We went with Snowflake. Then we went live.",
            prompt="Tell me about a project you led.",
            kind="story",
        ),
        Example(
            "Parcel tracking, nice. Let me think for a moment.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
    ),
    known_misses=(
        Example(
            "So code asks where is my parcel. Kafka for the scans.",
            prompt="Design a parcel tracking service.",
            kind="design",
            note="spared: who asks for what counts as framing, however thin",
        ),
    ),
    instead=("Before the first box: one question, or one sentence on what matters and what you assume."),
    frames=("Before I choose anything: what matters here is ___, and I'll assume ___.",),
    check=_solution_before_framing,
)
UNSTATED_QUANTITY = Rule(
    code="A2",
    name="unstated-quantity",
    severity="warning",
    summary=(
        "Flagged when a size, load, rate, limit or latency that shapes the solution is used "
        "as a fact, and neither the prompt nor the speaker gave it as a given, an estimate "
        "or an assumption."
    ),
    why=(
        "Everything built on the number stands or falls with it. A listener cannot tell "
        "whether you know it, guessed it or need it to be true."
    ),
    caught=(
        Example(
            "We've got like fifty million users hitting this every day. Next, the map.",
            quote="fifty million users hitting this every day",
            prompt="Design a parcel tracking service for a country with 40 depots.",
            kind="design",
        ),
        Example(
            "You're talking millions of scans. Next, the map.",
            quote="millions of scans",
            prompt="Design a parcel tracking service for a country with 40 depots.",
            kind="design",
        ),
        Example(
            "There's ten thousand requests per second coming in. Next, the map.",
            quote="ten thousand requests per second",
            prompt="Design a parcel tracking service for a country with 40 depots.",
            kind="design",
        ),
    ),
    spared=(
        Example(
            "Let's say fifty million users a day, tell me if that's off. Next, the map.",
            prompt="Design a parcel tracking service for a country with 40 depots.",
            kind="design",
        ),
        Example(
            "Call it ten thousand requests a second. Next, the map.",
            prompt="Design a parcel tracking service for a country with 40 depots.",
            kind="design",
        ),
        Example(
            "I'd assume a million parcels a day. So that's twelve requests a second.",
            prompt="Design a parcel tracking service for a country with 40 depots.",
            kind="design",
        ),
        Example(
            "If it grew to a million requests a second I'd shard it.",
            prompt="Design a parcel tracking service for a country with 40 depots.",
            kind="design",
        ),
        Example(
            "How many users, a million?",
            prompt="Design a parcel tracking service for a country with 40 depots.",
            kind="design",
        ),
    ),
    known_misses=(
        Example(
            "It's a busy country, people send a parcel a week. Next, the map.",
            prompt="Design a parcel tracking service for a country with 40 depots.",
            kind="design",
            note="missed: a rate without a figure",
        ),
    ),
    instead=(
        "Mark the number: “say”, “I'd guess”, “call it”, and what would change if it were ten times that."
    ),
    frames=("I'll assume ___, since ___; if it were ten times that I'd ___.",),
    check=_unstated_quantity,
)
INVENTED_REQUIREMENT = Rule(
    code="A3",
    name="invented-requirement",
    severity="warning",
    summary=(
        "Flagged when a need of the user, system or business is asserted that is neither in "
        "the prompt nor asked nor marked as assumed."
    ),
    why=(
        "You may be solving a problem nobody has. Asked or assumed aloud, the same sentence "
        "shows product sense; asserted, it shows none."
    ),
    caught=(
        Example(
            "It must be available all the time, five nines. Next, the map.",
            quote="It must be available all the time",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Users will want dark mode. Next, the map.",
            quote="Users will want dark mode",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Legal will need us to keep everything for ten years. Next, the map.",
            quote="Legal will need us to keep everything for ten years",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Customers expect it to be instant. Next, the map.",
            quote="Customers expect it to be instant",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
    ),
    spared=(
        Example(
            "Does it need to work offline? Next, the map.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "I'd assume users want to see the map. Next, the map.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "The lock has to be released before we return. Next, the map.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "I need to look at the table again. Next, the map.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "You have to log in before you see it. Next, the map.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
    ),
    known_misses=(
        Example(
            "And secure. Next, the map.",
            prompt="Design a parcel tracking service.",
            kind="design",
            note="missed: too short to tell a requirement from a remark",
        ),
    ),
    instead="Ask, or mark it: “I'd assume they need … ; is that right?”",
    frames=("I'd assume this: ___. Is that right? If not, I'd ___.",),
    check=_invented_requirement,
)
ASSUMED_PROPERTY = Rule(
    code="A4",
    name="assumed-property",
    severity="warning",
    summary="Flagged when a property of the input or the environment is relied on silently.",
    why=(
        "It works until the property doesn't hold, and nobody has agreed that it does. This "
        "is where bugs come from, and interviewers plant it on purpose."
    ),
    caught=(
        Example(
            "Since the list is sorted I can binary search. Next, the code.",
            quote="Since the list is sorted I can binary search",
            prompt="Given a list of integers, find two that add up to a target.",
            kind="coding",
        ),
        Example(
            "The ids are unique. Next, the code.",
            quote="The ids are unique",
            prompt="Given a list of integers, find two that add up to a target.",
            kind="coding",
        ),
        Example(
            "The clocks agree. Next, the code.",
            quote="clocks agree",
            prompt="Given a list of integers, find two that add up to a target.",
            kind="coding",
        ),
        Example(
            "There are no duplicates. Next, the code.",
            quote="no duplicates",
            prompt="Given a list of integers, find two that add up to a target.",
            kind="coding",
        ),
        Example(
            "Clients will always retry. Next, the code.",
            quote="Clients will always retry",
            prompt="Given a list of integers, find two that add up to a target.",
            kind="coding",
        ),
    ),
    spared=(
        Example(
            "Let's assume the list is sorted. Next, the code.",
            prompt="Given a list of integers, find two that add up to a target.",
            kind="coding",
        ),
        Example(
            "If the list is sorted I can binary search. Next, the code.",
            prompt="Given a list of integers, find two that add up to a target.",
            kind="coding",
        ),
        Example(
            "Is the list sorted?",
            prompt="Given a list of integers, find two that add up to a target.",
            kind="coding",
        ),
        Example(
            "Since the list is sorted I can binary search. Next, the code.",
            prompt="Given a sorted list of integers, find a target.",
            kind="coding",
        ),
        Example(
            "I can't rely on it being sorted. Next, the code.",
            prompt="Given a list of integers, find two that add up to a target.",
            kind="coding",
        ),
    ),
    known_misses=(
        Example(
            "I sort it first. Then I look at the middle. Now it's in order.",
            prompt="Given a list of integers, find two that add up to a target.",
            kind="coding",
            note="flagged though the speaker made it so himself two sentences before",
        ),
    ),
    instead="Say it as an assumption and what happens when it fails.",
    frames=("I'm assuming this: ___. If it didn't hold I'd ___.",),
    check=_assumed_property,
)
TAKEN_FOR_GRANTED = Rule(
    code="A5",
    name="taken-for-granted",
    severity="info",
    summary=(
        "Flagged when “obviously”, “everybody knows” or “as usual” stands where an "
        "assumption should be spelled out and matters."
    ),
    why=(
        "The word asks the listener to agree without hearing the argument. If it is obvious "
        "it costs one clause to say; if it isn't, this is where they stop following."
    ),
    caught=(
        Example(
            "Obviously we'd use Kafka. Next, the map.",
            quote="Obviously",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "Same lock on both, obviously. Next, the map.",
            quote="obviously",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "And it's a queue, everybody knows that one. Next, the map.",
            quote="everybody knows",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example(
            "It goes without saying that we cache this. Next, the map.",
            quote="goes without saying",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
    ),
    spared=(
        Example(
            "It's obviously wrong because the second scan overwrites the first.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
        Example("Obviously I'm nervous, sorry.", prompt="Design a parcel tracking service.", kind="design"),
        Example("Is it obvious what I mean?", prompt="Design a parcel tracking service.", kind="design"),
        Example(
            "The obvious way is to scan the table, but that takes a minute.",
            prompt="Design a parcel tracking service.",
            kind="design",
        ),
    ),
    known_misses=(
        Example(
            "It's a web app, so React, and an API, the usual. Next, the map.",
            prompt="Design a parcel tracking service.",
            kind="design",
            note="flagged though nothing turns on it: a web app would be React to most people",
        ),
    ),
    instead="Replace the word by the assumption it stands for.",
    frames=("I'm assuming ___ here, because ___.",),
    check=_taken_for_granted,
)
