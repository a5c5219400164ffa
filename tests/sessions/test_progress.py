"""Progress: the index says what the folders say, whatever happens to either, and the figures add up."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import synthetic
from unsaid.cli.figures import row
from unsaid.sessions import progress
from unsaid.sessions.progress import INDEX_NAME, Practice, Row, gather

OLD_S = count(1_500_000_000)
"""Times for files: each its own, long ago, so that nobody can take them for still being written."""


def put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    at_s = next(OLD_S)
    os.utime(path, (at_s, at_s))


class Reader:
    """Makes rows, and counts how many."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, folder: Path) -> Row:
        self.read.append(folder.name)
        return row(folder)


def anew(folder: Path) -> Practice:
    """What the folders say, without the index, which is as it was afterwards."""
    index = folder / INDEX_NAME
    kept = index.read_bytes() if index.is_file() else None
    index.unlink(missing_ok=True)
    found = gather(folder, row)
    if kept is not None:
        index.write_bytes(kept)
    return found


MADE = [
    synthetic.session(
        f"take-{n}", seed=(7, 1, 4, 9)[n], kind=kind, audited=n != 3, reviewed=n % 2 == 0, scored=n > 1
    )
    for n, kind in enumerate(("design", "story", None, "coding"))
]
FILES = ("session.json", "audit.json", "review.json", "score.json")
STEPS = st.one_of(
    st.tuples(st.just("add"), st.integers(0, 3), st.integers(0, 3)),
    st.tuples(st.just("remove"), st.integers(0, 3), st.just(0)),
    st.tuples(st.just("drop"), st.integers(0, 3), st.sampled_from(FILES)),
    st.tuples(st.just("cut"), st.integers(0, 3), st.sampled_from(FILES)),
    st.tuples(st.just("empty"), st.integers(0, 3), st.sampled_from(FILES)),
    st.tuples(st.just("newer"), st.integers(0, 3), st.sampled_from(FILES)),
    st.tuples(st.just("rename"), st.integers(0, 3), st.integers(0, 3)),
    st.tuples(st.just("spoil"), st.integers(0, 400), st.integers(0, 255)),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=12))
