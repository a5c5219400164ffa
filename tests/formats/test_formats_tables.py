"""TextGrid and CSV, the two that are only written: they open as what they claim to be, whatever was said."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from formats_strategies import CLEAN, EXACT, audits, flat, transcripts
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_formats_writers import EXAMPLE

from unsaid import formats
from unsaid.cli import cli
from unsaid.cli.audit import FORMATS as OFFERED
from unsaid.errors import UnsaidError
from unsaid.formats import csv_table
from unsaid.model import Audit, Flag, Pause, Transcript

MANY = settings(max_examples=80, deadline=None)
DATA = Path(__file__).parent / "data"
DOCS = (Path(__file__).parents[2] / "docs" / "formats.md").read_text("utf-8")
FAMILY_TIERS = {"D": "silent decisions", "A": "missing assumptions", "U": "unbounded uncertainty"}


@dataclass(frozen=True)
class Tier:
    """A tier as it was read: start, end (s) and label of each interval."""

    name: str
    intervals: list[tuple[float, float, str]]

    @property
    def said(self) -> list[tuple[float, float, str]]:
        return [i for i in self.intervals if i[2]]

    @property
    def labels(self) -> list[str]:
        return [label for _, _, label in self.said]


def read_grid(text: str) -> tuple[float, list[Tier]]:
    """Length and tiers, read as the Praat manual says that Praat reads: it takes the texts in quotes, the
    free-standing numbers and `<exists>`, and goes past all else as comment. Checks what Praat demands."""
    assert text.startswith('File type = "ooTextFile"\nObject class = "TextGrid"\n')
    free = r'"(?:[^"]|"")*"|<[a-z]+>|(?<!\S)-?[0-9]+(?:\.[0-9]+)?(?!\S)'
    found: Iterator[str] = iter(re.findall(free, text))

    def label() -> str:
        token = next(found)
        assert token[0] == token[-1] == '"', token
        return token[1:-1].replace('""', '"')

    def number() -> float:
        return float(next(found))

    assert (label(), label()) == ("ooTextFile", "TextGrid")
    assert number() == 0
    length_s = number()
    assert length_s > 0
    assert next(found) == "<exists>"
    tiers = []
    for _ in range(int(number())):
        assert label() == "IntervalTier"
        name = label()
        assert (number(), number()) == (0, length_s)
        intervals = [(number(), number(), label()) for _ in range(int(number()))]
        assert intervals[0][0] == 0 and intervals[-1][1] == length_s
        assert all(start < end for start, end, _ in intervals)
        assert all(a[1] == b[0] for a, b in pairwise(intervals)), "a gap or an overlap"
        tiers.append(Tier(name, intervals))
    assert next(found, None) is None, "something is left over"
    return length_s, tiers


def grid(audit: Audit) -> dict[str, Tier]:
    text = formats.write("textgrid", audit)
    assert text.encode("utf-8").decode("utf-8") == text
    assert not re.search(r"[^\n\x20-\x7e\xa0-\U0010ffff]|[\u2028\u2029]", text), "a control character"
    return {tier.name: tier for tier in read_grid(text)[1]}


def test_textgrid_as_it_looks() -> None:
    text = formats.write("textgrid", EXAMPLE)
    assert text.startswith(
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 3670\n'
        "tiers? <exists>\nsize = 5\nitem []:\n"
        '    item [1]:\n        class = "IntervalTier"\n        name = "sentences"\n'
        "        xmin = 0\n        xmax = 3670\n        intervals: size = 5\n"
        '        intervals [1]:\n            xmin = 0\n            xmax = 1\n            text = ""\n'
        "        intervals [2]:\n            xmin = 1\n            xmax = 2\n"
        '            text = "I\'ll use a map."\n'
    )
    assert [(t.name, t.said) for t in read_grid(text)[1]] == [
        ("sentences", [(1, 2, "I'll use a map."), (6.5, 3661.25, "R&D says a < b --> it's fine.")]),
        ("pauses", [(2, 6.5, "pause 4.5 s"), (3661.25, 3670, "pause 8.8 s")]),
        ("silent decisions", [(1, 2, "D1: I'll use a map")]),
        ("missing assumptions", []),
        ("unbounded uncertainty", [(1, 2, "U1: map")]),
    ]


@given(audits())
@MANY
def test_sentences_and_flags_stand_in_the_grid(audit: Audit) -> None:
    tiers = grid(audit)
    assert list(tiers) == ["sentences", "pauses", *FAMILY_TIERS.values()]
    lasting = [s for s in audit.sentences if s.start_s < s.end_s]
    assert tiers["sentences"].said == [(s.start_s, s.end_s, flat(s.text)) for s in lasting if flat(s.text)]
    for letter, name in FAMILY_TIERS.items():
        labels = []
        for s in lasting:
            here = [f for f in audit.flags if f.sentence_index == s.index and f.code[0] == letter]
            if here:
                labels.append(
                    " / ".join(f"{f.code}: {flat(f.quote)}" if flat(f.quote) else f.code for f in here)
                )
        assert tiers[name].labels == labels


@given(transcripts())
@MANY
def test_words_stand_in_the_grid_where_their_times_are_known(transcript: Transcript) -> None:
    tiers = grid(replace(EXAMPLE, transcript=transcript, sentences=(), flags=()))
    assert ("words" in tiers) == (transcript.timing == "word")
    words = [w for s in transcript.segments for w in s.words]
    # Times are rounded to the microsecond; a word that is shorter has no place.
    lasting = [flat(w.text) for w in words if round(w.start_s * 1e6) < round(w.end_s * 1e6)]
    if transcript.timing == "word":
        assert tiers["words"].labels == lasting


@given(st.lists(st.tuples(EXACT, EXACT).map(sorted), max_size=6), EXACT)
@example([[0.0, 0.0]], 0.0)
@example([[1.0, 5.0], [2.0, 3.0], [2.0, 9.0], [2.5, 2.5]], 4.0)
@MANY
def test_what_overlaps_is_cut_at_the_next_start(spans: list[list[float]], duration_s: float) -> None:
    pauses = tuple(Pause(a, b) for a, b in spans)
    transcript = Transcript((), duration_s, pauses, timing="segment")
    found = grid(replace(EXAMPLE, transcript=transcript, sentences=(), flags=()))["pauses"].said
    rounded = [(round(a * 1e6), round(b * 1e6)) for a, b in spans]
    longest = {start: max(b for a, b in rounded if a == start) for start, end in rounded if start < end}
    starts = sorted(longest)
    ends = [min(longest[a], *(b for b in starts if b > a), 10**18) for a in starts]
    assert [(round(a * 1e6), round(b * 1e6)) for a, b, _ in found] == list(zip(starts, ends, strict=True))


def test_the_grid_reaches_to_the_last_end_in_it() -> None:
    late = replace(EXAMPLE.transcript, duration_s=3000.0)
    assert read_grid(formats.write("textgrid", replace(EXAMPLE, transcript=late)))[0] == 3670


def test_an_answer_of_no_length_is_a_grid_still() -> None:
    length_s, tiers = read_grid(
        formats.write("textgrid", replace(EXAMPLE, transcript=Transcript((), 0.0), sentences=(), flags=()))
    )
    assert length_s > 0
    assert [t.name for t in tiers[:3]] == ["words", "sentences", "pauses"]
    assert all(t.said == [] for t in tiers)


@given(st.text())
@example('say "yes" and ""')
@example('"')
@example("a\nb\r\nc\x00\x1b[31m\u2028\ud800")
@example("👩‍💻 日本 עברית")
@MANY
def test_a_label_comes_back_as_one_line(said: str) -> None:
    flag = replace(EXAMPLE.flags[0], quote=said, standing="less-sure")
    (label,) = grid(replace(EXAMPLE, flags=(flag,)))["silent decisions"].labels
    assert label == (f"D1 (less sure): {flat(said)}" if flat(said) else "D1 (less sure)")


def rows(audit: Audit) -> list[dict[str, str]]:
    text = formats.write("csv", audit).encode("utf-8").decode("utf-8")
    assert text.endswith("\r\n")
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    found = list(reader)
    assert tuple(reader.fieldnames or ()) == csv_table.COLUMNS
    assert all(None not in row and None not in row.values() for row in found)
    return found


def undone(field: str) -> str:
    """What stood in the field before an apostrophe was put there."""
    return field[1:] if re.match(r"'([\t\r\n]|\s*[=+\-@])", field) else field


def test_csv_as_it_looks() -> None:
    assert formats.write("csv", EXAMPLE) == (
        "number,code,name,family,severity,confidence,start_s,end_s,quote,sentence,message,evidence,rewrite,"
        "standing,dismissed\r\n"
        "0,D1,unexplained-choice,silent-decision,warning,0.75,1.0,2.0,I'll use a map,I'll use a map.,"
        "Why a map?,no reason next door,I chose ___ because ___.,shown,\r\n"
        "0,U1,bare-hedge,unbounded-uncertainty,info,0.5,1.0,2.0,map,I'll use a map.,How sure?,,___,shown,\r\n"
    )


@given(audits(text=CLEAN))
@MANY
def test_csv_read_back_is_the_flags_and_notes(audit: Audit) -> None:
    told = (*audit.flags, *audit.dismissed, *audit.conduct)
    flags = sorted(told, key=lambda f: (f.start_s, f.sentence_index, f.code))
    found = rows(audit)
    assert len(found) == len(flags)
    for row, f in zip(found, flags, strict=True):
        assert row["number"] == ("" if f in audit.conduct else str(f.number))
        assert [float(row[k]) for k in ("confidence", "start_s", "end_s")] == [
            f.confidence,
            f.start_s,
            f.end_s,
        ]
        assert undone(row["evidence"]) == "; ".join(f.evidence)
        for name in ("code", "name", "family", "severity", "quote", "sentence", "message", "rewrite"):
            assert undone(row[name]) == getattr(f, name)
        assert (row["standing"], row["dismissed"]) == (f.standing, f.dismissed)


def quoted(said: str) -> str:
    """How `said` comes back as the quote of a flag."""
    (row,) = rows(replace(EXAMPLE, flags=(replace(EXAMPLE.flags[0], quote=said),)))
    return row["quote"]


@given(audits())
@MANY
def test_no_field_begins_like_a_formula(audit: Audit) -> None:
    for row in rows(audit):
        for field in row.values():
            assert not field.lstrip().startswith(("=", "+", "-", "@"))
            assert not field.startswith(("\t", "\r", "\n"))
            assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", field)


@pytest.mark.parametrize(
    "said",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "\nx",
        " =1",
        '=HYPERLINK("http://x","y")',
        "=cmd|'/c'!A1",
    ],
)
def test_formulas_are_defused(said: str) -> None:
    assert quoted(said) == "'" + said


def test_what_hides_a_formula_is_gone_before_it_is_looked_for() -> None:
    assert quoted("\x00=1") == quoted("\x1b=1") == "'=1"


@pytest.mark.parametrize(
    "said", ["a = b", "I'd say -1", "'tis", "", 'say "so", then; go', "a\r\nb\nc", "a\tb", "日本 👩‍💻", "a,b"]
)
def test_other_text_is_left_as_it_is(said: str) -> None:
    assert quoted(said) == said


def test_flags_put_aside_say_why() -> None:
    aside: Flag = replace(EXAMPLE.flags[0], dismissed="wrong words", number=1)
    less: Flag = replace(EXAMPLE.flags[0], standing="less-sure", number=2)
    found = rows(replace(EXAMPLE, flags=EXAMPLE.flags[1:], more=(less,), dismissed=(aside,)))
    assert [(r["code"], r["dismissed"]) for r in found] == [("D1", "wrong words"), ("U1", "")]


def test_the_command_line_offers_all_that_can_be_written() -> None:
    assert set(formats.WRITABLE) < set(OFFERED)
    assert {e.name for e in formats.WRITE_ONLY} == {"textgrid", "csv"}
    assert not {f.name for f in formats.FORMATS} & {e.name for e in formats.WRITE_ONLY}
    assert not formats.is_transcript_name("a.csv") and not formats.is_transcript_name("a.TextGrid")


def test_an_unknown_format_names_these_too() -> None:
    with pytest.raises(UnsaidError) as caught:
        formats.write("docx", EXAMPLE)
    assert all(name in caught.value.hint for name in ("textgrid", "csv"))


def test_every_column_and_tier_is_documented() -> None:
    table = DOCS.split("\n## The CSV table\n", 1)[1].split("\n## ", 1)[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {name for cell in cells for name in cell.split("`")[1::2]} == set(csv_table.COLUMNS)
    tiers = DOCS.split("\n## The TextGrid\n", 1)[1].split("\n## ", 1)[0]
    assert all(
        f"| `{n}`" in tiers or f", `{n}`" in tiers for n in ("words", "pauses", *FAMILY_TIERS.values())
    )


def run(*arguments: str, space: Path) -> Result:
    result = CliRunner().invoke(cli, ["--workspace", str(space), "audit", *arguments, "--quiet"])
    assert result.exit_code == 0, result.output
    return result


def test_textgrid_from_the_command_line(tmp_path: Path) -> None:
    result = run(str(DATA / "openai.json"), "--format", "textgrid", space=tmp_path)
    _, tiers = read_grid(result.stdout_bytes.decode("utf-8"))
    assert [t.name for t in tiers] == ["words", "sentences", "pauses", *FAMILY_TIERS.values()]
    assert "use a hash map" in " ".join(tiers[0].labels)
    assert any("use a hash map" in label for label in tiers[1].labels)
    _, without = read_grid(run(str(DATA / "comma.srt"), "-f", "textgrid", space=tmp_path).stdout)
    assert [t.name for t in without] == [t.name for t in tiers[1:]]


def test_both_from_the_name_of_the_output(tmp_path: Path) -> None:
    answer = tmp_path / "answer.txt"
    answer.write_text("=1+1 is what they asked. I'll use a hash map here. It is probably fast enough.\n")
    run(str(answer), "--all", "-o", str(tmp_path / "a.TextGrid"), space=tmp_path)
    run(str(answer), "--all", "-o", str(tmp_path / "a.csv"), space=tmp_path)
    _, tiers = read_grid((tmp_path / "a.TextGrid").read_text("utf-8"))
    raw = (tmp_path / "a.csv").read_bytes()
    assert raw.count(b"\r\n") == raw.count(b"\n")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert found, "the answer has nothing flagged, so this shows nothing"
    labels = [
        code for t in tiers for label in t.labels for code in re.findall(r"\b([DAU]\d)(?= \(|:)", label)
    ]
    assert sorted(labels) == sorted(r["code"] for r in found)


def test_csv_from_the_command_line(tmp_path: Path) -> None:
    out = run(str(DATA / "openai.json"), "--all", "--format", "csv", space=tmp_path).stdout_bytes
    assert out.startswith(b"number,code,") and out.endswith(b"\r\n")
    found = list(csv.DictReader(io.StringIO(out.decode("utf-8"), newline="")))
    assert found and all(float(r["start_s"]) < float(r["end_s"]) for r in found)
