"""Flags as they are named on the command line and told in a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    from unsaid.model import Flag


def find_flag(flags: Sequence[Flag], word: str, session: str) -> Flag:
    """The one of `flags` with this number, this id, or an id that begins so.

    Raises UnsaidError where none or more than one fits.
    """
    hint = f"`unsaid sessions show {session} --all` shows the numbers."
    if word.isdecimal():
        found = [f for f in flags if f.number == int(word)]
    else:
        key = word.lower()
        found = [f for f in flags if f.id.lower() == key] or [
            f for f in flags if f.id.lower().startswith(key)
        ]
    if len(found) == 1:
        return found[0]
    if found:
        raise UnsaidError(f"'{word}' fits {len(found)} flags of {session}", hint)
    raise UnsaidError(f"there is no flag '{word}' in {session}", hint)


def flag_line(flag: Flag) -> str:
    """A flag in one line, safe to show."""
    from unsaid.views.wording import clock, rule_words, visible

    return visible(
        f'{flag.number} [{flag.code}] {rule_words(flag.name)} {clock(flag.start_s)} "{flag.quote}"'
    )
