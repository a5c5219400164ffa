"""The parts of the sample model's tools that need no training libraries."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.sample_model import vocabulary
from tools.sample_model.measure import pause_error_s, score
from tools.sample_model.paths import MODEL, SAMPLE
from tools.sample_model.phrases import bank, plain, recombinations, unseen
from tools.sample_model.schedule import FULL, Plan, Stage
from tools.sample_model.speech import SpokenWord
from unsaid.audio.speech import Speech
from unsaid.model import Pause


@pytest.fixture(scope="module")
def tokenizer():
    return vocabulary.build(bank())


def spoken(text, start_s=0.0, step_s=0.5):
    return [
        SpokenWord(word, start_s + i * step_s, start_s + (i + 1) * step_s)
        for i, word in enumerate(text.split())
    ]


# the phrase bank


def test_bank_holds_every_sentence_of_the_sample_answer():
    truth = json.loads((SAMPLE / "script.json").read_text(encoding="utf-8"))
    assert {sentence["text"] for sentence in truth["sentences"]} <= set(bank())


def test_bank_has_no_duplicates_and_ends_every_sentence():
    sentences = [plain(sentence) for sentence in bank()]
    assert len(set(sentences)) == len(sentences)
    assert all(sentence[-1] in ".?" for sentence in bank())


def test_unseen_sentences_are_new_but_made_of_known_words():
    known = {plain(sentence) for sentence in bank()}
    words = {word for sentence in known for word in sentence.split()}
    for sentence in unseen():
        assert plain(sentence) not in known
        assert set(plain(sentence).split()) <= words, sentence


def test_recombinations_are_new_sentences_of_known_words_and_the_same_for_the_same_seed():
    made = recombinations(bank(), 300, seed=5)
    assert made == recombinations(bank(), 300, seed=5)
    assert made != recombinations(bank(), 300, seed=6)
    assert len(set(made)) == 300
    words = {word for sentence in bank() for word in plain(sentence).split()}
    held = {plain(sentence) for sentence in (*bank(), *unseen())}
    for sentence in made:
        assert set(plain(sentence).split()) <= words
        assert plain(sentence) not in held


# the tokenizer


@given(st.text(max_size=60))
def test_any_text_comes_back_from_its_tokens(text):
    tokenizer = vocabulary.load(MODEL / "tokenizer.json")
    for special in vocabulary.SPECIALS:
        text = text.replace(special, "")
    ids = [token for token, _ in vocabulary.encode(tokenizer, text)]
    assert tokenizer.decode(ids) == " " + text


def test_no_word_of_the_bank_starts_with_the_bare_space_that_faster_whisper_suppresses(tokenizer):
    bare = tokenizer.token_to_id("Ġ")
    for sentence in (*bank(), *unseen()):
        assert bare not in [token for token, _ in vocabulary.encode(tokenizer, sentence)]


def test_nothing_that_is_suppressed_is_needed_to_write_the_bank(tokenizer):
    never = set(vocabulary.never_spoken(tokenizer))
    for sentence in (*bank(), *unseen()):
        assert never.isdisjoint(token for token, _ in vocabulary.encode(tokenizer, sentence))


def test_tokens_carry_the_index_of_their_word(tokenizer):
    for sentence in bank():
        words = [word for _, word in vocabulary.encode(tokenizer, sentence)]
        assert sorted(set(words)) == list(range(len(sentence.split())))
        assert words == sorted(words)


def test_special_tokens_stand_where_whisper_programs_look_for_them(tokenizer):
    special = vocabulary.specials(tokenizer)
    assert special.end < special.start < special.no_timestamps < special.first_timestamp
    assert tokenizer.token_to_id("<|0.00|>") == special.first_timestamp
    assert tokenizer.token_to_id("<|30.00|>") == special.first_timestamp + 1500
    assert tokenizer.get_vocab_size() == special.first_timestamp + vocabulary.TIMESTAMPS


# the schedule


def test_every_step_belongs_to_its_stage():
    a, b = Stage(3, 6.0, 2), Stage(2, 15.0, 1)
    plan = Plan((a, b), peak_rate=1.0, decay_steps=5)
    assert [plan.stage(step) for step in range(6)] == [a, a, a, b, b, b]
    assert plan.steps == 5


@given(st.integers(0, FULL.steps - 1))
def test_learning_rate_stays_between_nothing_and_its_peak(step):
    assert 0 < FULL.rate(step) <= FULL.peak_rate


def test_learning_rate_rises_then_falls():
    plan = Plan((Stage(500, 6.0, 2),), peak_rate=1.0, decay_steps=500)
    rates = [plan.rate(step) for step in range(plan.steps)]
    top = rates.index(max(rates))
    assert all(a <= b for a, b in pairwise(rates[: top + 1]))
    assert all(a >= b for a, b in pairwise(rates[top:]))
    assert rates[-1] < 0.02


def test_a_stage_with_a_rate_of_its_own_falls_from_it_without_touching_the_others():
    first, last = Stage(300, 6.0, 2), Stage(50, 15.0, 2, own_rate=0.5)
    plan = Plan((first, last), peak_rate=1.0, decay_steps=400)
    assert plan.rate(300) == 0.5
    assert plan.rate(349) < 0.02
    alone = Plan((first,), peak_rate=1.0, decay_steps=400)
    assert [plan.rate(step) for step in range(300)] == [alone.rate(step) for step in range(300)]


def test_timestamp_targets_sharpen():
    assert FULL.blur(0) == 5.0
    assert FULL.blur(FULL.decay_steps) == 1.0


def test_last_stage_trains_on_what_faster_whisper_gives_the_encoder():
    assert 30.0 in FULL.stages[-1].padded_s


# the measurement


def test_score_counts_each_kind_of_error_and_ignores_case_and_punctuation():
    said = spoken("I'd put it, in the gateway.")
    assert score(said, spoken("i'd PUT it in the gateway")).wer == 0
    wrong = score(said, spoken("I'd put it on gateway now"))
    assert (wrong.substitutions, wrong.deletions, wrong.insertions) in {(1, 1, 1), (3, 0, 0)}
    assert score(said, []).wer == 1


def test_score_measures_word_starts_of_words_heard_right():
    result = score(spoken("put it in the gateway"), spoken("put it in a gateway", start_s=0.25))
    assert result.start_errors_s == pytest.approx([0.25] * 4)


def test_pause_error_is_the_worst_edge():
    speech = Speech((), (Pause(1.0, 2.0), Pause(5.0, 9.0)), 10.0)
    assert pause_error_s([(1.1, 2.0), (5.0, 8.8)], speech) == pytest.approx(0.2)
