"""Progress in a terminal: facts, a table with bars, what costs most, first half against second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unsaid.views.progress import Column, Report, Table, bar, fitting, told
from unsaid.views.wording import plural

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from unsaid.views.fitted import Fitted

ROWS = 26
"""So many rows of a table are shown, the last ones: half a year of weeks."""
RULES = 5
_BAR = 12
_SHORT_BAR = 7
_AROUND_BAR = 24
"""What stands in a rule's line besides its name, its bar and its counts."""
_LEAST_BAR = 4


def print_report(out: Console, report: Report) -> None:
    """Print it, fitted to the console."""
    from unsaid.views.fitted import Fitted

    p = Fitted(out)
    rows = p.paragraph(report.title, style="bold")
    widest = max((len(f.name) for f in report.facts), default=0)
    for fact in report.facts:
        told_of = f"{fact.value} {fact.detail}".strip()
        rows += p.hanging(f"{fact.name:{widest}}  ", told_of, label_style="dim")
    if report.tables:
        rows += [*p.heading(f"By {report.tables[0].what}"), *_table(p, report.tables[0])]
    if report.rules:
        rows += [*p.heading("What costs most"), *_rules(p, report)]
    if report.changes or report.change_notes:
        rows += p.heading("First half against second half")
        widest = max((len(c.name) for c in report.changes), default=0)
        for change in report.changes:
            style = "" if change.better is None else "green" if change.better else "yellow"
            rows += p.hanging(f"{change.name:{widest}}  ", change.text, style=style, label_style="")
        for note in report.change_notes:
            rows += p.paragraph(note, style="dim")
    for note in report.notes:
        rows += [p.text(""), *p.paragraph(note, style="dim")]
    for row in rows:
        out.print(row, soft_wrap=True)


def _table(p: Fitted, table: Table) -> list[Text]:
    from rich.text import Text

    shown = table.rows[-ROWS:]
    cells = [
        [told(value, column.unit) for value, column in zip(values, table.columns, strict=True)]
        for _, values in shown
    ]
    label = max([len(table.what), *(len(name) for name, _ in shown)])
    widths = [
        max([len(column.short), *(len(row[n]) for row in cells)]) for n, column in enumerate(table.columns)
    ]
    # Room for a short bar goes before a column of low worth, and a figure before its bar.
    barred_widths = [w + (_SHORT_BAR + 1) * c.bar for w, c in zip(widths, table.columns, strict=True)]
    chosen = fitting(table.columns, barred_widths, p.width - label)
    if not all(n in chosen for n, column in enumerate(table.columns) if column.bar):
        chosen = fitting(table.columns, widths, p.width - label)
    spare = p.width - label - sum(widths[n] + 2 for n in chosen)
    barred = [n for n in chosen if table.columns[n].bar]
    length = min(_BAR, spare // len(barred) - 1) if barred else 0
    bars = {n: _most(table, n) for n in barred} if length >= _LEAST_BAR else {}
    head = f"{table.what:{label}}" + "".join(
        f"  {table.columns[n].short:>{widths[n]}}{' ' * (length + 1) if n in bars else ''}" for n in chosen
    )
    out = p.paragraph(head.rstrip(), style="dim", fold=False)
    if len(table.rows) > len(shown):
        earlier = plural(len(table.rows) - len(shown), f"earlier {table.what}")
        out += p.paragraph(f"({earlier}: --csv, --json or --html shows all)", style="dim")
    for (name, values), row in zip(shown, cells, strict=True):
        line = Text(f"{p.safe(name):{label}}")
        for n in chosen:
            line.append(f"  {row[n]:>{widths[n]}}")
            if n in bars:
                drawn = bar(values[n], bars[n], length, plain=bool(p.encoding))
                line.append(f" {drawn:{length}}", style=_style(table.columns[n]))
        line.rstrip()
        out.append(line)
    return out


def _most(table: Table, n: int) -> float:
    """What fills a bar: the whole of a share, 5 of a score, else the greatest value."""
    unit = table.columns[n].unit
    if unit == "share":
        return 1.0
    return 5.0 if unit == "score" else max((v[n] or 0.0 for _, v in table.rows), default=0.0)


def _style(column: Column) -> str:
    return "yellow" if column.unit == "rate" else "cyan"


def _rules(p: Fitted, report: Report) -> list[Text]:
    shown = report.rules[:RULES]
    most = max(r.cost for r in shown)
    widest = max(len(r.name) for r in shown)
    counts = [f"{plural(r.flags, 'flag')}{f', {r.kept} kept' if r.kept else ''}" for r in shown]
    length = min(_BAR, p.width - widest - max(map(len, counts)) - _AROUND_BAR)
    out = []
    for rule, count in zip(shown, counts, strict=True):
        drawn = ""
        if length >= _LEAST_BAR:
            drawn = f"  {bar(rule.cost, most, length, plain=bool(p.encoding)):{length}}"
        label = f"{rule.code}  {rule.name:{widest}}  "
        out += p.hanging(label, f"{rule.a_minute:5.2f} a minute{drawn}  {count}", label_style="")
    return out
