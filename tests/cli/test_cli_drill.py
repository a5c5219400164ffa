"""Each drill in a real terminal, from its first part to its last: left, killed, and gone on with."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile

from support import ROOT, command
from terminal_driver import Driven
from unsaid.sessions import drills
from unsaid.sessions.drills import Run
from unsaid.sessions.record import Session
from unsaid.sessions.store import Store
from virtual_microphone import Mic, microphones

RATE_HZ = 16_000
FLAWED = "recover-fine-average"
RECOVERY = """I see the problem: I assumed that the average speaks for everybody, and that was too strong.
With eight thousand customers three large ones vanish in it. So instead of the average I'd look at the slowest
one percent for each customer, because that shows who suffers. Then I'd alert when it passes two seconds."""
DEFENCE = """Sorry, I'm so sorry about that. The solution was right, though, the data is bad. Sorry again. I'm
really sorry, I don't know."""
TAKES = (
    """I'm a strong owner and I led a very important project. It went really well. I'm great at communication.
    The system is super scalable now.""",
    """First I wrote the import job. Then I moved the tables to the new store. After that I built a dashboard.
    I tested it with two customers.""",
    """Last year at a shop with four million customers I was the engineer who owned the checkout. Every failed
    payment cost us a sale, so we would have lost two percent of the revenue. We could have bought a service,
    or kept retrying by hand. I decided to build a retry queue, because the service was too slow for us. I
    wrote the queue myself and I tested it with replayed traffic. Failed payments fell from two percent to
    half a percent within three weeks. Looking back, I would involve support earlier, because they had known
    it.""",
)
DESIGN = """Is the limit for each customer, or for each address? I'll assume it is for each customer. I'd go
with a token bucket. It'll probably be fast enough. I'd keep the counters in Redis. To sum up, the bucket runs
in the gateway."""
SIGNALS = 7


def text(folder: Path, name: str, words: str) -> Path:
    path = folder / name
    path.write_text(" ".join(words.split()), encoding="utf-8")
    return path


Open = Callable[..., Driven]


@pytest.fixture
def opened(workspace: Path, tmp_path: Path) -> Iterator[Open]:
    with ExitStack() as stack:

        def open_(*args: object, **how: object) -> Driven:
            argv = [*command(), "--workspace", str(workspace), *map(str, args)]
            how.setdefault("size", (110, 50))
            return stack.enter_context(Driven(argv, cwd=tmp_path, **how))  # type: ignore[arg-type]

        yield open_


@pytest.fixture
def store(workspace: Path) -> Store:
    return Store(workspace / "sessions")


def only_run(store: Store) -> Run:
    (run,), broken = drills.all_runs(store)
    assert broken == []
    return run


def sessions(store: Store) -> list[Session]:
    found, broken = store.all()
    assert broken == []
    return found


def through(one: Driven, *pages: str) -> None:
    """Wait for each page in turn, and go on with enter."""
    for page in pages:
        one.until(page)
        one.type("\r")


def ended(one: Driven, status: int = 0) -> str:
    assert one.status() == status, one.told()
    assert "Traceback" not in one.told()
    return one.out()


# From start to end


def test_recovery_practice(opened: Open, store: Store, tmp_path: Path) -> None:
    file = text(tmp_path, "take.txt", RECOVERY)
    one = opened("drill", "recovery", "--prompt", FLAWED, "--take", file)
    first = one.until(
        r"(?s)part 1 of 4: the flawed solution.*14:\d\d left.*The solution, as you have just told it"
    )
    assert "on our side nothing is slow" in " ".join(one.shown().split()), first
    one.type("\r")
    one.until(r"(?s)part 2 of 4: the recovery.*too strong.*enter takes take\.txt")
    before = len(one.frames())
    one.type("\r")
    heard = one.until(r"(?s)part 3 of 4: what was heard.*")
    for words in ("You said what was wrong", "acknowledged", "revised", "forward", "apologies", "none"):
        assert words in heard[0]
    # What is wrong is not given away before the take.
    assert not any("an average speaks for everybody" in " ".join(f.split()) for f in one.frames()[:before])
    one.type("\r")
    fault = one.until(r"(?s)part 4 of 4: the fault.*")
    assert "It assumes that an average speaks for everybody" in " ".join(fault[0].split())
    one.type("\r")
    out = ended(one)
    assert re.match(r"recovery practice: 0:\d\d of 15:00\nrecover-fine-average\n", out)
    assert "You said what was wrong, changed the model and went on." in out
    told = one.told()
    assert "signals:" in told and "a prompt for it: unsaid record --prompt" in told

    run, (session,) = only_run(store), sessions(store)
    assert (
        run.finished and all(p.done for p in run.parts.values()) and set(run.takes.values()) == {session.id}
    )
    assert session.drill == "recovery" and session.drilled is not None
    assert (session.drilled.run, session.drilled.take) == (run.id, 1)
    assert session.prompt is not None and session.prompt.id == FLAWED
    assert session.page.is_file() and not session.recording.exists()


def test_recovery_tells_apologies_and_defence_in_plain_words(opened: Open, tmp_path: Path) -> None:
    one = opened("drill", "recovery", "--prompt", FLAWED, "--take", text(tmp_path, "take.txt", DEFENCE))
    through(one, "part 1 of 4", "part 2 of 4")
    heard = one.until(r"(?s)part 3 of 4.*")[0]
    assert re.search(r"apologies +\d \(one is enough\)", heard)
    assert "not heard: say which assumption was too strong" in heard
    one.type("q")
    ended(one)


