"""What can be seen of a sentence and its neighbours: named signs, each a number from 0 to 1.

They are what the learnt weights of `judge` weigh. A sign says what stands there, never whether it is good.
Pure; each sentence looks at a neighbourhood of constant size.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from types import SimpleNamespace

from unsaid.language.acts import Read, content, numbers
from unsaid.language.cues import is_number, listed
from unsaid.language.weigh import Ground, follows, leans_back, mere_step, signposts

_KINDS = (
    *("decision", "reason", "alternative", "assumption", "question", "requirement", "need", "quantity"),
    *("property", "taken", "hedge", "discourse", "bound", "check", "reversal", "exclusion", "deferral"),
    *("depends", "unknown", "summary", "price", "outcome", "correction", "magnitude", "callback", "circular"),
)
_NEAR_KINDS = (
    *("decision", "reason", "alternative", "assumption", "bound", "check", "price", "correction", "circular"),
    *("outcome", "hedge", "unknown", "requirement"),
)
_CLASSES = frozenset(
    (
        *("tech", "structure", "component", "approach", "param", "unit", "per", "code", "peripheral"),
        *("outside", "vague", "bad", "less", "value", "keeps", "mild", "load_unit"),
    )
)
_GRADED = tuple((k, f"has {k}", f"hints {k}", f"whiff {k}") for k in _KINDS)
_FRAMING = ("requirement", "assumption", "question", "need")
_EARLY = 14
"""Sentences in which a framing is looked for."""
_NOT_X_IS = frozenset(("it's", "that's", "there's", "let's", "what's"))
_TURNS = frozenset(("no", "well", "or", "actually", "wait", "hmm", "nah", "yeah"))
_WAYS = frozenset(("or", "versus", "either", "both", "ways", "options", "two", "three"))
_MARKS = frozenset(("say", "call", "about", "around", "roughly", "maybe", "like", "guess", "let's", "if"))
_DONE = frozenset(("kept", "sent", "put", "made", "thrown", "stored", "held", "cut", "left", "built", "set"))
_NOTS = frozenset(("don't", "won't", "wouldn't", "didn't", "not"))
_PAST = frozenset(("was", "were", "had", "did", "got", "went"))
_JOINTS = frozenset(("and", "but", "because", "since", "which", "so", "if", "when"))
_BEGINNINGS = frozenset(("so", "and", "but", "or", "then", "okay", "now", "yeah", "actually"))


@cache
def _groups() -> SimpleNamespace:
    """The classes of words, by name."""
    names = (
        "causes effects limits conditionals comparing first_person pointing_back intensifiers scalars "
        "amounts verdicts doubting knowing laters putting_off people counted needing universals refusing "
        "turning negations deferring imperatives stopwords states past_verbs"
    )
    g = SimpleNamespace(**{name: listed(name) for name in names.split()})
    g.joints = tuple(
        (label, group, f"{label} twice")
        for label, group in (
            ("causes", g.causes),
            ("effects", g.effects),
            ("limits", g.limits),
            ("would", g.conditionals),
            ("than", g.comparing),
            ("first", g.first_person),
            ("back", g.pointing_back),
        )
    )
    return g


@cache
def prefixed(where: str, sign: str) -> str:
    """The name of a sign of a neighbour."""
    return f"{where} {sign}"


NEIGHBOURS = {"next": 1, "after next": 2, "before": -1}
"""The sentences whose signs are seen as well, and how far away they are."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What can be seen of every sentence of an answer."""

    own: list[dict[str, float]]
    """Of the sentence and where it stands; empty where it has no words."""
    shown: list[dict[str, float]]
    """What it shows to its neighbours."""
    around: dict[str, int]
    """The neighbours that are looked at."""

    def of(self, index: int) -> dict[str, float]:
        """All that is seen of a sentence, its neighbours' signs with their place before the name."""
        out = dict(self.own[index])
        if out:
            for where, by in self.around.items():
                if 0 <= index + by < len(self.shown):
                    out |= {prefixed(where, k): v for k, v in self.shown[index + by].items()}
        return out

    def has(self, *names: str) -> list[bool]:
        """For every sentence, whether any of the signs is there."""
        far = [(by, sign) for where, by in self.around.items() for sign in _of_neighbour(names, where)]
        n = len(self.own)
        return [
            any(name in row for name in names)
            or (bool(row) and any(0 <= i + by < n and sign in self.shown[i + by] for by, sign in far))
            for i, row in enumerate(self.own)
        ]


