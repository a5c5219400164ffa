"""Progress over real folders, by the real command: none, one, two and two hundred answers."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from itertools import count
from pathlib import Path

import pytest

import synthetic
from unsaid.cli.figures import row
from unsaid.sessions.progress import INDEX_NAME, by_week, costs, figures, gather

OLD_S = count(1_500_000_000)


def put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    at_s = next(OLD_S)
    os.utime(path, (at_s, at_s))


@pytest.fixture(scope="module")
def practised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("practised")
    synthetic.write(folder / "sessions", synthetic.many(200, weeks=20), put, without=["transcript.json"])
    return folder


@pytest.fixture
def two_hundred(practised: Path, workspace: Path) -> Path:
    shutil.copytree(practised, workspace)
    return workspace / "sessions"


def some(workspace: Path, *names: str) -> Path:
    made = [synthetic.session(name, seed=n, scored=True) for n, name in enumerate(names)]
    synthetic.write(workspace / "sessions", made, put)
    return workspace / "sessions"


def test_without_an_answer_it_says_what_to_do(unsaid, workspace: Path) -> None:
    done = unsaid("progress")
    assert done.returncode == 0 and not done.stdout
    assert "No answer yet" in done.stderr and "unsaid demo" in done.stderr
    assert not (workspace / "sessions").exists(), "looking writes nothing"


@pytest.mark.parametrize("names", [["one"], ["one", "two"]])
def test_with_few_answers_it_claims_nothing(unsaid, workspace: Path, names: list[str]) -> None:
    some(workspace, *names)
    done = unsaid("progress")
    assert done.returncode == 0 and not done.stderr
    said = "is 1" if len(names) == 1 else "are 2"
    assert f"fewer than 12 audited answers; there {said}." in done.stdout
    assert "better" not in done.stdout and "worse" not in done.stdout
    assert f"Progress: {len(names)} answer{'s' if len(names) > 1 else ''}, 29 Jun 2026" in done.stdout
    assert "2026-W27" in done.stdout


def test_an_answer_that_was_only_recorded_counts_as_practice(unsaid, workspace: Path) -> None:
    synthetic.write(workspace / "sessions", [synthetic.session("raw", audited=False)], put)
    done = unsaid("progress")
    assert done.returncode == 0 and "1 not audited" in done.stdout and "there are 0" in done.stdout
    assert "What costs most" not in done.stdout


def test_two_hundred_answers_in_a_terminal(unsaid, two_hundred: Path) -> None:
    done = unsaid("progress")
    assert done.returncode == 0 and not done.stderr
    rows = gather(two_hundred, row).rows
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Progress: 200 answers, 29 Jun 2026 to")
    for week in by_week(rows):
        (line,) = [x for x in lines if x.startswith(week.label)]
        f = week.figures
        assert line.split()[1] == str(f.answers)
        if f.explained is not None:
            assert f"{f.explained:.0%}" in line and f"{f.bounded or 0:.0%}" in line
    assert any("better" in x and x.startswith("decisions with a reason") for x in lines)
    assert max(map(len, lines)) <= 100
    most = costs(rows)[0]
    after = lines[next(n for n, x in enumerate(lines) if x.startswith("What costs most")) + 1]
    assert after.startswith(most.code) and f"{most.flags} flags, {most.kept} kept" in after


def test_it_reads_only_once(unsaid, two_hundred: Path) -> None:
    unsaid("progress")
    index = two_hundred / INDEX_NAME
    before = index.stat()
    unsaid("progress", "--by", "kind")
    assert index.stat().st_mtime_ns == before.st_mtime_ns, "nothing changed: it is not written again"


def test_by_kind_and_a_choice_of_answers(unsaid, two_hundred: Path) -> None:
    rows = gather(two_hundred, row).rows
    shown = unsaid("progress", "--by", "kind").stdout
    assert all(f"\n{kind} " in shown for kind in ("coding", "design", "story", "debugging"))
    told = json.loads(
        unsaid("progress", "--kind", "story", "--since", "2026-09-01", "--last", "7", "--json").stdout
    )
    wanted = [r.id for r in rows if r.kind == "story" and r.at >= "2026-09-01"][-7:]
    assert [s["id"] for s in told["sessions"]] == wanted
    assert unsaid("progress", "--kind", "story").stdout.startswith("Progress: 50 story answers")
    none = unsaid("progress", "--since", "2031-01-01")
    assert none.returncode == 0 and not none.stdout and "Of 200 answers none fits." in none.stderr


def test_json_says_all_that_is_known(unsaid, two_hundred: Path) -> None:
    rows = gather(two_hundred, row).rows
    told = json.loads(unsaid("progress", "--json").stdout)
    assert told["schema"] == 1 and told["damaged"] == []
    assert [s["id"] for s in told["sessions"]] == [r.id for r in rows]
    one = next(r for r in rows if r.score and r.rewrites)
    said = next(s for s in told["sessions"] if s["id"] == one.id)
    assert said["score"] == one.score and said["flags"] == one.flags and said["rules"] == one.rules
    assert {k: tuple(v) for k, v in said["shares"].items()} == one.shares
    whole = figures(rows)
    assert told["all"]["explained"] == whole.explained and told["all"]["score"] == whole.score
    assert [w["label"] for w in told["weeks"]] == [w.label for w in by_week(rows)]
    assert sum(k["answers"] for k in told["kinds"]) == 200
    assert {t["name"] for t in told["trends"] if t["better"]} >= {"doubts bounded", "flags a minute"}


def test_csv_is_read_back(unsaid, two_hundred: Path) -> None:
    rows = gather(two_hundred, row).rows
    table = list(csv.DictReader(io.StringIO(unsaid("progress", "--csv").stdout)))
    assert len(table) == 200
    for line, one in zip(table, rows, strict=True):
        assert line["session"] == one.id and line["kind"] == one.kind
        if one.audited:
            assert int(line["decisions"]) == one.decisions and float(line["silence"]) == one.silence
            assert [int(line[f"flags_{k}"]) for k in "DAU"] == [one.flags.get(k, 0) for k in "DAU"]
            assert int(line["D_followed_with_rewrites"]) == one.shares["D"][2]
        else:
            assert line["decisions"] == line["flags_D"] == line["silence"] == ""
        assert line["framing"] == (str(one.score["framing"]) if one.score else "")
    weeks = list(csv.DictReader(io.StringIO(unsaid("progress", "--csv", "--by", "week").stdout)))
    assert [(w["week"], int(w["answers"])) for w in weeks] == [
        (w.label, w.figures.answers) for w in by_week(rows)
    ]


def test_the_header_is_there_without_an_answer(unsaid) -> None:
    assert unsaid("progress", "--csv").stdout.startswith("session,at,minutes,")
    assert unsaid("progress", "--csv", "--by", "kind").stdout.startswith("kind,answers,")


def test_a_damaged_session_is_named_and_stops_nobody(unsaid, workspace: Path) -> None:
    folder = some(workspace, "one", "two", "three")
    put(folder / "two" / "audit.json", '{\n"flags": [}')
    put(folder / "three" / "session.json", '{"schema": 99}')
    for args in ([], ["--json"], ["--csv"]):
        done = unsaid("progress", *args)
        assert done.returncode == 0
        assert "two/audit.json, line 2" in done.stderr and "three/session.json was written by" in done.stderr
    assert "Progress: 1 answer" in unsaid("progress").stdout
    told = json.loads(unsaid("progress", "--json").stdout)
    assert [d["session"] for d in told["damaged"]] == ["three", "two"]


def test_foreign_text_is_shown_and_not_obeyed(unsaid, workspace: Path) -> None:
    folder = some(workspace, "=1+1", "two")
    put(
        folder / "two" / "session.json",
        (folder / "two" / "session.json").read_text().replace("rate-limiter", "\\u001b[2J\\u202e<b>x"),
    )
    table = list(csv.DictReader(io.StringIO(unsaid("progress", "--csv").stdout)))
    assert [line["session"] for line in table] == ["'=1+1", "two"]
    shown = unsaid("progress").stdout
    page = workspace / "page.html"
    unsaid("progress", "--html", page)
    for text in (shown, page.read_text(encoding="utf-8"), table[1]["prompt"]):
        assert not set(text) & set("\x1b\u202e") and "<b>x</b>" not in text


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--since", "yesterday"], "'yesterday' is no day"),
        (["--json", "--csv"], "do not go together"),
        (["--html", "nowhere/page.html"], "there is no folder nowhere"),
        (["--html", "."], "is a folder"),
        (["--last", "0"], "--last"),
        (["--kind", "poetry"], "--kind"),
    ],
)
def test_what_cannot_be_done_is_told(unsaid, args: list[str], says: str) -> None:
    done = unsaid("progress", *args)
    assert done.returncode == 2 and says in done.stderr and not done.stdout


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_any_terminal_can_show_it(unsaid, workspace: Path, encoding: str) -> None:
    some(workspace, "one", "two")
    done = unsaid("progress", env={"PYTHONIOENCODING": encoding})
    assert done.returncode == 0 and "2026-W27" in done.stdout
    assert ("█" in done.stdout) == (encoding == "utf-8")


def test_the_page_is_not_drawn_without_being_asked_for(unsaid, workspace: Path, tmp_path: Path) -> None:
    some(workspace, "one")
    program = (
        "import sys\nfrom unsaid.cli import main\n"
        f"sys.argv = ['unsaid', '--workspace', {str(workspace)!r}, 'progress']\n"
        "try:\n    main()\nfinally:\n    print('LOADED', *sorted({m.split('.')[0] for m in sys.modules}))\n"
    )
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"matplotlib", "numpy", "jinja2", "av"} & set(done.stdout.rpartition("LOADED ")[2].split())
