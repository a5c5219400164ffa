"""Bad files are told with the file, the place and what to do; whatever the bytes, nothing else is raised."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from unsaid import formats
from unsaid.errors import UnsaidError
from unsaid.formats.source import MAX_BYTES, Source, decode
from unsaid.model import Transcript

DATA = Path(__file__).parent / "data"
ANSWER = {"start": 0, "end": 1, "text": " So"}


def failure(data: bytes | str, name: str) -> UnsaidError:
    with pytest.raises(UnsaidError) as caught:
        formats.read(data.encode() if isinstance(data, str) else data, name=name)
    assert caught.value.hint, "every error says what to do next"
    return caught.value


@pytest.mark.parametrize(
    ("name", "data", "place", "what"),
    [
        ("a.json", '{"segments": [\n {"start": 0,\n  "end": }]}', "line 3, column 10", "not valid JSON"),
        ("a.json", '{"segments": [{"start": 0, "end"', "line 1, column 33", "ends too early"),
        ("a.json", "So I would use a map.", "line 1, column 1", "not valid JSON"),
        ("a.json", '{"results": []}', "", '"segments" is missing'),
        ("a.json", '{"segments": 3}', "segments", "should be a list"),
        ("a.json", '{"segments": ["a"]}', "segments[0]", "should be an object"),
        ("a.json", '{"segments": [{"start": 0, "end": 1, "text": 7}]}', "segments[0].text", "should be text"),
        (
            "a.json",
            '{"segments": [{"start": "x", "end": 1, "text": "a"}]}',
            "segments[0].start",
            "the text 'x'",
        ),
        ("a.json", '{"segments": [{"end": 1, "text": "a"}]}', "segments[0].start", "there is null"),
        ("a.json", '{"segments": [{"start": -5, "end": 1, "text": "a"}]}', "segments[0]", "before the start"),
        ("a.json", '{"segments": [{"start": 9, "end": 1, "text": "a"}]}', "segments[0]", "before it starts"),
        (
            "a.json",
            '{"segments": [{"start": 0, "end": 1e999, "text": "a"}]}',
            "segments[0].end",
            "not finite",
        ),
        ("a.json", '{"segments": [{"start": 0, "end": 1e9, "text": "a"}]}', "segments[0]", "100 hours"),
        ("a.json", '{"transcription": [{"text": "a"}]}', "transcription[0].offsets", "should be an object"),
        ("a.srt", "1\n00:00:01,000 --> 00:00:0x,000\nSo.\n", "line 2", "not a time range"),
        ("a.srt", "1\n00:00:01,000 --> 00:00:99,000\nSo.\n", "line 2", "up to 59"),
        ("a.srt", "1\n00:00:09,000 --> 00:00:01,000\nSo.\n", "line 2", "before it starts"),
        ("a.srt", "1\n999:00:09,000 --> 999:00:10,000\nSo.\n", "line 2", "100 hours"),
        ("a.srt", "So I would use a map.", "", "no subtitle"),
        ("a.vtt", "WEBVTT\n\nNOTE nothing\n", "", "no cue"),
        ("a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nSo.\n\nx --> y\n", "line 6", "not a time range"),
        ("a.vtt", "WEBVTT\n\n00:09.000 --> 00:02.000\nSo.\n", "line 3", "before it starts"),
        (
            "a.tsv",
            "start\tend\ttext\n0\t900\tSo.\n1.5\t2\tx\n",
            "line 3",
            "not a line of start, end and text",
        ),
        ("a.tsv", "start\tend\ttext\n9000\t10\tSo.\n", "line 2", "before it starts"),
        ("a.txt", "1.0\t2.0\tSo\nnot a label\n", "line 2", "not a label"),
        ("a.txt", "9.0\t1.0\tSo\n", "line 1", "before it starts"),
        ("a.txt", "So\n[00:01.000 --> 00:99.000] So", "line 2", "up to 59"),
        ("a.txt", "[00:09.000 --> 00:01.000] So", "line 1", "before it starts"),
        ("a.txt", "So [pause 999999]", "", "too long"),
        ("a.vtt", "WEBVTT\n\n00:01.000 --> 00:99.000\nSo.\n", "line 3", "up to 59"),
        (
            "a.json",
            '{"transcription": [{"offsets": {"from": 9000, "to": 10}, "text": "a"}]}',
            "transcription[0]",
            "before it starts",
        ),
        (
            "a.json",
            '{"pauses": [{"start": 2, "end": 1}], "segments": [{"start": 0, "end": 1, "text": "a"}]}',
            "pauses[0]",
            "before it starts",
        ),
        ("a.txt", "... !!\n", "", "not one word"),
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\n\n", "", "not one word"),
        ("a.json", '{"segments": []}', "", "not one word"),
        ("a.json", '{"segments": null, "timing": null}', "", "not one word"),
        ("a.txt", "{\\rtf1 So I would.}", "", "RTF"),
        ("a.txt", b"So\nI\xe9 would", "byte 4, line 2", "not text in UTF-8"),
        ("a.txt", b"RIFF\x00\x00", "line 1", "binary"),
        ("a.txt", b"\xff\xfeS\x00o", "", "not text in UTF-8 or UTF-16"),
        ("a.txt", b"", "", "empty"),
        ("a.srt", b" \r\n\t\n", "", "empty"),
        ("a.txt", "\ufeff  ".encode(), "", "empty"),
        ("a.json", '{"schema": 1, "flags": []}', "", "this is an audit"),
    ],
)
def test_errors_name_the_file_and_the_place(name: str, data: bytes | str, place: str, what: str) -> None:
    error = failure(data, name)
    assert error.message.startswith(name)
    assert place in error.message
    assert what in error.message


def test_a_word_is_named_by_its_path() -> None:
    doc = json.loads((DATA / "openai.json").read_text("utf-8"))
    doc["segments"][2]["words"][1]["start"] = [1]
    error = failure(json.dumps(doc), "answer.json")
    assert error.message.startswith("answer.json: segments[2].words[1].start: ")


def test_standard_input_is_called_so() -> None:
    assert failure("", "-").message.startswith("standard input: ")


def test_too_large_is_told_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    tracemalloc.start()
    try:
        with pytest.raises(UnsaidError, match="200 MB"):
            formats.read_file(path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        '{"segments": ' + "[" * 200_000,
        '{"segments": ' + "[" * 3_000 + "]" * 3_000 + "}",
        '{"a":' * 100_000,
        '{"segments": [{"start": 0, "end": ' + "9" * 5_000 + ', "text": "a"}]}',
        '{"segments": [{"start": 0, "end": ' + "9" * 400 + ', "text": "a"}]}',
        '{"segments": [{"start": 0, "end": "' + "9" * 100_000 + '", "text": "a"}]}',
    ],
    ids=["lists", "lists within", "closed lists", "objects", "5,000 digits", "400 digits", "digits as text"],
)
def test_deep_and_huge_json(text: str) -> None:
    failure(text, "a.json")


def test_options_too_deep_to_keep_are_dropped() -> None:
    deep = "[" * 50 + "]" * 50
    text = f'{{"options": {{"a": {deep}, "beam_size": 5}}, "segments": [{json.dumps(ANSWER)}]}}'
    assert formats.read(text.encode(), name="a.json").options == {"beam_size": 5}


# What makes the parsers' own characters likely, so that random files come near to real ones.
PIECES = st.sampled_from(
    [
        "\n",
        "\n\n",
        "\r\n",
        "1",
        "42",
        "-->",
        " --> ",
        "00:00:01,000",
        "00:01.500",
        "0:0:0.5",
        "00:00:99,000",
        "WEBVTT",
        "NOTE",
        "STYLE",
        "<v A>",
        "</v>",
        "<00:00:01.000>",
        "<",
        ">",
        "&amp;",
        "&#",
        "&#x110000;",
        "\t",
        "start\tend\ttext",
        "1000\t2000\tSo",
        "1.5\t2.5\tSo",
        "[pause 4]",
        "[4 s]",
        "[",
        "]",
        "(",
        "{",
        "}",
        '"',
        ":",
        ",",
        "null",
        "NaN",
        "-1",
        "1e999",
        '"segments"',
        '"transcription"',
        '"words"',
        '"word"',
        '"start"',
        '"end"',
        '"text"',
        '"offsets"',
        '"from"',
        "\ufeff",
        "\u2028",
        "\x00",
        "[00:01.000 --> 00:02.000]",
        "# ",
        "- ",
        "So I use a map. ",
        "é",
        "日本",
    ]
)
FILES = st.one_of(
    st.binary(max_size=200),
    st.lists(PIECES, max_size=40).map(lambda p: "".join(p).encode()),
    st.lists(PIECES, max_size=40).map(
        lambda p: ("WEBVTT\n\n00:01.000 --> 00:02.000\n" + "".join(p)).encode()
    ),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "segments",
                    "transcription",
                    "words",
                    "word",
                    "text",
                    "start",
                    "end",
                    "offsets",
                    "from",
                    "to",
                    "tokens",
                    "p",
                    "probability",
                    "score",
                    "speaker",
                    "pauses",
                    "prompt",
                    "prompt_facts",
                    "kind",
                    "duration",
                    "language",
                    "options",
                    "model",
                    "notes",
                    "timing",
                    "info",
                    "result",
                    "params",
                    "id",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)
NUMBERS = st.none() | st.integers(-2, 20) | st.floats(-2, 20) | st.just("3.5")
LIKELY = st.fixed_dictionaries(
    {
        "segments": st.lists(
            st.fixed_dictionaries(
                {"start": NUMBERS, "end": NUMBERS, "text": st.text(max_size=10)},
                optional={
                    "words": st.lists(
                        st.fixed_dictionaries(
                            {"word": st.text(max_size=5)}, optional={"start": NUMBERS, "end": NUMBERS}
                        ),
                        max_size=5,
                    ),
                    "speaker": JSON,
                },
            ),
            max_size=4,
        )
    },
    optional={
        "duration": NUMBERS,
        "pauses": JSON,
        "prompt": JSON,
        "prompt_facts": JSON,
        "kind": JSON,
        "options": JSON,
        "language": JSON,
    },
)


def sound(transcript: Transcript) -> None:
    """What every reader promises of a transcript."""
    assert any(c.isalnum() for c in transcript.text)
    starts = [s.start_s for s in transcript.segments]
    assert starts == sorted(starts)
    for s in transcript.segments:
        assert 0 <= s.start_s <= s.end_s <= transcript.duration_s
        assert bool(s.words) == (transcript.timing == "word")
        at_s = 0.0
        for w in s.words:
            assert at_s <= w.start_s <= w.end_s <= transcript.duration_s
            assert w.text.strip()
            at_s = w.start_s
    for p in transcript.pauses:
        assert 0 <= p.start_s <= p.end_s
    transcript.text.encode()


@given(
    data=FILES,
    name=st.sampled_from(
        ["-", "a.json", "a.srt", "a.vtt", "a.tsv", "a.txt", "a.md", "a.labels", "a.docx", "/a.b/c"]
    ),
)
@example(data=b"WEBVTT\n\n00:01.000 --> 00:02.000\n&#" + b"9" * 5000 + b"; So", name="a.vtt")
@example(data=b"\n", name="a.vtt")
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_a_transcript_or_the_one_error(data: bytes, name: str) -> None:
    try:
        transcript = formats.read(data, name=name)
    except UnsaidError as e:
        assert e.message
    else:
        sound(transcript)


@given(data=FILES)
@settings(max_examples=200, deadline=None)
@pytest.mark.parametrize("reader", formats.FORMATS, ids=lambda f: f.name)
def test_each_reader_takes_any_text(reader: formats.Format, data: bytes) -> None:
    try:
        source: Source = decode(data, name="a.x")
        sound(reader.read(source))
    except UnsaidError as e:
        assert e.message.startswith("a.x")


@given(doc=JSON | LIKELY)
@settings(max_examples=300, deadline=None)
def test_any_json_gives_a_transcript_or_the_one_error(doc: object) -> None:
    try:
        transcript = formats.read(json.dumps(doc).encode(), name="a.json")
    except UnsaidError as e:
        assert e.message.startswith("a.json")
    else:
        sound(transcript)


@pytest.mark.parametrize("name", sorted(p.name for p in DATA.iterdir()))
def test_a_file_cut_anywhere_gives_a_transcript_or_the_one_error(name: str) -> None:
    data = (DATA / name).read_bytes()
    for end in range(0, len(data), max(1, len(data) // 60)):
        try:
            sound(formats.read(data[:end], name=name))
        except UnsaidError as e:
            assert e.message.startswith(name)
