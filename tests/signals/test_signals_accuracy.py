"""Labelled answers: how often the signals are heard rightly must not fall, and the labels are whole."""

from __future__ import annotations

import pytest

from tools.signals import (
    Answer,
    agreement,
    evidence,
    kappa,
    kept_apart,
    macro,
    pairs_of,
    parts,
    same,
    same_lines,
    without_pair,
)
from tools.train_signals import OF_CODE
from unsaid.drills.hearing import WAYS, columns, learnt
from unsaid.drills.signals import LEVELS, SIGNALS, asked_of

PARTS = parts()
OWN = [*PARTS["tuned on"], *PARTS["held out"]]
MORE = [*PARTS["training"], *PARTS["training, held out"]]
EVERY = [
    pytest.param(a, id=a.case.name)
    for name, answers in PARTS.items()
    if not name.startswith("training")
    for a in answers
]


# Bounds stand a little below what was measured (docs/accuracy.md): they hold the ground, they do not boast.
@pytest.mark.parametrize(
    ("part", "least_macro", "least_at_all", "least_right"),
    [
        ("tuned on", 0.85, 0.90, 0.86),
        ("tuned on, by other hands", 0.73, 0.84, 0.74),
        ("held out", 0.82, 0.92, 0.86),
        ("held out, by other hands", 0.64, 0.88, 0.67),
        ("training", 0.60, 0.76, 0.76),
        ("training, held out", 0.53, 0.78, 0.71),
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


@pytest.mark.parametrize(("part", "least"), [("tuned on", 0.69), ("held out", 0.64)])
def test_the_sentences_shown_are_mostly_those_that_show_it(part: str, least: float) -> None:
    precision, recall = evidence(PARTS[part])
    assert min(precision, recall) >= least


@pytest.mark.parametrize(
    ("part", "least_precision", "least_recall"),
    [("held out, by other hands", 0.42, 0.68), ("training, held out", 0.53, 0.62)],
)
def test_by_other_hands_most_of_what_shows_it_is_found(
    part: str, least_precision: float, least_recall: float
) -> None:
    precision, recall = evidence(PARTS[part])
    assert precision >= least_precision
    assert recall >= least_recall


def test_the_two_passes_agree() -> None:
    pairs = agreement(OWN)
    assert same(pairs) >= 0.9
    assert kappa(pairs) >= 0.9


def test_two_readers_agree_on_answers_by_other_hands() -> None:
    pairs = agreement(MORE)
    assert len(pairs) >= 130
    assert kappa(pairs) >= 0.8
    assert same_lines(MORE) >= 0.7


def test_what_is_held_out_was_not_learnt_from() -> None:
    learnt_from = {without_pair(a.case.name) for a in PARTS["training"]}
    held_out = {without_pair(a.case.name) for a in PARTS["training, held out"]}
    assert learnt_from.isdisjoint(held_out)
    assert len(PARTS["training, held out"]) >= 0.3 * len(MORE)
    assert all(kept_apart(a.case.name) for a in PARTS["training, held out"])


def test_all_that_was_learnt_is_still_seen() -> None:
    """Fit anew with tools/train_signals.py where this fails: the judgement or the book has changed."""
    assert learnt().columns == columns()


@pytest.mark.parametrize("answer", [pytest.param(a, id=a.case.name) for a in MORE])
def test_every_answer_by_other_hands_is_labelled_in_full(answer: Answer) -> None:
    lines = len(answer.case.transcript.segments)
    for labels in (answer.first, answer.second) if answer.second else (answer.first,):
        for signal, label in labels.items():
            assert label.level in ((*LEVELS,) if signal in asked_of(answer.case.kind) else ("not-asked",))
            assert all(1 <= n <= lines for n in label.lines)
            assert all(OF_CODE[code] in WAYS[signal] for codes in label.codes.values() for code in codes)


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
