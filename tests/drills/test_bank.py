"""The bank of prompts: what ships, what a file may say, what is drawn, and what the audit takes as given."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from support import ROOT
from unsaid.audit import audit
from unsaid.drills import bank
from unsaid.drills.bank import LEVELS, SIGNALS, PromptCard
from unsaid.errors import UnsaidError
from unsaid.model import KINDS, Prompt, Segment, Transcript

SHIPPED, BROKEN = bank.cards(Path("no-workspace-here"))
QUESTIONS = [c for c in SHIPPED if not c.recovery]
RECOVERY = [c for c in SHIPPED if c.recovery]
FACTS = [(c, fact) for c in SHIPPED for fact in c.facts]


def ids(cards: list[PromptCard]) -> list[str]:
    return [c.id for c in cards]


# What ships


def test_there_are_as_many_as_promised() -> None:
    assert BROKEN == []
    counts = Counter(c.kind for c in QUESTIONS)
    assert counts["coding"] >= 20
    assert counts["design"] >= 20
    assert counts["story"] >= 10
    assert counts["debugging"] >= 5
    assert len(RECOVERY) >= 5
    assert len({c.kind for c in RECOVERY}) == len(KINDS), "every kind can be practised after a fault"


def test_every_level_and_signal_can_be_practised() -> None:
    for kind in ("coding", "design", "story", "debugging"):
        assert len({c.level for c in QUESTIONS if c.kind == kind}) >= 3
    asked_for = Counter(s for c in QUESTIONS for s in c.signals)
    assert set(asked_for) == set(SIGNALS)
    assert min(asked_for.values()) >= 10


def test_ids_that_sessions_refer_to_stay() -> None:
    old = (
        "hard-call job-scheduler merge-intervals photo-sharing rate-limiter slow-endpoint two-sum word-ladder"
    )
    assert set(old.split()) <= set(ids(SHIPPED))


@pytest.mark.parametrize("card", SHIPPED, ids=ids(SHIPPED))
def test_a_shipped_prompt_is_whole(card: PromptCard) -> None:
    assert bank.is_id(card.id)
    assert 3 <= card.minutes <= 10
    assert card.facts or card.asks
    assert len(card.title) <= 50 and card.title != bank.title_of(card.text)
    assert 8 <= len(card.text.split()) <= 70
    assert all(fact.endswith(".") for fact in card.facts)
    assert all(question.endswith("?") for question in card.asks)
    assert 2 <= len(card.signals) <= 5
    for text in (card.text, card.title, card.flawed, card.fault, *card.facts, *card.asks):
        assert text == " ".join(text.split()), "one line, no double spaces"
        assert text.isprintable()


@pytest.mark.parametrize("card", RECOVERY, ids=ids(RECOVERY))
def test_a_flawed_solution_is_told_as_one_would_tell_it(card: PromptCard) -> None:
    assert 60 <= len(card.flawed.split()) <= 150
    assert " I " in card.flawed
    assert card.fault and card.fault not in card.flawed


def likeness(one: str, other: str) -> float:
    """The share of the longer words of two texts that both have."""
    a, b = (frozenset(w.strip(".,:?").lower() for w in text.split() if len(w) > 3) for text in (one, other))
    return len(a & b) / len(a | b)


def test_no_two_prompts_are_nearly_the_same() -> None:
    assert likeness("Merge the time intervals that overlap.", "Merge all time intervals which overlap.") > 0.4
    alike = [(a.id, b.id) for a, b in combinations(SHIPPED, 2) if likeness(a.text, b.text) > 0.4]
    assert alike == []
    assert len({c.title for c in SHIPPED}) == len(SHIPPED)


# What a file may say


def write(workspace: Path, name: str, text: str | bytes) -> Path:
    path = workspace / "prompts" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_ones_own_prompt_needs_text_and_kind_alone(tmp_path: Path) -> None:
    path = write(tmp_path, "kettle.toml", 'text = "  Design a\\nkettle.  "\nkind = "design"\n')
    card = bank.find("kettle", tmp_path)
    assert card == PromptCard(
        id="kettle",
        text="Design a\nkettle.",
        kind="design",
        title="Design a kettle.",
        level="mid",
        minutes=bank.USUAL_MINUTES["design"],
        signals=bank.USUAL_SIGNALS["design"],
        file=path,
        own=True,
    )
    assert bank.resolve("kettle", tmp_path) == Prompt(
        "Design a\nkettle.",
        "design",
        "kettle",
        (),
        bank.USUAL_SIGNALS["design"],
        bank.USUAL_MINUTES["design"],
    )


def test_ones_own_prompt_wins_and_a_broken_one_is_not_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path, "two-sum.toml", 'text = "Mine."\nkind = "coding"\nfacts = ["It is short."]\n')
    assert bank.resolve("two-sum", tmp_path) == Prompt(
        "Mine.",
        "coding",
        "two-sum",
        ("It is short.",),
        bank.USUAL_SIGNALS["coding"],
        bank.USUAL_MINUTES["coding"],
    )
    assert len(bank.cards(tmp_path)[0]) == len(SHIPPED)
    path.write_text("text = 3\n")
    with pytest.raises(UnsaidError, match=r"two-sum\.toml, line 1: 'text' takes a text in quotes, not a num"):
        bank.resolve("two-sum", tmp_path)
    found, (error,) = bank.cards(tmp_path)
    assert "two-sum.toml" in error.message
    assert len(found) == len(SHIPPED) - 1, "one broken file hides no other prompt"


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_files_of_other_systems_are_read(tmp_path: Path, mark: bytes, end: bytes) -> None:
    lines = (b'text = """Why', b'this?"""', b'kind = "story"', b"minutes = 2.5")
    write(tmp_path, "why.toml", mark + end.join(lines))
    card = bank.find("why", tmp_path)
    assert (card.text, card.minutes) == ("Why\nthis?", 2.5)


GOOD = 'text = "Why?"\nkind = "story"\n'


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ('text = "Why?\nkind = "story"\n', "line 1: not valid TOML", "text ="),
        ('text = "Why?"\n\nkind = story\n', "line 3: not valid TOML", ""),
        ('text = """Why?\n\nkind = "story"\n', "line 3: not valid TOML", ""),
        (b'text = "Why?"\nkind = "st\xffory"\n', "line 2: not UTF-8", "UTF-8"),
        ("", "has no 'text'", "text ="),
        ('kind = "story"\n', "has no 'text'", "text ="),
        ('text = " "\nkind = "story"\n', "line 1: 'text' is empty", ""),
        ('text = "Why?"\n', "has no 'kind'", "coding, design, story, debugging"),
        ('text = "Why?"\n\nkind = "stori"\n', "line 3: 'kind' is 'stori'", "'story'"),
        ('text = "Why?"\nkind = "poem"\n', "line 2: 'kind' is 'poem'", "coding, design, story, debugging"),
        (GOOD + "minuts = 3\n", "line 3: there is no field 'minuts'", "'minutes'"),
        (GOOD + "[minuts]\na = 3\n", "line 3: there is no field 'minuts'", "'minutes'"),
        (GOOD + 'facts = """\nminuts = 1\n"""\nminuts = 3\n', "line 6: there is no field 'minuts'", ""),
        (GOOD + 'title = ["a"]\n', "line 3: 'title' takes a text in quotes, not a list", ""),
        (GOOD + "minutes = true\n", "line 3: 'minutes' takes a number, not true or false", "minutes = 6"),
        (GOOD + 'minutes = "6"\n', "line 3: 'minutes' takes a number, not a text", ""),
        (GOOD + "minutes = 0\n", "line 3: 'minutes' is 0", "at most 120"),
        (GOOD + "minutes = -1\n", "line 3: 'minutes' is -1", ""),
        (GOOD + "minutes = nan\n", "line 3: 'minutes' is nan", ""),
        (GOOD + "minutes = inf\n", "line 3: 'minutes' is inf", ""),
        (GOOD + 'facts = "one"\n', "line 3: 'facts' takes a list of texts, not a text", "facts = ["),
        (GOOD + 'facts = ["one", 2]\n', "line 3: 'facts' takes a list of texts, not a number", ""),
        (GOOD + 'asks = ["one", " "]\n', "line 3: 'asks' has an empty text", ""),
        (GOOD + 'level = "Senior"\n', "line 3: 'level' is 'Senior'", "'senior'"),
        (GOOD + 'signals = ["framing"]\n', "line 3: there is no signal 'framing'", "'problem-framing'"),
        (GOOD + 'flawed = "I sort."\n', "line 3: 'flawed' has no 'fault'", ""),
        (GOOD + 'fault = "It sorts."\n', "line 3: 'fault' has no 'flawed'", ""),
        (GOOD + "facts = " + "[" * 9999 + "]" * 9999, "nested too deep", ""),
    ],
)
def test_errors_name_the_file_and_the_line(tmp_path: Path, text: str | bytes, said: str, hint: str) -> None:
    path = write(tmp_path, "mine.toml", text)
    with pytest.raises(UnsaidError) as caught:
        bank.find("mine", tmp_path)
    assert caught.value.message.startswith(str(path))
    assert said in caught.value.message
    assert hint in caught.value.hint


