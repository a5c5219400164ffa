"""The nouns of the program, all frozen. Nothing here does I/O or imports anything of ours.

Times are seconds from the start of the recording (`_s`), as floats.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["coding", "design", "story", "debugging"]
KINDS: tuple[Kind, ...] = ("coding", "design", "story", "debugging")

Timing = Literal["word", "segment", "none"]
OWN = "own"
"""What stands for a rule's code at a moment that the speaker marked herself."""
Severity = Literal["error", "warning", "info"]
Family = Literal["silent-decision", "missing-assumption", "unbounded-uncertainty", "evidence-and-conduct"]
Standing = Literal["shown", "less-costly", "less-sure"]
FAMILIES: tuple[Family, ...] = ("silent-decision", "missing-assumption", "unbounded-uncertainty")
"""The families of hidden reasoning, which are counted, shown and reviewed."""
CONDUCT_FAMILY: Family = "evidence-and-conduct"
"""The notes on how an answer shows what it claims, codes E1 … E8: they stand apart (`Audit.conduct`)."""
FAMILY_LETTERS: dict[str, Family] = {
    "D": "silent-decision",
    "A": "missing-assumption",
    "U": "unbounded-uncertainty",
}


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word."""

    text: str
    """The word with its punctuation and, as Whisper gives it, its leading space (`" map,"`)."""
    start_s: float
    end_s: float
    probability: float | None = None
    """The recogniser's probability, 0 to 1; None where the source does not tell."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of text as the recogniser or the source file cut it: not necessarily a sentence."""

    start_s: float
    end_s: float
    text: str
    words: tuple[Word, ...] = ()
    """Empty where the source has no word times."""
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open stretch of time."""

    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Pause(Span):
    """A stretch in which nobody spoke."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """The question that was answered."""

    text: str
    kind: Kind | None = None
    id: str | None = None
    facts: tuple[str, ...] = ()
    """What is given besides the text, a sentence each; the audit takes it as given."""
    signals: tuple[str, ...] = ()
    """Ids of the signals that it asks for; where it names none, its kind tells."""
    minutes: float = 0.0
    """Time for the answer; 0 where it names none, and its kind tells."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard, and when."""

    segments: tuple[Segment, ...]
    """In time order."""
    duration_s: float
    """Length of the recording, or the end of the last segment where there is no recording."""
    pauses: tuple[Pause, ...] = ()
    """Silences, in time order: from voice activity where there is sound, else gaps between word times."""
    language: str | None = None
    timing: Timing = "word"
    """What the times mean: of words, of segments, or `none`: made up at an even pace for a plain text."""
    prompt: Prompt | None = None
    """The prompt, where the source file carries one."""
    model: str | None = None
    """Name of the model that heard it, where known."""
    options: dict[str, object] = field(default_factory=dict)
    """The recogniser's options, for the record."""
    notes: tuple[str, ...] = ()
    """What a reader should know of the source, in plain words (e.g. "the file is cut off after 61.2 s")."""

    @property
    def text(self) -> str:
        """The whole text, segments as they stand."""
        return "".join(s.text if s.text.startswith(" ") else f" {s.text}" for s in self.segments).strip()


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a sentence does, and the words that show it."""

    kind: str
    """decision, reason, alternative, assumption, question, requirement, quantity, hedge, bound, check, …"""
    start: int
    """First character of the cue within the sentence's text."""
    end: int
    """One past the last character of the cue."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One spoken sentence, cut from words, punctuation and pauses."""

    index: int
    text: str
    start_s: float
    """Start of its first word."""
    end_s: float
    """End of its last word."""
    first_word: int
    """Index of its first word in the transcript's words, counted over all segments."""
    last_word: int
    """One past the index of its last word."""
    pause_before_s: float = 0.0
    """Silence between the sentence before (or the start of the recording) and this one."""
    acts: tuple[Act, ...] = ()

    def does(self, *kinds: str) -> bool:
        """True when the sentence does any of `kinds`."""
        return any(a.kind in kinds for a in self.acts)


@dataclass(frozen=True, slots=True)
class Flag:
    """One moment where reasoning stayed hidden."""

    id: str
    """Stable over runs for the same rule, quote and place: e.g. "D1-3f9a2c"."""
    code: str
    """D1 … D4, A1 … A5, U1 … U5; E1 … E8 in `Audit.conduct`."""
    name: str
    """The rule's name, e.g. "unexplained-choice"."""
    family: Family
    severity: Severity
    start_s: float
    """Start of the flagged sentence's words, never of the pause before it."""
    end_s: float
    quote: str
    """The words that gave rise to the flag, as they stand in the sentence."""
    sentence: str
    sentence_index: int
    message: str
    """What is missing in this very case."""
    evidence: tuple[str, ...]
    """What decided, in plain words."""
    rewrite: str
    """A half-filled sentence; the blanks (`___`) only the speaker can fill."""
    confidence: float = 1.0
    """0 to 1."""
    number: int = 0
    """By which the reader finds it: the sure flags from 1 on in order of time, then the less sure ones. It
    does not change when flags are dismissed. 0: not numbered; a view then counts for itself."""
    cost_rank: int = 0
    """1 is the flag that costs the speaker most; 0 where flags were not ranked."""
    standing: Standing = "shown"
    """Whether it is shown by default, and if not, why not."""
    dismissed: str = ""
    """Why the speaker put it aside, in words; empty where she did not."""


