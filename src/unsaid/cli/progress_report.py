"""From the rows of many sessions to what is told of them, in a terminal and on a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from unsaid.sessions.progress import (
    KEPT_WEIGHT,
    LEAST_IN_HALF,
    Cost,
    Figures,
    Group,
    Row,
    Trend,
    by_kind,
    by_week,
    costs,
    figures,
    mixed,
    streak,
    trends,
)
from unsaid.views.progress import (
    Change,
    Column,
    Fact,
    Plot,
    Report,
    Rule,
    Series,
    Shape,
    Table,
    Unit,
    told,
)
from unsaid.views.wording import FAMILY_TITLES, plural, rule_words

if TYPE_CHECKING:
    from unsaid.sessions.progress import Practice

FEW_WEEKS = 4
"""With fewer weeks a picture stands over single answers: one dot a week would show nothing."""
MOST_ANSWERS = 40

_COLUMNS: tuple[tuple[Column, Callable[[Figures], float | None]], ...] = (
    (Column("answers", "answers", "count", rank=0), lambda f: f.answers),
    (Column("minutes", "min", "minutes", rank=5), lambda f: f.minutes),
    (Column("flags a minute", "flags/min", "rate", True, rank=1), lambda f: f.flags_a_minute),
    (Column("decisions with a reason", "reasons", "share", True, rank=1), lambda f: f.explained),
    (Column("doubts bounded", "bounds", "share", rank=2), lambda f: f.bounded),
    (
        Column("first question or assumption", "framed", "time", rank=3),
        lambda f: f.first_framing_s,
    ),
    (Column("silent", "silent", "share", rank=6), lambda f: f.silence),
    (Column("words a minute", "pace", "number", rank=7), lambda f: f.pace),
    (Column("self-score", "score", "score", rank=4), lambda f: f.score),
)


def report(
    rows: Sequence[Row],
    practice: Practice,
    *,
    today: date,
    by: str,
    kind: str | None = None,
    pictures: bool = False,
) -> Report:
    """What is told of `rows`, a selection of the practice's; `pictures` are for a page."""
    weeks, kinds = by_week(rows, gaps=True), by_kind(rows)
    tables = [_table("week", [g for g in weeks if g.rows]), _table("kind", kinds)]
    if by == "kind":
        tables.reverse()
    changes = trends(rows)
    return Report(
        title=_title(rows, kind),
        facts=tuple(_facts(rows, practice.rows, today)),
        tables=tuple(t for t in tables if t.rows),
        rules=tuple(_rule(c) for c in costs(rows)),
        changes=tuple(_change(t) for t in changes),
        change_notes=tuple(_change_notes(rows, changes)),
        plots=tuple(_plots(rows, weeks)) if pictures else (),
        notes=tuple(
            [f"Under “What costs most” a flag that you kept counts {KEPT_WEIGHT} times."]
            if any(r.kept_rules for r in rows)
            else []
        )
        + tuple(f"Left out: {fault}" for _, fault in practice.broken),
    )


def _title(rows: Sequence[Row], kind: str | None) -> str:
    days = [r.day for r in rows if r.day is not None]
    span = ""
    if days:
        first, last = min(days), max(days)
        span = f", {_day(first)}" if first == last else f", {_day(first)} to {_day(last)}"
    return f"Progress: {plural(len(rows), f'{kind} answer' if kind else 'answer')}{span}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _facts(rows: Sequence[Row], everything: Sequence[Row], today: date) -> list[Fact]:
    f = figures(rows)
    hours, minutes = divmod(round(f.minutes), 60)
    length = f"{hours} h {minutes} min" if hours else f"{minutes} min"
    out = [
        Fact("answers", f"{f.answers:,}", f"in {length}{_unaudited(f)}"),
        _streak(everything, today),
    ]
    if f.audited:
        out += [
            Fact("decisions with a reason", told(f.explained, "share"), _of(f.decisions, "decision")),
            Fact("doubts bounded", told(f.bounded, "share"), _of(f.doubts, "doubt")),
            Fact("flags a minute", told(f.flags_a_minute, "rate"), _families(f)),
            Fact("first question or assumption", told(f.first_framing_s, "time"), _framing(f)),
            Fact("silent", told(f.silence, "share"), _pause(f)),
            Fact("words a minute", told(f.pace, "number")),
        ]
    if f.verdicts.get("kept") or f.verdicts.get("dismissed") or f.rewrites:
        out.append(_verdicts(f))
    if f.rewrites:
        out.append(Fact("rewrites", f"{f.rewrites:,}", f"({f.passed:,} pass{_followed(f)})"))
    if f.scored:
        out.append(_scored(rows, f))
    return [*out, *_conduct(rows), *_signals(rows)]