def test_evidence_replay(opened: Open, store: Store, tmp_path: Path) -> None:
    files = [text(tmp_path, f"{n}.txt", words) for n, words in enumerate(TAKES, 1)]
    takes = [x for f in files for x in ("--take", f)]
    one = opened("drill", "evidence", "--prompt", "hard-call", *takes, size=(120, 50))
    through(
        one, "part 1 of 5: the prompt", r"(?s)part 2 of 5: first, in claims alone.*3:00.*enter takes 1\.txt"
    )
    first = one.until(r"(?s)part 2 of 5.*elements can be heard.*")[0]
    assert re.search(r"reflection +Not heard", first)
    assert re.search(r"claims without evidence +[1-9]", first) and "super scalable" in first
    one.type("\r")
    through(one, r"(?s)part 3 of 5: second.*enter takes 2\.txt", r"part 3 of 5.*(?s:.)*elements can be heard")
    through(one, r"(?s)part 4 of 5: third.*enter takes 3\.txt")
    third = one.until(r"(?s)part 4 of 5.*elements can be heard.*")[0]
    assert "6 of 6 elements" in third and re.search(r"impact +Heard.*with a number", third)
    one.type("\r")
    table = one.until(r"(?s)part 5 of 5: the three side by side.*")[0]
    assert re.search(r"take 1 +take 2 +take 3", table)
    assert re.search(r"stakes +not heard +not heard +heard, sentence 2 +heard from take 3 on", table)
    assert "Claims without evidence in take 1" in table and "Claims without evidence in take 3" not in table
    one.type("\r")
    out = ended(one)
    assert "evidence replay: 0:0" in out and re.search(r"take 1 +take 2 +take 3", out)
    assert len(re.findall(r"\nPage of take [123]: /.*report\.html\n", out.replace("\n", "\n\n"))) == 3
    assert sorted(s.drilled.take for s in sessions(store) if s.drilled) == [1, 2, 3]


def test_a_take_can_be_told_again(opened: Open, store: Store, tmp_path: Path, mics: dict[str, str]) -> None:
    files = [text(tmp_path, f"{n}.txt", TAKES[n]) for n in (0, 2)]
    takes = [x for f in files for x in ("--take", f)]
    one = opened(
        "drill", "evidence", "--prompt", "hard-call", "--input", "Nowhere", *SAMPLE, *takes, env=mics
    )
    through(one, "part 1 of 5", r"(?s)part 2 of 5.*enter takes 0\.txt")
    one.until("[01] of 6 elements")
    one.type("r")
    one.until("6 of 6 elements")
    one.type("r")  # no file is left, and no such microphone is here: nothing is lost by it
    one.until("(?s)part 2 of 5.*there is no microphone 'Nowhere'.*enter records")
    one.type("q")
    ended(one)
    run = only_run(store)
    newest = drills.takes(store, run.id, 1)[0]
    assert newest.source.name == "2.txt" and run.takes[1] == newest.id
    assert len(sessions(store)) == 2  # the first one is still there


def labelled(one: Driven, lines: dict[int, str], *, until: int = SIGNALS) -> None:
    """Fill the form: a line under each signal (from 1), a blank where there is none."""
    for n in range(1, until + 1):
        one.until(rf"(?s)part 2 of 3: seven signals.*▶ {n} [a-z ]+…")
        if n in lines:
            one.type("\r")
            one.until_told("enter keeps it, Ctrl-C leaves it", sum(1 for k in lines if k <= n))
            one.type(f"{lines[n]}\r")
        else:
            one.type("x")


def test_signal_labelling_beside_what_was_heard(opened: Open, store: Store, tmp_path: Path) -> None:
    first = opened("practice", "--prompt", "rate-limiter", "--take", text(tmp_path, "a.txt", DESIGN))
    through(first, "part 1 of 5", "part 2 of 5")
    first.until("part 3 of 5")
    first.type("q")
    ended(first)

    one = opened("drill", "signal-labelling", "--prompt", "rate-limiter")
    prompt = one.until(r"(?s)part 1 of 3: the prompt.*Rate limiter.*")[0]
    assert "architectural" not in prompt  # what it asks for is not given away
    one.type("\r")
    labelled(one, {1: "asks how many requests come", 3: "names a price", 5: "says who pays"})
    whole = one.until(r"(?s)g compares.*")[0]
    run = next(r for r in drills.all_runs(store)[0] if r.drill == "signal-labelling")
    assert {n: label.text for n, label in run.labels.items()} == {
        "problem-framing": "asks how many requests come",
        "coding-fluency": "",
        "architectural-judgement": "names a price",
        "production-judgement": "",
        "delivery-judgement": "says who pays",
        "leadership-and-influence": "",
        "communication-and-reflection": "",
    }, whole
    one.type("g")
    told = one.until(r"(?s)part 3 of 3.*")[0]
    # The card asks for framing, architecture, production and communication.
    assert "You and the prompt agree on 4 of 7" in told
    flat = " ".join(told.split())
    assert re.search(r"signal +your line +asked for by +heard", told)
    assert re.search(r"problem framing +asks how many +you and the +visible|partly", told)
    assert re.search(r"coding fluency +left blank +neither +not asked for", told)
    assert re.search(r"production judgement +left blank +the prompt alone", told)
    assert re.search(r"delivery judgement +says who pays +you alone", told)
    assert "“Is the limit" in flat  # beside it what the audit heard
    one.type("\r")
    out = ended(one)
    assert "You and the prompt agree on 4 of 7" in out
    assert "to answer it: unsaid record --prompt rate-limiter --minutes 8" in one.told()


