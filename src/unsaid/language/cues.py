"""Finds the phrases of `cues.toml` in a row of words.

The phrases are compiled once into one automaton of dictionaries; a sentence is walked once, so that the
cost grows with the number of words and hardly with the number of phrases.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, NamedTuple, cast

from unsaid.language.own import Lexicon

GRADES = {"strong": 1.0, "medium": 0.6, "weak": 0.3}
"""How sure each grade of phrase makes us, 0 to 1."""
NOTHING = Lexicon()
"""No own words and phrases."""
CUES, CONDUCT, TOLD = "cues.toml", "conduct.toml", "told.toml"
"""The books of phrases: of reasoning, which the learnt judgement reads too; of evidence and conduct; of the
course of an answer. Apart, so that an audit pays only for those that it reads."""
LONGEST_MATCH = 14
"""Words that one phrase may span, wildcards and fillers included."""

FILLERS = frozenset(
    [
        "um",
        "uh",
        "er",
        "erm",
        "hmm",
        "like",
        "just",
        "basically",
        "really",
        "simply",
        "probably",
        "maybe",
        "perhaps",
        "also",
        "actually",
        "honestly",
        "literally",
        "kinda",
        "definitely",
        "still",
        "then",
        "now",
        "there",
        "quickly",
        "obviously",
        "usually",
    ]
)
"""Words that may stand between any two words of a phrase."""

_THING = ("tech", "structure", "component", "approach")
_NUMBERS = frozenset(
    [
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "seventy",
        "eighty",
        "ninety",
        "hundred",
        "hundreds",
        "thousand",
        "thousands",
        "million",
        "millions",
        "billion",
        "billions",
        "trillion",
        "dozen",
        "dozens",
    ]
)
_NOT_OWNED = frozenset(
    [
        "it's",
        "that's",
        "there's",
        "here's",
        "he's",
        "she's",
        "what's",
        "who's",
        "how's",
        "where's",
        "let's",
        "this's",
        "everybody's",
        "nobody's",
    ]
)
_DIGITS = re.compile(r"^\d[\d.,]*(?:%|k|m|b|ms|s|gb|mb|kb|tb|x|th)?$")
_TOKEN = re.compile(r"[^\W_]+(?:['’.][^\W_]+|(?<=\d),\d+)*%?")
_SHORT = {
    "dont": "don't", "doesnt": "doesn't", "didnt": "didn't", "cant": "can't", "wouldnt": "wouldn't",
    "couldnt": "couldn't", "shouldnt": "shouldn't", "isnt": "isn't", "arent": "aren't", "wasnt": "wasn't",
    "im": "i'm", "ive": "i've", "thats": "that's", "lets": "let's", "theres": "there's", "youre": "you're",
    "theyre": "they're", "weve": "we've", "youd": "you'd", "theyd": "they'd", "itll": "it'll", "hes": "he's",
    "whats": "what's", "wont": "won't", "havent": "haven't", "hasnt": "hasn't", "theyll": "they'll",
    "youll": "you'll",
}  # fmt: skip

# Keys of an automaton's node that are no words.
_ANY, _JUMP, _DONE, _LAST, _CLASS = "\0any", "\0jump", "\0done", "\0last", "\0class"
_FLAT = "\0flat"


class Token(NamedTuple):
    """One word of a sentence, as the phrases see it."""

    text: str
    """In lower case, without punctuation."""
    start: int
    """First character in the sentence's text."""
    end: int


class Cue(NamedTuple):
    """A phrase found: which act, how sure, and its words (`start` to `end`, one past the last)."""

    kind: str
    weight: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Found:
    """What the lexicon and the phrases say about one row of words."""

    cues: dict[str, tuple[Cue, ...]]
    """By kind of act; within a kind in order of place, the longest at each place."""
    classes: tuple[tuple[tuple[str, int], ...], ...]
    """For each word, the classes that begin there and one past their last word."""


def tokens(text: str) -> tuple[Token, ...]:
    """The words of `text` with their places; hyphens and slashes part words, apostrophes do not."""
    out = []
    for m in _TOKEN.finditer(text):
        word = m[0].lower()
        if "’" in word:
            word = word.replace("’", "'")
        out.append(Token(_SHORT.get(word, word), *m.span()))
    return tuple(out)


@lru_cache(maxsize=4096)
def is_number(token: str) -> bool:
    """True for digits and number words from two up ("one" is too often a pronoun)."""
    return token in _NUMBERS or bool(_DIGITS.match(token))


@cache
def _document(book: str = CUES) -> dict[str, Any]:
    # Imported here: they cost more to load than all the rest of this package.
    import tomllib
    from importlib import resources

    source = resources.files("unsaid.language").joinpath(book).read_text(encoding="utf-8")
    return tomllib.loads(source)


