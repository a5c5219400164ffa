"""Many sessions: what each came to, kept in an index, and what they show together.

The index is one file beside the sessions, and can always be made anew from them. A session is read again when
one of its files changed, or may have; where nothing can be written all of it still works, only slower. The
second half of this module is pure: rows in, figures out.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from pathlib import Path
from statistics import NormalDist, median

from unsaid import __version__
from unsaid.errors import UnsaidError
from unsaid.sessions.files import write_whole

INDEX_NAME = ".progress.json"
FILES: tuple[str, ...] = ("session.json", "audit.json", "review.json", "score.json")
"""What a row is made of."""
SETTLED_NS = 2_000_000_000
"""A file that was younger than this when it was read may have changed since without another time or size."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one session came to. What stands behind `audited` is None or empty without an audit."""

    id: str
    """Name of its folder."""
    at: str
    """When it was made, as local time in ISO 8601."""
    minutes: float
    prompt: str | None = None
    """The prompt's id; None for one without."""
    kind: str | None = None
    """coding, design, story or debugging."""
    drill: str = ""
    audited: bool = False
    flags: Mapping[str, int] = field(default_factory=dict)
    """Family letter to the number of flags that are shown."""
    rules: Mapping[str, int] = field(default_factory=dict)
    """The same by rule."""
    kept_rules: Mapping[str, int] = field(default_factory=dict)
    """Of these, the flags that the speaker agrees with."""
    decisions: int = 0
    explained: int = 0
    doubts: int = 0
    bounded: int = 0
    assumptions: int = 0
    """Assumptions that were stated."""
    first_framing_s: float | None = None
    """Time of the first question, requirement or assumption; None where there was none."""
    silence: float | None = None
    """Share of the time in which nobody spoke, 0 to 1."""
    longest_pause_s: float | None = None
    pace: float | None = None
    """Words a minute."""
    verdicts: Mapping[str, int] = field(default_factory=dict)
    """kept, dismissed, open, own (marks of the speaker's own) to a number."""
    rewrites: int = 0
    passed: int = 0
    """Rewrites that close their gap."""
    shares: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    """Family letter to: how many moments, how many could be followed, and how many with the rewrites."""
    conduct: Mapping[str, int] = field(default_factory=dict)
    """Notes on evidence and conduct by rule (E1 … E8); they are in none of the counts above."""
    signals: Mapping[str, str] | None = None
    """Signal to how it was heard (visible, partly, hidden, not-asked); None where nobody listened."""
    score: Mapping[str, int] | None = None
    """Dimension to number of the last finished self-score; None without one."""
    average: float | None = None
    """Of `score`."""
    ready: bool | None = None
    """Whether it passes the readiness gate."""

    @property
    def day(self) -> date | None:
        """Local day on which it was made; None where the time cannot be read."""
        try:
            return date.fromisoformat(self.at[:10])
        except ValueError:
            return None

    @property
    def flag_count(self) -> int:
        """Flags of all families."""
        return sum(self.flags.values())


@dataclass(frozen=True, slots=True)
class Practice:
    """All sessions of a folder."""

    rows: tuple[Row, ...]
    """In order of time, then of id."""
    broken: tuple[tuple[str, str], ...] = ()
    """Id of each session that cannot be read, and what is wrong with it."""
    read: int = 0
    """How many had to be read anew."""


_Stamps = list[list[int] | None]


@dataclass(slots=True)
class _Entry:
    """What the index knows of a folder."""

    stamps: _Stamps
    """mtime (ns) and size of each of `FILES`; None for one that is not there."""
    read_ns: int
    """When it was read."""
    row: Row | None
    fault: str = ""


