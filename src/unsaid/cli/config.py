"""`unsaid config`."""

from __future__ import annotations

import json

import click

from unsaid.config import CONFIG_NAME, OPTIONS, Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def config(settings: Settings, as_json: bool) -> None:
    """Show the settings and where each comes from.

    A setting is taken from the command line, else from the environment variable UNSAID_ and its name in
    capitals, else from unsaid.toml in the workspace, else from its default.
    """
    if as_json:
        data = {
            "workspace": {"value": str(settings.workspace), "origin": settings.workspace_origin},
            "file": str(settings.workspace / CONFIG_NAME),
        } | {o.name: {"value": settings.values[o.name], "origin": settings.origins[o.name]} for o in OPTIONS}
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))
        return
    file = settings.workspace / CONFIG_NAME
    click.echo(f"workspace = {settings.workspace}  ({settings.workspace_origin})")
    click.echo(f"file      = {file}{'' if file.is_file() else '  (not there yet)'}\n")
    width = max(len(o.name) for o in OPTIONS)
    for option in OPTIONS:
        value = settings.values[option.name]
        shown = json.dumps(value, ensure_ascii=False) if value is not None else "(unset)"
        click.echo(f"{option.name:{width}} = {shown}  ({settings.origins[option.name]})")
        click.echo(f"{'':{width}}   {option.help}")
