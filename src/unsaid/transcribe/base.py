"""What the rest of the program knows of a recogniser: a protocol, and the options that go with it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from unsaid.audio.speech import Samples, Speech
    from unsaid.model import Segment

    Progress = Callable[[float, float], None]
    """Called with the seconds of the recording that are done, and its length in seconds."""


@dataclass(frozen=True, slots=True)
class WhisperOptions:
    """How the recogniser is run. The same options, model and file give the same transcript."""

    language: str | None = None
    """A code such as "en"; None: found out from the first stretch, or what the model is made for."""
    device: str = "auto"
    """"auto", "cpu" or "cuda"; auto tries the GPU in a process of its own and falls back to the CPU."""
    compute_type: str = "default"
    """CTranslate2's name, or "default": int8 on the CPU, float16 on a GPU."""
    threads: int | None = None
    """CPU threads; None: one for each core that this process may use."""
    beam_size: int = 5
    batch_size: int | None = None
    """Stretches decoded at once; None: 1 on the CPU, 8 on a GPU."""
    initial_prompt: str | None = None
    """Text that the recogniser takes as said before. Off unless asked for: it can leak into the
    transcript."""
    hotwords: str | None = None
    """Words to expect. Off unless asked for: they can leak into silence and shift word times."""

    def as_dict(self) -> dict[str, object]:
        """For the record in the transcript."""
        return asdict(self)


class Transcriber(Protocol):
    """Turns sound into segments with word times."""

    @property
    def name(self) -> str:
        """Name of the model."""

    @property
    def language(self) -> str | None:
        """The language heard or asked for; None until known."""

    @property
    def options(self) -> dict[str, object]:
        """What the transcript's record should say of how it was made."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should be told, in plain words (e.g. that the GPU could not be used)."""

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
        """Yield segments in time order, stretch by stretch, so that the caller can keep them as they come.

        `samples` has shape [n], float32, 16 kHz mono; `speech` is what `find_speech` said of it.
        `on_progress` is called after each stretch with a time up to which everything is done; a later run
        with that time as `start_s` (or with the segments kept so far as `already`) goes on from there.
        """
