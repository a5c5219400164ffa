"""What is exported opens in libraries of the format that it claims to be, whatever was said."""

from __future__ import annotations

import csv
import io
import json
import re

import pysubs2
import pytest
import srt as srt_library
import webvtt
from formats_strategies import audits, flat, transcripts
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from unsaid import formats
from unsaid.errors import UnsaidError
from unsaid.formats import audit_json, transcript_json
from unsaid.model import Act, Audit, Flag, Measures, Pause, Prompt, Segment, Sentence, Transcript, Word

MANY = settings(max_examples=80, deadline=None)

EXAMPLE = Audit(
    transcript=Transcript(
        segments=(
            Segment(
                1.0, 2.0, " I'll use a map.", (Word(" I'll", 1.0, 1.5, 0.9), Word(" use a map.", 1.5, 2))
            ),
            Segment(6.5, 3661.25, " R&D says a < b --> it's fine."),
        ),
        duration_s=3670.0,
        pauses=(Pause(2.0, 6.5), Pause(3661.25, 3670.0)),
        language="en",
        timing="segment",
        model="base.en",
        notes=("one note",),
    ),
    sentences=(
        Sentence(0, "I'll use a map.", 1.0, 2.0, 0, 2, 1.0, (Act("decision", 0, 8),)),
        Sentence(1, "R&D says a < b --> it's fine.", 6.5, 3661.25, 2, 8, 4.5),
    ),
    flags=(
        Flag(
            "D1-aa",
            "D1",
            "unexplained-choice",
            "silent-decision",
            "warning",
            1.0,
            2.0,
            "I'll use a map",
            "I'll use a map.",
            0,
            "Why a map?",
            ("no reason next door",),
            "I chose ___ because ___.",
            0.75,
        ),
        Flag(
            "U1-bb",
            "U1",
            "bare-hedge",
            "unbounded-uncertainty",
            "info",
            1.0,
            2.0,
            "map",
            "I'll use a map.",
            0,
            "How sure?",
            (),
            "___",
            0.5,
        ),
    ),
    measures=Measures(3670.0, 3656.75, 13.25, 8.75, 8, 0.13, 1, 0, 1, 0, None, {"D": 1, "A": 0, "U": 1}),
    prompt=Prompt("Design a map.", "design", "map"),
)


def test_srt_as_it_looks() -> None:
    assert formats.write("srt", EXAMPLE) == (
        "1\n00:00:01,000 --> 00:00:02,000\n[D1] [U1] I'll use a map.\n\n"
        "2\n00:00:06,500 --> 01:01:01,250\nR&D says a < b → it's fine.\n"
    )


def test_vtt_as_it_looks() -> None:
    assert formats.write("vtt", EXAMPLE) == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n[D1] [U1] I'll use a map.\n\n"
        "00:00:06.500 --> 01:01:01.250\nR&amp;D says a &lt; b --&gt; it's fine.\n"
    )


def test_labels_as_they_look() -> None:
    assert formats.write("audacity", EXAMPLE) == (
        "1.000000\t2.000000\tD1 unexplained-choice: I'll use a map\n"
        "1.000000\t2.000000\tU1 bare-hedge: map\n"
        "2.000000\t6.500000\tpause 4.5 s\n"
        "3661.250000\t3670.000000\tpause 8.8 s\n"
    )


def test_json_keeps_its_contract() -> None:
    doc = json.loads(audit_json.dumps(EXAMPLE, {"path": "a.srt"}, "9.9"))
    assert (doc["schema"], doc["unsaid"], doc["source"], doc["duration"]) == (
        1,
        "9.9",
        {"path": "a.srt"},
        3670.0,
    )
    assert doc["flags"][0] == {
        "id": "D1-aa",
        "code": "D1",
        "name": "unexplained-choice",
        "family": "silent-decision",
        "severity": "warning",
        "start": 1.0,
        "end": 2.0,
        "quote": "I'll use a map",
        "sentence": "I'll use a map.",
        "sentence_index": 0,
        "message": "Why a map?",
        "evidence": ["no reason next door"],
        "rewrite": "I chose ___ because ___.",
        "confidence": 0.75,
        "number": 0,
        "cost_rank": 0,
        "standing": "shown",
        "dismissed": None,
    }
    assert doc["more"] == doc["dismissed"] == []
    assert doc["measures"]["flags_by_family"] == {"D": 1, "A": 0, "U": 1}
    assert doc["pauses"] == [{"start": 2.0, "end": 6.5}, {"start": 3661.25, "end": 3670.0}]
    assert doc["prompt"] == "Design a map."


