"""Laying out an audit: nothing of the text is lost, and every mark finds its place."""

from __future__ import annotations

import hypothesis.strategies as st
import views_support as support
from hypothesis import given

from unsaid.model import Audit, Pause, Transcript
from unsaid.views.markup import PauseMark, Run, SentenceMark, find_quote, mark
from unsaid.views.wording import clock, measure_rows, visible

CODES = st.sampled_from(["D1", "D2", "A1", "A5", "U1", "U5"])
TEXT = st.text(min_size=1, max_size=40).filter(lambda text: text.split() != [])


@st.composite
def audits(draw: st.DrawFn) -> Audit:
    said = []
    for text in draw(st.lists(TEXT, max_size=6)):
        marks = []
        for _ in range(draw(st.integers(0, 3))):
            start = draw(st.integers(0, len(text)))
            end = draw(st.integers(start, len(text)))
            quote = draw(st.sampled_from([text[start:end], text[start:end].upper(), "never said"]))
            marks.append((draw(CODES), quote))
        said.append((draw(st.floats(0, 6)), text, marks))
    length_s = sum(before + 0.4 * len(text.split()) for before, text, _ in said)
    spans = st.tuples(st.floats(0, length_s + 1), st.floats(0, 7)).map(lambda p: (p[0], p[0] + p[1]))
    pauses = sorted(draw(st.lists(spans, max_size=5)))
    return support.build(
        said,
        timing=draw(st.sampled_from(["word", "segment", "none"])),
        pauses=draw(st.none() | st.just(pauses)),
    )


@given(audits())
def test_removing_the_marks_gives_the_text_back(audit: Audit) -> None:
    marked = mark(audit)
    assert marked.text == " ".join(sentence.text for sentence in audit.sentences)
    assert [block.text for block in marked.sentences] == [sentence.text for sentence in audit.sentences]


@given(audits())
def test_every_flag_is_numbered_opened_and_closed_once(audit: Audit) -> None:
    marked = mark(audit)
    assert [item.number for item in marked.flags] == list(range(1, len(audit.flags) + 1))
    closed = [
        item.number
        for block in marked.sentences
        for piece in block.pieces
        if isinstance(piece, Run)
        for item in piece.closes
    ]
    assert sorted(closed) == [item.number for item in marked.flags]


@given(audits())
def test_runs_lie_end_to_end_and_words_inside_their_sentence(audit: Audit) -> None:
    for block in mark(audit).sentences:
        at = 0
        for piece in block.pieces:
            if isinstance(piece, Run):
                assert piece.start == at
                at = piece.end
        assert at == len(block.text)
        assert [block.text[w.start : w.end] for w in block.words] in ([], block.text.split())


@given(audits())
def test_every_pause_worth_showing_is_shown_once(audit: Audit) -> None:
    if audit.transcript.timing == "none":
        assert not list(mark(audit).pauses)
        return
    shown = [(p.start_s, p.duration_s) for p in mark(audit).pauses]
    for pause in audit.transcript.pauses:
        if pause.duration_s >= 1:
            assert shown.count((pause.start_s, pause.duration_s)) >= 1
    assert all(duration_s >= 1 for _, duration_s in shown)


@given(st.text(), st.text())
def test_a_quote_always_has_a_place_inside_the_text(text: str, quote: str) -> None:
    start, end = find_quote(text, quote)
    assert 0 <= start <= end <= len(text)


def test_a_quote_is_found_whatever_its_case_and_spacing() -> None:
    text = "So, I'll use  a Hash Map here."
    assert text[slice(*find_quote(text, "a hash map"))] == "a Hash Map"
    assert text[slice(*find_quote(text, "use a Hash"))] == "use  a Hash"
    assert text[slice(*find_quote(text, "never said"))] == text


def test_nested_quotes_open_outside_in_and_close_inside_out() -> None:
    blocks = list(mark(support.small()).sentences)
    runs = [piece for piece in blocks[5].pieces if isinstance(piece, Run)]
    assert [
        (run.text, [m.flag.code for m in run.flags], [m.flag.code for m in run.closes]) for run in runs
    ] == [
        ("Actually, ", [], []),
        ("scratch that, let's go with a ", ["D3"], []),
        ("sliding window", ["D3", "A4"], ["A4", "D3"]),
        (".", [], []),
    ]


def test_pauses_stand_where_they_were_heard() -> None:
    audit = support.build(
        [(1.2, "One two three.", []), (0.0, "Four five six.", [])],
        # The words of the second sentence are heard from 2.4 s on, 0.4 s each.
        pauses=[(0.0, 1.2), (2.5, 3.5), (9.0, 13.5)],
    )
    first, one, two, last = mark(audit).blocks
    assert isinstance(first, PauseMark) and not first.is_long
    assert isinstance(one, SentenceMark) and isinstance(two, SentenceMark)
    pieces = [piece.text if isinstance(piece, Run) else piece.duration_s for piece in two.pieces]
    assert pieces == ["Four five ", 1.0, "six."]
    assert isinstance(last, PauseMark) and last.is_long


def test_a_pause_known_only_to_the_sentence_is_shown_too() -> None:
    audit = support.build([(0.2, "One.", []), (4.2, "Two.", [])], pauses=[])
    pauses = list(mark(audit).pauses)
    assert [(round(p.duration_s, 1), p.is_long) for p in pauses] == [(4.2, True)]


def test_an_empty_transcript_has_no_blocks() -> None:
    empty = support.build([])
    assert mark(empty).blocks == ()
    assert mark(Audit(Transcript((), 8.0, (Pause(0, 8),)), (), (), empty.measures)).text == ""


def test_clock_never_points_too_late() -> None:
    assert [clock(t) for t in (0, 5.99, 65, 3599.9, 3600, 36065)] == [
        "0:00",
        "0:05",
        "1:05",
        "59:59",
        "1:00:00",
        "10:01:05",
    ]


@given(st.text())
def test_shown_text_holds_nothing_that_acts(text: str) -> None:
    shown = visible(text)
    shown.encode("utf-8")
    assert all(char.isprintable() or char.isspace() or ord(char) > 0xA0 for char in shown)
    assert not set(shown) & set("\x1b\x07\x9b\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\n\r\u2028")


def test_ordinary_text_is_shown_as_it_is() -> None:
    text = "Zürich, naïve, 日本語, ‘quotes’, שלום, 👩‍💻, 5 < 6 & 7"
    assert visible(text) == text
    assert visible("\x1b[31m") == "⟨U+001B⟩[31m"


def test_measures_of_a_text_without_times_name_no_time() -> None:
    labels = [row.label for row in measure_rows(support.small("none"))]
    assert labels == ["Length", "Decisions", "Doubts", "Framing"]
    assert measure_rows(support.small("none"))[-1].value == "sentence 7"
    assert {"Speaking", "Silent", "Pace"} <= {row.label for row in measure_rows(support.small())}
