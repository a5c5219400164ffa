"""The pictures of the page, drawn by matplotlib as SVG: one for light, one for dark."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from unsaid.views.progress import Plot, Series, told
from unsaid.views.wording import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes

THEMES: Mapping[str, Mapping[str, str]] = {
    "light": {
        "paper": "#ffffff",
        "ink": "#1f2328",
        "soft": "#5a6068",
        "line": "#e2dfd7",
        "D": "#a84300",
        "A": "#0a5c9e",
        "U": "#8e2a6b",
    },
    "dark": {
        "paper": "#1f2226",
        "ink": "#e6e4df",
        "soft": "#a0a6ae",
        "line": "#33373d",
        "D": "#f5935a",
        "A": "#77bdf2",
        "U": "#e394c9",
    },
}
"""The colours of a picture, by theme and name; those of the page."""

_WIDTH_IN, _HEIGHT_IN = 4.2, 2.7
"""Drawn small, so that the words can still be read on a telephone."""
_BAR_IN = 0.3
_MARKS = ("o", "s", "^", "D")
_NAME = 32
_TICKS = 6
_STEPS_S = (5, 10, 15, 30, 60, 120, 300)
_LEGEND = 42
"""Characters of all names that fit on one line above the picture."""


def _name(text: str) -> str:
    """A name as the picture can show it; the table below it has the whole of it."""
    shown = visible(text)
    return shown if len(shown) <= _NAME else f"{shown[:_NAME]}…"


def draw(plot: Plot, theme: str) -> str:
    """The picture as SVG text, the same for the same plot. `theme`: "light" or "dark"."""
    import matplotlib
    from matplotlib.figure import Figure

    colours = THEMES[theme]
    settings: dict[Any, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": "unsaid",
        "font.family": "DejaVu Sans",
        "font.size": 10,
        "text.color": colours["ink"],
        "axes.labelcolor": colours["ink"],
        "axes.edgecolor": colours["soft"],
        "axes.facecolor": colours["paper"],
        "xtick.color": colours["soft"],
        "ytick.color": colours["soft"],
        "xtick.labelcolor": colours["ink"],
        "ytick.labelcolor": colours["ink"],
        # What is typed in a name is shown, not set as a formula.
        "text.parse_math": False,
    }
    with matplotlib.rc_context(settings):
        height_in = _HEIGHT_IN if plot.shape != "bars" else 0.7 + _BAR_IN * max(1, len(plot.labels))
        figure = Figure(figsize=(_WIDTH_IN, height_in), facecolor=colours["paper"], layout="constrained")
        axes = figure.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        if plot.shape == "bars":
            _lying(axes, plot, colours)
        else:
            _standing(axes, plot, colours)
        out = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(out, format="svg", metadata=nothing)
    text = out.getvalue()
    # Without the declaration that names a document type on another machine.
    return text[text.index("<svg") :]


def _standing(axes: Axes, plot: Plot, colours: Mapping[str, str]) -> None:
    places = list(range(len(plot.labels)))
    floor = [0.0] * len(places)
    for n, series in enumerate(plot.series):
        values = [float("nan") if v is None else v for v in series.values]
        colour = colours[series.colour]
        if plot.shape == "stack":
            heights = [v or 0.0 for v in series.values]
            axes.bar(
                places,
                heights,
                bottom=floor,
                color=colour,
                edgecolor=colours["paper"],
                linewidth=0.6,
                label=_name(series.name),
            )
            floor = [a + b for a, b in zip(floor, heights, strict=True)]
        else:
            axes.plot(
                places,
                values,
                color=colour,
                marker=_MARKS[n % len(_MARKS)],
                markersize=3.5,
                linewidth=1.6,
                linestyle="--" if series.dashed else "-",
                label=_name(series.name),
                clip_on=False,
            )
    if plot.goal is not None:
        axes.axhline(plot.goal, color=colours["soft"], linewidth=1, linestyle=":")
    step = max(1, -(-len(places) // _TICKS))
    axes.set_xticks(places[::step], [_short(label) for label in plot.labels[::step]])
    axes.set_xlim(-0.6, max(len(places) - 0.4, 0.6))
    _scale(axes, plot, floor if plot.shape == "stack" else _values(plot.series))
    axes.grid(axis="y", color=colours["line"], linewidth=0.8)
    axes.set_axisbelow(True)
    if len(plot.series) > 1:
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=len(plot.series) if sum(len(s.name) for s in plot.series) < _LEGEND else 2,
            frameon=False,
            fontsize=8.5,
            handlelength=1.8,
            columnspacing=1.0,
            borderaxespad=0.2,
        )


def _scale(axes: Axes, plot: Plot, values: list[float]) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

    if plot.unit == "share":
        most = max([*values, 0.0])
        axes.set_ylim(0, 1.03 if most > 0.5 or not most else most * 1.2)
    elif plot.unit == "score":
        axes.set_ylim(1, 5.15)
    else:
        axes.set_ylim(0, max([*values, 0.1]) * 1.1)
    if plot.unit == "time":
        most = axes.get_ylim()[1]
        axes.yaxis.set_major_locator(MultipleLocator(next((s for s in _STEPS_S if most / s <= 5), 600)))
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5))
    if plot.unit in ("share", "time"):
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: told(value, plot.unit)))


def _lying(axes: Axes, plot: Plot, colours: Mapping[str, str]) -> None:
    places = list(range(len(plot.labels)))
    (series,) = plot.series
    values = [v or 0.0 for v in series.values]
    bars = axes.barh(places, values, color=[colours.get(label[:1], colours["A"]) for label in plot.labels])
    axes.bar_label(bars, [f"{v:.2f}" for v in values], padding=3, fontsize=9)
    axes.set_yticks(places, [_name(label) for label in plot.labels])
    axes.invert_yaxis()
    axes.set_xlim(0, max([*values, 0.1]) * 1.15)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)


def _values(series: tuple[Series, ...]) -> list[float]:
    return [v for s in series for v in s.values if v is not None]


def _short(label: str) -> str:
    """A week without its year: the table below has it."""
    return label[5:] if label[4:6] == "-W" else _name(label)
