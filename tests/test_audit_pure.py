"""The audit takes anything, says the same twice, and answers for what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsaid.audit import audit
from unsaid.errors import UnsaidError
from unsaid.model import Pause, Prompt, Segment, Transcript, Word

PROMPT = Prompt("Design a parcel tracking service.", "design")


def plain(text: str) -> Transcript:
    return Transcript((Segment(0.0, 10.0, text),), 10.0, timing="none")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "Okay",
        "?",
        "...",
        "\x00\x01\x02 \u200b \ufeff",
        "أود أن أستخدم قاعدة بيانات. \u202eabc\u202c",
        "I'd use 🤖 because 🤖.",
        "I'd go with Postgres",
        "'" * 5000,
        "so " * 20000,
        "a-" * 20000,
        "x" * 1_000_000,
        "1," * 20000,
    ],
)
@pytest.mark.parametrize("timing", ["word", "segment", "none"])
def test_any_text_gives_an_audit(text: str, timing: str) -> None:
    result = audit(replace(plain(text), timing=timing), PROMPT)  # type: ignore[arg-type]
    assert result.measures.words == len(text.split())


@given(st.text(max_size=400), st.text(max_size=60))
def test_arbitrary_text_and_prompt(text: str, prompt: str) -> None:
    result = audit(plain(text), Prompt(prompt))
    for flag in result.flags:
        assert flag.quote in flag.sentence


_SPEECH = st.lists(
    st.sampled_from(
        [
            "i'd",
            "we",
            "use",
            "go",
            "with",
            "postgres",
            "kafka",
            "because",
            "so",
            "that",
            "maybe",
            "it",
            "depends",
            "on",
            "not",
            "sure",
            "i",
            "don't",
            "know",
            "later",
            "okay",
            ".",
            ",",
            "?",
            "two",
            "million",
            "users",
            "skip",
            "the",
            "cache",
            "actually",
            "no",
            "obviously",
            "must",
            "be",
            "sorted",
            "should",
            "fine",
            "ten",
            "seconds",
            "a",
            "the",
        ]
    ),
    max_size=80,
).map(" ".join)


@given(_SPEECH, st.sampled_from([None, "design", "coding", "story", "debugging"]))
def test_speech_like_text_holds_the_contract(text: str, kind: str | None) -> None:
    result = audit(plain(text), PROMPT, kind=kind, min_confidence=0.0)  # type: ignore[arg-type]
    assert len({f.sentence_index for f in result.flags}) <= len(result.sentences)
    for flag in result.flags:
        assert flag.quote and flag.quote in result.sentences[flag.sentence_index].text
        assert 0.0 <= flag.confidence <= 1.0
        assert flag.evidence and "___" in flag.rewrite


def test_ids_stay_when_the_rest_of_the_answer_changes() -> None:
    first = audit(plain("I'd go with Postgres. Next, the API."), PROMPT, select=["D1"])
    second = audit(plain("I'd go with Postgres. Next, the API. It depends."), PROMPT, select=["D1"])
    assert first.flags[0].id == second.flags[0].id
    assert first.flags[0].id.startswith("D1-")


def test_the_prompt_given_goes_before_the_one_in_the_file() -> None:
    heard = replace(plain("There are 40 depots and fifty million users."), prompt=Prompt("Design a shop."))
    assert audit(heard).prompt == Prompt("Design a shop.")
    assert audit(heard, PROMPT).prompt == PROMPT


def test_a_fact_of_the_prompt_is_no_unstated_quantity() -> None:
    heard = plain("So there are fifty million users every day. Next, the map.")
    assert [f.code for f in audit(heard, PROMPT, select=["A2"]).flags] == ["A2"]
    told = Prompt("Design a parcel tracking service for 50 million users.")
    assert audit(heard, told, select=["A2"]).flags == ()


def test_the_pause_before_a_sentence_is_not_part_of_its_flag() -> None:
    words = [Word(" Right.", 0.5, 1.0)]
    at_s = 8.0
    for part in ("I'd", "shard", "by", "tenant."):
        words.append(Word(f" {part}", at_s, at_s + 0.3))
        at_s += 0.35
    text = "".join(w.text for w in words)
    heard = Transcript((Segment(0.5, at_s, text, tuple(words)),), 10.0, pauses=(Pause(1.0, 8.0),))
    (flag,) = audit(heard, PROMPT, select=["D"]).flags
    assert flag.code == "D2"
    assert (flag.start_s, flag.end_s) == (8.0, pytest.approx(9.35))
    assert "pause of 7.0 s before it" in flag.evidence


def test_measures_of_a_small_answer() -> None:
    words = tuple(
        Word(f" {w}", i * 1.0 + 2.0, i * 1.0 + 2.5)
        for i, w in enumerate(["I'd", "use", "Kafka.", "Is", "that", "okay?"])
    )
    heard = Transcript(
        (Segment(2.0, 7.5, "".join(w.text for w in words), words),),
        12.0,
        pauses=(Pause(0, 2), Pause(7.5, 12)),
    )
    measures = audit(heard, PROMPT).measures
    assert measures.duration_s == 12.0
    assert measures.silent_s == 6.5
    assert measures.speaking_s == 5.5
    assert measures.longest_pause_s == 4.5
    assert measures.words == 6
    assert measures.words_per_minute == 30.0
    assert measures.decisions == 1
    assert measures.first_framing_s == 5.0


def test_a_plain_text_has_no_pace_and_no_silence() -> None:
    measures = audit(plain("I'd use Kafka. Is that okay?"), PROMPT).measures
    assert (measures.words_per_minute, measures.silent_s, measures.first_framing_s) == (0.0, 0.0, None)


def test_min_confidence_lets_fewer_through() -> None:
    heard = plain(
        "I'd go with Postgres. Sessions in Mongo. It should be fine. We put it in a cache. Two replicas. "
        "I think the rest is simple."
    )
    few, many = audit(heard, PROMPT, min_confidence=0.8), audit(heard, PROMPT, min_confidence=0.1)
    assert len(few.flags) < len(many.flags)
    assert all(f.confidence >= 0.8 for f in few.flags)


def test_unknown_rule_is_refused() -> None:
    with pytest.raises(UnsaidError):
        audit(plain("Okay."), select=["Z9"])


def test_cost_grows_with_the_words() -> None:
    """Ten times the words, ten times the work: counted in calls, which no busy machine can blur."""
    import cProfile
    import pstats

    def calls(times: int) -> int:
        text = (
            "I'd go with Postgres. It depends. We'll handle failures later, because the map is slow. " * times
        )
        profile = cProfile.Profile()
        profile.runcall(audit, plain(text), PROMPT)
        return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]

    calls(1)
    assert calls(600) < 11 * calls(60)
