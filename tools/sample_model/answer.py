"""The sample answer: its script (answer.toml), and the recording and true boundaries made from it."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tools.sample_model.paths import ANSWER, SAMPLE
from tools.sample_model.speech import SAMPLE_RATE_HZ, Espeak, Voice, silences

SHORTEST_PAUSE_S = 0.3
"""A silence of this length or more is listed as a pause."""


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of the script."""

    text: str
    pause_s: float
    """Silence after it."""
    flag: str | None
    """Code of the planted flag."""
    why: str
    """What the flag rests on; empty without one."""


@dataclass(frozen=True, slots=True)
class Script:
    """The sample answer as it is written."""

    prompt: str
    kind: str
    voice: Voice
    noise: float
    """Standard deviation of the background noise; full scale is 1."""
    lead_in_s: float
    seed: int
    lines: tuple[Line, ...]


def read_script(file: Path = ANSWER) -> Script:
    """Read answer.toml."""
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    voice = data["voice"]
    return Script(
        prompt=data["prompt"],
        kind=data["kind"],
        voice=Voice(voice["name"], voice["rate"], voice["pitch"], voice["range"]),
        noise=voice["noise"],
        lead_in_s=voice["lead_in_s"],
        seed=voice["seed"],
        lines=tuple(Line(s["text"], s["pause_s"], s.get("flag"), s.get("why", "")) for s in data["sentence"]),
    )


def build(script: Script, folder: Path = SAMPLE) -> None:
    """Speak the script; write answer.flac and script.json into `folder`. The same script gives the same bytes."""
    import soundfile

    espeak = Espeak()
    sound = [np.zeros(round(script.lead_in_s * SAMPLE_RATE_HZ), np.float32)]
    samples = len(sound[0])
    sentences: list[dict[str, Any]] = []
    for line in script.lines:
        clip = espeak.say(line.text, script.voice)
        start_s = samples / SAMPLE_RATE_HZ
        silence = np.zeros(round(line.pause_s * SAMPLE_RATE_HZ), np.float32)
        words = [
            {"word": word.text, "start_s": round(start_s + word.start_s, 3), "end_s": round(start_s + word.end_s, 3)}
            for word in clip.words
        ]
        end_s = round(start_s + clip.duration_s, 3)
        sentences.append({"text": line.text, "start_s": round(start_s, 3), "end_s": end_s, "words": words})
        sound += [clip.sound, silence]
        samples += len(clip.sound) + len(silence)
    clean = np.concatenate(sound)
    noise = script.noise * np.random.default_rng(script.seed).standard_normal(len(clean))
    folder.mkdir(parents=True, exist_ok=True)
    soundfile.write(folder / "answer.flac", clean + noise, SAMPLE_RATE_HZ, subtype="PCM_16")
    truth = {
        "prompt": script.prompt,
        "kind": script.kind,
        "voice": f"espeak-ng {script.voice.name}, {script.voice.rate} words a minute (synthesised; no person's voice)",
        "duration_s": round(len(clean) / SAMPLE_RATE_HZ, 3),
        "sentences": sentences,
        "pauses": [
            {"start_s": round(start_s, 3), "end_s": round(end_s, 3)}
            for start_s, end_s in silences(clean, SHORTEST_PAUSE_S)
        ],
        "flags": [
            {"sentence": i, "code": line.flag, "why": line.why} for i, line in enumerate(script.lines) if line.flag
        ],
        "licence": "MIT",
    }
    text = json.dumps(truth, indent=1, ensure_ascii=False)
    (folder / "script.json").write_text(text + "\n", encoding="utf-8")
