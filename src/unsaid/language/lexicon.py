"""What kind of word a word is: some ten thousand entries in 45 classes, written by hand in `lexicon.txt`.

So that a word which occurs in no training answer is still known as a technology, a verb of harm, a role, a
word of doubt. An entry stands for its inflected forms too. Pure; linear in the number of words.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

LONGEST = 4
"""Words in the longest entry that is looked for."""
_ENDINGS = ("", "s", "es", "ed", "d", "ing", "er", "r", "est", "st")
_BEGINNING = 3
"""Letters that an inflected word shares with its base."""
_NONE: frozenset[str] = frozenset()
_VOWELS = "aeiou"


@cache
def _entries() -> tuple[
    dict[str, frozenset[str]], dict[tuple[str, ...], frozenset[str]], dict[str, set[str]]
]:
    """Single words, runs of words, and by the word that runs open with, how their second words begin."""
    from importlib import resources

    text = resources.files("unsaid.language").joinpath("lexicon.txt").read_text(encoding="utf-8")
    single: dict[str, set[str]] = {}
    runs: dict[tuple[str, ...], set[str]] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("["):
            name = line.strip("[] ")
            continue
        for entry in line.split():
            if "_" in entry:
                runs.setdefault(tuple(entry.split("_")), set()).add(name)
            else:
                single.setdefault(entry, set()).add(name)
    openers: dict[str, set[str]] = {}
    for first, second, *_ in runs:
        openers.setdefault(first, set()).add(second[:_BEGINNING])
    return (
        {word: frozenset(names) for word, names in single.items()},
        {words: frozenset(names) for words, names in runs.items()},
        openers,
    )


def bases(word: str) -> tuple[str, ...]:
    """The forms that a word may inflect, itself first: `batched` gives `batch`, `caches` gives `cache`."""
    out = [word]
    for ending in _ENDINGS[1:]:
        if not word.endswith(ending) or len(word) - len(ending) < 3:
            continue
        stem = word[: -len(ending)]
        out.append(stem)
        if ending == "ing":
            out.append(stem + "e")
        if ending in ("ed", "ing", "er") and stem[-1] == stem[-2] and stem[-1] not in _VOWELS:
            out.append(stem[:-1])
        if ending in ("es", "ed", "er", "est") and stem[-1] == "i":
            out.append(stem[:-1] + "y")
    return tuple(dict.fromkeys(out))


@cache
def _classes(word: str) -> frozenset[str]:
    single, _, _ = _entries()
    if any(c.isdigit() for c in word):
        return single.get(word, _NONE) | {"digit"}
    if word.endswith("'s") and word not in single:
        word = word[:-2]
    return frozenset().union(*(single.get(b, _NONE) for b in bases(word)))


@cache
def _run(words: tuple[str, ...]) -> frozenset[str]:
    _, runs, _ = _entries()
    return frozenset().union(*(runs.get((*words[:-1], b), _NONE) for b in bases(words[-1])))


def classes(words: Sequence[str]) -> list[frozenset[str]]:
    """The classes of each word, alone and as part of a run of up to `LONGEST` words."""
    _, _, openers = _entries()
    out = [_classes(w) for w in words]
    for i, word in enumerate(words[:-1]):
        if word in openers and words[i + 1][:_BEGINNING] in openers[word]:
            for n in range(2, min(LONGEST, len(words) - i) + 1):
                found = _run(tuple(words[i : i + n]))
                if found:
                    for k in range(i, i + n):
                        out[k] |= found
    return out
