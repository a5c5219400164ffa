"""`unsaid devices`: the microphones that are here, and which one a recording takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from unsaid.audio.devices import Device
    from unsaid.config import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def devices(settings: Settings, as_json: bool) -> None:
    """List the microphones that are here.

    A recording takes the one given by --input, else by the setting `input`, else the one that was used last,
    else the system's default.
    """
    from unsaid.audio import devices as audio_devices
    from unsaid.sessions.state import remembered

    survey = audio_devices.survey(with_rates=True)
    if not survey.devices:
        if as_json:
            click.echo("[]")
        raise audio_devices.nothing_there()
    trouble: UnsaidError | None = None
    taken, note = None, ""
    try:
        taken, note = taken_input(settings, survey.devices)
    except UnsaidError as error:
        trouble = error
    last = _if_there(remembered(settings.workspace), survey.devices)
    if as_json:
        rows = [
            {
                "name": d.name,
                "host": d.host,
                "channels": d.channels,
                "rate_hz": d.rate_hz,
                "rates_hz": list(rates),
                "default": d.is_default,
                "used_last": d == last,
                "taken": d == taken,
            }
            for d, rates in zip(survey.devices, survey.rates_hz, strict=True)
        ]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        _print(survey.devices, survey.rates_hz, taken, last)
    if trouble is not None:
        raise trouble
    assert taken is not None
    if note:
        click.echo(f"note: {note}", err=True)
    if not as_json:
        click.echo(f"\nA recording takes: {taken.name}")
        click.echo("To take another: unsaid record --input NAME   (a part of the name is enough)")


def wanted_input(settings: Settings, given: str | None = None) -> tuple[str | None, str | None]:
    """The name of the microphone that is asked for, and, where none is, of the one that was used last.

    `given` is the command line's `--input`. At most one of the two is there; neither: the system's default.
    """
    from unsaid.sessions.state import remembered

    asked = settings.text("input", given) or None
    return asked, None if asked else remembered(settings.workspace)


def taken_input(
    settings: Settings, among: Sequence[Device] | None = None, given: str | None = None
) -> tuple[Device, str]:
    """The microphone that a recording takes, and a line for the user ("" where there is nothing to say).

    `given` is the command line's `--input`. A microphone that was only remembered and is not here today gives
    way to the default; one that was asked for does not.

    Raises:
        UnsaidError: no such microphone, none at all, or PortAudio is missing.
    """
    from unsaid.audio.devices import choose

    asked, last = wanted_input(settings, given)
    if last is None:
        return choose(asked, among), ""
    try:
        return choose(last, among), ""
    except UnsaidError:
        taken = choose(None, among)
        return taken, f"'{last}', used last, is not here now; '{taken.name}' is taken"


def _if_there(name: str | None, among: Sequence[Device]) -> Device | None:
    from unsaid.audio.devices import choose

    try:
        return choose(name, among) if name else None
    except UnsaidError:
        return None


def _print(
    found: Sequence[Device], rates_hz: Sequence[tuple[int, ...]], taken: Device | None, last: Device | None
) -> None:
    from rich.table import Table
    from rich.text import Text

    from unsaid.audio.devices import RATES_HZ
    from unsaid.cli.output import console

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("microphone", overflow="fold")
    table.add_column("sound system")
    table.add_column("channels", justify="right")
    table.add_column("kHz")
    table.add_column("")
    for device, rates in zip(found, rates_hz, strict=True):
        said = ["default"] if device.is_default else []
        said += ["used last"] if device == last else []
        if not rates:
            takes = "in use?"
        elif rates == RATES_HZ:
            takes = f"{_khz(rates[0])} to {_khz(rates[-1])}"
        else:
            takes = ", ".join(_khz(r) for r in rates)
        table.add_row(
            Text(device.name, style="bold" if device == taken else ""),
            device.host,
            str(device.channels),
            takes,
            ", ".join(said),
        )
    console().print(table)


def _khz(rate_hz: int) -> str:
    return f"{rate_hz / 1000:g}"
