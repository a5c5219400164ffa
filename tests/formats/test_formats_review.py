"""What was said in a review, read back from each format by a library of that format, whatever was said."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import pysubs2
import pytest
import srt as srt_library
import webvtt
from formats_strategies import CLEAN, TRICKY, flat, reviewed
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from test_formats_docs import DOCS, documented
from test_formats_tables import read_grid, undone
from test_formats_writers import EXAMPLE, alike

from unsaid import formats
from unsaid.formats import audit_json, csv_table, sheet
from unsaid.formats import reviewed as words
from unsaid.formats.textgrid import REVIEW_TIERS, TIERS
from unsaid.model import CONDUCT_FAMILY, FAMILY_LETTERS, Audit, Moment, Outcome, Rewrite, Share

MANY = settings(max_examples=80, deadline=None)
Case = tuple[Audit, Outcome]


def said(
    text: str = "I chose a map because it is quick.",
    *,
    missing: tuple[str, ...] = (),
    reason: str = "wrong words",
) -> Case:
    """The example with D1 kept and rewritten, U1 dismissed, and an own mark on the second sentence."""
    d1, u1 = EXAMPLE.flags
    d1, u1 = replace(d1, number=1), replace(u1, number=2, dismissed=reason)
    audit = replace(EXAMPLE, flags=(d1,), dismissed=(u1,))
    other = audit.sentences[1]

    def moment(f, verdict, why, rewrite):
        place = (f.start_s, f.end_s, f.sentence_index)
        return Moment(f.number, f.code, f.quote, *place, f.code[0], f, verdict, why, rewrite)

    rewrite = Rewrite(d1.code, d1.quote, d1.start_s, text, missing, "2026-11-23T10:00:00+00:00", "say-1.flac")
    own = Moment(0, "own", other.text, other.start_s, other.end_s, 1, "A", None, "kept")
    moments = (moment(d1, "kept", "", rewrite), moment(u1, "dismissed", reason, None), own)
    return audit, Outcome(moments, (Share("D", 2, 1, 2), Share("A", 1, 0, 0), Share("U", 0, 0, 0)))


def now_lines(outcome: Outcome, index: int) -> list[str]:
    """The further lines of the cue of sentence `index`."""
    found = []
    for m in outcome.moments:
        if m.sentence_index == index and m.rewrite is not None and m.verdict != "dismissed":
            yet = "" if m.rewrite.passed else " (does not pass yet)"
            found.append(f"now{yet}: {flat(m.rewrite.text)}")
    return list(dict.fromkeys(found))


def cues(case: Case) -> list[tuple[int, list[str]]]:
    """Start in milliseconds and the lines of every cue."""
    audit, outcome = case
    found = []
    for s in sorted(audit.sentences, key=lambda s: (s.start_s, s.index)):
        if flat(s.text):
            codes = [f.code for f in audit.flags if f.sentence_index == s.index]
            codes += [
                f"own:{m.letter}" for m in outcome.moments if m.flag is None and m.sentence_index == s.index
            ]
            first = "".join(f"[{c}] " for c in dict.fromkeys(codes)) + flat(s.text)
            found.append((round(s.start_s * 1000), [first, *now_lines(outcome, s.index)]))
    return found


def test_subtitles_as_they_look() -> None:
    assert formats.write("srt", *said(missing=("more",))) == (
        "1\n00:00:01,000 --> 00:00:02,000\n[D1] I'll use a map.\n"
        "now (does not pass yet): I chose a map because it is quick.\n\n"
        "2\n00:00:06,500 --> 01:01:01,250\n[own:A] R&D says a < b → it's fine.\n"
    )
    assert formats.write("vtt", *said("Since a < b --> it's quick.")) == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n[D1] I'll use a map.\n"
        "<c.now>now: Since a &lt; b --&gt; it's quick.</c>\n\n"
        "00:00:06.500 --> 01:01:01.250\n[own:A] R&amp;D says a &lt; b --&gt; it's fine.\n"
    )


def test_labels_as_they_look() -> None:
    assert formats.write("audacity", *said()) == (
        "1.000000\t2.000000\tD1 now: I chose a map because it is quick.\n"
        "1.000000\t2.000000\tD1 unexplained-choice (kept): I'll use a map\n"
        "2.000000\t6.500000\tpause 4.5 s\n"
        "6.500000\t3661.250000\town:A missing-assumption: R&D says a < b --> it's fine.\n"
        "3661.250000\t3670.000000\tpause 8.8 s\n"
    )


@given(reviewed())
@MANY
def test_srt_is_read_by_the_srt_library(case: Case) -> None:
    found = [
        (round(c.start.total_seconds() * 1000), c.content.split("\n"))
        for c in srt_library.parse(formats.write("srt", *case))
    ]
    assert [(ms, [alike(line) for line in lines]) for ms, lines in found] == [
        (ms, [alike(line) for line in lines]) for ms, lines in cues(case)
    ]


@given(reviewed())
@MANY
def test_vtt_is_read_by_webvtt(case: Case) -> None:
    text = formats.write("vtt", *case)
    captions = webvtt.from_buffer(io.StringIO(text)).captions
    found = [c.raw_text.split("\n") for c in captions]

    def escaped(line: str) -> str:
        return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    assert found == [
        [escaped(first), *(f"<c.now>{escaped(line)}</c>" for line in rest)]
        for _, (first, *rest) in cues(case)
    ]


@given(reviewed())
@MANY
def test_srt_and_vtt_have_a_cue_a_sentence_for_pysubs2(case: Case) -> None:
    # pysubs2 takes any line with two time stamps for the beginning of a cue, arrow or not.
    assume(all(line.count("00:0") < 2 for _, lines in cues(case) for line in lines))
    for name in ("srt", "vtt"):
        subs = pysubs2.SSAFile.from_string(formats.write(name, *case), format_=name)
        assert [e.start for e in subs.events] == [ms for ms, _ in cues(case)]


@given(reviewed())
@MANY
def test_the_marks_and_rewrites_taken_away_subtitles_are_the_transcript(case: Case) -> None:
    audit, _ = case
    bare = [flat(s.text) for s in sorted(audit.sentences, key=lambda s: (s.start_s, s.index)) if flat(s.text)]
    found = [c.content.split("\n")[0] for c in srt_library.parse(formats.write("srt", *case))]
    assert len(found) == len(bare)
    for line, text in zip(found, bare, strict=True):
        assert alike(line).endswith(alike(text)), "the text stands last"
        assert re.fullmatch(r"(\[([DAU]\d|own:[DAU])\] )*", alike(line).removesuffix(alike(text)))


@given(reviewed())
@MANY
def test_labels_are_rows_of_three_fields_with_every_mark_and_rewrite(case: Case) -> None:
    audit, outcome = case
    text = formats.write("audacity", *case)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert all(len(row) == 3 and float(row[0]) <= float(row[1]) for row in rows)
    starts = [float(row[0]) for row in rows]
    assert starts == sorted(starts)
    own = [m for m in outcome.moments if m.flag is None]
    rewrites = [m for m in outcome.moments if m.rewrite is not None and m.verdict != "dismissed"]
    assert len(rows) == len(audit.flags) + len(own) + len(rewrites) + len(audit.transcript.pauses)
    labels = [row[2] for row in rows]
    for m in own:
        assert flat(f"own:{m.letter} {FAMILY_LETTERS[m.letter]}: {m.quote}") in labels
    for m in rewrites:
        yet = "" if m.rewrite.passed else " (does not pass yet)"
        assert f"{m.code if m.flag else 'own:' + m.letter} now{yet}: {flat(m.rewrite.text)}" in labels


@given(reviewed())
@MANY
def test_verdicts_and_rewrites_stand_on_tiers_of_their_own(case: Case) -> None:
    audit, outcome = case
    text = formats.write("textgrid", *case)
    assert not re.search(r"[^\n\x20-\x7e\xa0-\U0010ffff]|[\u2028\u2029]", text), "a control character"
    tiers = {tier.name: tier for tier in read_grid(text)[1]}
    assert list(tiers) == ["sentences", "pauses", *TIERS.values(), *REVIEW_TIERS]
    lasting = {s.index for s in audit.sentences if s.start_s < s.end_s}
    here = [m for m in outcome.moments if m.sentence_index in lasting]
    labels = " / ".join(tiers["verdicts"].labels)
    assert labels.count(": kept") >= sum(m.verdict == "kept" and m.flag is not None for m in here)
    for m in here:
        if m.rewrite is not None and m.verdict != "dismissed":
            assert any(flat(m.rewrite.text) in label for label in tiers["rewrites"].labels)
        if m.flag is None:
            tier = tiers[TIERS[FAMILY_LETTERS[m.letter]]]
            assert any(f"own:{m.letter}: {flat(m.quote)}".strip() in label for label in tier.labels)
        if m.verdict == "dismissed":
            assert any(f"{m.code}: dismissed" in label for label in tiers["verdicts"].labels)


def test_the_tiers_as_they_look() -> None:
    grid = {t.name: t.said for t in read_grid(formats.write("textgrid", *said()))[1]}
    assert grid["verdicts"] == [(1, 2, "D1: kept / U1: dismissed, wrong words")]
    assert grid["rewrites"] == [(1, 2, "D1 now: I chose a map because it is quick.")]
    assert grid["missing assumptions"] == [(6.5, 3661.25, "own:A: R&D says a < b --> it's fine.")]
    assert grid["unbounded uncertainty"] == []


def rows(text: str) -> list[dict[str, str]]:
    assert text.endswith("\r\n")
    found = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert all(None not in row and None not in row.values() for row in found)
    return found


@given(reviewed(text=CLEAN))
@MANY
def test_csv_read_back_is_what_was_said(case: Case) -> None:
    audit, outcome = case
    every = rows(formats.write("csv", *case))
    notes = [row for row in every if row["family"] == CONDUCT_FAMILY]
    assert len(notes) == len(audit.conduct) and not any(row["verdict"] or row["now"] for row in notes)
    found = [row for row in every if row["family"] != CONDUCT_FAMILY]
    moments = sorted(outcome.moments, key=lambda m: (m.start_s, m.sentence_index, m.code))
    assert len(found) == len(moments)
    for row, m in zip(found, moments, strict=True):
        assert (row["code"], row["verdict"]) == (m.code, m.verdict)
        assert row["number"] == (str(m.number) if m.flag is not None else "")
        assert undone(row["reason"]) == m.reason
        assert row["filed_under"] == words.filed_under(m)
        assert undone(row["quote"]) == m.quote and undone(row["sentence"]) == m.sentence
        rewrite = m.rewrite
        assert undone(row["now"]) == (rewrite.text if rewrite is not None else "")
        assert row["passes"] == ("" if rewrite is None else "yes" if rewrite.passed else "no")
        assert undone(row["missing"]) == ("; ".join(rewrite.missing) if rewrite is not None else "")


@given(reviewed())
@MANY
def test_no_field_of_either_table_begins_like_a_formula(case: Case) -> None:
    for row in [*rows(formats.write("csv", *case)), *rows(sheet.to_csv(case[1]))]:
        for field in row.values():
            assert not field.lstrip().startswith(("=", "+", "-", "@"))
            assert not field.startswith(("\t", "\r", "\n"))
            assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", field)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", '=HYPERLINK("http://x")'])
def test_a_rewrite_and_a_reason_that_look_like_formulas_are_defused(text: str) -> None:
    case = said(text, missing=(text,), reason=text)
    first, second, _ = rows(formats.write("csv", *case))
    assert (first["now"], first["missing"], second["reason"]) == (f"'{text}",) * 3
    (one, own) = rows(sheet.to_csv(case[1]))
    assert (one["now"], one["missing"]) == (f"'{text}",) * 2 and own["now"] == ""


@given(reviewed(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=12)))
@MANY
def test_the_audits_json_says_all_of_it_and_is_an_audit_still(case: Case) -> None:
    audit, outcome = case
    text = audit_json.dumps(audit, {"name": "x"}, "1", outcome=outcome)
    doc = json.loads(text.encode())
    plain = json.loads(audit_json.dumps(audit, {"name": "x"}, "1"))
    assert {k: v for k, v in doc.items() if k != "review"} == plain
    assert doc["review"]["schema"] == words.SCHEMA
    assert [m["id"] for m in doc["review"]["moments"]] == [m.id for m in outcome.moments]
    for row, m in zip(doc["review"]["moments"], outcome.moments, strict=True):
        assert (row["verdict"], row["family"]) == (m.verdict, FAMILY_LETTERS[m.letter])
        assert row["rewrite"] is None if m.rewrite is None else row["rewrite"]["text"] == m.rewrite.text
    assert doc["review"]["shares"][0] == {"family": "silent-decision", "total": 3, "before": 1, "after": 2}


@given(reviewed())
@MANY
def test_an_audit_with_its_review_is_read_as_the_audit(case: Case) -> None:
    audit, outcome = case
    again = audit_json.loads(audit_json.dumps(audit, {}, "1", outcome=outcome).encode().decode())
    assert [f.id for f in again.flags] == [f.id for f in audit.flags]


@given(reviewed())
@MANY
def test_the_sheet_has_only_what_is_worth_practising(case: Case) -> None:
    audit, outcome = case
    wanted = [m for m in outcome.moments if m.verdict != "dismissed" and (m.verdict == "kept" or m.rewrite)]
    doc = json.loads(sheet.to_json(audit, outcome, {"name": "x"}, "1").encode())
    assert [m["id"] for m in doc["moments"]] == [m.id for m in wanted]
    assert [row["code"] for row in rows(sheet.to_csv(outcome))] == [m.code for m in wanted]


@given(reviewed(), st.sampled_from(["srt", "vtt", "audacity"]))
@MANY
def test_where_nothing_was_said_the_file_is_as_without_a_review(case: Case, name: str) -> None:
    audit, outcome = case
    nothing = Outcome(
        tuple(
            replace(m, verdict="dismissed" if m.flag.dismissed else "open", letter=m.code[0], rewrite=None)
            for m in outcome.moments
            if m.flag is not None
        ),
        outcome.shares,
    )
    assert formats.write(name, audit, nothing) == formats.write(name, audit)


def test_tables_keep_their_columns_and_tiers_where_nothing_was_said() -> None:
    nothing = Outcome((), ())
    table = formats.write("csv", EXAMPLE, nothing).splitlines()
    plain = formats.write("csv", EXAMPLE).splitlines()
    assert table[0] == plain[0] + "," + ",".join(csv_table.REVIEW_COLUMNS)
    assert table[1:] == [line + "," * len(csv_table.REVIEW_COLUMNS) for line in plain[1:]]
    tiers = read_grid(formats.write("textgrid", EXAMPLE, nothing))[1]
    assert [t.name for t in tiers[-2:]] == list(REVIEW_TIERS) and not any(t.said for t in tiers[-2:])
    assert tiers[:-2] == read_grid(formats.write("textgrid", EXAMPLE))[1]


@given(TRICKY)
@example("00:00:01.000 --> 00:00:02.000")
@example("a\n\n2\n00:00:09,000 --> 00:00:10,000\nowned")
@example("</c><c.x>-->\tNOTE\n\n")
@MANY
def test_no_rewrite_begins_a_cue_of_its_own(text: str) -> None:
    case = said(text + "x")
    assert len(list(srt_library.parse(formats.write("srt", *case)))) == 2
    captions = webvtt.from_buffer(io.StringIO(formats.write("vtt", *case))).captions
    assert len(captions) == 2
    assert len(formats.read(formats.write("vtt", *case).encode(), name="a.vtt").segments) == 2
    assert captions[1].start == "00:00:06.500"


# The contract is written down


def test_every_field_of_the_review_and_the_sheet_is_documented() -> None:
    case = said(missing=("more",))
    review = json.loads(audit_json.dumps(case[0], {}, "1", outcome=case[1]))["review"]
    assert documented("### The review in the JSON") == review.keys()
    assert documented("#### A moment") == review["moments"][0].keys()
    assert documented("#### Its rewrite") == review["moments"][0]["rewrite"].keys()
    assert documented("#### A share") == review["shares"][0].keys()
    doc = json.loads(sheet.to_json(*case, {}, "1"))
    assert documented("### As JSON") == doc.keys() | {"say"}
    assert doc["moments"][0].keys() == review["moments"][0].keys() | {"say"}
    assert documented("### As CSV") == set(sheet.COLUMNS)


def test_every_column_and_tier_that_a_review_adds_is_documented() -> None:
    assert documented("### The columns of a review") == set(csv_table.REVIEW_COLUMNS)
    grid = DOCS.split("\n## The TextGrid\n", 1)[1].split("\n## ", 1)[0]
    assert all(f"| `{name}` |" in grid for name in REVIEW_TIERS)
