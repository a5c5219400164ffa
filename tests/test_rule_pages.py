"""docs/rules/ has a page for every rule, and says what the rule says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools import rule_pages
from unsaid.rules import RULES


def test_every_page_is_up_to_date() -> None:
    there = {p.name: p.read_text(encoding="utf-8") for p in rule_pages.FOLDER.glob("*")}
    assert there == rule_pages.pages(), "run: python tools/rule_pages.py"


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.code)
def test_a_page_tells_all_that_the_rule_tells(rule) -> None:
    plain = rule_pages.page(rule).replace("\\", "").replace("**", "")
    for text in (rule.summary, rule.why, rule.instead):
        assert text.replace("**", "") in plain
    for example in (*rule.caught, *rule.spared, *rule.known_misses):
        assert example.text in plain
        assert example.note in plain
    for example in rule.caught:
        assert example.quote in example.text
    assert all(frame.replace("{thing}", "…") in plain for frame in rule.frames)


def test_check_says_what_is_stale_and_changes_nothing(tmp_path: Path, capsys) -> None:
    assert rule_pages.main(["--folder", str(tmp_path / "rules")]) == 0
    assert rule_pages.main(["--check", "--folder", str(tmp_path / "rules")]) == 0
    capsys.readouterr()
    page = tmp_path / "rules" / RULES[0].page
    page.write_text("older", encoding="utf-8")
    (tmp_path / "rules" / "D9-gone.md").write_text("of a rule that is gone", encoding="utf-8")
    assert rule_pages.main(["--check", "--folder", str(tmp_path / "rules")]) == 1
    said = capsys.readouterr().out
    assert RULES[0].page in said and "D9-gone.md" in said and RULES[1].page not in said
    assert page.read_text(encoding="utf-8") == "older"
    assert rule_pages.main(["--folder", str(tmp_path / "rules")]) == 0
    assert rule_pages.main(["--check", "--folder", str(tmp_path / "rules")]) == 0


def test_readme_and_explain_lead_there(unsaid) -> None:
    root = rule_pages.FOLDER.parents[1]
    assert "docs/rules/README.md" in (root / "README.md").read_text(encoding="utf-8")
    for rule in RULES[:2]:
        named = re.search(r"docs/rules/\S+", unsaid("explain", rule.code).stdout)
        assert named is not None and (root / named[0]).is_file()
