"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from unsaid.language.weigh import Ground
from unsaid.model import CONDUCT_FAMILY, FAMILY_LETTERS, Family, Kind, Severity

BLANK = "___"
"""The gap in a rewrite that only the speaker can fill."""


@dataclass(frozen=True, slots=True)
class Example:
    """A stretch of an answer that shows a rule at work.

    `text` is written as one would say it; `[6.2]` stands for a pause of 6.2 s.
    """

    text: str
    quote: str = ""
    """For a caught example: the words that are flagged."""
    prompt: str = ""
    """The question answered, where it matters."""
    kind: Kind | None = None
    note: str = ""
    """Why, in a few words."""
    signals: tuple[tuple[str, str], ...] = ()
    """For E7: each signal's name and how far it was heard (see `Ground.signals`)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a rule sees reasoning hidden; the audit turns it into a flag."""

    sentence: int
    """Index of the sentence."""
    quote: str
    message: str
    evidence: tuple[str, ...]
    rewrite: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Rule:
    """One way in which reasoning stays hidden. Named for the flaw, not for the cure."""

    code: str
    """Letter of the family and a number: D1."""
    name: str
    """D1 is "unexplained-choice"."""
    severity: Severity
    summary: str
    """One line: flagged when …"""
    why: str
    """What a listener cannot know, and what it costs the speaker."""
    caught: tuple[Example, ...]
    spared: tuple[Example, ...]
    known_misses: tuple[Example, ...]
    """What the rule gets wrong and we know it: not caught though it should be, or the reverse; `note` says
    which."""
    instead: str
    """How to say it: what to do in the next answer."""
    frames: tuple[str, ...]
    """Half-filled sentences to make the reasoning audible; `___` are the blanks, `{thing}` the matter at
    hand."""
    check: Callable[[Ground], Iterable[Finding]]
    """Yields what the rule finds in an answer; pure, and blind to what other rules find."""

    needs_signals: bool = False
    """It judges what was heard of the signals (`Ground.signals`), and finds nothing where nobody listened."""

    @property
    def letter(self) -> str:
        """D, A, U or E."""
        return self.code[0]

    @property
    def family(self) -> Family:
        """The family's name."""
        return FAMILY_LETTERS.get(self.code[0], CONDUCT_FAMILY)

    @property
    def page(self) -> str:
        """Name of the rule's page in docs/rules/."""
        return f"{self.code}-{self.name}.md"


def shown(text: str) -> str:
    """A quotation for a message, cut after a dozen words."""
    words = text.split()
    return f"“{' '.join(words[:12])}…”" if len(words) > 12 else f"“{' '.join(words)}”"


def sentence_case(text: str) -> str:
    """With a capital at the front, and no mark at the end."""
    text = text.strip(" ,.;:!?")
    return text[:1].upper() + text[1:]