def _unaudited(f: Figures) -> str:
    left = f.answers - f.audited
    return f", {left:,} not audited" if left else ""


def _streak(rows: Sequence[Row], today: date) -> Fact:
    found = streak(rows, today)
    longest = f"the longest was {plural(found.longest, 'week')}"
    if not found.weeks:
        return Fact("weeks in a row", "0", f"({longest})" if found.longest else "")
    return Fact("weeks in a row", f"{found.weeks:,}", "" if found.weeks == found.longest else f"({longest})")


def _of(count: int, what: str) -> str:
    return f"of {plural(count, what)}" if count else f"no {what} was heard"


def _families(f: Figures) -> str:
    told_of = ", ".join(f"{FAMILY_TITLES[k].lower()} {f.families.get(k, 0.0):.1f}" for k in FAMILY_TITLES)
    return f"({told_of})" if f.families else ""


def _framing(f: Figures) -> str:
    middle = "as a rule" if f.audited - f.unframed > 1 else ""
    none = f"none at all in {plural(f.unframed, 'answer')}" if f.unframed else ""
    return "; ".join(x for x in (middle, none) if x)


def _pause(f: Figures) -> str:
    if f.longest_pause_s is None:
        return ""
    middle = "as a rule " if f.audited > 1 else ""
    return f"of the time; longest pause {middle}{f.longest_pause_s:.1f} s"


def _verdicts(f: Figures) -> Fact:
    own = f", {f.verdicts['own']:,} marked yourself" if f.verdicts.get("own") else ""
    return Fact(
        "flags you judged",
        f"{f.verdicts.get('kept', 0) + f.verdicts.get('dismissed', 0):,}",
        f"({f.verdicts.get('kept', 0):,} kept, {f.verdicts.get('dismissed', 0):,} dismissed{own})",
    )


def _followed(f: Figures) -> str:
    share = f.followed.get("D")
    if share is None:
        return ""
    return (
        f"; in those answers {told(share[0], 'share')} of the decisions could be followed, "
        f"with the rewrites {told(share[1], 'share')}"
    )


def _scored(rows: Sequence[Row], f: Figures) -> Fact:
    from unsaid.drills.rubric import gate

    last = next(r for r in reversed(rows) if r.score)
    return Fact(
        "self-score",
        told(f.score, "score"),
        f"on average of {plural(f.scored, 'answer')}, {f.ready:,} of them ready (the last one: "
        f"{gate(last.score or {}).words})",
    )


def _conduct(rows: Sequence[Row]) -> list[Fact]:
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update(row.conduct)
    told_of = ", ".join(f"{rule_name(code) or code} {n}" for code, n in counts.most_common(3))
    return [Fact("notes on conduct", f"{counts.total():,}", f"({told_of})")] if counts else []


def _signals(rows: Sequence[Row]) -> list[Fact]:
    heard = [r.signals for r in rows if r.signals]
    if not heard:
        return []
    visible = Counter(name for signals in heard for name, how in signals.items() if how == "visible")
    asked = Counter(
        name for signals in heard for name, how in signals.items() if how in ("visible", "partly", "hidden")
    )
    told_of = ", ".join(f"{name.replace('-', ' ')} {visible[name]} of {n}" for name, n in asked.items())
    return [Fact("signals visible", f"{visible.total():,} of {asked.total():,}", f"({told_of})")]


def _table(what: str, groups: Sequence[Group]) -> Table:
    rows = [(g.label, tuple(of(g.figures) for _, of in _COLUMNS)) for g in groups]
    # A column that nothing stands in says nothing.
    used = [n for n in range(len(_COLUMNS)) if any(values[n] is not None for _, values in rows)]
    return Table(
        what,
        tuple(_COLUMNS[n][0] for n in used),
        tuple((label, tuple(values[n] for n in used)) for label, values in rows),
    )


def _rule(cost: Cost) -> Rule:
    return Rule(cost.code, rule_name(cost.code), cost.flags, cost.kept, cost.a_minute, cost.cost)


def rule_name(code: str) -> str:
    """A rule's name in words; empty for one that this version does not know."""
    from unsaid.errors import UnsaidError
    from unsaid.rules import find

    try:
        return rule_words(find(code).name)
    except UnsaidError:
        return ""


_UNITS: dict[str, Unit] = {
    "share": "share",
    "a minute": "rate",
    "s": "time",
    "wpm": "number",
    "score": "score",
}


