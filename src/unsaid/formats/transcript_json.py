"""The transcript of a session: openai-whisper's names, so that other tools read it, and what unsaid adds.

One word a line, so that it can be read and compared. `whisper_json` reads it back, without loss.
"""

from __future__ import annotations

import json
import re
from typing import Any

from unsaid.formats.source import clean
from unsaid.model import Segment, Transcript

_SURROGATE = re.compile("[\ud800-\udfff]")


def dumps(transcript: Transcript) -> str:
    """`transcript` as JSON text, ended by a line break. Times are written as they are, not rounded."""
    t = transcript
    head: dict[str, object] = {"text": " " + clean(t.text), "language": t.language, "duration": t.duration_s}
    head["timing"] = t.timing
    if t.prompt is not None:
        head |= {"prompt": t.prompt.text, "kind": t.prompt.kind, "prompt_id": t.prompt.id}
        if t.prompt.facts:
            head["prompt_facts"] = list(t.prompt.facts)
    head |= {"model": t.model, "options": t.options, "notes": list(t.notes)}
    lines = [f' "{key}": {_json(value)},' for key, value in head.items()]
    lines += _block("pauses", [_json({"start": p.start_s, "end": p.end_s}) for p in t.pauses], ",")
    lines += _block("segments", [_segment(i, s) for i, s in enumerate(t.segments)], "")
    return "{\n" + "\n".join(lines) + "\n}\n"


def _block(name: str, items: list[str], after: str) -> list[str]:
    if not items:
        return [f' "{name}": []{after}']
    return [f' "{name}": [', *(f"  {i}," for i in items[:-1]), f"  {items[-1]}", f" ]{after}"]


def _segment(index: int, segment: Segment) -> str:
    head: dict[str, object] = {"id": index, "start": segment.start_s, "end": segment.end_s}
    if segment.speaker is not None:
        head["speaker"] = clean(segment.speaker)
    head["text"] = clean(segment.text)
    words = []
    for w in segment.words:
        word: dict[str, object] = {"word": clean(w.text), "start": w.start_s, "end": w.end_s}
        if w.probability is not None:
            word["probability"] = w.probability
        words.append("\n   " + _json(word))
    return f'{_json(head)[:-1]}, "words": [{",".join(words)}]}}'


def _json(value: Any) -> str:
    return _SURROGATE.sub("\ufffd", json.dumps(value, ensure_ascii=False, allow_nan=False))
