"""`unsaid prompts` as its user meets it: listing, showing, drawing and adding prompts."""

from __future__ import annotations

import json
import stat
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from support import command
from terminal_driver import Driven
from unsaid.cli import cli
from unsaid.drills import bank
from unsaid.model import Prompt
from unsaid.sessions.record import Source
from unsaid.sessions.store import Store

HOSTILE = (
    "Why \x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b5A \u202eback\u202c \U000e0041 \u2028 [bold]this[/bold]?"
)


def rows(unsaid, *args: object) -> list[dict]:
    done = unsaid("prompts", "list", "--json", *args)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def practise(workspace: Path, prompt_id: str, days_ago: float, text: str = "Why?") -> None:
    """Leave a session behind, as an answer to that prompt does."""
    Store(workspace / "sessions").create(
        Source(f"{prompt_id}.wav", "a" * 64, 10),
        now=datetime.now().astimezone() - timedelta(days=days_ago),
        duration_s=60.0,
        prompt=Prompt(text, "coding", prompt_id),
    )


def own(workspace: Path, name: str, text: str) -> Path:
    path = workspace / "prompts" / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# List and show


def test_listed_by_kind_level_signal_time_and_recovery(unsaid) -> None:
    everything = rows(unsaid)
    assert len(everything) >= 60
    for args, fits in (
        (["--kind", "debugging"], lambda r: r["kind"] == "debugging"),
        (["--level", "staff"], lambda r: r["level"] == "staff"),
        (["--signal", "delivery-judgement"], lambda r: "delivery-judgement" in r["signals"]),
        (["--minutes-at-most", "5"], lambda r: r["minutes"] <= 5),
        (["--recovery"], lambda r: r["recovery"]),
        (
            ["--kind", "design", "--level", "senior"],
            lambda r: (r["kind"], r["level"]) == ("design", "senior"),
        ),
    ):
        found = rows(unsaid, *args)
        assert found == [r for r in everything if fits(r)]
        assert 0 < len(found) < len(everything)


def test_the_table_has_every_prompt_on_a_line_without_colour(unsaid, workspace: Path) -> None:
    own(workspace, "kettle", 'text = "Design a kettle."\nkind = "design"\n')
    practise(workspace, "kettle", 0)
    done = unsaid("prompts", "list", env={"NO_COLOR": ""})
    assert done.returncode == 0 and done.stderr == ""
    assert "\x1b" not in done.stdout
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if not line.startswith(" ")}
    assert {r["id"] for r in rows(unsaid)} <= lines.keys()
    assert "(yours)" in lines["kettle"]
    assert f"{datetime.now():%Y-%m-%d}" in lines["kettle"]
    assert "(recovery)" in lines["recover-neighbour-shifts"]


def test_nothing_that_fits_is_said_on_standard_error(unsaid) -> None:
    done = unsaid("prompts", "list", "--kind", "story", "--signal", "coding-fluency")
    assert (done.returncode, done.stdout) == (0, "")
    assert "No prompt fits" in done.stderr


def test_a_broken_prompt_hides_no_other(unsaid, workspace: Path) -> None:
    path = own(workspace, "broken", 'text = "Why?"\nkind = "poem"\n')
    done = unsaid("prompts", "list", "--kind", "coding")
    assert done.returncode == 0
    assert "two-sum" in done.stdout
    assert done.stderr == f"note: {path}, line 2: 'kind' is 'poem'\n"
    assert unsaid("prompts", "random").returncode == 0


def test_shown_without_what_would_spoil_the_answer(unsaid) -> None:
    (row,) = [r for r in rows(unsaid) if r["id"] == "recover-seat-hold"]
    plain, full = unsaid("prompts", "show", row["id"]), unsaid("prompts", "show", row["id"], "--hints")
    assert json.loads(unsaid("prompts", "show", row["id"], "--json").stdout) == row

    def flat(text: str) -> str:
        return " ".join(text.split())

    for part in (row["title"], row["text"], row["flawed"], *row["facts"]):
        assert part in flat(plain.stdout)
        assert part in flat(full.stdout)
    for part in (row["fault"], *row["asks"], *(s.replace("-", " ") for s in row["signals"])):
        assert part not in flat(plain.stdout)
        assert part in flat(full.stdout)
    assert "--hints" in plain.stderr
    assert full.stderr == ""


