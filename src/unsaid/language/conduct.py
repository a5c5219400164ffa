"""What the sentences of an answer tell of evidence and conduct: claims, prices, apologies, endings.

Each sentence is heard twice: by the phrases of `conduct.toml` and `told.toml`, and by the learnt readings of
`judge` (it commits, it reasons, it asks …). Pure, linear in the words.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from unsaid.language.acts import Read
from unsaid.language.cues import CONDUCT, TOLD, Cue, find_in, kinds, listed
from unsaid.language.judge import READINGS, judge_of
from unsaid.language.weigh import Ground

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SPEAKER = frozenset({"i", "we"})
_BETWEEN = frozenset({"also", "then", "just", "finally", "actually", "never", "only", "both", "all", "first"})


class Conduct:
    """An answer, heard for evidence and conduct."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.reads = ground.reads
        """The sentences, read."""
        self._heard: dict[str, dict[int, dict[str, tuple[Cue, ...]]]] = {CONDUCT: {}, TOLD: {}}

    @classmethod
    def on(cls, ground: Ground) -> Conduct:
        """The one of this ground, made once."""
        known = ground.memo.get("conduct")
        if not isinstance(known, Conduct):
            known = ground.memo["conduct"] = cls(ground)
        return known

    @cached_property
    def readings(self) -> NDArray[np.float64]:
        """(sentences, 7) in the order of `judge.READINGS`, each 0 to 1."""
        return judge_of(self.ground).readings

    def reading(self, index: int, name: str) -> float:
        """How likely a sentence does what a reading says ("commits", "reasons", …); 0 outside the answer."""
        if not 0 <= index < len(self.reads):
            return 0.0
        return float(self.readings[index, READINGS.index(name)])

    def cues(self, index: int, kind: str) -> tuple[Cue, ...]:
        """The phrases of a kind in a sentence, in order of place; none outside the answer."""
        if not 0 <= index < len(self.reads):
            return ()
        book = CONDUCT if kind in kinds(CONDUCT) else TOLD
        heard = self._heard[book].get(index)
        if heard is None:
            read = self.reads[index]
            heard = self._heard[book][index] = find_in(book, read.words, read.classes)
        return heard.get(kind, ())

    def says(self, index: int, *kinds: str) -> bool:
        """True when a sentence holds a phrase of any of `kinds`."""
        return any(self.cues(index, kind) for kind in kinds)

    def first(self, index: int, kind: str) -> Cue | None:
        """The first phrase of a kind in a sentence, the longest at its place."""
        found = self.cues(index, kind)
        return found[0] if found else None

    def accounts(self, index: int) -> bool:
        """A sentence gives a reason, an example or a figure."""
        if not 0 <= index < len(self.reads):
            return False
        read = self.reads[index]
        return (
            read.figures > 0
            or self.ground.supports[index][0] >= 0.6
            or max(self.reading(index, "reasons"), self.reading(index, "supports")) >= 0.5
            or self.says(index, "example")
        )

    def acted(self, index: int) -> bool:
        """The speaker tells what she or her team did."""
        return 0 <= index < len(self.reads) and acted(self.reads[index])


def is_past(word: str) -> bool:
    """A verb in the past tense, as far as its form tells."""
    if word in listed("past", CONDUCT):
        return True
    return len(word) > 4 and word.endswith("ed") and word not in listed("no_past", CONDUCT)


def acted(read: Read) -> bool:
    """ "I rang the bank", "we then dropped it": what the speaker or her team did."""
    words = read.words
    for i, word in enumerate(words):
        if word in _SPEAKER:
            at = i + 1
            while at < len(words) and words[at] in _BETWEEN:
                at += 1
            if at < len(words) and is_past(words[at]) and words[at] not in listed("idle", CONDUCT):
                return True
    return False
