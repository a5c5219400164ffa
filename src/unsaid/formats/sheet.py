"""The rewrite sheet as JSON and as CSV: the moments worth practising, before and after."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping

from unsaid import __version__
from unsaid.formats.csv_table import field
from unsaid.formats.reviewed import SCHEMA, moment_row, share_row
from unsaid.model import FAMILY_LETTERS, Audit, Outcome

COLUMNS = ("number", "code", "family", "start_s", "end_s", "said", "say", "now", "passes", "missing")
"""The header of the CSV: `said` is the sentence as it was, `say` the half-filled one, `now` the rewrite."""


def to_json(audit: Audit, outcome: Outcome, source: Mapping[str, object], version: str = __version__) -> str:
    """JSON text, ended by a line break; `source` as in `audit_json.dumps`."""
    rows = [
        moment_row(m) | {"say": m.flag.rewrite if m.flag is not None else None} for m in outcome.to_practise
    ]
    doc = {
        "schema": SCHEMA,
        "unsaid": version,
        "source": dict(source),
        "prompt": audit.prompt.text if audit.prompt else None,
        "moments": rows,
        "shares": [share_row(s) for s in outcome.shares],
    }
    text = json.dumps(doc, ensure_ascii=False, allow_nan=False, indent=1)
    return text.encode("utf-8", "replace").decode() + "\n"


def to_csv(outcome: Outcome) -> str:
    """CSV as the table of the flags is: RFC 4180, and no field that a spreadsheet takes for a formula."""
    table = io.StringIO(newline="")
    rows = csv.writer(table, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for m in outcome.to_practise:
        said = m.rewrite
        rows.writerow(
            [
                m.number if m.flag is not None else "",
                field(m.code),
                FAMILY_LETTERS[m.letter],
                m.start_s,
                m.end_s,
                field(m.sentence),
                field(m.flag.rewrite if m.flag is not None else ""),
                field(said.text if said is not None else ""),
                "" if said is None else "yes" if said.passed else "no",
                field("; ".join(said.missing) if said is not None else ""),
            ]
        )
    return table.getvalue()
