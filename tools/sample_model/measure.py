"""Measurement by the program's own path: its voice activity, its stretches, its transcriber.

The figures go to measured.json beside the model, and from there into the model card (card.md to README.md).
"""

from __future__ import annotations

import hashlib
import json
import string
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tools.sample_model.answer import read_script
from tools.sample_model.paths import CARD
from tools.sample_model.phrases import bank, plain, unseen
from tools.sample_model.recording import Recording, join
from tools.sample_model.speech import Clip, SpokenWord, Voice, speaker
from unsaid.audio.speech import Speech, find_speech
from unsaid.transcribe.whisper import WhisperTranscriber

_NOISE = 0.0004
_PAUSE_S = 1.0
_LEAD_IN_S = 0.25
_SEED = 3
_LATE_QUANTILE = 0.95


@dataclass(frozen=True, slots=True)
class Score:
    """How one transcript compares with the truth."""

    words: int
    """Words that were said."""
    substitutions: int
    deletions: int
    insertions: int
    start_errors_s: tuple[float, ...] = ()
    """For every word that was heard right: how far its start is from the true one."""

    @property
    def wer(self) -> float:
        """Word error rate, 1 for 100 %."""
        return (self.substitutions + self.deletions + self.insertions) / self.words

    def __add__(self, other: Score) -> Score:
        return Score(
            self.words + other.words,
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.start_errors_s + other.start_errors_s,
        )


def score(said: Sequence[SpokenWord], heard: Sequence[SpokenWord]) -> Score:
    """Count the errors of `heard` against `said`; case and punctuation do not count."""
    import jiwer

    truth, guess = _split(said), _split(heard)
    if not guess:
        return Score(len(truth), 0, len(truth), 0)
    found = jiwer.process_words(" ".join(w.text for w in truth), " ".join(w.text for w in guess))
    errors_s = tuple(
        abs(truth[chunk.ref_start_idx + k].start_s - guess[chunk.hyp_start_idx + k].start_s)
        for chunk in found.alignments[0]
        if chunk.type == "equal"
        for k in range(chunk.ref_end_idx - chunk.ref_start_idx)
    )
    return Score(len(truth), found.substitutions, found.deletions, found.insertions, errors_s)


def pause_error_s(true: Sequence[tuple[float, float]], speech: Speech) -> float:
    """The largest error of either edge over all true pauses, each against the nearest one that was found."""
    return max(
        min(max(abs(start_s - pause.start_s), abs(end_s - pause.end_s)) for pause in speech.pauses)
        for start_s, end_s in true
    )


def measure_all(model: Path, work: Path, threads: int) -> None:
    """Measure the model in `model`; write its measured.json and its card."""
    script = read_script()
    say = speaker()
    main = script.voice.name
    answer_sentences = {line.text for line in script.lines}
    phrases = [text for text in bank() if text not in answer_sentences]

    clips = [say(line.text, script.voice) for line in script.lines]
    pauses_s = [line.pause_s for line in script.lines]
    answer = join(clips, pauses_s, script.lead_in_s, script.noise, script.seed)
    runs = [_hear(model, answer, count) for count in (1, 2, threads)]
    result = score(answer.words, runs[0])
    speech = find_speech(answer.sound.astype(np.float32))
    figures: dict[str, Any] = {
        "model_sha256": hashlib.sha256((model / "model.bin").read_bytes()).hexdigest(),
        "training": _training(work),
        "sample_answer": {
            **_figures(result),
            "word_start_mean_s": round(float(np.mean(result.start_errors_s)), 3),
            "word_start_p95_s": round(float(np.quantile(result.start_errors_s, _LATE_QUANTILE)), 3),
            "word_start_worst_s": round(max(result.start_errors_s), 3),
            "pause_edge_worst_s": round(pause_error_s(answer.pauses, speech), 3),
            "same_with_any_threads": all(run == runs[0] for run in runs),
        },
    }
    transcriber = _transcriber(model, threads)
    for name, texts, voice in (
        ("known_phrases", phrases, Voice(main, 165)),
        ("known_phrases_slow", phrases, Voice(main, 120)),
        ("known_phrases_fast", phrases, Voice(main, 215)),
        ("known_phrases_other_trained_voice", phrases, Voice("en-us+f2", 165)),
        ("known_phrases_unseen_voice", phrases, Voice("en-us+f5", 165)),
        ("known_phrases_unseen_synthesiser", phrases, Voice("flite:slt", 1.0)),
        ("unseen_sentences", unseen(), Voice(main, 165)),
    ):
        recording = _spoken([say(text, voice) for text in texts])
        heard = _words(transcriber, recording)
        figures[name] = _figures(score(recording.words, heard)) | {"voice": voice.name}
    alone = [_spoken([say(text, script.voice)]) for text in bank()]
    total = Score(0, 0, 0, 0)
    for recording in alone:
        total += score(recording.words, _words(transcriber, recording))
    figures["known_phrases_one_at_a_time"] = _figures(total) | {"voice": main}
    text = json.dumps(figures, indent=1)
    (model / "measured.json").write_text(text + "\n", encoding="utf-8")
    write_card(model)


def write_card(model: Path) -> None:
    """Write the model card with the figures of `model`/measured.json."""
    figures = json.loads((model / "measured.json").read_text(encoding="utf-8"))
    flat: dict[str, str] = {}
    for name, value in figures.items():
        for key, figure in value.items() if isinstance(value, dict) else [("", value)]:
            flat[f"{name}_{key}".rstrip("_")] = _shown(key, figure)
    card = string.Template(CARD.read_text(encoding="utf-8")).substitute(flat)
    (model / "README.md").write_text(card, encoding="utf-8")


def _shown(key: str, figure: Any) -> str:
    if key == "wer":
        return f"{100 * figure:.1f} %"
    if isinstance(figure, float) and key.endswith("_s"):
        return f"{figure:.2f} s"
    return f"{figure:,}" if isinstance(figure, int) else str(figure)


def _figures(result: Score) -> dict[str, Any]:
    return {
        "wer": round(result.wer, 4),
        "words": result.words,
        "substitutions": result.substitutions,
        "deletions": result.deletions,
        "insertions": result.insertions,
    }


def _spoken(clips: Sequence[Clip]) -> Recording:
    return join(clips, [_PAUSE_S] * len(clips), _LEAD_IN_S, _NOISE, _SEED)


def _transcriber(model: Path, threads: int) -> WhisperTranscriber:
    return WhisperTranscriber(model, device="cpu", threads=threads)


def _hear(model: Path, recording: Recording, threads: int) -> list[SpokenWord]:
    return _words(_transcriber(model, threads), recording)


def _words(transcriber: WhisperTranscriber, recording: Recording) -> list[SpokenWord]:
    sound = recording.sound.astype(np.float32)
    segments = transcriber.transcribe(sound, find_speech(sound))
    return [SpokenWord(w.text.strip(), w.start_s, w.end_s) for s in segments for w in s.words]


def _split(words: Sequence[SpokenWord]) -> list[SpokenWord]:
    """Plain words: what one transcript joins with a hyphen counts as two."""
    return [SpokenWord(part, w.start_s, w.end_s) for w in words for part in plain(w.text).split()]


def _training(work: Path) -> dict[str, Any]:
    lines = (work / "training.jsonl").read_text(encoding="utf-8").splitlines()
    last = json.loads(lines[-1])
    return {"steps": last["step"], "minutes": round(last["minutes"])}
