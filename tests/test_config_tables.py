"""The tables of unsaid.toml: what they change, and what a bad one is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.accuracy import spoken
from unsaid.audit import SURE, audit
from unsaid.cli.choose import taste
from unsaid.config import OPTIONS, TABLES, load
from unsaid.errors import UnsaidError
from unsaid.language.cues import kinds
from unsaid.model import Flag, Prompt, Segment, Transcript
from unsaid.rules import RULES
from unsaid.taste import Taste, Thresholds

PROMPT = Prompt("Design a parcel tracking service.", "design")


def settings_of(folder: Path, text: str):
    (folder / "unsaid.toml").write_text(text, encoding="utf-8")
    return load(str(folder), {})


def found(text: str, say: Taste | None = None, **options) -> list[Flag]:
    """What is surely found in an answer; `[3.0]` in it is a pause."""
    case = spoken(text, PROMPT.text, PROMPT.kind)
    result = audit(case.transcript, case.prompt, kind=case.kind, taste=say, **options)
    return list(result.flags)


def codes(text: str, say: Taste | None = None) -> list[str]:
    return [f.code for f in found(text, say)]


def say_of(folder: Path, text: str) -> Taste:
    return taste(settings_of(folder, text))[0]


def test_the_defaults_shown_are_the_ones_that_hold(tmp_path: Path) -> None:
    assert taste(load(str(tmp_path), {})) == (Taste(), ())


FIRST, LAST = "Should it be quick? That is the first part.", "Now the couriers go home."


def test_an_own_technology_is_something_chosen(tmp_path: Path) -> None:
    said = f"{FIRST} Then there is Zorbly Grue. {LAST}"
    assert codes(said) == []
    say = say_of(tmp_path, '[words]\ntechnology = ["Zorbly Grue"]\n')
    (flag,) = found(said, say)
    assert flag.code == "D1" and "Zorbly Grue" in flag.quote
    assert codes(said.replace("Zorbly Grue", "zorbly grue"), say) == ["D1"], "whatever the case"


def test_an_own_phrase_is_a_reason(tmp_path: Path) -> None:
    said = f"{FIRST} I'd go with Postgres, the depot folk sing for it. {LAST}"
    assert codes(said) == ["D1"]
    say = say_of(tmp_path, '[cues]\nreason = ["The depot folk sing for it!"]\n')
    assert codes(said, say) == []


def test_an_own_phrase_is_a_doubt(tmp_path: Path) -> None:
    said = f"{FIRST} It keeps up with the scans on a green feather. {LAST}"
    assert codes(said) == []
    say = say_of(tmp_path, '[cues]\nhedge = ["on a green feather"]\n')
    (flag,) = found(said, say)
    assert flag.code[0] == "U" and "on a green feather" in flag.quote


def test_a_shorter_pause_can_be_silence(tmp_path: Path) -> None:
    said = f"{FIRST} [3.0] I'd shard by tenant. {LAST}"
    assert codes(said) == ["D1"]
    assert codes(said, say_of(tmp_path, "[thresholds]\npause_s = 2.5\n")) == ["D2"]
    assert codes(said.replace("3.0", "7.0"), say_of(tmp_path, "[thresholds]\npause_s = 9\n")) == ["D1"]


def test_the_window_for_reasons_can_be_set(tmp_path: Path) -> None:
    said = f"{FIRST} I'd shard by tenant. It's because no query crosses tenants. {LAST}"
    assert codes(said) == []
    say = say_of(tmp_path, "[thresholds]\nsentences_after = 0\n")
    assert codes(said, say) == ["D1"]
    (bare,) = found(f"{FIRST} I'd go with Postgres. {LAST}", say)
    assert "no reason in the sentence or the one before" in bare.evidence


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (1, 2, "the sentence, the one before or the two after"),
        (0, 0, "the sentence"),
        (0, 1, "the sentence or the one after"),
        (3, 10, "the sentence, the three before or the ten after"),
    ],
)
def test_the_window_is_told_as_it_is(before: int, after: int, said: str) -> None:
    assert Thresholds(before=before, after=after).window == said


def test_severities_by_code_name_and_family_the_more_special_first(tmp_path: Path) -> None:
    text = '[severity]\nD1 = "error"\nsilent-decision = "info"\nunstated-quantity = "off"\nU = "off"\n'
    say, off = taste(settings_of(tmp_path, text))
    assert {c: say.severities[c] for c in ("D1", "D2", "D3", "D4")} == {
        "D1": "error",
        **dict.fromkeys(("D2", "D3", "D4"), "info"),
    }
    assert set(off) == {"A2", "U1", "U2", "U3", "U4", "U5"}
    (flag,) = found(f"{FIRST} I'd go with Postgres. {LAST}", say, select=["D1"])
    assert flag.severity == "error"


@pytest.mark.parametrize(
    ("text", "line", "says", "hint"),
    [
        ('[severity]\nD1 = "eror"\n', 2, "'D1' is one of error, warning, info, off", ""),
        ('[severity]\n# why\nunexplained-choise = "off"\n', 3, "stands for no rule", "'unexplained-choice'"),
        ('[severity]\nD9 = "off"\n', 2, "'D9' stands for no rule", "D1 unexplained-choice"),
        ("[severity]\nD1 = 3\n", 2, "takes a text", ""),
        ('severity.D9 = "off"\n', 1, "stands for no rule", ""),
        ('threads = 2\nseverity = "off"\n', 2, "is a table", "[severity]"),
        ('[severity]\nD1 = "off"\nmodel = "x"\n', 3, "does not belong to [severity]", "before the first"),
        ("pause_s = 3\n", 1, "'pause_s' belongs to [thresholds]", "[thresholds]"),
        ("[thresholds]\npause = 3\n", 2, "no 'pause' in [thresholds]", "'pause_s'"),
        ("[thresholds]\npause_s = -1\n", 2, "from 0 to 60", ""),
        ("[thresholds]\npause_s = nan\n", 2, "from 0 to 60", ""),
        ("[thresholds]\npause_s = inf\n", 2, "from 0 to 60", ""),
        ("[thresholds]\npause_s = true\n", 2, "takes a number", ""),
        ("[thresholds]\nsentences_after = 1.5\n", 2, "whole number", ""),
        ("[thresholds]\n\nsentences_after = 11\n", 3, "10 at most", ""),
        ('[words]\ntecnology = ["x"]\n', 2, "no 'tecnology' in [words]", "'technology'"),
        ("[words]\ntechnology = [3]\n", 2, "list of texts", ""),
        ('[words]\nstructure = []\ntechnology = ["??"]\n', 3, "'??' has no word", "one to 10 words"),
        ('[cues]\nreson = ["x"]\n', 2, "no kind of phrase 'reson'", "'reason'"),
        ('[cues]\nhedge = ["a b c d e f g h i j k"]\n', 2, "has 11 words", "one to 10 words"),
        ('[cues]\nhedge = ["!"]\n', 2, "'!' has no word", ""),
        ("[trhesholds]\npause_s = 3\n", 1, "no setting 'trhesholds'", "'thresholds'"),
        ("min_confidence = 1.5\n", 1, "from 0 to 1", ""),
        ('min_confidence = "much"\n', 1, "takes a number", ""),
    ],
)
def test_a_bad_table_is_named_with_its_line_and_the_near_word(
    tmp_path: Path, text: str, line: int, says: str, hint: str
) -> None:
    with pytest.raises(UnsaidError) as caught:
        taste(settings_of(tmp_path, text))
    assert f"unsaid.toml, line {line}:" in caught.value.message
    assert says in caught.value.message
    assert hint in caught.value.hint


_PHRASES = st.lists(
    st.sampled_from(["Vitess", "our bus", "C++ 20", "Über-Cache", "a (b|c) <d> * _ $ ?"]), max_size=4
)
_TABLES = st.fixed_dictionaries(
    {},
    optional={
        "severity": st.dictionaries(
            st.sampled_from([r.code for r in RULES] + [r.name for r in RULES]),
            st.sampled_from(["error", "warning", "info", "off"]),
        ),
        "thresholds": st.fixed_dictionaries(
            {},
            optional={
                "pause_s": st.floats(0, 60),
                "sentences_before": st.integers(0, 10),
                "sentences_after": st.integers(0, 10),
                "flags_per_minute": st.integers(0, 60),
            },
        ),
        "words": st.dictionaries(
            st.sampled_from(["technology", "structure", "component", "approach"]), _PHRASES
        ),
        "cues": st.dictionaries(st.sampled_from(["reason", "assumption", "hedge", "bound"]), _PHRASES),
    },
)


def toml(tables: dict[str, dict[str, object]]) -> list[str]:
    """Lines of the file; JSON's texts, numbers and lists are TOML's as well."""
    lines = ["# mine", ""]
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in table.items()), ""]
    return lines


@given(_TABLES)
def test_any_good_tables_are_read_as_written_and_used(tmp_path_factory, tables) -> None:
    folder = tmp_path_factory.mktemp("tables")
    settings = settings_of(folder, "\n".join(toml(tables)))
    for name, table in tables.items():
        assert {k: settings.tables[name][k] for k in table} == table
        assert {settings.origins[f"{name}.{k}"] for k in table} <= {str(folder / "unsaid.toml")}
    say, off = taste(settings)
    assert say.severities.keys().isdisjoint(off)
    text = "I'd go with Vitess because it's small. It depends. Our bus is probably fine, about (b|c) of it."
    heard = Transcript((Segment(0, 9, text),), 9.0, timing="segment")
    for flag in audit(heard, PROMPT, taste=say).flags:
        assert flag.quote in flag.sentence


@given(_TABLES, st.data())
def test_a_wrong_key_is_found_at_its_line_wherever_it_stands(tmp_path_factory, tables, data) -> None:
    name = data.draw(st.sampled_from([t.name for t in TABLES]))
    tables = {**tables, name: {**tables.get(name, {}), "zzzq": data.draw(st.sampled_from(["off", ["x"]]))}}
    lines = toml(tables)
    with pytest.raises(UnsaidError) as caught:
        taste(settings_of(tmp_path_factory.mktemp("tables"), "\n".join(lines)))
    place = next(i for i, line in enumerate(lines, 1) if line.startswith("zzzq"))
    assert f"line {place}:" in caught.value.message
    assert "zzzq" in caught.value.message


def test_the_page_on_settings_names_them_all() -> None:
    text = (Path(__file__).parents[1] / "docs" / "settings.md").read_text(encoding="utf-8")
    for table in TABLES:
        assert f"[{table.name}]" in text
        for option in table.keys:
            assert f"{option.name} = " in text
    assert "min_confidence" in {o.name for o in OPTIONS}
    for kind in kinds():
        assert f"`{kind}`" in text
    assert f"From {SURE} on" in text
