"""Synthesised speech with word times: libespeak-ng through ctypes, flite as a program.

Sound is mono float32 at 16 kHz, peak 0.5. Both synthesisers come from the distribution's packages
(`espeak-ng`, `flite`); no person's voice is involved in espeak-ng's formant voices.
"""

from __future__ import annotations

import ctypes as c
import re
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

SAMPLE_RATE_HZ = 16_000
"""What Whisper's features are made of."""

Sound = npt.NDArray[np.float32]

_SYNCHRONOUS = 2  # espeak_AUDIO_OUTPUT; mode 1 (retrieval) returned no sound
_POSITION_CHARACTER = 1
_CHARS_UTF8 = 1
_EVENT_END = 0
_EVENT_WORD = 1
_PARAMETER_RATE, _PARAMETER_PITCH, _PARAMETER_RANGE = 1, 3, 4
_EDGE_SAMPLES = 160  # 10 ms kept on either side of what can be heard
_AUDIBLE = 0.008  # share of the peak above which a sample is heard
_PEAK = 0.5


@dataclass(frozen=True, slots=True)
class Voice:
    """A way of speaking."""

    name: str
    """espeak-ng's name (`en-us`, `en-us+f2`), or flite's with the prefix `flite:`."""
    rate: float = 160
    """Words a minute (espeak-ng), or flite's duration stretch."""
    pitch: int = 50
    """0 to 99, espeak-ng only."""
    pitch_range: int = 50
    """0 to 99, espeak-ng only."""


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """One word as it was synthesised; times in seconds from the start of its clip."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Clip:
    """One sentence as sound, without silence around it."""

    text: str
    voice: str
    sound: Sound
    words: tuple[SpokenWord, ...]
    exact: bool
    """True where the synthesiser told the word times, False where they are spread by length."""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.sound) / SAMPLE_RATE_HZ


class _EventId(c.Union):
    _fields_ = (("number", c.c_int), ("name", c.c_char_p), ("string", c.c_char * 8))


class _Event(c.Structure):
    _fields_ = (
        ("type", c.c_int),
        ("unique_identifier", c.c_uint),
        ("text_position", c.c_int),
        ("length", c.c_int),
        ("audio_position_ms", c.c_int),
        ("sample", c.c_int),
        ("user_data", c.c_void_p),
        ("id", _EventId),
    )


_Callback = c.CFUNCTYPE(c.c_int, c.POINTER(c.c_short), c.c_int, c.POINTER(_Event))


class Espeak:
    """The espeak-ng library. One instance a process: the library keeps global state."""

    def __init__(self) -> None:
        self._library: Any = c.CDLL("libespeak-ng.so.1")
        self._native_hz = int(self._library.espeak_Initialize(_SYNCHRONOUS, 0, None, 0))
        if self._native_hz <= 0:
            raise RuntimeError("espeak-ng could not be initialised; are its voice data installed?")
        self._sound: list[npt.NDArray[np.int16]] = []
        self._word_starts: dict[int, float] = {}
        self._callback: Any = _Callback(self._receive)  # kept: the library holds only a pointer
        self._library.espeak_SetSynthCallback(self._callback)
        self._library.espeak_TextToPhonemes.restype = c.c_char_p
        self._library.espeak_TextToPhonemes.argtypes = [c.POINTER(c.c_void_p), c.c_int, c.c_int]

    def _receive(self, wave: Any, samples: int, events: Any) -> int:
        if samples > 0:
            self._sound.append(np.ctypeslib.as_array(wave, (samples,)).copy())
        i = 0
        while events[i].type != _EVENT_END:
            if events[i].type == _EVENT_WORD:
                self._word_starts[events[i].text_position - 1] = events[i].audio_position_ms / 1000
            i += 1
        return 0

    def _select(self, name: str) -> None:
        if self._library.espeak_SetVoiceByName(name.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {name!r}")

    def say(self, text: str, voice: Voice) -> Clip:
        """Speak one sentence."""
        self._select(voice.name)
        for parameter, value in (
            (_PARAMETER_RATE, voice.rate),
            (_PARAMETER_PITCH, voice.pitch),
            (_PARAMETER_RANGE, voice.pitch_range),
        ):
            self._library.espeak_SetParameter(parameter, round(value), 0)
        self._sound, self._word_starts = [], {}
        raw = text.encode()
        self._library.espeak_Synth(
            raw,
            c.c_size_t(len(raw) + 1),
            c.c_uint(0),
            _POSITION_CHARACTER,
            c.c_uint(0),
            c.c_uint(_CHARS_UTF8),
            None,
            None,
        )
        sound = resample(np.concatenate(self._sound).astype(np.float32) / np.float32(32768), self._native_hz)
        return _clip(text, voice.name, sound, self._word_starts)

    def phonemes(self, text: str) -> list[str]:
        """The phonemes of an American reading, without stress marks."""
        self._select("en-us")
        buffer = c.create_string_buffer(text.encode())
        position = c.c_void_p(c.addressof(buffer))
        found: list[str] = []
        while position.value:
            spoken = self._library.espeak_TextToPhonemes(c.byref(position), _CHARS_UTF8, ord("_") << 8)
            for word in spoken.decode().split():
                found += [phoneme.strip("',%=_|") for phoneme in word.split("_")]
        return [phoneme for phoneme in found if phoneme]


def flite(text: str, voice: Voice) -> Clip:
    """Speak one sentence with the flite program; its word times are estimates."""
    import soundfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "clip.wav"
        command = [
            "flite",
            "-voice",
            voice.name.removeprefix("flite:"),
            "--setf",
            f"duration_stretch={voice.rate:.3f}",
        ]
        subprocess.run([*command, "-t", text, "-o", str(file)], check=True, capture_output=True)
        sound, rate_hz = soundfile.read(file, dtype="float32")
    return _clip(text, voice.name, resample(sound, rate_hz), {})


def speaker() -> Callable[[str, Voice], Clip]:
    """A function that speaks a sentence in any voice."""
    espeak = Espeak()
    return lambda text, voice: (
        flite(text, voice) if voice.name.startswith("flite:") else espeak.say(text, voice)
    )


def resample(sound: Sound, rate_hz: int) -> Sound:
    """`sound` at 16 kHz."""
    from scipy.signal import resample_poly

    if rate_hz == SAMPLE_RATE_HZ:
        return sound
    common = int(np.gcd(rate_hz, SAMPLE_RATE_HZ))
    resampled: Sound = resample_poly(sound, SAMPLE_RATE_HZ // common, rate_hz // common).astype(np.float32)
    return resampled


def silences(
    sound: Sound, shortest_s: float, threshold: float = _AUDIBLE * _PEAK
) -> list[tuple[float, float]]:
    """Stretches of `shortest_s` or more in which no sample exceeds `threshold`; for sound without noise."""
    heard = np.flatnonzero(np.abs(sound) > threshold)
    edges = np.concatenate(([-1], heard, [len(sound)]))
    gaps = np.flatnonzero(np.diff(edges) - 1 >= shortest_s * SAMPLE_RATE_HZ)
    return [((edges[i] + 1) / SAMPLE_RATE_HZ, edges[i + 1] / SAMPLE_RATE_HZ) for i in gaps]


def _clip(text: str, voice: str, sound: Sound, word_starts: dict[int, float]) -> Clip:
    loud = np.abs(sound)
    peak = float(loud.max(initial=1e-3))
    heard = np.flatnonzero(loud > _AUDIBLE * peak)
    first, last = max(0, int(heard[0]) - _EDGE_SAMPLES), min(len(sound), int(heard[-1]) + _EDGE_SAMPLES)
    trimmed: Sound = (sound[first:last] * np.float32(_PEAK / peak)).astype(np.float32)
    words = _word_times(text, len(trimmed) / SAMPLE_RATE_HZ, word_starts, first / SAMPLE_RATE_HZ)
    return Clip(text, voice, trimmed, words, exact=bool(word_starts))


def _word_times(
    text: str, duration_s: float, word_starts: dict[int, float], trimmed_s: float
) -> tuple[SpokenWord, ...]:
    """Times of the space-separated words: as told where told, else between their neighbours by length."""
    found = [(match.start(), match.group()) for match in re.finditer(r"\S+", text)]
    lengths = np.cumsum([0] + [len(word) + 1 for _, word in found])
    starts = lengths[:-1] / lengths[-1] * duration_s
    known = [
        (i, max(0.0, word_starts[at] - trimmed_s)) for i, (at, _) in enumerate(found) if at in word_starts
    ]
    if known and known[0][0] == 0:
        xs = [float(i) for i, _ in known] + [float(len(found))]
        ys = [start for _, start in known] + [duration_s]
        starts = np.interp(np.arange(len(found)), xs, ys)
    ends = np.append(starts[1:], duration_s)
    return tuple(
        SpokenWord(word, float(start), float(end))
        for (_, word), start, end in zip(found, starts, ends, strict=True)
    )
