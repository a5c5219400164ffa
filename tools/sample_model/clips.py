"""The clips that training draws from: every sentence spoken many times, kept as one array and an index."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from tools.sample_model.phrases import bank, recombinations
from tools.sample_model.speech import SAMPLE_RATE_HZ, Clip, Espeak, Sound, SpokenWord, Voice

MAIN_VOICE = "en-us"
OTHER_VOICES = ("en", "en-us+m3", "en-us+f2")
"""They keep the model from leaning on one timbre; it is not meant to know them well."""

_READINGS = 20
"""Times that each sentence of the bank is spoken in the main voice."""
_OTHER_READINGS = 2
"""Times that each sentence of the bank is spoken in each of the other voices."""
_RECOMBINATIONS = 2500
_JOBS = 32


@dataclass(frozen=True, slots=True)
class Entry:
    """Where one clip lies, and what it says."""

    text: str
    voice: str
    first: int
    """Index of its first sample in the array of all clips."""
    samples: int
    words: tuple[SpokenWord, ...]

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.samples / SAMPLE_RATE_HZ


class ClipBank:
    """All clips, with the phonemes of every sentence."""

    def __init__(self, folder: Path) -> None:
        self._sound = np.load(folder / "clips.npy", mmap_mode="r")
        index = json.loads((folder / "clips.json").read_text(encoding="utf-8"))
        self.entries = [
            Entry(
                c["text"],
                c["voice"],
                c["first"],
                c["samples"],
                tuple(SpokenWord(*word) for word in c["words"]),
            )
            for c in index["clips"]
        ]
        self.phonemes: dict[str, list[str]] = index["phonemes"]

    def sound(self, entry: Entry) -> Sound:
        """Samples of a clip, float32 within ±0.5."""
        sound: Sound = self._sound[entry.first : entry.first + entry.samples].astype(np.float32) / 32768
        return sound


def make_clips(folder: Path, seed: int, processes: int) -> None:
    """Speak the bank and its recombinations; write clips.npy (int16) and clips.json into `folder`."""
    rng = random.Random(seed)
    sentences = bank()
    wanted: list[tuple[str, Voice]] = []
    for sentence in sentences:
        wanted += [(sentence, _reading(MAIN_VOICE, rng)) for _ in range(_READINGS)]
        wanted += [(sentence, _reading(voice, rng)) for voice in OTHER_VOICES for _ in range(_OTHER_READINGS)]
    mixed = recombinations(sentences, _RECOMBINATIONS, seed)
    for sentence in mixed:
        voice = MAIN_VOICE if rng.random() < 0.85 else rng.choice(OTHER_VOICES)
        wanted.append((sentence, _reading(voice, rng)))
    size = -(-len(wanted) // _JOBS)
    parts = [wanted[i : i + size] for i in range(0, len(wanted), size)]
    with get_context("spawn").Pool(processes) as pool:
        clips = [clip for part in pool.imap(_speak, parts) for clip in part]
    _save(folder, clips, [*sentences, *mixed])


def _reading(voice: str, rng: random.Random) -> Voice:
    return Voice(voice, rng.randint(140, 190), rng.randint(42, 60), rng.randint(40, 60))


def _speak(wanted: Sequence[tuple[str, Voice]]) -> list[Clip]:
    espeak = Espeak()
    return [espeak.say(text, voice) for text, voice in wanted]


def _save(folder: Path, clips: Sequence[Clip], sentences: Sequence[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    espeak = Espeak()
    index, first = [], 0
    for clip in clips:
        words = [(word.text, round(word.start_s, 4), round(word.end_s, 4)) for word in clip.words]
        entry = {
            "text": clip.text,
            "voice": clip.voice,
            "first": first,
            "samples": len(clip.sound),
            "words": words,
        }
        index.append(entry)
        first += len(clip.sound)
    np.save(folder / "clips.npy", np.concatenate([(clip.sound * 32767).astype(np.int16) for clip in clips]))
    phonemes = {sentence: espeak.phonemes(sentence) for sentence in sentences}
    text = json.dumps({"clips": index, "phonemes": phonemes}, ensure_ascii=False)
    (folder / "clips.json").write_text(text, encoding="utf-8")
