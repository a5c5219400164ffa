"""U: doubt is voiced, and nothing limits it."""

from __future__ import annotations

from collections.abc import Iterator

from unsaid.language.weigh import Ground
from unsaid.rules.base import Finding, Rule


def _nothing(ground: Ground) -> Iterator[Finding]:
    del ground
    yield from ()


BARE_HEDGE = Rule("U1", "bare-hedge", "warning", "", "", (), (), (), "", (), _nothing)
OPEN_DEPENDENCE = Rule("U2", "open-dependence", "warning", "", "", (), (), (), "", (), _nothing)
DANGLING_UNKNOWN = Rule("U3", "dangling-unknown", "warning", "", "", (), (), (), "", (), _nothing)
VAGUE_MAGNITUDE = Rule("U4", "vague-magnitude", "warning", "", "", (), (), (), "", (), _nothing)
DEFERRED_AND_DROPPED = Rule("U5", "deferred-and-dropped", "warning", "", "", (), (), (), "", (), _nothing)