def test_signal_labelling_without_an_answer_and_a_line_mended(opened: Open, store: Store) -> None:
    one = opened("drill", "signal", "--prompt", "Why do you want to work here?", "--kind", "story")
    through(one, "part 1 of 3")
    labelled(one, {1: "first"})
    one.until("g compares")
    one.type("1")  # back to the first line
    one.until(r"(?s)▶ 1 problem framing +first.*g compares")
    one.type("w")
    one.until_told("Ctrl-C leaves it", 2)
    one.type("second\r")
    one.until("second")
    assert only_run(store).labels["problem-framing"].text == "second"
    one.type("g")
    one.until("(?s)part 3 of 3.*No answer to this prompt is here yet")
    one.type("\r")
    assert "agree on 3 of 7" in ended(one)  # a story asks for the last three


@pytest.fixture(scope="module")
def mics(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    answer = soundfile.read(ROOT / "sessions" / "sample" / "answer.flac", dtype="int16")[0]
    folder = tmp_path_factory.mktemp("sound")
    fast = Mic("Fast", answer[50 * RATE_HZ :], speed=20)
    return microphones(
        folder, fast, Mic("Desk", answer[30 * RATE_HZ :]), Mic("Hush", np.zeros(RATE_HZ, np.int16))
    )


SAMPLE = ("--model", "sample-en", "--no-audio", "-q")


def test_practice_on_a_microphone(opened: Open, store: Store, mics: dict[str, str]) -> None:
    args = ("--input", "Fast", "--minutes", "record=1", "--prompt", "rate-limiter", *SAMPLE)
    one = opened("practice", *args, env={**mics, "UNSAID_COUNTDOWN_S": "0"})
    through(one, r"(?s)part 1 of 5: the prompt.*1[78]:\d\d left", r"(?s)part 2 of 5: the answer.*1:00")
    one.until(r"recording 0:\d\d · 0:\d\d left")  # the part's minutes on the recorder's clock
    flags = int(one.until(r"(?s)part 3 of 5.*\d:\d\d, \d+ words: (\d+) flagged moment")[1])
    assert flags >= 2
    (session,) = sessions(store)
    assert session.take is not None and session.take.device == "Fast" and session.recording.is_file()
    one.type("\r")
    one.until(rf"this part 1[01]:\d\d left · moment 1 of {flags}")
    one.type("d1")
    one.until("1 dismissed")
    one.type("w")
    one.until_told("enter keeps it")
    one.type("I put it in the gateway because every request passes there anyway.\r")
    one.until("kept")
    one.type("q")
    through(one, r"(?s)part 3 of 5.*still to be settled.*b back to the review")
    counted = one.until(r"(?s)part 4 of 5: before and after.*")[0]
    assert re.search(
        rf"moments left unsaid +{flags - 1} +{flags - 1 - ('does not pass' not in counted)}", counted
    )
    assert "with a reason" in counted and "1 flag dismissed" in counted
    assert "every request passes there anyway" in counted
    one.type("\r")
    one.until("part 5 of 5: your own score")
    one.type("\r")
    one.until(r"1 of 6 · this part [23]:\d\d left")
    one.type("4")
    one.until_told("One line of why")
    one.type("\r")
    one.until("2 of 6")
    one.type("q")
    out = ended(one)
    assert "hidden reasoning audit: 0:" in out and "moments left unsaid" in out and "report.html" in out
    assert json.loads((session.folder / "score.json").read_text())["scores"][0]["dimensions"]
    assert "signals:" not in one.told()  # -q
    assert only_run(store).finished


def test_takes_from_a_recording_are_sessions_of_their_own(
    opened: Open, unsaid, store: Store, tmp_path: Path
) -> None:
    answer = soundfile.read(ROOT / "sessions" / "sample" / "answer.flac", dtype="int16")[0]
    file = tmp_path / "piece.wav"
    soundfile.write(file, answer[55 * RATE_HZ : 70 * RATE_HZ], RATE_HZ)
    assert unsaid("import", file).returncode == 0
    (imported,) = sessions(store)
    one = opened("drill", "evidence", "--prompt", "hard-call", "--take", file, "--take", file, *SAMPLE)
    through(one, "part 1 of 5")
    for n in (2, 3):
        through(
            one, rf"(?s)part {n} of 5.*enter takes piece\.wav", rf"(?s)part {n} of 5.*elements can be heard"
        )
    one.until("part 4 of 5")
    one.type("q")
    ended(one)
    made = [s for s in sessions(store) if s.drilled is not None]
    assert sorted(s.drilled.take for s in made if s.drilled) == [1, 2]
    assert {s.source.sha256 for s in made} == {imported.source.sha256}
    assert all(s.recording.is_file() and s.audit.is_file() for s in made)
    assert not imported.audit.exists()


def test_the_score_can_be_skipped(opened: Open, store: Store, tmp_path: Path) -> None:
    one = opened("practice", "--prompt", "rate-limiter", "--take", text(tmp_path, "a.txt", "I like it."))
    through(one, "part 1 of 5", "part 2 of 5", "part 3 of 5")
    one.until("No moment was flagged")
    one.type("q")
    through(one, "part 4 of 5")
    one.until("part 5 of 5")
    one.type("s")
    ended(one)
    assert only_run(store).finished and not (sessions(store)[0].folder / "score.json").exists()


# Left and taken up again


def test_left_at_every_part_and_taken_up_again(opened: Open, store: Store, tmp_path: Path) -> None:
    file = text(tmp_path, "take.txt", RECOVERY)
    worked_s = 0.0
    for n, title in enumerate(("the flawed solution", "the recovery", "what was heard", "the fault"), 1):
        args = ("--prompt", FLAWED) if n == 1 else ("--resume",)
        take = ("--take", file) if n == 2 else ()
        one = opened("drill", "recovery", *args, *take)
        one.until(f"part {n} of 4: {title}")
        one.type("q")
        ended(one)
        assert f"left: begun {datetime.now():%Y-%m-%d}, at part {n} of 4 ({title})" in one.told()
        assert "to go on: unsaid drill --resume" in one.told()
        run = only_run(store)
        now_s = sum(p.worked_s for p in run.parts.values())
        assert now_s >= worked_s and not run.finished
        worked_s = now_s
        again = opened("drill", "--resume", *take)
        again.until(f"part {n} of 4: {title}")
        again.type("\r")
        if n < 4:
            again.until(f"part {n + 1} of 4")
            again.type("q")
        ended(again)
    assert only_run(store).finished
    assert len(sessions(store)) == 1
    done = opened("drill", "--resume")
    assert done.status() == 2 and "no drill was left" in done.told()


def test_a_left_drill_is_offered(opened: Open, store: Store) -> None:
    one = opened("drill", "signal", "--prompt", "two-sum")
    through(one, "part 1 of 3")
    labelled(one, {}, until=2)
    one.until(r"▶ 3 [a-z ]+…")
    one.type("q")
    ended(one)
    asked = opened("drill", "signal")
    asked.until(r"(?s)You left one: begun .*, at part 2 of 3 \(seven signals\).*two-sum.*n begins anew")
    asked.type("\r")
    asked.until(r"(?s)part 2 of 3.*2 coding fluency +\(left blank")
    asked.type("q")
    ended(asked)
    other = opened("drill", "signal")
    other.until("You left one")
    other.type("n")
    other.until("part 1 of 3")
    other.type("q")
    ended(other)
    assert len(drills.all_runs(store)[0]) == 2


def test_ctrl_c_leaves_as_q_does(opened: Open, store: Store) -> None:
    one = opened("drill", "recovery", "--prompt", FLAWED)
    one.until("part 1 of 4")
    os.kill(one.pid, signal.SIGINT)
    ended(one, 130)
    assert "to go on: unsaid drill --resume" in one.told()
    assert one.after == one.before
    assert not only_run(store).finished


# Killed


def killed(one: Driven) -> None:
    os.kill(one.pid, signal.SIGKILL)
    one.status()


def test_killed_in_recovery_practice(opened: Open, store: Store, tmp_path: Path) -> None:
    one = opened("drill", "recovery", "--prompt", FLAWED, "--take", text(tmp_path, "take.txt", RECOVERY))
    through(one, "part 1 of 4", "part 2 of 4")
    one.until("part 3 of 4")
    killed(one)
    again = opened("drill", "--resume")
    through(again, r"(?s)part 3 of 4.*You said what was wrong", "part 4 of 4")
    ended(again)
    assert len(sessions(store)) == 1 and only_run(store).finished


def test_killed_in_evidence_replay(opened: Open, store: Store, tmp_path: Path) -> None:
    files = [text(tmp_path, f"{n}.txt", words) for n, words in enumerate(TAKES, 1)]
    one = opened("drill", "evidence", "--prompt", "hard-call", "--take", files[0], "--take", files[1])
    through(one, "part 1 of 5", r"enter takes 1", "elements can be heard", r"enter takes 2")
    one.until(r"(?s)part 3 of 5.*elements can be heard")
    killed(one)  # the second take is heard, and not yet gone on from
    again = opened("drill", "--resume", "--take", files[2])
    through(
        again, r"(?s)part 3 of 5.*A take of \d.*is here already", "(?s)part 3 of 5.*elements can be heard"
    )
    through(again, r"(?s)part 4 of 5.*enter takes 3", "6 of 6 elements")
    again.until(r"(?s)part 5 of 5.*Of 6 elements audible, take by take: \d, \d, 6")
    again.type("\r")
    ended(again)
    assert [s.source.name for n in (1, 2, 3) for s in drills.takes(store, only_run(store).id, n)] == [
        "1.txt",
        "2.txt",
        "3.txt",
    ]


def test_killed_in_signal_labelling(opened: Open, store: Store) -> None:
    one = opened("drill", "signal", "--prompt", "two-sum")
    through(one, "part 1 of 3")
    labelled(one, {1: "asks what comes back when there is none", 3: "x"}, until=3)
    one.until(r"▶ 4 [a-z ]+…")
    one.type("\r")
    one.until_told("Ctrl-C leaves it", 3)
    one.type("half a li")
    killed(one)
    assert len(only_run(store).labels) == 3
    again = opened("drill", "--resume")
    form = again.until(r"(?s)part 2 of 3.*")[0]
    assert "asks what comes back when there is none" in form
    assert re.search(r"4 production judgement +…", form)
    again.type("q")
    ended(again)


def test_killed_in_the_review(opened: Open, store: Store, tmp_path: Path) -> None:
    one = opened(
        "practice", "--no-audio", "--prompt", "rate-limiter", "--take", text(tmp_path, "a.txt", DESIGN)
    )
    through(one, "part 1 of 5", "part 2 of 5", "part 3 of 5")
    one.until("moment 1 of")
    one.type("k")
    one.until("1 kept")
    killed(one)
    again = opened("drill", "--resume", "--no-audio")
    through(again, "part 3 of 5")
    again.until("1 kept")
    again.type("q")
    through(again, "still to be settled")
    again.until(r"(?s)part 4 of 5.*moments left unsaid")
    again.type("q")
    ended(again)
    assert len(sessions(store)) == 1


def test_killed_while_recording(opened: Open, store: Store, mics: dict[str, str]) -> None:
    env = {**mics, "UNSAID_COUNTDOWN_S": "0"}
    args = ("--input", "Desk", *SAMPLE)
    one = opened("practice", "--prompt", "rate-limiter", *args, env=env)
    through(one, "part 1 of 5", "part 2 of 5")
    one.until("recording 0:0[4-9]")
    killed(one)
    again = opened("drill", "--resume", *args, env=env)
    through(again, r"(?s)part 2 of 5.*A take of 0:\d\d is here already.*cut off.*r tells it again")
    again.until(r"(?s)part 3 of 5.*0:\d\d, \d+ words")
    again.type("q")
    ended(again)
    (session,) = sessions(store)
    assert session.duration_s >= 3 and session.audit.is_file()
    assert session.drilled is not None and session.drilled.run == only_run(store).id


def test_the_model_and_the_microphone_are_remembered(
    opened: Open, store: Store, mics: dict[str, str]
) -> None:
    env = {**mics, "UNSAID_COUNTDOWN_S": "0"}
    one = opened("practice", "--prompt", "two-sum", "--input", "Desk", "--model", "sample-en", "-q", env=env)
    one.until("part 1 of 5")
    one.type("q")
    ended(one)
    run = only_run(store)
    assert (run.model, run.input) == ("sample-en", "Desk")
    again = opened("drill", "--resume", "-q", env=env)
    through(again, "part 1 of 5", "part 2 of 5")
    again.until("recording 0:0[2-9]")
    again.type("s")
    again.until(r"(?s)part 3 of 5.*0:\d\d, \d+ words")
    again.type("q")
    ended(again)
    (session,) = sessions(store)
    assert session.take is not None and session.take.device == "Desk"
    assert session.model == "sample-en"
    other = opened("drill", "--resume", "--input", "Hush", env=env)
    other.until("part 3 of 5")
    other.type("q")
    ended(other)
    run = only_run(store)
    assert (run.model, run.input) == ("sample-en", "Hush")


def test_a_recording_that_is_thrown_away_or_fails(opened: Open, store: Store, mics: dict[str, str]) -> None:
    one = opened(
        "practice", "--prompt", "two-sum", "--input", "Desk", *SAMPLE, env={**mics, "UNSAID_COUNTDOWN_S": "0"}
    )
    through(one, "part 1 of 5", "part 2 of 5")
    one.until("recording 0:01")
    one.type("a")
    one.until("Throw this recording away")
    one.type("y")
    one.until(r"(?s)part 2 of 5.*thrown away; nothing was kept")
    one.type("q")
    ended(one)
    assert sessions(store) == []
    none = opened("drill", "--resume", "--input", "Nowhere", *SAMPLE, env=mics)
    through(none, "part 2 of 5")
    none.until(r"(?s)part 2 of 5.*Nowhere.*A recording that you\s+have will do: --take FILE")
    none.type("q")
    ended(none)


# Sessions come and go


def test_a_removed_recording_is_told_again_and_leaves_nothing(
    opened: Open, unsaid, store: Store, workspace: Path, tmp_path: Path
) -> None:
    odd = RECOVERY.replace("customers", "xylophonists")
    one = opened("drill", "recovery", "--prompt", FLAWED, "--take", text(tmp_path, "take.txt", odd))
    through(one, "part 1 of 4", "part 2 of 4")
    one.until("(?s)part 3 of 4.*xylophonists")
    one.type("q")
    ended(one)
    (session,) = sessions(store)
    assert unsaid("sessions", "remove", session.id, "--yes").returncode == 0
    left = [p for p in workspace.rglob("*") if p.is_file()]
    assert left and not any(b"xylophonist" in p.read_bytes() for p in left)
    again = opened("drill", "--resume", "--take", text(tmp_path, "other.txt", RECOVERY))
    through(
        again, "(?s)part 3 of 4.*was removed.*enter goes back", r"(?s)part 2 of 4.*enter takes other\.txt"
    )
    through(again, "(?s)part 3 of 4.*You said what was wrong", "part 4 of 4")
    ended(again)
    assert only_run(store).finished


def test_of_three_tellings_one_was_removed(opened: Open, unsaid, store: Store, tmp_path: Path) -> None:
    files = [text(tmp_path, f"{n}.txt", words) for n, words in enumerate(TAKES, 1)]
    takes = [x for f in files for x in ("--take", f)]
    one = opened("drill", "evidence", "--prompt", "hard-call", *takes)
    through(one, "part 1 of 5")
    for n in (1, 2, 3):
        through(one, f"enter takes {n}", "elements can be heard")
    one.until("part 5 of 5")
    one.type("q")
    ended(one)
    run = only_run(store)
    assert unsaid("sessions", "remove", run.takes[2], "--yes").returncode == 0
    assert unsaid("sessions", "rename", run.takes[3], "the good one").returncode == 0
    again = opened("drill", "--resume", size=(120, 40))
    table = again.until(r"(?s)part 5 of 5.*")[0]
    assert re.search(r"stakes +not heard +removed +heard, sentence 2", table)
    again.type("\r")
    ended(again)


# The screen


@pytest.mark.parametrize("drill", ["recovery", "signal-labelling"])
def test_a_terminal_of_any_size(opened: Open, drill: str) -> None:
    prompt = FLAWED if drill == "recovery" else "two-sum"
    one = opened("drill", drill, "--prompt", prompt, size=(120, 40))
    one.until("part 1 of")
    if drill == "signal-labelling":
        one.type("\r")
        one.until("part 2 of 3")
    for columns, rows in ((60, 15), (80, 24), (20, 6), (12, 3), (120, 40)):
        one.resize(columns, rows)
        while True:
            lines = one.until("(?s).*")[0].replace("\r", "").split("\n")
            if len(lines) == rows and max(map(len, lines)) <= columns:
                break
    one.type("q")
    ended(one)


def test_what_does_not_fit_can_be_scrolled(opened: Open) -> None:
    one = opened("drill", "recovery", "--prompt", FLAWED, size=(60, 16))
    one.until(r"(?s)part 1 of 4.*… \d+ rows below: up, down")
    for _ in range(6):
        one.type(" ")
        one.until("rows above")
    one.until(r"(?s)I can look at it again.*… \d+ rows above: up, down")
    one.type("q")
    ended(one)


HOSTILE = "Why \x1b[2J\x1b]0;owned\x07 \u202eback\u202c \u2028 [bold]this[/bold]?"


def test_hostile_words_do_not_steer_the_terminal(opened: Open, store: Store, tmp_path: Path) -> None:
    one = opened("drill", "signal", "--prompt", HOSTILE)
    one.until(r"(?s)part 1 of 3.*\[bold\]this\[/bold\]")
    one.type("\r")
    one.until("part 2 of 3")
    one.type("\r")
    one.until_told("Ctrl-C leaves it")
    one.type("a \u202e\u2066turned line\r")
    one.until(r"turned line")
    one.type("q")
    ended(one)
    take = tmp_path / "take.txt"
    take.write_text(f"{HOSTILE} I'd go with a hash map.", encoding="utf-8")
    other = opened("drill", "recovery", "--prompt", FLAWED, "--take", take)
    through(other, "part 1 of 4", "part 2 of 4", "part 3 of 4", "part 4 of 4")
    out = ended(other)
    for drawn in (one.bytes, other.bytes, out.encode()):
        # What is typed the terminal echoes itself, once; nothing of ours repeats it.
        shown = drawn.decode().replace("a \u202e\u2066turned line", "", 1)
        assert not re.search("\x1b\\]0;|\x1b\\[2J\x1b|[\u202e\u2066\u2028]", shown)
    assert only_labels(store) == {"problem-framing": "a \u202e\u2066turned line"}


def only_labels(store: Store) -> dict[str, str]:
    run = next(r for r in drills.all_runs(store)[0] if r.drill == "signal-labelling")
    return {n: label.text for n, label in run.labels.items()}


# Which drill, which prompt


def test_without_a_name_it_asks_what_was_not_done_lately_first(opened: Open, store: Store) -> None:
    for day, drill in ((3, "hidden-reasoning"), (1, "recovery"), (2, "evidence-replay")):
        now = datetime(2026, 1, day, 12).astimezone()
        run = drills.begin(store, drill, now, minutes={})
        with drills.Keeper(store, run.id) as keeper:
            keeper.change(lambda r, now=now: Run(**{**_fields(r), "finished": now.isoformat()}))
    one = opened("drill")
    asked = one.until(r"(?s)Which drill\?.*")[0]
    places = [
        asked.index(t)
        for t in ("signal labelling", "recovery practice", "evidence replay", "hidden reasoning")
    ]
    assert places == sorted(places)
    assert "not done yet" in asked and "last 2026-01-01" in asked
    one.type("\x1b[B")
    one.until("(?s)Which drill.*correct it calmly")  # what the second is good for
    one.type("k\r")
    one.until("signal labelling · part 1 of 3")
    one.type("q")
    ended(one)
    menu = opened("drill")
    menu.until(r"(?s)1  go on: signal labelling, begun .*, at part 1 of 3")
    menu.type("1")
    menu.until("signal labelling · part 1 of 3")
    menu.type("q")
    ended(menu)
    gone = opened("drill")
    gone.until("Which drill")
    gone.type("q")
    ended(gone)
    assert "nothing was begun" in gone.told()


def _fields(run: Run) -> dict[str, object]:
    return {name: getattr(run, name) for name in Run.__slots__}


def test_a_prompt_is_drawn_kept_and_drawn_again(opened: Open, store: Store) -> None:
    one = opened("drill", "hidden", "--kind", "debugging")
    seen = set()
    for _ in range(3):
        name = one.until(r"debugging · \w+ · [\d.]+ min · ([a-z0-9-]+)")[1]
        assert only_run(store).prompt is not None and only_run(store).prompt.id == name
        seen.add(name)
        one.type("n")
    one.until("debugging")
    one.type("q")
    ended(one)
    assert len(seen) == 3  # none comes twice
    again = opened("drill", "--resume")
    assert again.until(r"debugging · \w+ · [\d.]+ min · ([a-z0-9-]+)")[1] == only_run(store).prompt.id
    again.type("q")
    ended(again)


def test_only_prompts_that_fit_are_drawn(opened: Open, workspace: Path) -> None:
    from unsaid.cli.sitting import fitting_cards
    from unsaid.config import load
    from unsaid.drills.plan import DRILLS

    settings = load(str(workspace))
    for drill in DRILLS:
        cards = fitting_cards(settings, drill, None)
        assert len(cards) >= 5
        assert all(c.recovery == drill.flawed and c.kind in drill.kinds for c in cards)
    assert {c.kind for c in fitting_cards(settings, DRILLS[0], None)} == {"coding", "design"}
    assert {c.kind for c in fitting_cards(settings, DRILLS[1], None)} == {"story"}


def test_other_minutes_survive_leaving(opened: Open) -> None:
    one = opened("drill", "recovery", "--prompt", FLAWED, "--minutes", "30", "--minutes", "record=12")
    one.until(r"(?s)the drill 29:5\d left.*the recovery +12:00")
    one.type("q")
    ended(one)
    again = opened("drill", "--resume")
    again.until(r"(?s)the drill 29:\d\d left.*the recovery +12:00")
    again.type("q")
    ended(again)


# Without a terminal


def test_listed_and_removed(unsaid, store: Store) -> None:
    run = drills.begin(store, "recovery", datetime(2026, 1, 2).astimezone(), minutes={})
    listed = unsaid("drill", "--list")
    assert listed.returncode == 0
    for words in ("hidden-reasoning    25 min  not done yet", "recovery            15 min  last 2026-01-02"):
        assert words in listed.stdout
    assert f"under way:\n  {run.id}: begun 2026-01-02, at part 1 of 4" in listed.stdout
    rows = json.loads(unsaid("drill", "--list", "--json").stdout)
    assert {d["id"]: d["minutes"] for d in rows["drills"]} == {
        "hidden-reasoning": 25,
        "evidence-replay": 20,
        "signal-labelling": 15,
        "recovery": 15,
    }
    assert [r["id"] for r in rows["runs"]] == [run.id]
    removed = unsaid("drill", "--remove", run.id)
    assert removed.returncode == 0 and run.id in removed.stdout
    assert drills.all_runs(store) == ([], [])


@pytest.mark.parametrize(
    ("args", "told", "hint"),
    [
        (["drill", "recovery"], "a drill needs a terminal", "unsaid drill --list"),
        (["practice"], "a drill needs a terminal", "unsaid audit FILE"),
        (["drill", "--json"], "--json is for --list", "--list"),
        (["drill", "--remove", "nothing"], "no drill 'nothing'", "--list"),
        (["drill", "--resume", "--new"], "as it was begun", "--resume"),
        (["drill", "--resume", "--prompt", "two-sum"], "as it was begun", "--resume"),
        (["drill", "--take", "gone.wav"], "there is no file gone.wav", "--take"),
    ],
)
def test_what_cannot_be_done_is_told(unsaid, store: Store, args: list[str], told: str, hint: str) -> None:
    done = unsaid(*args)
    assert done.returncode == 2
    assert told in done.stderr and hint in done.stderr
    assert drills.all_runs(store) == ([], [])


@pytest.mark.parametrize(
    ("args", "told", "hint"),
    [
        (["drill", "singing"], "no drill 'singing'", "signal-labelling"),
        (["drill", "--resume"], "no drill was left", "Begin one: unsaid drill"),
        (["drill", "recovery", "--resume"], "no recovery practice was left", "unsaid drill recovery"),
        (["drill", "2026-x", "--resume"], "no drill '2026-x' that was begun", "--list"),
        (["drill", "recovery", "--prompt", "two-sum"], "'two-sum' has no flawed solution", "--recovery"),
        (
            ["drill", "recovery", "--prompt", "Why me?"],
            "a prompt of your own words has no flawed",
            "--recovery",
        ),
        (["practice", "--prompt", FLAWED], "hands out a flawed solution", f"recovery --prompt {FLAWED}"),
        (["drill", "evidence", "--prompt", "two-sum"], "is a coding prompt", "--kind story"),
        (["drill", "evidence", "--kind", "design"], "takes story prompts", "--kind design"),
        (["drill", "recovery", "--prompt", "two-summ"], "there is no prompt 'two-summ'", "Did you mean"),
        (["drill", "recovery", "--minutes", "soon"], "is no number", "--minutes record=5"),
        (["drill", "recovery", "--minutes", "0"], "0 minutes do not do", "at most 120"),
        (["drill", "recovery", "--minutes", "sing=3"], "no part 'sing'", "prompt, record, heard, fault"),
        (["drill", "recovery", "--minutes", "5", "--minutes", "6"], "twice", "record=5"),
        (["drill", "recovery", "--minutes", "nan"], "do not do", "at most 120"),
    ],
)
def test_what_does_not_fit_is_told(opened: Open, store: Store, args: list[str], told: str, hint: str) -> None:
    one = opened(*args)
    assert one.status() == 2
    said = " ".join(one.told().split())
    assert told in said and hint in said and "Traceback" not in said
    assert drills.all_runs(store) == ([], [])


def test_more_takes_than_there_are_to_tell(opened: Open, store: Store, tmp_path: Path) -> None:
    file = text(tmp_path, "a.txt", RECOVERY)
    for args in (["recovery", "--take", file, "--take", file], ["signal", "--take", file]):
        one = opened("drill", *args)
        assert one.status() == 2
        assert "Leave" in one.told() and "to tell" in one.told()
    assert sessions(store) == []


def test_a_file_that_is_no_take_is_told_and_the_drill_kept(
    opened: Open, store: Store, tmp_path: Path
) -> None:
    noise = tmp_path / "noise.wav"
    noise.write_bytes(b"\x00\x01 not a sound" * 50)
    one = opened("drill", "recovery", "--prompt", FLAWED, "--take", noise)
    through(one, "part 1 of 4", "enter takes noise")
    assert one.status() == 2
    said = " ".join(one.told().split())
    assert "error:" in said and "noise.wav" in said and "The drill is kept: unsaid drill 20" in said
    assert sessions(store) == [] and not only_run(store).finished
    again = opened("drill", only_run(store).id, "--resume", "--take", text(tmp_path, "a.txt", RECOVERY))
    through(again, "part 2 of 4")
    again.until("part 3 of 4")
    again.type("q")
    ended(again)


@pytest.mark.parametrize("content", ["{", '{"schema": 9}', '{"schema": 1, "drill": "recovery"}'])
def test_a_damaged_or_newer_drill_is_told_and_left_alone(opened: Open, store: Store, content: str) -> None:
    run = drills.begin(store, "recovery", datetime(2026, 1, 2).astimezone(), minutes={})
    path = drills.path_of(store, run.id)
    path.write_text(content, encoding="utf-8")
    one = opened("drill", run.id, "--resume")
    assert one.status() == 2
    said = one.told().replace("\n", "")
    assert path.name in said and "hint: " in said
    assert path.read_text(encoding="utf-8") == content
    other = opened("drill", "recovery", "--prompt", FLAWED)
    other.until("part 1 of 4")
    other.type("q")
    ended(other)
    assert "note: " in other.told() and path.name in other.told().replace("\n", "")
    assert path.read_text(encoding="utf-8") == content


def test_a_drill_that_somebody_edited_asks_for_its_prompt(opened: Open, store: Store) -> None:
    run = drills.begin(store, "recovery", datetime(2026, 1, 2).astimezone(), minutes={})
    path = drills.path_of(store, run.id)
    parts = {p: {"worked": 1, "done": "2026-01-02"} for p in ("prompt", "record", "heard")}
    path.write_text(json.dumps({**json.loads(path.read_text()), "parts": parts}), encoding="utf-8")
    one = opened("drill", "--resume")
    through(one, "part 1 of 4")
    one.until("part 4 of 4")
    one.type("q")
    ended(one)


def test_a_drill_of_another_version_is_told(opened: Open, unsaid, store: Store) -> None:
    run = drills.begin(store, "juggling", datetime(2026, 1, 2).astimezone(), minutes={})
    one = opened("drill", "--resume")
    assert one.status() == 2 and "this version does not know: 'juggling'" in one.told().replace("\n", " ")
    assert f"{run.id}: of another version" in unsaid("drill", "--list").stdout


def test_two_terminals_do_not_share_a_drill(opened: Open) -> None:
    one = opened("drill", "recovery", "--prompt", FLAWED)
    one.until("part 1 of 4")
    two = opened("drill", "--resume")
    assert two.status() == 2 and "open in another terminal" in two.told()
    one.type("q")
    ended(one)


def test_a_prompt_that_is_gone_is_told(opened: Open, workspace: Path, tmp_path: Path) -> None:
    own = workspace / "prompts"
    own.mkdir(parents=True)
    source = ROOT / "src" / "unsaid" / "drills" / "prompts" / f"{FLAWED}.toml"
    shutil.copy(source, own / "mine.toml")
    one = opened("drill", "recovery", "--prompt", "mine", "--take", text(tmp_path, "a.txt", RECOVERY))
    through(one, "part 1 of 4", "part 2 of 4")
    one.until("part 3 of 4")
    (own / "mine.toml").unlink()
    one.type("\r")
    assert one.status() == 2
    said = " ".join(one.told().split())
    assert "there is no prompt 'mine'" in said and "The drill is kept" in said


def test_what_is_kept_is_the_owners_alone(opened: Open, store: Store) -> None:
    one = opened("drill", "signal", "--prompt", "two-sum")
    one.until("part 1 of 3")
    one.type("q")
    ended(one)
    folder = store.folder / ".drills"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()} == {0o600}


