"""Every kind of file goes through `unsaid audit`, and what it exports can be read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from unsaid import formats
from unsaid.cli import cli

DATA = Path(__file__).parent / "data"
FILES = sorted(p.name for p in DATA.iterdir())


def run(*arguments: str, space: Path, given: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, ["--workspace", str(space), "audit", *arguments], input=given)


@pytest.mark.parametrize("name", FILES)
def test_audit_as_json(name: str, tmp_path: Path) -> None:
    result = run(str(DATA / name), "--format", "json", "--quiet", space=tmp_path)
    assert result.exit_code == 0, result.output
    doc = json.loads(result.stdout)
    assert doc["schema"] == 1
    assert doc["timing"] == formats.read_file(DATA / name).timing
    assert list(tmp_path.iterdir()) == [], "a transcript leaves nothing behind"


@pytest.mark.parametrize("name", ["openai.json", "comma.srt", "plain.txt"])
@pytest.mark.parametrize("format_", [f.name for f in formats.FORMATS if f.write is not None])
def test_exports_are_read_again(name: str, format_: str, tmp_path: Path) -> None:
    result = run(str(DATA / name), "--format", format_, "--quiet", space=tmp_path)
    assert result.exit_code == 0, result.output
    transcript = formats.read(result.stdout.encode(), name="-")
    if format_ != "audacity":
        assert "use a hash map" in transcript.text


def test_standard_input(tmp_path: Path) -> None:
    data = (DATA / "rich.vtt").read_bytes()
    piped = run("-", "--format", "json", "--quiet", space=tmp_path, given=data)
    named = run(str(DATA / "rich.vtt"), "--format", "json", "--quiet", space=tmp_path)
    assert json.loads(piped.stdout)["flags"] == json.loads(named.stdout)["flags"]


def test_made_up_times_are_told(tmp_path: Path) -> None:
    result = run(str(DATA / "plain.txt"), "--format", "json", space=tmp_path)
    assert "150 words a minute" in result.stderr
