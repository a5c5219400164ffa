"""The session that a command means where none is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    from unsaid.sessions.record import Session
    from unsaid.sessions.store import Store


def named_or_newest(store: Store, reference: str | None) -> Session:
    """The session that `reference` names, else the newest one with an audit. Raises UnsaidError."""
    if reference is not None:
        return store.find(reference)
    sessions = [s for s in store.all()[0] if s.audit.is_file()]
    if not sessions:
        raise UnsaidError("there is no audited session yet", "Run: unsaid record, or unsaid demo")
    return sessions[0]
