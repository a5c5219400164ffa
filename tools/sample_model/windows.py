"""Training windows as the program will hear them: stretches of speech with pauses, cut and padded alike.

The program cuts a recording at pauses and merges stretches up to 14 s; faster-whisper pads their *features*
with 0.0 up to 30 s. A window here is one such stretch, with the tokens that a good transcript has and, for
every token, the time in which its sound lies: the cross-attention is guided there, else neither timestamps
nor word times come.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from tokenizers import Tokenizer

from tools.sample_model.answer import read_script
from tools.sample_model.clips import MAIN_VOICE, ClipBank, Entry
from tools.sample_model.phrases import bank
from tools.sample_model.schedule import Stage
from tools.sample_model.speech import SAMPLE_RATE_HZ, Sound
from tools.sample_model.vocabulary import encode, specials

POSITIONS_HZ = 50
"""Encoder positions (and timestamps) a second."""
FEATURES_HZ = 100
WINDOW_S = 15.0
"""The model's window, `chunk_length` of its preprocessor."""
_LONGEST_STRETCH_S = 14.6
_IGNORED = -100  # torch's cross-entropy ignores this label
_MAX_FIRST_TIMESTAMP = 50  # faster-whisper's max_initial_timestamp of 1 s, in positions

_SHARE_WITHOUT_TIMESTAMPS = 0.35
_SHARE_SINGLE = 0.3  # windows of one sentence only, as in live use
_SHARE_SILENT = 0.03
_SHARE_CUT = 0.08  # windows that end within a sentence
_SHARE_NOISY = 0.75
_SHARE_OTHER_VOICES = 0.12
_WORD_MARGIN_S = 0.06


@dataclass(slots=True)
class Batch:
    """One training step's worth of windows, padded to equal length."""

    features: torch.Tensor
    """[batch, 80, 2 * positions] float32."""
    shift: torch.Tensor
    """[batch] positions by which each window is shifted."""
    tokens: torch.Tensor
    """[batch, m] decoder input."""
    labels: torch.Tensor
    """[batch, m] wanted next tokens; -100 where none is wanted."""
    attend: torch.Tensor
    """[batch, m, 2] first and last position that the token's attention should lie in."""
    guided: torch.Tensor
    """[batch, m] True where `attend` holds."""
    heard: torch.Tensor
    """[batch] positions that hold sound whose phonemes are listed."""
    phonemes: list[list[int]]

    def to(self, device: torch.device) -> Batch:
        """The same batch on `device`."""
        moved = {name: getattr(self, name).to(device) for name in self.__slots__ if name != "phonemes"}
        return Batch(**moved, phonemes=self.phonemes)


@dataclass(slots=True)
class _Window:
    sound: Sound
    end_s: float
    """End of the stretch; the features beyond are 0.0."""
    shift: int
    spoken: list[tuple[float, Entry]] = field(default_factory=list)
    """Start and clip of each whole sentence."""
    cut_s: float | None = None
    """Start of a sentence that the window cuts off."""


