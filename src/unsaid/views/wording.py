"""Words and figures that all views say alike: times, pauses, the measures, and text made safe to show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from unsaid.model import FAMILY_LETTERS, Audit, Flag, Measures, Moment, Rewrite, Share

CONDUCT_TITLE = "Evidence and conduct"
"""The heading of the notes that stand beside the flags, codes E1 … E8."""
FAMILY_TITLES: dict[str, str] = {
    "D": "Silent decision",
    "A": "Missing assumption",
    "U": "Unbounded uncertainty",
}
"""Family letter to what a reader calls the family, in the order in which families are listed."""

OWN_NAME = "your own mark"
"""What stands for a rule's name at a moment that the speaker marked herself."""
_SHARES: dict[str, tuple[str, str]] = {
    "D": ("Decisions", "with an audible reason"),
    "A": ("Assumptions", "stated"),
    "U": ("Doubts", "bounded"),
}
_LETTERS = {family: letter for letter, family in FAMILY_LETTERS.items()}

# Control characters (C0, DEL, C1), everything that steers the direction of text, line and paragraph
# separators, invisible tag characters, and halves of surrogate pairs, which no encoding can carry.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff"
    "\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Make `text` safe to show: what would act instead of being read is named, e.g. `⟨U+202E⟩`.

    So no terminal obeys an escape (`⟨U+001B⟩`) and no reader sees text turned round. Tabs, line breaks and
    separators become a space. Ordinary text comes back as it is.
    """
    return _UNSAFE.sub(_sign, text)


def _sign(found: re.Match[str]) -> str:
    code = ord(found[0])
    if found[0] in "\t\n\v\f\r\x85\u2028\u2029":
        return " "
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else f"⟨U+{code:04X}⟩"


def clock(time_s: float) -> str:
    """`m:ss`, and `h:mm:ss` from an hour on; fractions are cut off, so that a mark never points too late."""
    whole = int(max(time_s, 0.0))
    hours, rest = divmod(whole, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def pause_words(duration_s: float) -> str:
    """A pause as every view names it: `pause 5.2 s`."""
    return f"pause {duration_s:.1f} s"


def rule_words(name: str) -> str:
    """A rule's name as a reader sees it: `unexplained-choice` becomes `unexplained choice`."""
    return name.replace("-", " ").replace("_", " ")


