"""One picture of a whole terminal, drawn over the last one without a flicker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.segment import Segment


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
