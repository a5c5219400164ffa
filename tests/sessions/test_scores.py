"""score.json: every score is kept, what is damaged is told and left alone."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from unsaid.errors import UnsaidError
from unsaid.sessions import scores
from unsaid.sessions.record import Source
from unsaid.sessions.scores import Mark, Score, Scores
from unsaid.sessions.store import InUse, Store

AT = "2026-01-02T03:04:05+00:00"
_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_MARKS = st.dictionaries(_TEXT, st.builds(Mark, st.integers(1, 5), _TEXT), max_size=6)
_SCORES = st.lists(
    st.builds(Score, _TEXT.filter(bool), _MARKS, _TEXT), max_size=4, unique_by=lambda s: s.at
).map(lambda found: Scores(tuple(found)))


@given(_SCORES)
def test_what_is_written_is_read(tmp_path_factory, said: Scores) -> None:
    folder = tmp_path_factory.mktemp("scores")
    for _ in range(2):
        scores.save(folder, said)
        said_again = scores.load(folder)
        assert replace(said_again, raw={}) == replace(said, raw={})
        said = said_again


def test_a_session_may_be_scored_again_and_both_are_kept() -> None:
    said = scores.finished(scores.marked(Scores(), AT, "framing", 2, "  began\nat once "), AT, AT)
    assert said.open is None and said.last is not None
    later = scores.marked(said, "2026-02-01T00:00:00+00:00", "framing", 4)
    assert [s.numbers for s in later.scores] == [{"framing": 2}, {"framing": 4}]
    assert later.scores[0].marks["framing"].why == "began at once"
    assert later.open == later.scores[1] and later.last == later.scores[0]
    changed = scores.marked(later, AT, "framing", 3)
    assert [s.numbers["framing"] for s in changed.scores] == [3, 4], "the one that is meant is changed"
    assert scores.finished(changed, AT, "later").scores[0].finished == AT


@pytest.mark.parametrize("number", [0, 6])
def test_a_number_out_of_range_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="not from 1 to 5"):
        scores.marked(Scores(), AT, "framing", number)


def test_without_a_file_nothing_is_scored(tmp_path: Path) -> None:
    assert scores.load(tmp_path) == Scores()


def test_it_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    scores.save(tmp_path, scores.marked(Scores(), AT, "framing", 2))
    assert stat.S_IMODE((tmp_path / "score.json").stat().st_mode) == 0o600
    assert json.loads((tmp_path / "score.json").read_text())["schema"] == 1
    assert [p.name for p in tmp_path.iterdir()] == ["score.json"]


def test_what_another_version_keeps_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "score.json"
    doc = {
        "schema": 1,
        "mood": "tired",
        "scores": [
            {
                "at": AT,
                "finished": "",
                "listener": "a friend",
                "dimensions": {"framing": {"number": 2, "why": "", "sure": False}, "humour": {"number": 5}},
            }
        ],
    }
    path.write_text(json.dumps(doc))
    scores.save(tmp_path, scores.marked(scores.load(tmp_path), AT, "framing", 3, "now"))
    after = json.loads(path.read_text())
    assert after["mood"] == "tired" and after["scores"][0]["listener"] == "a friend"
    assert after["scores"][0]["dimensions"]["framing"] == {"number": 3, "why": "now", "sure": False}
    assert after["scores"][0]["dimensions"]["humour"]["number"] == 5


def one(**row: object) -> str:
    return json.dumps({"scores": [{"at": AT, "finished": "", "dimensions": {}} | row]})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{\n"schema": 1,,', "line 2"),
        ("[]", "a table was expected"),
        ('{"schema": 2}', "newer version"),
        ('{"scores": {}}', "should be a list"),
        ('{"scores": [3]}', "scores[0] should be a table"),
        (one(at=""), "scores[0].at"),
        (one(finished=3), "scores[0].finished"),
        (one(dimensions=[]), "scores[0].dimensions should be a table"),
        (one(dimensions={"framing": 3}), "scores[0].dimensions.framing should be a table"),
        (one(dimensions={"framing": {"number": 6}}), "framing.number should be a whole number from 1 to 5"),
        (one(dimensions={"framing": {"number": True}}), "framing.number"),
        (one(dimensions={"framing": {"number": 3.0}}), "framing.number"),
        (one(dimensions={"framing": {"number": 3, "why": 4}}), "framing.why"),
        (json.dumps({"scores": [json.loads(one())["scores"][0]] * 2}), "scores[1].at is there twice"),
        ("[" * 100_000, "cannot be read"),
        (b"\xff\xfe\x00", "cannot be read"),
    ],
)
def test_a_damaged_one_is_named_and_not_overwritten(tmp_path: Path, text: str | bytes, says: str) -> None:
    path = tmp_path / "score.json"
    given_bytes = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(given_bytes)
    with pytest.raises(UnsaidError) as caught:
        scores.load(tmp_path)
    assert str(path) in caught.value.message and says in caught.value.message
    assert caught.value.hint
    assert path.read_bytes() == given_bytes


# Kept by several at once

WHOLE = ("framing", "evidence")


def gives(dimension: str, number: int) -> Callable[[Scores, str], Scores]:
    return lambda old, began: scores.marked(old, began, dimension, number)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "sessions")


def session(store: Store):
    return store.create(Source("microphone", "", 0), now=datetime(2026, 3, 4, tzinfo=UTC), duration_s=60.0)


def test_windows_that_began_at_once_fill_one_score(store: Store) -> None:
    found = session(store)
    one, two = scores.begun(Scores()), "2026-01-01T00:00:00+00:00"  # neither has given a number yet
    kept, at = scores.keep(found, store, gives("framing", 4), began=one, whole=WHOLE)
    assert at == one and not kept.scores[0].finished
    kept, at = scores.keep(found, store, gives("evidence", 3), began=two, whole=WHOLE)
    assert at == one and [s.numbers for s in kept.scores] == [{"framing": 4, "evidence": 3}]
    assert kept.scores[0].finished
    # The window that finished it may still change it; one that begins now begins anew.
    kept, at = scores.keep(found, store, gives("framing", 5), began=at, whole=WHOLE)
    assert (at, len(kept.scores), kept.scores[0].numbers["framing"]) == (one, 1, 5)
    kept, at = scores.keep(found, store, gives("framing", 1), whole=WHOLE)
    assert at != one and len(kept.scores) == 2 and scores.load(found.folder).scores == kept.scores


def test_a_number_waits_for_what_another_window_writes(store: Store) -> None:
    found = session(store)
    with FileLock(found.folder / ".lock"):
        giving = threading.Thread(target=lambda: scores.keep(found, store, gives("framing", 4), whole=WHOLE))
        giving.start()
        giving.join(0.3)
        assert giving.is_alive()
    giving.join()
    assert scores.load(found.folder).scores[0].numbers == {"framing": 4}


def test_a_run_that_takes_longer_is_told_of(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    found = session(store)
    monkeypatch.setattr(scores, "WAIT_S", 0.0)
    with FileLock(found.folder / ".lock"), pytest.raises(InUse, match="in use by another run"):
        scores.keep(found, store, gives("framing", 4), whole=WHOLE)
    assert scores.load(found.folder) == Scores()