def _change(trend: Trend) -> Change:
    unit = _UNITS[trend.unit]
    before, after = told(trend.before, unit), told(trend.after, unit)
    first, last = trend.sessions
    if not trend.change:
        return Change(trend.name, f"not clear: {before}, then {after}", None)
    way = "more: " if trend.change > 0 else "less: "
    verdict = way if trend.better is None else "better: " if trend.better else "worse: "
    return Change(
        trend.name,
        f"{verdict}{before} in the first {first} answers, {after} in the last {last}",
        trend.better,
    )


def _change_notes(rows: Sequence[Row], changes: Sequence[Trend]) -> list[str]:
    audited = sum(1 for r in rows if r.audited)
    if not changes:
        return [
            f"Nothing can be said of a change with fewer than {2 * LEAST_IN_HALF} audited answers; "
            f"there {'is' if audited == 1 else 'are'} {audited}."
            if audited < 2 * LEAST_IN_HALF
            else "Too few answers have the figures that would be compared."
        ]
    notes = [
        "A change is told only where chance alone would hardly make it; where it is not clear, your answers "
        "differ as much among themselves. Why something changed is not in the figures."
    ]
    if mixed(rows):
        notes.append("The two halves hold other kinds of prompts: --kind compares like with like.")
    return notes


# The pictures


def _plots(rows: Sequence[Row], weeks: Sequence[Group]) -> list[Plot]:
    audited = [r for r in rows if r.audited]
    if not audited:
        return []
    what = "week"
    groups = list(weeks)
    if sum(1 for g in groups if g.rows) < FEW_WEEKS:
        what = "answer"
        shown = [r for r in rows if r.audited or r.average is not None][-MOST_ANSWERS:]
        groups = [Group(_number(n, r), (r,), figures([r])) for n, r in enumerate(shown, 1)]
    labels = tuple(g.label for g in groups)

    def series(
        name: str, of: Callable[[Figures], float | None], colour: str, *, dashed: bool = False
    ) -> Series:
        return Series(name, tuple(of(g.figures) for g in groups), colour, dashed)

    def plot(
        title: str, shape: Shape, unit: Unit, *drawn: Series, note: str = "", goal: float | None = None
    ) -> Plot:
        return Plot(title, shape, unit, labels, drawn, what, note, goal)

    out = [
        plot(
            "Decisions with a reason, and doubts bounded",
            "lines",
            "share",
            series("decisions with a reason", lambda f: f.explained, "D"),
            series("doubts bounded", lambda f: f.bounded, "U"),
        ),
        plot(
            "Flags a minute",
            "lines",
            "rate",
            series("all", lambda f: f.flags_a_minute, "ink"),
            *(
                series(title.lower(), lambda f, k=letter: _family(f, k), letter)  # type: ignore[misc]
                for letter, title in FAMILY_TITLES.items()
            ),
        ),
        plot(
            "First question or assumption",
            "lines",
            "time",
            series("first question or assumption", lambda f: f.first_framing_s, "A"),
            note="Minutes and seconds into the answer; the middle one of the answers.",
        ),
        plot("Silence", "lines", "share", series("silent", lambda f: f.silence, "soft")),
        plot(
            "Decisions that could be followed",
            "lines",
            "share",
            series("as said", lambda f: _share(f, 0), "D"),
            series("with the rewrites", lambda f: _share(f, 1), "A", dashed=True),
            note="Of the answers that you rewrote in part.",
        ),
        plot(
            "Self-score",
            "lines",
            "score",
            series("self-score", lambda f: f.score, "A"),
            note="1 to 5; 4 on average, with nothing below 3, is ready.",
            goal=4.0,
        ),
        plot("Minutes of practice", "stack", "minutes", series("minutes", lambda f: f.minutes, "A")),
    ]
    found = costs(rows)[:8]
    if found:
        names = tuple(f"{c.code} {rule_name(c.code)}".strip() for c in found)
        values = tuple(c.cost for c in found)
        out.append(
            Plot(
                "What costs most",
                "bars",
                "rate",
                names,
                (Series("weight a minute", values, "A"),),
                "rule",
                f"Flags a minute; one that you kept counts {KEPT_WEIGHT} times, a dismissed one not.",
            )
        )
    return [p for p in out if any(v is not None for s in p.series for v in s.values)]


def _number(number: int, row: Row) -> str:
    return f"{number}: {row.day.day} {row.day:%b}" if row.day is not None else f"{number}"


def _family(f: Figures, letter: str) -> float | None:
    return f.families.get(letter, 0.0) if f.audited else None


def _share(f: Figures, which: int) -> float | None:
    share = f.followed.get("D")
    return None if share is None else share[which]
