"""Progress as one page: pictures inside it, no script, no outside request; every picture is a table as well.

The page carries its own style, allowed by its hash; its content security policy forbids all else but the
pictures, which are data inside it.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from unsaid.views.progress import Plot, Report, told
from unsaid.views.progress.plots import draw
from unsaid.views.wording import visible

if TYPE_CHECKING:
    from jinja2 import Environment


def render(report: Report) -> str:
    """The whole page as text."""
    style = _asset("page.css")
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            pictures=[_picture(plot) for plot in report.plots],
            style=_trusted(style),
            style_hash="sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        )
    )


def _picture(plot: Plot) -> dict[str, object]:
    """A plot for the template; its two pictures as addresses that hold them."""
    return {"plot": plot, "light": _address(draw(plot, "light")), "dark": _address(draw(plot, "dark"))}


def _address(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


@lru_cache(maxsize=4)
def _asset(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _trusted(text: str) -> str:
    """Our own text, not to be escaped."""
    from markupsafe import Markup

    return Markup(text)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(visible=visible, told=told)
    return environment