def test_an_unknown_prompt_names_the_nearest(unsaid) -> None:
    done = unsaid("prompts", "show", "word-lader")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Did you mean 'word-ladder'?" in done.stderr


def test_the_folders_are_told(unsaid, workspace: Path) -> None:
    done = unsaid("prompts", "path")
    (yours, program) = (line.split(maxsplit=1)[1] for line in done.stdout.splitlines())
    assert yours == str(workspace / "prompts")
    assert (Path(program) / "two-sum.toml").is_file()
    assert "none yet" in done.stderr
    assert not workspace.exists(), "looking makes nothing"


# Draw


def draw(unsaid, *args: object) -> tuple[str, str]:
    """The id that is drawn, and the note on standard error."""
    done = unsaid("prompts", "random", *args, "--json")
    assert done.returncode == 0, done.stderr
    drawn = json.loads(done.stdout)["id"]
    assert f"unsaid record --prompt {drawn} " in done.stderr
    return drawn, done.stderr


def test_what_was_practised_lately_is_not_drawn(unsaid, workspace: Path) -> None:
    junior = ("--kind", "coding", "--level", "junior")
    deck = [r["id"] for r in rows(unsaid, *junior) if not r["recovery"]]
    left = deck.pop()
    for number, prompt_id in enumerate(deck):
        practise(workspace, prompt_id, 100 + number)
    assert {draw(unsaid, *junior, "--seed", seed)[0] for seed in range(4)} == {left}, "never practised"

    practise(workspace, left, 30)
    for prompt_id in deck[1:]:
        practise(workspace, prompt_id, 1)
    assert {draw(unsaid, *junior, "--seed", seed)[0] for seed in range(4)} == {deck[0]}, "longest ago"

    practise(workspace, deck[0], 2)
    practise(workspace, left, 3)
    drawn, note = draw(unsaid, *junior)
    assert f"all {len(deck) + 1} prompts that fit were practised in the last 14 days" in note
    assert drawn in (*deck, left)


def test_the_same_seed_draws_the_same(unsaid) -> None:
    drawn = [draw(unsaid, "--seed", 7), draw(unsaid, "--seed", 7)]
    assert drawn[0] == drawn[1]
    assert "note:" not in drawn[0][1]
    plain = unsaid("prompts", "random", "--seed", 7)
    assert drawn[0][0] in plain.stdout


def test_flawed_solutions_are_drawn_only_when_asked_for(unsaid, workspace: Path) -> None:
    recovery = {r["id"] for r in rows(unsaid, "--recovery")}
    assert draw(unsaid, "--recovery", "--seed", 1)[0] in recovery
    found = {r["id"] for r in rows(unsaid, "--kind", "story", "--level", "senior")}
    for prompt_id in found - recovery:
        assert prompt_id not in recovery
    assert (
        not {draw(unsaid, "--kind", "story", "--level", "senior", "--seed", s)[0] for s in range(4)}
        & recovery
    )


def test_nothing_to_draw_from(unsaid) -> None:
    done = unsaid("prompts", "random", "--kind", "story", "--signal", "coding-fluency")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no prompt fits" in done.stderr


# Add


def test_added_by_options_and_answered(unsaid, workspace: Path, tmp_path: Path) -> None:
    done = unsaid(
        *("prompts", "add", "--text", "Design a kettle for a hotel.", "--kind", "design", "--minutes", "4"),
        *(
            "--fact",
            "The hotel has 40,000 guests a day.",
            "--ask",
            "Who pays?",
            "--signal",
            "delivery-judgement",
        ),
    )
    assert done.returncode == 0, done.stderr
    path = workspace / "prompts" / "design-a-kettle-for-a.toml"
    assert done.stdout == f"design-a-kettle-for-a is in {path}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (row,) = [r for r in rows(unsaid) if r["own"]]
    assert (row["minutes"], row["facts"], row["asks"]) == (
        4,
        ["The hotel has 40,000 guests a day."],
        ["Who pays?"],
    )
    assert row["signals"] == ["delivery-judgement"]

    answer = tmp_path / "answer.txt"
    answer.write_text("Let me think. So there are forty thousand guests a day. Next, the queue.\n")
    for asked, codes in ((row["id"], set()), ("Design a kettle for a hotel.", {"A2"})):
        audited = unsaid(
            "audit", answer, "--prompt", asked, "--kind", "design", "--select", "A2", "-f", "json"
        )
        found = json.loads(audited.stdout)
        assert {f["code"] for f in (*found["flags"], *found["more"])} == codes
    assert json.loads(unsaid("audit", answer, "--prompt", row["id"], "-f", "json").stdout)[
        "prompt_facts"
    ] == ["The hotel has 40,000 guests a day."]


