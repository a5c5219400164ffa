"""One picture of a whole terminal, drawn over the last one without a flicker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.segment import Segment
    from rich.text import Text


@dataclass(frozen=True, slots=True)
class Whole:
    """A picture of the whole terminal, made when rich asks for it."""

    rows: Callable[[Console, int, int], Sequence[Text]]
    """From the width in cells and the height in rows to the rows, none wider than that."""
    width: int
    """In cells."""
    height: int
    """In rows."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        width = min(self.width, options.max_width)
        rows = self.rows(console, width, min(self.height, options.height or self.height))
        yield from framed(console, [(list(row.render(console)), row.cell_len < width) for row in rows])


def framed(console: Console, rows: Sequence[tuple[Sequence[Segment], bool]]) -> Iterator[Segment]:
    """The rows from the terminal's top left corner; each with whether it leaves cells free at its end."""
    from rich.control import Control
    from rich.segment import Segment

    steered = console.is_terminal and not console.legacy_windows
    code = Control.home().segment.control

    def steer(sequence: str) -> Iterator[Segment]:
        # Marked as a control, so that it has no width and goes to terminals alone.
        if steered:
            yield Segment(sequence, None, code)

    # Shown as a whole where the terminal knows how (2026); where it holds some sign to be wider than rich
    # does, the row is cut rather than broken in two (7).
    yield from steer("\x1b[?2026h\x1b[?7l")
    for number, (row, short) in enumerate(rows):
        if number:
            yield Segment.line()
        yield from row
        if short:
            # Where it holds some sign to be narrower, nothing of the last frame stays behind.
            yield from steer("\x1b[K")
    yield from steer("\x1b[?7h\x1b[?2026l")