def test_the_index_says_what_the_folders_say(tmp_path_factory, steps) -> None:
    folder = tmp_path_factory.mktemp("progress") / "sessions"
    folder.mkdir()
    for what, which, how in steps:
        target = folder / f"take-{which}"
        if what == "add":
            shutil.rmtree(target, ignore_errors=True)
            synthetic.write(folder, [replace(MADE[how], id=target.name)], put)
        elif what == "remove":
            shutil.rmtree(target, ignore_errors=True)
        elif what == "rename" and target.exists() and not (folder / f"other-{how}").exists():
            target.rename(folder / f"other-{how}")
        elif what == "spoil" and (folder / INDEX_NAME).is_file():
            raw = bytearray((folder / INDEX_NAME).read_bytes())
            raw[which * len(raw) // 401] = how
            (folder / INDEX_NAME).write_bytes(raw)
        elif isinstance(how, str) and (target / how).is_file():
            path = target / how
            text = path.read_text(encoding="utf-8")
            if what == "drop":
                path.unlink()
            elif what == "cut":
                put(path, text[: len(text) // 2])
            elif what == "empty":
                put(path, "")
            else:
                put(path, text.replace('"schema": 1', '"schema": 99'))
        found, from_scratch = gather(folder, row), anew(folder)
        assert (found.rows, found.broken) == (from_scratch.rows, from_scratch.broken)
        assert {r.id for r in found.rows} | {name for name, _ in found.broken} == {
            p.name for p in folder.iterdir() if (p / "session.json").is_file()
        }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    synthetic.write(tmp_path / "sessions", MADE, put)
    return tmp_path / "sessions"


def test_only_what_changed_is_read_again(folder: Path) -> None:
    reader = Reader()
    first = gather(folder, reader)
    assert sorted(reader.read) == [m.id for m in MADE] and first.read == 4
    reader.read.clear()
    assert gather(folder, reader).rows == first.rows and reader.read == []
    score = (folder / "take-2" / "score.json").read_text(encoding="utf-8")
    put(folder / "take-2" / "score.json", re.sub(r'"number": \d', '"number": 5', score))
    assert gather(folder, reader).rows != first.rows
    assert reader.read == ["take-2"]


def test_a_file_written_while_it_was_read_is_read_again(folder: Path) -> None:
    path = folder / "take-2" / "score.json"
    numbers = json.loads(path.read_text())
    gather(folder, row)

    def scored(number: int) -> None:
        numbers["scores"][0]["dimensions"]["framing"]["number"] = number
        path.write_text(json.dumps(numbers))

    # Two changes of the same length within one tick of the clock: only that it is so young can tell.
    scored(1)
    stat = path.stat()
    assert [r.score["framing"] for r in gather(folder, row).rows if r.id == "take-2" and r.score] == [1]
    scored(5)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert [r.score["framing"] for r in gather(folder, row).rows if r.id == "take-2" and r.score] == [5]


@pytest.mark.parametrize(
    "text",
    [b"", b"\n", b"{}\n{}\n", b"\xff\xfe", b"[" * 100_000, b'{"index": 1}\nnull\n'],
    ids=["empty", "blank", "others", "no-text", "deep", "other-version"],
)
def test_a_damaged_index_is_made_anew_in_silence(folder: Path, text: bytes) -> None:
    before = gather(folder, row)
    (folder / INDEX_NAME).write_bytes(text)
    again = gather(folder, row)
    assert again.rows == before.rows and again.read == 4
    assert gather(folder, row).read == 0


def test_no_figure_of_a_spoilt_index_is_believed(folder: Path) -> None:
    before = gather(folder, row)
    index = folder / INDEX_NAME
    whole = index.read_bytes()
    digits = [at for at, byte in enumerate(whole) if chr(byte).isdigit()]
    for at in digits[:: len(digits) // 60]:
        index.write_bytes(whole[:at] + (b"7" if whole[at] != ord("7") else b"3") + whole[at + 1 :])
        assert gather(folder, row).rows == before.rows


def test_where_nothing_can_be_written_it_still_works(folder: Path) -> None:
    # A folder in the index's place: even root cannot write over it.
    (folder / INDEX_NAME).mkdir()
    for _ in range(2):
        found = gather(folder, row)
        assert len(found.rows) == 4 and found.read == 4
    assert sorted(p.name for p in folder.iterdir()) == [INDEX_NAME, *(m.id for m in MADE)]


def test_several_processes_at_once_agree(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from unsaid.cli.figures import row; from unsaid.sessions.progress import gather\n"
        "for _ in range(5):\n"
        "    found = gather(Path(sys.argv[1]), row)\n"
        "    (Path(sys.argv[1]) / '.progress.json').unlink(missing_ok=True)\n"
        "print(sorted(r.id for r in gather(Path(sys.argv[1]), row).rows))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [process.communicate()[0].strip() for process in running]
    assert said == [str([m.id for m in MADE])] * 4
    assert gather(folder, row).rows == anew(folder).rows


def test_an_interrupted_reading_keeps_what_was_read(folder: Path) -> None:
    def three(path: Path) -> Row:
        if len(reader.read) == 3:
            raise KeyboardInterrupt
        return reader(path)

    reader = Reader()
    with pytest.raises(KeyboardInterrupt):
        gather(folder, three)
    assert gather(folder, row).read == 1


def test_a_damaged_session_is_named_and_stops_nobody(folder: Path) -> None:
    put(folder / "take-0" / "audit.json", '{"flags": [}')
    put(folder / "take-1" / "session.json", '{"schema": 1,\n oops')
    put(folder / "take-2" / "score.json", '{"schema": 7}')
    for _ in range(2):
        found = gather(folder, row)
        assert [r.id for r in found.rows] == ["take-3"]
        faults = dict(found.broken)
        assert "audit.json, line 1, column" in faults["take-0"]
        assert "session.json, line 2" in faults["take-1"]
        assert "score.json was written by a newer version" in faults["take-2"]


def test_no_folder_is_no_practice(tmp_path: Path) -> None:
    assert gather(tmp_path / "nowhere", row) == Practice(())
    assert not (tmp_path / "nowhere").exists()


def test_the_index_is_readable_by_its_owner_alone(folder: Path) -> None:
    gather(folder, row)
    assert (folder / INDEX_NAME).stat().st_mode & 0o777 == 0o600


def test_a_row_says_what_the_files_say(folder: Path) -> None:
    from unsaid.formats import audit_json
    from unsaid.review.state import moments, shares
    from unsaid.sessions import review

    found = {r.id: r for r in gather(folder, row).rows}
    audit = audit_json.loads(MADE[0].files["audit.json"])
    said = review.load(folder / "take-0")
    one = found["take-0"]
    m = audit.measures
    assert (one.decisions, one.explained, one.doubts, one.bounded) == (
        m.decisions,
        m.decisions_explained,
        m.doubts,
        m.doubts_bounded,
    )
    gone = len(said.dismissals)
    assert gone and one.verdicts["dismissed"] == gone
    assert one.flag_count == len(audit.flags) - gone == sum(one.rules.values())
    assert one.verdicts["kept"] == len(said.kept) >= sum(one.kept_rules.values()) > 0
    assert one.rewrites == len(said.rewrites) and one.passed == sum(r.passed for r in said.rewrites)
    told = shares(audit, moments(audit, said))
    assert one.shares == {s.letter: (s.total, s.before, s.after) for s in told}
    assert one.silence == pytest.approx(m.silent_s / m.duration_s)
    assert (one.kind, one.prompt) == ("design", "rate-limiter")
    assert one.minutes == pytest.approx(m.duration_s / 60)
    assert one.score is None and one.ready is None
    two = found["take-2"]
    assert two.score is not None and two.average == pytest.approx(sum(two.score.values()) / 6)
    three = found["take-3"]
    assert not three.audited and three.flags == {} and three.silence is None


# What they show together


def made(n: int, **changes: object) -> Row:
    at = synthetic.FIRST + timedelta(days=n)
    base = Row(f"take-{n}", at.isoformat(), 5.0, "rate-limiter", "design", audited=True)
    return replace(base, **changes)  # type: ignore[arg-type]


_DAYS = st.integers(0, 1500)


@given(st.lists(_DAYS, max_size=40))
def test_weeks_hold_every_answer_once_in_order(days: list[int]) -> None:
    rows = [made(d, id=f"{n}") for n, d in enumerate(sorted(days))]
    weeks = progress.by_week(rows)
    assert [r for w in weeks for r in w.rows] == rows
    assert sorted(w.label for w in weeks) == [w.label for w in weeks]
    for week in weeks:
        assert {progress.week_name(r.day) for r in week.rows if r.day} == {week.label}
    whole = progress.by_week(rows, gaps=True)
    assert [w.label for w in whole if w.rows] == [w.label for w in weeks]
    if rows:
        first, last = (date.fromisoformat(r.at[:10]) for r in (rows[0], rows[-1]))
        mondays = {first + timedelta(days=n) for n in range((last - first).days + 1)}
        assert {w.label for w in whole} == {progress.week_name(d) for d in mondays}


def test_the_turn_of_the_year_belongs_to_its_iso_week() -> None:
    rows = [made(0, at=f"{day}T10:00:00+01:00") for day in ("2026-12-31", "2027-01-03", "2027-01-04")]
    assert [(w.label, len(w.rows)) for w in progress.by_week(rows)] == [("2026-W53", 2), ("2027-W01", 1)]


@given(st.sets(st.integers(0, 30)), st.integers(0, 6))
def test_a_streak_is_weeks_in_a_row(weeks: set[int], weekday: int) -> None:
    this = 25
    rows = [made(7 * w + weekday) for w in weeks]
    today = synthetic.FIRST.date() + timedelta(weeks=this, days=6)
    found = progress.streak(rows, today)
    back = this if this in weeks else this - 1
    alive = 0
    while back - alive in weeks:
        alive += 1
    assert found.weeks == alive <= found.longest
    past = {w for w in weeks if w <= this}
    longest = max((n for n in range(len(past) + 1) for w in past if {*range(w, w + n)} <= past), default=0)
    assert found.longest == longest


_ROWS = st.lists(
    st.builds(
        made,
        st.integers(0, 300),
        minutes=st.floats(0.5, 30),
        rules=st.dictionaries(st.sampled_from(["D1", "A2", "U1"]), st.integers(1, 9)),
        kept_rules=st.just({}),
        decisions=st.integers(0, 9),
        silence=st.none() | st.floats(0, 1),
        audited=st.booleans(),
    ),
    max_size=12,
)


@given(_ROWS, st.sampled_from(["D1", "A2", "U1"]))
def test_a_kept_flag_only_makes_a_rule_cost_more(rows: list[Row], code: str) -> None:
    before = {c.code: c for c in progress.costs(rows)}
    kept = [replace(r, kept_rules={code: r.rules[code]}) if code in r.rules else r for r in rows]
    after = {c.code: c for c in progress.costs(kept)}
    assert after.keys() == before.keys()
    for name, cost in after.items():
        assert cost.flags == before[name].flags and cost.a_minute == before[name].a_minute
        assert cost.cost == pytest.approx(before[name].cost * (2 if name == code else 1))
    costs = [c.cost for c in progress.costs(kept)]
    assert costs == sorted(costs, reverse=True)
    minutes = sum(r.minutes for r in rows if r.audited)
    total = sum(sum(r.rules.values()) for r in rows if r.audited)
    assert sum(c.a_minute for c in before.values()) * minutes == pytest.approx(total)


@given(_ROWS, st.randoms(use_true_random=False))
def test_figures_do_not_depend_on_the_order(rows: list[Row], chance: random.Random) -> None:
    mixed = list(rows)
    chance.shuffle(mixed)
    one, other = progress.figures(rows), progress.figures(mixed)
    assert (one.answers, one.audited, one.decisions) == (other.answers, other.audited, other.decisions)
    assert (one.silence is None) == (other.silence is None)
    if one.silence is not None:
        assert one.silence == pytest.approx(other.silence) and 0 <= one.silence <= 1 + 1e-9


def test_without_answers_there_is_nothing_to_say() -> None:
    f = progress.figures([])
    assert (f.answers, f.minutes, f.explained, f.flags_a_minute, f.score) == (0, 0, None, None, None)
    assert progress.trends([]) == () and progress.costs([]) == ()
    assert progress.streak([], date(2026, 1, 1)) == progress.Streak(0, 0)


def test_answers_are_chosen_by_kind_day_and_number() -> None:
    rows = [made(n, kind="design" if n % 2 else "story") for n in range(10)]
    assert progress.chosen(rows, kind="design") == tuple(rows[1::2])
    day = synthetic.FIRST.date() + timedelta(days=4)
    assert progress.chosen(rows, since=day) == tuple(rows[4:])
    assert progress.chosen(rows, kind="design", since=day, last=2) == (rows[7], rows[9])
    assert progress.chosen(rows, last=99) == tuple(rows)


# Trends


@pytest.fixture(scope="module")
def practised(tmp_path_factory: pytest.TempPathFactory) -> tuple[Row, ...]:
    folder = tmp_path_factory.mktemp("practised") / "sessions"
    synthetic.write(folder, synthetic.many(200, weeks=20), put)
    return gather(folder, row).rows


def test_who_gets_better_is_told_so(practised: tuple[Row, ...]) -> None:
    assert len(practised) == 200 and len(progress.by_week(practised)) in (20, 21)
    found = {t.name: t for t in progress.trends(practised)}
    for name in ("decisions with a reason", "doubts bounded", "flags a minute", "self-score"):
        assert found[name].better is True, name
    assert found["decisions with a reason"].before < found["decisions with a reason"].after
    assert found["flags a minute"].before > found["flags a minute"].after
    assert found["silence"].better is None, "neither more nor less of it is better"
    backwards = {t.name: t for t in progress.trends(practised[::-1])}
    assert backwards["doubts bounded"].better is False
    assert not progress.mixed(practised)


def test_with_few_answers_nothing_is_said(practised: tuple[Row, ...]) -> None:
    audited = [r for r in practised if r.audited]
    assert progress.trends([*audited[:5], *audited[-6:]]) == ()
    assert progress.trends([*audited[:6], *audited[-6:]]) != ()


def test_chance_alone_is_hardly_ever_told_as_a_change(practised: tuple[Row, ...]) -> None:
    told: Counter[bool] = Counter()
    for seed in range(200):
        rows = random.Random(seed).sample(practised, 40)
        told[any(t.change for t in progress.trends(rows))] += 1
    # One in twenty, and what chance does to that.
    assert told[True] <= 22


def test_one_odd_answer_makes_no_trend() -> None:
    rows = [made(n, decisions=10, explained=5 + n % 3, flags={"D": 3 + n % 2}) for n in range(20)]
    odd = [*rows[:-1], replace(rows[-1], decisions=500, explained=500, flags={"D": 400})]
    assert all(t.change == 0 for t in progress.trends(odd))


def test_halves_of_other_kinds_are_told() -> None:
    rows = [made(n, kind="design" if n < 10 else "story") for n in range(20)]
    assert progress.mixed(rows)
    assert not progress.mixed([made(n, kind="design" if n % 2 else "story") for n in range(20)])


def test_the_generator_is_the_same_every_time() -> None:
    one, other = (list(synthetic.many(6, weeks=2)) for _ in range(2))
    assert one == other
