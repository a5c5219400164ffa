"""Long made-up answers: varied sentences, word times, pauses; the same for the same length."""

from __future__ import annotations

import json
import random

WORDS_AN_HOUR = 9_000

_THINGS = [
    "hash map",
    "queue",
    "B-tree",
    "cache",
    "heap",
    "log",
    "worker pool",
    "bloom filter",
    "table",
    "lock",
    "trie",
]
_REASONS = ["reads dominate", "a retry must be safe", "that gives constant lookups", "writes come in bursts"]
_NUMBERS = ["five hundred", "ten thousand", "two", "fifty million", "ninety nine"]
_PATTERNS = [
    "I'll use a {thing} here.",
    "I'd put a {thing} in front, because {reason}.",
    "So first I loop over the {thing} and count what I see.",
    "It'll probably be fast enough.",
    "Let's assume {number} users a day, tell me if that's off.",
    "We've got {number} requests a second.",
    "I'm not sure the {thing} can do that.",
    "If it can't, I'd fall back to a {thing}.",
    "Actually, scratch that, let's go with a {thing}.",
    "What happens when the {thing} is full?",
    "We'll come back to the {thing} later.",
    "Then I return the {number} largest ones.",
    "It depends.",
    "That's cheaper than a second {thing}, and {reason}.",
    "Okay, so what does the {thing} need to hold, let me think about that for a moment.",
    "I'm not going to worry about deletes.",
    "Obviously the {thing} is sorted already.",
    "Do you want me to handle more than {number} of them?",
]


def transcript(hours: float) -> str:
    """Whisper's JSON of an answer of `hours` hours, about 9,000 words each."""
    draw = random.Random(2026)
    segments: list[dict[str, object]] = []
    at_s, words = 0.4, 0
    while words < WORDS_AN_HOUR * hours:
        text = draw.choice(_PATTERNS).format(
            thing=draw.choice(_THINGS), reason=draw.choice(_REASONS), number=draw.choice(_NUMBERS)
        )
        start_s, spoken = at_s, []
        for word in text.split():
            length_s = 0.12 + 0.04 * len(word)
            spoken.append(
                {
                    "word": f" {word}",
                    "start": round(at_s, 2),
                    "end": round(at_s + length_s, 2),
                    "probability": 0.9,
                }
            )
            at_s += length_s + 0.02
        segments.append(
            {
                "id": len(segments),
                "start": round(start_s, 2),
                "end": spoken[-1]["end"],
                "text": f" {text}",
                "words": spoken,
            }
        )
        words += len(spoken)
        at_s += draw.choice([0.1, 0.4, 0.4, 0.8, 5.0])
    return json.dumps(
        {"text": "".join(str(s["text"]) for s in segments), "language": "en", "segments": segments}
    )