class WindowMaker:
    """Draws windows from a bank of clips. The same (seed, step) gives the same batch."""

    def __init__(self, clips: ClipBank, tokenizer: Tokenizer, seed: int) -> None:
        self._clips = clips
        self._special = specials(tokenizer)
        self._seed = seed
        texts = sorted({entry.text for entry in clips.entries})
        self._tokens = {text: encode(tokenizer, text) for text in texts}
        inventory = sorted({phoneme for text in texts for phoneme in clips.phonemes[text]})
        number = {phoneme: i + 1 for i, phoneme in enumerate(inventory)}
        self._phonemes = {text: [number[phoneme] for phoneme in clips.phonemes[text]] for text in texts}
        self.phoneme_count = len(inventory)
        """Different phonemes; 0 is kept for CTC's blank."""
        known = set(bank())
        self._main = [e for e in clips.entries if e.voice == MAIN_VOICE and e.text in known]
        answer = {line.text for line in read_script().lines}
        self._answer = [e for e in self._main if e.text in answer]
        self._main_mixed = [e for e in clips.entries if e.voice == MAIN_VOICE and e.text not in known]
        self._other: dict[str, list[Entry]] = {}
        for entry in clips.entries:
            if entry.voice != MAIN_VOICE:
                self._other.setdefault(entry.voice, []).append(entry)
        self._filters, self._taper = _filter_bank()

    def batch(self, step: int, stage: Stage) -> Batch:
        """The batch of training step `step`."""
        rng = np.random.default_rng([self._seed, step])
        windows = [self._window(rng, stage) for _ in range(stage.batch)]
        features = self._features(windows, rng)
        if stage.padded_s:
            padded_s = stage.padded_s[int(rng.integers(len(stage.padded_s)))]
            missing = round(padded_s * FEATURES_HZ) - features.shape[-1]
            features = torch.nn.functional.pad(features, (0, missing))
        written = [self._write(window, rng) for window in windows]
        length = max(len(tokens) for tokens, _, _ in written)
        tokens = torch.full((len(windows), length), self._special.end)
        labels = torch.full((len(windows), length), _IGNORED)
        attend = torch.zeros(len(windows), length, 2)
        guided = torch.zeros(len(windows), length, dtype=torch.bool)
        for i, (ids, wanted, spans) in enumerate(written):
            tokens[i, : len(ids)] = torch.tensor(ids)
            labels[i, : len(wanted)] = torch.tensor(wanted)
            for j, span in enumerate(spans):
                if span is not None:
                    attend[i, j] = torch.tensor(span) * POSITIONS_HZ
                    guided[i, j] = True
        heard_s = [window.end_s if window.cut_s is None else window.cut_s for window in windows]
        return Batch(
            features=features,
            shift=torch.tensor([window.shift for window in windows]),
            tokens=tokens,
            labels=labels,
            attend=attend,
            guided=guided,
            heard=torch.tensor([max(1, _position(end_s)) for end_s in heard_s]),
            phonemes=[
                [p for _, entry in window.spoken for p in self._phonemes[entry.text]] for window in windows
            ],
        )

    def _window(self, rng: np.random.Generator, stage: Stage) -> _Window:
        longest_s = min(_LONGEST_STRETCH_S, stage.window_s - 0.05)
        samples = round(stage.window_s * SAMPLE_RATE_HZ)
        spare = round((WINDOW_S - stage.window_s) * POSITIONS_HZ)
        window = _Window(
            sound=np.zeros(samples, np.float32),
            end_s=longest_s,
            shift=int(rng.integers(0, spare + 1)) if stage.shifted else 0,
        )
        if rng.random() < _SHARE_SILENT:
            window.end_s = float(rng.uniform(0.5, longest_s))
            return window
        single = rng.random() < _SHARE_SINGLE
        aim_s = float(rng.uniform(4.0, longest_s))
        pool = self._pool(rng)
        at_s = float(rng.uniform(0.03, 0.3) if rng.random() < 0.85 else rng.uniform(0.3, 2.5))
        while True:
            entry = self._draw(pool, rng, stage)
            if at_s + entry.duration_s > longest_s:
                if window.spoken and rng.random() < _SHARE_CUT and longest_s - at_s > 0.3:
                    self._place(window, entry, at_s, longest_s, rng)
                    window.cut_s, window.end_s = at_s, longest_s
                    return window
                if window.spoken:
                    break
                continue
            self._place(window, entry, at_s, longest_s, rng)
            window.spoken.append((at_s, entry))
            spoken_until_s = at_s + entry.duration_s
            at_s = spoken_until_s + _pause(rng)
            if single or spoken_until_s > aim_s:
                break
        start_s, last = window.spoken[-1]
        window.end_s = min(longest_s, start_s + last.duration_s + float(rng.uniform(0.05, 0.4)))
        return window

    def _pool(self, rng: np.random.Generator) -> list[Entry] | None:
        """One other voice for the whole window, or None for the main voice."""
        if rng.random() >= _SHARE_OTHER_VOICES:
            return None
        voices = sorted(self._other)
        return self._other[voices[int(rng.integers(len(voices)))]]

    def _draw(self, pool: list[Entry] | None, rng: np.random.Generator, stage: Stage) -> Entry:
        if pool is None:
            pool = self._main_mixed if rng.random() < stage.recombined else self._main
            if pool is self._main and stage.answer and rng.random() < stage.answer:
                pool = self._answer
        return pool[int(rng.integers(len(pool)))]

    def _place(
        self, window: _Window, entry: Entry, at_s: float, until_s: float, rng: np.random.Generator
    ) -> None:
        first = round(at_s * SAMPLE_RATE_HZ)
        sound = self._clips.sound(entry)[: round(until_s * SAMPLE_RATE_HZ) - first]
        window.sound[first : first + len(sound)] += sound * np.float32(rng.uniform(0.7, 1.0))

    def _write(
        self, window: _Window, rng: np.random.Generator
    ) -> tuple[list[int], list[int], list[tuple[float, float] | None]]:
        """Decoder input, labels, and the span of time (s) that each label's attention should lie in."""
        special = self._special
        if not window.spoken and window.cut_s is None:
            wanted = special.no_speech if rng.random() < 0.8 else special.first_timestamp
            return [special.start, special.first_timestamp], [wanted, special.end], [None, None]
        timed = rng.random() >= _SHARE_WITHOUT_TIMESTAMPS
        labels: list[int] = []
        spans: list[tuple[float, float] | None] = []

        def add(label: int, start_s: float, end_s: float) -> None:
            labels.append(label)
            spans.append((max(0.0, start_s), min(window.end_s, max(end_s, start_s + 0.04))))

        def add_time(at_s: float, start_s: float, end_s: float) -> None:
            position = _position(at_s) + window.shift
            if not labels and not window.shift:
                position = min(position, _MAX_FIRST_TIMESTAMP)
            add(special.first_timestamp + position, start_s, end_s)

        for start_s, entry in window.spoken:
            end_s = start_s + entry.duration_s
            if timed:
                add_time(start_s, start_s - 0.1, start_s + 0.16)
            for token, word in self._tokens[entry.text]:
                spoken = entry.words[min(word, len(entry.words) - 1)]
                add(token, start_s + spoken.start_s - _WORD_MARGIN_S, start_s + spoken.end_s + _WORD_MARGIN_S)
            if timed:
                add_time(end_s, end_s - 0.16, end_s + 0.1)
        if window.cut_s is not None and timed:
            add_time(window.cut_s, window.cut_s - 0.1, window.cut_s + 0.16)
        last_s = window.cut_s if window.cut_s is not None else end_s
        # The row that predicts the end takes part in the alignment too: it has to look behind the last word.
        add(special.end, last_s - 0.06, window.end_s)
        tokens = [special.start, *labels[:-1]]
        if not timed:
            tokens = [special.start, special.no_timestamps, *labels[:-1]]
            labels = [_IGNORED, *labels]
            spans = [None, *spans]
        return tokens, labels, spans

    def _features(self, windows: list[_Window], rng: np.random.Generator) -> torch.Tensor:
        sound = np.stack([self._worn(window.sound, rng) for window in windows])
        spectrum = torch.stft(
            torch.from_numpy(sound),
            400,
            160,
            window=self._taper,
            center=True,
            pad_mode="reflect",
            return_complex=True,
        )
        power = spectrum[..., :-1].abs() ** 2
        log = torch.clamp(self._filters @ power, min=1e-10).log10()
        # The floor lies 8 below the loudest place of the whole recording, which may be outside this stretch.
        louder = torch.tensor([rng.uniform(0, 0.8) if rng.random() < 0.5 else 0.0 for _ in windows])
        loudest = log.amax(dim=(1, 2), keepdim=True) + louder[:, None, None].float()
        log = log + _colour(rng, len(windows))
        features = (torch.maximum(log, loudest - 8.0) + 4.0) / 4.0
        for i, window in enumerate(windows):
            features[i, :, round(window.end_s * FEATURES_HZ) :] = 0.0
        return features

    def _worn(self, sound: Sound, rng: np.random.Generator) -> Sound:
        if rng.random() < _SHARE_NOISY:
            noise = rng.standard_normal(len(sound), dtype=np.float32)
            if rng.random() < 0.5:
                noise = np.convolve(noise, np.full(4, 0.5, np.float32), "same")
            sound = sound + noise * np.float32(0.25 * 10 ** (-rng.uniform(25, 62) / 20))
        return (sound * np.float32(10 ** (rng.uniform(-20, 3) / 20))).astype(np.float32)