def _of_neighbour(names: Iterable[str], where: str) -> list[str]:
    return [name.removeprefix(f"{where} ") for name in names if name.startswith(f"{where} ")]


def _clauses(read: Read) -> int:
    text = read.sentence.text
    count = text.count(",") + text.count(";")
    if not _JOINTS.isdisjoint(read.bag):
        count += sum(1 for w in read.words[read.lead + 1 :] if w in _JOINTS)
    return count


def _size(n: int) -> str:
    for most, name in (
        (2, "words 1-2"), (4, "words 3-4"), (7, "words 5-7"), (12, "words 8-12"), (20, "words 13-20")
    ):  # fmt: skip
        if n <= most:
            return name
    return "words over 20"


def _shown(ground: Ground, read: Read) -> dict[str, float]:
    """What a sentence shows to its neighbours, whichever they are."""
    g = _groups()
    out: dict[str, float] = {}
    for kind in _NEAR_KINDS:
        if kind in read.cues and (w := read.weight(kind)) >= 0.5:
            out[kind] = w
    words = read.words
    out["reason strength"] = ground.supports[read.index][0]
    out[_size(read.size)] = 1.0
    if read.question:
        out["question"] = 1.0
        if "or" in words:
            out["question or"] = 1.0
    if read.verbless:
        out["verbless"] = 1.0
    if read.code:
        out["code"] = 1.0
    if read.pause_s >= ground.thresholds.pause_s:
        out["silent"] = 1.0
    elif read.pause_s >= 1.8:
        out["pause"] = 1.0
    opening = words[: read.lead + 1]
    if opening:
        first = opening[-1]
        if first in g.pointing_back or opening[0] in g.pointing_back:
            out["opens back"] = 1.0
        if first in g.causes:
            out["opens cause"] = 1.0
        if first in ("if", "with", "without", "when"):
            out["opens if"] = 1.0
        if opening[0] in ("and", "but", "or"):
            out[f"opens {opening[0]}"] = 1.0
        if leans_back(read):
            out["leans"] = 1.0
        if follows(read):
            out["follows"] = 1.0
    rest = words[read.lead + 1 :]
    for label, group, _ in g.joints[:5]:
        if not group.isdisjoint(rest):
            out[label] = 1.0
    if not g.pointing_back.isdisjoint(words):
        out["back"] = 1.0
    if read.figures:
        out["number"] = 1.0
    pieces = read.pieces
    if len(pieces) >= 2 and pieces[0] <= 3:
        out["opens topic"] = 1.0
    if len(pieces) >= 3:
        out["many pieces"] = 1.0
    d = ground.decisions[read.index]
    if d is not None:
        out["decides"] = d.strength
    return out


def _begins(read: Read, out: dict[str, float]) -> None:
    """How the sentence opens."""
    g = _groups()
    words, lead = read.words, read.lead
    first = words[lead]
    if first in ("i", "we"):
        out["opens i"] = 1.0
        second = words[lead + 1] if lead + 1 < len(words) else ""
        if second.endswith("ed") or second in g.past_verbs:
            out["opens i past"] = 1.0
        else:
            out["opens i state" if second in g.states else "opens i does"] = 1.0
    elif first in ("i'd", "we'd", "i'll", "we'll", "let's"):
        out["opens i will"] = 1.0
    elif first in ("i'm", "we're"):
        # "We're storing it" does something; "we're done" and "I'm not sure" say how things stand.
        doing = any(w.endswith("ing") or w == "gonna" for w in words[lead + 1 : lead + 4])
        out["opens i will" if doing else "opens i state"] = 1.0
    elif first in g.pointing_back:
        out["opens back"] = 1.0
    elif first in ("if", "when", "whenever", "say", "suppose"):
        out["opens if"] = 1.0
    elif first in g.causes:
        out["opens cause"] = 1.0
    elif first in ("you", "you'd", "you've", "you're", "your"):
        out["opens you"] = 1.0
    elif is_number(first):
        out["opens number"] = 1.0
    elif first in ("no", "not"):
        out["opens no"] = 1.0
    elif first in g.imperatives:
        out["opens imperative"] = 1.0
    elif first in ("the", "a", "an", "each", "every", "my", "our"):
        out["opens article"] = 1.0
    else:
        out["opens other" if first in g.stopwords else "opens name"] = 1.0
    for w in words[: lead + 1]:
        if w in _BEGINNINGS:
            out[f"begins {w}"] = 1.0


