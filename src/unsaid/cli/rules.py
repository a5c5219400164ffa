"""`unsaid rules` and `unsaid explain`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from unsaid.config import Settings
    from unsaid.rules.base import Example


@click.command()
@click.option("--mine", is_flag=True, help="How often each flagged in your sessions, and was dismissed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def rules(settings: Settings, mine: bool, as_json: bool) -> None:
    """List the rules, or how they did on your answers.

    D: silent decisions. A: missing assumptions. U: unbounded uncertainty. Beside them E: evidence and
    conduct.
    """
    from unsaid.rules import EVERY

    if mine:
        from unsaid.cli.mine import show

        show(settings, as_json=as_json)
        return

    if as_json:
        rows = [{"code": r.code, "name": r.name, "family": r.family, "summary": r.summary} for r in EVERY]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    family = ""
    for rule in EVERY:
        if rule.family != family:
            family = rule.family
            click.echo(("\n" if rule is not EVERY[0] else "") + family.replace("-", " "))
        click.echo(f"  {rule.code}  {rule.name:27} {rule.summary}")
    click.echo("\nMore on one: unsaid explain D1")


@click.command()
@click.argument("rule")
def explain(rule: str) -> None:
    """Explain one rule, with examples.

    What it flags, why, what it catches and what it spares, and how to say it instead.

    RULE is a code such as D1, or a name such as unexplained-choice.
    """
    from unsaid.rules import find

    found = find(rule)
    lines = [
        f"{found.code}  {found.name}  ({found.family.replace('-', ' ')})",
        "",
        *_wrapped(found.summary),
        "",
        *_wrapped(found.why),
        "",
        "Flagged",
        *(line for e in found.caught for line in _example(e)),
        "",
        "Not flagged",
        *(line for e in found.spared for line in _example(e)),
    ]
    if found.known_misses:
        lines += ["", "Known to go wrong", *(line for e in found.known_misses for line in _example(e))]
    lines += ["", "How to say it instead", *_wrapped(found.instead), ""]
    lines += [f"  {frame.replace('{thing}', '…')}" for frame in found.frames]
    lines += ["", f"The same as a page: docs/rules/{found.page}"]
    click.echo("\n".join(lines))


def _wrapped(text: str, indent: str = "  ") -> list[str]:
    import textwrap

    return textwrap.wrap(text, 88, initial_indent=indent, subsequent_indent=indent)


def _example(example: Example) -> list[str]:
    lines = _wrapped(f'"{example.text}"')
    heard = ", ".join(f"{name} {level}" for name, level in example.signals)
    asked, heard = example.prompt and f"asked: {example.prompt}", heard and f"heard: {heard}"
    about = "; ".join(x for x in (asked, heard, example.note) if x)
    return lines + (_wrapped(f"({about})", "      ") if about else [])
