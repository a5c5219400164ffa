"""What happens at which training step. No torch here: pure arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of training with windows of one length."""

    steps: int
    window_s: float
    batch: int
    shifted: bool = False
    """True: windows start anywhere within 15 s, so that a stage of short windows trains every position and
    every timestamp that will be needed."""
    padded_s: tuple[float, ...] = ()
    """Lengths to which a batch's features are padded with 0.0, drawn anew for each; as they are where empty.
    faster-whisper always pads to 30 s, whatever `chunk_length` says; less is cheaper to train on."""
    recombined: float = 0.3
    """Share of sentences that are recombinations."""
    answer: float = 0.0
    """Share of the other sentences that are surely taken from the sample answer."""
    own_rate: float | None = None
    """Peak of a half cosine of the stage's own; the plan's learning rate where None."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole training run."""

    stages: tuple[Stage, ...]
    peak_rate: float
    decay_steps: int
    """Steps after which the learning rate and the blur reach their floors; the stages may end sooner."""
    warm_up_steps: int = 150
    final_share: float = 0.01
    """Share of the peak learning rate that is left after `decay_steps`."""
    save_every: int = 200
    seed: int = 7

    @property
    def steps(self) -> int:
        """Steps of all stages."""
        return sum(stage.steps for stage in self.stages)

    def stage(self, step: int) -> Stage:
        """The stage that `step` (from 0) belongs to; the last one for any step beyond the end."""
        for stage in self.stages:
            if step < stage.steps:
                return stage
            step -= stage.steps
        return self.stages[-1]

    def rate(self, step: int) -> float:
        """Learning rate: a linear warm-up, then half a cosine down to `final_share` of the peak.

        A stage with a rate of its own has half a cosine of its own.
        """
        before = 0
        for stage in self.stages:
            if stage.own_rate is not None and before <= step < before + stage.steps:
                done = (step - before) / stage.steps
                return stage.own_rate * (0.5 * (1 + math.cos(math.pi * done)) * 0.99 + 0.01)
            before += stage.steps
        warm = min(1.0, (step + 1) / self.warm_up_steps)
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, step / self.decay_steps)))
        return self.peak_rate * warm * (cosine * (1 - self.final_share) + self.final_share)

    def blur(self, step: int) -> float:
        """Standard deviation, in 20 ms steps, of the soft timestamp targets: wide first, sharp at the end."""
        return 4.0 * (1 - min(1.0, step / self.decay_steps)) + 1.0


FULL = Plan(
    stages=(
        Stage(steps=2000, window_s=6.0, batch=16, shifted=True),
        Stage(steps=1500, window_s=15.0, batch=8, padded_s=(15.0, 16.0, 18.0, 30.0)),
        Stage(steps=100, window_s=15.0, batch=6, padded_s=(30.0,)),
        Stage(
            steps=260,
            window_s=15.0,
            batch=8,
            padded_s=(15.5, 30.0),
            recombined=0.1,
            answer=0.3,
            own_rate=4e-4,
        ),
    ),
    peak_rate=1.5e-3,
    decay_steps=3800,
)
