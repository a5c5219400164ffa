"""Drills on the disk: every step is kept, what is damaged is told and left alone, no word leaks."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsaid.errors import UnsaidError
from unsaid.model import KINDS, Prompt
from unsaid.sessions import drills
from unsaid.sessions.drills import Keeper, Label, Part, Run
from unsaid.sessions.record import Drilled, Session, Source, Stage, load
from unsaid.sessions.store import InUse, Store

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
AT = NOW.isoformat()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "sessions")


def begun(store: Store, drill: str = "recovery", **how: object) -> Run:
    return drills.begin(store, drill, NOW, minutes={}, **how)  # type: ignore[arg-type]


def take(store: Store, run: Run, number: int = 1, *, heard: bool = True) -> Session:
    """A session that is a take, as the recorder makes it."""
    session = store.create(
        Source("microphone", "", 0), now=NOW, duration_s=60.0, drilled=Drilled(run.drill, run.id, number)
    )
    if heard:
        session = replace(session, stages={"decode": Stage(AT, 0.1, "")})
        store.save(session)
    return session


class Clock:
    """A steady clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


# Kept


_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_SOME = _TEXT.filter(bool)
_PROMPTS = st.builds(
    Prompt, _SOME, st.none() | st.sampled_from(KINDS), st.none() | _SOME, st.lists(_SOME).map(tuple)
)
_RUNS = st.builds(
    Run,
    st.just("2026-03-04-0506-recovery"),
    _SOME,
    _SOME,
    st.dictionaries(_TEXT, st.floats(0, 1e4)),
    st.none() | _PROMPTS,
    st.none() | st.sampled_from(KINDS),
    st.dictionaries(_TEXT, st.builds(Part, st.floats(0, 1e5).map(lambda s: round(s, 1)), _TEXT)),
    st.dictionaries(st.integers(1, 9), _SOME),
    st.dictionaries(_TEXT, st.builds(Label, _TEXT, _TEXT)),
    _TEXT,
    _TEXT,
)


@given(_RUNS)
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, run: Run) -> None:
    store = Store(tmp_path_factory.mktemp("runs"))
    path = drills.path_of(store, run.id)
    path.parent.mkdir(mode=0o700)
    for _ in range(2):
        path.write_text(run.dumps(), encoding="utf-8")
        found = drills.find(store, run.id)
        assert replace(found, raw={}) == replace(run, raw={})
        run = found


def test_it_lies_beside_the_sessions_readable_by_its_owner_alone(store: Store) -> None:
    run = begun(store)
    path = drills.path_of(store, run.id)
    assert path == store.folder / ".drills" / "2026-03-04-0506-recovery.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert store.folders() == [] and store.all() == ([], [])


def test_two_of_one_minute_do_not_meet(store: Store) -> None:
    names = [begun(store).id for _ in range(3)]
    assert len(set(names)) == 3
    assert [r.id for r in drills.all_runs(store)[0]] == sorted(names, reverse=True)


def test_what_a_newer_version_keeps_besides_stays(store: Store) -> None:
    run = begun(store)
    path = drills.path_of(store, run.id)
    path.write_text(json.dumps({**json.loads(path.read_text()), "mood": "calm"}), encoding="utf-8")
    with Keeper(store, run.id) as keeper:
        keeper.enter("record")
    assert json.loads(path.read_text())["mood"] == "calm"


# Time at work


def test_the_clock_counts_time_at_work_and_not_time_away(store: Store) -> None:
    run, clock = begun(store), Clock()
    with Keeper(store, run.id, clock) as keeper:
        keeper.enter("prompt")
        clock.now_s += 70
        keeper.done("prompt", AT)
        keeper.enter("record")
        clock.now_s += 5
    clock.now_s += 86_400  # a day away
    with Keeper(store, run.id, clock) as keeper:
        assert {n: p.worked_s for n, p in keeper.run.parts.items()} == {"prompt": 70.0, "record": 5.0}
        keeper.enter("record")
        clock.now_s += 3
        spent, part, since_s = keeper.worked()
        assert (spent["record"], part, clock.now_s - since_s) == (5.0, "record", 3.0)
        keeper.leave()
        clock.now_s += 50  # the drill is open, and no part is on
    found = drills.find(store, run.id)
    assert {n: p.worked_s for n, p in found.parts.items()} == {"prompt": 70.0, "record": 8.0}
    assert found.parts["prompt"].done == AT and not found.parts["record"].done


