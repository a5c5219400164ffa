"""The learnt judgement: what it weighs has names, and the training table fits the answers."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest

from tools.accuracy import read_folder, spoken
from unsaid.language import acts, sentences
from unsaid.language.judge import SURE, Judge, phrases, spared
from unsaid.language.weigh import Ground

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = json.loads(resources.files("unsaid.language").joinpath("weights.json").read_text(encoding="utf-8"))


def judge(text: str, prompt: str = "Design a parcel tracking service.") -> Judge:
    case = spoken(text, prompt, "design")
    return Judge(Ground(acts.understand(sentences.split(case.transcript), case.prompt, case.kind)))


def test_a_choice_a_reason_and_a_heading_are_told_apart() -> None:
    reads = judge(
        "I'd go with Postgres. Because the money has to be right on every single parcel. Next, the map."
    )
    choice, reason, heading = reads.readings
    assert choice.commits > 0.6 > 0.2 > choice.reasons
    assert reason.reasons > 2 * max(choice.reasons, heading.reasons)
    assert reason.commits < 0.5
    assert heading.commits < 0.4 and heading.reasons < 0.2


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
    assert all(t in WEIGHTS["says"].values() for t in verdict.told)


def test_an_empty_answer_has_no_verdicts() -> None:
    assert judge("Okay.").verdicts("U", {})[0].confidence < SURE
    assert Judge(Ground(acts.understand(()))).verdicts("D", {}) == ()


@pytest.mark.parametrize("letter", ["D", "A", "U"])
def test_every_weight_is_a_number_for_every_code(letter: str) -> None:
    family = WEIGHTS["families"][letter]
    assert 0 < family["least"] < 1
    assert all(len(row) == len(family["bias"]) == len(family["codes"]) for row in family["weights"].values())


def test_what_is_spared_by_rule() -> None:
    assert spared("A", "A2", {"has assumption": 1.0}) < 1 == spared("A", "A1", {"has assumption": 1.0})
    assert spared("U", "", {"taken up again": 1.0}) < 1 == spared("U", "", {})
    assert spared("D", "", {}) == 1


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
