"""A drill as pictures of a terminal: what is on now, its clock, and what can be done.

A page has a heading, a line with the clock, a body that scrolls where the terminal is too low for it, and
the keys in its last rows. The body's lines can be printed without a terminal as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from unsaid.views.wording import plural

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from unsaid.views.fitted import Fitted

State = Literal["done", "now", "open"]


_LEAST_CELLS = 4
"""Nothing is wrapped to less."""


@dataclass(frozen=True, slots=True)
class Line:
    """Text, wrapped; without any, a free row."""

    text: str = ""
    label: str = ""
    """Stands before it; the text's further rows stand under its beginning."""
    style: str = ""
    """"", "bold", "dim" or "italic"."""
    chosen: bool | None = None
    """The cursor is on it, or on another line of the same list; None where there is no list."""


@dataclass(frozen=True, slots=True)
class Step:
    """One part of the drill in the list of them."""

    title: str
    time: str
    state: State


@dataclass(frozen=True, slots=True)
class Table:
    """Cells side by side; below each other where there is no room. The first column is for labels."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    least: int = 12
    """Cells of a column; with less the cells stand below each other."""


Item = Line | Step | Table


@dataclass(frozen=True, slots=True)
class Picture:
    """What a page shows."""

    title: str
    clock: str
    body: tuple[Item, ...]
    keys: str
    note: str = ""
    """What the last key did."""
    top: int = 0
    """So many rows of the body have been scrolled away."""


# What a page in the browser shows of a drill


@dataclass(frozen=True, slots=True)
class Clock:
    """How a drill stands by its clock. Seconds; negative: over time."""

    drill: str
    """Its title."""
    part: str
    """Id of the part that is on."""
    title: str
    """Of the part that is on."""
    number: int
    """Which part it is, from 1 on."""
    of: int
    minutes: float
    """The part's."""
    part_left_s: float
    drill_left_s: float
    due: str = ""
    """Where one is behind: title of the part that one would be in by now."""
    parts: tuple[tuple[str, str, str], ...] = ()
    """The parts that are done on the page: id, title, and what to do."""
    done: bool = False
    """The drill is at its end."""


@dataclass(frozen=True, slots=True)
class Field:
    """One signal of the form."""

    id: str
    title: str
    visible: str
    """What makes it visible, after "the answer …"."""
    text: str | None
    """What was written under it; empty: left blank on purpose; None: nothing yet."""


@dataclass(frozen=True, slots=True)
class Form:
    """A prompt, and what was written under each signal."""

    run: str
    """Id of the drill's run."""
    title: str
    """The prompt's, in a few words."""
    about: str
    """Its kind, level, time and name."""
    text: str
    facts: tuple[str, ...]
    drawn: bool
    """Another one may be drawn for it."""
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One signal: what was written, who asks for it, and what was heard."""

    title: str
    line: str
    """Empty where it was left blank."""
    by: str
    """Who asks for it: "you and the prompt", "you alone", "the prompt alone", "neither"."""
    agrees: bool
    level: str = ""
    """How it was heard, in words; empty where no answer is here."""
    sentences: tuple[tuple[str, str, str], ...] = ()
    """Sentences that show it: where it stands, its text, and what it shows."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The form beside what the prompt asks for, and what was heard in an answer to it."""

    words: str
    """What the comparison comes to."""
    rows: tuple[ComparedRow, ...]
    heard: bool
    """An answer to the prompt is here."""
    answer: str = ""
    """Id of that answer's session."""
    next: tuple[str, ...] = ()
    """What to do next, a line each."""


def lines(console: Console, picture: Picture, width: int, height: int) -> tuple[list[Text], int]:
    """`height` rows, none wider than `width`, and how many rows of the body are scrolled away in them: no
    more than lets the last one be seen, and no less than lets the chosen line be seen."""
    p = _fitted(console, width)
    head = p.paragraph(picture.title, style="bold")
    if picture.clock:
        head += p.paragraph(picture.clock, style="dim")
    keys = p.paragraph(picture.keys, style="dim")
    note = p.paragraph(picture.note) if picture.note else []
    body, chosen = _body(p, picture.body)
    room = height - len(head) - len(keys) - len(note) - 1
    if room < 3:
        # A very low terminal: what can be done stays, the clock and the title give way.
        head = head[: max(0, height - len(keys) - len(note) - 3)]
        room = height - len(head) - len(keys) - len(note) - 1
    if len(body) > room > 1:
        room -= 1  # for the row that says so
    room = max(0, room)
    top = max(0, min(picture.top, len(body) - room))
    if chosen and room:
        first, last = chosen[0], chosen[-1]
        top = min(max(top, last - room + 1), first)
    shown = body[top : top + room]
    rows = [*head, p.text(""), *shown]
    if len(body) > len(shown) and room:
        rows.append(p.text(_more(p.width, top, len(body) - top - len(shown)), "dim"))
    rows += [p.text("")] * (height - len(rows) - len(note) - len(keys))
    return [*rows, *note, *keys][-height:], top


