"""What is served: a page, what it asks for, what it changes, and how it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unsaid.web.room import Room

Read = Callable[[Mapping[str, str]], dict[str, Any]]
"""From a request's query to its answer."""
Write = Callable[[bytes], dict[str, Any]]
"""From what was sent to the answer; what was sent is not to be believed."""


def _nothing() -> None: ...


@dataclass(frozen=True, slots=True)
class Site:
    """One page and its routes. All may be called from several threads at once, and raise UnsaidError."""

    command: str
    """The command that prints the link, for what is told of it."""
    page: Callable[[], str]
    """The whole page as text."""
    reads: Mapping[str, Read]
    """Path to what is asked for there. An answer with a `revision` is not sent twice to the same window."""
    writes: Mapping[str, Write]
    """Path to what is changed there."""
    review: Room | None = None
    """Whose recording is played and whose rewrites are said aloud; None where there is no sound."""
    prepare: Callable[[], None] = _nothing
    """Called after the page was served: what it will need next."""
    over: threading.Event = field(default_factory=threading.Event)
    """Set by the page when it is done: the server then ends."""
