"""What is shown by default, with --all, and with another bar; and the settings that change it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

SENTENCES = [
    "Is the limit for each user or for each address?",
    "Storage is MySQL.",
    "It should be fine.",
    "The map is behind a cache.",
    "I think it probably scales.",
    "It depends.",
    "Two replicas.",
    "We put it in a queue I guess.",
]


def srt(times: int) -> str:
    """An answer with a sentence every four seconds."""
    out = []
    for i, text in enumerate(SENTENCES * times):
        start = 4 * i
        clock = "{:02}:{:02}:{:02},{}"
        begin, end = (
            clock.format(s // 3600, s // 60 % 60, s % 60, ms)
            for s, ms in ((start, "000"), (start + 3, "500"))
        )
        out.append(f"{i + 1}\n{begin} --> {end}\n{text}\n")
    return "\n".join(out)


@pytest.fixture
def answer(tmp_path: Path) -> Path:
    path = tmp_path / "answer.srt"
    path.write_text(srt(9))
    return path


def audit(unsaid, *args: object) -> dict:
    done = unsaid("audit", *args, "-f", "json", "--kind", "design")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def bar(unsaid, answer: Path) -> float:
    """A confidence that leaves some flags below it, and too many from it on."""
    found = audit(unsaid, answer, "--min-confidence", "0", "--all")["flags"]
    for step in sorted({f["confidence"] for f in found}, reverse=True):
        standings = {f["standing"] for f in audit(unsaid, answer, "--min-confidence", step)["more"]}
        if standings == {"less-sure", "less-costly"}:
            return step
    pytest.fail("the answer has too few flags for this test")


def test_five_minutes_have_twenty_flags_at_most_and_the_rest_is_told(
    unsaid, answer: Path, bar: float
) -> None:
    found = audit(unsaid, answer, "--min-confidence", bar)
    assert 280 < found["duration"] < 310
    assert len(found["flags"]) in (19, 20)
    assert {f["standing"] for f in found["flags"]} == {"shown"}
    costly = [f for f in found["more"] if f["standing"] == "less-costly"]
    unsure = [f for f in found["more"] if f["standing"] == "less-sure"]
    assert costly and unsure, "this answer has both"
    assert max(f["cost_rank"] for f in found["flags"]) < min(f["cost_rank"] for f in found["more"])
    assert [f["start"] for f in found["flags"]] == sorted(f["start"] for f in found["flags"])

    shown = unsaid("audit", answer, "--kind", "design", "--min-confidence", bar).stdout
    line = (
        f"{len(found['more'])} more, {len(unsure)} less sure and {len(costly)} less costly: --all shows them."
    )
    assert line in shown
    assert "less sure  " not in shown
    listed = shown[shown.index("\nFlags") : shown.index("\nMeasures")]
    numbers = [int(n) for n in re.findall(r"^ ?(\d+) \[[DAU]\d\]", listed, re.MULTILINE)]
    assert numbers == [f["number"] for f in sorted(found["flags"], key=lambda f: f["cost_rank"])]


def test_all_shows_the_rest_marked_in_words(unsaid, answer: Path, bar: float) -> None:
    args = [answer, "--kind", "design", "--min-confidence", bar]
    some, all_ = audit(unsaid, *args), audit(unsaid, *args, "--all")
    assert {f["id"] for f in all_["flags"]} == {f["id"] for f in some["flags"] + some["more"]}
    assert all_["more"] == []
    assert {f["id"]: f["number"] for f in all_["flags"]} == {
        f["id"]: f["number"] for f in some["flags"] + some["more"]
    }
    unsure = sum(f["standing"] == "less-sure" for f in all_["flags"])
    shown = unsaid("audit", *args, "--all").stdout
    assert "--all shows" not in shown
    listed = shown[shown.index("\nFlags") :]
    assert listed.count("less sure") == unsure
    for format_ in ("markdown", "srt", "vtt", "audacity", "html"):
        assert "less sure" in unsaid("audit", *args, "--all", "-f", format_).stdout
        assert not re.search(r"less sure[])<]", unsaid("audit", *args, "-f", format_).stdout)


def test_the_bar_can_be_set_by_option_and_file(unsaid, answer: Path, workspace: Path) -> None:
    workspace.mkdir()
    (workspace / "unsaid.toml").write_text("min_confidence = 0.7\n[thresholds]\nflags_per_minute = 0\n")
    found = audit(unsaid, answer)
    assert found["flags"] and all(f["confidence"] >= 0.7 for f in found["flags"])
    assert all(f["confidence"] < 0.7 and f["standing"] == "less-sure" for f in found["more"])
    lower = audit(unsaid, answer, "--min-confidence", "0.1")
    assert len(lower["flags"]) > len(found["flags"])
    assert lower["more"] == [] or max(f["confidence"] for f in lower["more"]) < 0.1
    assert audit(unsaid, answer, "--min-confidence", "1")["flags"] == []
    for bad in ("1.5", "-1", "much"):
        assert unsaid("audit", answer, "--min-confidence", bad).returncode == 2
    done = unsaid("audit", answer, env={"UNSAID_MIN_CONFIDENCE": "2"})
    assert done.returncode == 2 and "UNSAID_MIN_CONFIDENCE" in done.stderr


def test_severities_from_the_file_change_the_order(unsaid, answer: Path, workspace: Path) -> None:
    workspace.mkdir()
    (workspace / "unsaid.toml").write_text('[severity]\nU2 = "error"\nD = "off"\n')
    found = audit(unsaid, answer)
    assert {f["code"][0] for f in found["flags"] + found["more"]} <= {"A", "U"}
    first = min(found["flags"], key=lambda f: f["cost_rank"])
    assert (first["code"], first["severity"]) == ("U2", "error")
    asked = audit(unsaid, answer, "--select", "D")
    assert asked["flags"], "asked for on the command line a rule is there though it is off"


def test_own_words_and_cues_from_the_file_are_heard(unsaid, tmp_path: Path, workspace: Path) -> None:
    text = tmp_path / "answer.txt"
    text.write_text(
        "Should it be quick? That is the first part. Then there is Zorbly Grue for the labels. "
        "Now the couriers go home."
    )
    assert audit(unsaid, text)["flags"] == []
    workspace.mkdir()
    file = workspace / "unsaid.toml"
    file.write_text('[words]\ntechnology = ["Zorbly Grue"]\n')
    (flag,) = audit(unsaid, text)["flags"]
    assert flag["code"] == "D1" and "Zorbly Grue" in flag["quote"]
    file.write_text('[words]\ntechnology = ["Zorbly Grue"]\n[cues]\nreason = ["for the labels"]\n')
    assert audit(unsaid, text)["flags"] == []


def test_config_shows_the_tables_with_their_origin(unsaid, workspace: Path) -> None:
    workspace.mkdir()
    file = workspace / "unsaid.toml"
    file.write_text('[severity]\nD1 = "error"\n[thresholds]\npause_s = 3\n[cues]\nhedge = ["with luck"]\n')
    shown = json.loads(unsaid("config", "--json").stdout)
    assert shown["severity"] == {"D1": {"value": "error", "origin": str(file)}}
    assert shown["thresholds"]["pause_s"] == {"value": 3.0, "origin": str(file)}
    assert shown["thresholds"]["sentences_after"] == {"value": 2, "origin": "default"}
    assert shown["cues"]["hedge"]["value"] == ["with luck"]
    text = unsaid("config").stdout
    for line in ("[severity]", f'D1 = "error"  ({file})', "[words]", "pause_s          = 3.0"):
        assert line in text
    file.write_text('\n[cues]\nhege = ["with luck"]\n')
    done = unsaid("config")
    assert done.returncode == 2
    assert "unsaid.toml, line 3: there is no kind of phrase 'hege'" in done.stderr
    assert "Did you mean 'hedge'?" in done.stderr
