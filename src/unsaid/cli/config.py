"""`unsaid config`."""

from __future__ import annotations

import json

import click

from unsaid.config import CONFIG_NAME, OPTIONS, TABLES, Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def config(settings: Settings, as_json: bool) -> None:
    """Show the settings and where each comes from.

    A setting is taken from the command line, else from the environment variable UNSAID_ and its name in
    capitals, else from unsaid.toml in the workspace, else from its default. A table, such as [severity], is
    taken from unsaid.toml only.
    """
    from unsaid.audit import SURE
    from unsaid.cli.choose import taste

    taste(settings)  # says what is wrong with the tables
    if as_json:
        data = {
            "workspace": {"value": str(settings.workspace), "origin": settings.workspace_origin},
            "file": str(settings.workspace / CONFIG_NAME),
        } | {o.name: {"value": settings.values[o.name], "origin": settings.origins[o.name]} for o in OPTIONS}
        data |= {
            table.name: {
                key: {"value": value, "origin": settings.origins[f"{table.name}.{key}"]}
                for key, value in settings.tables[table.name].items()
            }
            for table in TABLES
        }
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))
        return
    file = settings.workspace / CONFIG_NAME
    click.echo(f"workspace = {settings.workspace}  ({settings.workspace_origin})")
    click.echo(f"file      = {file}{'' if file.is_file() else '  (not there yet)'}\n")
    width = max(len(o.name) for o in OPTIONS)
    for option in OPTIONS:
        value = settings.values[option.name]
        shown = json.dumps(value, ensure_ascii=False) if value is not None else "(unset)"
        if option.name == "min_confidence" and value is None:
            shown = f"(unset: {SURE})"
        click.echo(f"{option.name:{width}} = {shown}  ({settings.origins[option.name]})")
        click.echo(f"{'':{width}}   {option.help}")
    for table in TABLES:
        click.echo(f"\n[{table.name}]  {table.help}")
        values = settings.tables[table.name]
        if not values:
            click.echo("(empty)")
        helps = {o.name: o.help for o in table.keys}
        width = max((len(key) for key in values), default=0)
        for key, value in values.items():
            origin = settings.origins[f"{table.name}.{key}"]
            click.echo(f"{key:{width}} = {json.dumps(value, ensure_ascii=False)}  ({origin})")
            if key in helps:
                click.echo(f"{'':{width}}   {helps[key]}")
