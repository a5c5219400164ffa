"""faster-whisper behind the `Transcriber` protocol: the one place that loads a Whisper model.

How it is run, and why (docs/models.md has the figures):

- The recording is cut into stretches at pauses, and each is transcribed on its own. Long silences within a
  stretch are not given to the model. So nothing is invented where nobody speaks, and a stretch that is done
  is done.
- faster-whisper's batched pipeline is used, with timestamps, because it makes exactly one pass over each
  stretch and keeps every segment. The plain one drops segments whose word alignment collapses, and makes a
  further pass over the rest of a window.
- Temperature 0 throughout: the same sound gives the same text. A stretch that runs into a loop is decoded
  once more with repetition forbidden, instead of by drawing at random.
"""

from __future__ import annotations

import os
import subprocess
import sys
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unsaid.audio.files import RATE_HZ
from unsaid.audio.speech import PAUSE_S, Samples, Speech, Stretch, stretches
from unsaid.errors import UnsaidError, first_line
from unsaid.model import Segment, Span, Word
from unsaid.transcribe.base import WhisperOptions
from unsaid.transcribe.times import heard_to_real, place_words, speech_within
from unsaid.transcribe.weights import chunk_length_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from unsaid.transcribe.base import Progress

COMPUTE_TYPES = (
    "default",
    "auto",
    "int8",
    "int8_float32",
    "int8_float16",
    "int8_bfloat16",
    "int16",
    "float16",
    "bfloat16",
    "float32",
)
DEVICES = ("auto", "cpu", "cuda")

_MARGIN_S = 1.0
"""A stretch is this much shorter than the model's window: an end cut off by rounding would cost a word."""

_PAD_S = 0.2
"""Sound kept before and after a stretch: soft first and last sounds lie outside what voice activity is
sure of."""

_SAME_S = 1e-6

_LOOP_RATIO = 2.4
"""Text that zlib makes this many times smaller repeats itself: Whisper's own threshold."""

_NO_SPEECH, _UNSURE = 0.6, -1.0
"""Whisper's own rule for silence: "no speech" likelier than the first, and a mean log-probability below
the second."""

_REST_S, _RESTS = 1.0, 3
"""Speech after the end of the last sentence: from this much on it is heard again, at most so many times."""

