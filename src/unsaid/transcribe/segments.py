"""Segments as JSON: one list a word, for files and pipes that are read by this program alone."""

from __future__ import annotations

from collections.abc import Mapping

from unsaid.model import Segment, Word


def to_json(segment: Segment) -> dict[str, object]:
    """`segment` as what `json.dumps` takes; no figure is rounded."""
    words = [[w.text, w.start_s, w.end_s, w.probability] for w in segment.words]
    return {"start": segment.start_s, "end": segment.end_s, "text": segment.text, "words": words}


def from_json(raw: Mapping[str, object]) -> Segment:
    """The segment that `to_json` was given.

    Raises:
        ValueError, KeyError, TypeError: this is no segment.
    """
    words = raw["words"]
    if not isinstance(words, list):
        raise TypeError("words must be a list")
    return Segment(
        float(str(raw["start"])), float(str(raw["end"])), str(raw["text"]), tuple(Word(*w) for w in words)
    )
