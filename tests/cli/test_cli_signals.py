"""`unsaid signals`: the seven with their sentences, and the parts of the answer as a timeline."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

from cli_support import audited

from unsaid.drills.signals import SIGNALS
from unsaid.model import Prompt

STORY = """Last year I led a team of four at a shop. Every failed payment cost us a sale. I decided to build a
retry queue, because the service was too slow. Failed payments fell from two percent to half a percent.
Looking back, I would involve support earlier."""


def test_the_seven_with_their_sentences_and_times(unsaid, demo: Path) -> None:
    done = unsaid("signals")
    assert done.returncode == 0 and done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == "demo" and "Design a rate limiter" in lines[1]
    places = [next(n for n, line in enumerate(lines) if line.startswith(s.title)) for s in SIGNALS]
    assert places == sorted(places)
    assert re.search(r"problem framing +visible: \d+ sentences", done.stdout)
    assert re.search(r"coding fluency +not asked for by this prompt", done.stdout)
    assert re.search(r" 0:04  asks what the work turns on: “Is the limit for each user", done.stdout)
    assert re.search(r"\d more sentences?: --all", done.stdout)
    assert re.search(r"\nTrain [a-z ]+ next: ", done.stdout)


def test_all_sentences_are_shown_when_asked_for(unsaid, demo: Path) -> None:
    short, whole = unsaid("signals", "demo").stdout, unsaid("signals", "demo", "--all").stdout
    assert "--all" not in whole
    evidence = [
        e for s in json.loads(unsaid("signals", "demo", "--json").stdout)["signals"] for e in s["evidence"]
    ]
    flat = " ".join(whole.split())
    assert all(" ".join(e["text"].split()) in flat for e in evidence)
    assert whole.count("“") == len(evidence) > short.count("“")


def test_the_time_against_the_prompts(unsaid, demo: Path) -> None:
    out = unsaid("signals", "demo").stdout
    assert "How the time went: 2:16 of 8:00" in out
    rows = re.findall(r"^ *(\d:\d\d)  (\w+) +(\d:\d\d)  (#+)$", out, re.MULTILINE)
    assert rows[0][0] == "0:00" and rows[0][1] == "clarify"
    seconds = [int(t[2].split(":")[0]) * 60 + int(t[2].split(":")[1]) for t in rows]
    assert sum(seconds) in range(135, 139)
    assert max(rows, key=lambda r: len(r[3]))[1] == "solve"


def test_json_for_other_tools(unsaid, demo: Path) -> None:
    doc = json.loads(unsaid("signals", "demo", "--json").stdout)
    assert (doc["schema"], doc["session"], doc["minutes"]) == (1, "demo", 8)
    assert [s["id"] for s in doc["signals"]] == [s.id for s in SIGNALS]
    assert {s["level"] for s in doc["signals"]} <= {"visible", "partly", "hidden", "not-asked"}
    assert all(e["start"] >= 0 and e["text"] for s in doc["signals"] for e in s["evidence"])
    train = next(s for s in doc["signals"] if s["id"] == doc["train"]["signal"])
    assert train["level"] in ("partly", "hidden") and doc["train"]["how"]
    assert doc["parts"][0]["start"] == 0 and doc["parts"][-1]["end"] > 130


def test_the_prompts_card_says_what_is_asked_for(unsaid, workspace: Path) -> None:
    card = json.loads(unsaid("prompts", "show", "hard-call", "--json").stdout)
    made = audited(workspace, STORY, Prompt(card["text"], "story", "hard-call"))
    doc = json.loads(unsaid("signals", made, "--json").stdout)
    assert [s["id"] for s in doc["signals"] if s["level"] != "not-asked"] == card["signals"]
    assert doc["minutes"] == card["minutes"]


def test_without_times_sentences_are_numbered_and_words_counted(unsaid, workspace: Path) -> None:
    out = unsaid("signals", audited(workspace, STORY, Prompt("Tell me about it.", "story"))).stdout
    assert "How the words went" in out and re.search(r"\d+ words  #", out)
    assert re.search(r"sentence \d  ", out) and not re.search(r"\d:\d\d", out.splitlines()[-1])


def test_hostile_words_are_shown_and_not_obeyed(unsaid, workspace: Path) -> None:
    evil = "Is the limit \x1b[2J for each \u202euser or for each [bold]address[/bold]? " + STORY
    made = audited(workspace, evil, Prompt("Why \x1b]0;x\x07?", "design"))
    for args in ([], ["--json"]):
        out = unsaid("signals", made, *args).stdout
        assert "\x1b" not in out and "\u202e" not in out
    assert "[bold]address[/bold]" in unsaid("signals", made).stdout


def test_what_cannot_be_shown_is_told(unsaid, demo: Path) -> None:
    (demo / "audit.json").unlink()
    gone = unsaid("signals", "demo")
    assert gone.returncode == 2 and "unsaid audit demo" in gone.stderr
    assert unsaid("signals", "nothing").returncode == 2
    none = unsaid("signals")
    assert none.returncode == 2 and "no audited session" in none.stderr


def test_the_audit_of_a_session_holds_the_same_levels(unsaid, demo: Path) -> None:
    shown = {s["id"]: s["level"] for s in json.loads(unsaid("signals", "demo", "--json").stdout)["signals"]}
    assert json.loads((demo / "audit.json").read_text(encoding="utf-8"))["signals"] == shown
    # A review writes the audit anew, and they stay.
    assert unsaid("dismiss", "demo", "1").returncode == 0
    assert json.loads((demo / "audit.json").read_text(encoding="utf-8"))["signals"] == shown


def test_signals_that_nobody_knows_do_not_stop_an_audit(unsaid, demo: Path) -> None:
    path = demo / "session.json"
    doc = json.loads(path.read_text(encoding="utf-8"))
    doc["prompt"]["signals"] = ["problem-framing", "second-sight"]
    path.write_text(json.dumps(doc), encoding="utf-8")
    assert unsaid("audit", "demo", "--from", "audit").returncode == 0
    heard = json.loads((demo / "audit.json").read_text(encoding="utf-8"))["signals"]
    assert [name for name, level in heard.items() if level != "not-asked"] == ["problem-framing"]


def test_every_view_of_an_answer_tells_the_same(unsaid, workspace: Path) -> None:
    prompt = Prompt(
        "Tell me about it.", "story", None, ("There were four of us.",), ("delivery-judgement",), 3.5
    )
    made = audited(workspace, STORY, prompt)
    doc = json.loads(unsaid("signals", made, "--json").stdout)
    assert doc["minutes"] == 3.5, "the prompt keeps its minutes"
    asked = [s for s in doc["signals"] if s["level"] != "not-asked"]
    assert [s["id"] for s in asked] == ["delivery-judgement"]
    folder = workspace / "sessions" / made
    views = {
        "page": re.sub(r"<[^>]+>", "", (folder / "report.html").read_text(encoding="utf-8")),
        "markdown": (folder / "report.md").read_text(encoding="utf-8"),
        "terminal": unsaid("report", made).stdout,
    }
    for name, text in views.items():
        flat = html.unescape(" ".join(text.split()))
        for told in (
            asked[0]["why"],
            doc["train"]["why"],
            "How the words went",
            "There were four of us.",
            *doc["notes"],
        ):
            assert told in flat, (name, told)
    for name in ("page", "markdown"):
        flat = html.unescape(" ".join(views[name].split()))
        assert all(e["what"] in flat for e in asked[0]["evidence"])


def test_a_file_without_a_session_has_them_on_its_page(unsaid, tmp_path: Path) -> None:
    answer = tmp_path / "answer.srt"
    lines = [line for line in STORY.replace("\n", " ").split(". ") if line]
    answer.write_text(
        "".join(
            f"{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\n{line}.\n\n" for n, line in enumerate(lines, 1)
        ),
        encoding="utf-8",
    )
    card = json.loads(unsaid("prompts", "show", "hard-call", "--json").stdout)
    for format_, heading in (("html", "Signals</h2>"), ("markdown", "## Signals")):
        out = unsaid("audit", str(answer), "--prompt", "hard-call", "-f", format_, "-q").stdout
        assert heading in out
        assert f"of {card['minutes']:g}:00" in out
        assert all(html.escape(fact, quote=False) in html.unescape(out) for fact in card["facts"])
    assert "Signals" not in unsaid("audit", str(answer), "-f", "csv", "-q").stdout