def test_added_from_a_file_as_it_is(unsaid, workspace: Path, tmp_path: Path) -> None:
    text = '# from the book club\ntext = "Why tea?"\nkind = "story"\ntitle = "Tea, and why"\n'
    file = tmp_path / "anything.toml"
    file.write_text(text)
    assert unsaid("prompts", "add", file).returncode == 0
    path = workspace / "prompts" / "tea-and-why.toml"
    assert path.read_text() == text


def test_nothing_is_overwritten_but_by_force(unsaid, workspace: Path) -> None:
    path = own(workspace, "tea", 'text = "Why tea?"\nkind = "story"\n')
    before = path.read_text()
    again = ("prompts", "add", "--text", "Why coffee?", "--kind", "story", "--title", "Tea")
    done = unsaid(*again)
    assert done.returncode == 2
    assert f"already a prompt 'tea' of yours: {path}" in done.stderr
    assert path.read_text() == before
    assert unsaid(*again, "--id", "coffee").returncode == 0
    assert unsaid(*again, "--force").returncode == 0
    assert 'text = "Why coffee?"' in path.read_text()
    assert sorted(p.name for p in path.parent.iterdir()) == ["coffee.toml", "tea.toml"]


def test_one_that_goes_before_the_programs_own_is_told(unsaid) -> None:
    done = unsaid("prompts", "add", "--text", "Two of mine?", "--kind", "coding", "--id", "two-sum")
    assert done.returncode == 0
    assert "goes before the program's own prompt 'two-sum'" in done.stderr
    assert "Two of mine?" in unsaid("prompts", "show", "two-sum").stdout


def test_a_question_without_a_latin_letter_gets_a_name(unsaid) -> None:
    for text in ("なぜですか。", "Почему?"):
        assert unsaid("prompts", "add", "--text", text, "--kind", "story").returncode == 0
    assert {r["text"] for r in rows(unsaid) if r["own"]} == {"なぜですか。", "Почему?"}
    again = unsaid("prompts", "add", "--text", "Почему?", "--kind", "story")
    assert again.returncode == 2 and "already a prompt" in again.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "no --text and no --kind"),
        (["--kind", "story"], "no --text"),
        (["--text", "Why?"], "no --kind"),
        (["--text", " ", "--kind", "story"], "'text' is empty"),
        (["--text", "Why?", "--kind", "story", "--fact", ""], "'facts' has an empty text"),
        (["--text", "Why?", "--kind", "story", "--flawed", "Because."], "'flawed' has no 'fault'"),
        (["--text", "Why?", "--kind", "story", "--id", "../../etc"], "no name for a prompt"),
        (["--text", "Why?", "--kind", "story", "--minutes", "0"], "--minutes"),
        (["--text", "Why\udcff?", "--kind", "story"], "not UTF-8"),
        (["nowhere.toml"], "nowhere.toml cannot be read"),
        (["BAD"], "line 2: 'kind' is 'poem'"),
        (["BAD", "--kind", "story", "--fact", "a"], "--kind, --fact"),
    ],
)
def test_what_cannot_be_added_leaves_nothing(
    unsaid, workspace: Path, tmp_path: Path, args: list[str], said: str
) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text('text = "Why?"\nkind = "poem"\n')
    done = unsaid("prompts", "add", *[bad if a == "BAD" else a for a in args])
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert not (workspace / "prompts").exists()


