"""`unsaid checklist`: the questions for the end of an answer, filled in or empty."""

from __future__ import annotations

import json
import re
from pathlib import Path

from cli_support import audited

from unsaid.drills.checklist import QUESTIONS
from unsaid.model import Prompt
from unsaid.sessions.record import Drilled


def test_filled_with_what_was_heard_and_when(unsaid, demo: Path) -> None:
    done = unsaid("checklist")
    assert done.returncode == 0 and done.stderr == ""
    flat = " ".join(done.stdout.split())
    assert done.stdout.startswith("demo\n")
    places = [flat.index(question) for question in QUESTIONS.values()]
    assert places == sorted(places)
    assert re.search(r"yes +Was the task clarified before it was solved\?", done.stdout)
    assert "0:04 “Is the limit for each user, or for each address?”" in flat
    assert re.search(r"not asked +Context, stakes", done.stdout)
    assert "Visible: problem framing" in flat


def test_every_sentence_when_asked_for(unsaid, demo: Path) -> None:
    rows = json.loads(unsaid("checklist", "demo", "--json").stdout)["lines"]
    told = [s for row in rows if row["id"] != "signals" for s in row["sentences"]]
    assert unsaid("checklist", "demo", "--all").stdout.count("“") >= len(told)
    assert unsaid("checklist", "demo").stdout.count("“") <= len(told)


def test_json_for_other_tools(unsaid, demo: Path) -> None:
    doc = json.loads(unsaid("checklist", "demo", "--json").stdout)
    assert (doc["schema"], doc["session"]) == (1, "demo")
    assert {row["id"]: row["question"] for row in doc["lines"]} == dict(QUESTIONS)
    assert {row["answer"] for row in doc["lines"]} <= {"yes", "partly", "no", "not asked"}
    clarified = doc["lines"][0]
    assert clarified["answer"] == "yes" and all(s["start"] >= 0 and s["text"] for s in clarified["sentences"])


def test_empty_where_there_is_no_answer_yet(unsaid, workspace: Path) -> None:
    done = unsaid("checklist")
    assert done.returncode == 0
    assert re.findall(r"^\[ \] (.*)$", done.stdout, re.MULTILINE) == list(QUESTIONS.values())
    assert "no answer is audited yet" in done.stderr
    doc = json.loads(unsaid("checklist", "--json").stdout)
    assert doc["session"] is None and all(row["answer"] is None for row in doc["lines"])


def test_empty_when_asked_for(unsaid, demo: Path) -> None:
    done = unsaid("checklist", "--empty")
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.count("[ ]") == len(QUESTIONS) and "demo" not in done.stdout


def test_whether_a_hint_was_taken_is_asked_where_there_was_one(unsaid, workspace: Path) -> None:
    words = (
        "I see the problem: I assumed that the average speaks for everybody, and that was too strong. "
        "So instead I'd look at the slowest one percent, because that shows who suffers. "
        "Then I'd alert when it passes two seconds."
    )
    prompt = Prompt("Customers complain.", "debugging", "recover-fine-average")
    alone = audited(workspace, words, prompt)
    drilled = audited(workspace, words, prompt, Drilled("recovery", "2026-01-01-0101-recovery", 1))
    answers = {}
    for name in (alone, drilled):
        rows = json.loads(unsaid("checklist", name, "--json").stdout)["lines"]
        answers[name] = next(row["answer"] for row in rows if row["id"] == "hints")
    assert answers == {alone: "not asked", drilled: "yes"}


def test_hostile_words_are_shown_and_not_obeyed(unsaid, workspace: Path) -> None:
    evil = "Is it \x1b[2J for each \u202euser, or for each [bold]address[/bold]? I'd go with a hash map."
    made = audited(workspace, evil, Prompt("Why \x1b]0;x\x07?", "design"))
    for args in ([], ["--all"], ["--json"]):
        out = unsaid("checklist", made, *args).stdout
        assert "\x1b" not in out and "\u202e" not in out


def test_what_cannot_be_filled_is_told(unsaid, demo: Path) -> None:
    assert unsaid("checklist", "nothing").returncode == 2
    (demo / "audit.json").unlink()
    gone = unsaid("checklist", "demo")
    assert gone.returncode == 2 and "unsaid audit demo" in gone.stderr