def letter(flag: Flag) -> str:
    """The letter of the flag's family: D, A or U."""
    return _LETTERS[flag.family]


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 flag`, `2 flags`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def family_counts(audit: Audit) -> dict[str, int]:
    """How many flags each family has, by letter, in the order of `FAMILY_TITLES`; zeros included."""
    counts = dict.fromkeys(FAMILY_TITLES, 0)
    for flag in audit.flags:
        counts[letter(flag)] = counts.get(letter(flag), 0) + 1
    return counts


def flags_line(audit: Audit) -> str:
    """One line that says how many flags there are and of which families."""
    if not audit.flags:
        return "No flags."
    parts = [
        f"{count} {FAMILY_TITLES.get(key, key).lower()}"
        for key, count in family_counts(audit).items()
        if count
    ]
    return f"{plural(len(audit.flags), 'flag')}: {', '.join(parts)}."


def left_out(audit: Audit) -> tuple[str, ...]:
    """What was found and is not shown, a line each: what `--all` shows, and what was dismissed."""
    lines = []
    if audit.more:
        unsure = sum(1 for f in audit.more if f.standing == "less-sure")
        cheap = len(audit.more) - unsure
        if unsure and cheap:
            what = f"{unsure} less sure and {cheap} less costly"
        else:
            what = "less sure" if unsure else "less costly"
        lines.append(
            f"{len(audit.more):,} more, {what}: --all shows {'it' if len(audit.more) == 1 else 'them'}."
        )
    if audit.dismissed:
        lines.append(f"{len(audit.dismissed):,} dismissed.")
    return tuple(lines)


def review_line(moments: Sequence[Moment]) -> str:
    """One line that says what was said of the moments."""
    flags = [m for m in moments if m.flag is not None]
    rewrites = [m.rewrite for m in moments if m.rewrite is not None and m.verdict != "dismissed"]
    passed = sum(1 for r in rewrites if r.passed)
    parts = [f"{sum(1 for m in flags if m.verdict == 'kept'):,} kept"]
    parts += [f"{sum(1 for m in flags if m.verdict == 'dismissed'):,} dismissed"]
    if own := len(moments) - len(flags):
        parts.append(f"{plural(own, 'mark')} of your own")
    parts.append(f"{len(rewrites):,} rewritten" + (f" ({passed:,} pass)" if rewrites else ""))
    return f"Your review: {', '.join(parts)}."


def still_line(moments: Sequence[Moment]) -> str:
    """How many moments are left to be said aloud."""
    left = sum(1 for m in moments if not m.settled)
    if left:
        return f"{plural(left, 'moment')} still to be said aloud."
    return "Every moment is settled: dismissed, or said so that a listener can follow."


def verdict_words(moment: Moment) -> str:
    """What the speaker says of a flag: `kept`, `kept, filed under missing assumption`, `dismissed: wrong
    words`; empty where she has not judged it, and for her own marks, which need no verdict."""
    if moment.flag is None or moment.verdict == "open":
        return ""
    if moment.verdict == "dismissed":
        return f"dismissed: {moment.reason}" if moment.reason else "dismissed"
    other = FAMILY_TITLES.get(moment.letter, moment.letter).lower()
    return "kept" if moment.letter == letter(moment.flag) else f"kept, filed under {other}"


def passed_words(rewrite: Rewrite) -> str:
    """Whether a rewrite closes the gap."""
    return "passes" if rewrite.passed else "does not pass yet"


def standing_words(flag: Flag) -> str:
    """Why a flag is left out by default, in words; empty where it is not."""
    return "" if flag.standing == "shown" else flag.standing.replace("-", " ")


def level_words(level: str) -> str:
    """A signal's level as it is told."""
    return {"partly": "partly visible", "not-asked": "not asked for"}.get(level, level)


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the measures."""

    label: str
    value: str
    """The figure itself, short."""
    detail: str = ""
    """What belongs to it."""

    @property
    def sentence(self) -> str:
        """Figure and detail in one."""
        return f"{self.value} {self.detail}".strip()


def share_label(letter: str) -> str:
    """What a family's share counts: `Decisions with an audible reason`."""
    return " ".join(_SHARES[letter])


def share_rows(shares: Sequence[Share]) -> tuple[Measure, ...]:
    """How much a listener could follow, before and after the rewrites, a line a family."""
    rows = []
    for share in shares:
        label, what = _SHARES[share.letter]
        if share.after != share.before:
            what += f", {share.after} with the rewrites"
        rows.append(_part(label, share.before, share.total, what))
    return tuple(rows)


def measure_rows(audit: Audit, shares: Sequence[Share] = ()) -> tuple[Measure, ...]:
    """The measures, for all views alike.

    `shares`, where a review gives them, stand for the decisions and the doubts as the audit counts them.
    Where the transcript has no times (a plain text), what would need them is left out, and the first
    framing is told by its sentence.
    """
    measures = audit.measures
    timed = audit.transcript.timing != "none"
    rows: list[Measure] = []
    if timed:
        rows.append(Measure("Speaking", clock(measures.speaking_s), _share(measures.speaking_s, measures)))
        longest = f", longest pause {measures.longest_pause_s:.1f} s" if measures.longest_pause_s > 0 else ""
        rows.append(
            Measure("Silent", clock(measures.silent_s), _share(measures.silent_s, measures) + longest)
        )
        if measures.words_per_minute > 0:
            pace = Measure(
                "Pace", f"{measures.words_per_minute:.0f}", f"words a minute, {measures.words:,} in all"
            )
        else:
            pace = Measure("Pace", "unknown", f"({plural(measures.words, 'word')})")
        rows.append(pace)
    else:
        rows.append(Measure("Length", f"{measures.words:,}", "word" if measures.words == 1 else "words"))
    if shares:
        rows.extend(share_rows(shares))
    else:
        for key, good, total in (
            ("D", measures.decisions_explained, measures.decisions),
            ("U", measures.doubts_bounded, measures.doubts),
        ):
            rows.append(_part(_SHARES[key][0], good, total, _SHARES[key][1]))
    rows.append(_framing(audit, timed))
    return tuple(rows)


def _share(part_s: float, measures: Measures) -> str:
    return f"{part_s / measures.duration_s:.0%} of the time" if measures.duration_s > 0 else ""


def _part(label: str, good: int, total: int, what: str) -> Measure:
    return Measure(label, f"{good} of {total}", what) if total else Measure(label, "none", "heard")


def _framing(audit: Audit, timed: bool) -> Measure:
    what = "to the first question or assumption"
    at_s = audit.measures.first_framing_s
    if at_s is None:
        return Measure("Framing", "none", "no question or assumption heard")
    if timed:
        return Measure("Framing", clock(at_s), what)
    number = sum(1 for sentence in audit.sentences if sentence.start_s <= at_s) or 1
    return Measure("Framing", f"sentence {number}", "has the first question or assumption")
