"""Flags put aside: by the real command, on the sample answer."""

from __future__ import annotations

import json
import re
import shutil
import stat
from pathlib import Path

import pytest


def audit(unsaid, *args: object) -> dict:
    done = unsaid("audit", "demo", "-q", "-f", "json", *args)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ids(flags: list[dict]) -> list[str]:
    return [f["id"] for f in flags]


def test_a_dismissed_flag_stays_away_from_every_view_and_comes_back(unsaid, demo: Path) -> None:
    before = audit(unsaid)
    first, other = before["flags"][1], before["flags"][-1]
    done = unsaid("dismiss", "demo", first["number"], other["id"], "--reason", "not a")
    assert done.returncode == 0, done.stderr
    assert "not a decision" in done.stdout and "2 dismissed." in done.stdout

    after = audit(unsaid)
    assert ids(after["flags"]) == [i for i in ids(before["flags"]) if i not in (first["id"], other["id"])]
    assert after["flags"] == [f for f in before["flags"] if f["id"] in ids(after["flags"])], "numbers stay"
    assert [(f["id"], f["dismissed"]) for f in after["dismissed"]] == [
        (first["id"], "not a decision"),
        (other["id"], "not a decision"),
    ]
    assert sum(after["measures"]["flags_by_family"].values()) == len(after["flags"])
    assert json.loads((demo / "audit.json").read_text())["flags"] == after["flags"]
    assert stat.S_IMODE((demo / "review.json").stat().st_mode) == 0o600

    for page in ("report.html", "report.md"):
        text = (demo / page).read_text()
        assert "2 dismissed." in text
        assert f'flag-{first["number"]}"' not in text
    for format_ in ("terminal", "markdown", "html"):
        shown = unsaid("audit", "demo", "-q", "-f", format_).stdout
        assert shown.count("2 dismissed.") == 1
    for format_ in ("srt", "vtt", "audacity"):
        shown = unsaid("audit", "demo", "-q", "-f", format_).stdout
        assert len(re.findall(r"\b[DAU]\d\b", shown)) == len(after["flags"])
    (row,) = json.loads(unsaid("sessions", "list", "--json").stdout)
    assert sum(row["flags"].values()) == len(after["flags"])
    assert "2 dismissed." in unsaid("sessions", "show", "demo").stdout

    listed = unsaid("dismiss", "demo").stdout.splitlines()
    assert len(listed) == 2 and all("not a decision" in line for line in listed)
    assert unsaid("dismiss", "demo", first["number"], "--undo").returncode == 0
    again = audit(unsaid)
    assert first in again["flags"] and len(again["dismissed"]) == 1
    assert unsaid("dismiss", "demo", other["id"], "--undo").returncode == 0
    assert audit(unsaid)["flags"] == before["flags"]
    assert json.loads(unsaid("dismiss", "demo", "--json").stdout) == []


def test_it_stays_dismissed_when_all_is_done_anew_and_less_is_sure(
    unsaid, demo: Path, workspace: Path
) -> None:
    flag = audit(unsaid)["flags"][0]
    unsaid("dismiss", "demo", flag["number"])
    (workspace / "unsaid.toml").write_text('[severity]\nD = "info"\nA = "info"\nU = "info"\n')
    for args in (["--from", "audit"], ["--min-confidence", "0.95"], ["--min-confidence", "0"], ["--all"]):
        found = audit(unsaid, *args)
        assert flag["id"] in ids(found["dismissed"]), args
        assert flag["id"] not in ids(found["flags"] + found["more"])
    again = unsaid("demo", "--force", "-q")
    assert "1 dismissed." in again.stdout


def test_all_shows_the_rest_wherever_an_audit_is_printed(unsaid, demo: Path, workspace: Path) -> None:
    (workspace / "unsaid.toml").write_text("min_confidence = 0.8\n")
    found = audit(unsaid)
    assert found["more"] and found["flags"]
    for args in (["audit", "demo", "-q"], ["sessions", "show", "demo"]):
        some, every = unsaid(*args).stdout, unsaid(*args, "--all").stdout
        assert f"{len(found['more'])} more, less sure" in some and "--all" not in every
        flags = len(found["flags"])
        assert len(re.findall(r"^ *\d+ \[[DAU]\d\]", some, re.MULTILINE)) == flags
        assert len(re.findall(r"^ *\d+ \[[DAU]\d\]", every, re.MULTILINE)) == flags + len(found["more"])
    less_sure = found["more"][0]
    assert unsaid("dismiss", "demo", less_sure["number"]).returncode == 0, "its number is shown by --all"
    assert less_sure["id"] in ids(audit(unsaid)["dismissed"])
    for command_ in ("record", "recover", "demo"):
        assert "--all" in unsaid(command_, "--help").stdout


def test_it_is_known_again_where_the_words_moved(unsaid, demo: Path) -> None:
    flag = audit(unsaid)["flags"][0]
    unsaid("dismiss", "demo", flag["id"])
    heard = json.loads((demo / "transcript.json").read_text())
    for segment in heard["segments"]:
        for timed in (segment, *segment.get("words", [])):
            timed["start"] += 1.5
            timed["end"] += 1.5
    (demo / "transcript.json").write_text(json.dumps(heard))
    (moved,) = audit(unsaid)["dismissed"]
    assert moved["start"] == pytest.approx(flag["start"] + 1.5, abs=0.01)
    assert moved["quote"] == flag["quote"]