def test_a_file_whose_name_is_no_id_is_told(tmp_path: Path) -> None:
    write(tmp_path, "My \x1b[31mown.toml", GOOD)
    found, (error,) = bank.cards(tmp_path)
    assert ids(found) == ids(SHIPPED)
    assert "is no name for a prompt" in error.message
    assert "\x1b" not in error.message


def test_an_unknown_id_names_the_nearest(tmp_path: Path) -> None:
    for look in (bank.find, bank.resolve):
        with pytest.raises(UnsaidError, match="no prompt 'word-lader'") as caught:
            look("word-lader", tmp_path)
        assert "Did you mean 'word-ladder'?" in caught.value.hint


def test_the_page_on_prompts_is_right() -> None:
    page = (ROOT / "docs" / "prompts.md").read_text("utf-8")
    example = page.split("```toml\n", 1)[1].split("```", 1)[0]
    card = bank.loads(example.encode(), prompt_id="kettle", name="docs/prompts.md")
    assert (card.minutes, len(card.facts), len(card.signals)) == (6, 2, 2)
    fields = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    assert set(fields) == {f.name for f in dataclasses.fields(PromptCard)} - {"id", "file", "own"}
    assert f"{len(QUESTIONS)} questions" in page
    assert f"{NUMBERS[len(RECOVERY)]}\nsolutions with a fault" in page
    assert all(f"`{signal}`" in page for signal in SIGNALS)