@dataclass(frozen=True, slots=True)
class Dismissal:
    """A flag that the speaker put aside, for this audit and all later ones."""

    code: str
    quote: str
    start_s: float
    reason: str = ""
    """In words; empty where none was given."""
    at: str = ""
    """When, as local time in ISO 8601."""


@dataclass(frozen=True, slots=True)
class Keep:
    """A flag that the speaker agrees with."""

    code: str
    quote: str
    start_s: float
    letter: str = ""
    """The family (D, A, U) that she files it under; empty where it is the flag's own."""
    at: str = ""
    """When, as local time in ISO 8601."""


@dataclass(frozen=True, slots=True)
class OwnMark:
    """A moment that the speaker marked herself."""

    letter: str
    """Its family: D, A or U."""
    quote: str
    """The sentence."""
    start_s: float
    at: str = ""
    code: str = OWN


@dataclass(frozen=True, slots=True)
class Rewrite:
    """How the speaker would say a moment now."""

    code: str
    """The flag's; `OWN` for a moment that she marked herself."""
    quote: str
    start_s: float
    text: str
    missing: tuple[str, ...] = ()
    """What the check still missed, a line each; empty where it passed."""
    at: str = ""
    recording: str = ""
    """Name of the file in the session's folder in which it is heard, where it was said aloud; else empty."""

    @property
    def passed(self) -> bool:
        """The check found nothing."""
        return not self.missing


Verdict = Literal["open", "kept", "dismissed"]


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment of a review: a flag, or a mark of the speaker's own, with what she says of it."""

    number: int
    """The flag's number; 0 for an own mark."""
    code: str
    quote: str
    start_s: float
    end_s: float
    sentence_index: int
    letter: str
    """The family under which it counts: D, A or U."""
    flag: Flag | None
    verdict: Verdict
    reason: str = ""
    """Why it was dismissed."""
    rewrite: Rewrite | None = None

    @property
    def id(self) -> str:
        """The flag's id; `own-4` for a mark of the speaker's own on sentence 4."""
        return self.flag.id if self.flag is not None else f"{OWN}-{self.sentence_index}"

    @property
    def sentence(self) -> str:
        """The whole sentence, as it was said."""
        return self.flag.sentence if self.flag is not None else self.quote

    @property
    def settled(self) -> bool:
        """Nothing is left to do here: put aside, or said so that the check passes."""
        return self.verdict == "dismissed" or (self.rewrite is not None and self.rewrite.passed)


@dataclass(frozen=True, slots=True)
class Share:
    """Of a family's moments in an answer, how many a listener could follow."""

    letter: str
    total: int
    """Decisions, assumptions or doubts."""
    before: int
    """Of these, made audible in the answer."""
    after: int
    """The same with the rewrites that passed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a review of an audit has come to."""

    moments: tuple[Moment, ...]
    """In order of time."""
    shares: tuple[Share, ...]
    """One a family, in the order D, A, U."""

    @property
    def said(self) -> bool:
        """False where nobody has reviewed anything yet."""
        return any(m.verdict != "open" or m.rewrite is not None for m in self.moments)

    @property
    def to_practise(self) -> tuple[Moment, ...]:
        """The moments worth saying again: kept, marked or rewritten, and not dismissed."""
        return tuple(
            m for m in self.moments if m.verdict == "kept" or (m.verdict == "open" and m.rewrite is not None)
        )


@dataclass(frozen=True, slots=True)
class Measures:
    """Figures of one answer."""

    duration_s: float
    speaking_s: float
    silent_s: float
    longest_pause_s: float
    words: int
    words_per_minute: float
    """Words per minute of the whole answer; 0 where there are no times."""
    decisions: int
    decisions_explained: int
    """Decisions with an audible reason."""
    doubts: int
    doubts_bounded: int
    first_framing_s: float | None
    """Time of the first question, requirement or stated assumption; None where there was none."""
    flags_by_family: dict[str, int]
    """Family letter (D, A, U) to count, of the flags shown."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What the rules found in one transcript."""

    transcript: Transcript
    sentences: tuple[Sentence, ...]
    flags: tuple[Flag, ...]
    """Those that are shown, in order of time."""
    measures: Measures
    prompt: Prompt | None = None
    more: tuple[Flag, ...] = ()
    """Found as well, and left out by default (see `Flag.standing`), in order of time."""
    dismissed: tuple[Flag, ...] = ()
    """Found, and put aside by the speaker, in order of time."""
    conduct: tuple[Flag, ...] = ()
    """Notes on evidence and conduct (E1 … E8), in order of time: in none of the flags' counts."""
    signals: tuple[tuple[str, str], ...] = ()
    """Id of each of the seven signals, and how far it was heard (visible, partly, hidden, not-asked); empty
    where nobody listened for them."""
