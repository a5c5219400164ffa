"""Flags to styled runs, once, for all views.

`mark` lays an audit out as an ordered list of blocks: pauses, and sentences cut into runs that know which
flags' quotes they belong to. Taking the marks away gives the text back: `Marked.text` is the sentences as
they stand. Text is kept raw here; a view shows it through `wording.visible` and its own escaping.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from unsaid.model import FAMILY_LETTERS, OWN, Audit, Flag, Moment, Outcome, Pause, Sentence, Share, Word
from unsaid.views.wording import OWN_NAME, letter

SHOWN_PAUSE_S = 1.0
"""Pauses from here on are shown in a marked-up transcript."""
LONG_PAUSE_S = 4.0
"""Pauses from here on stand out: the length from which rule D2 takes a decision as made in silence."""


@dataclass(frozen=True, slots=True)
class MarkedFlag:
    """A flag with the number by which the reader finds it."""

    number: int
    """The flag's own; for flags without one 1, 2, 3 … in their order. Own marks have one for the views to
    tell them apart, which no reader sees."""
    flag: Flag
    """A mark of the speaker's own is a flag with the code `own`, its family and the whole sentence."""
    sentence_number: int | None
    """The number of its sentence; None where the audit has no such sentence."""
    moment: Moment | None = None
    """What the speaker says of it; None where nothing was said of any."""

    @property
    def own(self) -> bool:
        """True for a mark of the speaker's own."""
        return self.flag.code == OWN

    @property
    def letter(self) -> str:
        """The letter of its family: D, A or U."""
        return letter(self.flag)

    @property
    def badge(self) -> str:
        """What stands behind the quote: number and code, e.g. `3:D1`, `9:D1 less sure`, `own:D`."""
        if self.own:
            return f"{OWN}:{self.letter}"
        unsure = " less sure" if self.flag.standing == "less-sure" else ""
        return f"{self.number}:{self.flag.code}{unsure}"


@dataclass(frozen=True, slots=True)
class PauseMark:
    """A silence of `SHOWN_PAUSE_S` or more."""

    start_s: float
    duration_s: float

    @property
    def is_long(self) -> bool:
        """True from `LONG_PAUSE_S` on."""
        return self.duration_s >= LONG_PAUSE_S


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a sentence's text in which the same flags hold."""

    text: str
    start: int
    """First character within the sentence's text."""
    flags: tuple[MarkedFlag, ...] = ()
    """The flags whose quote this run belongs to, the widest quote first."""
    closes: tuple[MarkedFlag, ...] = ()
    """Those of `flags` whose quote ends with this run, in the order in which they close."""

    @property
    def end(self) -> int:
        """One past the last character within the sentence's text."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class TimedWord:
    """Where a word stands in its sentence, and when it is heard."""

    start: int
    """First character within the sentence's text."""
    end: int
    """One past the last character."""
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class SentenceMark:
    """One sentence with its marks."""

    number: int
    """1, 2, 3 … over the whole transcript: what is shown where there are no times."""
    sentence: Sentence
    pieces: tuple[Run | PauseMark, ...]
    """The text in runs, with the pauses inside the sentence where they were heard."""
    flags: tuple[MarkedFlag, ...]
    """The flags on this sentence, in order."""
    words: tuple[TimedWord, ...]
    """Empty where the transcript has no word times."""

    @property
    def text(self) -> str:
        """The runs without their marks: the sentence's own text."""
        return "".join(piece.text for piece in self.pieces if isinstance(piece, Run))


Block = PauseMark | SentenceMark


