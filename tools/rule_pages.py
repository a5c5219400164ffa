"""The pages of docs/rules/, made from the rules themselves.

python tools/rule_pages.py            writes them
python tools/rule_pages.py --check    says which are out of date, and exits with 1 if any is
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from unsaid.rules import EVERY, Example, Rule
from unsaid.views.markdown import escape

FOLDER = Path(__file__).parents[1] / "docs" / "rules"
INDEX = "README.md"
MADE = "<!-- Made by tools/rule_pages.py from the rule itself: change the rule, then run it. -->\n"
FAMILIES = {
    "D": "Silent decisions: a choice was made, and why is not audible.",
    "A": "Missing assumptions: something is treated as given that nobody gave.",
    "U": "Unbounded uncertainty: doubt is voiced, and nothing limits it.",
    "E": "Evidence and conduct: what an answer shows for its claims, and how it behaves.",
}


BESIDE = (
    "These are notes on the answer. They stand under a heading of their own, count neither among the flags\n"
    "nor for `--check`, and are neither reviewed nor dismissed."
)


def pages() -> dict[str, str]:
    """File name to text, of the index and of every rule's page."""
    return {INDEX: index()} | {rule.page: page(rule) for rule in EVERY}


def index() -> str:
    lines = [
        MADE,
        "# The rules",
        "",
        "What each rule flags, what it spares, what it is known to get wrong, and how to say it instead. In",
        "the terminal: `unsaid rules`, `unsaid explain D1`. A rule that is wrong for you can be turned down:",
        "see [settings](../settings.md). In the examples the flagged words are bold, and a number in",
        "brackets stands for a pause of so many seconds.",
    ]
    for letter, title in FAMILIES.items():
        lines += ["", f"## {letter}. {title}", "", "| rule | severity | |", "|---|---|---|"]
        lines += [
            f"| [{r.code} {r.name.replace('-', ' ')}]({r.page}) | {r.severity} | {escape(r.summary)} |"
            for r in EVERY
            if r.letter == letter
        ]
        if letter == "E":
            lines += ["", BESIDE]
    return "\n".join(lines) + "\n"


def page(rule: Rule) -> str:
    family = rule.family.replace("-", " ")
    blocks = [
        MADE + f"\n# {rule.code} {rule.name.replace('-', ' ')}",
        f"Family: {family}. Severity: {rule.severity}. In `unsaid.toml`: `{rule.code}` or `{rule.name}`.",
        f"**{escape(rule.summary)}**",
        "## Why it matters",
        escape(rule.why),
        "## Flagged",
        *(_example(e) for e in rule.caught),
        "## Not flagged",
        *(_example(e) for e in rule.spared),
    ]
    if rule.known_misses:
        blocks += ["## Known to go wrong", *(_example(e) for e in rule.known_misses)]
    blocks += [
        "## How to say it instead",
        escape(rule.instead),
        "\n".join(f"- {escape(frame.replace('{thing}', '…'))}" for frame in rule.frames),
        f"[All rules]({INDEX})",
    ]
    return "\n\n".join(blocks) + "\n"


def _example(example: Example) -> str:
    """A quotation with the flagged words in bold, and what belongs to it."""
    said = _inline(example.text)
    if example.quote:
        before, quote, after = example.text.partition(example.quote)
        said = f"{_inline(before)}**{_inline(quote)}**{_inline(after)}"
    heard = ", ".join(f"{name} {level}" for name, level in example.signals)
    asked, heard = example.prompt and f"asked: {example.prompt}", heard and f"heard: {heard}"
    about = "; ".join(x for x in (asked, heard, example.note) if x)
    return f"> {said}" + (f"\n>\n> ({_inline(about)})" if about else "")


def _inline(text: str) -> str:
    """`text` escaped, with the spaces at its ends, which `escape` takes away."""
    core = text.strip()
    return text.replace(core, escape(core), 1) if core else text


def main(argv: Sequence[str] | None = None) -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if a page is out of date"
    )
    ap.add_argument("--folder", type=Path, default=FOLDER)
    args = ap.parse_args(argv)
    wanted = pages()
    there = {p.name: p.read_text(encoding="utf-8") for p in args.folder.glob("*.md")}
    stale = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
    for name in stale:
        print(f"{args.folder / name}: {'out of date' if name in wanted else 'of no rule'}")
        if args.check:
            continue
        args.folder.mkdir(parents=True, exist_ok=True)
        if name in wanted:
            (args.folder / name).write_text(wanted[name], encoding="utf-8")
        else:
            (args.folder / name).unlink()
    return 1 if args.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
