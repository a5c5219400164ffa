"""Both themes of the page can be read: contrast as WCAG 2.2 counts it."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

CSS = (files("unsaid.views.html") / "parts.css").read_text(encoding="utf-8")
BLOCKS = [
    dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", body))
    for body in re.findall(r":root[^{]*\{([^}]*)\}", CSS)
]
LIGHT, DARK, DARK_BY_SYSTEM = [block for block in BLOCKS if "lit-ink" in block]
FAMILIES = ("D", "A", "U")


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


TEXT = [
    ("ink", "paper"),
    ("ink", "raised"),
    ("ink", "hatch"),
    ("soft", "paper"),
    ("soft", "raised"),
    ("long", "long-wash"),
    ("lit-ink", "lit"),
    *((family, ground) for family in FAMILIES for ground in ("paper", "raised", f"{family}-wash")),
    *(("badge-ink", family) for family in FAMILIES),
    *((text, f"{family}-wash") for family in FAMILIES for text in ("ink", "soft")),
]
SHAPES = [("wave", "raised"), ("focus", "paper"), ("focus", "raised")]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_reaches_aa(theme: dict[str, str], text: str, ground: str) -> None:
    assert contrast(theme[text], theme[ground]) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_shapes_reach_aa(theme: dict[str, str], shape: str, ground: str) -> None:
    assert contrast(theme[shape], theme[ground]) >= 3


def test_dark_is_the_same_chosen_or_by_the_system() -> None:
    assert DARK == DARK_BY_SYSTEM
    assert set(DARK) == set(LIGHT)
