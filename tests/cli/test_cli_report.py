"""The report by the real command: what was decided in the review stands in it, and nothing is lost."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from support import command
from terminal_driver import Driven

REWRITE = "I put it in the gateway because every request passes there anyway."
WEAK = "Okay, I'd put it in the gateway."


@pytest.fixture
def terminal(workspace: Path, tmp_path: Path, demo: Path) -> Iterator:
    """Opens a review in a terminal."""
    with ExitStack() as stack:

        def open_() -> Driven:
            argv = [*command(), "--workspace", str(workspace), "review", "--no-audio", "demo"]
            return stack.enter_context(Driven(argv, cwd=tmp_path, size=(100, 40)))

        yield open_


def judge(window: Driven) -> None:
    """Keep the first moment, dismiss the second, rewrite the third, mark the sentence after it."""
    window.until(r"moment 1 of 7")
    window.type("k")
    window.until(r"moment 2 of 7")
    window.type("d2")
    window.until(r"moment 3 of 7.* 1 dismissed")
    window.type("w")
    window.until_told("enter keeps it")
    window.type(f"{REWRITE}\n")
    window.until(r"\(passes")
    window.type("m")
    window.until(r"up/down choose")
    window.type("ja")
    window.until(r"your own mark \[missing assumption\]")


def test_what_was_decided_in_the_terminal_stands_in_every_report(terminal, unsaid, demo: Path) -> None:
    window = terminal()
    judge(window)
    window.type("q")
    assert window.status() == 0

    text = unsaid("report").stdout
    assert re.search(r"^ 1 \[D1\] .*  kept$", text, re.MULTILINE)
    assert re.search(r"^ 2 \[A2\] .*  dismissed: not a decision$", text, re.MULTILINE)
    assert f'now      "{REWRITE}"  passes' in text and 'said     "Okay, I\'d put it in the gateway."' in text
    assert "{The gateway reads the counter, and then it updates it.}[own:A]" in text
    assert "[2:A2]" not in text, "what was dismissed is not marked"
    counted = json.loads((demo / "audit.json").read_text(encoding="utf-8"))["measures"]
    heard, total = counted["decisions_explained"], counted["decisions"]
    told = rf"^Decisions +{heard} of {total} with an audible reason, {heard + 1} with the rewrites$"
    assert re.search(told, text, re.MULTILINE), "the figures go on from the audit's"

    # The session's own pages, written at the end of the review, say the same.
    page, document = (demo / "report.html").read_text(), (demo / "report.md").read_text()
    assert document == unsaid("report", "-f", "markdown").stdout
    for kept in (page, document):
        assert REWRITE in kept and "dismissed: not a decision" in kept
        assert f"with an audible reason, {heard + 1} with the rewrites" in kept

    doc = json.loads(unsaid("report", "demo", "-f", "json").stdout)
    verdicts = {m["code"]: m["verdict"] for m in doc["review"]["moments"]}
    assert verdicts == {
        "D1": "kept",
        "A2": "dismissed",
        "D2": "kept",
        "own": "kept",
        "A4": "open",
        "U1": "open",
        "U5": "open",
        "D4": "open",
    }
    rows = list(csv.DictReader(io.StringIO(unsaid("report", "-f", "csv").stdout, newline="")))
    assert {row["code"]: row["now"] for row in rows if row["now"]} == {"D2": REWRITE}
    assert [row["reason"] for row in rows if row["reason"]] == ["not a decision"]
    for format_ in ("srt", "vtt", "audacity", "textgrid"):
        told = unsaid("report", "-f", format_).stdout
        assert f"now: {REWRITE}" in told and "own:A" in told, format_

    sheet = unsaid("report", "--sheet")
    assert re.findall(r"^(?:\d )?\[\S+\]", sheet.stdout, re.MULTILINE) == ["1 [D1]", "3 [D2]", "[own:A]"]
    assert f"now   {REWRITE}  (passes)" in sheet.stdout
    hidden = unsaid("report", "--sheet", "--hide")
    assert REWRITE not in hidden.stdout and "because" not in hidden.stdout
    assert "unsaid report demo --sheet" in hidden.stderr


def test_an_audit_after_a_killed_review_draws_what_was_decided(terminal, unsaid, demo: Path) -> None:
    window = terminal()
    judge(window)
    os.kill(window.pid, signal.SIGKILL)
    window.status()
    assert REWRITE not in (demo / "report.md").read_text(), "nobody has drawn it yet"
    assert unsaid("audit", "demo", "-q").returncode == 0
    for name in ("report.md", "report.html"):
        assert REWRITE in (demo / name).read_text()
    drawn = (demo / "report.md").stat().st_mtime_ns
    assert unsaid("audit", "demo", "-q").returncode == 0
    assert (demo / "report.md").stat().st_mtime_ns == drawn, "what has not changed is not drawn again"


def test_without_a_review_it_is_what_the_audit_shows(unsaid, demo: Path, tmp_path: Path) -> None:
    # The audit tells of the signals in a line on standard error; the report has them, and the time, in full.
    shown, plain = unsaid("report", "demo"), unsaid("audit", "demo", "-q")
    before, whole, after = re.split(r"(?m)^(?=Signals ─|Measures ─)", shown.stdout)
    assert shown.returncode == 0 and before + after == plain.stdout
    assert "problem framing" in whole and "How the time went" in whole
    for format_ in ("markdown", "srt", "vtt", "audacity", "html"):
        shown, plain = unsaid("report", "demo", "-f", format_), unsaid("audit", "demo", "-q", "-f", format_)
        # A stream of sound has a number of its own, drawn anew each time it is written.
        texts = [re.sub(r"base64,[^\"]*", "", done.stdout) for done in (shown, plain)]
        assert shown.returncode == 0 and texts[0] == texts[1]
    doc = json.loads(unsaid("report", "demo", "-f", "json").stdout)
    review = doc.pop("review")
    assert doc == json.loads(unsaid("audit", "demo", "-q", "-f", "json").stdout)
    assert {m["verdict"] for m in review["moments"]} == {"open"}
    assert len(review["moments"]) == len(doc["flags"])
    plain, more = (
        list(csv.DictReader(io.StringIO(unsaid(*args, "-f", "csv").stdout, newline="")))
        for args in (("audit", "demo", "-q"), ("report", "demo"))
    )
    assert [{k: row[k] for k in plain[0]} for row in more] == plain
    sheet = unsaid("report", "--sheet")
    assert sheet.returncode == 0 and "Nothing was kept, marked or rewritten yet." in sheet.stdout
    assert "unsaid review demo" in sheet.stderr


def test_the_newest_answer_is_meant_where_none_is_named(unsaid, demo: Path) -> None:
    older = demo.parent / "older"
    shutil.copytree(demo, older)
    told = json.loads((older / "session.json").read_text())
    told |= {"id": "older", "created": "2020-01-01T10:00:00+00:00"}
    (older / "session.json").write_text(json.dumps(told))
    assert unsaid("report").stdout.startswith("demo\n")
    assert unsaid("report", "older").stdout.startswith("older\n")


def test_all_shows_what_is_left_out(unsaid, demo: Path, workspace: Path) -> None:
    (workspace / "unsaid.toml").write_text("min_confidence = 0.8\n")
    assert unsaid("audit", "demo", "-q").returncode == 0
    some, every = (json.loads(unsaid("report", "-f", "json", *args).stdout) for args in ([], ["--all"]))
    assert some["more"] and not every["more"]
    assert len(every["review"]["moments"]) == len(some["flags"]) + len(some["more"])


def test_a_page_in_the_sessions_folder_plays_the_recording_there(unsaid, demo: Path, tmp_path: Path) -> None:
    for name in ("mine.html", "sheet.html"):
        args = ["--sheet"] if name == "sheet.html" else []
        keep_one(unsaid, demo)
        for out, inside in ((demo / name, False), (tmp_path / name, True)):
            done = unsaid("report", *args, "-o", out)
            assert done.returncode == 0 and done.stdout == "" and f"written: {out}" in done.stderr
            text = out.read_text(encoding="utf-8")
            assert ('src="answer.flac"' in text) != inside
            assert ('src="data:audio/ogg;base64,' in text) == inside


def keep_one(unsaid, demo: Path) -> None:
    flag = json.loads((demo / "audit.json").read_text())["flags"][0]
    row = {"code": flag["code"], "quote": flag["quote"], "start": flag["start"], "at": ""}
    (demo / "review.json").write_text(json.dumps({"schema": 1, "dismissed": [], "kept": [row]}))


def test_a_session_without_its_recording_is_still_reported(unsaid, demo: Path, tmp_path: Path) -> None:
    (demo / "answer.flac").unlink()
    done = unsaid("report", "-o", tmp_path / "a.html")
    assert done.returncode == 0, done.stderr
    assert "<audio" not in (tmp_path / "a.html").read_text()


def test_the_files_name_tells_the_format(unsaid, demo: Path, tmp_path: Path) -> None:
    begins = {
        "a.md": "# demo",
        "a.json": "{",
        "a.srt": "1\n",
        "a.vtt": "WEBVTT",
        "a.TextGrid": "File type",
        "a.csv": "number,",
    }
    for name, first in begins.items():
        assert unsaid("report", "-o", tmp_path / name).returncode == 0
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(first)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["nowhere"], "no session 'nowhere'"),
        (["demo", "-f", "docx"], "docx"),
        (["demo", "--sheet", "-f", "srt"], "the rewrite sheet cannot be written as srt"),
        (["demo", "--sheet", "-o", "a.TextGrid"], "the rewrite sheet cannot be written as textgrid"),
        (["demo", "--hide"], "--hide is for the rewrite sheet"),
        (["demo", "--sheet", "--hide", "-f", "csv"], "--hide is for reading"),
        (["demo", "-o", "no/such/folder/a.html"], "there is no folder"),
        (["demo", "-o", "."], "is a folder"),
        (["demo", "-o", f"{'a' * 300}.html"], "cannot be written"),
        (["demo", "-o", "workspace/sessions/demo/review.json"], "belongs to the session demo"),
        (["demo", "-o", "workspace/sessions/demo/audit.json"], "belongs to the session demo"),
        (["demo", "-f", "html", "-o", "workspace/sessions/demo/answer.flac"], "belongs to the session demo"),
    ],
)
def test_wrong_usage_is_told_and_changes_nothing(unsaid, demo: Path, args: list[str], says: str) -> None:
    keep_one(unsaid, demo)
    before = {p.name: p.read_bytes() for p in demo.iterdir()}
    done = unsaid("report", *args)
    assert done.returncode == 2 and says in done.stderr and done.stdout == ""
    assert "hint: " in done.stderr or "docx" in says
    assert {p.name: p.read_bytes() for p in demo.iterdir()} == before


def test_without_a_session_or_an_audit_it_says_what_to_do(unsaid, demo: Path, workspace: Path) -> None:
    (demo / "audit.json").unlink()
    done = unsaid("report", "demo")
    assert done.returncode == 2 and "has no audit yet" in done.stderr and "unsaid audit demo" in done.stderr
    done = unsaid("report")
    assert done.returncode == 2 and "no audited session" in done.stderr and "unsaid demo" in done.stderr


def test_a_damaged_review_is_told_and_nothing_is_written(unsaid, demo: Path, tmp_path: Path) -> None:
    (demo / "review.json").write_text('{"kept": [{"code": 1}]}')
    done = unsaid("report", "-o", tmp_path / "a.md")
    assert done.returncode == 2 and "review.json: kept[0]" in done.stderr
    assert not (tmp_path / "a.md").exists()


def test_hostile_rewrites_do_not_steer_what_they_are_printed_to(unsaid, demo: Path, tmp_path: Path) -> None:
    flag = json.loads((demo / "audit.json").read_text())["flags"][0]
    row = {"code": flag["code"], "quote": flag["quote"], "start": flag["start"], "at": ""}
    hostile = (
        "=1+1 \x1b[2J <script>alert(1)</script> --> a\tb\n\n2\n00:00:01,000 --> 00:00:02,000\nx \u202eevil"
    )
    review = {"schema": 1, "rewrites": [row | {"text": hostile, "missing": [hostile]}]}
    (demo / "review.json").write_text(json.dumps(review))
    for format_ in ("terminal", "markdown", "html", "json", "srt", "vtt", "audacity", "textgrid", "csv"):
        for sheet in ([], ["--sheet"]):
            if sheet and format_ in ("srt", "vtt", "audacity", "textgrid"):
                continue
            done = unsaid("report", "-f", format_, *sheet)
            assert done.returncode == 0, done.stderr
            assert "\x1b" not in done.stdout
            if format_ == "html":
                assert "<script>alert" not in done.stdout
    flags = len(json.loads(unsaid("report", "-f", "json").stdout)["sentences"])
    assert unsaid("report", "-f", "srt").stdout.count(" --> ") == flags
    assert unsaid("report", "-f", "vtt").stdout.count(" --> ") == flags