# After every answer


def test_after_an_audit_it_is_told_what_to_train(unsaid, demo: Path) -> None:
    done = unsaid("audit", "demo")
    lines = done.stderr.splitlines()
    assert lines[-3].startswith("signals: visible: problem framing")
    assert lines[-2].startswith("Train ")
    assert re.fullmatch(r"a prompt for it: unsaid record --prompt [a-z0-9-]+ --minutes [\d.]+", lines[-1])
    assert "signals:" not in done.stdout
    card = lines[-1].split()[-3]
    shown = json.loads(unsaid("prompts", "show", card, "--json").stdout)
    weakest = lines[-2].removeprefix("Train ").split(" next")[0]
    assert weakest.replace(" ", "-") in shown["signals"]


def test_after_a_recording_too(unsaid, mics: dict[str, str]) -> None:
    args = ("record", "--input", "Fast", "--minutes", "0.2", "--countdown", "0", "--model", "sample-en")
    loud, quiet = unsaid(*args, env=mics), unsaid(*args, "-q", env=mics)
    assert (loud.returncode, quiet.returncode) == (0, 0)
    told = [line.split(":")[0] for line in loud.stderr.splitlines()]
    assert told.index("signals") < told.index("a prompt for it") < len(told)
    assert "signals:" not in quiet.stderr and "signals:" not in loud.stdout


@pytest.mark.parametrize("args", [["-q"], ["--format", "json"], ["-o", "x.md"], ["--format", "srt"]])
def test_where_it_is_quiet_or_data_nothing_is_told(unsaid, demo: Path, args: list[str]) -> None:
    done = unsaid("audit", "demo", *args)
    assert done.returncode == 0
    assert "signals:" not in done.stderr and "Train " not in done.stderr
    assert "Train " not in done.stdout
