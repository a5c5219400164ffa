"""The sample answer: its script (answer.toml), and the recording and true boundaries made from it."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tools.sample_model.paths import ANSWER
from tools.sample_model.recording import Recording, join
from tools.sample_model.speech import SAMPLE_RATE_HZ, Espeak, SpokenWord, Voice


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


def record(script: Script) -> Recording:
    """Speak the script."""
    espeak = Espeak()
    clips = [espeak.say(line.text, script.voice) for line in script.lines]
    pauses_s = [line.pause_s for line in script.lines]
    return join(clips, pauses_s, script.lead_in_s, script.noise, script.seed)


def build(script: Script, folder: Path) -> None:
    """Write answer.flac and script.json into `folder`.

    The same script gives the same bytes, as long as espeak-ng is the same.
    """
    import soundfile

    recording = record(script)
    folder.mkdir(parents=True, exist_ok=True)
    soundfile.write(folder / "answer.flac", recording.sound, SAMPLE_RATE_HZ, subtype="PCM_16")
    truth = {
        "prompt": script.prompt,
        "kind": script.kind,
        "voice": f"espeak-ng {script.voice.name}, {script.voice.rate} words a minute; no person's voice",
        "duration_s": round(recording.duration_s, 3),
        "sentences": [
            {"text": s.text, **_times(s.start_s, s.end_s), "words": [_word(word) for word in s.words]}
            for s in recording.sentences
        ],
        "pauses": [_times(start_s, end_s) for start_s, end_s in recording.pauses],
        "flags": [
            {"sentence": i, "code": line.flag, "why": line.why}
            for i, line in enumerate(script.lines)
            if line.flag
        ],
        "licence": "MIT",
    }
    text = json.dumps(truth, indent=1, ensure_ascii=False)
    (folder / "script.json").write_text(text + "\n", encoding="utf-8")


def _times(start_s: float, end_s: float) -> dict[str, float]:
    return {"start_s": round(float(start_s), 3), "end_s": round(float(end_s), 3)}


def _word(word: SpokenWord) -> dict[str, str | float]:
    return {"word": word.text, **_times(word.start_s, word.end_s)}
