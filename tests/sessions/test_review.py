"""review.json: what is kept, what is left alone, what a damaged one is told."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsaid.errors import UnsaidError
from unsaid.model import Dismissal, Keep, OwnMark, Rewrite
from unsaid.sessions import review

KAFKA = Dismissal("D1", "I'd use Kafka", 12.34, "not a decision", "2026-01-02T03:04:05+00:00")

_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_DISMISSALS = st.lists(
    st.builds(Dismissal, _TEXT.filter(bool), _TEXT, st.floats(0, 1e6, allow_nan=False), _TEXT, _TEXT),
    max_size=5,
)


_PLACE = (_TEXT.filter(bool), _TEXT, st.floats(0, 1e6, allow_nan=False))
_FAMILY = st.sampled_from("DAU")
_REVIEWS = st.builds(
    review.Review,
    _DISMISSALS.map(tuple),
    st.lists(st.builds(Keep, *_PLACE, _FAMILY | st.just(""), _TEXT), max_size=3).map(tuple),
    st.lists(st.builds(OwnMark, _FAMILY, *_PLACE[1:], _TEXT), max_size=3).map(tuple),
    st.lists(
        st.builds(Rewrite, *_PLACE, _TEXT, st.lists(_TEXT, max_size=2).map(tuple), _TEXT), max_size=3
    ).map(tuple),
)


@given(_REVIEWS)
def test_what_is_written_is_read(tmp_path_factory, said: review.Review) -> None:
    folder = tmp_path_factory.mktemp("review")
    review.save(folder, said)
    assert replace(review.load(folder), raw={}) == said
    again = review.load(folder)
    review.save(folder, again)
    assert replace(review.load(folder), raw={}) == said


@pytest.mark.parametrize(
    ("table", "row", "place"),
    [
        ("kept", {"code": "D1", "quote": "x", "start": 1, "family": "E"}, "kept[0].family"),
        ("marks", {"code": "own", "quote": "x", "start": 1}, "marks[0].family"),
        ("marks", {"code": "own", "quote": "x", "start": None, "family": "D"}, "marks[0].start"),
        ("rewrites", {"code": "D1", "quote": "x", "start": 1, "text": 3}, "rewrites[0].text"),
        ("rewrites", {"code": "D1", "quote": "x", "start": 1, "missing": "x"}, "rewrites[0].missing"),
        ("rewrites", 3, "rewrites[0]"),
    ],
)
def test_a_damaged_row_is_named(tmp_path: Path, table: str, row: object, place: str) -> None:
    path = tmp_path / "review.json"
    before = json.dumps({"schema": 1, table: [row]})
    path.write_text(before)
    with pytest.raises(UnsaidError) as caught:
        review.load(tmp_path)
    assert place in caught.value.message and caught.value.hint
    assert path.read_text() == before


def test_without_a_file_nothing_is_dismissed(tmp_path: Path) -> None:
    assert review.load(tmp_path) == review.Review()


def test_it_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    review.save(tmp_path, review.Review((KAFKA,)))
    assert stat.S_IMODE((tmp_path / "review.json").stat().st_mode) == 0o600
    assert json.loads((tmp_path / "review.json").read_text())["schema"] == 1
    assert [p.name for p in tmp_path.iterdir()] == ["review.json"]


def test_what_another_version_keeps_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "review.json"
    row = {"code": "D1", "quote": "I'd use Kafka", "start": 12.34, "reason": "", "at": "", "who": "me"}
    path.write_text(
        json.dumps({"schema": 1, "verdicts": {"D1-1": "true"}, "dismissed": [row], "stars": [3.5]})
    )
    kept = review.load(tmp_path)
    other = Dismissal("U1", "fine", 1.0)
    review.save(
        tmp_path, replace(kept, dismissals=(replace(kept.dismissals[0], reason="wrong words"), other))
    )
    after = json.loads(path.read_text())
    assert after["verdicts"] == {"D1-1": "true"} and after["stars"] == [3.5]
    assert after["dismissed"][0] == row | {"reason": "wrong words"}
    assert after["dismissed"][1]["code"] == "U1"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{\n"schema": 1,,', "line 2"),
        ("[]", "a table was expected"),
        ('{"schema": 2}', "newer version"),
        ('{"dismissed": {}}', "should be a list"),
        ('{"dismissed": [3]}', "dismissed[0] should be a table"),
        ('{"dismissed": [{"quote": "x", "start": 1}]}', "dismissed[0].code"),
        ('{"dismissed": [{"code": "D1", "quote": 3, "start": 1}]}', "dismissed[0].quote"),
        ('{"dismissed": [{"code": "D1", "quote": "x", "start": "1"}]}', "dismissed[0].start"),
        ('{"dismissed": [{"code": "D1", "quote": "x", "start": NaN}]}', "dismissed[0].start"),
        ('{"dismissed": [{"code": "D1", "quote": "x", "start": true}]}', "dismissed[0].start"),
        ("[" * 100_000, "cannot be read"),
        (b"\xff\xfe\x00", "cannot be read"),
    ],
)
def test_a_damaged_one_is_named_and_not_overwritten(tmp_path: Path, text: str | bytes, says: str) -> None:
    path = tmp_path / "review.json"
    given_bytes = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(given_bytes)
    with pytest.raises(UnsaidError) as caught:
        review.load(tmp_path)
    assert str(path) in caught.value.message and says in caught.value.message
    assert caught.value.hint
    assert path.read_bytes() == given_bytes
