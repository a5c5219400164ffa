"""The learnt judgement: what it weighs has names, trees add up, and the training answers can be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.accuracy import read_case, read_folder, spoken
from unsaid.language import acts, sentences
from unsaid.language.judge import READINGS, SURE, Judge, phrases, table_of, weights
from unsaid.language.lexicon import bases, classes
from unsaid.language.own import Thresholds
from unsaid.language.trees import Forest, packed, unpacked
from unsaid.language.weigh import Ground

ROOT = Path(__file__).resolve().parents[2]
COMMITS, REASONS, _, DOUBTS = range(4)


def judge(text: str, prompt: str = "Design a parcel tracking service.") -> Judge:
    case = spoken(text, prompt, "design")
    return Judge(Ground(acts.understand(sentences.split(case.transcript), case.prompt, case.kind)))


def test_a_choice_a_reason_and_a_heading_are_told_apart() -> None:
    reads = judge(
        "I'd go with Postgres. Because the money has to be right on every single parcel. Next, the map."
    )
    choice, reason, heading = reads.readings
    assert choice[COMMITS] > 0.6 > 0.2 > choice[REASONS]
    assert reason[REASONS] > 2 * max(choice[REASONS], heading[REASONS])
    assert reason[COMMITS] < 0.5
    assert heading[COMMITS] < 0.4 and heading[REASONS] < 0.2


def test_a_doubt_is_heard_in_words_that_no_list_holds() -> None:
    sure, unsure = judge("The scanner writes to the log. Whether the log keeps up, search me.").readings
    assert unsure[DOUBTS] > 2 * sure[DOUBTS]


def test_a_reason_next_door_lowers_the_judgement() -> None:
    bare = judge("That is the scanner. I'd put a queue there. The map is next, it shows the depots.")
    told = judge(
        "That is the scanner. I'd put a queue there, because the depots all scan at once. The map is next."
    )
    assert bare.verdicts("D", {})[1].confidence > told.verdicts("D", {})[1].confidence


def test_what_weighed_most_is_said_in_plain_words() -> None:
    verdict = judge("That is the scanner. [6.0] Storage is MySQL. Next, the map.").verdicts("D", {})[1]
    assert verdict.confidence >= SURE
    assert 1 <= len(verdict.told) <= 3
    assert all(t in weights().says.values() for t in verdict.told)


def test_an_empty_answer_has_no_verdicts() -> None:
    assert judge("Okay.").verdicts("U", {})[0].confidence < SURE
    assert Judge(Ground(acts.understand(()))).verdicts("D", {}) == ()


@pytest.mark.parametrize("letter", ["D", "A", "U"])
def test_what_a_family_weighs_has_a_name(letter: str) -> None:
    w = weights()
    width = len(w.seen) + len(w.near)
    forest = w.families[letter]
    assert 0 < w.least[letter] < 1
    assert forest.columns.min() >= 0 and forest.columns.max() < width
    assert w.by_code[letter].shape == (width + 1, len(w.codes[letter]))
    said = {name.removeprefix("no: ") for name in w.says}
    assert said <= {*w.seen, *w.near}, "plain words for signs that nothing weighs"


def a_tree() -> Forest:
    """x > 2 and y > 1, else x > 2, else neither: 7, 3, 1."""
    rest = [np.inf] * 5
    return Forest(
        0.5,
        np.array([[0, 1, 0, 0, 0, 0, 0]]),
        np.array([[2, 1, *rest]], dtype=np.float32),
        np.array([[0b11111110, 0b11111101, 255, 255, 255, 255, 255]], dtype=np.uint8),
        np.array([[1, 3, 7, 0, 0, 0, 0, 0]], dtype=np.float32),
        np.array([[[~0, 1], [~1, ~2], [-1, -1], [-1, -1], [-1, -1], [-1, -1], [-1, -1]]], dtype=np.int8),
        np.array([[2, 4, 0, 0, 0, 0, 0]], dtype=np.float32),
    )


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), max_size=600))
@settings(deadline=None)
def test_trees_are_summed_as_they_stand(rows: list[tuple[float, float]]) -> None:
    table = np.array(rows, dtype=np.float32).reshape(len(rows), 2)
    want = [0.5 + (1 if x <= 2 else 3 if y <= 1 else 7) for x, y in table.tolist()]
    forest = a_tree()
    assert forest.sums(table).tolist() == want
    shares = forest.shares(table)
    # What the columns moved leads from what is expected of any row to the sum.
    assert (0.5 + 2 + shares.sum(axis=(1, 2))).tolist() == pytest.approx(want)
    for again in unpacked(packed([forest, forest])):
        assert again.sums(table).tolist() == want


def test_a_narrower_neighbourhood_hides_what_stands_outside() -> None:
    case = spoken("That is it. I'd shard by tenant. It's because no query crosses tenants.", "", "design")
    answer = acts.understand(sentences.split(case.transcript), case.prompt, case.kind)
    wide, narrow = Judge(Ground(answer)), Judge(Ground(answer, Thresholds(before=0, after=0)))
    assert any(k.startswith("next ") for k in wide.signs.of(1))
    assert not any(k.startswith(("next ", "after next ", "before ")) for k in narrow.signs.of(1))
    assert narrow.verdicts("D", {})[1].confidence > wide.verdicts("D", {})[1].confidence


@pytest.mark.parametrize(
    ("word", "base"),
    [("batched", "batch"), ("caches", "cache"), ("running", "run"), ("tries", "try"), ("caching", "cache")],
)
def test_an_inflected_word_is_known_by_its_base(word: str, base: str) -> None:
    assert base in bases(word)


def test_words_and_runs_of_words_have_their_classes() -> None:
    rate, limiter, _, redis = classes(("rate", "limiter", "in", "redis"))
    assert "component" in limiter or "algorithm" in limiter
    assert rate & limiter and "tech" in redis
    assert classes(()) == []


def test_a_table_leaves_out_what_has_no_column() -> None:
    assert table_of([{"a": 1.0, "z": 2.0}, {}], {"a": 0, "b": 1}).tolist() == [[1.0, 0.0], [0.0, 0.0]]


def test_phrases_of_a_sentence() -> None:
    read = judge("So we use Kafka.").ground.reads[0]
    assert {"kafka", "first: we", "last: kafka", "opens: we use", "use kafka"} <= set(phrases(read))


def test_the_training_table_fits_the_answers() -> None:
    cases = {f"cases/{c.name}": c for c in read_folder(ROOT / "tests" / "cases")}
    cases |= {f"gold/{c.name}": c for c in read_folder(ROOT / "tests" / "gold")}
    seen = set()
    for line in (ROOT / "tools" / "training" / "readings.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        name, *marked = line.split("|")
        seen.add(name)
        last = max((int(x) for part in marked for x in part.split(",") if x), default=0)
        assert last < len(sentences.split(cases[name].transcript)), name
    assert seen == set(cases)


def test_the_training_answers_say_what_each_line_does() -> None:
    paths = sorted((ROOT / "tools" / "training" / "answers").glob("*.txt"))
    assert len(paths) > 600
    for path in paths:
        case = read_case(path)
        assert case.prompt and case.kind, path.name
        assert len(case.does) == len(case.transcript.segments), path.name
        assert set("".join(case.does)) <= set("crdbgm"), path.name
        for segment in case.transcript.segments:
            assert not set("{}~[]") & set(segment.text), f"{path.name}: {segment.text}"


def test_no_answer_is_both_learnt_from_and_kept_apart() -> None:
    learnt = {p.name for p in (ROOT / "tools" / "training" / "answers").glob("*.txt")}
    for folder in ("apart", "aside", "heldout"):
        assert not learnt & {p.name for p in (ROOT / "tests" / "cases" / folder).glob("*.txt")}


def test_there_are_seven_readings() -> None:
    assert judge("Okay.").readings.shape == (1, len(READINGS))
