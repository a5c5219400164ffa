"""Cutting words into sentences: nothing lost, and right where the punctuation is not."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from unsaid.language.sentences import LONGEST_WORDS, split, words_of
from unsaid.model import Pause, Segment, Transcript, Word


def timed(text: str, gaps: dict[str, float] | None = None) -> Transcript:
    """One segment; `gaps` gives the silence before a word, by its place ("3") or the word itself."""
    at_s, words = 0.5, []
    for i, part in enumerate(text.split()):
        at_s += (gaps or {}).get(str(i), (gaps or {}).get(part, 0.03))
        words.append(Word(f" {part}", at_s, at_s + 0.25))
        at_s += 0.25
    return Transcript((Segment(0.5, at_s, text, tuple(words)),), at_s)


def texts(transcript: Transcript) -> list[str]:
    return [s.text for s in split(transcript)]


def test_full_stops_end_sentences_and_abbreviations_and_decimals_do_not() -> None:
    assert texts(timed("Use a cache, e.g. Redis, at 3.5 ms. Then stop. Why?")) == [
        "Use a cache, e.g. Redis, at 3.5 ms.",
        "Then stop.",
        "Why?",
    ]


def test_a_pause_ends_a_sentence_where_stops_are_missing() -> None:
    heard = timed("i would use a hash map then i loop over it", {"then": 0.4})
    assert texts(heard) == ["i would use a hash map", "then i loop over it"]


def test_a_comma_with_a_pause_ends_a_sentence() -> None:
    heard = timed("Storage is MySQL, the cache is Redis.", {"the": 0.4})
    assert texts(heard) == ["Storage is MySQL,", "the cache is Redis."]


def test_no_sentence_ends_after_a_word_that_wants_another() -> None:
    assert texts(timed("I would use a hash map.", {"hash": 1.5})) == ["I would use a hash map."]


def test_a_long_silence_ends_a_sentence_whatever_its_last_word() -> None:
    cut = split(timed("I would use a hash map.", {"hash": 6.0}))
    assert [s.text for s in cut] == ["I would use a", "hash map."]
    assert cut[1].pause_before_s == 6.0


def test_segments_of_thirty_seconds_cut_anywhere_are_joined() -> None:
    whole = timed("So I would keep the counter in one place. Then each gateway asks it.")
    words = whole.segments[0].words
    cut = Transcript(
        (
            Segment(words[0].start_s, words[5].end_s, "".join(w.text for w in words[:6]), words[:6]),
            Segment(words[6].start_s, words[-1].end_s, "".join(w.text for w in words[6:]), words[6:]),
        ),
        whole.duration_s,
    )
    assert texts(cut) == texts(whole)


def test_segment_times_only() -> None:
    heard = Transcript(
        (
            Segment(1.0, 3.0, "I'd go with Postgres."),
            Segment(9.0, 12.0, "And then a cache, because"),
            Segment(12.0, 14.0, "reads dominate."),
        ),
        15.0,
        timing="segment",
    )
    cut = split(heard)
    assert [s.text for s in cut] == ["I'd go with Postgres.", "And then a cache, because reads dominate."]
    assert 5.9 < cut[1].pause_before_s < 6.4
    assert cut[0].start_s == 1.0


def test_plain_text_has_no_pauses() -> None:
    heard = Transcript((Segment(0, 10, "I'd go with Postgres. Next, the API."),), 10.0, timing="none")
    assert [s.pause_before_s for s in split(heard)] == [0.0, 0.0]


def test_plain_text_without_a_single_stop_is_still_cut() -> None:
    text = "so i would go with postgres for the mapping and then there is a cache in front of it " * 6
    heard = Transcript((Segment(0, 60, text),), 60.0, timing="none")
    assert len(texts(heard)) > 3


def test_measured_pauses_go_before_word_times_that_swallow_them() -> None:
    words = (Word(" Okay.", 0.5, 0.9), Word(" I'd", 0.9, 7.4), Word(" shard.", 7.4, 8.0))
    heard = Transcript((Segment(0.5, 8.0, " Okay. I'd shard.", words),), 8.0, pauses=(Pause(0.9, 7.0),))
    cut = split(heard)
    assert [s.text for s in cut] == ["Okay.", "I'd shard."]
    assert cut[1].pause_before_s == 6.1
    assert cut[1].start_s == 7.0


def test_a_word_stretched_into_the_pause_after_it_is_cut_back() -> None:
    words = (Word(" Okay.", 0.5, 6.0), Word(" Go.", 6.0, 6.5))
    heard = Transcript((Segment(0.5, 6.5, " Okay. Go.", words),), 7.0, pauses=(Pause(1.0, 6.0),))
    cut = split(heard)
    assert (cut[0].end_s, cut[1].start_s, cut[1].pause_before_s) == (1.0, 6.0, 5.0)


def test_a_sentence_never_grows_without_end() -> None:
    heard = timed(" ".join(["word"] * 1000))
    assert all(s.last_word - s.first_word <= LONGEST_WORDS for s in split(heard))


def test_nothing_heard() -> None:
    assert split(Transcript((), 0.0)) == ()
    assert split(Transcript((Segment(0, 5, "  \n "),), 5.0)) == ()


word_texts = st.text(min_size=1, max_size=12)
times = st.one_of(st.floats(-5, 5000), st.sampled_from([float("nan"), float("inf"), float("-inf")]))
any_words = st.lists(st.builds(Word, word_texts, times, times), max_size=60).map(tuple)
any_pauses = st.lists(st.tuples(st.floats(0, 4000), st.floats(0, 30)), max_size=12).map(
    lambda ps: tuple(Pause(a, a + b) for a, b in sorted(ps))
)


@given(st.lists(any_words, max_size=4), any_pauses, st.sampled_from(["word", "segment", "none"]))
def test_no_word_is_lost_doubled_or_moved(
    groups: list[tuple[Word, ...]], pauses: tuple[Pause, ...], timing: str
) -> None:
    segments = tuple(Segment(0.0, 10.0, " ".join(w.text for w in g), g) for g in groups)
    heard = Transcript(segments, 10.0, pauses=pauses, timing=timing)  # type: ignore[arg-type]
    cut = split(heard)
    words = words_of(heard)
    edges = [0, *(s.last_word for s in cut)]
    assert [(s.first_word, s.last_word) for s in cut] == list(pairwise(edges))
    assert (cut[-1].last_word if cut else 0) == len(words)
    assert " ".join(s.text for s in cut).split() == [p for w in words for p in w.text.split()]
    assert [s.index for s in cut] == list(range(len(cut)))
    assert all(s.start_s <= s.end_s and s.pause_before_s >= 0 for s in cut)