@cache
def listed(name: str, book: str = CUES) -> frozenset[str]:
    """A plain list of words from a book of phrases."""
    listed = _document(book)["words"][name]
    return frozenset(listed.split() if isinstance(listed, str) else listed)


@cache
def kinds(book: str = CUES) -> tuple[str, ...]:
    """The kinds of act that the phrases of a book stand for, in its order."""
    return tuple(k for k in _document(book) if k not in ("classes", "words"))


def prepare(own: Lexicon | None = None) -> None:
    """Read the phrases that an audit asks for now rather than with the first sentence."""
    _data(own or NOTHING)
    for book in (CONDUCT, TOLD):
        _data(NOTHING, book)


def prepare_book(book: str) -> None:
    """Read the phrases of a book of its own now rather than with the first sentence."""
    _data(NOTHING, book)


def plain(phrase: str) -> str:
    """A phrase as a person writes it, as a row of plain words; empty where it has none."""
    return " ".join(t.text for t in tokens(phrase))


@lru_cache(maxsize=8)
def _data(own: Lexicon, book: str = CUES) -> tuple[dict[str, Any], dict[str, Any]]:
    """The automata of the classes and of the phrases, built once; `own` words and phrases are sure ones."""
    doc = _document(book)
    classes: dict[str, Any] = {}
    for name, members in doc.get("classes", {}).items():
        for member in members:
            _insert(classes, member, name)
    phrases: dict[str, Any] = {}
    for kind, grades in doc.items():
        if kind in ("classes", "words"):
            continue
        for grade, rows in grades.items():
            for row in rows:
                _insert(phrases, row, (kind, GRADES[grade]))
    for name, member in own.words:
        _insert(classes, plain(member), name)
    for kind, phrase in own.cues:
        _insert(phrases, plain(phrase), (kind, 1.0))
    return classes, phrases


_ELEMENT = re.compile(r"[()|]|[^\s()|]+")
_MORE_THAN_WORDS = re.compile(r"[()|*?_$<]")
_Node = dict[str, Any]


def _insert(root: _Node, phrase: str, mark: object) -> None:
    """Add one phrase; groups share what follows them, so the size grows with the text of the phrase only."""
    if _MORE_THAN_WORDS.search(phrase) is None:
        node = root
        for word in phrase.split():
            node = node.setdefault(word, {})
        node.setdefault(_DONE, []).append(mark)
        return
    parts = _ELEMENT.findall(phrase)
    nodes, end = _row(parts, 0, [root])
    if end != len(parts):
        raise ValueError(f"cues.toml: brackets do not match in {phrase!r}")
    for node in nodes:
        node.setdefault(_DONE, []).append(mark)


def _row(parts: list[str], at: int, nodes: list[_Node]) -> tuple[list[_Node], int]:
    """Follow a row of words and groups from `nodes` up to a bar, a closing bracket or the end."""
    while at < len(parts) and parts[at] not in ("|", ")"):
        part = parts[at]
        if part == "(":
            begin, join = nodes, _Node()
            while True:
                ends, at = _row(parts, at + 1, begin)
                for node in ends:
                    node.setdefault(_JUMP, []).append(join)
                if at >= len(parts):
                    raise ValueError(f"cues.toml: brackets do not match in {' '.join(parts)!r}")
                if parts[at] == ")":
                    break
            at += 1
            if at < len(parts) and parts[at] == "?":
                at += 1
                for node in begin:
                    node.setdefault(_JUMP, []).append(join)
            nodes = [join]
            continue
        at += 1
        if part == "*":
            join = _Node()
            for node in nodes:
                node.setdefault(_JUMP, []).append(join)
                for _ in range(3):
                    node = node.setdefault(_ANY, {})
                    node.setdefault(_JUMP, []).append(join)
            nodes = [join]
        elif part.endswith("?"):
            join = _Node()
            for node in nodes:
                node.setdefault(_JUMP, []).append(join)
                _step(node, part[:-1]).setdefault(_JUMP, []).append(join)
            nodes = [join]
        else:
            nodes = [_step(node, part) for node in nodes]
    return nodes, at


def _step(node: _Node, word: str) -> _Node:
    if word == "_":
        return cast("_Node", node.setdefault(_ANY, {}))
    if word == "$":
        return cast("_Node", node.setdefault(_LAST, {}))
    if word.startswith("<"):
        return cast("_Node", node.setdefault(_CLASS, {}).setdefault(word[1:-1], {}))
    return cast("_Node", node.setdefault(word, {}))