def test_json_read_back_with_its_transcript_is_the_same_audit() -> None:
    text = audit_json.dumps(EXAMPLE, {}, "9.9")
    assert audit_json.loads(text, EXAMPLE.transcript) == EXAMPLE


def expected(audit: Audit) -> list[tuple[int, str]]:
    """Start in milliseconds and marked text of every cue."""
    cues = []
    for s in sorted(audit.sentences, key=lambda s: (s.start_s, s.index)):
        if flat(s.text):
            codes = dict.fromkeys(f.code for f in audit.flags if f.sentence_index == s.index)
            cues.append((round(s.start_s * 1000), "".join(f"[{c}] " for c in codes) + flat(s.text)))
    return cues


def alike(text: str) -> str:
    """`text` with what SRT cannot hold replaced by what looks alike."""
    return text.replace("-->", "→").replace("<", "‹").replace("{\\", "{ \\")


@given(audits())
@MANY
def test_srt_is_read_by_the_srt_library(audit: Audit) -> None:
    text = formats.write("srt", audit)
    cues = list(srt_library.parse(text))
    assert [c.index for c in cues] == list(range(1, len(cues) + 1))
    assert all(c.end > c.start for c in cues)
    found = [(round(c.start.total_seconds() * 1000), c.content) for c in cues]
    assert [(ms, alike(said)) for ms, said in found] == [(ms, alike(said)) for ms, said in expected(audit)]


@given(audits())
@MANY
def test_srt_and_vtt_have_a_cue_a_sentence_for_pysubs2(audit: Audit) -> None:
    # pysubs2 takes any line with two time stamps for the beginning of a cue, arrow or not.
    assume(all(said.count("00:0") < 2 for _, said in expected(audit)))
    for name in ("srt", "vtt"):
        subs = pysubs2.SSAFile.from_string(formats.write(name, audit), format_=name)
        assert [e.start for e in subs.events] == [ms for ms, _ in expected(audit)]


@given(audits())
@MANY
def test_vtt_is_read_by_webvtt(audit: Audit) -> None:
    captions = webvtt.from_buffer(io.StringIO(formats.write("vtt", audit))).captions
    found = [(round(c.start_in_seconds * 1000), c.raw_text) for c in captions]
    escaped = [
        (ms // 1000 * 1000, said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
        for ms, said in expected(audit)
    ]
    assert [(ms // 1000 * 1000, said) for ms, said in found] == escaped


@given(audits())
@MANY
def test_subtitles_are_read_back_by_our_own_readers(audit: Audit) -> None:
    if not any(c.isalnum() for _, said in expected(audit) for c in said):
        return
    # A cue that is nothing but brackets is a sound, not speech, and our readers leave it out.
    sound = re.compile(r"\s*(\[[^\[\]]*\]|\([^()]*\)|\*[^*]*\*|[♪♫]+)\s*")
    assume(not any(sound.fullmatch(said) for _, said in expected(audit)))
    transcript = formats.read(formats.write("vtt", audit).encode(), name="a.vtt")
    assert [s.text for s in transcript.segments] == [said for _, said in expected(audit)]
    assert [round(s.start_s * 1000) for s in transcript.segments] == [ms for ms, _ in expected(audit)]
    again = formats.read(formats.write("srt", audit).encode(), name="a.srt")
    assert [(round(s.start_s * 1000), alike(s.text)) for s in again.segments] == [
        (ms, alike(said)) for ms, said in expected(audit)
    ]


@given(audits())
@MANY
def test_labels_are_rows_of_three_tab_separated_fields_in_order(audit: Audit) -> None:
    text = formats.write("audacity", audit)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert [len(r) for r in rows] == [3] * (len(audit.flags) + len(audit.transcript.pauses))
    starts = [float(r[0]) for r in rows]
    assert starts == sorted(starts)
    assert all(float(a) <= float(b) for a, b, _ in rows)
    said = sorted(
        flat(f"{f.code} {f.name}: {f.quote}" if f.quote else f"{f.code} {f.name}") for f in audit.flags
    )
    assert sorted(r[2] for r in rows if not r[2].startswith("pause")) == said


@given(audits(text=st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]))), st.text(max_size=5))
@MANY
def test_audit_json_loses_nothing(audit: Audit, path: str) -> None:
    text = audit_json.dumps(audit, {"path": path}, "0.1.0")
    text.encode()
    assert audit_json.loads(text, audit.transcript) == audit
    assert audit_json.loads(text).sentences == audit.sentences
    assert audit_json.loads(text).transcript.pauses == audit.transcript.pauses


