"""The phrase bank, and random recombinations of it."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path

from tools.sample_model.answer import read_script
from tools.sample_model.paths import PHRASES, UNSEEN

_LONGEST_RECOMBINATION = 14  # words
_SALAD_SHARE = 0.3
_MARKS = ".,?"


def read_sentences(file: Path) -> list[str]:
    """The sentences of a file with one a line; blank lines and `#` comments are skipped."""
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def bank() -> list[str]:
    """Every sentence that the model is to know: the sample answer's, then the phrases. No duplicates."""
    return list(dict.fromkeys([line.text for line in read_script().lines] + read_sentences(PHRASES)))


def unseen() -> list[str]:
    """Sentences held out of training."""
    return read_sentences(UNSEEN)


def plain(text: str) -> str:
    """`text` in lower case, words only: what word error rates are counted on."""
    return " ".join(re.findall(r"[a-z0-9']+", text.lower()))


def recombinations(sentences: Sequence[str], count: int, seed: int) -> list[str]:
    """`count` sentences that say the bank's words in other orders, so that the decoder has to listen.

    Most follow the bank's word pairs; the rest are words drawn at random. None is in the bank or held out.
    """
    rng = random.Random(seed)
    followers: dict[str, list[str]] = {}
    for sentence in sentences:
        words = sentence.split()
        for before, after in zip(["", *words], [*words, ""], strict=True):
            followers.setdefault(_bare(before), []).append(after)
    vocabulary = sorted({_bare(word) for sentence in sentences for word in sentence.split()})
    taken = {plain(sentence) for sentence in (*sentences, *unseen())}
    made: dict[str, None] = {}
    while len(made) < count:
        if rng.random() < _SALAD_SHARE:
            words = [rng.choice(vocabulary) for _ in range(rng.randint(3, 9))]
        else:
            words = _walk(followers, rng)
        sentence = _sentence(words, rng)
        if len(words) >= 3 and plain(sentence) not in taken:
            made[sentence] = None
    return list(made)


def _walk(followers: dict[str, list[str]], rng: random.Random) -> list[str]:
    words: list[str] = []
    word = ""
    while len(words) < _LONGEST_RECOMBINATION:
        word = rng.choice(followers[_bare(word)])
        if not word:
            break
        words.append(word)
        if word[-1] in ".?":
            break
    return words


def _sentence(words: Sequence[str], rng: random.Random) -> str:
    text = " ".join(words)
    if text and text[-1] not in ".?":
        text = text.rstrip(",") + rng.choice("...?")
    return text[:1].upper() + text[1:]


def _bare(word: str) -> str:
    bare = word.strip(_MARKS)
    return bare if bare == "I" or bare.startswith("I'") else bare.lower()