def _pause(rng: np.random.Generator) -> float:
    # Within a stretch the program keeps a second of silence at most; longer ones are for other callers.
    kind = rng.random()
    if kind < 0.8:
        return float(rng.uniform(0.2, 1.3))
    if kind < 0.93:
        return float(rng.uniform(1.3, 3.5))
    return float(rng.uniform(3.5, 8.0))


def _position(at_s: float) -> int:
    return max(0, round(at_s * POSITIONS_HZ))


def _filter_bank() -> tuple[torch.Tensor, torch.Tensor]:
    """faster-whisper's own mel filters [80, 201], and its window."""
    from faster_whisper.feature_extractor import FeatureExtractor

    filters = np.asarray(FeatureExtractor(feature_size=80).mel_filters)
    return torch.tensor(filters, dtype=torch.float32), torch.hann_window(400)


def _colour(rng: np.random.Generator, count: int) -> torch.Tensor:
    """Random slow changes of the spectrum, as rooms and microphones make them: [count, 80, 1]."""
    scale = torch.linspace(-1, 1, 80)[None, :, None]
    tilt, wave = (
        torch.tensor(rng.normal(0, spread, count)).float()[:, None, None] for spread in (0.12, 0.08)
    )
    phase = torch.tensor(rng.uniform(0, 2 * np.pi, count)).float()[:, None, None]
    return tilt * scale + wave * torch.sin(3 * scale + phase)
