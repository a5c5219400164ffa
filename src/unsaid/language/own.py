"""Words, phrases and thresholds that a user adds to those of `cues.toml`, or sets otherwise."""

from __future__ import annotations

from dataclasses import dataclass

SILENT_S = 4.0
"""A pause from which the listener has missed a stretch of thinking."""
BEFORE, AFTER = 1, 2
"""The neighbourhood in which a reason or a bound is looked for, in sentences."""
NUMBER_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """A user's own words and phrases. Hashable, so that what is built of it is built once."""

    words: tuple[tuple[str, str], ...] = ()
    """(class of `cues.toml`, name): `("tech", "our billing bus")`."""
    cues: tuple[tuple[str, str], ...] = ()
    """(kind of act, phrase): `("reason", "the auditors want it")`."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on a pause counts as silence, and how near a reason or a bound must stand."""

    pause_s: float = SILENT_S
    before: int = BEFORE
    """Sentences before the one in question."""
    after: int = AFTER
    """Sentences after it."""

    @property
    def window(self) -> str:
        """The neighbourhood in words: `the sentence, the one before or the two after`."""
        parts = [
            f"the {'' if n == 1 else NUMBER_WORDS[n] if n < len(NUMBER_WORDS) else n}".rstrip()
            + (" one " if n == 1 else " ")
            + side
            for n, side in ((self.before, "before"), (self.after, "after"))
            if n > 0
        ]
        return " or ".join((", ".join(["the sentence", *parts[:-1]]), *parts[-1:]))
