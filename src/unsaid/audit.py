"""From a transcript to its flags and figures. Pure: no files, no clock, no chance."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256

from unsaid.language import acts, sentences
from unsaid.language.acts import Answer
from unsaid.language.weigh import Ground
from unsaid.model import Audit, Flag, Kind, Measures, Pause, Prompt, Transcript
from unsaid.rules import CONDUCT, Finding, Rule, chosen
from unsaid.shortlist import by_time, shortlisted
from unsaid.taste import Taste

SURE = 0.42
"""Findings below this confidence are less sure: found, and not shown by default."""
_ORDER = ("A1", "U5", "A5", "D3", "D4", "U3", "U2", "D2", "D1", "A3", "A2", "A4", "U4", "U1")
"""One gap, one label: of two families on one sentence the surer one stays, and of its codes the one that
stands first here."""


def audit(
    transcript: Transcript,
    prompt: Prompt | None = None,
    *,
    kind: Kind | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    min_confidence: float = SURE,
    taste: Taste | None = None,
) -> Audit:
    """Find where reasoning stayed hidden.

    `prompt` and `kind` go before what the transcript itself carries. `select` and `ignore` take code
    prefixes ("D", "D1") and names. Findings below `min_confidence` (0 to 1) and those over the limit (see
    `shortlist`) are in `Audit.more`. Notes on evidence and conduct are in `Audit.conduct`, those below
    `min_confidence` in nothing. `taste` is the user's say. Raises UnsaidError for an unknown rule.
    """
    taste = taste or Taste()
    rules, conduct = chosen(select, ignore), chosen(select, ignore, CONDUCT)
    with _without_looking_for_cycles():
        return _audited(
            transcript, prompt or transcript.prompt, kind, (rules, conduct), min_confidence, taste
        )


def with_signals(
    audit: Audit,
    signals: Mapping[str, str],
    *,
    kind: Kind | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    taste: Taste | None = None,
) -> Audit:
    """`audit` with the notes that need to know which signals were heard (E7) in its conduct.

    `signals` has each signal's name and how far it was heard: visible, partly, hidden or not-asked. Called
    again it replaces what it said before. Raises UnsaidError for an unknown rule.
    """
    taste = taste or Taste()
    answer = acts.understand(audit.sentences, audit.prompt, kind, taste.lexicon)
    ground = Ground(answer, taste.thresholds)
    ground.signals = signals
    rules = [r for r in chosen(select, ignore, CONDUCT) if r.needs_signals]
    others = (f for f in audit.conduct if f.code not in {r.code for r in CONDUCT if r.needs_signals})
    return replace(audit, conduct=by_time((*others, *_conduct(ground, rules, 0.0, taste))))


@contextmanager
def _without_looking_for_cycles() -> Iterator[None]:
    """An audit makes millions of small objects in ten hours of talk, none of them in a cycle."""
    looking = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looking:
            gc.enable()


def _audited(
    transcript: Transcript,
    prompt: Prompt | None,
    kind: Kind | None,
    chosen_rules: tuple[Sequence[Rule], Sequence[Rule]],
    min_confidence: float,
    taste: Taste,
) -> Audit:
    rules, conduct = chosen_rules
    answer = acts.understand(sentences.split(transcript), prompt, kind, taste.lexicon)
    ground = Ground(answer, taste.thresholds)
    found = [(rule, finding) for rule in rules for finding in rule.check(ground)]
    flags = _settled(answer, [(r, f) for r, f in found if f.confidence >= min_confidence])
    taken = {f.sentence_index for f in flags}
    less_sure = _settled(
        answer, [(r, f) for r, f in found if f.confidence < min_confidence and f.sentence not in taken]
    )
    result = Audit(
        transcript=transcript,
        sentences=acts.with_acts(answer),
        flags=_graded(flags, taste),
        measures=_measures(transcript, ground, flags),
        prompt=prompt,
        conduct=_conduct(ground, conduct, min_confidence, taste),
    )
    return shortlisted(result, _graded(less_sure, taste), taste.flags_per_minute)


def flags_instead(
    audit: Audit,
    index: int,
    text: str,
    *,
    kind: Kind | None = None,
    min_confidence: float = SURE,
    taste: Taste | None = None,
) -> tuple[Flag, ...]:
    """The sure flags on sentence `index` (from 0) if it had been said as `text`, the others as they were."""
    taste = taste or Taste()
    said = tuple(replace(s, text=text if s.index == index else s.text, acts=()) for s in audit.sentences)
    answer = acts.understand(said, audit.prompt, kind, taste.lexicon)
    ground = Ground(answer, taste.thresholds)
    found = [(rule, finding) for rule in chosen() for finding in rule.check(ground)]
    flags = _settled(answer, [(r, f) for r, f in found if f.confidence >= min_confidence])
    return tuple(f for f in flags if f.sentence_index == index)


def _graded(flags: Sequence[Flag], taste: Taste) -> tuple[Flag, ...]:
    return tuple(replace(f, severity=taste.severities.get(f.code, f.severity)) for f in flags)


def _conduct(ground: Ground, rules: Sequence[Rule], min_confidence: float, taste: Taste) -> tuple[Flag, ...]:
    """Notes on evidence and conduct, each as its rule gives it, in order of time."""
    found = (_flag(ground.answer, r, f) for r in rules for f in r.check(ground))
    return _graded(by_time(f for f in found if f.confidence >= min_confidence), taste)


def _settled(answer: Answer, found: Sequence[tuple[Rule, Finding]]) -> tuple[Flag, ...]:
    """One flag for each sentence, in order of time."""
    surest: dict[tuple[int, str], float] = {}
    for rule, finding in found:
        key = (finding.sentence, rule.letter)
        surest[key] = max(finding.confidence, surest.get(key, 0.0))
    kept: dict[int, tuple[Rule, Finding]] = {}
    for rule, finding in sorted(
        found,
        key=lambda rf: (
            rf[1].sentence,
            -surest[rf[1].sentence, rf[0].letter],
            _ORDER.index(rf[0].code),
            -rf[1].confidence,
        ),
    ):
        kept.setdefault(finding.sentence, (rule, finding))
    for index in [i for i, (rule, _) in kept.items() if rule.code == "D1"]:
        if _continues(answer, kept, index):
            del kept[index]
    flags = [_flag(answer, rule, finding) for rule, finding in kept.values()]
    return tuple(sorted(flags, key=lambda f: (f.start_s, f.sentence_index, f.code)))


def _continues(answer: Answer, kept: Mapping[int, tuple[Rule, Finding]], index: int) -> bool:
    """A choice that only goes on with the one flagged right before it, or that the next one settles: one
    gap, one flag."""
    read = answer.reads[index]
    before, after = kept.get(index - 1), kept.get(index + 1)
    if after is not None and after[0].letter == "D" and any(w in ("could", "might") for w in read.words):
        return True
    if after is not None and after[0].code == "D3" and answer.reads[index + 1].words[:1] == ("or",):
        return True
    if before is None or before[0].letter != "D":
        return False
    if read.weight("circular") >= 1 and read.weight("decision") < 1:
        return True
    return read.pause_s < 1.5 and (
        read.words[:1] in (("or",), ("with",))
        or (read.weight("hedge") > 0 and read.verbless)
        or read.words[-3:] == ("all", "the", "way")
    )


def _flag(answer: Answer, rule: Rule, finding: Finding) -> Flag:
    sentence = answer.reads[finding.sentence].sentence
    key = f"{rule.code}\n{finding.quote}\n{sentence.start_s:.1f}\n{sentence.first_word}"
    return Flag(
        id=f"{rule.code}-{sha256(key.encode('utf-8', 'replace')).hexdigest()[:8]}",
        code=rule.code,
        name=rule.name,
        family=rule.family,
        severity=rule.severity,
        start_s=sentence.start_s,
        end_s=sentence.end_s,
        quote=finding.quote,
        sentence=sentence.text,
        sentence_index=sentence.index,
        message=finding.message,
        evidence=finding.evidence,
        rewrite=finding.rewrite,
        confidence=finding.confidence,
    )


def _measures(transcript: Transcript, ground: Ground, flags: Sequence[Flag]) -> Measures:
    reads = ground.reads
    words = sum(r.sentence.last_word - r.sentence.first_word for r in reads)
    end_s = max((r.sentence.end_s for r in reads), default=0.0)
    duration_s = max(transcript.duration_s, end_s)
    timed = transcript.timing != "none"
    pauses = transcript.pauses or tuple(
        Pause(r.sentence.start_s - r.pause_s, r.sentence.start_s) for r in reads if r.pause_s > 0
    )
    silent_s = min(duration_s, sum(p.duration_s for p in pauses)) if timed else 0.0
    # A flagged sentence counts as one that decides or doubts, and as one of which the listener hears no more.
    flagged = {letter: {f.sentence_index for f in flags if f.code[0] == letter} for letter in "DU"}
    decided = {d.sentence for d in ground.decisions if d is not None and d.strength >= 0.5}
    explained = {i for i in decided if (s := ground.reason(i)) is not None and s.strength >= 0.5}
    doubts = {r.index for r in reads if not r.question and max(r.weight("hedge"), r.weight("unknown")) >= 1}
    bounded = {i for i in doubts if ground.bound(i) is not None}
    framing = next(
        (
            r.sentence.start_s
            for r in reads
            if r.question or r.weight("requirement") >= 1 or r.weight("assumption") >= 1
        ),
        None,
    )
    return Measures(
        duration_s=round(duration_s, 3),
        speaking_s=round(max(0.0, duration_s - silent_s), 3) if timed else 0.0,
        silent_s=round(silent_s, 3),
        longest_pause_s=round(max((p.duration_s for p in pauses), default=0.0), 3) if timed else 0.0,
        words=words,
        words_per_minute=round(60 * words / duration_s, 1) if timed and duration_s > 0 else 0.0,
        decisions=len(decided | flagged["D"]),
        decisions_explained=len(explained - flagged["D"]),
        doubts=len(doubts | flagged["U"]),
        doubts_bounded=len(bounded - flagged["U"]),
        first_framing_s=framing if timed else None,
        flags_by_family={letter: sum(1 for f in flags if f.code[0] == letter) for letter in "DAU"},
    )
