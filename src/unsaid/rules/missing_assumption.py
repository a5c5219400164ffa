"""A: something is treated as given that nobody gave."""

from __future__ import annotations

from collections.abc import Iterator

from unsaid.language.weigh import Ground
from unsaid.rules.base import Finding, Rule


def _nothing(ground: Ground) -> Iterator[Finding]:
    del ground
    yield from ()


SOLUTION_BEFORE_FRAMING = Rule("A1", "solution-before-framing", "warning", "", "", (), (), (), "", (), _nothing)
UNSTATED_QUANTITY = Rule("A2", "unstated-quantity", "warning", "", "", (), (), (), "", (), _nothing)
INVENTED_REQUIREMENT = Rule("A3", "invented-requirement", "warning", "", "", (), (), (), "", (), _nothing)
ASSUMED_PROPERTY = Rule("A4", "assumed-property", "warning", "", "", (), (), (), "", (), _nothing)
TAKEN_FOR_GRANTED = Rule("A5", "taken-for-granted", "warning", "", "", (), (), (), "", (), _nothing)