def test_check_does_not_count_dismissed_flags(unsaid, demo: Path) -> None:
    assert unsaid("audit", "demo", "-q", "--check").returncode == 1
    numbers = [f["number"] for f in audit(unsaid)["flags"]]
    assert unsaid("dismiss", "demo", *numbers).returncode == 0
    clean = unsaid("audit", "demo", "-q", "--check")
    assert clean.returncode == 0
    assert "No flags." in clean.stdout and f"{len(numbers)} dismissed." in clean.stdout


def test_another_reason_replaces_the_first(unsaid, demo: Path) -> None:
    number = audit(unsaid)["flags"][0]["number"]
    unsaid("dismiss", "demo", number, "--reason", "said-elsewhere")
    unsaid("dismiss", "demo", number, "--reason", "wrong")
    (row,) = json.loads(unsaid("dismiss", "demo", "--json").stdout)
    assert (row["number"], row["reason"]) == (number, "wrong words")
    assert len(json.loads((demo / "review.json").read_text())["dismissed"]) == 1


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["demo", "99"], "no flag '99' in demo"),
        (["demo", "Z1"], "no flag 'Z1' in demo"),
        (["demo", "1", "--reason", "because"], "'because' is no reason"),
        (["demo", "1", "--reason", ""], "no reason"),
        (["demo", "1", "--reason", "not"], "beginning of several reasons"),
        (["demo", "1", "--undo"], "flag 1 of demo is not dismissed"),
        (["demo", "--undo"], "no flag is named"),
        (["nowhere", "1"], "no session 'nowhere'"),
        (["demo", "1", "99"], "no flag '99'"),
    ],
)
def test_wrong_usage_is_told_and_changes_nothing(unsaid, demo: Path, args: list[str], says: str) -> None:
    before = {p.name: p.read_bytes() for p in demo.iterdir()}
    done = unsaid("dismiss", *args)
    assert done.returncode == 2
    assert says in done.stderr and "hint: " in done.stderr
    assert done.stdout == ""
    assert {p.name: p.read_bytes() for p in demo.iterdir()} == before


def test_a_damaged_review_stops_the_audit_and_is_left_as_it_is(unsaid, demo: Path) -> None:
    (demo / "review.json").write_text('{"dismissed": [}')
    for args in (("audit", "demo"), ("dismiss", "demo", "1"), ("sessions", "show", "demo")):
        done = unsaid(*args)
        assert done.returncode == 2
        assert "review.json, line 1" in done.stderr
    assert (demo / "review.json").read_text() == '{"dismissed": [}'
    assert "review.json" in unsaid("rules", "--mine").stderr


def test_rules_mine_counts_and_gives_the_line_that_turns_a_rule_down(
    unsaid, demo: Path, workspace: Path
) -> None:
    for name in ("two", "three"):
        shutil.copytree(demo, workspace / "sessions" / name)
    flags = audit(unsaid)["flags"]
    worst, mild = flags[0], next(f for f in flags if f["code"] != flags[0]["code"])
    for name in ("demo", "two", "three"):
        unsaid("dismiss", name, worst["number"], "--reason", "wrong words" if name == "two" else "not worth")
    unsaid("dismiss", "demo", mild["number"])
    rows = json.loads(unsaid("rules", "--mine", "--json").stdout)
    assert rows == sorted(rows, key=lambda r: -r["dismissed"] / r["flagged"]), "the worst first"
    by_code = {r["code"]: r for r in rows}
    assert sum(r["flagged"] for r in rows) == 3 * len(flags)
    assert by_code[worst["code"]]["dismissed"] == 3
    assert by_code[worst["code"]]["reasons"] == {"not worth it": 2, "wrong words": 1}
    assert by_code[mild["code"]]["reasons"] == {"no reason given": 1}
    assert by_code[mild["code"]]["advice"] == "info"

    shown = unsaid("rules", "--mine").stdout
    assert "not worth it 2, wrong words 1" in shown and "in 3 sessions" in shown
    lines = shown[shown.index("[severity]") :]
    (workspace / "unsaid.toml").write_text(lines)
    assert unsaid("config").returncode == 0, "the lines are good as they are printed"
    if by_code[worst["code"]]["advice"] == "off":
        found = audit(unsaid)
        assert worst["code"] not in {f["code"] for f in found["flags"] + found["more"] + found["dismissed"]}
        asked = audit(unsaid, "--select", worst["code"])
        assert worst["id"] in ids(asked["dismissed"]), "asked for on the command line it is there"
    assert "[severity]" not in unsaid("rules", "--mine").stdout, "what is turned down already is not advised"


def test_rules_mine_without_sessions_says_what_to_do(unsaid) -> None:
    done = unsaid("rules", "--mine")
    assert done.returncode == 0 and done.stdout == "" and "unsaid demo" in done.stderr
