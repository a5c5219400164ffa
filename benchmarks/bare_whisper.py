"""The bare faster-whisper call that `unsaid audit` is measured against.

    python -m benchmarks.bare_whisper SOUND MODEL

The same pipeline with the same options, and faster-whisper's own voice activity detection in place of ours.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def load(model: str) -> Any:
    """The model as `unsaid` loads it on the CPU."""
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    loaded = WhisperModel(
        model, device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
    )
    return BatchedInferencePipeline(loaded)


def transcribe(pipeline: Any, sound: str) -> list[dict[str, object]]:
    """Segments of the file `sound`, with words."""
    segments, _ = pipeline.transcribe(
        sound,
        language="en",
        vad_filter=True,
        without_timestamps=False,
        word_timestamps=True,
        temperature=0.0,
        beam_size=5,
        batch_size=1,
    )
    return [
        {
            "start": s.start,
            "end": s.end,
            "text": s.text,
            "words": [
                {"word": w.word, "start": w.start, "end": w.end, "probability": w.probability}
                for w in s.words
            ],
        }
        for s in segments
    ]


if __name__ == "__main__":
    json.dump({"segments": transcribe(load(sys.argv[2]), sys.argv[1])}, sys.stdout)
