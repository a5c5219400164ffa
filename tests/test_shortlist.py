"""Which flags are shown, in what order, and how a dismissed one is known again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsaid.model import FAMILY_LETTERS, Audit, Dismissal, Flag, Measures, Severity, Transcript
from unsaid.shortlist import (
    LEAST_SHOWN,
    NO_REASON,
    SHIFT_S,
    by_cost,
    limit,
    put_aside,
    shortlisted,
    with_all,
)

CODES = ("D1", "D2", "A2", "U3")


def flag(
    code: str = "D1",
    start_s: float = 1.0,
    quote: str = "I'd use Kafka",
    *,
    severity: Severity = "warning",
    confidence: float = 0.8,
) -> Flag:
    return Flag(
        id=f"{code}-{start_s}-{quote}",
        code=code,
        name="some-rule",
        family=FAMILY_LETTERS[code[0]],
        severity=severity,
        start_s=start_s,
        end_s=start_s + 1,
        quote=quote,
        sentence=f"{quote}.",
        sentence_index=0,
        message="Why is not said.",
        evidence=("no reason",),
        rewrite="I chose ___.",
        confidence=confidence,
    )


def audit_of(*flags: Flag, duration_s: float = 60.0) -> Audit:
    measures = Measures(duration_s, 0, 0, 0, 0, 0, 0, 0, 0, 0, None, {})
    return Audit(Transcript((), duration_s), (), flags, measures)


def everything(audit: Audit) -> list[Flag]:
    return sorted((*audit.flags, *audit.more, *audit.dismissed), key=lambda f: f.number)


@pytest.mark.parametrize(
    ("minutes", "most"), [(0, LEAST_SHOWN), (1, LEAST_SHOWN), (5, 20), (10, 40), (60, 240)]
)
def test_an_answer_of_five_minutes_has_twenty_flags_at_most(minutes: float, most: int) -> None:
    assert limit(60 * minutes) == most
    found = shortlisted(audit_of(*(flag(start_s=float(i)) for i in range(300)), duration_s=60 * minutes))
    assert len(found.flags) == most
    assert {f.standing for f in found.more} == {"less-costly"}


def test_no_limit_shows_all() -> None:
    found = shortlisted(audit_of(*(flag(start_s=float(i)) for i in range(300))), per_minute=0)
    assert len(found.flags) == 300


def test_the_most_costly_are_shown_and_listed_first() -> None:
    cheap = [flag(start_s=float(i), severity="info", confidence=0.99) for i in range(LEAST_SHOWN)]
    dear = flag("U3", 90.0, severity="error", confidence=0.5)
    middle = flag("A2", 80.0, confidence=0.6)
    surer = flag("D2", 85.0, confidence=0.7)
    found = shortlisted(audit_of(*cheap, middle, surer, dear))
    assert [f.code for f in by_cost(found.flags)][:4] == ["U3", "D2", "A2", "D1"]
    assert [f.cost_rank for f in by_cost(found.flags)] == list(range(1, LEAST_SHOWN + 1))
    assert [f.start_s for f in found.flags] == sorted(f.start_s for f in found.flags), (
        "still in order of time"
    )
    assert [f.start_s for f in found.more] == [9.0, 10.0, 11.0], "of equals the later ones go"
    assert found.measures.flags_by_family == {"D": 10, "A": 1, "U": 1}


def test_numbers_are_the_same_with_all_and_after_a_dismissal() -> None:
    sure, unsure = [flag(start_s=2.0), flag(start_s=9.0)], [flag(start_s=5.0, confidence=0.3)]
    found = shortlisted(audit_of(*sure), unsure)
    assert [(f.start_s, f.number) for f in found.flags] == [(2.0, 1), (9.0, 2)]
    everything_shown = with_all(found)
    assert [(f.start_s, f.number) for f in everything_shown.flags] == [(2.0, 1), (5.0, 3), (9.0, 2)]
    assert everything_shown.more == () and everything_shown.measures.flags_by_family["D"] == 3
    left = put_aside(found, [Dismissal("D1", "I'd use Kafka", 2.0)])
    assert [f.number for f in left.flags] == [2]
    assert [(f.number, f.dismissed) for f in left.dismissed] == [(1, NO_REASON)]


# Times of flags far enough apart that a shift leaves no doubt which is which.
_PLACES = st.lists(
    st.tuples(
        st.integers(0, 400).map(lambda n: n * 2 * (SHIFT_S + 0.1)),
        st.sampled_from(CODES),
        st.sampled_from(["I'd use Kafka", "TTL is 30", "it depends", "Größe egal", "…"]),
        st.sampled_from(["error", "warning", "info"]),
        st.floats(0, 1),
    ),
    unique_by=lambda place: place[0],
    max_size=30,
)


@given(_PLACES, st.floats(-SHIFT_S, SHIFT_S), st.data())
def test_a_dismissed_flag_is_known_again_whatever_else_changed(places, shift_s: float, data) -> None:
    before = [flag(c, t, q, severity=s, confidence=x) for t, c, q, s, x in places]
    chosen = data.draw(st.sets(st.integers(0, len(before) - 1)) if before else st.just(set()))
    dismissals = [
        Dismissal(before[i].code, before[i].quote, before[i].start_s, "wrong words") for i in chosen
    ]
    after = [
        replace(
            f,
            id=f"other-{i}",
            start_s=f.start_s + shift_s,
            message=data.draw(st.text(max_size=5)),
            confidence=data.draw(st.floats(0, 1)),
            severity="info",
            sentence=f"Well, {f.quote}, you know.",
            sentence_index=i + 7,
            quote=data.draw(st.sampled_from([f.quote, f.quote.upper(), f.quote.lower(), f"{f.quote},"])),
        )
        for i, f in enumerate(before)
    ]
    found = shortlisted(audit_of(*after), per_minute=0)
    left = put_aside(found, data.draw(st.permutations(dismissals)))
    assert {f.id for f in left.dismissed} == {f"other-{i}" for i in chosen}
    assert {f.dismissed for f in left.dismissed} <= {"wrong words"}
    assert put_aside(left, dismissals) == left, "the same again changes nothing"
    assert put_aside(left, []) == found, "taken back, all is as it was"


@given(_PLACES, _PLACES)
def test_nothing_is_lost_and_a_dismissal_takes_one_flag_at_most(found_at, dismissed_at) -> None:
    found = shortlisted(audit_of(*(flag(c, t, q, severity=s, confidence=x) for t, c, q, s, x in found_at)))
    left = put_aside(found, [Dismissal(c, q, t) for t, c, q, _, _ in dismissed_at])
    assert len(left.dismissed) <= len(dismissed_at)
    assert [replace(f, dismissed="") for f in everything(left)] == everything(found)
    assert sum(left.measures.flags_by_family.values()) == len(left.flags)


@pytest.mark.parametrize(
    "other",
    [
        Dismissal("D2", "I'd use Kafka", 10.0),
        Dismissal("D1", "I'd use Redis", 10.0),
        Dismissal("D1", "I'd use Kafka", 12.1),
        Dismissal("D1", "I'd use Kafka", 7.9),
    ],
    ids=["rule", "words", "later", "earlier"],
)
def test_another_rule_other_words_or_another_time_is_another_flag(other: Dismissal) -> None:
    found = shortlisted(audit_of(flag(start_s=10.0)))
    assert put_aside(found, [other]) == found


def test_of_the_same_words_said_twice_the_nearer_is_meant() -> None:
    found = shortlisted(audit_of(flag(start_s=10.0), flag(start_s=11.5)))
    left = put_aside(found, [Dismissal("D1", "I'd use Kafka", 11.3)])
    assert [f.start_s for f in left.dismissed] == [11.5]
