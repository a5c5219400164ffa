"""What each sentence of an answer does, and what it is about.

`understand` reads the sentences into an `Answer`, the ground on which every rule stands; `read` returns
the plain sentences with their acts. Pure, linear in the number of words.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise

from unsaid.language.cues import FILLERS, Cue, Token, find, is_number, listed, tokens
from unsaid.language.own import Lexicon
from unsaid.model import Act, Kind, Prompt, Sentence

_NUMBER_CORE = re.compile(r"\d+(?:[.,]\d+)*")
_VALUES = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "hundred": 100, "hundreds": 100, "thousand": 1000, "thousands": 1000, "million": 10**6,
    "millions": 10**6, "billion": 10**9, "billions": 10**9, "dozen": 12, "dozens": 12,
}  # fmt: skip


_BARE_SUBJECTS = frozenset({"i", "we", "they", "he", "she"})


@dataclass(frozen=True)
class Read:
    """One sentence, read: its words, the phrases found in it, and what follows from its form."""

    sentence: Sentence
    tokens: tuple[Token, ...]
    cues: dict[str, tuple[Cue, ...]]
    classes: tuple[tuple[tuple[str, int], ...], ...]
    question: bool
    """A question: by its mark, or by the order of its words where marks are missing."""
    content: frozenset[str]
    """Stems of the words that carry a meaning of their own: what the sentence is about."""
    lead: int
    """Index of the first word that is no filler or connective."""
    verbless: bool
    """No finite verb: a heading, or a decision said in shorthand ("Storage, MySQL")."""
    code: bool
    """Narrates code being typed rather than a choice being made."""
    words: tuple[str, ...]
    """The words in lower case."""
    bag: frozenset[str]
    """The same without order."""
    index: int
    """Place of the sentence in the answer."""

    @property
    def pause_s(self) -> float:
        """Silence before the sentence."""
        return self.sentence.pause_before_s

    @cached_property
    def figures(self) -> int:
        """Words that are numbers."""
        return sum(map(is_number, self.words))

    @cached_property
    def pieces(self) -> tuple[int, ...]:
        """Words in each stretch between commas."""
        text, toks = self.sentence.text, self.tokens
        if "," not in text and ";" not in text and ":" not in text:
            return (len(toks),)
        out, begin = [], 0
        for i, (t, following) in enumerate(pairwise(toks), 1):
            after = text[t.end : following.start]
            if len(after) > 1 and ("," in after or ";" in after or ":" in after):
                out.append(i - begin)
                begin = i
        return (*out, len(toks) - begin)

    @property
    def size(self) -> int:
        """Words after the leading fillers."""
        return len(self.tokens) - self.lead

    def weight(self, kind: str) -> float:
        """The strongest phrase of a kind, 0 where there is none."""
        found = self.cues.get(kind)
        if found is None:
            return 0.0
        return found[0].weight if len(found) == 1 else max(c.weight for c in found)

    def best(self, kind: str) -> Cue | None:
        """The strongest phrase of a kind, the first of equals."""
        found = self.cues.get(kind)
        if found is None:
            return None
        return found[0] if len(found) == 1 else max(found, key=lambda c: (c.weight, -c.start))

    def has(self, name: str) -> bool:
        """True when a member of a class of the lexicon stands in the sentence."""
        return name in self._named

    @cached_property
    def _named(self) -> frozenset[str]:
        return frozenset([n for at in self.classes for n, _ in at])

    def spans(self, *names: str) -> list[tuple[int, int]]:
        """Word spans of the members of classes, longest first at each place, none inside another."""
        out: list[tuple[int, int]] = []
        if self._named.isdisjoint(names):
            return out
        for i, at in enumerate(self.classes):
            if at and (not out or i >= out[-1][1]):
                end = max([e for n, e in at if n in names], default=0)
                if end:
                    out.append((i, end))
        return out

    def quote(self, start: int, end: int) -> str:
        """The sentence's text from word `start` to word `end`, exactly as it stands."""
        if not self.tokens:
            return self.sentence.text
        start = min(max(start, 0), len(self.tokens) - 1)
        end = min(max(end, start + 1), len(self.tokens))
        return self.sentence.text[self.tokens[start].start : self.tokens[end - 1].end]

    def cue_quote(self, cue: Cue) -> str:
        """The words of a phrase as they stand."""
        return self.quote(cue.start, cue.end)

    def clause_end(self, end: int) -> int:
        """One past the last word of the clause that goes on after word `end`, at most eight words further."""
        at = end
        while at < len(self.tokens) and at < end + 8:
            between = self.sentence.text[self.tokens[at - 1].end : self.tokens[at].start]
            if any(c in ",;:.?!—–" for c in between) or self.tokens[at].text in listed("clause_openers"):
                break
            at += 1
        return at

    def clause(self, cue: Cue) -> str:
        """The words of a phrase and what belongs to it, to the end of the clause."""
        return self.quote(cue.start, self.clause_end(cue.end))

    def matter(self, cue: Cue, before_first: bool = False) -> str:
        """What a phrase is said of: the words after it in its clause, or those before; else empty."""
        after, before = (cue.end, self.clause_end(cue.end)), (self.lead, cue.start)
        for start, end in (before, after) if before_first else (after, before):
            while start < end and self.tokens[start].text in listed("matter_leaders"):
                start += 1
            while end > start and self.tokens[end - 1].text in listed("matter_trailers"):
                end -= 1
            told = self.words[start:end]
            if not 0 < len(told) <= 7 or not content(told) - content(listed("times")):
                continue
            if start < cue.start and not listed("finite").isdisjoint(told):
                continue
            text = self.quote(start, end)
            return text[0].lower() + text[1:] if start == 0 and text[1:2].islower() else text
        return ""

    @cached_property
    def core(self) -> str:
        """The sentence without its leading fillers, as it stands, at most 16 words."""
        if not self.tokens:
            return self.sentence.text.strip()
        lead = self.lead if self.lead < len(self.tokens) else 0
        return self.quote(lead, min(len(self.tokens), lead + 16))


