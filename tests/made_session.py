"""Sessions made by hand: a transcript and sound, audited by the real rules, in the files of the real ones."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from unsaid.audio.files import RATE_HZ
from unsaid.audio.peaks import peaks
from unsaid.audit import audit
from unsaid.formats import audit_json, transcript_json
from unsaid.model import Prompt, Segment, Transcript, Word
from unsaid.sessions.record import Source
from unsaid.sessions.store import Store


def made(sessions: Path, name: str, transcript: Transcript, samples: Any, prompt: str = "Design it.") -> Path:
    """A session in the folder `sessions`; its folder. `samples`: int16, shape [n], 16 kHz mono."""
    import soundfile

    asked = Prompt(prompt)
    transcript = replace(transcript, duration_s=samples.size / RATE_HZ, prompt=asked)
    session = Store(sessions).create(
        Source("answer.flac", "0" * 64, samples.size * 2),
        now=datetime.now(UTC),
        duration_s=transcript.duration_s,
        name=name,
        prompt=asked,
        program="0",
    )
    soundfile.write(session.recording, samples, RATE_HZ, subtype="PCM_16")
    session.transcript.write_text(transcript_json.dumps(transcript), encoding="utf-8")
    session.audit.write_text(audit_json.dumps(audit(transcript, asked), source={}), encoding="utf-8")
    heard = {
        "duration": transcript.duration_s,
        "spans": [],
        "pauses": [[p.start_s, p.end_s] for p in transcript.pauses],
        "dips": [],
        "peaks": peaks(samples.astype("float32") / 32768),
    }
    session.speech.write_text(json.dumps(heard), encoding="utf-8")
    return session.folder


def spoken(sentences: list[str], word_s: float = 0.3, gap_s: float = 0.5) -> Transcript:
    """A transcript of these sentences, each word as long as the others."""
    at_s, segments = 0.5, []
    for text in sentences:
        words, start_s = [], at_s
        for word in text.split(" "):
            words.append(Word(f" {word}", round(at_s, 3), round(at_s + word_s, 3)))
            at_s += word_s
        segments.append(Segment(start_s, at_s, f" {text}", tuple(words)))
        at_s += gap_s
    return Transcript(tuple(segments), at_s, language="en")


def hum(duration_s: float) -> Any:
    """A quiet tone, rising and falling; int16, shape [n]."""
    import numpy as np

    times_s = np.arange(int(duration_s * RATE_HZ)) / RATE_HZ
    return (3000 * np.sin(2 * np.pi * 220 * times_s) * np.sin(2 * np.pi * 0.2 * times_s)).astype("int16")
