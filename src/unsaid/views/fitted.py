"""Text fitted to a console: wrapped, safe to show, and readable without colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unsaid.views.wording import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

MEASURE_COLUMNS = 100
"""Longer lines are hard to read: text is no wider than this, however wide the terminal."""


class Fitted:
    """Makes lines for one console."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.width = max(16, min(console.width, MEASURE_COLUMNS))
        encoding = (console.encoding or "utf-8").lower()
        self.encoding = "" if encoding.startswith("utf") else encoding
        self.coloured = bool(console.color_system) and not console.no_color

    def safe(self, text: str) -> str:
        """`text` as this terminal can show it."""
        shown = visible(text)
        if self.encoding:
            shown = shown.encode(self.encoding, "replace").decode(self.encoding)
        return shown

    def text(self, text: str, style: str = "") -> Text:
        """A line in one style."""
        from rich.text import Text

        return Text(self.safe(text), style=style)

    def sign(self, sign: str, plain: str) -> str:
        """`sign`, or `plain` where the encoding may lack it."""
        return plain if self.encoding else sign

    def wrap(self, text: Text, width: int) -> list[Text]:
        """Lines no wider than `width` cells."""
        text.no_wrap = False
        text.overflow = "fold"
        lines = list(text.wrap(self.console, max(4, width), tab_size=1))
        for line in lines:
            line.rstrip()
        return lines or [text]

    def indent(self, first: Text, text: Text) -> list[Text]:
        """`text` wrapped behind `first`, further lines under it."""
        from rich.text import Text

        gutter = first.cell_len
        if gutter > self.width - 12:
            return [*self.wrap(first, self.width), *self.wrap(text, self.width)]
        lines = self.wrap(text, self.width - gutter)
        return [
            Text.assemble(first if at == 0 else " " * gutter, line) if line.cell_len else first.copy()
            for at, line in enumerate(lines)
        ]

    def hanging(self, label: str, text: str, *, style: str = "", label_style: str = "bold") -> list[Text]:
        """`text` behind a label, further lines under its beginning."""
        return self.indent(self.text(label, label_style), self.text(text, style))

    def paragraph(self, text: str, *, style: str = "", fold: bool = True) -> list[Text]:
        """Lines of the whole width; with `fold` off one line, however long."""
        line = self.text(text, style)
        # A path stays in one piece, to be copied: the terminal may break it, we do not.
        return self.wrap(line, self.width) if fold else [line]

    def heading(self, text: str) -> list[Text]:
        """A free line and a title with a rule behind it."""
        rule = self.sign("─", "-") * max(0, self.width - len(text) - 1)
        from rich.text import Text

        return [Text(""), *self.wrap(Text.assemble((text, "bold"), " ", (rule, "dim")), self.width)]