@dataclass(frozen=True, slots=True)
class Marked:
    """A transcript with its marks, ready to be drawn."""

    audit: Audit
    blocks: tuple[Block, ...]
    """Pauses and sentences in the order in which they are heard."""
    flags: tuple[MarkedFlag, ...]
    """All flags and own marks in order of time, those that belong to no sentence included."""
    dismissed: tuple[MarkedFlag, ...] = ()
    """The flags that the speaker put aside, in order of time; nothing of them is marked in the text."""
    outcome: Outcome | None = None
    """What the review has come to; None where there was none, or nothing was said in it."""

    @property
    def shares(self) -> tuple[Share, ...]:
        """Those of the review; empty where there was none."""
        return self.outcome.shares if self.outcome is not None else ()

    @property
    def by_cost(self) -> tuple[MarkedFlag, ...]:
        """The flags with the most costly first, then the own marks, for the list of them."""
        return tuple(sorted(self.flags, key=lambda item: (item.own, item.flag.cost_rank)))

    @property
    def timed(self) -> bool:
        """False for a plain text: its times are made up and must not be shown."""
        return self.audit.transcript.timing != "none"

    @property
    def sentences(self) -> Iterator[SentenceMark]:
        """The sentences alone, in order."""
        return (block for block in self.blocks if isinstance(block, SentenceMark))

    @property
    def pauses(self) -> Iterator[PauseMark]:
        """Every pause shown, between sentences and inside them, in order."""
        for block in self.blocks:
            if isinstance(block, PauseMark):
                yield block
            else:
                yield from (piece for piece in block.pieces if isinstance(piece, PauseMark))

    @property
    def text(self) -> str:
        """The transcript's sentences with all marks removed, joined by one space."""
        return " ".join(block.text for block in self.sentences)


def mark(audit: Audit, outcome: Outcome | None = None) -> Marked:
    """Lay out `audit` for a view, with what a review has come to. Pure; linear in words and flags."""
    if outcome is not None and not outcome.said:
        outcome = None
    numbers = {sentence.index: number for number, sentence in enumerate(audit.sentences, start=1)}
    moments = outcome.moments if outcome is not None else ()
    said = {moment.flag: moment for moment in moments if moment.flag is not None}

    def marked_flag(place: int, flag: Flag) -> MarkedFlag:
        return MarkedFlag(flag.number or place, flag, numbers.get(flag.sentence_index), said.get(flag))

    flags = tuple(marked_flag(place, flag) for place, flag in enumerate(audit.flags, start=1))
    dismissed = tuple(marked_flag(place, flag) for place, flag in enumerate(audit.dismissed, start=1))
    flags = _with_own(audit, flags, [moment for moment in moments if moment.flag is None], numbers)
    by_sentence: dict[int, list[MarkedFlag]] = {}
    for marked in flags:
        by_sentence.setdefault(marked.flag.sentence_index, []).append(marked)

    all_words: list[Word] = []
    if audit.transcript.timing == "word":
        all_words = [word for segment in audit.transcript.segments for word in segment.words]
    words = [_locate_words(sentence, all_words) for sentence in audit.sentences]
    before, inside = _place_pauses(audit, words)

    blocks: list[Block] = []
    for place, sentence in enumerate(audit.sentences):
        blocks.extend(before[place])
        own = tuple(by_sentence.get(sentence.index, ()))
        blocks.append(
            SentenceMark(
                number=place + 1,
                sentence=sentence,
                pieces=_pieces(sentence.text, own, inside.get(place, [])),
                flags=own,
                words=words[place],
            )
        )
    blocks.extend(before[len(audit.sentences)])
    return Marked(
        audit=audit,
        blocks=tuple(blocks),
        flags=flags,
        dismissed=dismissed if outcome is not None else (),
        outcome=outcome,
    )


def _with_own(
    audit: Audit, flags: tuple[MarkedFlag, ...], own: list[Moment], numbers: dict[int, int]
) -> tuple[MarkedFlag, ...]:
    """`flags` and the speaker's own marks, in order of time."""
    if not own:
        return flags
    known = (*(item.number for item in flags), *(f.number for f in (*audit.more, *audit.dismissed)))
    made = [
        MarkedFlag(number, _as_flag(moment), numbers.get(moment.sentence_index), moment)
        for number, moment in enumerate(own, start=max(known, default=0) + 1)
    ]
    # Where a flag and an own mark stand on one sentence, the flag comes first: sorting keeps the order.
    return tuple(sorted((*flags, *made), key=lambda item: item.flag.start_s))


def _as_flag(moment: Moment) -> Flag:
    return Flag(
        id=moment.id,
        code=OWN,
        name=OWN_NAME,
        family=FAMILY_LETTERS[moment.letter],
        severity="info",
        start_s=moment.start_s,
        end_s=moment.end_s,
        quote=moment.quote,
        sentence=moment.sentence,
        sentence_index=moment.sentence_index,
        message="",
        evidence=(),
        rewrite="",
    )


def find_quote(text: str, quote: str) -> tuple[int, int]:
    """Where `quote` stands in `text`, as a half-open range of characters.

    Falls back from the exact words to the words whatever their case and spacing, and from there to the whole
    of `text`, so that a flag is never left without a place.
    """
    quote = quote.strip()
    if quote:
        at = text.find(quote)
        if at >= 0:
            return at, at + len(quote)
        found = _find_loosely(text, quote)
        if found is not None:
            return found
    start = len(text) - len(text.lstrip())
    return start, max(start, len(text.rstrip()))


