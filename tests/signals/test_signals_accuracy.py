"""Labelled answers: how often the signals are heard rightly must not fall, and the labels are whole."""

from __future__ import annotations

import pytest

from tools.signals import Answer, agreement, evidence, kappa, macro, pairs_of, parts, same
from unsaid.drills.signals import LEVELS, SIGNALS, asked_of

PARTS = parts()
OWN = [*PARTS["tuned on"], *PARTS["held out"]]
EVERY = [pytest.param(a, id=a.case.name) for answers in PARTS.values() for a in answers]


# Bounds stand a little below what was measured (docs/accuracy.md): they hold the ground, they do not boast.
@pytest.mark.parametrize(
    ("part", "least_macro", "least_at_all", "least_right"),
    [
        ("tuned on", 0.80, 0.83, 0.80),
        ("tuned on, by other hands", 0.70, 0.84, 0.72),
        ("held out", 0.72, 0.88, 0.79),
        ("held out, by other hands", 0.42, 0.78, 0.61),
    ],
)
def test_what_is_heard_does_not_get_worse(
    part: str, least_macro: float, least_at_all: float, least_right: float
) -> None:
    by_signal = pairs_of(PARTS[part])
    levels, at_all = macro(by_signal)
    assert levels >= least_macro
    assert at_all >= least_at_all
    assert same([p for pairs in by_signal.values() for p in pairs]) >= least_right


@pytest.mark.parametrize(("part", "least"), [("tuned on", 0.67), ("held out", 0.64)])
def test_the_sentences_shown_are_mostly_those_that_show_it(part: str, least: float) -> None:
    precision, recall = evidence(PARTS[part])
    assert min(precision, recall) >= least


def test_the_two_passes_agree() -> None:
    pairs = agreement(OWN)
    assert same(pairs) >= 0.9
    assert kappa(pairs) >= 0.9


def test_there_are_enough_answers_of_every_kind() -> None:
    assert len(OWN) >= 36
    assert len(PARTS["held out"]) >= 12
    assert {a.case.kind for a in PARTS["held out"]} == {"coding", "design", "story", "debugging"}


@pytest.mark.parametrize("answer", EVERY)
def test_every_answer_is_labelled_in_full(answer: Answer) -> None:
    lines = len(answer.case.transcript.segments)
    asked = answer.asked or asked_of(answer.case.kind)
    for labels in (answer.first, answer.second) if answer.second else (answer.first,):
        assert list(labels) == [s.id for s in SIGNALS]
        for signal, label in labels.items():
            assert label.level in ((*LEVELS,) if signal in asked else ("not-asked",))
            assert bool(label.lines) == (label.level in ("visible", "partly"))
            assert all(1 <= n <= lines for n in label.lines)
            assert list(label.lines) == sorted(set(label.lines))


@pytest.mark.parametrize("answer", [a for a in EVERY if a.values[0].second])  # type: ignore[attr-defined]
def test_an_answer_is_as_long_as_one_that_is_given(answer: Answer) -> None:
    assert 25 <= len(answer.case.transcript.segments) <= 70


def test_kappa_weighs_a_miss_by_its_distance() -> None:
    near = [("hidden", "partly"), ("partly", "partly"), ("visible", "visible")]
    far = [("hidden", "visible"), ("partly", "partly"), ("visible", "visible")]
    assert kappa([(a, a) for a in LEVELS]) == 1
    assert kappa(far) < kappa(near) < 1
