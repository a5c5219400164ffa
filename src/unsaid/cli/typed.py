"""A line that the speaker types at a place where keys were read before."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def typed(out: Console, ask: str, before: str = "") -> str | None:
    """The line typed in answer to `ask`, with `before` to start from; None where she thought better of it."""
    start = _to_start_from()
    try:
        # From the first sign on the screen Ctrl-C means this line, not the program.
        out.print(f"\n\n{ask}", soft_wrap=True)
        if start is None:
            out.print(f"{before}\n> ", end="", soft_wrap=True)
        else:
            start(before)
        return input("" if start is None else "> ")
    except (EOFError, KeyboardInterrupt):
        return None
    finally:
        if start is not None:
            start("")


def _to_start_from() -> Callable[[str], None] | None:
    """What puts a text into the line to be edited; None where the terminal's own plain line is read."""
    try:
        import readline
    except ImportError:  # Windows: its console has an editor of its own
        return None
    # Where standard output goes elsewhere, Python does not use readline.
    if not sys.stdout.isatty():
        return None
    return lambda text: readline.set_startup_hook((lambda: readline.insert_text(text)) if text else None)
