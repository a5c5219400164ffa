"""Audits made by hand for the tests of the views."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from unsaid.model import (
    FAMILY_LETTERS,
    Audit,
    Dismissal,
    Flag,
    Keep,
    Measures,
    Outcome,
    OwnMark,
    Pause,
    Prompt,
    Rewrite,
    Segment,
    Sentence,
    Timing,
    Transcript,
    Word,
)
from unsaid.review.state import reported
from unsaid.sessions.review import Review

SAMPLE = Path(__file__).parents[2] / "sessions" / "sample"

HOSTILE = (
    "<script>document.title='owned'</script> </script><img src=x onerror=\"alert(1)\">"
    " [red]bold[/red] 'q' \"qq\""
    " \u202eevil\u202c \x1b[31mred\x1b[0m\x07 *md* _a_ `x` [l](http://example.invalid) &amp; {{ 7*7 }} end"
)


def flag(
    code: str,
    sentence: Sentence,
    quote: str,
    *,
    message: str = "The choice stands without a reason.",
    evidence: tuple[str, ...] = ("no reason stands near",),
    rewrite: str = "I chose ___ because ___.",
    name: str = "unexplained-choice",
) -> Flag:
    return Flag(
        id=f"{code}-{sentence.index}",
        code=code,
        name=name,
        family=FAMILY_LETTERS[code[0]],
        severity="warning",
        start_s=sentence.start_s,
        end_s=sentence.end_s,
        quote=quote,
        sentence=sentence.text,
        sentence_index=sentence.index,
        message=message,
        evidence=evidence,
        rewrite=rewrite,
    )


def build(
    said: list[tuple[float, str, list[tuple[str, str]]]],
    *,
    timing: Timing = "word",
    pauses: list[tuple[float, float]] | None = None,
    prompt: str | None = "Design a rate limiter.",
    notes: tuple[str, ...] = (),
    **words: str,
) -> Audit:
    """An audit of sentences given as (pause before, text, [(code, quote)]); each word takes 0.4 s.

    `words` may replace the message, evidence, rewrite and name of every flag.
    """
    all_words: list[Word] = []
    sentences: list[Sentence] = []
    segments: list[Segment] = []
    heard: list[Pause] = []
    flags: list[Flag] = []
    time_s = 0.0
    for index, (before_s, text, marks) in enumerate(said):
        if before_s > 0:
            heard.append(Pause(time_s, time_s + before_s))
        time_s += before_s
        first = len(all_words)
        for word in text.split():
            all_words.append(Word(f" {word}", round(time_s, 3), round(time_s + 0.4, 3)))
            time_s += 0.4
        own = tuple(all_words[first:])
        start_s = own[0].start_s if own else time_s
        sentence = Sentence(index, text, start_s, time_s, first, len(all_words), before_s)
        sentences.append(sentence)
        segments.append(Segment(start_s, time_s, f" {text}", own if timing == "word" else ()))
        flags += [flag(code, sentence, quote, **words) for code, quote in marks]  # type: ignore[arg-type]
    if pauses is not None:
        heard = [Pause(start, end) for start, end in pauses]
    speaking_s = sum(s.end_s - s.start_s for s in sentences)
    return Audit(
        transcript=Transcript(
            segments=tuple(segments),
            duration_s=time_s,
            pauses=tuple(heard),
            language="en",
            timing=timing,
            model="tiny",
            notes=notes,
        ),
        sentences=tuple(sentences),
        flags=tuple(flags),
        measures=Measures(
            duration_s=time_s,
            speaking_s=speaking_s,
            silent_s=max(0.0, time_s - speaking_s),
            longest_pause_s=max((p.duration_s for p in heard), default=0.0),
            words=len(all_words),
            words_per_minute=len(all_words) / time_s * 60 if time_s else 0.0,
            decisions=4,
            decisions_explained=1,
            doubts=2,
            doubts_bounded=0,
            first_framing_s=sentences[-1].start_s if sentences else None,
            flags_by_family={},
        ),
        prompt=Prompt(prompt) if prompt is not None else None,
    )


def small(timing: Timing = "word") -> Audit:
    """A short answer with a flag of each family, one sentence with two, short and long pauses."""
    return build(
        [
            (0.5, "Okay, so I have to build a rate limiter.", []),
            (
                0.5,
                "So I'd start with a Redis cluster in front of it.",
                [("A1", "start with a Redis cluster")],
            ),
            (5.2, "I'll use a token bucket here.", [("D2", "I'll use a token bucket")]),
            (0.3, "That way a client may burst for a moment.", []),
            (1.5, "It'll probably be fast enough.", [("U1", "probably be fast enough")]),
            (
                0.4,
                "Actually, scratch that, let's go with a sliding window.",
                [("D3", "scratch that, let's go with a sliding window"), ("A4", "sliding window")],
            ),
            (2.0, "The window is one minute, since the prompt says so.", []),
        ],
        timing=timing,
    )


def ranked() -> Audit:
    """The same answer as an audit leaves it: the flags' numbers have gaps, for one was dismissed and two are
    left out, and the most costly is the last."""
    audit = small()
    a1, d2, u1, d3, a4 = audit.flags
    flags = (
        replace(a1, number=1, cost_rank=4),
        replace(d2, number=7, cost_rank=7, standing="less-sure"),
        replace(d3, number=4, cost_rank=1),
    )
    more = (replace(u1, number=8, cost_rank=8, standing="less-sure"),)
    dismissed = (replace(a4, number=5, cost_rank=2, dismissed="said elsewhere"),)
    return replace(audit, flags=flags, more=more, dismissed=dismissed)


STILL = "Still A4 (assumed property): nobody said that it holds."


def reviewed(
    text: str = "I put it first because every request passes there.",
    still: str = STILL,
    reason: str = "not worth it",
    timing: Timing = "word",
) -> tuple[Audit, Outcome]:
    """The short answer after a review: A1 kept; D2 said so that it passes; U1 dismissed; D3 kept and filed
    under uncertainty; A4 rewritten and not passing; a mark of her own on the first sentence, and one on the
    fourth, rewritten."""
    audit = small(timing)
    audit = replace(audit, flags=tuple(replace(f, number=n) for n, f in enumerate(audit.flags, 1)))
    a1, d2, u1, d3, a4 = audit.flags
    first, fourth = audit.sentences[0], audit.sentences[3]

    def key(flag: Flag) -> tuple[str, str, float]:
        return flag.code, flag.quote, flag.start_s

    review = Review(
        dismissals=(Dismissal(*key(u1), reason),),
        kept=(Keep(*key(a1)), Keep(*key(d2)), Keep(*key(d3), "U"), Keep(*key(a4))),
        marks=(OwnMark("D", first.text, first.start_s), OwnMark("A", fourth.text, fourth.start_s)),
        rewrites=(
            Rewrite(*key(d2), text),
            Rewrite(*key(a4), text, (still,)),
            Rewrite("own", fourth.text, fourth.start_s, text),
        ),
    )
    return reported(audit, review)


def sample() -> Audit:
    """The sample answer as its script has it: true words and pauses, and the planted flags."""
    script = json.loads((SAMPLE / "script.json").read_text(encoding="utf-8"))
    words: list[Word] = []
    sentences: list[Sentence] = []
    segments: list[Segment] = []
    for index, told in enumerate(script["sentences"]):
        own = tuple(Word(f" {w['word']}", w["start_s"], w["end_s"]) for w in told["words"])
        first = len(words)
        words += own
        sentences.append(
            Sentence(index, told["text"], told["start_s"], told["end_s"], first, first + len(own))
        )
        segments.append(Segment(told["start_s"], told["end_s"], f" {told['text']}", own))
    flags = [
        flag(planted["code"], sentences[planted["sentence"]], sentences[planted["sentence"]].text)
        for planted in script["flags"]
    ]
    speaking_s = sum(s.end_s - s.start_s for s in sentences)
    duration_s = script["duration_s"]
    return Audit(
        transcript=Transcript(
            segments=tuple(segments),
            duration_s=duration_s,
            pauses=tuple(Pause(p["start_s"], p["end_s"]) for p in script["pauses"]),
            language="en",
        ),
        sentences=tuple(sentences),
        flags=tuple(sorted(flags, key=lambda f: f.start_s)),
        measures=Measures(
            duration_s, speaking_s, duration_s - speaking_s, 6.0, len(words), 120.0, 5, 2, 2, 1, 4.0, {}
        ),
        prompt=Prompt(script["prompt"], script["kind"]),
    )


def tone(path: Path, duration_s: float, rate_hz: int = 16_000) -> None:
    """A recording of the given length, as FLAC: a quiet tone, or silence where it is long."""
    import numpy as np
    import soundfile

    samples = np.zeros(int(duration_s * rate_hz), dtype="int16")
    if duration_s < 120:
        samples[:] = 3000 * np.sin(2 * np.pi * 220 * np.arange(samples.size) / rate_hz)
    soundfile.write(path, samples, rate_hz)
