"""The self-score: how it stands, and as a picture of a terminal, one dimension at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from unsaid.views.fitted import Fitted

Mode = Literal["ask", "end"]

KEYS: dict[Mode, str] = {
    "ask": "1 to 5 your number  w why  n next  b back  q quit",
    "end": "b back  q done",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One dimension: what it is like, what was measured beside it, and the speaker's number."""

    id: str
    name: str
    anchors: tuple[tuple[int, str], ...]
    """Numbers that have words, with their words."""
    measured: tuple[str, ...]
    """Lines of what was measured; may be empty."""
    earlier: tuple[tuple[str, int], ...]
    """The numbers that it got before, in answers of the same kind: day and number, the oldest first."""
    number: int | None = None
    """1 to 5; None where it is still to come."""
    why: str = ""
    """In the speaker's words; empty where she gave none."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A self-score as it stands, for the terminal and the page alike."""

    session: str
    kind: str
    """The kind of the prompt; empty where it has none."""
    rows: tuple[Row, ...]
    gate: str
    """The readiness gate, told plainly in one line."""
    ready: bool
    average: float | None
    """None while a number is missing."""
    train: tuple[str, ...] = ()
    """What to train next, a line each; empty while a number is missing."""

    @property
    def given(self) -> int:
        """How many dimensions have their number."""
        return sum(1 for row in self.rows if row.number is not None)

    @property
    def whole(self) -> bool:
        """All dimensions have their number."""
        return self.given == len(self.rows)


@dataclass(frozen=True, slots=True)
class Picture:
    """What the screen shows."""

    sheet: Sheet
    at: int
    """Place of the dimension that is asked for."""
    mode: Mode = "ask"
    note: str = ""
    """What the last key did."""
    clock: str = ""
    """How much time a drill's part has left; empty outside of drills."""


def lines(console: Console, picture: Picture, width: int, height: int) -> list[Text]:
    """`height` rows, none wider than `width`; the keys stand in the last ones."""
    from unsaid.views.fitted import Fitted

    p = Fitted(console)
    p.width = max(4, min(width, p.width))
    place = "the end" if picture.mode == "end" else f"{picture.at + 1} of {len(picture.sheet.rows)}"
    told = " · ".join(filter(None, (picture.sheet.session, place, picture.clock)))
    head = p.paragraph(told, style="bold")
    keys = p.paragraph(KEYS[picture.mode], style="dim")
    note = p.paragraph(picture.note) if picture.note else [p.text("")]
    room = max(0, height - len(head) - len(keys) - len(note) - 1)
    body = ending(p, picture.sheet) if picture.mode == "end" else _asked(p, picture, room)
    rows = [*head, p.text(""), *body[:room]]
    rows += [p.text("")] * (height - len(rows) - len(note) - len(keys))
    return [*rows, *note, *keys][-height:]


def _asked(p: Fitted, picture: Picture, room: int) -> list[Text]:
    given = picture.sheet.rows[picture.at]
    anchors = [
        row
        for number, words in given.anchors
        for row in p.hanging(f"{number}  ", words, style="bold" if number == given.number else "")
    ]
    measured = [
        row
        for n, line in enumerate(given.measured)
        for row in p.hanging(f"{'' if n else 'measured':10}", line, label_style="dim")
    ]
    before = (
        f"{', '.join(f'{day} {number}' for day, number in given.earlier)} ({picture.sheet.kind or 'no kind'})"
    )
    earlier = p.hanging(f"{'earlier':10}", before, label_style="dim") if given.earlier else []
    yours = "not given yet" if given.number is None else str(given.number)
    own = p.hanging(f"{'yours':10}", f"{yours}{f': {given.why}' if given.why else ''}")
    name = p.paragraph(given.name.capitalize(), style="bold")
    empty = [p.text("")]
    # In a low terminal what was before gives way first, then what was measured.
    for rows in (
        [*name, *empty, *anchors, *empty, *measured, *earlier, *empty, *own],
        [*name, *anchors, *measured, *earlier, *own],
        [*name, *anchors, *measured, *own],
    ):
        if len(rows) <= room:
            return rows
    return [*name, *anchors, *own]


def ending(p: Fitted, sheet: Sheet) -> list[Text]:
    """All numbers, and what they come to."""
    widest = max((len(row.name) for row in sheet.rows), default=0)
    out: list[Text] = []
    for row in sheet.rows:
        label = f"{row.name:{widest}}  {'-' if row.number is None else row.number}  "
        out += (
            p.hanging(label, row.why, style="dim") if row.why else p.paragraph(label.rstrip(), style="bold")
        )
    out.append(p.text(""))
    told = [("so", sheet.gate), *(("" if n else "train next", line) for n, line in enumerate(sheet.train))]
    for what, text in told:
        out += p.hanging(f"{what:{widest}}  ", text)
    return out
