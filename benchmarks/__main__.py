"""python -m benchmarks [start] [transcript] [sound] [demo] [live] [memory] [page] [progress]
    [--repeat N] [--json]

Measures what the project promises about speed, as ratios where a machine's own speed would drown them, and
compares with the limits. Exit status: 0 when all are kept, 1 when one is passed,
2 when something could not be run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict
from importlib.metadata import version

from benchmarks.measure import Failed, Row
from benchmarks.suites import SUITES


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", metavar="WHAT", help=f"any of: {', '.join(SUITES)} (default: all)")
    parser.add_argument(
        "--repeat", type=int, default=5, metavar="N", help="more rounds, steadier figures (default 5)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    args = parser.parse_args()
    unknown = [w for w in args.what if w not in SUITES]
    if unknown or args.repeat < 1:
        parser.error(f"unknown: {', '.join(unknown)}" if unknown else "--repeat must be at least 1")
    rows: list[Row] = []
    failures: list[str] = []
    if not args.json:
        print(_machine()["text"])
        print(f"{'':2}{'what':62}{'measured':>11}{'limit':>9}  verdict")
    for name in args.what or SUITES:
        print(f"… {name}", file=sys.stderr, flush=True)
        try:
            for row in SUITES[name](args.repeat):
                rows.append(row)
                if not args.json:
                    print(_line(row), flush=True)
        except Failed as e:
            failures.append(f"{name}: {e}")
            print(f"failed: {name}: {e}", file=sys.stderr)
    if args.json:
        doc = {
            "machine": _machine(),
            "rows": [asdict(r) | {"passed": r.passed} for r in rows],
            "failures": failures,
        }
        print(json.dumps(doc, indent=1))
    if failures:
        return 2
    return 0 if all(r.passed for r in rows) else 1


def _line(row: Row) -> str:
    limit = "" if row.limit is None else f"{row.limit:.2f} {row.unit}"
    verdict = "" if row.limit is None else "kept" if row.passed else "PASSED"
    return f"  {row.what:62}{f'{row.value:.3f} {row.unit}':>11}{limit:>9}  {verdict}".rstrip()


def _machine() -> dict[str, str]:
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    versions = ", ".join(f"{p} {version(p)}" for p in ("faster-whisper", "ctranslate2", "click"))
    python = platform.python_version()
    text = f"{platform.machine()}, {cores} cores, load before {load}; Python {python}; {versions}"
    return {"cores": str(cores), "load": load, "python": python, "text": text}


if __name__ == "__main__":
    sys.exit(main())