@given(audits())
@MANY
def test_audit_json_of_any_text_can_be_written_and_read(audit: Audit) -> None:
    again = audit_json.loads(audit_json.dumps(audit, {}, "0.1.0").encode().decode())
    assert [f.id for f in again.flags] == [f.id for f in audit.flags]


@given(transcripts())
@MANY
def test_transcript_json_loses_nothing(transcript: Transcript) -> None:
    text = transcript_json.dumps(transcript)
    assert formats.read(text.encode(), name="transcript.json") == transcript


def test_a_session_in_which_no_words_were_heard_can_be_read_back() -> None:
    silent = Transcript((), 12.0, (Pause(0.0, 12.0),))
    assert formats.read(transcript_json.dumps(silent).encode(), name="transcript.json") == silent


def test_transcript_json_has_whispers_names() -> None:
    transcript = EXAMPLE.transcript
    doc = json.loads(transcript_json.dumps(transcript))
    assert doc["text"].split() == transcript.text.split()
    assert doc["language"] == "en"
    assert doc["segments"][0]["words"][0] == {"word": " I'll", "start": 1.0, "end": 1.5, "probability": 0.9}
    assert [s["id"] for s in doc["segments"]] == [0, 1]


def test_pysubs2_reads_the_session_transcript_as_whispers_json() -> None:
    subs = pysubs2.load_from_whisper(json.loads(transcript_json.dumps(EXAMPLE.transcript)))
    assert [(e.start, e.plaintext) for e in subs.events] == [
        (1000, "I'll use a map."),
        (6500, "R&D says a < b --> it's fine."),
    ]


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(UnsaidError) as caught:
        formats.write("docx", EXAMPLE)
    assert all(name in caught.value.hint for name in ("srt", "vtt", "audacity"))


def damaged(**changes: object) -> str:
    return json.dumps(json.loads(audit_json.dumps(EXAMPLE, {}, "1")) | changes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "line 1, column 2"),
        ("[]", "should be an object"),
        ("{}", "not an audit"),
        (damaged(schema=2), "schema 2"),
        (damaged(flags=[{}]), "flags[0].family"),
        (damaged(flags=[{"family": "silent-decision", "severity": "grave"}]), "flags[0].severity"),
        (damaged(measures={}), "measures.duration_s"),
        (damaged(sentences=[]), "flags[0].sentence_index"),
        (damaged(sentences=[{"index": "x"}]), "sentences[0].index"),
    ],
)
def test_a_damaged_audit_names_the_place(text: str, said: str) -> None:
    with pytest.raises(UnsaidError) as caught:
        audit_json.loads(text, name="audit.json")
    assert caught.value.message.startswith("audit.json")
    assert said in caught.value.message
    assert caught.value.hint
