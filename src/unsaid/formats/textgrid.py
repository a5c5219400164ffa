"""Praat's TextGrid in its long text format, UTF-8: tiers of intervals under the sound. Written only.

The facts are those of the Praat manual, page "TextGrid file formats"
(https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html): the file opens with the type
"ooTextFile" and the class "TextGrid"; every tier says how many intervals it has; the intervals of a tier
follow each other from its xmin to its xmax without a gap, those with nothing in them have the text "";
times are in seconds; a double quote within a text is written twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from unsaid.formats.reviewed import badge, now_label, own_marks, verdict_label
from unsaid.formats.source import one_line
from unsaid.model import FAMILIES, FAMILY_LETTERS, Audit, Family, Flag, Moment, Outcome

TIERS: dict[Family, str] = {
    "silent-decision": "silent decisions",
    "missing-assumption": "missing assumptions",
    "unbounded-uncertainty": "unbounded uncertainty",
}
"""The tier on which the flags of a family stand."""
REVIEW_TIERS = ("verdicts", "rewrites")
"""The tiers that a review adds."""

# Times are counted in whole microseconds, so that one interval ends exactly where the next begins.
_PER_S = 1_000_000
# Every tier has an interval, and an interval has to last, also where the answer does not.
_MIN_LENGTH_US = 1_000

_Thing = tuple[float, float, str]  # start and end in seconds, label
_Interval = tuple[int, int, str]  # start and end in microseconds, label


def write(audit: Audit, outcome: Outcome | None = None) -> str:
    """Words (where their times are known), sentences, pauses and the flags of each family, a tier each.

    `outcome` adds the speaker's own marks to the tiers of their families, and two tiers of its own: what she
    says of the flags, and how she would say them now.

    The grid lasts as long as the recording, or to the last end of anything in it where that is later. Flags
    of one family on the same sentence share an interval. Praat knows no overlap: what runs into the next
    thing on its tier is cut at that one's start, and what then lasts no time is left out.
    """
    tiers = _tiers(audit, outcome)
    ends = [_us(end_s) for _, things in tiers for _, end_s, _ in things]
    length_us = max(_us(audit.transcript.duration_s), *ends, _MIN_LENGTH_US)
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0",
        f"xmax = {_time(length_us)}",
        "tiers? <exists>",
        f"size = {len(tiers)}",
        "item []:",
    ]
    for number, (name, things) in enumerate(tiers, 1):
        intervals = list(_filled(_apart(things), length_us))
        lines += [
            f"    item [{number}]:",
            '        class = "IntervalTier"',
            f"        name = {_quoted(name)}",
            "        xmin = 0",
            f"        xmax = {_time(length_us)}",
            f"        intervals: size = {len(intervals)}",
        ]
        for place, (start_us, end_us, label) in enumerate(intervals, 1):
            lines += [
                f"        intervals [{place}]:",
                f"            xmin = {_time(start_us)}",
                f"            xmax = {_time(end_us)}",
                f"            text = {_quoted(label)}",
            ]
    return "\n".join(lines) + "\n"


def _tiers(audit: Audit, outcome: Outcome | None) -> list[tuple[str, list[_Thing]]]:
    """Name and things of each tier, from the top."""
    transcript = audit.transcript
    tiers: list[tuple[str, list[_Thing]]] = []
    if transcript.timing == "word":
        words = (w for s in transcript.segments for w in s.words)
        tiers.append(("words", [(w.start_s, w.end_s, w.text) for w in words]))
    tiers.append(("sentences", [(s.start_s, s.end_s, s.text) for s in audit.sentences]))
    tiers.append(("pauses", [(p.start_s, p.end_s, f"pause {p.duration_s:.1f} s") for p in transcript.pauses]))
    own = own_marks(outcome)
    for family in FAMILIES:
        flags = [_named(f, _flag_label(f)) for f in audit.flags if f.family == family]
        flags += [
            _named(m, f"{badge(m)}: {one_line(m.quote)}") for m in own if FAMILY_LETTERS[m.letter] == family
        ]
        tiers.append((TIERS[family], _joined(flags)))
    if outcome is not None:
        verdicts = [m for m in outcome.moments if m.flag is not None and m.verdict != "open"]
        rewrites = [m for m in outcome.moments if now_label(m)]
        things = (
            _joined(_named(m, f"{badge(m)}: {verdict_label(m)}") for m in verdicts),
            _joined(_named(m, f"{badge(m)} {now_label(m)}") for m in rewrites),
        )
        tiers += zip(REVIEW_TIERS, things, strict=True)
    return tiers


def _flag_label(f: Flag) -> str:
    code = f"{f.code} (less sure)" if f.standing == "less-sure" else f.code
    quote = one_line(f.quote)
    return f"{code}: {quote}" if quote else code


_Named = tuple[tuple[float, float, int], str]  # start and end in seconds, index of the sentence; label


def _named(of: Flag | Moment, label: str) -> _Named:
    return (of.start_s, of.end_s, of.sentence_index), label


def _joined(things: Iterable[_Named]) -> list[_Thing]:
    """One thing a sentence: two at the same place could not both stand on a tier."""
    labels: dict[tuple[float, float, int], list[str]] = {}
    for place, label in things:
        labels.setdefault(place, []).append(label)
    return [(start_s, end_s, " / ".join(said)) for (start_s, end_s, _), said in labels.items()]


def _apart(things: Iterable[_Thing]) -> Iterator[_Interval]:
    """The things in order of time, each cut at the next one's start; what does not last is left out."""
    last = []
    for start_s, end_s, text in things:
        start_us, end_us, label = _us(start_s), _us(end_s), one_line(text)
        if start_us < end_us and label:
            last.append((start_us, end_us, label))
    last.sort(key=lambda thing: thing[:2])
    for place, (start_us, end_us, label) in enumerate(last):
        if place + 1 < len(last):
            end_us = min(end_us, last[place + 1][0])
        if start_us < end_us:
            yield start_us, end_us, label


def _filled(intervals: Iterable[_Interval], length_us: int) -> Iterator[_Interval]:
    """`intervals` with empty ones between them, from 0 to `length_us`."""
    at_us = 0
    for start_us, end_us, label in intervals:
        if at_us < start_us:
            yield at_us, start_us, ""
        yield start_us, end_us, label
        at_us = end_us
    if at_us < length_us:
        yield at_us, length_us, ""


def _us(time_s: float) -> int:
    return max(0, round(time_s * _PER_S))


def _time(time_us: int) -> str:
    """Seconds as Praat writes them: no exponent, no zeros at the end."""
    whole, part = divmod(time_us, _PER_S)
    return f"{whole}.{part:06d}".rstrip("0").rstrip(".")


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
