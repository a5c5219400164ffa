"""E: what an answer shows for its claims, and how it behaves. Beside D, A and U, in none of their counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from unsaid.language.conduct import Conduct, is_past
from unsaid.language.cues import CONDUCT, Cue, listed
from unsaid.language.weigh import Ground, follows, leans_back
from unsaid.rules.base import BLANK, Example, Finding, Rule, sentence_case, shown

_CHANGE_WITHIN = 6
"""So many sentences after a word of blame an own part is looked for; in a story up to its end."""
_FAR = 60
"""No further than this, however long the story."""
_LEAST_SENTENCES = 6
"""Shorter texts are fragments: they need no ending and show no side."""


# E1


def _claim_without_evidence(ground: Ground) -> Iterator[Finding]:
    heard = Conduct.on(ground)
    for read in ground.reads:
        cue = heard.first(read.index, "claim_self")
        own = cue is not None
        cue = cue or heard.first(read.index, "claim_thing")
        if cue is None or read.question or _wished(read.words, cue):
            continue
        if _own_evidence(heard, read.index, cue) or any(
            _evident(heard, read.index, j, own) for j in (read.index - 1, read.index + 1, read.index + 2)
        ):
            continue
        quote = read.clause(cue)
        whom = "you" if own else "it"
        yield Finding(
            read.index,
            quote,
            f"{shown(quote)} is a claim, and nothing near it shows it: no action, no figure, no example.",
            (f"claims: {shown(quote)}", "no reason, figure or example in it, before it or in the next two"),
            f"{sentence_case(quote)}: when {BLANK}, {'I' if own else 'it'} {BLANK}, and {BLANK} came of it."
            if whom == "you"
            else f"{sentence_case(quote)}: at {BLANK} it {BLANK}, because {BLANK}.",
            0.8 if own else 0.7,
        )


def _wished(words: Sequence[str], cue: Cue) -> bool:
    """ "It needs to be highly available" asks for it, "is it scalable" doubts it."""
    return not _WISHES.isdisjoint(words[max(0, cue.start - 4) : cue.start]) or not _NEEDS.isdisjoint(
        words[: cue.start]
    )


_NEEDS = frozenset(("need", "needs", "needed", "want", "wants", "wanted", "should", "must"))
_WISHES = frozenset(
    (
        *(
            "need",
            "needs",
            "needed",
            "want",
            "wants",
            "wanted",
            "should",
            "must",
            "has",
            "requirement",
            "goal",
        ),
        *("if", "whether", "could", "might", "hope", "make", "that'd"),
        *("not", "isn't", "aren't", "wasn't", "wouldn't", "never", "no", "nobody"),
    )
)


def _own_evidence(heard: Conduct, index: int, cue: Cue) -> bool:
    read = heard.reads[index]
    if read.figures or heard.says(index, "example"):
        return True
    outside = (*read.words[: cue.start], *read.words[cue.end :])
    if any(is_past(w) for w in outside):
        return True
    return heard.reading(index, "reasons") >= 0.5


def _evident(heard: Conduct, index: int, other: int, own: bool) -> bool:
    """A neighbour shows what is claimed: of a person what she did, of a thing a reason, figure or example."""
    if not 0 <= other < len(heard.reads):
        return False
    there, here = heard.reads[other], heard.reads[index]
    if own:
        if other > index + 1:
            return False
        return heard.acted(other) or heard.says(other, "example")
    near = abs(other - index) == 1
    tied = bool(there.content & here.content) or leans_back(there) or near
    return tied and (
        heard.says(other, "example")
        or there.figures > 0
        or not _CASES.isdisjoint(there.words)
        or max(
            heard.ground.supports[other][0], heard.reading(other, "reasons"), heard.reading(other, "supports")
        )
        >= 0.5
    )


_CASES = frozenset(("if", "when", "because", "since", "so"))


# E2


def _component_dump(ground: Ground) -> Iterator[Finding]:
    if ground.answer.kind == "coding":
        return
    heard = Conduct.on(ground)
    taken = -1
    for read in ground.reads:
        if read.index <= taken:
            continue
        row = _row(heard, read.index)
        if row is None:
            continue
        last, names, start, end = row
        taken = last
        reasons = [
            max(heard.reading(j, "reasons"), ground.supports[j][0]) for j in range(read.index, last + 1)
        ]
        after = max(heard.reading(last + 1, "supports"), 0.8 * heard.reading(last + 1, "reasons"))
        if max(reasons) >= 0.5 or after >= 0.5:
            continue
        if ground.answer.kind == "story" and heard.reading(read.index, "commits") < 0.5:
            continue
        quote = read.quote(start, end)
        yield Finding(
            read.index,
            quote,
            f"{len(names)} parts in a row ({', '.join(names)}), and what each is there for is not said.",
            (f"named in a row: {', '.join(names)}", "no reason between them or right after"),
            f"{sentence_case(names[0])} is there because {BLANK}; {names[1]} because {BLANK}; without "
            f"{names[-1]}, {BLANK}.",
            0.75,
        )


def _parts(heard: Conduct, index: int) -> list[tuple[int, int]]:
    """The products and large components that a sentence names, by their words."""
    read = heard.reads[index]
    leave, languages = listed("no_part", CONDUCT), listed("languages")
    return [
        (a, b)
        for a, b in read.spans("tech", "component")
        if read.words[a] not in leave and not (b == a + 1 and read.words[a] in languages)
    ]


_ROW, _GAP = 3, 3
"""So many parts make a row, with so many words between two of them at most."""


def _row(heard: Conduct, index: int) -> tuple[int, tuple[str, ...], int, int] | None:
    """Three parts or more, one right after the other, from a sentence on: the sentence where it ends, their
    names, and the words of the first sentence that hold it."""
    read = heard.reads[index]
    if read.question or read.code or not _TOLD.isdisjoint(read.words):
        return None
    names: list[str] = []
    start = end = 0
    for a, b in _parts(heard, index):
        if names and not _next_to(heard, index, end, a):
            if len(names) >= _ROW:
                break
            names = []
        if not names:
            start = a
        end = b
        _named(names, read.quote(a, b))
    if not names or not listed("row_breakers", CONDUCT).isdisjoint(
        (*read.words[max(read.lead, start - 2) : start], *read.words[end : end + 2])
    ):
        return None
    last = index
    if end == len(read.words):
        # "Kafka. Redis. Cassandra."
        for other in heard.reads[index + 1 : index + 4]:
            spans = _parts(heard, other.index)
            if (
                other.question
                or not other.verbless
                or other.size > 4
                or not spans
                or spans[0][0] != other.lead
            ):
                break
            last = other.index
            for a, b in spans:
                _named(names, other.quote(a, b))
    return (last, tuple(names), start, end) if len(names) >= _ROW else None


def _named(names: list[str], name: str) -> None:
    """Add a part, once."""
    words = set(name.lower().split())
    if not any(words & set(n.lower().split()) for n in names):
        names.append(name)


def _next_to(heard: Conduct, index: int, end: int, start: int) -> bool:
    """Nothing but a few words of place or order between two parts."""
    between = heard.reads[index].words[end:start]
    return (
        len(between) <= _GAP
        # "Redis for the cache, Postgres for the rest": each has a task.
        and "for" not in between
        and listed("row_breakers", CONDUCT).isdisjoint(between)
        and listed("finite").isdisjoint(between)
    )


_TOLD = frozenset(("they", "had", "used", "was", "were", "either", "between", "like", "options", "whether"))


# E3, E6


def _abrupt_ending(ground: Ground) -> Iterator[Finding]:
    heard = Conduct.on(ground)
    count = len(ground.reads)
    if count < _LEAST_SENTENCES:
        return
    window = _last(ground)
    if any(_closes(heard, i) for i in window) or _no_outcome_in(heard):
        return
    last = ground.reads[-1]
    quote = last.core
    bare = heard.says(last.index, "signoff")
    yield Finding(
        last.index,
        quote,
        f"The answer stops at {shown(quote)}, with no result, summary, next step or lesson before it.",
        (
            f"last words: {shown(quote)}",
            f"none of these in the last {len(window)} sentences"
            + (": a word of goodbye only says that you stop" if bare else ""),
        ),
        f"So what stands is {BLANK}; what I'd do next is {BLANK}; the part I'm least sure of is {BLANK}.",
        0.65 if bare else 0.75,
    )


def _last(ground: Ground) -> range:
    """The end of an answer: four sentences or more, and as many as it takes to some 45 words."""
    count = len(ground.reads)
    start, words = count, 0
    while start > 0 and count - start < 9 and (count - start < 4 or words < 45):
        start -= 1
        words += ground.reads[start].size
    return range(start, count)


_WOULD = frozenset(("i'd", "would"))


def _closes(heard: Conduct, index: int) -> bool:
    """A result, a summary, a next step or a lesson."""
    read = heard.reads[index]
    kind = heard.ground.answer.kind
    story = kind == "story"
    if kind in ("coding", "debugging"):
        tried = listed("testing") | listed("tried", CONDUCT)
        if not tried.isdisjoint(read.words):
            return True
    if kind == "debugging" and not listed("secured", CONDUCT).isdisjoint(read.words):
        return True
    if story and not _WOULD.isdisjoint(read.words):
        return True
    if heard.says(index, "summary", "next") or read.weight("summary") >= 1:
        return True
    if story and heard.says(index, "lesson", "came_of_it"):
        return True
    if (
        any(c.weight >= 1 or kind in ("story", "coding") for c in heard.cues(index, "result"))
        or read.weight("outcome") >= 1
    ):
        return True
    if _recaps(heard, index):
        return True
    cue = heard.first(index, "signoff")
    return cue is not None and len(read.words) - (cue.end - cue.start) >= 6


def _recaps(heard: Conduct, index: int) -> bool:
    """ "So one log for each group, and a read side": the last words name again what was said before."""
    read = heard.reads[index]
    if index < len(heard.reads) - 2 or read.words[:1] != ("so",) or len(read.content) < 4:
        return False
    places = heard.ground.answer.places
    return sum(places[part][0] < index for part in read.content) >= 0.6 * len(read.content)


def _no_outcome(ground: Ground) -> Iterator[Finding]:
    heard = Conduct.on(ground)
    if not _no_outcome_in(heard):
        return
    last = ground.reads[-1]
    quote = last.core
    yield Finding(
        last.index,
        quote,
        f"The story ends at {shown(quote)}, and what came of it is not heard: nothing counted, nothing seen.",
        (
            "a story",
            "no result in it: no figure after what was done, nothing that went live, held or changed",
        ),
        f"In the end {BLANK} went from {BLANK} to {BLANK}, and {BLANK} could tell.",
        0.75,
    )


def _no_outcome_in(heard: Conduct) -> bool:
    """A story whose second half holds nothing that came of it."""
    ground = heard.ground
    count = len(ground.reads)
    if ground.answer.kind != "story" or count < _LEAST_SENTENCES:
        return False
    return not any(
        not read.question
        and (
            read.weight("outcome") >= 1
            or heard.says(read.index, "came_of_it")
            or (
                read.figures > 0
                and read.index >= 2 * count // 3
                and (read.has("unit") or "percent" in read.bag)
            )
        )
        for read in ground.reads[count // 3 :]
    )


# E4


def _apology_loop(ground: Ground) -> Iterator[Finding]:
    heard = Conduct.on(ground)
    count = len(ground.reads)
    said = [i for i in range(count) if _apologises(heard, i)]
    inner = [i for i in said if 2 <= i < count - 2]
    if len(inner) < 3:
        return
    open_ = [i for i in inner[1:] if not _mended(heard, i)]
    if not open_:
        return
    at = open_[0]
    quote = ground.reads[at].quote(0, 12)
    yield Finding(
        at,
        quote,
        f"{len(said)} apologies in one answer; after this one nothing is put right.",
        (
            f"{len(said)} apologies, {len(inner)} of them in the middle of the answer",
            "no correction or choice in this sentence or the next two",
        ),
        f"That was wrong because {BLANK}; instead {BLANK}, and that changes {BLANK}.",
        0.8,
    )


def _apologises(heard: Conduct, index: int) -> bool:
    spared = heard.cues(index, "no_apology")
    return any(
        not any(s.start < cue.end and cue.start < s.end for s in spared)
        for cue in heard.cues(index, "apology")
    )


def _mended(heard: Conduct, index: int) -> bool:
    """What went wrong is put right here or right after."""
    for i in range(index, min(len(heard.reads), index + 3)):
        read = heard.reads[i]
        if (
            read.weight("reversal") >= 1
            or read.weight("correction") >= 1
            or heard.reading(i, "commits") >= 0.5
        ):
            return True
    return False


# E5


def _blame(ground: Ground) -> Iterator[Finding]:
    heard = Conduct.on(ground)
    count = len(ground.reads)
    blamed = [i for i in range(count) if heard.says(i, "blame") and not ground.reads[i].question]
    if not blamed:
        return
    reach = count if ground.answer.kind == "story" else _CHANGE_WITHIN
    for i in blamed:
        read, cue = ground.reads[i], heard.cues(i, "blame")[0]
        near = range(max(0, i - 1), min(count, i + min(reach, _FAR)))
        if any(_owned(heard, j, cue if j == i else None) for j in near):
            continue
        quote = read.clause(cue)
        others = len(blamed) - 1
        yield Finding(
            i,
            quote,
            f"{shown(quote)} puts it on others, and what you changed, or would, is not heard after it.",
            (
                f"at fault: {shown(quote)}" + (f", and {others} more such sentences" if others else ""),
                "no own part and no own change follows",
            ),
            f"What I missed was {BLANK}; since then I {BLANK}, so that {BLANK}.",
            0.7,
        )
        return


def _owned(heard: Conduct, index: int, blame: Cue | None) -> bool:
    """An own part, or what one does otherwise since, beside the words of blame."""
    return any(
        blame is None or own.start >= blame.end or own.end <= blame.start
        for own in heard.cues(index, "owning")
    )


# E8


def _trade_off_without_reversal(ground: Ground) -> Iterator[Finding]:
    heard = Conduct.on(ground)
    count = len(ground.reads)
    for read in ground.reads:
        i = read.index
        cue = next((c for c in heard.cues(i, "tradeoff") if not _bought(heard, i, c)), None)
        if cue is None or read.question:
            continue
        near = range(i, min(count, i + 4))
        if any(heard.says(j, "turns") or "if" in ground.reads[j].bag for j in near):
            continue
        figures = sum(ground.reads[j].figures for j in (i, i + 1) if j < count)
        if figures or "but" in read.words[cue.end :] or _why_paid(heard, i, cue):
            continue
        quote = read.clause(cue)
        yield Finding(
            i,
            quote,
            f"{shown(quote)} names a price, and when it would be too high is not said.",
            (f"names a price: {shown(quote)}", "no limit, condition or reason to pay it near it"),
            f"{sentence_case(quote)}; I pay it because {BLANK}, and if {BLANK} I'd switch to {BLANK}.",
            0.65,
        )


def _why_paid(heard: Conduct, index: int, cue: Cue) -> bool:
    """Beside the price stands why it is paid, or right after it what limits it."""
    read = heard.reads[index]
    beside = [c for c in read.cues.get("reason", ()) if c.start >= cue.end and c.weight >= 0.6]
    after = (heard.reading(index + 1, name) for name in ("reasons", "supports", "bounds"))
    following = heard.ground.answer.get(index + 1)
    return bool(beside) or max(after) >= 0.5 or (following is not None and follows(following))


def _bought(heard: Conduct, index: int, cue: Cue) -> bool:
    """The price of goods is no trade-off."""
    return any(s.start <= cue.end and cue.start <= s.end for s in heard.cues(index, "no_tradeoff"))


# E7


def _one_sided(ground: Ground) -> Iterator[Finding]:
    asked = {name: level for name, level in ground.signals.items() if level != "not-asked"}
    heard = [name for name, level in asked.items() if level in ("visible", "partly")]
    if len(asked) < 3 or len(heard) != 1 or len(ground.reads) < _LEAST_SENTENCES:
        return
    missing = [name for name in asked if name not in heard]
    last = ground.reads[-1]
    yield Finding(
        last.index,
        last.core,
        f"Up to {shown(last.core)} only {heard[0]} is heard; the question calls for {_and(missing)} too.",
        (f"heard: {heard[0]}", f"not heard: {', '.join(missing)}"),
        f"For {missing[0]} I'd say: {BLANK}; for {missing[1]}: {BLANK}.",
        0.7,
    )


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


# The rules

_PARCELS = "Design a parcel tracking service."
_PROJECT = "Tell me about a project you led."
_WRONG = "Tell me about a project that went wrong."
_MERGE = "Given a list of time intervals, merge the ones that overlap."


def _design(text: str, quote: str = "", note: str = "") -> Example:
    return Example(text, quote, _PARCELS, "design", note)


def _story(text: str, quote: str = "", note: str = "", prompt: str = _PROJECT) -> Example:
    return Example(text, quote, prompt, "story", note)


def _coding(text: str, quote: str = "", note: str = "") -> Example:
    return Example(text, quote, _MERGE, "coding", note)


CLAIM_WITHOUT_EVIDENCE = Rule(
    code="E1",
    name="claim-without-evidence",
    severity="warning",
    summary=(
        "Flagged when a quality is claimed (“I'm a strong owner”, “it's very scalable”) and no action, "
        "figure, "
        "reason or example stands in that sentence or next to it."
    ),
    why=(
        "Anybody can say it, so it says nothing: a listener writes down what was done and what came of "
        "it, and "
        "here there is nothing to write down. Often the deed is there and was left out for the adjective."
    ),
    caught=(
        _story(
            "I'm a very strong leader. The project was a portal. It was for nurses.",
            "I'm a very strong leader",
        ),
        _story(
            "I take full ownership of things. The project was a portal.", "I take full ownership of things"
        ),
        _story(
            "I'm extremely data driven. The project was a portal. It was for nurses.",
            "I'm extremely data driven",
        ),
        _story(
            "It was a portal for nurses. I'm known for getting on with everybody.",
            "I'm known for getting on with everybody",
        ),
        _story("I'm a big believer in quality. The project was a portal.", "I'm a big believer in quality"),
        _story(
            "The portal had a massive impact on the ward. It was blue.", "had a massive impact on the ward"
        ),
        _design("The scans go to a queue. It's very scalable. Next, the map.", "It's very scalable"),
        _design("The scans go to a queue. That's bulletproof. Next, the map.", "That's bulletproof"),
        _design("So yeah, that's a modern architecture. Next, the map.", "that's a modern architecture"),
    ),
    spared=(
        _story("I'm a very strong leader, I ran the portal with nine people through two freezes."),
        _story(
            "I'm extremely data driven. We measured every click on the ward for a month before we drew a "
            "screen."
        ),
        _story(
            "I'm a big believer in rehearsals. For example, we switched the portal off on purpose in March."
        ),
        _story("The portal had a massive impact, the calls to the ward fell from ninety a day to twelve."),
        _story("My manager was a very strong leader. She took the calls."),
        _design("It's very scalable, because a scanner only ever talks to its own depot. Next, the map."),
        _design("It's highly available. If a depot goes, the scanners keep the day and send it on later."),
        _design("It needs to be highly available. Next, the map.", note="a demand, no claim"),
        _design("Is that scalable? I'd test it with ten depots. Next, the map."),
    ),
    known_misses=(
        _story(
            "We shipped it together. Ownership is what people see in me first. The project was a portal.",
            note="missed: a claim in words that no list knows",
        ),
        _story(
            "I'm very data driven, so the first thing I did was talk to everyone. It was a portal.",
            note="missed: an action stands beside it, and whether it shows what is claimed is not weighed",
        ),
    ),
    instead="Tell the one time it could be seen: what you did, what the figure was before and after.",
    frames=(
        "{thing}: when ___, I ___, and ___ came of it.",
        "{thing}: at ___ it ___, because ___.",
    ),
    check=_claim_without_evidence,
)
COMPONENT_DUMP = Rule(
    code="E2",
    name="component-dump",
    severity="warning",
    summary=(
        "Flagged when three or more products or large components are named in a row, with no decision or "
        "reason "
        "between them."
    ),
    why=(
        "A row of names shows that you have heard of them. Which of them this problem needs, and what it "
        "would "
        "cost to leave one out, is what is being asked."
    ),
    caught=(
        _design("So Kafka, Flink, Cassandra. Now the couriers.", "Kafka, Flink, Cassandra"),
        _design(
            "I'd have an API gateway, a message broker and a CDN. Now the couriers.",
            "API gateway, a message broker and a CDN",
        ),
        _design("Lambda, API gateway, DynamoDB. Now the couriers.", "Lambda, API gateway, DynamoDB"),
        _design(
            "It's React on the client, GraphQL at the edge, microservices behind. Now the couriers.",
            "React on the client, GraphQL at the edge, microservices",
        ),
        _design(
            "Kubernetes, then Istio, then Envoy. Now the couriers.", "Kubernetes, then Istio, then Envoy"
        ),
        _design("The data stack is Snowflake, dbt, Looker. Now the couriers.", "Snowflake, dbt, Looker"),
        _design("Kafka. Redis. Cassandra. Now the couriers.", "Kafka"),
        _design(
            "A load balancer, nginx, a cache, a message queue. Now the couriers.",
            "load balancer, nginx, a cache, a message queue",
        ),
    ),
    spared=(
        _design("Kafka, because the scans come in bursts and none may be lost. Now the couriers."),
        _design("I could take Kafka, RabbitMQ or SQS. Now the couriers.", note="alternatives"),
        _design("No Kafka, no Redis, no Cassandra. One table does it."),
        _design("The scanner posts to the gateway, the gateway asks Redis, and Postgres gets the row."),
        _design(
            "Kafka, Flink, Cassandra. That way a burst waits in the log and the map only ever reads by "
            "parcel."
        ),
        _design("They had Oracle, Kafka and Solr when I came. I kept Kafka."),
        _design("Redis for the last position, Postgres for the history. Now the couriers."),
        _design("The table has a key, an index and a partition. Now the couriers."),
        _coding("I import deque, heapq, bisect. Then I sort the list by its start."),
    ),
    known_misses=(
        _design(
            "Kafka takes the scans. Flink joins them. Cassandra keeps them. Now the couriers.",
            note="missed: a sentence each, which reads as an account of the way of the data",
        ),
        _design(
            "We take Tibco, Hazelcast, Vertica. Now the couriers.",
            note="missed: products that the lists do not know",
        ),
    ),
    instead="Name one, say what it is for and what you would lose without it, then the next.",
    frames=("{thing} is there because ___; without it, ___.",),
    check=_component_dump,
)

_TABLE = (
    "How many parcels, a million a day? I'd take one table. A scan is a row. The page reads the last row. "
    "A courier sees his route. "
)
ABRUPT_ENDING = Rule(
    code="E3",
    name="abrupt-ending",
    severity="info",
    summary="Flagged when the answer stops and its end holds no result, summary, next step or lesson.",
    why=(
        "The last words are what is remembered and written down. An answer that just stops leaves it to the "
        "listener to say what it came to, and looks as if the clock had ended it."
    ),
    caught=(
        _design(_TABLE + "The route is a list. Doors have codes. The screen is blue.", "The screen is blue"),
        _design(_TABLE + "The route is a list. Doors have codes. Done.", "Done"),
        _design(_TABLE + "Depots have printers. Printers jam. That's it.", "That's it"),
        _design(_TABLE + "Icons for the states. Six languages. Okay, thanks.", "thanks"),
        _design(_TABLE + "Icons for the states. Six languages. I think that's all.", "I think that's all"),
        _design(_TABLE + "The phone gets a push. The push has a sound.", "The push has a sound"),
        _coding(
            "Can they touch? I sort by the start. I keep the last one. Class interval. Start and end. "
            "Getters. "
            "Setters. Done.",
            "Done",
        ),
        Example(
            "Since when is it slow? I'd look at the logs. The logs are on a disk. The disk is in Porto. "
            "There are "
            "six of them. They are grey. Right.",
            "Right",
            "One endpoint has become slow. Find out why.",
            "debugging",
        ),
    ),
    spared=(
        _design(_TABLE + "Doors have codes. So to sum up, one table, and a queue on the scanner."),
        _design(_TABLE + "Doors have codes. What I haven't covered is returns."),
        _design(_TABLE + "Doors have codes. First I'd test the scanner's clock."),
        _design(_TABLE + "Doors have codes. With more time I'd look at the depots."),
        _design(_TABLE + "Doors have codes. The piece I trust least is the scanner's clock."),
        _design("I'd take one table. A scan is a row.", note="a fragment"),
        _coding(
            "Can they touch? I sort by the start. I keep the last one. A new one starts. Test, one to "
            "three. It passes."
        ),
        _coding(
            "Can they touch? I sort by the start. I keep the last one. A new one starts. So n log n in "
            "time. Done."
        ),
        _story(
            "It was a portal. It was blue. The ward was on the third floor. We met on Tuesdays. "
            "What I learned is to ask the nurses first."
        ),
    ),
    known_misses=(
        _design(
            _TABLE + "And the beauty is that a scanner can be off all day.",
            note="flagged: a closing thought in words that no list knows",
        ),
    ),
    instead="Keep the last half minute: what stands, what you would do next, what you are least sure of.",
    frames=("So what stands is ___; what I'd do next is ___; the part I'm least sure of is ___.",),
    check=_abrupt_ending,
)
APOLOGY_LOOP = Rule(
    code="E4",
    name="apology-loop",
    severity="warning",
    summary="Flagged when apologies repeat in the middle of an answer and no revision follows.",
    why=(
        "One “sorry” is manners. The third tells a listener to look for what is wrong, and takes the time in "
        "which it could be put right."
    ),
    caught=tuple(
        _coding(f"{text} That is that.", quote)
        for text, quote in (
            (
                "Intervals. I sort. Hmm, oh, sorry. It was there. Sorry again. I had it. Very sorry. Well.",
                "Sorry again",
            ),
            (
                "I sort by the start. Ends. My apologies. It was there. Excuse me. I had it. Sorry. Okay.",
                "Excuse me",
            ),
            (
                "Intervals. I sort by the start. That's wrong, sorry. Hmm. My bad. Hmm. Sorry, nerves. Okay.",
                "My bad",
            ),
            (
                "Intervals. A list. Sorry, I'm slow. Hmm. Sorry, it's late. Hmm. Sorry about this. Okay.",
                "Sorry, it's late",
            ),
            (
                "Intervals. A list. I apologise. Hmm. Forgive me. Hmm. I'm so embarrassed. Hmm. Okay.",
                "Forgive me",
            ),
            (
                "Intervals. A list. Pardon me. Hmm. I'm sorry. Hmm. That was stupid of me. Hmm. Okay.",
                "I'm sorry",
            ),
            (
                "Intervals. A list. Sorry, me. Hmm. Oh no, sorry. Hmm. Sorry, sorry. Hmm. Okay.",
                "Sorry, sorry",
            ),
            ("Intervals. A list. My mistake. Hmm. My fault. Hmm. Sorry. Hmm. Okay.", "My fault"),
        )
    ),
    spared=(
        _coding(
            "I sort by the start. Sorry, by the end. Then I compare. Then I push. The list is a list. "
            "That is that."
        ),
        _coding(
            "Sorry, bad line. I sort by the start. Then I compare. Then I push. Sorry if that was quick."
        ),
        _coding(
            "Intervals. A list of them. Sorry, that's wrong, I'll sort by the end. Hmm. Sorry, I'll use a "
            "heap. Hmm. "
            "Sorry, let's go with two pointers. Hmm. Okay. That is that.",
            note="each is followed by a revision",
        ),
        _coding(
            "The clerk says sorry. The clerk says sorry again. The form says sorry. The list is a list. "
            "That is that."
        ),
        _coding(
            "Intervals. A list of them. Sorry, can you repeat the limit? Hmm. Sorry, what is n? Hmm. "
            "Okay. That is that."
        ),
        _coding("Intervals. A list of them. Sorry. Hmm. Then I compare. Then I push. Okay. That is that."),
        _story(
            "We apologised in person. We apologised by letter. The board said sorry. It went live in May. "
            "That is that."
        ),
        _coding(
            "I sort by the start, since then one pass does it. Then I push. The rest falls out. That is that."
        ),
    ),
    known_misses=(
        _coding(
            "Intervals. A list of them. Ugh, typical me. Hmm. Silly, silly. Hmm. I always do that. Hmm. "
            "Okay. That is that.",
            note="missed: apologies without a word of apology",
        ),
    ),
    instead="Say once that it was wrong, then at once what you put in its place and what that changes.",
    frames=("That was wrong because ___; instead ___, and that changes ___.",),
    check=_apology_loop,
)

_LATE = "We were late by a month. "
_ENDS = " That was the whole story. It rained that spring."


def _late(text: str, quote: str = "", note: str = "") -> Example:
    return _story(f"{_LATE}{text}{_ENDS}", quote, note, _WRONG)


BLAME = Rule(
    code="E5",
    name="blame",
    severity="warning",
    summary=(
        "Flagged when the process, the team or the interviewer is at fault, and no own part and no own "
        "change follows."
    ),
    why=(
        "It may well be true, and a listener cannot check it. What she can hear is whether you would do "
        "anything "
        "else the next time, and after blame alone the answer is no."
    ),
    caught=(
        _late("It was entirely the vendor's fault.", "It was entirely the vendor's fault"),
        _late("The other team dropped the ball.", "team dropped the ball"),
        _late("Management never listened.", "Management never listened"),
        _late("Product kept changing the requirements.", "Product kept changing the requirements"),
        _late("The process was just broken.", "process was just broken"),
        _late("Nobody told us anything.", "Nobody told us anything"),
        _late("There was nothing I could have done.", "There was nothing I could have done"),
        _late(
            "If management had listened to us it would have worked.",
            "If management had listened to us it would have worked",
        ),
        Example(
            "I sort by the end. Then I compare. The question was really unclear. Now the list.",
            "The question was really unclear",
            _MERGE,
            "coding",
        ),
    ),
    spared=(
        _late("The vendor was late, and I hadn't asked for a date in writing. Now I do."),
        _late("It was partly their fault and partly mine."),
        _late("Management never listened. So I changed how I told them, one page, the price first."),
        _late("Product kept changing the requirements. I should have said what each change cost."),
        _late("The fault was in the cable."),
        _late("It wasn't the vendor's fault."),
        _late("The other team needed a week more than we thought, so we moved the launch."),
        _late("Nobody told us about the freeze. Since then I ask in the first week."),
        _coding("You didn't say whether they can touch, so I'll assume they merge. Now the list."),
    ),
    known_misses=(
        _late("With Bernd in the room it could not work.", note="missed: blame in words that no list knows"),
        _late(
            "It was entirely the vendor's fault. I rang them every Monday from there on, with a list.",
            note="flagged: a change that is told in words that no list knows",
        ),
    ),
    instead="One sentence for what others did, two for your part in it and what you do since.",
    frames=("What I missed was ___; since then I ___, so that ___.",),
    check=_blame,
)

_PORTAL = (
    "It was a portal for nurses. I was the lead. We did sprints. I spoke with everyone. I coached the "
    "juniors. "
    "The designers sat in Porto. "
)
NO_OUTCOME = Rule(
    code="E6",
    name="no-outcome",
    severity="warning",
    summary=(
        "Flagged when a story holds nothing that came of it: nothing counted, nothing that could be observed."
    ),
    why=(
        "What you did is half of a story. Without what came of it a listener cannot tell a good decision "
        "from a "
        "busy month, and will not assume the better."
    ),
    caught=(
        _story(_PORTAL + "I kept the board tidy. We had a good spirit.", "We had a good spirit"),
        _story(_PORTAL + "We talked about the screen. Ann liked blue.", "Ann liked blue"),
        _story(_PORTAL + "I asked for a budget. It was a journey.", "It was a journey"),
        _story(_PORTAL + "I wrote many documents. I like documents.", "I like documents"),
        _story(_PORTAL + "We held workshops. There was a deck.", "There was a deck"),
        _story(_PORTAL + "The stack was React. It was a large team.", "It was a large team"),
        _story(_PORTAL + "I ran the standups. That was my project.", "That was my project"),
        _story(_PORTAL + "I was very busy. It was a hard year.", "It was a hard year"),
    ),
    spared=(
        _story(_PORTAL + "It went live in May. We had a good spirit."),
        _story(_PORTAL + "The calls to the ward fell from ninety to twelve. We had a good spirit."),
        _story(_PORTAL + "They still use it. We had a good spirit."),
        _story(_PORTAL + "In the end the board cancelled it. We had a good spirit."),
        _story(_PORTAL + "The nurses stopped phoning. We had a good spirit."),
        _story(_PORTAL + "The feedback was that it saved them an hour. We had a good spirit."),
        _story("It was a portal. I was the lead. We did sprints.", note="a fragment"),
        _design(_TABLE + "Doors have codes. The screen is green.", note="no story"),
    ),
    known_misses=(
        _story(
            _PORTAL + "Nobody wept when it was gone. Ann was made a partner.",
            note="flagged: something came of it, in words that no list knows",
        ),
        _story(
            _PORTAL + "We improved it. We had a good spirit.",
            note="missed: a word of improvement is taken as a result",
        ),
    ),
    instead="One figure before and after; where there is none, one thing that somebody could see.",
    frames=("In the end ___ went from ___ to ___, and ___ could tell.",),
    check=_no_outcome,
)


def _sided(*levels: tuple[str, str], quote: str = "", note: str = "", text: str = "") -> Example:
    return Example(
        text or _TABLE + "The route is a list. Doors have codes.",
        quote,
        _PARCELS,
        "design",
        note,
        signals=levels,
    )


_F, _A, _P, _D, _C = (
    "problem framing",
    "architectural judgement",
    "production judgement",
    "delivery judgement",
    "communication and reflection",
)
ONE_SIDED = Rule(
    code="E7",
    name="one-sided",
    severity="info",
    summary="Flagged when only one of the signals that the question calls for is heard.",
    why=(
        "Signals multiply: a strong one does not make up for one that is missing. What was not heard "
        "counts as "
        "not there."
    ),
    caught=(
        _sided((_A, "visible"), (_F, "hidden"), (_P, "hidden"), quote="Doors have codes"),
        _sided((_A, "partly"), (_F, "hidden"), (_P, "hidden"), quote="Doors have codes"),
        _sided((_F, "visible"), (_A, "hidden"), (_P, "hidden"), (_D, "hidden"), quote="Doors have codes"),
        _sided((_P, "visible"), (_A, "hidden"), (_F, "hidden"), (_C, "not-asked"), quote="Doors have codes"),
        _sided((_C, "partly"), (_A, "hidden"), (_F, "hidden"), (_D, "not-asked"), quote="Doors have codes"),
        _sided(
            (_D, "visible"),
            (_A, "hidden"),
            (_F, "hidden"),
            (_P, "hidden"),
            (_C, "hidden"),
            quote="Doors have codes",
        ),
        _sided((_F, "partly"), (_A, "hidden"), (_D, "hidden"), quote="Doors have codes"),
        _sided((_C, "visible"), (_A, "hidden"), (_F, "hidden"), (_P, "hidden"), quote="Doors have codes"),
    ),
    spared=(
        _sided(note="nobody listened for signals"),
        _sided((_A, "visible"), (_F, "partly"), (_P, "hidden")),
        _sided((_A, "visible"), (_F, "visible"), (_P, "visible")),
        _sided((_A, "visible"), (_F, "hidden"), note="the question calls for two"),
        _sided((_A, "visible"), (_F, "hidden"), (_P, "not-asked"), note="the question calls for two"),
        _sided((_A, "hidden"), (_F, "hidden"), (_P, "hidden"), note="none at all is another matter"),
        _sided((_A, "partly"), (_F, "partly"), (_P, "hidden"), (_D, "hidden")),
        _sided(
            (_A, "visible"), (_F, "hidden"), (_P, "hidden"), text="I'd take one table.", note="a fragment"
        ),
    ),
    known_misses=(
        _sided(
            (_A, "visible"),
            (_F, "partly"),
            (_P, "hidden"),
            (_D, "hidden"),
            note="missed on purpose: a second signal, however faint, is a second side",
        ),
    ),
    instead="Before you end, ask yourself which side is still silent, and give it one sentence.",
    frames=("For ___ I'd say: ___; for ___: ___.",),
    check=_one_sided,
    needs_signals=True,
)
TRADE_OFF_WITHOUT_REVERSAL = Rule(
    code="E8",
    name="trade-off-without-reversal",
    severity="info",
    summary=(
        "Flagged when a trade-off is named, and neither what would change the choice nor why the price is "
        "worth "
        "paying is said near it."
    ),
    why=(
        "To name a price shows that you saw it. At which price you would choose otherwise shows that you "
        "judged it, "
        "and that is the half that is asked for."
    ),
    caught=(
        _design(
            "I'd write to both stores. The downside is double the writes. Now the couriers.",
            "The downside is double the writes",
        ),
        _design(
            "The positions are cached. We trade freshness for speed. Now the couriers.",
            "We trade freshness for speed",
        ),
        _design(
            "One big table. That's a trade-off of course. Now the couriers.", "That's a trade-off of course"
        ),
        _design(
            "The phone polls. It comes at the cost of battery. Now the couriers.", "at the cost of battery"
        ),
        _design(
            "One queue for all. The catch is the ordering. Now the couriers.", "The catch is the ordering"
        ),
        _design(
            "I'd drop the history. What we give up is the audit. Now the couriers.",
            "What we give up is the audit",
        ),
        _design(
            "I keep it in memory. I'd take that trade-off any day. Now the couriers.",
            "I'd take that trade-off any day",
        ),
        _design(
            "Two regions. The price of that is a second pipeline. Now the couriers.",
            "The price of that is a second pipeline",
        ),
    ),
    spared=(
        _design(
            "I'd write to both stores. The downside is double the writes, and if that hurts I'd go to a log."
        ),
        _design("The positions are cached. The price is ten seconds, and no van gets far in that."),
        _design(
            "One big table. That's a trade-off, because joins over depots would be worse. Now the couriers."
        ),
        _design(
            "One queue for all. The catch is the ordering. So each scan carries a number, and the row "
            "keeps the highest."
        ),
        _design(
            "I'd drop the history. What we give up is the audit, and nobody asked for it. Now the couriers."
        ),
        _design(
            "Two regions. The price of that is a second pipeline. Once there are ten depots I'd split it."
        ),
        _design("The price is in the parcel's row. Now the couriers."),
        _design("The price of the parcel is copied into its row. Now the couriers."),
        _coding("I keep a set as well. The cost is n more entries, and past ten million I'd sort instead."),
    ),
    known_misses=(
        _design(
            "I keep it in memory. You lose it in a crash. Now the couriers.",
            note="missed: a price that is told without a word for price",
        ),
        _design(
            "The phone polls. It eats battery like mad. Now the couriers.",
            note="missed: a price that is told without a word for price",
        ),
    ),
    instead="End every price with a limit: up to where you pay it, and what you would take from there on.",
    frames=("{thing}; I pay it because ___, and if ___ I'd switch to ___.",),
    check=_trade_off_without_reversal,
)
