"""What was heard of an answer as a whole, as rows for all views alike: its signals, and how its time went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from unsaid.model import Audit
from unsaid.views.wording import clock, level_words, plural

if TYPE_CHECKING:
    from unsaid.drills.listened import Listened
    from unsaid.drills.parts import Part

NOT_ASKED = "not asked for by this prompt"
SIGNS = {"visible": "●", "partly": "◐", "hidden": "○"}
"""A level as a sign; its words always stand beside it."""

_NUMBER_PX, _NAME_PX, _LETTER_PX = 20.0, 27.0, 8.2
"""What a part's number takes on the bar, and its name: so much, and so much for each letter."""
_REST_PX = 80.0


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence that shows something."""

    number: int
    """The sentence's, from 1."""
    start_s: float | None
    """None where there are no times."""
    what: str
    """What it shows."""
    text: str

    @property
    def where(self) -> str:
        """Its time, or its number where there are no times."""
        return f"sentence {self.number}" if self.start_s is None else clock(self.start_s)


@dataclass(frozen=True, slots=True)
class SignalRow:
    """One of the seven."""

    title: str
    level: str
    """visible, partly, hidden, or not-asked."""
    why: str
    places: tuple[Place, ...]

    @property
    def asked(self) -> bool:
        """The prompt asks for it."""
        return self.level != "not-asked"

    @property
    def words(self) -> str:
        """How far it was heard."""
        return level_words(self.level)

    @property
    def sign(self) -> str:
        """The same as a sign; empty where it was not asked for."""
        return SIGNS.get(self.level, "")

    @property
    def told(self) -> str:
        """How far it was heard, and why."""
        return f"{self.words}: {self.why}" if self.asked else NOT_ASKED


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part of the answer, and its place on the bar."""

    number: int
    name: str
    sentence: int
    """Number of its first sentence, from 1."""
    start_s: float | None
    """None where there are no times."""
    took: str
    """`0:25`, or `35 words` where there are no times."""
    share: float
    """Of the answer, 0 to 1."""
    x: float
    """Percent of the bar's length, and so is `width`."""
    width: float

    @property
    def where(self) -> str:
        """Where it begins."""
        return f"sentence {self.sentence}" if self.start_s is None else clock(self.start_s)

    def named(self, bar_px: float) -> bool:
        """Its name has room on a bar of this length."""
        return self.width / 100 * bar_px >= _NAME_PX + _LETTER_PX * len(self.name)

    def numbered(self, bar_px: float) -> bool:
        """Its number has."""
        return self.width / 100 * bar_px >= _NUMBER_PX


@dataclass(frozen=True, slots=True)
class Time:
    """How the time of an answer went, or its words where there are no times."""

    title: str
    parts: tuple[PartRow, ...]
    notes: tuple[str, ...]
    limit: float | None = None
    """Where on the bar the prompt's time ends, in percent; None where the answer ends before, or no clock."""
    left: str = ""
    """How much of the prompt's time was left, `5:44 left`; empty where none was."""

    @property
    def end(self) -> float:
        """Where on the bar the answer ends, in percent."""
        return self.parts[-1].x + self.parts[-1].width

    def left_told(self, bar_px: float) -> bool:
        """What is left has room for its words on a bar of this length."""
        return bool(self.left) and (100 - self.end) / 100 * bar_px >= _REST_PX


@dataclass(frozen=True, slots=True)
class Whole:
    """What was heard of an answer as a whole."""

    signals: tuple[SignalRow, ...] = ()
    """All seven; none where nobody listened, or nothing was said."""
    train: tuple[str, ...] = ()
    """What to train next, and how."""
    time: Time | None = None

    @property
    def summary(self) -> str:
        """All of it in a line: `2 visible, 1 partly visible, 1 hidden · 2:16 of 8:00`."""
        counts = {level_words(level): sum(r.level == level for r in self.signals) for level in SIGNS}
        told = [", ".join(f"{count} {words}" for words, count in counts.items() if count)]
        if self.time is not None and ": " in self.time.title:
            told.append(self.time.title.partition(": ")[2])
        return " · ".join(filter(None, told))


def whole(audit: Audit, listened: Listened | None) -> Whole:
    """All that is told of an answer as a whole; nothing where nobody listened, or nothing was said."""
    rows = signal_rows(audit, listened)
    if listened is None or not rows:
        return Whole()
    return Whole(rows, train_lines(listened), time_of(listened))


def signal_rows(audit: Audit, listened: Listened | None) -> tuple[SignalRow, ...]:
    """All seven with their sentences; none where nobody listened, or nothing was said."""
    if listened is None or not audit.sentences:
        return ()
    timed = audit.transcript.timing != "none"
    return tuple(
        SignalRow(
            heard.signal.title,
            heard.level,
            heard.why,
            tuple(
                Place(
                    e.sentence + 1,
                    audit.sentences[e.sentence].start_s if timed else None,
                    e.what,
                    audit.sentences[e.sentence].text,
                )
                for e in heard.evidence
            ),
        )
        for heard in listened.signals
    )


def train_lines(listened: Listened) -> tuple[str, ...]:
    """What to train next, and how."""
    signal = listened.train.signal
    return (listened.train.why,) if signal is None else (listened.train.why, signal.train)


def time_of(listened: Listened | None) -> Time | None:
    """How the time went; None where nobody listened, or nothing was said."""
    if listened is None or not listened.parts:
        return None
    parts = listened.parts
    timed = parts[0].timed and parts[-1].end_s > 0
    whole_s = parts[-1].end_s
    given_s = listened.minutes * 60 if timed else 0.0
    sizes = [p.end_s - p.start_s if timed else float(p.words) for p in parts]
    said = sum(sizes) or 1.0
    bar = max(given_s, said) if timed else said
    at = 0.0
    rows = []
    for number, (part, size) in enumerate(zip(parts, sizes, strict=True), 1):
        rows.append(_row(number, part, size, said, bar, at, timed=timed))
        at += size
    return Time(
        title=_title(whole_s, given_s) if timed else "How the words went",
        parts=tuple(rows),
        notes=listened.notes,
        limit=round(given_s / bar * 100, 3) if 0 < given_s < said else None,
        left=f"{clock(round(given_s) - int(whole_s))} left" if given_s - whole_s >= 1 else "",
    )


def _title(whole_s: float, given_s: float) -> str:
    return f"How the time went: {clock(whole_s)}" + (f" of {clock(round(given_s))}" if given_s else "")


def _row(number: int, part: Part, size: float, said: float, bar: float, at: float, *, timed: bool) -> PartRow:
    x = round(at / bar * 100, 3)
    return PartRow(
        number=number,
        name=part.name,
        sentence=part.first + 1,
        start_s=part.start_s if timed else None,
        # Of whole seconds, as the clock shows them: so that the parts add up to the whole.
        took=clock(int(part.end_s) - int(part.start_s)) if timed else plural(part.words, "word"),
        share=size / said,
        x=x,
        width=min(round(size / bar * 100, 3), 100 - x),
    )
