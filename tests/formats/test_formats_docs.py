"""docs/formats.md names every field of the audit's JSON and every format, so that it cannot fall behind."""

from __future__ import annotations

import json
from pathlib import Path

from test_formats_writers import EXAMPLE

from unsaid import formats
from unsaid.formats import audit_json, transcript_json

DOCS = (Path(__file__).parents[2] / "docs" / "formats.md").read_text("utf-8")


def documented(heading: str) -> set[str]:
    """Names in the first column of the table under `heading`."""
    section = DOCS.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for cell in rows for name in cell.split("`")[1::2]}


def test_every_field_of_the_audit_is_documented() -> None:
    doc = json.loads(audit_json.dumps(EXAMPLE, {}, "1"))
    assert documented("## The JSON of an audit") == doc.keys()
    assert documented("### A flag") == doc["flags"][0].keys()
    assert documented("### Measures") == doc["measures"].keys()
    assert documented("### A sentence") == doc["sentences"][0].keys()


def test_every_field_that_we_add_to_whispers_json_is_documented() -> None:
    doc = json.loads(transcript_json.dumps(EXAMPLE.transcript))
    added = doc.keys() - {"text", "language", "segments"}
    assert added | {"prompt", "kind", "prompt_id", "prompt_facts"} == documented(
        "## The transcript of a session"
    )


def test_the_example_is_json_and_keeps_the_contract() -> None:
    example = json.loads(DOCS.split("```json\n", 1)[1].split("```", 1)[0])
    assert example["schema"] == audit_json.SCHEMA
    assert example["flags"][0].keys() == json.loads(audit_json.dumps(EXAMPLE, {}, "1"))["flags"][0].keys()


def test_every_suffix_is_documented() -> None:
    read = DOCS.split("## What is read", 1)[1].split("## What is written", 1)[0]
    for f in formats.FORMATS:
        for suffix in f.suffixes:
            if suffix not in (".json", ".text", ".markdown"):
                assert f"`{suffix}`" in read