@dataclass(frozen=True)
class Answer:
    """A whole answer, read."""

    reads: tuple[Read, ...]
    kind: Kind | None = None
    prompt: Prompt | None = None
    prompt_content: frozenset[str] = frozenset()
    prompt_numbers: frozenset[float] = frozenset()
    """Figures of its text and of its facts."""
    facts: tuple[frozenset[str], ...] = ()
    """What each of the prompt's facts is about, as content stems."""
    places: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """For each content stem, the sentences that hold it, in order."""

    @cached_property
    def summary_from(self) -> int:
        """The sentence that opens a closing summary ("to sum up, …"); one past the last where none does."""
        late = range(len(self.reads) // 2, len(self.reads))
        return next((i for i in late if self.reads[i].weight("summary") >= 1), len(self.reads))

    def restates(self, read: Read) -> bool:
        """Whether a sentence says what a fact of the prompt says, and hardly anything else."""
        said = read.content
        if not self.facts or not numbers(read.words) <= self.prompt_numbers:
            return False
        fresh = said - self.prompt_content
        return any(len(said & f) >= 2 and len(fresh - f) <= 0.2 * len(said) for f in self.facts)

    def around(self, index: int, before: int = 1, after: int = 2) -> list[Read]:
        """The neighbours of a sentence, itself left out."""
        lo, hi = max(0, index - before), min(len(self.reads), index + after + 1)
        return [self.reads[j] for j in range(lo, hi) if j != index]

    def get(self, index: int) -> Read | None:
        """The sentence at a place, None outside the answer."""
        return self.reads[index] if 0 <= index < len(self.reads) else None


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """A crude stem: enough to see "shards", "sharded" and "sharding" as one."""
    if word.endswith("'s"):
        word = word[:-2]
    for suffix, keep in (
        ("ations", 4),
        ("ation", 4),
        ("ings", 4),
        ("ing", 4),
        ("ies", 3),
        ("ed", 3),
        ("es", 4),
        ("s", 3),
        ("er", 5),
        ("e", 4),
    ):
        if word.endswith(suffix) and len(word) - len(suffix) >= keep and not word.endswith("ss"):
            word = word[: -len(suffix)] + ("y" if suffix == "ies" else "")
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word


def content(words: Iterable[str]) -> frozenset[str]:
    """Stems of the words that carry a meaning of their own."""
    stopwords = listed("stopwords")
    return frozenset([stem(w) for w in words if len(w) > 1 and w not in stopwords and w not in FILLERS])


def numbers(words: Sequence[str]) -> frozenset[float]:
    """Values of the numbers in a row of words, each part of a compound by itself."""
    out: set[float] = set()
    for w in words:
        if w in _VALUES:
            out.add(float(_VALUES[w]))
        elif is_number(w):
            m = _NUMBER_CORE.match(w)
            if m:
                try:
                    out.add(float(m.group().replace(",", "")[:30]))
                except ValueError:
                    continue
    return frozenset(out)


_SCALES = (10.0**9, 10.0**6, 1000.0, 100.0)


def _as_spoken(words: Sequence[str]) -> frozenset[float]:
    """The figures in a row of words, and what they are made of in either way of writing: "3,000" is "three
    thousand" too."""
    out = set(numbers(words))
    for one, other in pairwise(words):
        out |= {a * b for a in numbers((one,)) for b in numbers((other,)) if b in _SCALES and a < b}
    for value in tuple(out):
        out |= _parts(value)
    return frozenset(out)


def _parts(value: float) -> set[float]:
    for scale in _SCALES:
        if value >= scale:
            return {scale} | _parts(value // scale) | _parts(value % scale)
    tens = value // 10 * 10
    return {value, tens, value - tens} - {0.0}


def _lead(words: Sequence[str]) -> int:
    i = 0
    while i < len(words) and words[i] in listed("leaders") and i < 6:
        i += 1
    return i if i < len(words) else 0


def _is_question(text: str, words: Sequence[str], lead: int) -> bool:
    """A question that wants an answer; a tag ("..., right?", "..., isn't it?") makes none."""
    if not words:
        return False
    rest = words[lead : lead + 3]
    inverted = len(rest) > 1 and (
        (rest[0] in listed("aux") and (rest[1] in listed("subjects") or len(words) > 3))
        or (
            rest[0] in listed("wh")
            and (rest[1] in listed("aux") or rest[1] in ("many", "much", "big", "often", "about", "if"))
        )
        or rest[0] in ("how", "why", "who")
    )
    stripped = text.rstrip("\"'”’ )")
    if stripped.endswith("?"):
        return inverted or not is_tagged(words)
    if stripped.endswith((".", "!")) or len(words) > 30 or len(rest) < 2:
        return False
    if rest[0] in listed("aux") and rest[1] in listed("subjects"):
        return True
    return rest[0] in listed("wh") and (
        rest[1] in listed("aux") or rest[1] in ("many", "much", "big", "often", "about", "if")
    )


def is_tagged(words: Sequence[str]) -> bool:
    """True for a statement that closes with "right", "yeah" or "isn't it"."""
    if len(words) < 4:
        return False
    if words[-1] in ("right", "yeah", "no", "correct", "ok", "okay", "huh", "yes"):
        return True
    return words[-1] in ("it", "they", "we", "you", "i", "he", "she", "there") and words[-2] in listed("aux")


def _is_filler(text: str, toks: Sequence[Token], cue: Cue) -> bool:
    """ "I don't know" as a mere hesitation, in the middle of a sentence: "it could be, I don't know, a
    million"."""
    words = [t.text for t in toks[cue.start : cue.start + 3]]
    end = cue.start + 3
    if words != ["i", "don't", "know"] or end >= len(toks):
        return False
    after = text[toks[end - 1].end : toks[end].start]
    if len(toks) - end < 3:
        return False
    return (
        "," in after
        or toks[end].text in ("some", "maybe", "like", "a", "probably", "something")
        or is_number(toks[end].text)
    )


def _has_verb(words: Sequence[str], lead: int, named: Container[int]) -> bool:
    """A finite verb, or a subject that stands for one; `named` are words of names."""
    finite, opines = listed("finite"), listed("opines")
    for i, w in enumerate(words):
        if not (w in finite or w in _BARE_SUBJECTS or (i > lead and len(w) > 4 and w.endswith("ed"))):
            continue
        if (
            not (w in opines and i and words[i - 1] == "i")
            and not (w == "i" and i + 1 < len(words) and words[i + 1] in opines)
            and i not in named
        ):
            return True
    return False


def _read(sentence: Sentence, own: Lexicon | None = None) -> Read:
    toks = tokens(sentence.text)
    words = tuple([t.text for t in toks])
    found = find(words, own)
    lead = _lead(words)
    codes = sum(1 for at in found.classes if at and any(n == "code" for n, _ in at))
    # Words within a name of several words are no verbs: "document store".
    named = {
        j
        for i, at in enumerate(found.classes)
        for name, end in at
        if name == "thing" and end > i + 1
        for j in range(i, end)
    }
    cues = dict(found.cues)
    if "unknown" in cues:
        real = tuple(c for c in cues["unknown"] if not _is_filler(sentence.text, toks, c))
        cues.pop("unknown")
        if real:
            cues["unknown"] = real
    return Read(
        sentence=sentence,
        tokens=toks,
        cues=cues,
        classes=found.classes,
        question=_is_question(sentence.text, words, lead),
        content=content(words),
        lead=lead,
        verbless=not _has_verb(words, lead, named),
        code=(codes >= 2 and codes >= 0.22 * len(words))
        or (bool(words) and words[lead] in listed("code_openers")),
        words=words,
        bag=frozenset(words),
        index=sentence.index,
    )


_STORY = re.compile(
    r"\b(?:tell me about|describe a (?:project|time|situation|conflict|decision)|a time (?:you|when)"
    r"|you led|did you|have you)\b"
)
_DEBUG = re.compile(
    r"\b(?:find out why|find the cause|debug|root cause|used to|suddenly|fails|failing|broken"
    r"|walk me through how|slower|crash(?:es|ing)?)\b"
)
_DESIGN = re.compile(r"\b(?:design|architect(?:ure)?|api|data model|schema|system)\b")
_CODING = re.compile(
    r"\b(?:implement|function|array|string|integers?|linked list|return|given an?|cache with"
    r"|constant time|grid|tree)\b"
)


def _kind(prompt_words: Sequence[str], reads: Sequence[Read]) -> Kind | None:
    """What kind of question was asked, from its words; without a prompt, from how the answer talks."""
    text = " ".join(prompt_words)
    if text:
        if _STORY.search(text):
            return "story"
        if _DESIGN.search(text) and not _CODING.search(text):
            return "design"
        if _DEBUG.search(text) and not _CODING.search(text):
            return "debugging"
        return "coding" if _CODING.search(text) else None
    if not reads:
        return None
    code = sum(1 for r in reads if r.code)
    past = sum(1 for r in reads if "was" in r.words or "were" in r.words or "had" in r.words)
    if past > 0.4 * len(reads):
        return "story"
    return "coding" if code > 0.15 * len(reads) else "design"


def understand(
    sentences: Sequence[Sentence],
    prompt: Prompt | None = None,
    kind: Kind | None = None,
    own: Lexicon | None = None,
) -> Answer:
    """Read all sentences of an answer, by our words and phrases and the user's own."""
    reads = tuple(_read(s, own) for s in sentences)
    places: dict[str, list[int]] = {}
    for r in reads:
        for c in r.content:
            places.setdefault(c, []).append(r.index)
    prompt_words = tuple(t.text for t in tokens(prompt.text)) if prompt else ()
    # The words of the facts are no words of the question: the judgement was learnt on questions alone. What
    # the facts say is given, and that is all.
    facts = [tuple(t.text for t in tokens(f)) for f in prompt.facts] if prompt else []
    return Answer(
        reads=reads,
        kind=kind or (prompt.kind if prompt else None) or _kind(prompt_words, reads),
        prompt=prompt,
        prompt_content=content(prompt_words),
        prompt_numbers=numbers(prompt_words).union(*(_as_spoken(f) for f in facts)),
        facts=tuple(content(f) for f in facts),
        places={k: tuple(v) for k, v in places.items()},
    )


def with_acts(answer: Answer) -> tuple[Sentence, ...]:
    """The plain sentences, each with its acts in order of place."""
    out = []
    for r in answer.reads:
        acts = [
            Act(c.kind, r.tokens[c.start].start, r.tokens[c.end - 1].end)
            for kind in sorted(r.cues)
            for c in r.cues[kind]
            if c.weight >= 0.6
        ]
        if r.question and r.tokens and not any(a.kind == "question" for a in acts):
            acts.append(Act("question", r.tokens[0].start, r.tokens[-1].end))
        acts.sort(key=lambda a: (a.start, a.end, a.kind))
        # Not by `replace`, which is slow.
        s = r.sentence
        out.append(
            Sentence(
                s.index,
                s.text,
                s.start_s,
                s.end_s,
                s.first_word,
                s.last_word,
                s.pause_before_s,
                tuple(acts),
            )
        )
    return tuple(out)


def read(
    sentences: Sequence[Sentence], prompt: Prompt | None = None, kind: Kind | None = None
) -> tuple[Sentence, ...]:
    """`sentences` with their acts."""
    return with_acts(understand(sentences, prompt, kind))
