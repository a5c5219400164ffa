"""Rewrites to say aloud that the sample model understands: sentences of the sample answer itself."""

from __future__ import annotations

import functools
import io
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from support import ROOT

RATE_HZ = 16_000
SAMPLE = ROOT / "sessions" / "sample"
FAILS, PASSES = 14, 9
"""Sentences of the sample that do not close the gap of its moment D2, and that do."""

Pcm = npt.NDArray[np.int16]


@functools.cache
def _sentences() -> tuple[tuple[str, float, float], ...]:
    script = json.loads((SAMPLE / "script.json").read_text("utf-8"))
    return tuple((s["text"], s["start_s"], s["end_s"]) for s in script["sentences"])


@functools.cache
def _answer() -> Pcm:
    return np.asarray(soundfile.read(SAMPLE / "answer.flac", dtype="int16")[0])


def text(number: int) -> str:
    """The words of a sentence of the sample (from 0)."""
    return _sentences()[number][0]


def pcm(number: int) -> Pcm:
    """Its sound, shape [n], 16 kHz, with a little silence before and after."""
    _, start_s, end_s = _sentences()[number]
    return _answer()[round((start_s - 0.3) * RATE_HZ) : round((end_s + 0.3) * RATE_HZ)]


def hush(seconds: float) -> Pcm:
    """A quiet room, about -78 dBFS."""
    return (np.random.default_rng(3).standard_normal(round(seconds * RATE_HZ)) * 4).astype(np.int16)


def wav(sound: Pcm) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, sound, RATE_HZ, format="WAV")
    return buffer.getvalue()


def webm(sound: Pcm) -> bytes:
    """Opus in WebM without a length, as a browser records it."""
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="webm", options={"live": "1"}) as container:
        stream = container.add_stream("libopus", rate=48_000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(sound[np.newaxis], format="s16", layout="mono")
        frame.rate = RATE_HZ
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
        for out in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(out))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def names(folder: Path) -> set[str]:
    """All that is in a session's folder, but for its lock."""
    return {path.name for path in folder.iterdir()} - {".lock"}