def test_added_by_answering_questions(workspace: Path, tmp_path: Path) -> None:
    own(workspace, "design-a-kettle", 'text = "Mine."\nkind = "story"\n')
    argv = [*command(), "--workspace", str(workspace), "prompts", "add"]
    with Driven(argv, cwd=tmp_path) as terminal:
        for shown, typed in (
            ("The question:", "  "),
            ("something has to stand here", "Design a kettle."),
            ("Kind", "poem"),
            ("is not one of", "design"),
            ("Title [Design a kettle.]:", ""),
            ("[mid]:", "senior"),
            ("[8]:", ""),
            ("Something that is given", "It holds 2 litres."),
            ("Something that is given (empty: no more): It", ""),
            ("What a good answer asks first", ""),
            ("Signals", "delivery"),
            ("Did you mean 'delivery-judgement'?", "delivery-judgement, problem-framing"),
            ("A flawed solution", "I boil it dry."),
            ("What is wrong with it", "It takes for granted that somebody watches."),
            ("Name [design-a-kettle-2]:", "design-a-kettle"),
            ("already a prompt 'design-a-kettle' of yours", ""),
        ):
            terminal.until_told(shown)
            terminal.type(f"{typed}\r")
        assert terminal.status() == 0, terminal.told()
        path = workspace / "prompts" / "design-a-kettle-2.toml"
        assert terminal.out() == f"design-a-kettle-2 is in {path}\n"
    (card,) = [c for c in bank.cards(workspace)[0] if c.file == path]
    assert (card.text, card.title, card.kind) == ("Design a kettle.", "Design a kettle.", "design")
    assert (card.level, card.minutes, card.facts, card.asks) == ("senior", 8, ("It holds 2 litres.",), ())
    assert card.signals == ("problem-framing", "delivery-judgement")
    assert card.flawed == "I boil it dry."
    assert card.fault == "It takes for granted that somebody watches."


def test_breaking_off_the_questions_leaves_nothing(workspace: Path, tmp_path: Path) -> None:
    argv = [*command(), "--workspace", str(workspace), "prompts", "add"]
    with Driven(argv, cwd=tmp_path) as terminal:
        terminal.until_told("The question:")
        terminal.type("Design a kettle.\r")
        terminal.until_told("Kind")
        terminal.break_off()
        assert terminal.status() == 1
    assert not (workspace / "prompts").exists()


WORDS = st.text(min_size=1, max_size=60).filter(lambda t: bool(t.strip()))


@given(WORDS, WORDS, st.lists(WORDS, max_size=2))
@settings(max_examples=40, deadline=None)
def test_any_text_that_is_added_is_read_back(text: str, title: str, facts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        options = ["--kind", "story", *(f"--fact={f}" for f in facts)]
        run = CliRunner().invoke(
            cli, ["--workspace", folder, "prompts", "add", f"--text={text}", f"--title={title}", *options]
        )
        assert run.exit_code == 0, run.output
        shown = CliRunner().invoke(
            cli, ["--workspace", folder, "prompts", "list", "--kind", "story", "--json"]
        )
        (row,) = [r for r in json.loads(shown.stdout) if r["own"]]
        assert row["text"] == text.strip()
        assert row["title"] == " ".join(title.split())
        assert row["facts"] == [f.strip() for f in facts]


# A prompt from somebody who means ill


def test_a_hostile_prompt_steers_no_terminal(unsaid, workspace: Path) -> None:
    texts = json.dumps(HOSTILE)  # a text of JSON, in ASCII, is one of TOML but for the pair of surrogates
    texts = texts.replace("\\udb40\\udc41", "\\U000e0041")
    own(
        workspace,
        "evil",
        f"text = {texts}\nkind = 'story'\ntitle = {texts}\nfacts = [{texts}]\nasks = [{texts}]\n"
        f"flawed = {texts}\nfault = {texts}\n",
    )
    own(workspace, "worse", f'text = "Why?"\nkind = {texts}\n')
    own(workspace, "worst", f'text = "Why?"\nkind = "story"\n{texts} = 3\n')
    practise(workspace, "\x1b[31mtwo-sum", 0, HOSTILE)
    for args in (
        ("list",),
        ("list", "--json"),
        ("show", "evil"),
        ("show", "evil", "--hints"),
        ("show", "evil", "--json"),
        ("random", "--recovery", "--kind", "story", "--seed", 1),
        ("show", "worse"),
        ("show", "worst"),
        ("show", "\x1b[31m"),
        ("add", workspace / "prompts" / "worse.toml"),
        ("add", "--id", "\x1b[31m", "--text", "a", "--kind", "story"),
    ):
        done = unsaid("prompts", *args)
        for said in (done.stdout, done.stderr):
            assert not [c for c in said if c != "\n" and (not c.isprintable() and not c.isspace())], args
            assert "\u2028" not in said and "\r" not in said
    shown = unsaid("prompts", "show", "evil").stdout
    assert "⟨U+001B⟩[31mred" in shown
    assert "[bold]this[/bold]?" in shown, "nobody's markup is obeyed"
