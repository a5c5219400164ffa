"""Pages on the terminal's second screen, one after the other, each waiting for a key."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    from rich.console import Console

    from unsaid.cli.keys import Keys
    from unsaid.views.drilling import Picture

_LOOK_S = 0.25
"""How often a page is drawn anew while no key comes: its clock runs, and the terminal may change its size."""


class Left(Exception):
    """The user wants to go, or the terminal is gone."""


class Pages:
    """Shows pages and reads keys."""

    def __init__(self) -> None:
        from unsaid.cli.output import console

        self.out: Console = console(stderr=True)
        self._keys: Keys | None = None

    @staticmethod
    def check(what: str, hint: str) -> None:
        """Raises UnsaidError where there is no terminal to show pages on and take keys from."""
        if not sys.stderr.isatty() or not sys.stdin.isatty():
            raise UnsaidError(f"{what} needs a terminal", hint)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The second screen is shown within, and no key is lost between its pages; may be nested."""
        from unsaid.cli.keys import Keys

        if self._keys is not None:
            yield
            return
        with self.out.screen(), Keys() as keys:
            self._keys = keys
            try:
                yield
            finally:
                self._keys = None

    def ask(self, make: Callable[[], Picture], keys: Collection[str]) -> str:
        """Show a page, made anew for every picture, until one of `keys` is pressed; that key.

        q leaves (`Left`), and so does the end of the terminal. Up and down scroll where they are not in
        `keys`.
        """
        top = 0
        with self.shown():
            assert self._keys is not None
            while True:
                top = self._draw(replace(make(), top=top))
                key = self._keys.read(_LOOK_S)
                if key is None:
                    if not self._keys.live:
                        raise Left
                elif key in keys:
                    return key
                elif key == "q":
                    raise Left
                else:
                    half = max(1, self.out.size.height // 2)
                    top = max(0, top + _SCROLL.get(key, 0) + _PAGES.get(key, 0) * half)

    def _draw(self, picture: Picture) -> int:
        """Draw a picture; how many rows of its body are scrolled away in it."""
        from unsaid.cli.output import draw
        from unsaid.views.drilling import lines

        draw(self.out, lambda out, width, height: lines(out, picture, width, height)[0])
        return lines(self.out, picture, *self.out.size)[1]

    def line(self, make: Callable[[], Picture], ask: str, before: str = "") -> str | None:
        """Let a line be typed below a page; None where the user thought better of it."""
        from unsaid.cli.typed import typed

        with self.shown():
            assert self._keys is not None
            self._draw(make())
            self._keys.__exit__(None, None, None)  # the terminal edits the line
            try:
                return typed(self.out, ask, before)
            finally:
                self._keys.__enter__()


_SCROLL = {"up": -1, "down": 1, "k": -1, "j": 1, "home": -(10**6), "end": 10**6}
"""Keys that scroll, by rows."""
_PAGES = {"page-up": -1, "page-down": 1, " ": 1}
"""The same by halves of a screen, so that no row is passed over."""
