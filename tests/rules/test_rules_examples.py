"""Every rule flags what it says it flags and spares what it says it spares, at the exact words."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from accuracy import spoken

from unsaid.audit import audit
from unsaid.errors import UnsaidError
from unsaid.model import FAMILY_LETTERS
from unsaid.rules import RULES, Example, Rule, chosen, find

SENTENCES = tomllib.loads((Path(__file__).parent / "sentences.toml").read_text(encoding="utf-8"))

WORDINGS = tomllib.loads((Path(__file__).parent / "wordings.toml").read_text(encoding="utf-8"))
SURROUNDINGS = {
    "design": (
        "Design a parcel tracking service.",
        "That is the first part of it, more or less.",
        "The couriers open the door and go home.",
    ),
    "coding": (
        "Implement a function that merges arrays.",
        "That is the first part of it, more or less.",
        "My cat walked past the window.",
    ),
    "story": (
        "Tell me about a project you led.",
        "That was the first part of it, more or less.",
        "The weather was bad that year.",
    ),
}

CAUGHT = [pytest.param(r, e, id=f"{r.code}-{i}") for r in RULES for i, e in enumerate(r.caught)]
SPARED = [pytest.param(r, e, id=f"{r.code}-{i}") for r in RULES for i, e in enumerate(r.spared)]
KNOWN = [pytest.param(r, e, id=f"{r.code}-{i}") for r in RULES for i, e in enumerate(r.known_misses)]


def quotes(rule: Rule, example: Example) -> list[str]:
    """What a rule by itself flags in an example."""
    case = spoken(example.text, example.prompt, example.kind)
    flags = audit(case.transcript, case.prompt, kind=case.kind, select=[rule.code]).flags
    for flag in flags:
        assert flag.code == rule.code
        assert flag.quote in flag.sentence
        assert "___" in flag.rewrite
        assert flag.evidence and all(flag.evidence) and flag.message
    return [f.quote for f in flags]


@pytest.mark.parametrize(("rule", "example"), CAUGHT)
def test_caught_example_is_flagged_at_its_words(rule: Rule, example: Example) -> None:
    assert quotes(rule, example) == [example.quote]


@pytest.mark.parametrize(("rule", "example"), SPARED)
def test_spared_example_is_not_flagged(rule: Rule, example: Example) -> None:
    assert quotes(rule, example) == []


@pytest.mark.parametrize(("rule", "example"), KNOWN)
def test_known_miss_is_as_its_note_says(rule: Rule, example: Example) -> None:
    """A known miss that comes right is good news: move it to the caught or spared examples."""
    flagged = example.note.startswith("flagged")
    assert flagged or example.note.startswith(("missed", "spared"))
    assert bool(quotes(rule, example)) == flagged


@pytest.mark.parametrize("code", SENTENCES)
@pytest.mark.parametrize("want", ["caught", "spared"])
def test_sentences_in_unusual_wordings(code: str, want: str) -> None:
    table = SENTENCES[code]
    rule = find(code)
    wrong = [
        text
        for text in table[want]
        if bool(quotes(rule, Example(text, prompt=table["prompt"], kind=table["kind"]))) != (want == "caught")
    ]
    assert wrong == []


@pytest.mark.parametrize("name", WORDINGS)
def test_wordings_that_no_list_was_made_for(name: str) -> None:
    """Three in four at least are caught, and hardly any that should be spared is flagged."""
    table = WORDINGS[name]
    prompt, before, after = SURROUNDINGS[table["kind"]]

    def flagged(sentence: str) -> bool:
        case = spoken(f"Should it be quick? {before} {sentence} {after}", prompt, table["kind"])
        flags = audit(case.transcript, case.prompt, kind=case.kind).flags
        return any(f.code[0] == table["family"] and f.sentence in sentence for f in flags)

    caught = [s for s in table["caught"] if flagged(s)]
    false = [s for s in table["spared"] if flagged(s)]
    assert len(caught) >= 0.75 * len(table["caught"])
    assert len(false) <= max(1, 0.1 * len(table["spared"]))


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.code)
def test_rule_explains_itself(rule: Rule) -> None:
    assert rule.summary.startswith("Flagged when") and rule.why and rule.instead
    assert len(rule.caught) >= 3 and len(rule.spared) >= 4 and rule.known_misses
    assert rule.frames and all("___" in f for f in rule.frames)
    assert rule.family == FAMILY_LETTERS[rule.code[0]]
    assert "“" not in rule.name and rule.name == rule.name.lower()


def test_codes_and_names_are_unique_and_complete() -> None:
    assert [r.code for r in RULES] == [
        *("D1", "D2", "D3", "D4"),
        *("A1", "A2", "A3", "A4", "A5"),
        *("U1", "U2", "U3", "U4", "U5"),
    ]
    assert len({r.name for r in RULES}) == len(RULES)


@pytest.mark.parametrize("word", ["D1", "d1", " unexplained-choice "])
def test_find_takes_codes_and_names(word: str) -> None:
    assert find(word).code == "D1"


def test_find_names_the_rules_there_are() -> None:
    with pytest.raises(UnsaidError) as caught:
        find("D9")
    assert "D9" in caught.value.message and "D1 unexplained-choice" in caught.value.hint


def test_select_and_ignore_take_prefixes_names_and_families() -> None:
    assert {r.code for r in chosen(select=["D", "u1"])} == {"D1", "D2", "D3", "D4", "U1"}
    assert "D1" not in {r.code for r in chosen(ignore=["unexplained-choice"])}
    assert {r.code[0] for r in chosen(ignore=["missing-assumption"])} == {"D", "U"}


@pytest.mark.parametrize("words", [{"select": ["X"]}, {"ignore": ["D1", "nonsense"]}, {"select": [""]}])
def test_unknown_selection_says_which_there_are(words: dict[str, list[str]]) -> None:
    with pytest.raises(UnsaidError) as caught:
        chosen(**words)
    assert "U5 deferred-and-dropped" in caught.value.hint
