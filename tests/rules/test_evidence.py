"""Evidence and conduct: every rule flags what it says, spares what it says, and counts nowhere else."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from accuracy import Case, read_folder, spoken
from hypothesis import given
from hypothesis import strategies as st

from unsaid.audit import audit, with_signals
from unsaid.errors import UnsaidError
from unsaid.formats import audit_json
from unsaid.model import CONDUCT_FAMILY, FAMILIES, Audit
from unsaid.rules import CONDUCT, RULES, Example, Rule, chosen, find, meant
from unsaid.shortlist import put_aside, with_all
from unsaid.taste import Taste
from unsaid.views import markdown

ROOT = Path(__file__).resolve().parents[2]
HELD = tomllib.loads((Path(__file__).parent / "conduct.toml").read_text(encoding="utf-8"))
CAUGHT = [pytest.param(r, e, id=f"{r.code}-{i}") for r in CONDUCT for i, e in enumerate(r.caught)]
SPARED = [pytest.param(r, e, id=f"{r.code}-{i}") for r in CONDUCT for i, e in enumerate(r.spared)]
KNOWN = [pytest.param(r, e, id=f"{r.code}-{i}") for r in CONDUCT for i, e in enumerate(r.known_misses)]
CASES = [c for folder in ("cases", "cases/heldout", "gold") for c in read_folder(ROOT / "tests" / folder)]
STRONG = (
    *("c06", "senior_job_queue", "lru_overexplainer", "dedupe_senior", "coding_edit_distance_teacher"),
    *("coding_meeting_rooms_calm", "cron_scheduler_expert", "recipe_senior", "word_count_senior"),
    *(
        "calendar_api_thoughtful",
        "design_checkout_teacher",
        "story_incident_calm",
        "story_performance_rescue",
    ),
    *("story_pricing_disagreement", "payment_story", "log_reorder_clear"),
)
LINES = (
    *(
        "Sorry.",
        "I'm a great leader.",
        "It's very scalable.",
        "So Kafka, Redis, Mongo.",
        "It was their fault.",
    ),
    *(
        "The downside is memory.",
        "We shipped it in May.",
        "Done.",
        "I should have asked.",
        "What is n?",
        "…",
        "?",
    ),
)


def heard(case: Case, **options: object) -> Audit:
    return audit(case.transcript, case.prompt, kind=case.kind, **options)


def quotes(rule: Rule, example: Example) -> list[str]:
    """What a rule by itself notes in an example."""
    case = spoken(example.text, example.prompt, example.kind)
    result = heard(case, select=[rule.code])
    if example.signals:
        result = with_signals(result, dict(example.signals), kind=case.kind, select=[rule.code])
    assert result.flags == result.more == ()
    for flag in result.conduct:
        assert flag.code == rule.code and flag.family == CONDUCT_FAMILY
        assert flag.quote in flag.sentence
        assert "___" in flag.rewrite
        assert flag.evidence and all(flag.evidence) and flag.message
    return [f.quote for f in result.conduct]


@pytest.mark.parametrize(("rule", "example"), CAUGHT)
def test_caught_example_is_noted_at_its_words(rule: Rule, example: Example) -> None:
    assert quotes(rule, example) == [example.quote]


@pytest.mark.parametrize(("rule", "example"), SPARED)
def test_spared_example_is_not_noted(rule: Rule, example: Example) -> None:
    assert quotes(rule, example) == []


@pytest.mark.parametrize(("rule", "example"), KNOWN)
def test_known_miss_is_as_its_note_says(rule: Rule, example: Example) -> None:
    """A known miss that comes right is good news: move it to the caught or spared examples."""
    flagged = example.note.startswith("flagged")
    assert flagged or example.note.startswith("missed")
    assert bool(quotes(rule, example)) == flagged


@pytest.mark.parametrize("rule", CONDUCT, ids=lambda r: r.code)
def test_rule_explains_itself(rule: Rule) -> None:
    assert rule.summary.startswith("Flagged when") and rule.why and rule.instead
    assert len(rule.caught) >= 8 and len(rule.spared) >= 8 and rule.known_misses
    assert rule.frames and all("___" in f for f in rule.frames)
    assert rule.family == CONDUCT_FAMILY
    assert all(e.text.count(e.quote) >= 1 for e in rule.caught)


@pytest.mark.parametrize("code", HELD)
def test_other_wordings(code: str) -> None:
    """What is spared stays so; most of what should be noted is (the figures are in docs/accuracy.md)."""
    table = HELD[code]

    def noted(text: str) -> bool:
        return bool(quotes(find(code), Example(text, prompt=table["prompt"], kind=table["kind"])))

    assert [t for t in table["spared"] if noted(t)] == []
    assert sum(map(noted, table["caught"])) >= 0.6 * len(table["caught"])


@pytest.mark.parametrize("name", STRONG)
def test_a_strong_answer_gets_one_note_at_most(name: str) -> None:
    assert len(heard(next(c for c in CASES if c.name == name)).conduct) <= 1


def test_notes_on_whole_answers_stay_few() -> None:
    """Half of the labelled answers and more get none; apart from the endings hardly one in ten gets any."""
    notes = [heard(c).conduct for c in CASES]
    assert sum(not n for n in notes) >= 0.5 * len(notes)
    assert sum(any(f.code != "E3" for f in n) for n in notes) <= 0.2 * len(notes)


def test_e_stands_apart_from_every_count() -> None:
    for case in CASES:
        with_notes, without = heard(case), heard(case, ignore=["E"])
        assert without.conduct == ()
        assert replace(with_notes, conduct=()) == without
        assert set(with_notes.measures.flags_by_family) == {"D", "A", "U"}
        assert all(f.family in FAMILIES for f in (*with_notes.flags, *with_notes.more))


def test_e_survives_dismissals_and_all() -> None:
    result = heard(next(c for c in CASES if c.name == "s04"))
    assert result.conduct
    assert with_all(result).conduct == put_aside(result, ()).conduct == result.conduct


def test_select_ignore_and_severity_reach_e() -> None:
    case = next(c for c in CASES if c.name == "s04")
    assert {f.code for f in heard(case, select=["E1"]).conduct} == {"E1"}
    assert heard(case, select=["D"]).conduct == ()
    assert "E1" not in {f.code for f in heard(case, ignore=["claim-without-evidence"]).conduct}
    assert heard(case, ignore=[CONDUCT_FAMILY]).conduct == ()
    graded = heard(case, taste=Taste(severities={"E1": "error"})).conduct
    assert {f.severity for f in graded if f.code == "E1"} == {"error"}
    assert [r.code for r in meant("evidence-and-conduct")] == [r.code for r in CONDUCT]
    assert chosen() == RULES and chosen(["E4"]) == ()
    assert [r.code for r in chosen(["E4"], (), CONDUCT)] == ["E4"]
    with pytest.raises(UnsaidError) as caught:
        chosen(["E9"])
    assert "E8 trade-off-without-reversal" in caught.value.hint


def test_codes_are_complete_and_their_own() -> None:
    assert [r.code for r in CONDUCT] == [f"E{n}" for n in range(1, 9)]
    assert len({r.name for r in (*RULES, *CONDUCT)}) == len(RULES) + len(CONDUCT)


def test_json_keeps_the_notes_and_older_files_have_none() -> None:
    result = heard(next(c for c in CASES if c.name == "s04"))
    text = audit_json.dumps(result, {})
    assert audit_json.loads(text).conduct == result.conduct
    doc = json.loads(text)
    assert {f["family"] for f in doc["conduct"]} == {CONDUCT_FAMILY}
    del doc["conduct"]
    assert audit_json.loads(json.dumps(doc)).conduct == ()


@pytest.mark.parametrize(("where", "family"), [("flags", CONDUCT_FAMILY), ("conduct", "silent-decision")])
def test_json_mixes_no_families(where: str, family: str) -> None:
    doc = json.loads(audit_json.dumps(heard(next(c for c in CASES if c.name == "s04")), {}))
    doc[where][0]["family"] = family
    with pytest.raises(UnsaidError) as caught:
        audit_json.loads(json.dumps(doc))
    assert f"{where}[0].family" in caught.value.message


def test_the_notes_are_shown_under_their_own_heading() -> None:
    result = heard(next(c for c in CASES if c.name == "s04"))
    text = markdown.render(result, title="s04")
    notes = text.partition("## Evidence and conduct")[2].partition("\n## ")[0]
    assert notes.count("\n- ") == len(result.conduct)
    assert "Evidence and conduct" not in markdown.render(replace(result, conduct=()), title="s04")


def test_signals_are_judged_anew_each_time() -> None:
    case = next(c for c in CASES if c.name == "s04")
    one = {"framing": "visible", "production": "hidden", "delivery": "hidden"}
    first = with_signals(heard(case), one)
    assert Counter(f.code for f in first.conduct)["E7"] == 1
    assert with_signals(first, one) == first
    assert with_signals(first, one | {"delivery": "visible"}) == heard(case)
    assert with_signals(heard(case), one, ignore=["E7"]) == heard(case)


@given(st.lists(st.sampled_from(LINES), max_size=25), st.sampled_from(["coding", "design", "story", None]))
def test_any_row_of_sentences_can_be_heard(lines: list[str], kind) -> None:
    case = spoken(" ".join(["Well.", *lines]), kind=kind)
    result = with_signals(heard(case), dict.fromkeys("abc", "hidden") | {"d": "visible"}, kind=kind)
    assert [f.start_s for f in result.conduct] == sorted(f.start_s for f in result.conduct)
    assert len({f.id for f in result.conduct}) == len(result.conduct)
    for flag in result.conduct:
        assert flag.sentence == result.sentences[flag.sentence_index].text
        assert flag.quote in flag.sentence and 0 <= flag.confidence <= 1 and "___" in flag.rewrite
