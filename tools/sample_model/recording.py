"""Recordings put together from clips, with the truth about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.sample_model.speech import SAMPLE_RATE_HZ, Clip, SpokenWord, silences

SHORTEST_PAUSE_S = 0.3
"""A silence of this length or more is a pause."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a recording; times in seconds from its start."""

    text: str
    start_s: float
    end_s: float
    words: tuple[SpokenWord, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """Sound, and what is said in it where."""

    sound: npt.NDArray[np.float64]
    """Mono, 16 kHz; full scale is 1."""
    sentences: tuple[Sentence, ...]
    pauses: tuple[tuple[float, float], ...]
    """Start and end of every silence of `SHORTEST_PAUSE_S` or more, those within sentences included."""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.sound) / SAMPLE_RATE_HZ

    @property
    def words(self) -> list[SpokenWord]:
        """All words in order of time."""
        return [word for sentence in self.sentences for word in sentence.words]


def join(
    clips: Sequence[Clip], pauses_s: Sequence[float], lead_in_s: float, noise: float, seed: int
) -> Recording:
    """Clips with a pause after each, over white noise with a standard deviation of `noise`."""
    sound = [np.zeros(round(lead_in_s * SAMPLE_RATE_HZ), np.float32)]
    samples = len(sound[0])
    sentences = []
    for clip, pause_s in zip(clips, pauses_s, strict=True):
        start_s = samples / SAMPLE_RATE_HZ
        words = tuple(SpokenWord(w.text, start_s + w.start_s, start_s + w.end_s) for w in clip.words)
        sentences.append(Sentence(clip.text, start_s, start_s + clip.duration_s, words))
        silence = np.zeros(round(pause_s * SAMPLE_RATE_HZ), np.float32)
        sound += [clip.sound, silence]
        samples += len(clip.sound) + len(silence)
    clean = np.concatenate(sound)
    noisy = clean + noise * np.random.default_rng(seed).standard_normal(len(clean))
    return Recording(noisy, tuple(sentences), tuple(silences(clean, SHORTEST_PAUSE_S)))
