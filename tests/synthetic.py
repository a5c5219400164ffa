"""Made-up sessions for tests and benchmarks: real folders, through the program's own writers.

    write(tmp_path / "sessions", many(200, weeks=20))

The speaker gets better: from week to week more of her choices have a reason and more of her doubts a bound,
she frames sooner and falls silent for less long. The same arguments give the same sessions.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path

from unsaid import __version__
from unsaid.audit import audit
from unsaid.drills.rubric import DIMENSIONS
from unsaid.formats import audit_json, transcript_json
from unsaid.model import KINDS, Audit, Kind, Pause, Prompt, Segment, Transcript, Word
from unsaid.review import state
from unsaid.sessions import scores
from unsaid.sessions.files import write_whole
from unsaid.sessions.record import Session, Source, Stage
from unsaid.sessions.review import Review

ZONE = timezone(timedelta(hours=1))
FIRST = datetime(2026, 6, 29, 18, 30, tzinfo=ZONE)
"""A Monday, in 2026-W27."""

_PROMPTS: dict[Kind, tuple[str, str]] = {
    "design": ("rate-limiter", "Design a rate limiter for a public interface."),
    "coding": ("merge-intervals", "Merge a list of intervals that overlap."),
    "debugging": ("slow-endpoint", "An endpoint has become slow since Tuesday. Find the cause."),
    "story": ("hard-call", "Tell me about a decision that was hard to make."),
}
_THINGS = ("a hash map", "a queue", "Postgres", "a cache", "a heap", "a token bucket", "Kafka", "two workers")
_REASONS = (
    "because reads are far more common than writes",
    "because a retry must be safe",
    "since that keeps the lookup constant",
    "so that one slow client cannot hold up the others",
)
_FRAMES = (
    "Let's assume ten thousand requests a second, tell me if that's off.",
    "Do the events arrive in order, or can they be late?",
    "I'll assume that one region is enough for now.",
)
_FILLERS = (
    "So the client sends a request and the gateway reads the key.",
    "Then the worker takes the next job and writes the result.",
    "After that the counter goes down again.",
    "Each entry has a time and the name of its owner.",
)


@dataclass(frozen=True)
class Made:
    """One session: the text of each of its files."""

    id: str
    files: dict[str, str]


def answer(skill: float, draw: random.Random, kind: Kind | None, sentences: int = 22) -> Audit:
    """The audit of a made-up answer; `skill` from 0 to 1."""
    lines: list[tuple[float, str]] = []
    framed = round((1 - skill) * 6 + draw.random() * 2)
    for n in range(sentences):
        pause_s = draw.choice((0.4, 0.6, 0.9))
        thing = draw.choice(_THINGS)
        turn = draw.random()
        if n == framed or (turn < 0.08 and n > framed):
            text = draw.choice(_FRAMES)
        elif turn < 0.38:
            pause_s = 1.0 if draw.random() < skill else draw.choice((1.5, 4.6, 6.5))
            why = f" {draw.choice(_REASONS)}" if draw.random() < 0.2 + 0.7 * skill else ""
            text = f"I'll use {thing} here{why}."
        elif turn < 0.55:
            bound = f"; if it isn't, I fall back to {thing}" if draw.random() < 0.15 + 0.7 * skill else ""
            text = f"It'll probably be fast enough{bound}."
        else:
            text = draw.choice(_FILLERS)
        lines.append((pause_s, text))
    prompt = Prompt(_PROMPTS[kind][1], kind, _PROMPTS[kind][0]) if kind else None
    return audit(_transcript(lines), prompt)


def _transcript(lines: Iterable[tuple[float, str]]) -> Transcript:
    segments, pauses, at_s = [], [], 0.0
    for pause_s, text in lines:
        pauses.append(Pause(at_s, at_s + pause_s))
        at_s += pause_s
        words = []
        for word in text.split():
            words.append(Word(f" {word}", round(at_s, 3), round(at_s + 0.34, 3), 0.9))
            at_s += 0.36
        segments.append(Segment(words[0].start_s, words[-1].end_s, f" {text}", tuple(words)))
    return Transcript(tuple(segments), at_s + 0.5, tuple(pauses), "en", model="made-up")


@lru_cache(maxsize=512)
def _answer(seed: int, skill_percent: int, kind: Kind | None, sentences: int) -> Audit:
    return answer(skill_percent / 100, random.Random(seed), kind, sentences)


def session(
    id: str,
    *,
    at: datetime = FIRST,
    kind: Kind | None = "design",
    skill: float = 0.5,
    seed: int = 0,
    sentences: int = 22,
    audited: bool = True,
    reviewed: bool = False,
    scored: bool = False,
) -> Made:
    """One session's files."""
    found = _answer(seed, round(100 * skill), kind, sentences)
    when = at.isoformat(timespec="seconds")
    done = ("decode", "speech", "transcribe", "audit", "views") if audited else ("decode",)
    record = Session(
        id,
        Path(id),
        when,
        Source(f"{id}.wav", f"{seed:064x}", 1000),
        found.transcript.duration_s,
        prompt=found.prompt,
        kind=kind,
        stages={name: Stage(when, 0.1, "") for name in done},
        model="made-up",
        model_sha256="0" * 64,
        program=__version__,
    )
    files = {"session.json": record.dumps()}
    draw = random.Random(seed)
    if audited:
        files["transcript.json"] = transcript_json.dumps(found.transcript)
        files["audit.json"] = audit_json.dumps(found, source={"kind": "recording", "name": f"{id}.wav"})
    if audited and reviewed:
        files["review.json"] = _review(found, draw, when).dumps()
    if scored:
        files["score.json"] = _score(skill, draw, when).dumps()
    return Made(id, files)


