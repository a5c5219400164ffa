"""What an answer commits to, and what stands near it: decisions, reasons, bounds, pick-ups.

A `Ground` weighs the sentences of an `Answer` once; the rules ask it. Every judgement carries the words
that decided, so that a flag can show them. Pure; each question looks at a neighbourhood of constant size
or at an index.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from unsaid.language.acts import Answer, Read, content
from unsaid.language.cues import Cue, is_number, listed
from unsaid.language.own import SILENT_S, Thresholds

_LOOKED_AT = 40
"""So many later places of a word are looked at, however long the answer."""

_CHOICE = ("tech", "structure", "approach")


@dataclass(frozen=True, slots=True)
class Decision:
    """A sentence commits the speaker to something."""

    sentence: int
    strength: float
    """0 to 1."""
    form: str
    """choice, shorthand, answer, number, preference, story."""
    start: int
    """First word of the words that show it."""
    end: int
    thing: str
    """What is chosen, as said; empty where it cannot be told."""


class Support(NamedTuple):
    """Words near a sentence that give its reason, or bound its doubt."""

    strength: float
    where: int
    """Index of the sentence that holds them."""
    quote: str


def thing_of(read: Read, start: int = 0, end: int | None = None) -> str:
    """The first thing that a person chooses between (technology, structure, approach, component) in a
    stretch of words."""
    end = len(read.tokens) if end is None else end
    for names in (_CHOICE, ("thing",)):
        for a, b in read.spans(*names):
            if start <= a < end:
                return read.quote(a, b)
    return ""


_BOUNDING = ("bound", "check", "assumption")


class Ground:
    """An answer with its decisions, reasons and bounds weighed."""

    def __init__(self, answer: Answer, thresholds: Thresholds | None = None) -> None:
        self.answer = answer
        self.reads = answer.reads
        """The sentences, read."""
        self.thresholds = thresholds or Thresholds()
        self.memo: dict[str, object] = {}
        """What others have worked out on this ground, kept for the next who asks."""
        self.signals: Mapping[str, str] = {}
        """What was heard of each signal, from outside: its name to "visible", "partly", "hidden" or
        "not-asked"; empty where nobody listened for them."""
        self._reasons: dict[int, Support | None] = {}

    @cached_property
    def decisions(self) -> tuple[Decision | None, ...]:
        """For each sentence what it decides, None where nothing."""
        return tuple(decide(self.answer, r, self.thresholds.pause_s) for r in self.reads)

    @cached_property
    def supports(self) -> tuple[tuple[float, Cue | None], ...]:
        """For each sentence how much of a reason it holds, and the words."""
        return tuple(_reason_in(r) for r in self.reads)

    @cached_property
    def _callbacks(self) -> dict[str, list[int]]:
        """For each content stem, the sentences that explain something said long before."""
        out: dict[str, list[int]] = {}
        for read in self.reads:
            if read.weight("callback") >= 1:
                for part in read.content:
                    out.setdefault(part, []).append(read.index)
        return out

    def _called_back(self, index: int) -> Support | None:
        """A reason heard much later that is clearly about the same thing: it shares two words of its own
        with it."""
        hits: dict[int, int] = {}
        if not self._callbacks:
            return None
        for part in self._callbacks.keys() & self.reads[index].content:
            at = self._callbacks[part]
            first = bisect_right(at, index)
            for j in at[first : first + _LOOKED_AT]:
                hits[j] = hits.get(j, 0) + 1
        for j, count in sorted(hits.items()):
            if count >= 2:
                cue = self.reads[j].best("callback")
                if cue is not None:
                    return Support(0.8, j, self.reads[j].cue_quote(cue))
        return None

    def reason(self, index: int) -> Support | None:
        """The best reason for what a sentence decides, in it or near it; None where none is heard.

        Its strength joins what every neighbour gives, as if each were heard or missed by itself.
        """
        if index not in self._reasons:
            self._reasons[index] = self._reason(index)
        return self._reasons[index]

    def _reason(self, index: int) -> Support | None:
        best = 0.0
        where, said = index, None
        silence = 1.0
        before, after = self.thresholds.before, self.thresholds.after
        for j in range(max(0, index - before), min(len(self.reads), index + after + 3)):
            strength, cue = self.supports[j]
            if j == index - 1:
                strength = max(strength, self._fact(index))
            if strength <= 0 or (j > index + after and strength < 0.9):
                continue
            if j != index:
                strength *= self._about(index, j)
            elif cue is not None and any(
                w in listed("wishes") for w in self.reads[j].words[cue.start : cue.end]
            ):
                # "She wanted it live, and I said no": another's wish, no reason of the speaker's.
                strength *= 0.3
            silence *= 1.0 - min(0.97, strength)
            if strength > best:
                best, where, said = strength, j, cue
        if best < 0.6:
            later = self._called_back(index)
            if later is not None:
                return later
        if not best:
            return None
        quote = self.reads[where].cue_quote(said) if said is not None else self.reads[where].core
        return Support(1.0 - silence, where, quote)

    def _fact(self, index: int) -> float:
        """How far the sentence before is a fact from which this one follows ("... So ...")."""
        here, before = self.reads[index], self.answer.get(index - 1)
        if before is None or before.question or not follows(here) or self.decisions[index - 1] is not None:
            return 0.0
        if before.figures or before.weight("requirement") >= 1 or before.weight("correction") >= 1:
            return 0.75
        if before.size >= 8 and not listed("pronouns").isdisjoint(here.words):
            return 0.55
        return 0.0

    def _about(self, index: int, other: int) -> float:
        """How likely a reason heard in sentence `other` is about what sentence `index` decides, 0 to 1."""
        here, there = self.reads[index], self.reads[other]
        shared = bool(here.content & there.content)
        decided = self.decisions[other]
        own = decided is not None and decided.strength >= 0.5
        if other < index:
            linked = follows(here) or (
                not here.verbless and len(here.content) <= 1 and not listed("pronouns").isdisjoint(here.words)
            )
            if there.question:
                return 0.2
            if own:
                return 0.6 if shared and linked else 0.3 if shared else 0.1
            weight = 0.95 if linked else 0.8 if shared else 0.3
            return weight if here.pause_s < 2 * self.thresholds.pause_s or linked or shared else 0.5 * weight
        if other > index + self.thresholds.after:
            rare = any(len(self.answer.places.get(p, ())) <= 4 for p in here.content & there.content)
            return 0.7 if rare and not own else 0.0
        chain = 1.0
        for k in range(index + 1, other + 1):
            between = self.reads[k]
            same = bool(between.content & here.content)
            back = same or (
                not _opens_topic(between)
                and (leans_back(between) or not listed("pronouns").isdisjoint(between.words[:4]))
            )
            mine = self.decisions[k]
            if between.pause_s >= self.thresholds.pause_s and not back:
                chain *= 0.5
            if between.question and k < other:
                chain *= 0.6
            if mine is not None and mine.strength >= 0.5 and not same:
                chain *= 0.5 if back else 0.2
            elif not back:
                leans = not listed("pronouns").isdisjoint(between.words[:8]) and not _opens_topic(between)
                chain *= 0.6 if leans else 0.3
        return min(1.0, chain)

    def circular(self, index: int) -> Support | None:
        """A habit, a bare value word or a restatement where a reason should stand: in the sentence or
        right after."""
        for j in (index, index + 1):
            other = self.answer.get(j)
            if other is None:
                continue
            cue = other.best("circular")
            if cue is None or (j != index and (other.size > 9 or other.question)):
                continue
            return Support(cue.weight, j, other.cue_quote(cue))
        return None

    def bound(self, index: int) -> Support | None:
        """What limits a doubt in a sentence: a number, a condition, a check, a fallback, an assumption."""
        before, after = self.thresholds.before, self.thresholds.after
        read = self.reads[index]
        for j in range(max(0, index - before), min(len(self.reads), index + after + 1)):
            other = self.reads[j]
            for kind in _BOUNDING:
                if kind not in other.cues:
                    continue
                cue = other.best(kind)
                if cue is None:
                    continue
                if (
                    j > index
                    and other.pause_s >= self.thresholds.pause_s
                    and not (read.content & other.content)
                ):
                    continue
                return Support(cue.weight, j, other.cue_quote(cue))
        return None

    def picked_up(self, index: int, topic: frozenset[str]) -> int | None:
        """The later sentence that comes back to a topic; None where none does."""
        for part in sorted(topic):
            at = self.answer.places.get(part, ())
            first = bisect_right(at, index + 1)
            for j in at[first : first + _LOOKED_AT]:
                if part in content(self.reads[j].words[: self.reads[j].lead + 6]):
                    return j
        return None


def follows(read: Read) -> bool:
    """Opens as a consequence of what was said before."""
    opening = read.words[: read.lead + 1]
    return (
        bool(opening)
        and not ("so" in opening and "yeah" in opening)
        and (
            any(w in ("so", "then", "hence", "therefore") for w in opening)
            or opening[-1] in ("that's", "instead", "which")
        )
    )


def _opens_topic(read: Read) -> bool:
    """Opens by naming a new matter: "Presence, that's in the same socket"."""
    if read.lead or len(read.tokens) < 3 or read.words[0] in listed("anaphora"):
        return False
    text, toks = read.sentence.text, read.tokens
    return any("," in text[toks[i].end : toks[i + 1].start] for i in (0, 1))


def leans_back(read: Read) -> bool:
    """Opens with a word that points to what was said before."""
    return bool(read.words) and (read.words[read.lead] in listed("anaphora") or read.words[0] == "so")


def _consequence(read: Read) -> int | None:
    """Place of a "so" that joins a cause to what follows from it, in the middle of a sentence."""
    words = read.words
    for i in range(read.lead + 3, len(words) - 2):
        if words[i] == "as" and words[i + 1] not in listed("not_after_as"):
            comma = "," in read.sentence.text[read.tokens[i - 1].end : read.tokens[i].start]
            if comma and not listed("finite").isdisjoint(words[i + 2 : i + 8]):
                return i
        if words[i] == "so" and words[i + 1] in _SPEAKERS and _states(read, i):
            return i
        if words[i] != "so" or words[i + 1] in listed("not_after_so") or words[i - 1] in ("and", "or"):
            continue
        if any(w in listed("finite") or w.endswith("ing") for w in words[i + 1 : i + 8]):
            return i
    return None


def is_counted(read: Read, cue: Cue) -> bool:
    """ "More than one region" counts; it compares nothing, so it is no reason."""
    after = read.words[cue.end] if cue.end < len(read.words) else ""
    counted = read.words[cue.end - 2 : cue.end] in (("more", "than"), ("less", "than"), ("fewer", "than"))
    return counted and (is_number(after) or after in ("one", "once"))


_SPEAKERS = frozenset({"i'd", "we'd", "i'll", "we'll", "let's"})


def _states(read: Read, end: int) -> bool:
    """Before word `end` stands a statement of fact: "Safari drops cookies after a week, so I'd …"."""
    before = read.words[read.lead : end]
    comma = "," in read.sentence.text[read.tokens[end - 1].end : read.tokens[end].start]
    verb = any(w in listed("finite") or w in listed("copulas") or w.endswith("s") for w in before[1:])
    return comma and len(before) >= 4 and verb and before[0] not in _SPEAKERS


def _purpose(read: Read) -> Cue | None:
    """ "Twelve, for headroom": what something is for, after a comma at the end of a short sentence."""
    words = read.words
    for i in range(read.lead + 1, len(words) - 1):
        if words[i] == "for" and len(words) - i <= 8 and not is_number(words[i + 1]):
            before = read.sentence.text[read.tokens[i - 1].end : read.tokens[i].start]
            if "," in before and words[i + 1] not in listed("no_purpose"):
                return Cue("reason", 0.6, i, min(i + 3, len(words)))
    return None


def _reason_in(read: Read) -> tuple[float, Cue | None]:
    """How much of a reason a sentence holds: "so" counts only in its middle, where it joins a cause to
    what follows."""
    best: Cue | None = None
    for cue in read.cues.get("reason", ()):
        if is_counted(read, cue):
            continue
        opens = cue.start <= read.lead and read.words[cue.start] == "so"
        if cue.start and read.words[cue.start] == "to" and read.words[cue.start - 1] in listed("wanting"):
            continue
        if opens or (cue.start > 0 and read.words[cue.start] == "so" and cue.start < 3 and cue.weight < 1):
            continue
        if best is None or cue.weight > best.weight:
            best = cue
    middle = _consequence(read)
    if middle is not None and (best is None or best.weight < 0.6):
        return 0.7, Cue("reason", 0.7, middle, min(middle + 3, len(read.tokens)))
    if best is None or best.weight < 0.6:
        purpose = _purpose(read)
        if purpose is not None:
            return 0.6, purpose
    if best is None:
        return 0.0, None
    strength = {1.0: 0.95, 0.6: 0.5, 0.3: 0.25}.get(best.weight, best.weight)
    others = sum(1 for c in read.cues["reason"] if c.start >= best.end or c.end <= best.start)
    strength = min(0.97, strength + 0.05 * min(others, 3))
    if read.weight("circular") and strength < 0.9:
        strength *= 0.4
    if read.question:
        strength *= 0.4
    return strength, best


def _fronted_choice(read: Read) -> int:
    """Place of the "I" or "we" in "The dose I write as text": the matter first, what is done with it
    after. -1 in any other sentence."""
    words = read.words
    if words[read.lead] in listed("no_matter") or read.size > 12:
        return -1
    for i in range(read.lead + 1, min(read.lead + 5, len(words) - 1)):
        if words[i] in ("i", "we", "i'd", "we'd", "i'll", "we'll"):
            rest = words[i + 2 :]
            plain = words[i - 1] not in listed("no_matter") and words[i + 1] not in listed("no_choice")
            return i if plain and listed("copulas").isdisjoint(rest) else -1
        if words[i] in listed("finite") or words[i] in listed("copulas"):
            return -1
    return -1


def _lists_examples(answer: Answer, read: Read) -> bool:
    """One of a row of inputs with their results: "abba, two"."""

    def alike(other: Read | None) -> bool:
        return (
            other is not None
            and other.verbless
            and 2 <= other.size <= 4
            and "," in other.sentence.text
            and is_number(other.words[-1])
        )

    near = [answer.get(read.index - 1), answer.get(read.index + 1)]
    told = any(n is not None and not listed("trying").isdisjoint(n.words) for n in near)
    return alike(read) and (any(alike(n) for n in near) or told)


def signposts(read: Read) -> bool:
    """Says what is talked about next, and chooses nothing: "let me start with the algorithm"."""
    words = read.words[read.lead :]
    start = 2 if words[:2] in (("let", "me"), ("let", "us")) else 1 if words[:1] in _SIGNPOSTS else 0
    return start > 0 and not listed("turning_to").isdisjoint(words[start : start + 2])


_SIGNPOSTS = (("let's",), ("i'll",), ("i'd",), ("i'm",), ("we'll",), ("we",), ("i",))


def mere_step(read: Read) -> bool:
    """What happens next in a sequence that is already settled: "after that, it passes the request on"."""
    words = read.words
    text = " ".join(words[:4])
    opens = next((o for o in _THEN if text.startswith(o)), "")
    rest = words[len(opens.split()) :]
    return bool(opens) and rest[:1] != () and rest[0] in listed("pronouns_of_things")


_THEN = (
    "and then ",
    "then ",
    "after that ",
    "afterwards ",
    "and after that ",
    "once that's done ",
    "from there ",
)


def _elaborates(answer: Answer, read: Read, silent_s: float) -> bool:
    """Goes on about what the sentence before chose, and brings in nothing new to choose."""
    before = answer.get(read.index - 1)
    if before is None or read.pause_s >= silent_s or before.weight("decision") < 1:
        return False
    things = [content(read.words[a:b]) for a, b in read.spans("thing")]
    new = any(not part <= before.content for part in things)
    return bool(things) and not new and not any(is_number(w) for w in read.words if w != "one")


def _said_before(answer: Answer, read: Read) -> bool:
    """All that the sentence could choose has been named earlier in the answer."""
    parts = [p for a, b in read.spans("thing") for p in content(read.words[a:b])] or list(read.content)
    return bool(parts) and all(answer.places.get(p, (read.index,))[0] < answer.summary_from for p in parts)


def decide(answer: Answer, read: Read, silent_s: float = SILENT_S) -> Decision | None:
    """What a sentence decides, from its phrases, its form and the question before it."""
    if not read.tokens or read.question or (read.verbless and "question" in read.words):
        return None
    story, coding = answer.kind == "story", answer.kind == "coding"
    words = read.words
    best = read.best("decision")
    weight = best.weight if best else 0.0
    strength = {1.0: 0.8, 0.6: 0.42 if coding else 0.5, 0.3: 0.2}.get(weight, 0.0)
    form = "choice"
    start, end = (best.start, best.end) if best else (read.lead, len(read.tokens))
    thing = thing_of(read)
    tech = read.has("tech") or read.has("approach")
    specific = tech or read.has("structure")
    number = read.figures > 0
    silent = read.pause_s >= silent_s
    before = answer.get(read.index - 1)

    def whole(least: float, as_form: str) -> None:
        nonlocal strength, form, start, end
        if least >= strength:
            strength, form, start, end = least, as_form, read.lead, len(read.tokens)

    if specific and weight >= 0.6:
        strength += 0.12
    if number and weight >= 0.6:
        strength += 0.08
    if tech and not story and read.size <= 14:
        whole(0.5 if read.size > 8 else 0.6, "choice")
    if read.has("param") and number and read.size <= 9 and not story:
        whole(0.75, "number")
    answers = False
    if before is not None and before.question and read.size <= 7 and words[read.lead] not in listed("yes_no"):
        echoed = bool(before.content & read.content)
        if "or" in before.words and (echoed or read.size <= 3):
            whole(0.85, "answer")
            answers = True
        elif read.verbless and (specific or number):
            whole(0.6, "answer")
            answers = True
    elif (
        before is not None
        and not listed("choice_nouns").isdisjoint(before.words)
        and read.size <= 8
        and words[read.lead] in ("i", "we", "and")
    ):
        whole(0.8, "answer")
        answers = True
    elif (
        before is not None
        and before.verbless
        and before.size <= 3
        and read.verbless
        and read.size <= (6 if number else 4)
        and (tech or number or read.has("structure"))
        and not before.has("code")
    ):
        whole(0.75, "answer")
        answers = not story
    if not story and read.verbless and not answers:
        if tech and read.size <= 9:
            whole(0.75, "shorthand")
        elif read.has("thing") and 2 <= read.size <= 7:
            whole(0.4 if coding and not silent else 0.5, "shorthand")
        if read.size <= 6 and read.sentence.text.count(",") == 1 and listed("empty").isdisjoint(words):
            whole(0.35 if coding and not silent else 0.45 if coding else 0.55, "shorthand")
        elif number and read.size <= 6:
            whole(0.35 if coding else 0.5, "shorthand")
        if (
            not coding
            and read.size <= 3
            and (
                not listed("moments").isdisjoint(words)
                or (read.size >= 2 and words[read.lead] in ("by", "per", "half"))
            )
        ):
            whole(0.5, "shorthand")
        if coding and specific and read.size <= 5:
            whole(0.45, "shorthand")
        if not coding and 3 <= read.size <= 7 and not listed("links").isdisjoint(words[read.lead + 1 :]):
            whole(0.55, "shorthand")
        if "not" in words[read.lead + 1 :] and (read.size <= 5 or (read.size <= 8 and read.has("thing"))):
            whole(0.7, "shorthand")
            answers = True
        named = before is not None and (
            before.words.count("there's") >= 2 or before.weight("alternative") >= 1
        )
        if named and silent and read.size <= 3 and words[0] not in ("now", "okay", "next", "so"):
            # Two ways were named, then silence, then one word.
            whole(0.8, "answer")
            answers = True
    fronted = _fronted_choice(read)
    if fronted >= 0 and words[fronted + 1] not in listed("states") and not words[fronted + 1].endswith("ed"):
        whole(0.35 if coding and not silent else 0.52, "choice")
    if not story and not coding and words[read.lead] in listed("imperatives") and read.size <= 8:
        whole(0.55, "choice")
    acts = words[read.lead + 1] if words[read.lead] == "i" and read.size >= 2 else ""
    acts = acts or (words[-1] if read.size <= 6 and words[-2:-1] == ("i",) else "")
    if (
        acts
        and not story
        and acts not in listed("states")
        and not acts.endswith(("ed", "'t"))
        and not read.code
    ):
        whole((0.5 if silent else 0.42) if not coding else (0.45 if silent else 0.35), "choice")
    intent = next(
        (i for i in range(read.lead, min(read.lead + 6, len(words) - 2)) if words[i] in listed("intends")), -1
    )
    if intent >= 0 and not coding and not story and words[intent + 1] not in listed("no_choice"):
        whole(0.52 if silent else 0.45, "choice")
    elif (
        intent >= 0
        and coding
        and silent
        and read.has("thing")
        and words[intent + 1] not in listed("no_choice")
    ):
        whole(0.5, "choice")
    if (
        number
        and read.cues.get("decision")
        and any(w in ("after", "at", "within") for w in words)
        and not story
    ):
        strength += 0.1
    either = "or" in words and "could" not in words and weight >= 0.6
    if either and content(words[-2:]) & content(words[:-2]):
        whole(0.85, "answer")
        answers = True
    circular = read.weight("circular") >= 1
    after = answer.get(read.index + 1)
    if after is not None and after.weight("circular") >= 1 and after.size <= 9 and strength >= 0.2:
        circular = True
    if circular and strength >= 0.2:
        strength += 0.25
    if read.code and not answers:
        strength -= 0.35
    if read.has("peripheral"):
        strength -= 0.3
    if read.verbless and words[0] == "or" and not answers:
        # "Or on demand, at first request" names another way.
        strength -= 0.35
    if read.verbless and number and read.has("per") and read.weight("quantity") >= 1:
        # "Thirty terabytes a year" is worked out, not chosen.
        strength -= 0.3
    if coding and read.verbless and number and _lists_examples(answer, read):
        strength -= 0.5
    if not specific and signposts(read):
        strength -= 0.5
    if form != "answer" and mere_step(read):
        strength -= 0.4
    if form != "answer" and weight < 1 and _elaborates(answer, read, silent_s):
        strength -= 0.3
    if read.index >= answer.summary_from and _said_before(answer, read):
        strength -= 0.5
    if words[read.lead] in ("if", "when", "say", "suppose") and form != "answer":
        # What would be done in another case is a bound, no choice.
        strength -= 0.5 if words[read.lead] == "if" else 0.25 if weight < 1 else 0.0
    if coding and words[read.lead : read.lead + 2] == ("let", "me") and not specific:
        strength -= 0.3
    if not listed("testing").isdisjoint(words):
        strength -= 0.3
    if sum(1 for w in words if is_number(w)) >= 4:
        strength -= 0.4
    if story and weight < 1:
        strength -= 0.25
    if words[read.lead] in ("maybe", "perhaps", "i'm") and not (best is not None and weight >= 0.6):
        strength -= 0.3
    if words[0] in ("maybe", "perhaps"):
        strength -= 0.3
    if read.size <= 3 and not listed("yes_no").isdisjoint(words[read.lead :]):
        strength -= 0.5
    if coding and weight < 1 and "through" in words:
        # Going through a list is a step, no choice.
        strength -= 0.3
    if "sure" in words:
        strength -= 0.4
    if read.weight("assumption") >= 1:
        strength -= 0.2 if tech and not number else 0.5
    if read.weight("need") >= 1:
        strength -= 0.3
    if any(w in ("could", "might") for w in words):
        strength -= 0.3
    if not listed("blockers").isdisjoint(words[: read.lead + 4]) and form not in ("answer", "shorthand"):
        strength -= 0.2
    if read.weight("question") >= 1 and any(w in ("ask", "check", "confirm", "clarify") for w in words):
        strength -= 0.4
    if read.weight("unknown") >= 1 or read.weight("deferral") >= 1 or read.weight("depends") >= 1:
        strength -= 0.3
    if read.size > 24 and weight < 1:
        strength -= 0.2
    for later in (1, 2, 3):
        other = answer.get(read.index + later)
        if other is None:
            break
        if other.weight("correction") >= 1 and not other.question:
            strength *= 0.5
            break
        if not (other.content & read.content or not listed("pronouns").isdisjoint(other.words)):
            # Another matter by now: what is taken back later is not this.
            break
    if sum(1 for w in words if w == "there's") >= 2:
        strength -= 0.4
    if words[read.lead] in ("with", "or") and weight < 1 and not silent:
        strength -= 0.25
    told = len(read.content & answer.prompt_content)
    if read.content and told >= 0.6 * len(read.content) and (weight < 1 or told == len(read.content)):
        strength -= 0.4
    if coding and tech and not listed("languages").isdisjoint(words) and not read.has("structure"):
        strength -= 0.3
    if not story and weight < 1 and any(w in ("was", "were", "had", "did", "used") for w in words):
        strength -= 0.25
    if before is not None and circular and read.weight("circular") >= 1 and weight < 1 and strength < 0.95:
        strength -= 0.3
    if answer.kind == "debugging":
        strength -= 0.4 if not listed("investigating").isdisjoint(words) else 0.0 if weight >= 1 else 0.1
    if before is not None and before.question and read.index <= 6 and number and "or" not in words:
        # A question about the task, answered by the speaker: a working assumption.
        strength -= 0.4
    if strength < 0.3:
        return None
    return Decision(read.index, min(1.0, strength), form, start, end, thing)