def _more(width: int, above: int, below: int) -> str:
    """What is not shown, as far as there is room to say it."""
    parts = [f"{plural(n, 'row')} {where}" for n, where in ((above, "above"), (below, "below")) if n]
    ways = (f"… {', '.join(parts)}: up, down", f"… {above + below} more", "…")
    return next((way for way in ways if len(way) <= width), "")


def print_body(console: Console, body: Sequence[Item]) -> None:
    """Print the lines of a body as they are, for a terminal that scrolls or for a pipe."""
    from rich.text import Text

    rows, _ = _body(_fitted(console, console.width), body)
    console.print(Text("\n").join(rows), soft_wrap=True, highlight=False)


def _fitted(console: Console, width: int) -> Fitted:
    from unsaid.views.fitted import Fitted

    p = Fitted(console)
    p.width = max(4, min(width, p.width))
    return p


def _body(p: Fitted, body: Sequence[Item]) -> tuple[list[Text], list[int]]:
    """The body's rows, and which of them are chosen."""
    out: list[Text] = []
    chosen: list[int] = []
    widest = max((len(x.title) for x in body if isinstance(x, Step)), default=0)
    for item in body:
        if isinstance(item, Line):
            new = _line(p, item)
            if item.chosen:
                chosen += range(len(out), len(out) + len(new))
        elif isinstance(item, Step):
            sign = {"done": p.sign("✓", "x"), "now": p.sign("▶", ">"), "open": " "}[item.state]
            style = {"done": "dim", "now": "bold", "open": ""}[item.state]
            new = p.hanging(f"{sign} {item.title:{widest}}  ", item.time, style=style, label_style=style)
        else:
            new = _table(p, item)
        out += new
    return out, chosen


def _line(p: Fitted, line: Line) -> list[Text]:
    if not line.text and not line.label:
        return [p.text("")]
    style = "bold" if line.chosen and not line.style else line.style
    # Colour is never alone.
    gutter = "" if line.chosen is None else f"{p.sign('▶', '>') if line.chosen else ' '} "
    if not line.label and not gutter:
        return [row for part in line.text.split("\n") for row in p.paragraph(part, style=style)]
    label_style = "bold" if line.chosen or line.style == "bold" else "dim"
    return p.hanging(f"{gutter}{line.label}", line.text, style=style, label_style=label_style)


def _table(p: Fitted, table: Table) -> list[Text]:
    first = min(p.width, max((p.text(row[0]).cell_len for row in (table.headings, *table.rows)), default=0))
    columns = len(table.headings) - 1
    each = (p.width - first - 2 * columns) // columns if columns else p.width
    out: list[Text] = []
    if each < max(_LEAST_CELLS, table.least):
        for row in table.rows:
            out += p.paragraph(row[0], style="bold")
            for heading, cell in zip(table.headings[1:], row[1:], strict=True):
                out += p.hanging(f"  {heading}: ", cell, label_style="dim")
        return out
    for n, row in enumerate((table.headings, *table.rows)):
        style = "bold" if n == 0 else ""
        cells = [p.wrap(p.text(row[0], "bold"), first or 1)]
        cells += [p.wrap(p.text(cell, style), each) for cell in row[1:]]
        for at in range(max(map(len, cells))):
            out.append(
                _joined(p, [cell[at] if at < len(cell) else p.text("") for cell in cells], first, each)
            )
    return out


def _joined(p: Fitted, cells: Sequence[Text], first: int, each: int) -> Text:
    out = p.text("")
    for n, cell in enumerate(cells):
        out.append_text(cell)
        if n + 1 < len(cells):
            out.append(" " * ((first if n == 0 else each) - cell.cell_len + 2))
    return out
