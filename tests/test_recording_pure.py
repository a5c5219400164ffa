"""The parts of a recording that need no microphone: nudges, the session's name, what its events say."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsaid.model import Prompt
from unsaid.recording import Nudges, _name, _take
from unsaid.sessions.record import Session, Source, Take, load

TIMES = st.floats(0, 7200).map(lambda t: round(t, 3))


# Nudges


@st.composite
def answers(draw: st.DrawFn) -> list[tuple[str, float]]:
    """Stretches of speech, silence and breaks, of so many seconds each."""
    kinds = st.sampled_from(["speech", "silence", "break"])
    return draw(st.lists(st.tuples(kinds, st.integers(1, 40).map(lambda n: n / 2)), max_size=12))


@given(answers(), st.integers(1, 20))
def test_each_long_silence_is_asked_about_once_and_in_time(
    answer: list[tuple[str, float]], after_s: int
) -> None:
    nudges, step_s = Nudges(after_s), 0.25
    at_s = silence_s = 0.0
    since_s = 0.0
    """How long it has been quiet since the last word or break, whichever was later."""
    expected: list[float] = []
    told: list[float] = []
    asked = False
    for kind, lasts_s in answer:
        if kind == "break":
            nudges.resumed(at_s)
            since_s, asked = 0.0, False
            continue
        for _ in range(round(lasts_s / step_s)):
            at_s += step_s
            if kind == "speech":
                silence_s = since_s = 0.0
                asked = False
            else:
                silence_s += step_s
                since_s += step_s
                if since_s >= after_s and not asked:
                    asked = True
                    expected.append(at_s)
            if nudges.due(at_s, silence_s):
                told.append(at_s)
    assert told == expected


@given(st.lists(st.tuples(TIMES, TIMES), max_size=50))
def test_zero_never_asks(heard: list[tuple[float, float]]) -> None:
    nudges = Nudges(0)
    assert not any(nudges.due(at_s, silence_s) for at_s, silence_s in heard)


# Names


@given(st.none() | st.text() | st.from_regex(r"(\w+[ ,.?!-]*){1,30}"))
def test_a_session_has_a_name_that_any_disk_takes(text: str | None) -> None:
    name = _name(None if text is None else Prompt(text))
    assert name is not None
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-\d{4}-[^/\\\s:*?\"<>|]+", name), name
    assert len(name.encode()) <= 200, name
    assert not name.endswith((".", "-"))


def test_a_name_says_what_was_answered() -> None:
    assert str(_name(Prompt("Design a rate limiter for a public API."))).endswith(
        "-design-a-rate-limiter-for"
    )
    assert str(_name(Prompt("Design …", id="rate-limiter"))).endswith("-rate-limiter")
    assert str(_name(None)).endswith("-answer")


# Events

EVENTS = st.one_of(
    st.builds(lambda t: {"event": "mark", "at": t}, TIMES),
    st.builds(lambda t: {"event": "nudge", "at": t}, TIMES),
    st.builds(lambda t, n: {"event": "break", "at": t, "lasted": n}, TIMES, TIMES),
)
OPENED = st.builds(
    lambda name, rate: {"event": "opened", "device": name, "rate_hz": rate},
    st.text(min_size=1),
    st.integers(1, 10**6),
)
ENDED = st.builds(
    lambda why, n, m: {"event": "ended", "reason": why, "overflows": n, "dropped_frames": m},
    st.sampled_from(["stopped", "limit", "device-gone", "disk-full"]),
    st.integers(0, 10**6),
    st.integers(0, 10**9),
)


def session(folder: Path) -> Session:
    return Session("x", folder, "2026-01-01T00:00:00+00:00", Source("microphone", "", 0), 0.0, take=Take())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("session")


@given(OPENED, st.lists(EVENTS, max_size=12), st.none() | ENDED, st.data())
def test_events_are_all_told_up_to_a_tear(
    folder: Path, opened: dict, events: list[dict], ended: dict | None, data: st.DataObject
) -> None:
    lines = [json.dumps(e) for e in (opened, *events, *([ended] if ended else []))]
    whole = "".join(f"{line}\n" for line in lines).encode()
    torn = data.draw(st.integers(0, len(whole)), label="torn at")
    rest = data.draw(st.sampled_from([b"", bytes(512), b"\xff\xfe\x80", b"\n{}", b"[1]\n"]), label="then")
    one = session(folder)
    one.events.write_bytes(whole[:torn] + rest)
    # A line is whole with its last brace; garbage right after that belongs to it.
    complete = [json.loads(line) for line in whole[:torn].decode().split("\n")[:-1]]
    last = whole[:torn].decode().split("\n")[-1]
    if last.endswith("}") and rest[:1] in (b"", b"\n"):
        complete.append(json.loads(last))
    told = _take(one, "cut-off")
    assert told.marks_s == tuple(e["at"] for e in complete if e["event"] == "mark")
    assert told.nudges_s == tuple(e["at"] for e in complete if e["event"] == "nudge")
    assert told.breaks == tuple((e["at"], e["lasted"]) for e in complete if e["event"] == "break")
    if opened in complete:
        assert (told.device, told.device_rate_hz) == (opened["device"], opened["rate_hz"])
    if ended is not None and ended in complete:
        assert told.ended == ended["reason"]
        assert (told.overflows, told.dropped_frames) == (ended["overflows"], ended["dropped_frames"])
    else:
        assert told.ended == "cut-off"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
ODD = st.dictionaries(
    st.sampled_from(["event", "at", "lasted", "device", "rate_hz", "reason", "overflows", "dropped_frames"]),
    st.sampled_from(["mark", "nudge", "break", "opened", "ended"]) | JSON,
)


@given(st.lists(ODD | JSON, max_size=5))
def test_whatever_the_events_say_the_session_can_be_read_again(folder: Path, events: list) -> None:
    one = session(folder)
    one.events.write_text("".join(json.dumps(e) + "\n" for e in events), "utf-8")
    told = replace(one, take=_take(one, "cut-off"))
    (folder / "session.json").write_text(told.dumps(), "utf-8")
    assert load(folder).take == told.take


def test_without_events_a_recording_is_merely_cut_off(folder: Path) -> None:
    one = session(folder)
    one.events.unlink(missing_ok=True)
    assert _take(one, "cut-off") == Take(ended="cut-off")
