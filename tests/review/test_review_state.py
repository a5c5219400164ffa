"""What a review has come to: verdicts, marks and rewrites find their moment again and lose nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.accuracy import spoken
from unsaid.audit import audit
from unsaid.model import OWN, Audit, Moment, OwnMark
from unsaid.review import state
from unsaid.review.state import moments, shares
from unsaid.sessions.review import Review

TEXT = (
    "Should it be quick? That is the scanner. I'd go with Postgres. Sessions in Mongo. "
    "It should be fine. Next, the map. We put it in a cache. Two replicas."
)
CASE = spoken(TEXT, "Design a parcel tracking service.", "design")
FOUND: Audit = audit(CASE.transcript, CASE.prompt, kind=CASE.kind)
AT = "2026-11-23T10:00:00+00:00"


def test_a_fresh_review_has_every_shown_flag_open() -> None:
    found = moments(FOUND, Review())
    assert [m.number for m in found] == [f.number for f in FOUND.flags]
    assert len(found) >= 3 and all(m.verdict == "open" and not m.settled for m in found)


def test_keep_dismiss_and_open_again() -> None:
    first, second, *rest = moments(FOUND, Review())
    review = state.dismiss(state.keep(Review(), first, AT), second, "not a decision", AT)
    one, two, *others = moments(FOUND, review)
    assert (one.verdict, two.verdict, two.reason) == ("kept", "dismissed", "not a decision")
    assert two.settled and not one.settled
    assert [m.verdict for m in others] == ["open"] * len(rest)
    # The other verdict takes the first one's place.
    review = state.keep(review, two, AT)
    assert moments(FOUND, review)[1].verdict == "kept" and review.dismissals == ()
    assert moments(FOUND, state.reopen(review, two))[1].verdict == "open"


def test_another_family_and_an_own_mark() -> None:
    first = moments(FOUND, Review())[0]
    other = next(letter for letter in "DAU" if letter != first.letter)
    review = state.keep(Review(), first, AT, other)
    assert moments(FOUND, review)[0].letter == other
    free = next(s for s in FOUND.sentences if all(f.sentence_index != s.index for f in FOUND.flags))
    for _ in range(2):
        review = state.mark(review, free, "A", AT)
    own = [m for m in moments(FOUND, review) if m.flag is None]
    assert [(m.code, m.quote, m.letter, m.verdict) for m in own] == [(OWN, free.text, "A", "kept")]
    review = state.keep(review, own[0], AT, "U")
    assert [m.letter for m in moments(FOUND, review) if m.flag is None] == ["U"]
    assert all(m.flag for m in moments(FOUND, state.dismiss(review, own[0], "", AT)))


def test_a_rewrite_settles_its_moment_when_it_passes() -> None:
    first = moments(FOUND, Review())[0]
    review = state.rewrite(Review(), first, " I chose  it. ", ("Still D1: why?",), AT)
    moment = moments(FOUND, review)[0]
    assert moment.rewrite is not None and moment.rewrite.text == "I chose it."
    assert moment.verdict == "kept" and not moment.settled
    before, after = shares(FOUND, moments(FOUND, Review())), shares(FOUND, moments(FOUND, review))
    assert before == after
    review = state.rewrite(review, moment, "I chose it because of the money.", (), AT)
    assert len(review.rewrites) == 1 and moments(FOUND, review)[0].settled
    gained = {s.letter: s.after - s.before for s in shares(FOUND, moments(FOUND, review))}
    assert gained == {letter: int(letter == first.letter) for letter in "DAU"}
    assert moments(FOUND, state.rewrite(review, moment, "", (), AT))[0].rewrite is None


def test_verdicts_are_known_again_when_the_times_have_moved_a_little() -> None:
    first = moments(FOUND, Review())[0]
    review = state.rewrite(Review(), first, "I chose it because of the money.", (), AT)
    moved = replace(FOUND, flags=tuple(replace(f, start_s=f.start_s + 1.5) for f in FOUND.flags))
    assert moments(moved, review)[0].rewrite is not None
    gone = replace(FOUND, flags=tuple(replace(f, start_s=f.start_s + 60) for f in FOUND.flags))
    assert moments(gone, review)[0].rewrite is None


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["keep", "dismiss", "reopen", "family", "mark", "rewrite"]), st.integers(0, 9)),
    max_size=12,
)


@given(ACTIONS)
def test_whatever_is_done_every_flag_has_one_moment_and_one_verdict(actions: list[tuple[str, int]]) -> None:
    review = Review()
    for what, n in actions:
        found = moments(FOUND, review)
        m = found[n % len(found)]
        if what == "keep":
            review = state.keep(review, m, AT)
        elif what == "dismiss":
            review = state.dismiss(review, m, "not worth it", AT)
        elif what == "reopen":
            review = state.reopen(review, m)
        elif what == "family":
            review = state.keep(review, m, AT, "DAU"[n % 3])
        elif what == "mark":
            review = state.mark(review, FOUND.sentences[n % len(FOUND.sentences)], "DAU"[n % 3], AT)
        else:
            review = state.rewrite(review, m, f"take {n}", () if n % 2 else ("more",), AT)
    found = moments(FOUND, review)
    assert sorted(m.number for m in found if m.flag) == [f.number for f in FOUND.flags]
    assert [m.start_s for m in found] == sorted(m.start_s for m in found)
    own = [m.sentence_index for m in found if m.flag is None]
    assert len(own) == len(set(own))
    for s in shares(FOUND, found):
        assert 0 <= s.before <= s.after <= s.total


@pytest.mark.parametrize("everything", [False, True])
def test_less_sure_flags_come_only_when_asked_for(everything: bool) -> None:
    low = audit(CASE.transcript, CASE.prompt, kind=CASE.kind, min_confidence=0.9)
    assert low.more
    assert len(moments(low, Review(), everything=everything)) == len(low.flags) + everything * len(low.more)


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["keep", "file", "dismiss", "reopen", "rewrite", "drop", "mark"]),
        st.integers(0, 20),
        st.sampled_from("DAU"),
    ),
    max_size=8,
)


def acted(review: Review, what: str, at: int, letter: str) -> tuple[Review, state.Before]:
    """A review after one more action, and how it was before for the moment concerned."""
    if what == "mark":
        sentence = FOUND.sentences[at % len(FOUND.sentences)]
        mark = OwnMark(letter, sentence.text, sentence.start_s)
        return state.mark(review, sentence, letter, AT), state.before(review, mark)
    found = moments(FOUND, review)
    moment = found[at % len(found)]
    new = {
        "keep": lambda: state.keep(review, moment, AT),
        "file": lambda: state.keep(review, moment, AT, letter),
        "dismiss": lambda: state.dismiss(review, moment, "wrong words", AT),
        "reopen": lambda: state.reopen(review, moment),
        "rewrite": lambda: state.rewrite(review, moment, f"I chose it for {letter}.", (), AT),
        "drop": lambda: state.rewrite(review, moment, "", (), AT),
    }[what]()
    return new, state.before(review, moment)


def seen(review: Review) -> set[tuple[object, ...]]:
    return {
        (m.id, m.letter, m.verdict, m.reason, m.rewrite and m.rewrite.text) for m in moments(FOUND, review)
    }


@given(ACTIONS)
def test_undoing_every_step_backwards_comes_to_where_it_began(actions) -> None:
    review, steps = Review(), []
    for action in actions:
        was = seen(review)
        review, old = acted(review, *action)
        steps.append((was, old))
    for was, old in reversed(steps):
        review = state.put_back(review, old)
        assert seen(review) == was


@given(ACTIONS, ACTIONS)
def test_undo_leaves_what_another_window_said_of_other_moments(mine, theirs) -> None:
    review = Review()
    for action in mine:
        review, _ = acted(review, *action)
    review, old = acted(review, "dismiss", 0, "D")
    touched = moments(FOUND, review)
    for action in theirs:
        review, _ = acted(review, *action)
    others = {row for row in seen(review) if row[0] != key_of(old, touched)}
    after = {row for row in seen(state.put_back(review, old)) if row[0] != key_of(old, touched)}
    assert after == others


def key_of(old: state.Before, found: tuple[Moment, ...]) -> str:
    return next(
        (m.id for m in found if (m.code, m.quote, m.start_s) == (old.code, old.quote, old.start_s)),
        next(f"own-{s.index}" for s in FOUND.sentences if old.code == OWN and s.text == old.quote)
        if old.code == OWN
        else "",
    )
