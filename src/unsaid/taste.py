"""What a user may change about the judgement, as values. Where they come from is not known here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from unsaid.language.own import Lexicon, Thresholds
from unsaid.model import Severity
from unsaid.shortlist import FLAGS_PER_MINUTE

__all__ = ["Lexicon", "Taste", "Thresholds"]


@dataclass(frozen=True, slots=True)
class Taste:
    """The user's say in what is flagged and how."""

    lexicon: Lexicon = field(default_factory=Lexicon)
    thresholds: Thresholds = field(default_factory=Thresholds)
    severities: Mapping[str, Severity] = field(default_factory=dict)
    """Rule code to the severity that goes before the rule's own."""
    flags_per_minute: float = FLAGS_PER_MINUTE
    """So many flags are shown at most; 0: all."""