def test_a_change_keeps_the_time_too(store: Store) -> None:
    run, clock = begun(store), Clock()
    with Keeper(store, run.id, clock) as keeper:
        keeper.enter("label")
        for n in range(3):
            clock.now_s += 10
            keeper.change(lambda r, n=n: replace(r, labels={**r.labels, str(n): Label("x", AT)}))
            on_disk = drills.find(store, run.id)
            assert on_disk.parts["label"].worked_s == 10.0 * (n + 1)
            assert len(on_disk.labels) == n + 1


def test_the_time_is_kept_without_any_step(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run, clock = begun(store), Clock()
    monkeypatch.setattr(drills, "BEAT_S", 0.01)
    kept = threading.Event()
    write = drills.write_whole

    def written(path: Path, text: str) -> None:
        write(path, text)
        if '"worked": 42.0' in text:
            kept.set()

    monkeypatch.setattr(drills, "write_whole", written)
    with Keeper(store, run.id, clock) as keeper:
        keeper.enter("record")
        clock.now_s += 42
        assert kept.wait(60)
        assert drills.find(store, run.id).parts["record"].worked_s == 42.0


def test_a_change_that_cannot_be_written_is_not_made(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run = begun(store)

    def full(path: Path, text: str) -> None:
        raise UnsaidError("the disk is full")

    with Keeper(store, run.id) as keeper:
        before = keeper.run
        with monkeypatch.context() as patched:
            patched.setattr(drills, "write_whole", full)
            with pytest.raises(UnsaidError, match="full"):
                keeper.change(lambda r: replace(r, finished=AT))
        assert keeper.run == before
    assert drills.find(store, run.id).finished == ""


def test_the_one_that_was_left_last_comes_first(store: Store) -> None:
    first, second = begun(store), begun(store, "evidence-replay")
    assert {r.id for r in drills.left(drills.all_runs(store)[0])} == {first.id, second.id}
    for run in (second, first):
        with Keeper(store, run.id) as keeper:
            keeper.enter("prompt")
    assert [r.id for r in drills.left(drills.all_runs(store)[0])] == [first.id, second.id]
    with Keeper(store, first.id) as keeper:
        keeper.change(lambda r: replace(r, finished=AT))
    assert [r.id for r in drills.left(drills.all_runs(store)[0])] == [second.id]


# One at a time


def test_nobody_else_is_at_it_meanwhile(store: Store) -> None:
    run = begun(store)
    other = (
        "import sys; from pathlib import Path; from unsaid.errors import UnsaidError\n"
        "from unsaid.sessions.drills import Keeper; from unsaid.sessions.store import Store\n"
        "try:\n  Keeper(Store(Path(sys.argv[1])), sys.argv[2]).__enter__(); print('in')\n"
        "except UnsaidError as error: print(error.message)\n"
    )

    def tried() -> str:
        argv = [sys.executable, "-c", other, str(store.folder), run.id]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout

    with Keeper(store, run.id):
        assert "open in another terminal" in tried()
        with pytest.raises(InUse):
            drills.remove(store, run)
    assert tried() == "in\n"


# Takes


def test_each_session_says_of_which_run_it_is_which_take(store: Store) -> None:
    run, other = begun(store), begun(store, "evidence-replay")
    first = take(store, run)
    take(store, other, 1)
    second = take(store, other, 2)
    store.create(Source("alone.wav", "", 0), now=NOW, duration_s=1.0)
    assert load(second.folder).drill == "evidence-replay"
    assert load(second.folder).drilled == Drilled("evidence-replay", other.id, 2)
    assert [s.id for s in drills.takes(store, run.id, 1)] == [first.id]
    assert [s.id for s in drills.takes(store, other.id, 2)] == [second.id]
    assert drills.takes(store, run.id, 2) == []


def test_a_take_is_found_under_another_name(store: Store) -> None:
    run = begun(store)
    renamed = store.rename(take(store, run), "my best one")
    assert [s.id for s in drills.takes(store, run.id, 1)] == [renamed.id] == ["my-best-one"]


def test_of_several_the_newest_counts(store: Store) -> None:
    run = begun(store)
    first, second = take(store, run), take(store, run)  # within one second: the second has a number behind
    assert [s.id for s in drills.takes(store, run.id, 1)] == [second.id, first.id]
    store.save(replace(first, created="2026-03-04T05:07:00+00:00"))
    assert drills.takes(store, run.id, 1)[0].id == first.id


def test_what_holds_no_sound_yet_is_no_take(store: Store) -> None:
    run = begun(store)
    take(store, run, heard=False)
    assert drills.takes(store, run.id, 1) == []


def test_a_removed_session_leaves_the_run_whole(store: Store) -> None:
    run = begun(store)
    session = take(store, run)
    with Keeper(store, run.id) as keeper:
        keeper.change(lambda r: replace(r, takes={1: session.id}))
    store.remove(session)
    assert drills.takes(store, run.id, 1) == []
    assert drills.find(store, run.id).takes == {1: session.id}


def test_a_removed_run_leaves_the_sessions_and_nothing_of_itself(store: Store) -> None:
    run = begun(store)
    session = take(store, run)
    with Keeper(store, run.id):
        pass
    drills.remove(store, run)
    assert load(session.folder) == session
    assert [p.name for p in (store.folder / ".drills").iterdir() if p.name != ".lock"] == []


# Found


def test_the_beginning_of_a_name_will_do(store: Store) -> None:
    run = begun(store)
    assert drills.find(store, "2026-03-04").id == run.id
    begun(store)
    assert drills.find(store, run.id).id == run.id  # whole, though another begins so
    with pytest.raises(UnsaidError, match="fits 2"):
        drills.find(store, "2026")
    for name in ("", "2027", "../recovery"):
        with pytest.raises(UnsaidError, match="no drill"):
            drills.find(store, name)


# Damaged


GOOD = {
    "schema": 1,
    "drill": "recovery",
    "begun": AT,
    "parts": {"prompt": {"worked": 1.0, "done": AT}},
    "takes": [{"take": 1, "session": "x"}],
    "labels": {},
    "prompt": {"text": "Why?", "id": None, "kind": "design"},
}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("{", "line 1: not valid JSON"),
        ("[]", "should be a table"),
        ("3", "should be a table"),
        ("\x00", "not valid JSON"),
        ({"drill": 3}, "drill should be a text"),
        ({"drill": None}, "drill should be a text"),
        ({"begun": ""}, "begun should be a text"),
        ({"finished": 3}, "finished should be a text, or null"),
        ({"kind": "song"}, "kind should be one of"),
        ({"minutes": {"record": "5"}}, "minutes.record should be a number"),
        ({"minutes": {"record": -1}}, "minutes.record should be a number"),
        ({"parts": []}, "parts should be a table"),
        ({"parts": {"prompt": 3}}, "parts.prompt should be a table"),
        ({"parts": {"prompt": {"worked": True}}}, "parts.prompt.worked should be a number"),
        ({"parts": {"prompt": {"worked": 1, "done": 4}}}, "parts.prompt.done should be a text"),
        ({"takes": {}}, "takes should be a list"),
        ({"takes": [{"take": 0, "session": "x"}]}, r"takes\[0\].take should be a number"),
        ({"takes": [{"take": 1}]}, r"takes\[0\].session should be a text"),
        ({"labels": {"a": "b"}}, "labels.a should be a table"),
        ({"prompt": "Why?"}, "prompt should be a table"),
        ({"prompt": {"text": ""}}, "prompt.text should be a text"),
        ({"prompt": {"text": "Why?", "kind": 4}}, "prompt.kind should be one of"),
        ({"prompt": {"text": "Why?", "facts": [3]}}, "prompt.facts should be a text"),
        ({"schema": 2}, "newer version of unsaid"),
    ],
)
def test_what_is_damaged_or_newer_is_told_and_left_alone(
    store: Store, change: str | dict[str, object], told: str
) -> None:
    good = begun(store)
    path = drills.path_of(store, "2026-01-01-0101-recovery")
    text = change if isinstance(change, str) else json.dumps({**GOOD, **change})
    path.write_text(text, encoding="utf-8")
    runs, broken = drills.all_runs(store)
    assert [r.id for r in runs] == [good.id]
    (error,) = broken
    assert str(path) in error.message and error.hint
    with pytest.raises(UnsaidError, match=told), Keeper(store, path.stem):
        pass
    assert path.read_text(encoding="utf-8") == text


def test_the_good_one_is_good(store: Store) -> None:
    begun(store)
    drills.path_of(store, "2026-01-01-0101-recovery").write_text(json.dumps(GOOD), encoding="utf-8")
    assert len(drills.all_runs(store)[0]) == 2


def test_a_run_that_is_gone_is_told(store: Store) -> None:
    run = begun(store)
    drills.path_of(store, run.id).unlink()
    with pytest.raises(UnsaidError, match="is gone"), Keeper(store, run.id):
        pass


def test_a_session_of_an_older_version_is_no_take(store: Store) -> None:
    session = store.create(Source("a.wav", "", 0), now=NOW, duration_s=1.0)
    raw = json.loads((session.folder / "session.json").read_text())
    assert "run" not in raw and raw["drill"] == "hidden-reasoning"
    assert load(session.folder).drilled is None
