"""What the sentences of an answer do, as far as hand-written ways can tell: the ways of showing a signal.

Each way joins phrases of `language/signals.toml` with what else stands in the sentence or beside it: a
choice, a reason, a condition, a figure, somebody else. Sentences that only string names and virtues together
are not heard at all. What is learnt besides (`drills.hearing`) builds on these. Pure, linear in the words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from unsaid.language import acts, lexicon
from unsaid.language.acts import Read
from unsaid.language.cues import FILLERS, find_in, is_number, listed
from unsaid.language.judge import READINGS, Judge, judge_of
from unsaid.language.weigh import Ground
from unsaid.model import Kind, Prompt, Sentence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Level = Literal["hidden", "partly", "visible"]
LEVELS: tuple[Level, ...] = ("hidden", "partly", "visible")
"""From nothing on."""
BOOK = "signals.toml"

# ------------------------------------------------------------------------------------------- the ear


class Ear:
    """An answer without its mere lists, and what is heard of it."""

    def __init__(self, sentences: Sequence[Sentence], prompt: Prompt | None, kind: Kind | None) -> None:
        whole = acts.understand(sentences, prompt, kind)
        self.places = [i for i, r in enumerate(whole.reads) if r.tokens and not is_list(r)]
        """Of each sentence that is heard, its place among those given."""
        kept = [whole.reads[i] for i in self.places]
        self.lists = sum(1 for r in whole.reads if r.tokens) - len(kept)
        """How many sentences only string names together."""
        own = [replace(r.sentence, index=i, acts=()) for i, r in enumerate(kept)]
        answer = replace(
            whole,
            reads=tuple(
                replace(r, sentence=s, index=i) for i, (r, s) in enumerate(zip(kept, own, strict=True))
            ),
            places={},
        )
        self.kind = answer.kind
        self.ground = Ground(answer)
        self.reads = answer.reads
        self.cues = [frozenset(find_in(BOOK, r.words, r.classes)) for r in self.reads]
        """Of each sentence, the kinds of phrases in it."""

    @cached_property
    def judge(self) -> Judge:
        """The learnt judgement of the sentences."""
        return judge_of(self.ground)

    @cached_property
    def read(self) -> NDArray[np.float64]:
        """(sentences, 7): the learnt readings, 0 to 1, in the order of `READINGS`."""
        return self.judge.readings

    @cached_property
    def readings(self) -> list[dict[str, float]]:
        """Of each sentence, the learnt readings by name, 0 to 1."""
        return [dict(zip(READINGS, row, strict=True)) for row in self.read.tolist()] if self.reads else []

    def says(self, i: int, *kinds: str) -> bool:
        """A phrase of any of `kinds` stands in sentence i; False outside the answer."""
        return 0 <= i < len(self.cues) and not self.cues[i].isdisjoint(kinds)

    def near(self, i: int, *kinds: str, before: int = 1, after: int = 1) -> bool:
        """The same for a sentence and its neighbours."""
        return any(self.says(j, *kinds) for j in range(i - before, i + after + 1))

    def commits(self, i: int) -> bool:
        """Sentence i commits the speaker to something."""
        if not 0 <= i < len(self.reads):
            return False
        decision = self.ground.decisions[i]
        return self.readings[i]["commits"] >= 0.5 or (decision is not None and decision.strength >= 0.6)

    def reasons(self, i: int) -> bool:
        """Sentence i holds a reason that is more than a virtue."""
        if not 0 <= i < len(self.reads) or self.says(i, "aj_virtue"):
            return False
        read = self.reads[i]
        strong = max(self.ground.supports[i][0], self.readings[i]["reasons"], self.readings[i]["supports"])
        return strong >= 0.5 and len(self.substance(i)) >= 3 and not read.question

    def accounted(self, i: int) -> bool:
        """Sentence i has a reason that is more than a virtue, or one beside it only gives one."""
        if self.reasons(i):
            return True
        return not self.says(i, "aj_virtue") and any(
            self.reasons(j) and self.readings[j]["supports"] >= 0.5
            for j in (i - 1, i + 1)
            if 0 <= j < len(self.reads)
        )

    def substance(self, i: int) -> set[str]:
        """The words of sentence i that are neither grammar, nor a virtue."""
        read = self.reads[i]
        return {w for w in read.content if w not in listed("virtues", BOOK)}

    def has(self, i: int, words: str) -> bool:
        """A word of a list of the book stands in sentence i."""
        return 0 <= i < len(self.reads) and not listed(words, BOOK).isdisjoint(self.reads[i].bag)


def is_list(read: Read) -> bool:
    """A sentence of names and virtues, held together by little words: it says nothing else."""
    pieces, rest = read.pieces, read.words[read.lead :]
    virtues, glue, finite = listed("virtues", BOOK), listed("glue", BOOK), listed("finite")
    people = listed("others", BOOK)
    says_more = read.figures > 0 or not listed("conditions", BOOK).isdisjoint(rest)
    if (
        read.verbless
        and len(pieces) >= 3
        and max(pieces) <= 4
        and not says_more
        and (read.has("thing") or not virtues.isdisjoint(read.bag))
    ):
        return True
    names = others = inside = 0
    for i, (word, kinds) in enumerate(zip(read.words, lexicon.classes(read.words), strict=True)):
        inside = max(inside, max((end for name, end in read.classes[i] if name in _NAMES), default=0))
        token = read.tokens[i]
        shouted = len(word) > 1 and read.sentence.text[token.start : token.end].isupper()
        if word in virtues or shouted or i < inside or not kinds.isdisjoint(_NAMES):
            names += 1
        elif word not in glue and word not in FILLERS:
            if says_more or word in finite or word in people:
                return False
            others += 1
    # "Kafka, Redis, unit tests": a word that nobody knows hides among three names.
    return others <= names // 2 and (names >= 2 or (names == 1 and len(read.words) <= 4))


_NAMES = frozenset(("tech", "component", "protocol"))


# ------------------------------------------------------------------------------------------ the ways

Found = list[tuple[int, str, str]]
"""Sentences that are heard, which way of showing the signal each is, and what it shows, in plain words."""
_FRAMED: dict[str, str] = {
    "asks": "asks what the work turns on",
    "given": "states a limit or takes one as given",
    "goal": "names the goal, or what must not happen",
    "scope": "says what is left out",
    "plan": "says in which order the work goes",
    "known": "parts what is known from what is not",
    "explains": "names what could be behind it, and what would tell",
}


def _framing(ear: Ear) -> Iterator[tuple[int, str, str]]:
    for i, read in enumerate(ear.reads):
        for way in _frames(ear, i, read):
            yield i, way, _FRAMED[way]
            break


def _frames(ear: Ear, i: int, read: Read) -> Iterator[str]:
    if read.question or read.sentence.text.rstrip().endswith("?"):
        if _wants_to_know(ear, i, read):
            yield "asks"
        return
    if ear.kind != "story" and ear.says(i, "pf_wants") and len(read.words) >= 6:
        yield "asks"
    if read.verbless and len(read.words) < 6:
        return
    if ear.says(i, "pf_goal") and len(read.words) >= 5:
        yield "goal"
    if _takes_as_given(ear, i, read):
        yield "given"
    if ear.says(i, "pf_known") and len(read.words) >= 6:
        yield "known"
    if ear.kind == "debugging" and ear.says(i, "pf_hypothesis"):
        yield "explains"
    if ear.says(i, "pf_plan") and len(read.words) >= 7 and not ear.says(i, "cr_vague"):
        yield "plan"
    if ear.says(i, "pf_scope") and (ear.reasons(i) or ear.reasons(i + 1)):
        yield "scope"


def _wants_to_know(ear: Ear, i: int, read: Read) -> bool:
    """A question about the problem, not about the own solution, and not for leave."""
    if len(read.words) < 4 or ear.kind == "story" or ear.says(i, "pf_idle"):
        return False
    if i > _EARLY and ear.readings[i]["marks"] < 0.85:
        return False
    if ear.says(i, "pf_what_if") and not (
        i + 1 < len(ear.reads) and _takes_as_given(ear, i + 1, ear.reads[i + 1])
    ):
        return False
    rest = read.words[read.lead :]
    own = listed("self_asked", BOOK)
    if rest[0] in ("why", "who", "whose") and len(rest) < 8:
        return False
    if rest[0] in ("how", "where", "what", "which", "when", "so", "and") and any(
        a in own or (a == "you" and i > 6) for a in rest[1:4]
    ):
        return (
            any(w in rest for w in ("want", "need", "know", "expecting", "talking")) and "or" not in rest[:3]
        )
    return not (rest[-1] in ("right", "okay", "no") and rest[0] not in listed("aux"))


_EARLY = 12
"""Sentences in which a question is about the problem; later it may be about the own solution."""


def _takes_as_given(ear: Ear, i: int, read: Read) -> bool:
    cue = read.weight("assumption")
    marked = not {
        "assume",
        "assuming",
        "assumption",
        "suppose",
        "given",
        "say",
        "expect",
        "assumed",
    }.isdisjoint(read.bag)
    if read.words[read.lead] in ("say", "suppose", "imagine", "picture") and ear.kind == "debugging":
        # "Say it's the join": what is played through, no limit of the problem.
        return False
    marks = ear.readings[i]["marks"]
    if (marked and cue >= 1 and len(read.words) >= 3) or marks >= (0.5 if marked or cue >= 1 else 0.6):
        return True
    return ear.says(i, "pf_given") and len(read.words) >= 6


def _coding(ear: Ear) -> Iterator[tuple[int, str, str]]:
    tries_from = -99
    for i, read in enumerate(ear.reads):
        if ear.says(i, "cf_try") and not read.question:
            tries_from = i
        if ear.says(i, "cf_cost") and (ear.says(i, "cf_because") or ear.reasons(i) or ear.reasons(i - 1)):
            yield i, "cost", "tells what it costs, and why"
        elif ear.says(i, "cf_odd") and ear.says(i, "cf_outcome") and not read.question:
            yield i, "odd", "says what an odd case gives"
        elif i - tries_from <= 7 and _traces(ear, i, read):
            yield i, "check", "runs values through it"
        elif _steps(ear, i, read):
            yield i, "step", "says a step as it would be typed"
        elif ear.says(i, "cf_slip") and (
            ear.near(i, "cf_slip", before=0, after=0)
            and any(_steps(ear, j, ear.reads[j]) for j in range(i, min(i + 3, len(ear.reads))))
        ):
            yield i, "mended", "finds a fault and mends it"


_CODED = frozenset(("codeword", "structure"))


def _steps(ear: Ear, i: int, read: Read) -> bool:
    if read.question or len(read.words) < 2 or ear.says(i, "cf_open"):
        return False
    code = listed("code", BOOK)
    count = sum(
        1
        for w, kinds in zip(read.words, lexicon.classes(read.words), strict=True)
        if w in code or not kinds.isdisjoint(_CODED)
    )
    if listed("operators", BOOK).isdisjoint(read.bag):
        return False
    verbs = not listed("code_verbs", BOOK).isdisjoint(read.bag)
    opens = read.words[read.lead] in listed("code_openers", BOOK)
    share = count / len(read.words)
    if len(read.words) < 4:
        return opens and count >= 2
    if opens:
        return count >= 2 and share >= 0.3 and (verbs or count >= 3)
    return count >= 3 and share >= (0.3 if verbs else 0.45)


def _traces(ear: Ear, i: int, read: Read) -> bool:
    if read.question:
        return False
    values = sum(1 for w in read.words if w in listed("traced", BOOK) or is_number(w))
    if ear.says(i, "cf_right") and (values >= 1 or len(read.words) >= 5):
        return True
    return (values >= 2 and values >= 0.2 * len(read.words)) or 0 < len(read.words) <= 3 * values


def _architecture(ear: Ear) -> Iterator[tuple[int, str, str]]:
    for i, read in enumerate(ear.reads):
        if read.question or len(read.words) < 4 or ear.says(i, "aj_virtue"):
            continue
        reasons = ear.reasons(i)
        decides = ear.commits(i) or (
            ear.commits(i - 1) and (read.has("thing") or ear.reads[i - 1].has("thing"))
        )
        if (
            (ear.says(i, "aj_turn") or _turns(read))
            and len(read.words) >= 9
            and not (ear.kind == "debugging" and ear.says(i, "pf_hypothesis"))
        ):
            yield i, "turn", "says what would change the choice"
        elif (ear.says(i, "aj_price") or read.weight("price") >= 1) and len(ear.substance(i)) >= 3:
            yield i, "price", "names the price of a choice"
        elif (
            (ear.says(i, "aj_other") or ear.near(i, "aj_options", before=2, after=0))
            and (reasons or ear.reasons(i + 1) or ear.reasons(i - 1))
            and (decides or ear.commits(i + 1))
        ):
            yield i, "weighs", "sets a choice against another, with the reason"
        elif (reasons and (decides or ear.readings[i]["commits"] >= 0.4)) or (
            ear.commits(i) and ear.accounted(i)
        ):
            yield i, "reason", "gives a choice a reason from this problem"


def _turns(read: Read) -> bool:
    """ "Above a thousand a second I'd split it": a condition first, then what would be done."""
    opens = read.words[read.lead] in listed("turning", BOOK)
    return opens and not listed("would", BOOK).isdisjoint(read.words[read.lead + 3 :])


_TOPICS = {
    "fails": ("pj_fail", "failing", "something that fails, and what follows"),
    "load": ("pj_load", "loading", "too much load, and what is done about it"),
    "attack": ("pj_attack", "attacking", "who might do harm or read along, and what stops it"),
    "watch": ("pj_watch", "watching", "how it would be noticed"),
    "rollout": ("pj_roll", "rolling", "how it goes out, or comes back"),
    "cost": ("pj_cost", "running_costs", "what it costs to run"),
}


def _production(ear: Ear) -> Iterator[tuple[int, str, str]]:
    for i, read in enumerate(ear.reads):
        if read.question or len(read.words) < 5:
            continue
        # "Worker dies, message reappears": two clauses side by side say what follows as well.
        conditional = ear.has(i, "conditions") or (len(read.pieces) >= 2 and not read.verbless)
        measure = ear.says(i, "pj_measure")
        if ear.says(i, "pj_words") and not (ear.has(i, "conditions") and len(read.words) >= 12):
            continue
        if ear.kind == "debugging" and ear.says(i, "pf_hypothesis"):
            # What fails is the question there: only what is done about it counts.
            continue
        weight = conditional + measure + ear.reasons(i) + (read.figures > 0)
        for way, (phrase, words, told) in _TOPICS.items():
            topical = ear.says(i, phrase) + ear.has(i, words)
            if topical and topical + weight >= 3 and (conditional or measure or read.figures):
                yield i, way, told
                break


def _delivery(ear: Ear) -> Iterator[tuple[int, str, str]]:
    for i, read in enumerate(ear.reads):
        if read.question or len(read.words) < 5:
            continue
        if ear.says(i, "dj_empty") and not read.figures:
            continue
        who = ear.has(i, "audience")
        money = ear.has(i, "business")
        when = ear.has(i, "times") or ear.says(i, "dj_weigh")
        decides = ear.commits(i) or ear.says(i, "dj_scope") or ear.commits(i + 1)
        counted = (who or money) and (read.figures > 0 or ear.has(i, "times"))
        if ear.says(i, "dj_observed") or (
            ear.says(i, "dj_outcome") and (counted or read.figures >= 2 or "percent" in read.bag)
        ):
            yield i, "outcome", "tells what came of it for users or the business"
        elif decides and (
            ear.says(i, "dj_reason")
            or _for_somebody(read)
            or ((who or money) and ear.reasons(i) and ear.readings[i]["commits"] >= 0.4)
        ):
            yield i, "decision", "decides for the sake of somebody who uses or pays for it"
        elif (ear.says(i, "dj_date") and (ear.reasons(i) or decides or read.figures > 0)) or (
            ear.says(i, "dj_scope") and when
        ):
            yield i, "scope", "chooses what comes first, or not at all, for a date or for use"
        elif ear.says(i, "dj_weigh") and (who or money) and (ear.reasons(i) or decides):
            yield i, "effort", "weighs the effort against what it brings"


def _for_somebody(read: Read) -> bool:
    """Somebody who uses or pays for it stands in the reason, or with what she needs."""
    audience, business, needing = (listed(n, BOOK) for n in ("audience", "business", "needing"))
    since, after_so = listed("since", BOOK), listed("after_so", BOOK)
    words = (*read.words, "")
    reason = next(
        (
            i
            for i in range(read.lead + 1, len(read.words))
            if words[i] in since or (words[i] == "so" and words[i + 1] in after_so)
        ),
        len(read.words),
    )
    for i, word in enumerate(read.words):
        if (word in audience or word in business) and i > reason:
            return True
        if (word in audience or word == "people") and not needing.isdisjoint(read.words[i + 1 : i + 4]):
            return True
    return False


def _leadership(ear: Ear) -> Iterator[tuple[int, str, str]]:
    last = -99
    for i, read in enumerate(ear.reads):
        if read.question or len(read.words) < 5 or ear.says(i, "li_empty"):
            continue
        others = ear.has(i, "others")
        if (ear.says(i, "li_act") and (others or ear.says(i, "li_at")) and len(ear.substance(i)) >= 2) or (
            ear.says(i, "li_practice") and ear.has(i, "practices")
        ):
            last = i
            yield i, "act", "does something for others' work"
        elif ear.says(i, "li_whole"):
            last = i
            yield i, "act", "leaves something that others use"
        elif (ear.says(i, "li_change") and others and i - last <= 8) or (last >= 0 and _others_do(read)):
            yield i, "change", "tells what changed with the others"


def _others_do(read: Read) -> bool:
    """ "She runs it now": another is the subject, and since then."""
    since_then = listed("since_then", BOOK)
    return read.words[read.lead] in listed("others_do", BOOK) and not since_then.isdisjoint(read.bag)


def _communication(ear: Ear) -> Iterator[tuple[int, str, str]]:
    announced = -9
    for i, read in enumerate(ear.reads):
        if ear.says(i, "cr_announces"):
            announced = i
            continue
        if ear.says(i, "cr_vague", "cr_sorry") and len(read.words) < 14:
            continue
        size = len(read.words)
        substance = len(ear.substance(i))
        after = i - announced <= 2 and size >= 7 and substance >= 3 and not read.question
        if after or (ear.says(i, "cr_lesson") and size >= 6 and substance >= 2):
            yield i, "lesson", "says what is done otherwise now"
        elif ear.says(i, "cr_weak") and size >= 5:
            yield i, "weak", "names a weak spot of the own answer"
        elif ear.says(i, "cr_feedback") and _turned(ear, i):
            yield i, "feedback", "turns an objection into a change"
        elif ear.says(i, "cr_slip") and size >= 4 and _turned(ear, i):
            yield i, "slip", "turns an own slip into a change"
        elif (ear.says(i, "cr_sign") or read.weight("summary") >= 1 or _sums_up(ear, i)) and size >= 5:
            yield i, "sign", "says where the answer goes, or sums it up"
        elif ear.says(i, "cr_image") and size >= 7:
            yield i, "image", "explains it to the listener"
        elif ear.kind == "coding" and size >= 9 and ear.reasons(i) and ear.readings[i]["reasons"] >= 0.6:
            yield i, "why", "says why one thing follows from the other"


def _sums_up(ear: Ear, i: int) -> bool:
    """ "So one log, numbers, fan out on read": the parts once more, at the very end."""
    read = ear.reads[i]
    return i >= len(ear.reads) - 3 and read.words[0] == "so" and len(read.pieces) >= 3


def _turned(ear: Ear, i: int) -> bool:
    """Within two sentences something follows from it."""
    return any(
        ear.commits(j) or ear.reads[j].words[0] in ("so", "then") or "so" in ear.reads[j].bag
        for j in range(i, min(i + 3, len(ear.reads)))
    )


# ------------------------------------------------------------------------------------ how much it is


def _count(found: Found, *ways: str) -> int:
    return len({i for i, way, _ in found if not ways or way in ways})


def _kinds(found: Found) -> int:
    return len({way for _, way, _ in found})


def _level_framing(_: Ear, found: Found) -> Level:
    n, early = _count(found), _count([f for f in found if f[0] < _EARLY])
    enough = n >= 4 or early >= 3
    return "visible" if enough and _kinds(found) >= 2 else "partly" if n else "hidden"


def _level_coding(ear: Ear, found: Found) -> Level:
    steps, checks = _count(found, "step"), _count(found, "check", "odd")
    rest = len({way for _, way, _ in found} & {"odd", "cost", "mended"})
    if steps >= 3 and (checks >= 1 or rest >= 2) and not led(ear):
        return "visible"
    return "partly" if steps >= 2 or len(found) >= 4 else "hidden"


def _level_architecture(_: Ear, found: Found) -> Level:
    whole = _count(found, "weighs", "price", "turn")
    n = _count(found)
    enough = n >= 4 and (whole >= 2 or (whole == 1 and n >= 6))
    return "visible" if enough else "partly" if n else "hidden"


def _level_production(_: Ear, found: Found) -> Level:
    n = _count(found)
    return "visible" if n >= 3 and _kinds(found) >= 2 else "partly" if n else "hidden"


def _level_delivery(_: Ear, found: Found) -> Level:
    n = _count(found)
    chosen = _count(found, "decision", "scope", "effort")
    return "visible" if n >= 3 and chosen and (chosen < n or n >= 5) else "partly" if n else "hidden"


def _level_leadership(_: Ear, found: Found) -> Level:
    act, change = _count(found, "act"), _count(found, "change")
    return "visible" if act and change and act + change >= 3 else "partly" if act else "hidden"


def _level_communication(ear: Ear, found: Found) -> Level:
    at = [i for i, way, _ in found if way in ("lesson", "feedback", "slip")]
    # What stands side by side is one matter: "I never asked. I ask first now."
    looks = sum(1 for k, i in enumerate(at) if k == 0 or at[k - 1] < i - 1 or k % 2 == 0)
    looks += min(1, _count(found, "weak"))
    tells = _count(found, "sign", "image")
    if (looks >= 2 or (looks >= 1 and tells >= 2)) and not led(ear):
        return "visible"
    return "partly" if looks or tells >= 2 or _count(found, "why") >= 4 else "hidden"


_WAYS: dict[str, tuple[Callable[[Ear], Iterator[tuple[int, str, str]]], Callable[[Ear, Found], Level]]] = {
    "problem-framing": (_framing, _level_framing),
    "coding-fluency": (_coding, _level_coding),
    "architectural-judgement": (_architecture, _level_architecture),
    "production-judgement": (_production, _level_production),
    "delivery-judgement": (_delivery, _level_delivery),
    "leadership-and-influence": (_leadership, _level_leadership),
    "communication-and-reflection": (_communication, _level_communication),
}


def found(ear: Ear, signal: str) -> Found:
    """What the hand-written ways hear of a signal, by its id, in order of the sentences, each once."""
    return list(_WAYS[signal][0](ear)) if ear.reads else []


def level(ear: Ear, signal: str, found: Found) -> Level:
    """How much that is, by counting alone."""
    return _WAYS[signal][1](ear, found)


def led(ear: Ear) -> bool:
    """Whoever listened had to help again and again."""
    return sum(ear.says(i, "cf_hint") for i in range(len(ear.reads))) >= _LED


_LED = 3


def claims(ear: Ear, i: int, signal: str) -> bool:
    """Sentence i claims what the signal stands for, or strings words of it together: it never shows it."""
    read = ear.reads[i]
    match signal:
        case "problem-framing":
            return read.question and ear.says(i, "pf_idle")
        case "architectural-judgement":
            return ear.says(i, "aj_virtue")
        case "production-judgement":
            return ear.says(i, "pj_words") and not (ear.has(i, "conditions") and len(read.words) >= 12)
        case "delivery-judgement":
            return ear.says(i, "dj_empty") and not read.figures
        case "leadership-and-influence":
            return ear.says(i, "li_empty")
        case "communication-and-reflection":
            return ear.says(i, "cr_vague", "cr_sorry") and len(read.words) < 14
    return False