def _form(ground: Ground, read: Read, out: dict[str, float]) -> None:
    """Length, parts, pause, place."""
    g = _groups()
    words, lead, size = read.words, read.lead, read.size
    out[_size(size)] = 1.0
    out["length"] = min(1.0, len(words) / 30)
    pieces = read.pieces
    out["pieces"] = min(1.0, (len(pieces) - 1) / 4)
    if len(pieces) == 1:
        out["one piece"] = 1.0
    if len(pieces) == 2:
        out["two pieces"] = 1.0
        if pieces[0] <= 3 and pieces[1] <= 6:
            out["heading and answer"] = 1.0
        if pieces[1] <= 4 < pieces[0]:
            out["short tail"] = 1.0
    if len(pieces) >= 2 and pieces[0] <= 3:
        out["opens topic"] = 1.0
    clauses = _clauses(read)
    out["clauses"] = min(1.0, clauses / 5)
    if clauses == 0:
        out["plain"] = 1.0
    for name in ("verbless", "question", "code"):
        if getattr(read, name):
            out[name] = 1.0
    pause = read.pause_s
    if pause >= 8:
        out["pause long"] = 1.0
    if pause >= ground.thresholds.pause_s:
        out["pause silent"] = 1.0
    else:
        out["pause short" if pause >= 1.8 else "no pause"] = 1.0
    n = len(ground.reads)
    if read.index < 4:
        out["first sentences"] = 1.0
    if read.index >= n - 3:
        out["last sentences"] = 1.0
    out["place"] = read.index / max(1, n - 1)
    later = words[lead + 1 :]
    for label, group, twice in g.joints:
        if not group.isdisjoint(later):
            out[label] = 1.0
            if sum(1 for w in later if w in group) >= 2:
                out[twice] = 1.0
    for i, w in enumerate(words[lead : lead + 5]):
        owned = w.endswith("'s") and w not in _NOT_X_IS
        if w in ("is", "are") or owned:
            if i + owned > 0 and words[lead] not in g.pointing_back:
                out["x is y"] = 1.0
                if len(pieces) == 1 and size <= 9:
                    out["short x is y"] = 1.0
            break