def gather(
    folder: Path, read: Callable[[Path], Row], *, tell: Callable[[int, int], None] | None = None
) -> Practice:
    """The rows of all sessions in `folder`; `read` makes one of a session's folder, and raises UnsaidError.

    Only what changed since the last time is read. `tell` is told how many of how many have been read, where
    any have to be. Raises UnsaidError where `folder` itself cannot be read.
    """
    names = _names(folder)
    known = _load(folder) if names else {}
    entries: dict[str, _Entry] = {}
    changed: list[tuple[str, _Stamps]] = []
    base = os.fspath(folder)
    for name in names:
        stamps = _stamps(f"{base}{os.sep}{name}{os.sep}")
        if stamps[0] is None:
            continue
        old = known.get(name)
        if old is not None and old.stamps == stamps and _settled(old):
            entries[name] = old
        else:
            changed.append((name, stamps))
    try:
        for done, (name, stamps) in enumerate(changed, 1):
            entries[name] = _entry(folder / name, stamps, time.time_ns(), read)
            if tell is not None:
                tell(done, len(changed))
    finally:
        # Also when it is interrupted: what has been read need not be read again.
        if changed or known.keys() != entries.keys():
            _save(folder, entries)
    rows = sorted((e.row for e in entries.values() if e.row is not None), key=lambda r: (r.at, r.id))
    broken = sorted((name, e.fault) for name, e in entries.items() if e.row is None)
    return Practice(tuple(rows), tuple(broken), len(changed))


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as found:
            return [entry.name for entry in found if entry.name[0] != "." and entry.is_dir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise UnsaidError(f"{folder} cannot be read: {error.strerror or error}") from error


def _stamps(base: str) -> _Stamps:
    stamps: _Stamps = []
    for name in FILES:
        try:
            stat = os.stat(base + name)  # noqa: PTH116 - forty thousand times: a Path costs more than it
        except OSError:
            stamps.append(None)
        else:
            stamps.append([stat.st_mtime_ns, stat.st_size])
    return stamps


def _settled(entry: _Entry) -> bool:
    newest = max(stamp[0] for stamp in entry.stamps if stamp is not None)
    return newest + SETTLED_NS <= entry.read_ns


def _entry(folder: Path, stamps: _Stamps, read_ns: int, read: Callable[[Path], Row]) -> _Entry:
    try:
        return _Entry(stamps, read_ns, read(folder))
    except UnsaidError as error:
        return _Entry(stamps, read_ns, None, error.message)
    except OSError as error:
        return _Entry(stamps, read_ns, None, f"{folder} cannot be read: {error.strerror or error}")


# The file: a line that says what it is and what its rest must add up to, then a line of JSON


def _head(body: str) -> str:
    # Another version may make another row of the same files.
    digest = hashlib.sha256(body.encode()).hexdigest()
    return json.dumps({"index": _COLUMNS, "unsaid": __version__, "sha256": digest}, separators=(",", ":"))


def _save(folder: Path, entries: Mapping[str, _Entry]) -> None:
    rows = {
        name: [e.stamps, e.read_ns, None if e.row is None else _values(e.row), e.fault]
        for name, e in sorted(entries.items())
    }
    body = json.dumps(rows, separators=(",", ":"))
    # In a workspace that cannot be written, or on a full disk, it is read again next time.
    with contextlib.suppress(UnsaidError):
        write_whole(folder / INDEX_NAME, f"{_head(body)}\n{body}\n")


def _load(folder: Path) -> dict[str, _Entry]:
    """What the index holds; nothing where it is missing, damaged or of another version."""
    try:
        head, body, *_ = (folder / INDEX_NAME).read_text(encoding="utf-8").split("\n")
        if head != _head(body):
            return {}
        return {
            name: _Entry(stamps, read_ns, None if values is None else _row(values), fault)
            for name, (stamps, read_ns, values, fault) in json.loads(body).items()
        }
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


_COLUMNS = [f.name for f in fields(Row)]
_SHARES = _COLUMNS.index("shares")


def _values(row: Row) -> list[object]:
    return [dict(v) if isinstance(v := getattr(row, name), Mapping) else v for name in _COLUMNS]


def _row(values: list[object]) -> Row:
    shares = values[_SHARES]
    if shares:
        assert isinstance(shares, dict)
        values[_SHARES] = {letter: tuple(share) for letter, share in shares.items()}
    return Row(*values)  # type: ignore[arg-type]


# What they show together


def chosen(
    rows: Sequence[Row], *, kind: str | None = None, since: date | None = None, last: int | None = None
) -> tuple[Row, ...]:
    """The rows of a kind, from a day on, and of these the last `last`; in their order."""
    out = [
        row
        for row in rows
        if (kind is None or row.kind == kind)
        and (since is None or (row.day is not None and row.day >= since))
    ]
    return tuple(out if last is None else out[-last:] if last > 0 else ())


@dataclass(frozen=True, slots=True)
class Figures:
    """What some sessions come to together; None where there is nothing to say it of."""

    answers: int
    audited: int
    minutes: float
    """Of all answers."""
    flags_a_minute: float | None
    families: Mapping[str, float]
    """Family letter to flags a minute."""
    decisions: int
    explained: float | None
    """Share of the decisions with an audible reason, 0 to 1."""
    doubts: int
    bounded: float | None
    """Share of the doubts with a bound."""
    assumptions: float | None
    """Assumptions stated in an answer, on average."""
    first_framing_s: float | None
    """Median over the answers that had one."""
    unframed: int
    """Audited answers without any question, requirement or assumption."""
    silence: float | None
    """Share of the time."""
    longest_pause_s: float | None
    """Median over the answers of each one's longest."""
    pace: float | None
    """Words a minute."""
    verdicts: Mapping[str, int]
    rewrites: int
    passed: int
    followed: Mapping[str, tuple[float, float]]
    """Family letter to the share of moments that a listener could follow, before and with the rewrites, over
    the answers that were rewritten in part."""
    scored: int
    score: float | None
    """Average of the self-scores."""
    ready: int
    """How many self-scores pass the gate."""


def figures(rows: Iterable[Row]) -> Figures:
    """The figures of these rows together; long answers weigh more where a figure is one of time."""
    rows = list(rows)
    audited = [r for r in rows if r.audited]
    minutes = sum(r.minutes for r in audited)
    flags: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    for r in audited:
        flags.update(r.flags)
        verdicts.update(r.verdicts)
    decisions, doubts = sum(r.decisions for r in audited), sum(r.doubts for r in audited)
    framings = [r.first_framing_s for r in audited if r.first_framing_s is not None]
    pauses = [r.longest_pause_s for r in audited if r.longest_pause_s is not None]
    averages = [r.average for r in rows if r.average is not None]
    return Figures(
        answers=len(rows),
        audited=len(audited),
        minutes=sum(r.minutes for r in rows),
        flags_a_minute=flags.total() / minutes if minutes > 0 else None,
        families={letter: n / minutes for letter, n in sorted(flags.items())} if minutes > 0 else {},
        decisions=decisions,
        explained=sum(r.explained for r in audited) / decisions if decisions else None,
        doubts=doubts,
        bounded=sum(r.bounded for r in audited) / doubts if doubts else None,
        assumptions=sum(r.assumptions for r in audited) / len(audited) if audited else None,
        first_framing_s=median(framings) if framings else None,
        unframed=len(audited) - len(framings),
        silence=_weighted((r.silence, r.minutes) for r in audited),
        longest_pause_s=median(pauses) if pauses else None,
        pace=_weighted((r.pace, r.minutes) for r in audited),
        verdicts=dict(verdicts),
        rewrites=sum(r.rewrites for r in audited),
        passed=sum(r.passed for r in audited),
        followed=_followed(audited),
        scored=len(averages),
        score=sum(averages) / len(averages) if averages else None,
        ready=sum(1 for r in rows if r.ready),
    )


def _weighted(values: Iterable[tuple[float | None, float]]) -> float | None:
    known = [(value, weight) for value, weight in values if value is not None and weight > 0]
    total = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / total if total else None


def _followed(rows: Iterable[Row]) -> dict[str, tuple[float, float]]:
    sums: dict[str, list[int]] = {}
    for row in rows:
        if row.rewrites:
            for letter, share in row.shares.items():
                sums[letter] = [a + b for a, b in zip(sums.get(letter, [0, 0, 0]), share, strict=True)]
    return {
        letter: (before / total, after / total) for letter, (total, before, after) in sums.items() if total
    }


@dataclass(frozen=True, slots=True)
class Group:
    """Sessions that belong together."""

    label: str
    """A week as "2026-W47", or a kind."""
    rows: tuple[Row, ...]
    figures: Figures


NO_KIND = "no kind"


def by_week(rows: Sequence[Row], *, gaps: bool = False) -> tuple[Group, ...]:
    """Groups by ISO week, in order of time; `gaps`: the weeks between without a session as well.

    Rows whose time cannot be read are left out.
    """
    weeks: dict[date, list[Row]] = {}
    for row in rows:
        if row.day is not None:
            weeks.setdefault(_monday(row.day), []).append(row)
    mondays = sorted(weeks)
    if gaps and mondays:
        count = (mondays[-1] - mondays[0]).days // 7 + 1
        mondays = [mondays[0] + timedelta(weeks=n) for n in range(count)]
    return tuple(_group(week_name(monday), weeks.get(monday, [])) for monday in mondays)


def by_kind(rows: Sequence[Row]) -> tuple[Group, ...]:
    """Groups by the prompt's kind, the one with most sessions first."""
    kinds: dict[str, list[Row]] = {}
    for row in rows:
        kinds.setdefault(row.kind or NO_KIND, []).append(row)
    return tuple(_group(k, kinds[k]) for k in sorted(kinds, key=lambda k: (-len(kinds[k]), k)))


def _group(label: str, rows: Sequence[Row]) -> Group:
    return Group(label, tuple(rows), figures(rows))


def week_name(day: date) -> str:
    """The ISO week of a day: "2026-W47"."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


@dataclass(frozen=True, slots=True)
class Streak:
    """Weeks in a row with at least one answer.

    Weeks and not days: practice needs days of rest, and a count of days would punish them.
    """

    weeks: int
    """Up to this week, or up to the last one while this week has no answer yet; 0 when it broke before."""
    longest: int


def streak(rows: Iterable[Row], today: date) -> Streak:
    """How many weeks in a row had practice. What is dated after `today` does not count."""
    mondays = {_monday(row.day) for row in rows if row.day is not None and row.day <= today}
    longest = run = 0
    before: date | None = None
    for monday in sorted(mondays):
        run = run + 1 if before is not None and monday - before == timedelta(weeks=1) else 1
        longest, before = max(longest, run), monday
    alive = before is not None and _monday(today) - before <= timedelta(weeks=1)
    return Streak(run if alive else 0, longest)


KEPT_WEIGHT = 2
"""A flag that the speaker agrees with counts for so many; one that she dismissed counts for nothing."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one rule costs."""

    code: str
    flags: int
    """Shown, and not dismissed."""
    kept: int
    """Of these, those that the speaker agrees with."""
    a_minute: float
    """Flags a minute."""
    cost: float
    """The same with kept flags counted `KEPT_WEIGHT` times: by this the rules are put in order."""


def costs(rows: Iterable[Row]) -> tuple[Cost, ...]:
    """The rules that flagged something, the most costly first."""
    flags: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    minutes = 0.0
    for row in rows:
        if row.audited:
            minutes += row.minutes
            flags.update(row.rules)
            kept.update(row.kept_rules)
    if minutes <= 0:
        return ()
    found = [
        Cost(code, n, kept[code], n / minutes, (n + (KEPT_WEIGHT - 1) * kept[code]) / minutes)
        for code, n in flags.items()
        if n
    ]
    return tuple(sorted(found, key=lambda c: (-c.cost, c.code)))


@dataclass(frozen=True, slots=True)
class Trend:
    """One figure in the first half of the sessions against the second."""

    name: str
    """What is compared, in words."""
    unit: str
    """"share", "a minute", "s", "wpm" or "score"."""
    before: float
    after: float
    sessions: tuple[int, int]
    """How many sessions of each half have the figure."""
    change: int
    """-1, 0 or 1: less, nothing that could be told from chance, more."""
    wanted: int
    """Which change is an improvement; 0 where neither is."""

    @property
    def better(self) -> bool | None:
        """Whether it improved; None where that cannot be said."""
        return None if not self.change or not self.wanted else self.change == self.wanted


LEAST_IN_HALF = 6
"""With fewer sessions in each half nothing is said of a trend."""


@dataclass(frozen=True, slots=True)
class _Metric:
    name: str
    unit: str
    wanted: int
    of: Callable[[Row], float | None]
    pooled: Callable[[Figures], float | None]


_METRICS: tuple[_Metric, ...] = (
    _Metric(
        "decisions with a reason",
        "share",
        1,
        lambda r: r.explained / r.decisions if r.decisions else None,
        lambda f: f.explained,
    ),
    _Metric(
        "doubts bounded",
        "share",
        1,
        lambda r: r.bounded / r.doubts if r.doubts else None,
        lambda f: f.bounded,
    ),
    _Metric(
        "flags a minute",
        "a minute",
        -1,
        lambda r: r.flag_count / r.minutes if r.minutes > 0 else None,
        lambda f: f.flags_a_minute,
    ),
    _Metric(
        "time to the first question or assumption",
        "s",
        -1,
        lambda r: r.first_framing_s,
        lambda f: f.first_framing_s,
    ),
    _Metric("silence", "share", 0, lambda r: r.silence, lambda f: f.silence),
    _Metric("words a minute", "wpm", 0, lambda r: r.pace, lambda f: f.pace),
    _Metric("self-score", "score", 1, lambda r: r.average, lambda f: f.score),
)
_CHANCE = 0.05 / len(_METRICS)
"""A change is told only where chance would show one as clear in fewer cases than this. Over all figures
together, one report in twenty would tell of a change that is none."""


def trends(rows: Sequence[Row]) -> tuple[Trend, ...]:
    """Each figure in the first half of the audited sessions against the second; () with too few sessions.

    Whether it changed is judged by the ranks of the single sessions (Mann and Whitney), so that one odd
    answer makes no trend.
    """
    audited = [r for r in rows if r.audited]
    middle = len(audited) // 2
    first, second = audited[:middle], audited[len(audited) - middle :]
    whole = figures(first), figures(second)
    out = []
    for metric in _METRICS:
        halves = [[v for r in half if (v := metric.of(r)) is not None] for half in (first, second)]
        before, after = (metric.pooled(half) for half in whole)
        if before is None or after is None or min(map(len, halves)) < LEAST_IN_HALF:
            continue
        change = _change(*halves)
        if (after - before) * change <= 0:
            change = 0  # long and short answers tell two stories: then none is told
        out.append(
            Trend(
                metric.name,
                metric.unit,
                before,
                after,
                (len(halves[0]), len(halves[1])),
                change,
                metric.wanted,
            )
        )
    return tuple(out)


def mixed(rows: Sequence[Row]) -> bool:
    """Whether the two halves hold other kinds of prompts, so that comparing them tells little."""
    audited = [r for r in rows if r.audited]
    middle = len(audited) // 2
    if middle < LEAST_IN_HALF:
        return False
    counts = [Counter(r.kind or NO_KIND for r in half) for half in (audited[:middle], audited[-middle:])]
    return any(abs(counts[0][kind] - counts[1][kind]) > 0.25 * middle for kind in {*counts[0], *counts[1]})


def _change(first: Sequence[float], second: Sequence[float]) -> int:
    """1 where `second` is the greater by more than chance would have it, -1 where the less, else 0."""
    n, m = len(first), len(second)
    ranks = _ranks([*first, *second])
    u = sum(ranks[n:]) - m * (m + 1) / 2
    ties = sum(t**3 - t for t in Counter([*first, *second]).values())
    spread = math.sqrt(n * m / 12 * ((n + m + 1) - ties / ((n + m) * (n + m - 1))))
    away = u - n * m / 2
    if spread == 0 or abs(away) <= 0.5:
        return 0
    chance = 2 * (1 - NormalDist().cdf((abs(away) - 0.5) / spread))
    return 0 if chance >= _CHANCE else 1 if away > 0 else -1


def _ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value from 1 on; equal ones share theirs."""
    places: dict[float, list[int]] = {}
    for place, value in enumerate(sorted(values), 1):
        places.setdefault(value, []).append(place)
    return [sum(p) / len(p) for p in (places[v] for v in values)]