def _find_loosely(text: str, quote: str) -> tuple[int, int] | None:
    # Character by character, so that the offsets stay those of `text` (lower() may change lengths).
    kept = [(at, char.lower()[:1]) for at, char in enumerate(text) if not char.isspace()]
    wanted = "".join(char.lower()[:1] for char in quote if not char.isspace())
    at = "".join(char for _, char in kept).find(wanted)
    if at < 0 or not wanted:
        return None
    return kept[at][0], kept[at + len(wanted) - 1][0] + 1


def _locate_words(sentence: Sentence, all_words: list[Word]) -> tuple[TimedWord, ...]:
    """The sentence's words by their place in its text; none where they cannot all be found in order."""
    located: list[TimedWord] = []
    at = 0
    for word in all_words[sentence.first_word : sentence.last_word]:
        core = word.text.strip()
        if not core:
            continue
        found = sentence.text.find(core, at)
        if found < 0 or sentence.text[at:found].strip():
            return ()
        at = found + len(core)
        located.append(TimedWord(found, at, word.start_s, word.end_s))
    return tuple(located)


def _place_pauses(
    audit: Audit, words: list[tuple[TimedWord, ...]]
) -> tuple[list[list[PauseMark]], dict[int, list[tuple[int, PauseMark]]]]:
    """Each shown pause goes before a sentence (by its place; one past the last: after all) or inside one.

    Inside means before the character at which the first word after the pause begins.
    """
    before: list[list[PauseMark]] = [[] for _ in range(len(audit.sentences) + 1)]
    inside: dict[int, list[tuple[int, PauseMark]]] = {}
    if audit.transcript.timing == "none":
        return before, inside
    starts_s = [sentence.start_s for sentence in audit.sentences]
    for pause in audit.transcript.pauses:
        if pause.duration_s < SHOWN_PAUSE_S:
            continue
        shown = PauseMark(pause.start_s, pause.duration_s)
        place, character = _place_pause(pause, audit.sentences, starts_s, words)
        if character is None:
            before[place].append(shown)
        else:
            inside.setdefault(place, []).append((character, shown))
    for place, sentence in enumerate(audit.sentences):
        if not before[place] and sentence.pause_before_s >= SHOWN_PAUSE_S:
            start_s = max(0.0, sentence.start_s - sentence.pause_before_s)
            before[place].append(PauseMark(start_s, sentence.pause_before_s))
    return before, inside


def _place_pause(
    pause: Pause,
    sentences: tuple[Sentence, ...],
    starts_s: list[float],
    words: list[tuple[TimedWord, ...]],
) -> tuple[int, int | None]:
    middle_s = (pause.start_s + pause.end_s) / 2
    place = bisect_right(starts_s, middle_s) - 1
    if place < 0:
        return 0, None
    sentence = sentences[place]
    if middle_s >= sentence.end_s:
        return place + 1, None
    if words[place]:
        after = bisect_right([word.start_s for word in words[place]], middle_s)
        if 0 < after < len(words[place]):
            return place, words[place][after].start
        return (place if after == 0 else place + 1), None
    nearer_start = middle_s - sentence.start_s < sentence.end_s - middle_s
    return (place if nearer_start else place + 1), None


def _pieces(
    text: str, flags: tuple[MarkedFlag, ...], pauses: list[tuple[int, PauseMark]]
) -> tuple[Run | PauseMark, ...]:
    spans = [(marked, *find_quote(text, marked.flag.quote)) for marked in flags]
    # The wider quote is the outer one: it opens first and closes last.
    spans.sort(key=lambda span: (span[1], -span[2]))
    cuts = {0, len(text)}
    for _, start, end in spans:
        cuts.update((start, end))
    cuts.update(at for at, _ in pauses)
    edges = sorted(cuts)

    pieces: list[Run | PauseMark] = []
    for start, end in pairwise(edges):
        pieces.extend(pause for at, pause in pauses if at == start)
        holding = tuple(marked for marked, first, last in spans if first <= start and end <= last)
        closing = tuple(marked for marked, first, last in reversed(spans) if last == end and first < last)
        pieces.append(Run(text[start:end], start, holding, closing))
    return tuple(pieces)