def _wider(ground: Ground, read: Read, out: dict[str, float]) -> None:
    """Signs that need no listed phrase: a word of one class beside a word of another."""
    g = _groups()
    words, lead = read.words, read.lead
    rest = words[lead:]
    bag = read.bag
    number = read.figures > 0
    short = read.size <= 9
    person = not bag.isdisjoint(g.first_person)
    if not bag.isdisjoint(g.intensifiers) and any(
        a in g.intensifiers and b in g.scalars for a, b in pairwise(words)
    ):
        out["very much"] = 1.0
        if not number:
            out["very much no number"] = 1.0
    if not number and not bag.isdisjoint(g.scalars):
        out["scalar no number"] = 1.0
        if short:
            out["scalar short"] = 1.0
    if not number and not bag.isdisjoint(g.amounts):
        out["amount no number"] = 1.0
    if not bag.isdisjoint(g.doubting):
        out["doubt"] = 1.0
        if not bag.isdisjoint(g.verdicts):
            out["doubt fine"] = 1.0
            if short:
                out["doubt fine short"] = 1.0
            if not number:
                out["doubt fine no number"] = 1.0
        if short and not number:
            out["doubt short"] = 1.0
        if "if" not in bag and not number and "bound near" not in out:
            out["doubt unbounded"] = 1.0
    if not bag.isdisjoint(g.knowing) and not bag.isdisjoint(g.negations):
        out["not known"] = 1.0
        if "i" in bag or "i'm" in bag:
            out["i not known"] = 1.0
        if rest[-1] in g.knowing or rest[-1] in (
            *("it", "that", "this", "one", "best", "much", "many", "how", "there"),
        ):
            out["not known at end"] = 1.0
    if any(w.startswith("depend") for w in bag):
        out["depends word"] = 1.0
        if any(w.startswith("depend") for w in words[-2:]):
            out["depends last"] = 1.0
    if not g.laters.isdisjoint(words[-3:]):
        if (person or read.size <= 2) and (read.size <= 2 or not bag.isdisjoint(g.putting_off)):
            out["puts off"] = 1.0
        if person and not bag.isdisjoint(("i'll", "we'll", "we'd", "i'd", "let", "will")):
            out["will later"] = 1.0
    if rest[-1] in ("later", "afterwards", "after", "eventually", "tbd"):
        out["ends later"] = 1.0
    if "has deferral" in out or "puts off" in out or "will later" in out or "ends later" in out:
        topic = read.content - content(g.deferring)
        common = max(8, len(ground.reads) // 40)
        topic = frozenset(t for t in topic if len(ground.answer.places.get(t, ())) <= common)
        if topic and ground.picked_up(read.index, topic) is not None:
            out["taken up again"] = 1.0
    prompt = ground.answer.prompt_content
    if any(content(words[c.end - 2 : c.end]) & prompt for c in read.cues.get("property", ())):
        out["property given"] = 1.0
    _others(ground, read, out, person=person)
    if number:
        _figures(ground, read, out)
    _refusals(ground, read, out, person=person)
    _named_before(ground, read, out)
    if (
        len(rest) > 1
        and rest[1].endswith("s")
        and not rest[1].endswith(("ss", "'s"))
        and rest[1] not in ("is", "was", "this", "has")
        and rest[0] not in g.first_person
        and rest[0] not in g.stopwords
    ):
        out["thing does"] = 1.0
    for i, w in enumerate(rest[:-1]):
        if w in ("is", "are", "get", "gets", "be"):
            after = rest[i + 1]
            negated = i + 2 < len(rest) and after == "not" and rest[i + 2].endswith("ed")
            if after.endswith("ed") or after in _DONE or negated:
                out["is done"] = 1.0
    if read.index < _EARLY and ground.answer.kind != "story":
        _unframed(ground, read, out)


def _others(ground: Ground, read: Read, out: dict[str, float], *, person: bool) -> None:
    """What others need, and what is said of all."""
    g = _groups()
    words, rest = read.words, read.words[read.lead :]
    at = -1 if g.needing.isdisjoint(words) else next(i for i, w in enumerate(words) if w in g.needing)
    own = ("i", "we", "you", "i'd", "we'd", "i'll", "it")
    if at > 0 and not read.question and not any(w in own for w in words[max(0, at - 3) : at]):
        out["others need"] = 1.0
        if not g.people.isdisjoint(words[:at]):
            out["people need"] = 1.0
        if read.content - ground.answer.prompt_content:
            out["others need new"] = 1.0
    if person:
        return
    if not g.people.isdisjoint(words):
        out["people"] = 1.0
    if not g.universals.isdisjoint(rest[:3]):
        out["of all"] = 1.0
        if "so" in rest[1:]:
            out["of all so"] = 1.0
    if "so" in rest[2:] and not read.figures:
        out["fact so"] = 1.0


def _figures(ground: Ground, read: Read, out: dict[str, float]) -> None:
    """Numbers that the prompt does not give: of what, and whether marked as a guess."""
    g = _groups()
    words, rest = read.words, read.words[read.lead :]
    before = ground.answer.get(read.index - 1)
    fresh = numbers(words) - ground.answer.prompt_numbers
    big = any(v >= 1000 for v in fresh)
    if fresh:
        out["fresh number"] = 1.0
    if big:
        out["big number"] = 1.0
    world = (
        not g.people.isdisjoint(words)
        or not g.counted.isdisjoint(words)
        or read.has("load_unit")
        or read.has("outside")
    )
    marked = (
        read.weight("assumption") >= 0.5 or read.weight("hedge") >= 0.5 or not _MARKS.isdisjoint(words)
    ) or (before is not None and (before.weight("assumption") >= 1 or before.question))
    derived = rest[:1] in (("that's",), ("so",)) or any(
        w in ("times", "over", "divided", "means") for w in words
    )
    if world and fresh:
        out["world number"] = 1.0
        if not marked and not read.question:
            out["world number unmarked"] = 1.0
            if not derived:
                out["world number asserted"] = 1.0
            if big:
                out["world number big"] = 1.0
    if fresh and not marked:
        if read.has("per"):
            out["rate unmarked"] = 1.0
        if any(w in ("have", "has", "got", "does", "handle", "get") for w in rest[:4]):
            out["has number unmarked"] = 1.0
        if any(w in ("have", "has", "got") for w in rest[:4]):
            out["we have number"] = 1.0
        if "so" in rest[1:]:
            out["number so"] = 1.0
            if world:
                out["world number so"] = 1.0
    if not marked and any(
        w in ("percent", "thirds", "third", "quarters", "half") or w.endswith("%") for w in words
    ):
        out["share unmarked"] = 1.0
    if derived:
        out["derived number"] = 1.0
    if before is not None and before.figures:
        out["number follows number"] = 1.0
    if any(w in ("latency", "response", "throughput") for w in words):
        out["latency number"] = 1.0


def _refusals(ground: Ground, read: Read, out: dict[str, float], *, person: bool) -> None:
    """What is left out, dropped or turned round."""
    g = _groups()
    words = read.words
    bag = read.bag
    short = read.size <= 9
    for i, w in enumerate(words[:-1]):
        if w not in _NOTS:
            continue
        mine = i > 0 and (
            words[i - 1] in ("i", "we", "i'd", "i'll", "do")
            or (
                words[i - 1] in ("i'm", "we're") and (words[i + 1].endswith("ing") or words[i + 1] == "gonna")
            )
        )
        if mine or (w == "not" and i == read.lead):
            if words[i + 1] not in g.states or words[i + 1] == "do":
                out["i do not"] = 1.0
                if short:
                    out["i do not short"] = 1.0
            break
    if not bag.isdisjoint(g.refusing):
        out["refusing"] = 1.0
        if person:
            out["i refuse"] = 1.0
            if short:
                out["i refuse short"] = 1.0
    if read.verbless and not bag.isdisjoint(g.negations):
        out["verbless no"] = 1.0
    if not bag.isdisjoint(g.turning):
        out["turning"] = 1.0
        if person:
            out["i turn"] = 1.0
    if read.index > 0 and words[0] in _TURNS:
        out["opens turn"] = 1.0
        if ground.decisions[read.index - 1] is not None:
            out["opens turn on choice"] = 1.0


def _named_before(ground: Ground, read: Read, out: dict[str, float]) -> None:
    """One of the ways that were named before is taken."""
    if read.question:
        return
    for back in (1, 2, 3):
        other = ground.answer.get(read.index - back)
        if other is None:
            return
        if (
            read.size <= 8
            and not _WAYS.isdisjoint(other.words)
            and not read.content.isdisjoint(other.content)
        ):
            out["takes one named"] = 1.0
            if back == 1:
                out["takes one just named"] = 1.0
            if read.content <= other.content:
                out["only names one"] = 1.0
            return
        if other.question and back == 1 and read.size <= 6:
            out["short answer"] = 1.0


def _unframed(ground: Ground, read: Read, out: dict[str, float]) -> None:
    """No question, requirement or assumption has been heard yet."""
    if read.question or read.weight("assumption") >= 1:
        return
    before = ground.reads[: read.index]
    if any(r.question or any(k in r.cues and r.weight(k) >= 1 for k in _FRAMING) for r in before):
        return
    out["unframed"] = 1.0
    if read.index <= 3:
        out["unframed early"] = 1.0
    if any(d is not None and d.strength >= 0.4 for d in ground.decisions[: read.index]):
        return
    d = ground.decisions[read.index]
    if d is not None and d.strength >= 0.4:
        out["unframed first choice"] = 1.0
    if d is not None or read.has("thing"):
        out["unframed first step"] = 1.0


def _stands(ground: Ground, read: Read, out: dict[str, float]) -> None:
    """Where the sentence stands: towards the prompt, the answer and the hand-written readings."""
    answer, index, kind = ground.answer, read.index, ground.answer.kind or "none"
    words = read.words
    if not read.content - answer.prompt_content:
        out["all from prompt"] = 1.0
    if not read.content.isdisjoint(answer.prompt_content):
        out["some from prompt"] = 1.0
    if read.content:
        new = sum(1 for p in read.content if answer.places.get(p, (index,))[0] >= index)
        out["new share"] = new / len(read.content)
    if mere_step(read):
        out["mere step"] = 1.0
    if signposts(read):
        out["signpost"] = 1.0
    if words[-1] in ("no", "skip", "later", "out", "away"):
        out["ends refusal"] = 1.0
    if index >= answer.summary_from:
        out["in summary"] = 1.0
    out["own reason"] = ground.supports[index][0]
    d = ground.decisions[index]
    near = ground.reason(index)
    heard = near.strength if near is not None else 0.0
    out["reason near"] = heard
    if d is not None:
        out["decides"] = d.strength
        out[f"decides {d.form}"] = 1.0
        if kind in ("coding", "story"):
            out[f"decides {kind}"] = d.strength
        out["decides unexplained"] = d.strength * (1 - heard)
        if read.pause_s >= ground.thresholds.pause_s:
            out["decides silent"] = d.strength * (1 - heard)
    if ground.circular(index) is not None:
        out["circular near"] = 1.0


_SILENT = ("plain", "verbless", "opens i will", "opens i does", "one piece", "two pieces", "number", "x is y")


def _joined(ground: Ground, read: Read, out: dict[str, float], shown: list[dict[str, float]]) -> None:
    """Whether the talk goes on about the same thing in the sentences next to it."""
    reads, i = ground.reads, read.index
    for where, by in NEIGHBOURS.items():
        if not 0 <= i + by < len(reads):
            out[prefixed(where, "none")] = 1.0
            continue
        shared = len(reads[i + by].content & read.content)
        if shared:
            out[prefixed(where, "shares")] = 1.0
        if shared >= 2:
            out[prefixed(where, "shares more")] = 1.0
    silent = read.pause_s >= ground.thresholds.pause_s
    following = shown[i + 1] if i + 1 < len(reads) else {}
    if following and "next shares" not in out and "opens back" not in following and "leans" not in following:
        out["next other matter"] = 1.0
        if silent:
            out["silent then other matter"] = 1.0
        if "plain" in out:
            out["plain then other matter"] = 1.0
    if silent:
        for sign in (*_SILENT, "code"):
            if sign in out:
                out[prefixed("silent", sign)] = 1.0
        out[prefixed("silent", _size(read.size))] = 1.0
        out[f"silent {ground.answer.kind or 'none'}"] = 1.0
        out["silent reason"] = out["own reason"]


def _sentence(ground: Ground, read: Read, shown: list[dict[str, float]]) -> dict[str, float]:
    out: dict[str, float] = {}
    words = read.words
    if not words:
        return out
    g = _groups()
    out[f"kind {ground.answer.kind or 'none'}"] = 1.0
    for kind, has, hints, whiff in _GRADED:
        if kind in read.cues:
            w = read.weight(kind)
            out[has if w >= 1 else hints if w >= 0.5 else whiff] = 1.0
    for at in read.classes:
        for name, _ in at:
            if name in _CLASSES:
                out[prefixed("names", name)] = 1.0
    _form(ground, read, out)
    _begins(read, out)
    if not g.negations.isdisjoint(words):
        out["negation"] = 1.0
    if not _PAST.isdisjoint(read.bag):
        out["past"] = 1.0
    if read.figures:
        out["number"] = 1.0
    if read.figures >= 3:
        out["numbers many"] = 1.0
    if g.first_person.isdisjoint(words):
        out["no person"] = 1.0
    if ground.bound(read.index) is not None:
        out["bound near"] = 1.0
    _wider(ground, read, out)
    _stands(ground, read, out)
    _joined(ground, read, out, shown)
    return out


def signs(ground: Ground) -> Signs:
    """The signs of every sentence, absent ones left out.

    Where the user narrowed the neighbourhood, what lies outside it is not seen.
    """
    after, before = ground.thresholds.after, ground.thresholds.before
    far = {"next": after < 1, "after next": after < 2, "before": before < 1}
    shown = [_shown(ground, read) for read in ground.reads]
    own = [_sentence(ground, read, shown) for read in ground.reads]
    if any(far.values()):
        hidden = tuple(f"{where} " for where, too_far in far.items() if too_far)
        own = [{k: v for k, v in row.items() if not k.startswith(hidden)} for row in own]
    return Signs(own, shown, {where: by for where, by in NEIGHBOURS.items() if not far[where]})