_WORDS_A_SECOND = 10.0
"""Nobody speaks faster; text that would have to is invented (a cough that becomes a sentence)."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """What the model made of one stretch, before its words have found their places."""

    segments: tuple[Segment, ...]
    until_s: float
    """Up to where the model says that it has written down what it heard."""
    loop: bool
    """The text repeats itself."""
    doubtful: bool
    """Most likely no speech."""


class WhisperTranscriber:
    """A Whisper model in CTranslate2 form, run by faster-whisper. Loaded when first used."""

    def __init__(
        self,
        model_path: Path,
        *,
        device: str = "auto",
        compute_type: str = "default",
        language: str | None = None,
        threads: int | None = None,
        options: WhisperOptions | None = None,
        name: str | None = None,
    ) -> None:
        """Check what was asked for; nothing heavy is loaded yet.

        `options`, where given, replaces the single settings before it. `model_path` is a folder as
        `unsaid.transcribe.weights.resolve` finds it.

        Raises:
            UnsaidError: an unknown device or compute type, or a thread count below 1.
        """
        self._path = model_path
        self._name = name or model_path.name
        self._asked = options or WhisperOptions(
            language=language, device=device, compute_type=compute_type, threads=threads
        )
        _check(self._asked)
        self._language = self._asked.language
        self._device = ""
        self._compute_type = ""
        self._notes: list[str] = []
        self._model: Any = None
        self._pipeline: Any = None
        self._window_s = chunk_length_s(model_path)

    @property
    def name(self) -> str:
        """Name of the model."""
        return self._name

    @property
    def language(self) -> str | None:
        """The language heard or asked for; None until the first stretch is done."""
        return self._language

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines for the user; complete once `load` has run."""
        return tuple(self._notes)

    @property
    def options(self) -> dict[str, object]:
        """What was used: device, compute type, beam, and that no earlier text conditions a later one."""
        record = self._asked.as_dict()
        record.update(
            language=self._language,
            device=self._device or self._asked.device,
            compute_type=self._compute_type or self._asked.compute_type,
            condition_on_previous_text=False,
            temperature=0.0,
            stretch_s=self.longest_s,
        )
        return record

    @property
    def longest_s(self) -> float:
        """The longest stretch that the model hears at once."""
        return self._window_s - _MARGIN_S

    @property
    def pad_s(self) -> float:
        """Sound that is heard before and after a stretch, where nobody speaks there."""
        return _PAD_S

    @property
    def together(self) -> int:
        """How many stretches are transcribed at once. Known once `load` has run."""
        return self._asked.batch_size or (8 if self._device == "cuda" else 1)

    def stretches(self, speech: Speech, *, from_s: float = 0.0) -> tuple[Stretch, ...]:
        """Where the recording is cut for this model; what comes before `from_s` is left out."""
        return stretches(speech, max_s=self.longest_s, pad_s=_PAD_S, from_s=from_s)

    def load(self) -> None:
        """Load the model; does nothing the second time.

        Raises:
            UnsaidError: the model cannot be loaded, or the GPU was asked for and cannot be used.
        """
        if self._model is not None:
            return
        self._device, note = choose_device(self._asked.device, self._path, self._asked.compute_type)
        if note:
            self._notes.append(note)
        self._compute_type = _compute_type(self._asked.compute_type, self._device)
        from faster_whisper import BatchedInferencePipeline, WhisperModel

        try:
            self._model = WhisperModel(
                str(self._path),
                device=self._device,
                compute_type=self._compute_type,
                cpu_threads=self._asked.threads or _cores(),
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise UnsaidError(
                f"{self._path}: the model cannot be loaded ({first_line(error)})",
                "Check it with `unsaid models verify`, or fetch it again with `unsaid models pull`.",
            ) from error
        self._check_language()
        self._pipeline = BatchedInferencePipeline(self._model)

    def transcribe(
        self,
        samples: Samples,
        speech: Speech,
        *,
        start_s: float = 0.0,
        already: Sequence[Segment] = (),
        on_segment: Callable[[Segment], None] | None = None,
        on_progress: Progress | None = None,
    ) -> Iterator[Segment]:
        """See `Transcriber.transcribe`. Stretches that end by `start_s`, or hold the last of `already`,
        are done. Where no stretch ends at `start_s` (an earlier run cut at other places), what comes after
        it is cut anew."""
        todo = self._todo(speech, start_s)
        if already:
            middle_s = (already[-1].start_s + already[-1].end_s) / 2
            todo = [s for s in todo if s.start_s > middle_s]
        for stretch, segments in self.transcribe_stretches(samples, speech.spans, todo):
            for segment in segments:
                if on_segment:
                    on_segment(segment)
                yield segment
            if on_progress:
                on_progress(stretch.end_s, speech.duration_s)
        if on_progress:
            on_progress(speech.duration_s, speech.duration_s)

    def _todo(self, speech: Speech, start_s: float) -> list[Stretch]:
        """The stretches after `start_s`."""
        found = self.stretches(speech)
        if start_s and not any(abs(s.end_s - start_s) < _SAME_S for s in found):
            found = self.stretches(speech, from_s=start_s)
        return [s for s in found if s.end_s > start_s + _SAME_S]

    def transcribe_stretches(
        self, samples: Samples, spans: Sequence[Span], todo: Sequence[Stretch]
    ) -> Iterator[tuple[Stretch, tuple[Segment, ...]]]:
        """Each of `todo` with its segments, as they come; `spans` is at least the speech in them, in time
        order. Loads the model where that was not done yet."""
        if todo:
            self.load()
        for first in range(0, len(todo), self.together):
            batch = todo[first : first + self.together]
            for stretch, heard in zip(batch, self._hear(samples, batch), strict=True):
                yield stretch, self._placed(samples, spans, stretch, heard)

    def _placed(
        self, samples: Samples, speech: Sequence[Span], stretch: Stretch, heard: _Heard
    ) -> tuple[Segment, ...]:
        """The stretch's segments with their words laid on the speech; decoded once more where it loops."""
        if heard.loop:
            again = self._hear(samples, [stretch], no_repeat_ngram_size=4)[0]
            heard = again if again.segments else heard
        elif not heard.segments and not heard.doubtful and _rest(stretch, stretch.start_s, speech):
            heard = self._hear(samples, [stretch], without_timestamps=True)[0]
        if heard.doubtful or not heard.segments:
            return ()
        segments = list(heard.segments)
        # The pipeline leaves out a last sentence that the model did not finish: the rest is heard on its own.
        for _ in range(_RESTS):
            if not (rest := _rest(stretch, heard.until_s, speech)):
                break
            heard = self._hear(samples, [rest])[0]
            if heard.loop or heard.doubtful or not heard.segments:
                break
            segments += heard.segments
        spans = speech_within(speech, stretch.start_s, stretch.end_s, PAUSE_S)
        words = sum(len(segment.words) for segment in segments)
        if not spans or words > 2 + _WORDS_A_SECOND * sum(span.duration_s for span in spans):
            return ()
        return place_words(segments, spans)

    def _hear(self, samples: Samples, batch: Sequence[Stretch], **how: object) -> list[_Heard]:
        """One pass of the model over the stretches of `batch`."""
        import numpy as np

        sounds = [
            samples[round(p.start_s * RATE_HZ) : round(p.end_s * RATE_HZ)] for s in batch for p in s.pieces
        ]
        clips: list[dict[str, float]] = []
        now = 0
        sizes = iter(sound.size for sound in sounds)
        for stretch in batch:
            size = sum(next(sizes) for _ in stretch.pieces)
            clips.append({"start": now / RATE_HZ, "end": (now + size) / RATE_HZ})
            now += size
        given: dict[str, object] = {
            "language": self._language,
            "clip_timestamps": clips,
            "vad_filter": False,
            "without_timestamps": False,
            "word_timestamps": True,
            "temperature": 0.0,
            "beam_size": self._asked.beam_size,
            "batch_size": len(batch),
            "initial_prompt": self._asked.initial_prompt,
            "hotwords": self._asked.hotwords,
        }
        segments, info = self._pipeline.transcribe(np.concatenate(sounds), **{**given, **how})
        found: list[list[Any]] = [[] for _ in batch]
        # The pipeline tells where a segment's window begins in whole hundredths of a second.
        begins = [clip["start"] * 100 - 2 for clip in clips]
        for segment in segments:
            found[bisect_right(begins, segment.seek) - 1].append(segment)
        # Found out once, from the first stretch: a recording is in one language.
        self._language = info.language
        return [
            self._read(stretch, clip["start"], raw)
            for stretch, clip, raw in zip(batch, clips, found, strict=True)
        ]

    def _read(self, stretch: Stretch, offset_s: float, raw: Sequence[Any]) -> _Heard:
        """faster-whisper's segments as ours, times counted in the recording."""
        import zlib

        segments: list[Segment] = []
        until_s = stretch.end_s
        for segment in raw:
            if not segment.text.strip():
                continue
            start_s, end_s, finished = self._token_times(segment, offset_s)
            words = _words(segment, offset_s, stretch)
            segments.append(
                Segment(
                    heard_to_real(start_s - offset_s, stretch.pieces),
                    heard_to_real(end_s - offset_s, stretch.pieces),
                    segment.text,
                    words,
                )
            )
            until_s = segments[-1].end_s if finished else stretch.end_s
        text = "".join(s.text for s in segments).strip().encode()
        return _Heard(
            tuple(segments),
            until_s,
            loop=bool(text) and len(text) / len(zlib.compress(text)) > _LOOP_RATIO,
            doubtful=bool(raw) and raw[0].no_speech_prob > _NO_SPEECH and raw[0].avg_logprob < _UNSURE,
        )

    def _token_times(self, segment: Any, offset_s: float) -> tuple[float, float, bool]:
        """The segment's times as the model wrote them, and whether it wrote both.

        faster-whisper overwrites them with the words', which is no help where those have collapsed.
        """
        zero = self._model.hf_tokenizer.token_to_id("<|notimestamps|>") + 1
        times = [offset_s + (t - zero) * 0.02 for t in segment.tokens if t >= zero]
        if len(times) >= 2 and times[-1] > times[0]:
            return times[0], times[-1], True
        return segment.start, max(segment.start, segment.end), False

    def _check_language(self) -> None:
        known = self._model.supported_languages
        if self._language is not None and self._language not in known:
            if known == ["en"]:
                raise UnsaidError(
                    f"the model {self._name} knows English only, not {self._language!r}",
                    "Choose a model without .en in its name (`unsaid models list`).",
                )
            raise UnsaidError(
                f"unknown language {self._language!r}",
                f"Give one of Whisper's codes: {', '.join(sorted(known))}.",
            )


def _rest(stretch: Stretch, until_s: float, speech: Sequence[Span]) -> Stretch | None:
    """The part of `stretch` after `until_s`; None where nobody speaks there, or hardly."""
    spans = speech_within(speech, until_s, stretch.end_s, PAUSE_S)
    if sum(span.duration_s for span in spans) < _REST_S:
        return None
    start_s = max(until_s, spans[0].start_s - _PAD_S)
    pieces = [Span(max(p.start_s, start_s), p.end_s) for p in stretch.pieces if p.end_s > start_s]
    return Stretch(pieces[0].start_s, stretch.end_s, tuple(pieces))


def choose_device(device: str, model_path: Path, compute_type: str = "default") -> tuple[str, str]:
    """ "cpu" or "cuda" for what was asked, and a line for the user ("" where there is nothing to say).

    A GPU whose libraries are missing ends the process without an exception, so it is tried in a process of
    its own.

    Raises:
        UnsaidError: "cuda" was asked for and cannot be used.
    """
    if device == "cpu":
        return "cpu", ""
    import ctranslate2

    if ctranslate2.get_cuda_device_count() < 1:
        reason = "no CUDA device was found"
    else:
        reason = _try_cuda(model_path, "float16" if compute_type == "default" else compute_type)
        if not reason:
            return "cuda", ""
        if device == "auto":
            return "cpu", f"the GPU cannot be used ({reason}); going on with the CPU"
    if device == "cuda":
        raise UnsaidError(
            f"the GPU cannot be used: {reason}",
            "Run it with --device cpu. A GPU needs the NVIDIA driver, cuBLAS and cuDNN "
            "(pip install nvidia-cublas-cu12 nvidia-cudnn-cu12).",
        )
    return "cpu", ""


_CUDA_TRIAL = """
import sys
import numpy, ctranslate2
model = ctranslate2.models.Whisper(sys.argv[1], device="cuda", compute_type=sys.argv[2])
sound = numpy.zeros((1, model.n_mels, 3000), numpy.float32)
model.generate(model.encode(ctranslate2.StorageView.from_array(sound)), [[0]], max_length=4)
"""


def _try_cuda(model_path: Path, compute_type: str) -> str:
    """Why the GPU cannot run this model; "" where it can."""
    try:
        trial = subprocess.run(
            [sys.executable, "-c", _CUDA_TRIAL, str(model_path), compute_type],
            capture_output=True,
            text=True,
            timeout=180,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"the trial did not finish: {first_line(error)}"
    if trial.returncode == 0:
        return ""
    said = [line.strip() for line in trial.stderr.splitlines() if line.strip()]
    return said[-1] if said else f"the trial ended with status {trial.returncode}"


def _words(segment: Any, offset_s: float, stretch: Stretch) -> tuple[Word, ...]:
    """The segment's words in the recording's time; those that the aligner left out come without a time."""
    words: list[Word] = []
    for word in segment.words or ():
        middle_s = (word.start + word.end) / 2 - offset_s
        start_s, end_s = (
            heard_to_real(float(t) - offset_s, stretch.pieces, middle_s=float(middle_s))
            for t in (word.start, word.end)
        )
        words.append(Word(word.word, start_s, end_s, round(float(word.probability), 4)))
    if "".join(w.text for w in words).split() != segment.text.split():
        # No time is known, so all get the same: `place_words` spreads them over the segment's speech.
        at_s = heard_to_real(segment.start - offset_s, stretch.pieces)
        words = [Word(f" {text}", at_s, at_s) for text in segment.text.split()]
    return tuple(words)


def _check(options: WhisperOptions) -> None:
    if options.device not in DEVICES:
        raise UnsaidError(f"unknown device {options.device!r}", f"Give one of {', '.join(DEVICES)}.")
    if options.compute_type not in COMPUTE_TYPES:
        raise UnsaidError(
            f"unknown compute type {options.compute_type!r}", f"Give one of {', '.join(COMPUTE_TYPES)}."
        )
    if options.threads is not None and options.threads < 1:
        raise UnsaidError(f"{options.threads} threads cannot transcribe", "Give 1 or more.")


def _compute_type(asked: str, device: str) -> str:
    if asked == "default":
        return "float16" if device == "cuda" else "int8"
    import ctranslate2

    if asked != "auto" and asked not in (can := ctranslate2.get_supported_compute_types(device)):
        raise UnsaidError(
            f"compute type {asked} does not run on this machine's {'GPU' if device == 'cuda' else 'CPU'}",
            f"Give one of {', '.join(['default', *sorted(can)])}.",
        )
    return asked


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