def _review(found: Audit, draw: random.Random, at: str) -> Review:
    review = Review()
    for moment in state.moments(found, review):
        turn = draw.random()
        if turn < 0.2:
            review = state.dismiss(review, moment, "said elsewhere", at)
        elif turn < 0.6:
            review = state.keep(review, moment, at)
        if 0.2 <= turn < 0.5:
            missing = () if draw.random() < 0.7 else ("no reason",)
            review = state.rewrite(review, moment, "I chose it because reads dominate.", missing, at)
    return review


def _score(skill: float, draw: random.Random, at: str) -> scores.Scores:
    out = scores.Scores()
    for dimension in DIMENSIONS:
        number = min(5, max(1, round(1.6 + 3.2 * skill + draw.uniform(-0.8, 0.8))))
        out = scores.marked(out, at, dimension.id, number, "as it felt")
    return scores.finished(out, at, at)


def many(
    count: int = 200, *, weeks: int = 20, seed: int = 1, variants: int = 0, sentences: int = 22
) -> Iterator[Made]:
    """`count` sessions spread over `weeks`, the speaker getting better.

    `variants`: so many answers that differ, taken in turns; 0: each its own. Auditing one takes 10 ms.
    """
    draw = random.Random(seed)
    for n in range(count):
        done = n / max(1, count - 1)
        at = FIRST + timedelta(days=7 * weeks * n / count, minutes=draw.randrange(120))
        number = n if not variants else n * variants // count
        part = number / max(1, (variants or count) - 1)
        yield session(
            f"{at:%Y-%m-%d-%H%M}-take-{n + 1}",
            at=at,
            kind=KINDS[number % len(KINDS)],
            skill=round(min(1.0, max(0.0, 0.15 + 0.7 * part + random.Random(number).uniform(-0.1, 0.1))), 2),
            seed=number,
            sentences=sentences,
            audited=n % 25 != 24,
            reviewed=draw.random() < 0.7,
            scored=draw.random() < 0.5 + 0.2 * done and n % 25 != 24,
        )


def write(
    folder: Path,
    made: Iterable[Made],
    put: Callable[[Path, str], object] = write_whole,
    without: Collection[str] = (),
) -> list[Path]:
    """Write the sessions into `folder`, but for the files named `without`; their folders.

    `put` writes one file.
    """
    out = []
    for one in made:
        target = folder / one.id
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, text in one.files.items():
            if name not in without:
                put(target / name, text)
        out.append(target)
    return out
