"""The self-score as a picture of a terminal: one dimension at a time, and what was measured beside it."""

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
class Given:
    """One dimension as it stands in the picture of the end."""

    name: str
    number: int | None
    """1 to 5; None where it is still to come."""
    why: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What the screen shows."""

    title: str
    place: str
    """Where in the score it stands, e.g. "2 of 6"."""
    name: str
    """The dimension's."""
    anchors: tuple[tuple[int, str], ...]
    """Numbers that have words, with their words."""
    measured: tuple[str, ...]
    """Lines of what was measured; may be empty."""
    earlier: str
    """The numbers that it got before, in one line; empty where it never did."""
    given: tuple[Given, ...]
    at: int
    """Place of the dimension in `given`."""
    result: tuple[tuple[str, str], ...]
    """For the end: label and text of each line below the numbers."""
    mode: Mode = "ask"
    note: str = ""
    """What the last key did."""


def lines(console: Console, picture: Picture, width: int, height: int) -> list[Text]:
    """`height` rows, none wider than `width`; the keys stand in the last ones."""
    from unsaid.views.fitted import Fitted

    p = Fitted(console)
    p.width = max(4, min(width, p.width))
    head = p.paragraph(f"{picture.title} · {picture.place}", style="bold")
    keys = p.paragraph(KEYS[picture.mode], style="dim")
    note = p.paragraph(picture.note) if picture.note else [p.text("")]
    room = max(0, height - len(head) - len(keys) - len(note) - 1)
    body = ending(p, picture) if picture.mode == "end" else _asked(p, picture, room)
    rows = [*head, p.text(""), *body[:room]]
    rows += [p.text("")] * (height - len(rows) - len(note) - len(keys))
    return [*rows, *note, *keys][-height:]


def _asked(p: Fitted, picture: Picture, room: int) -> list[Text]:
    given = picture.given[picture.at]
    anchors = [
        row
        for number, words in picture.anchors
        for row in p.hanging(f"{number}  ", words, style="bold" if number == given.number else "")
    ]
    measured = [
        row
        for n, line in enumerate(picture.measured)
        for row in p.hanging(f"{'' if n else 'measured':10}", line, label_style="dim")
    ]
    earlier = p.hanging(f"{'earlier':10}", picture.earlier, label_style="dim") if picture.earlier else []
    yours = "not given yet" if given.number is None else str(given.number)
    own = p.hanging(f"{'yours':10}", f"{yours}{f': {given.why}' if given.why else ''}")
    name = p.paragraph(picture.name.capitalize(), style="bold")
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


def ending(p: Fitted, picture: Picture) -> list[Text]:
    """All numbers, and what they come to."""
    widest = max((len(g.name) for g in picture.given), default=0)
    out: list[Text] = []
    for g in picture.given:
        label = f"{g.name:{widest}}  {'-' if g.number is None else g.number}  "
        out += p.hanging(label, g.why, style="dim") if g.why else p.paragraph(label.rstrip(), style="bold")
    out.append(p.text(""))
    for label, text in picture.result:
        out += p.hanging(f"{label:{widest}}  ", text)
    return out
