"""Progress over many answers as a reader sees it: in a terminal and on a page. Plain values in, lines out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from unsaid.views.wording import clock

Unit = Literal["count", "minutes", "share", "rate", "time", "number", "score"]
"""What a value is: a count; minutes; a share, 0 to 1; so many a minute; seconds, told as m:ss; a bare number;
a self-score, 1 to 5."""
Shape = Literal["lines", "stack", "bars"]


def told(value: float | None, unit: Unit) -> str:
    """A value in its unit; a hyphen where there is none."""
    if value is None:
        return "-"
    if unit == "share":
        return f"{value:.0%}"
    if unit == "time":
        return clock(value)
    if unit in ("count", "minutes", "number"):
        return f"{value:,.0f}"
    return f"{value:.2f}" if unit == "rate" and 0 < value < 1 else f"{value:.1f}"


@dataclass(frozen=True, slots=True)
class Column:
    """One figure of a table, over all its rows."""

    name: str
    """As the page names it."""
    short: str
    """As a narrow terminal names it."""
    unit: Unit
    bar: bool = False
    """Drawn as a bar in the terminal, where there is room."""
    rank: int = 0
    """The columns with the lowest rank stay longest where the terminal is narrow."""


@dataclass(frozen=True, slots=True)
class Table:
    """Figures of groups of answers."""

    what: str
    """What a row is: "week", "kind of prompt"."""
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, tuple[float | None, ...]], ...]
    """Label and a value for each column; None where there is none."""


@dataclass(frozen=True, slots=True)
class Series:
    """One line, or the bars of one colour."""

    name: str
    values: tuple[float | None, ...]
    """One for each label of the plot; None leaves a gap."""
    colour: str
    """Name of a colour of the page (`plots.THEMES`): a family's letter, ink or soft."""
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """One picture on the page; its values stand below it as a table."""

    title: str
    shape: Shape
    """`bars` lie, one for each label; the others stand over the labels from left to right."""
    unit: Unit
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    what: str
    """What a label is: "week", "rule"."""
    note: str = ""
    """What a reader has to know of it, in a sentence."""
    goal: float | None = None
    """A value worth reaching, drawn as a line of its own."""

    @property
    def alternative(self) -> str:
        """The picture in words."""
        told_of = "; ".join(line for s in self.series if (line := _said(self, s)))
        return f"{self.title}. {told_of or 'Nothing to show yet'}."


def _said(plot: Plot, series: Series) -> str:
    known = [(at, v) for at, v in zip(plot.labels, series.values, strict=True) if v is not None]
    if not known:
        return ""
    if plot.shape == "bars":
        return ", ".join(f"{at} {told(v, plot.unit)}" for at, v in known)
    (first, before), (last, after) = known[0], known[-1]
    if len(known) == 1:
        return f"{series.name}: {told(before, plot.unit)} in {first}"
    return (
        f"{series.name}: from {told(before, plot.unit)} in {first} to {told(after, plot.unit)} in {last}, "
        f"at least {told(min(v for _, v in known), plot.unit)}, at most "
        f"{told(max(v for _, v in known), plot.unit)}"
    )


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure of the whole."""

    name: str
    value: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """What one rule costs."""

    code: str
    name: str
    flags: int
    kept: int
    """Flags that the speaker agrees with."""
    a_minute: float
    """Flags a minute."""
    cost: float
    """The same with the kept ones weighing more; the rules stand in this order."""


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the first half against the second."""

    name: str
    text: str
    better: bool | None
    """None where nothing can be said, or neither way is better."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that is shown."""

    title: str
    facts: tuple[Fact, ...]
    tables: tuple[Table, ...]
    """The first is the one that was asked for."""
    rules: tuple[Rule, ...]
    changes: tuple[Change, ...]
    change_notes: tuple[str, ...]
    """Why nothing is said of changes, or what to beware of."""
    plots: tuple[Plot, ...]
    notes: tuple[str, ...] = ()
    """What else a reader should know, such as sessions that cannot be read."""


_EIGHTHS = "▏▎▍▌▋▊▉"


def bar(value: float | None, most: float, cells: int, *, plain: bool = False) -> str:
    """A bar of at most `cells` cells, `most` filling them; of `#` where `plain`."""
    if value is None or most <= 0 or value <= 0:
        return ""
    length = min(1.0, value / most) * cells
    if plain:
        return "#" * max(1, round(length))
    whole, rest = divmod(round(length * 8), 8)
    return "█" * whole + (_EIGHTHS[rest - 1] if rest else "") or _EIGHTHS[0]


def fitting(columns: Sequence[Column], widths: Sequence[int], room: int) -> list[int]:
    """Places of the columns that fit into `room` cells, two cells apart, those of low rank first."""
    chosen: list[int] = []
    for place in sorted(range(len(columns)), key=lambda n: (columns[n].rank, n)):
        if sum(widths[n] + 2 for n in (*chosen, place)) <= room:
            chosen.append(place)
    return sorted(chosen)