NUMBERS = [
    "none",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
TEXT = st.text(min_size=1).map(str.strip).filter(bool)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
CARDS = st.builds(
    PromptCard,
    id=st.just("mine"),
    text=TEXT,
    kind=st.sampled_from(KINDS),
    title=TEXT.map(lambda t: " ".join(t.split())),
    level=st.sampled_from(LEVELS),
    minutes=st.floats(0, bank.MOST_MINUTES, exclude_min=True) | st.integers(1, 120).map(float),
    facts=TEXTS,
    asks=TEXTS,
    signals=st.sets(st.sampled_from(SIGNALS), min_size=1).map(lambda s: tuple(x for x in SIGNALS if x in s)),
) | st.sampled_from(RECOVERY)


@given(CARDS)
@example(
    replace(SHIPPED[0], text='"""\\\n\x00\x1b[2J\x7f\x9b\u202e\u2028\U000e0041\ufeff😀\\u0041', facts=("'",))
)
def test_what_is_written_is_read_back(card: PromptCard) -> None:
    written = bank.dumps(card)
    again = bank.loads(written.encode(), prompt_id=card.id, name="mine.toml")
    assert replace(again, file=card.file, own=card.own) == card
    assert all(c.isprintable() or c == "\n" for c in written)


@given(st.binary(max_size=80) | st.text(max_size=80).map(lambda t: (GOOD + t).encode()))
def test_any_file_gives_a_prompt_or_an_error_in_words(raw: bytes) -> None:
    try:
        card = bank.loads(raw, prompt_id="mine", name="mine.toml")
    except UnsaidError as error:
        assert error.message.startswith("mine.toml")
        assert error.hint
    else:
        assert card.text and card.title and card.minutes > 0


# What is drawn

NOW = datetime(2026, 11, 22, 15, 30).astimezone()
DECK = QUESTIONS[:9]


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def drawn(practised: dict[str, datetime]) -> tuple[set[str], set[bool]]:
    """What comes up in many draws, and whether they say that all were done lately."""
    draws = [bank.draw(DECK, practised, NOW, random.Random(seed)) for seed in range(200)]
    return {d.card.id for d in draws}, {d.lately for d in draws}


def test_what_was_never_practised_comes_first() -> None:
    practised = {c.id: ago(400) for c in DECK[:7]}
    assert drawn(practised) == ({DECK[7].id, DECK[8].id}, {False})
    assert drawn({}) == (set(ids(DECK)), {False})


def test_what_waited_longest_comes_next_and_what_was_done_lately_not_at_all() -> None:
    practised = {c.id: ago(20 + number) for number, c in enumerate(DECK[:4])}
    practised |= {c.id: ago(1) for c in DECK[4:]}
    assert drawn(practised) == ({DECK[2].id, DECK[3].id}, {False})


def test_when_all_were_done_lately_it_is_said() -> None:
    practised = {c.id: ago(number) for number, c in enumerate(DECK)}
    assert drawn(practised) == (set(ids(DECK[4:])), {True})


@given(st.dictionaries(st.sampled_from(ids(DECK)), st.floats(-5, 100)), st.integers())
def test_nothing_done_lately_is_drawn_while_there_is_something_else(
    days: dict[str, float], seed: int
) -> None:
    practised = {prompt_id: ago(d) for prompt_id, d in days.items()}
    found = bank.draw(DECK, practised, NOW, random.Random(seed))
    assert found == bank.draw(DECK, practised, NOW, random.Random(seed))
    if len(days) < len(DECK):
        assert found.card.id not in days
    elif any(d > bank.LATELY.days for d in days.values()):
        assert days[found.card.id] > bank.LATELY.days and not found.lately
    else:
        assert found.lately


# What the audit takes as given


def flagged(prompt: Prompt, said: str) -> list[str]:
    """Codes of what the audit finds unstated in `said`, the sure and the less sure."""
    heard = Transcript(
        (Segment(0.0, 20.0, f"Let me think. {said} Next, the parts of it."),), 20.0, timing="none"
    )
    found = audit(heard, prompt, select=["A2", "A3", "A4", "A5"])
    return [f.code for f in (*found.flags, *found.more) if f.sentence_index == 1]


@pytest.mark.parametrize(("card", "fact"), FACTS, ids=[f"{c.id}-{c.facts.index(f)}" for c, f in FACTS])
def test_a_fact_of_the_prompt_is_no_unstated_assumption(card: PromptCard, fact: str) -> None:
    for lead in ("", "So ", "Okay, we know that "):
        said = lead + (fact if not lead else fact[:1].lower() + fact[1:])
        assert flagged(card.prompt, said) == [], said


def test_without_the_facts_many_of_them_would_be() -> None:
    count = sum(bool(flagged(replace(c.prompt, facts=()), fact)) for c, fact in FACTS)
    assert count > len(FACTS) / 3


LIMITER = bank.find("rate-limiter", Path("no-workspace-here")).prompt


@pytest.mark.parametrize(
    "said",
    [
        "We have ninety thousand requests a second.",
        "So at peak it's 90,000 requests per second from 12,000 customers.",
        "There's a peak of 90 thousand requests per second.",
    ],
)
def test_a_figure_may_be_said_in_other_words(said: str) -> None:
    assert "A2" in flagged(replace(LIMITER, facts=()), said)
    assert flagged(LIMITER, said) == []


@pytest.mark.parametrize(
    "said", ["So we have two hundred million users.", "There are 900,000 requests a second."]
)
def test_other_figures_are_flagged_as_before(said: str) -> None:
    assert flagged(LIMITER, said) == flagged(replace(LIMITER, facts=()), said) == ["A2"]


@given(st.lists(st.text(max_size=80), max_size=4), st.text(max_size=200))
def test_any_facts_do(facts: list[str], said: str) -> None:
    assume(said.strip())
    result = audit(
        Transcript((Segment(0.0, 9.0, said),), 9.0, timing="none"), Prompt("Why?", facts=tuple(facts))
    )
    assert result.prompt is not None and result.prompt.facts == tuple(facts)