def find(words: Sequence[str], own: Lexicon | None = None) -> Found:
    """All classes and phrases in a row of words (lower case, no punctuation), `own` ones besides ours."""
    class_root, phrase_root = _data(own or NOTHING)
    n = len(words)
    classes: list[tuple[tuple[str, int], ...]] = []
    for i, word in enumerate(words):
        spans: dict[str, int] = {}
        node, end = class_root.get(word), i + 1
        if node is not None:
            while node is not None:
                for name in node.get(_DONE, ()):
                    spans[name] = end
                node, end = node.get(words[end]) if end < n else None, end + 1
        elif len(word) > 3 and word[-1] == "s":
            # A plural that is not listed by itself.
            singular = class_root.get(word[:-1])
            if singular is not None:
                spans.update({mark: i + 1 for mark in singular.get(_DONE, ()) if mark in _THING})
        if spans and (ends := [spans[name] for name in _THING if name in spans]):
            spans["thing"] = max(ends)
        if word.endswith("'s") and word not in _NOT_OWNED:
            spans["xs"] = i + 1
        if is_number(word):
            end = i + 1
            while end < n and is_number(words[end]):
                end += 1
            spans["num"] = end
        classes.append(tuple(spans.items()))
    return Found(_phrases_in(words, classes, phrase_root), tuple(classes))


def find_in(
    book: str, words: Sequence[str], classes: Sequence[tuple[tuple[str, int], ...]]
) -> dict[str, tuple[Cue, ...]]:
    """The phrases of another book in a row of words whose classes `find` has told."""
    return _phrases_in(words, classes, _data(NOTHING, book)[1])


def _phrases_in(
    words: Sequence[str], classes: Sequence[tuple[tuple[str, int], ...]], phrase_root: _Node
) -> dict[str, tuple[Cue, ...]]:
    n = len(words)
    found: dict[str, dict[int, Cue]] = {}
    root_classes = phrase_root.get(_CLASS, {})
    root_any = phrase_root.get(_ANY)
    if root_any is not None and _FLAT not in root_any:
        _flatten(root_any)
    only_words = root_any is not None and not (_ANY in root_any or _CLASS in root_any or _DONE in root_any)
    for i, word in enumerate(words):
        starts: list[tuple[_Node, int]] = []
        node = phrase_root.get(word)
        if node is not None:
            starts.append((node, i + 1))
        for name, end in classes[i]:
            node = root_classes.get(name)
            if node is not None:
                starts.append((node, end))
        if root_any is not None and not (
            only_words and i + 1 < n and words[i + 1] not in root_any and words[i + 1] not in FILLERS
        ):
            starts.append((root_any, i + 1))
        if starts:
            _walk(starts, words, classes, i, found)
    return {k: tuple(v[i] for i in sorted(v)) for k, v in found.items()}


def _walk(
    stack: list[tuple[_Node, int]],
    words: Sequence[str],
    classes: Sequence[tuple[tuple[str, int], ...]],
    begin: int,
    found: dict[str, dict[int, Cue]],
) -> None:
    n = len(words)
    limit = min(n, begin + LONGEST_MATCH)
    seen: set[tuple[int, int]] = set()
    while stack:
        node, at = stack.pop()
        if _FLAT not in node:
            _flatten(node)
        if _DONE in node:
            for kind, weight in node[_DONE]:
                at_kind = found.setdefault(kind, {})
                old = at_kind.get(begin)
                if old is None or (weight, at) > (old.weight, old.end):
                    at_kind[begin] = Cue(kind, weight, begin, at)
        if at >= limit:
            if at >= n and _LAST in node:
                stack.append((node[_LAST], at))
            continue
        word = words[at]
        if word in node:
            stack.append((node[word], at + 1))
        if _ANY in node:
            stack.append((node[_ANY], at + 1))
        if _CLASS in node:
            of_class = node[_CLASS]
            for name, end in classes[at]:
                if name in of_class:
                    stack.append((of_class[name], end))
        if word in FILLERS and (id(node), at) not in seen:
            seen.add((id(node), at))
            stack.append((node, at + 1))


def _flatten(node: _Node) -> None:
    """Put into a node what it reaches without a word, once; nodes that then share a word become one."""
    reached: dict[int, _Node] = {}
    open_ = [node]
    while open_:
        other = open_.pop()
        if id(other) not in reached:
            reached[id(other)] = other
            open_ += other.get(_JUMP, ())
    flat: _Node = {_FLAT: True}
    of_class: _Node = {}
    for other in reached.values():
        for key, following in other.items():
            if key == _DONE:
                flat[_DONE] = [*flat.get(_DONE, ()), *following]
            elif key == _CLASS:
                for name, target in following.items():
                    _join(of_class, name, target)
            elif key not in (_JUMP, _FLAT):
                _join(flat, key, following)
    if of_class:
        flat[_CLASS] = of_class
    node.clear()
    node.update(flat)


def _join(into: _Node, key: str, node: _Node) -> None:
    """Lead `key` to `node` as well as to where it leads already."""
    old = into.get(key)
    if old is None or old is node:
        into[key] = node
    else:
        into[key] = {_JUMP: [old, node]}
