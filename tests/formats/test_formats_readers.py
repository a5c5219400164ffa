"""A file of each named kind goes through, with its words, times, pauses and speakers."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

import pytest

from unsaid import formats
from unsaid.errors import UnsaidError
from unsaid.model import Pause, Prompt, Transcript

DATA = Path(__file__).parent / "data"
SENTENCES = ("Okay, so I need the key fast.", "I'll use a hash map here.", "That should probably be fine.")
TIMES = ((0.6, 2.4), (3.1, 4.6), (9.1, 10.9))
GAPS = ((0.0, 0.6), (2.4, 3.1), (4.6, 9.1))


def read(name: str) -> Transcript:
    return formats.read_file(DATA / name)


def texts(transcript: Transcript) -> tuple[str, ...]:
    return tuple(s.text.strip() for s in transcript.segments)


def gaps(transcript: Transcript) -> tuple[tuple[float, float], ...]:
    return tuple((p.start_s, p.end_s) for p in transcript.pauses)


@pytest.mark.parametrize("name", ["openai.json", "faster_whisper_list.json", "whispercpp_full.json"])
def test_json_with_words_gives_words_times_and_pauses(name: str) -> None:
    transcript = read(name)
    assert texts(transcript) == SENTENCES
    assert transcript.timing == "word"
    assert tuple((s.start_s, s.end_s) for s in transcript.segments) == TIMES
    for segment in transcript.segments:
        assert "".join(w.text for w in segment.words).strip() == segment.text.strip()
        assert segment.words[0].start_s == segment.start_s
        assert segment.words[-1].end_s == segment.end_s
        assert all(w.probability is not None and 0 < w.probability <= 1 for w in segment.words)
    assert gaps(transcript) == GAPS
    assert transcript.duration_s == 10.9
    assert transcript.notes == ()


@pytest.mark.parametrize(
    "name",
    [
        "openai_no_words.json",
        "whispercpp.json",
        "comma.srt",
        "dots_no_numbers.srt",
        "decorated.srt",
        "simple.vtt",
        "rich.vtt",
        "whisper.tsv",
        "no_header.tsv",
        "audacity.txt",
        "printed.txt",
    ],
)
def test_files_with_times_of_segments(name: str) -> None:
    transcript = read(name)
    assert texts(transcript) == SENTENCES
    assert transcript.timing == "segment"
    assert tuple((s.start_s, s.end_s) for s in transcript.segments) == TIMES
    assert all(s.words == () for s in transcript.segments)
    assert gaps(transcript) == GAPS
    assert any("a pause within a segment is not seen" in n for n in transcript.notes)


@pytest.mark.parametrize("name", ["openai.json", "faster_whisper.json", "whispercpp.json", "whisperx.json"])
def test_the_language_is_kept(name: str) -> None:
    assert read(name).language == "en"


def test_the_duration_of_the_recording_makes_a_pause_at_the_end() -> None:
    transcript = read("faster_whisper.json")
    assert transcript.duration_s == 12.0
    assert gaps(transcript) == (*GAPS, (10.9, 12.0))


def test_whisperx_words_without_times_are_placed_between_their_neighbours() -> None:
    transcript = read("whisperx.json")
    first = transcript.segments[0]
    before, number, after = first.words[3:6]
    assert number.text == " 100"
    assert before.end_s <= number.start_s < number.end_s <= after.start_s
    assert number.probability is None
    assert first.speaker == "SPEAKER_00"
    assert "".join(w.text for w in first.words) == first.text == " Okay, so I need 100 keys fast."
    assert any("word without times" in n for n in transcript.notes)


def test_whisperx_segment_that_was_not_aligned_gets_words_too() -> None:
    doc = json.loads((DATA / "whisperx.json").read_text("utf-8"))
    doc["segments"][1]["words"] = []
    transcript = formats.read(json.dumps(doc).encode(), name="x.json")
    words = transcript.segments[1].words
    assert [w.text for w in words] == [" I'll", " use", " a", " hash", " map", " here."]
    assert words[0].start_s == 3.1
    assert words[-1].end_s == 4.6
    assert transcript.timing == "word"


def test_whispercpp_tokens_become_words_as_sure_as_their_least_sure_token() -> None:
    words = read("whispercpp_full.json").segments[1].words
    assert [w.text for w in words] == [" I'll", " use", " a", " hash", " map", " here."]
    assert words[0].probability == pytest.approx(0.8)


def test_whispercpp_characters_cut_into_bytes_do_not_spoil_the_file() -> None:
    data = (DATA / "whispercpp_full.json").read_bytes().replace(b'" hash"', b'" h\xc3"')
    transcript = formats.read(data, name="x.json")
    assert [w.text for w in transcript.segments[1].words] == [f" {w}" for w in SENTENCES[1].split()]
    assert any("cut into pieces" in n for n in transcript.notes)


def test_our_own_file_brings_its_pauses_prompt_and_model() -> None:
    transcript = read("unsaid.json")
    assert transcript.pauses == (Pause(0.0, 0.55), Pause(4.7, 9.0))
    assert transcript.prompt == Prompt("Count the words of a text.", "coding", "word-count")
    assert (transcript.model, transcript.options) == ("base.en", {"beam_size": 5})
    assert transcript.duration_s == 12.0


def test_an_unknown_kind_is_told_and_left_out() -> None:
    doc = json.loads((DATA / "unsaid.json").read_text("utf-8")) | {"kind": "poetry"}
    transcript = formats.read(json.dumps(doc).encode(), name="x.json")
    assert transcript.prompt is not None
    assert transcript.prompt.kind is None
    assert any("'poetry'" in n for n in transcript.notes)


def test_speakers_of_subtitles_are_kept() -> None:
    assert [s.speaker for s in read("rich.vtt").segments] == ["Ada L.", "Grace", None]
    assert [s.speaker for s in read("decorated.srt").segments] == [None, "SPEAKER_01", None]


def test_vtt_entities_and_two_voices_in_one_cue() -> None:
    transcript = read("entities.vtt")
    assert texts(transcript) == ("R&D says a < b && b > c.", "Why?", "Because “reads” win.")
    assert [s.speaker for s in transcript.segments] == [None, "Ada", "Grace"]
    why, because = transcript.segments[1:]
    assert 4.0 == why.start_s < why.end_s == because.start_s < because.end_s == 6.0


def test_rolling_captions_say_each_line_once_with_word_times() -> None:
    transcript = read("rolling.vtt")
    assert texts(transcript) == ("Okay, so I need", "the key fast.")
    assert transcript.timing == "word"
    assert [(w.text, w.start_s) for s in transcript.segments for w in s.words] == [
        (" Okay,", 0.6),
        (" so", 0.9),
        (" I", 1.1),
        (" need", 1.2),
        (" the", 2.41),
        (" key", 2.8),
        (" fast.", 3.5),
    ]


def test_plain_text_gets_an_even_pace_and_its_marked_pauses() -> None:
    transcript = read("plain.txt")
    assert transcript.timing == "none"
    assert texts(transcript) == SENTENCES
    assert [p.duration_s for p in transcript.pauses] == pytest.approx([7.0, 4.5])
    assert tuple((s.start_s, s.end_s) for s in transcript.segments) == ((0, 2.8), (9.8, 12.2), (16.7, 18.7))
    assert any("150 words a minute" in n for n in transcript.notes)


@pytest.mark.parametrize(
    ("marker", "seconds"),
    [
        ("[pause 4.5]", 4.5),
        ("[Pause: 6 s]", 6),
        ("(pause 2)", 2),
        ("[4.5s]", 4.5),
        ("[12 seconds]", 12),
        ("[silence 3.25 sec]", 3.25),
    ],
)
def test_pause_markers(marker: str, seconds: float) -> None:
    transcript = formats.read(f"One two. {marker} Three.".encode(), name="x.txt")
    assert [p.duration_s for p in transcript.pauses] == pytest.approx([seconds])
    assert texts(transcript) == ("One two.", "Three.")


@pytest.mark.parametrize(
    "spoken", ["It takes (3 s) or so.", "We index [4] of them.", "a[1] s", "The [pauses] list."]
)
def test_other_brackets_are_text(spoken: str) -> None:
    transcript = formats.read(spoken.encode(), name="x.txt")
    assert transcript.pauses == ()
    assert texts(transcript) == (spoken,)


def test_markdown_marks_are_not_spoken() -> None:
    transcript = read("headed.md")
    assert " ".join(texts(transcript)) == " ".join(SENTENCES)
    assert "headings were left out" in transcript.notes


@pytest.mark.parametrize("name", sorted(p.name for p in DATA.iterdir()))
@pytest.mark.parametrize("change", ["bom", "crlf", "cr", "utf-16", "utf-16-be", "nameless"])
def test_encodings_line_ends_and_names_change_nothing(name: str, change: str) -> None:
    text = (DATA / name).read_text("utf-8")
    given = name
    match change:
        case "bom":
            data = codecs.BOM_UTF8 + text.encode()
        case "crlf":
            data = text.replace("\n", "\r\n").encode()
        case "cr":
            data = text.replace("\n", "\r").encode()
        case "utf-16":
            data = text.encode("utf-16")
        case "utf-16-be":
            data = codecs.BOM_UTF16_BE + text.encode("utf-16-be")
        case _:
            data, given = text.encode(), name if name.endswith(".md") else "-"
    assert formats.read(data, name=given) == read(name)


def test_content_counts_more_than_the_name() -> None:
    srt = (DATA / "comma.srt").read_bytes()
    for name in ("answer.txt", "answer.json", "answer.vtt.bak", "answer"):
        assert formats.read(srt, name=name) == read("comma.srt")


def test_vtt_without_its_header_is_read_by_its_name() -> None:
    data = (DATA / "rich.vtt").read_text("utf-8").split("\n\n", 1)[1].encode()
    transcript = formats.read(data, name="x.vtt")
    assert texts(transcript) == SENTENCES
    assert "the header WEBVTT is missing" in transcript.notes


def test_overlapping_and_unordered_subtitles_are_put_in_order() -> None:
    data = b"00:00:05,000 --> 00:00:06,000\nSecond.\n\n00:00:01,000 --> 00:00:05,500\nFirst.\n"
    transcript = formats.read(data, name="x.srt")
    assert texts(transcript) == ("First.", "Second.")
    assert gaps(transcript) == ((0.0, 1.0),)
    assert any("put in order" in n for n in transcript.notes)


def test_sounds_in_brackets_were_not_said() -> None:
    cues = ["[BLANK_AUDIO]", "(laughs)", "♪♪", "So I'd use (say) a map.", "[Music]"]
    data = "\n".join(f"00:00:0{i},000 --> 00:00:0{i},900\n{text}\n" for i, text in enumerate(cues))
    transcript = formats.read(data.encode(), name="x.srt")
    assert texts(transcript) == ("So I'd use (say) a map.",)
    assert any("[BLANK_AUDIO], (laughs)" in n for n in transcript.notes)


def test_one_word_a_subtitle_is_word_times() -> None:
    said = "So I would use a hash map here."
    data = "\n".join(f"00:00:0{i},000 --> 00:00:0{i},900\n{w}\n" for i, w in enumerate(said.split()))
    transcript = formats.read(data.encode(), name="x.srt")
    assert transcript.timing == "word"
    assert transcript.text == said
    assert [w.start_s for s in transcript.segments for w in s.words] == list(range(8))


def test_json_with_text_alone_is_plain_text() -> None:
    transcript = formats.read(b'{"text": "So I would use a map.", "usage": {}}', name="x.json")
    assert (transcript.timing, transcript.text) == ("none", "So I would use a map.")


def test_words_out_of_order_are_clamped_and_told() -> None:
    words = [{"word": " a", "start": 1.0, "end": 1.2}, {"word": " b", "start": 0.9, "end": 0.8}]
    doc = {"segments": [{"start": -0.02, "end": 2.0, "text": " a b", "words": words}]}
    transcript = formats.read(json.dumps(doc).encode(), name="x.json")
    first, second = transcript.segments[0].words
    assert 0 <= first.start_s <= first.end_s
    assert first.start_s <= second.start_s <= second.end_s
    assert transcript.segments[0].start_s == 0.0
    assert len(transcript.notes) == 2


def test_a_segment_without_times_takes_those_of_its_words() -> None:
    words = [{"word": "So", "start": 1.5, "end": 1.75}, {"word": "what?", "start": 2, "end": 2.5}]
    transcript = formats.read(json.dumps({"segments": [{"words": words}]}).encode(), name="x.json")
    (segment,) = transcript.segments
    assert (segment.start_s, segment.end_s, segment.text) == (1.5, 2.5, " So what?")


def test_not_a_number_counts_as_no_time() -> None:
    data = (
        b'{"segments": [{"start": 0, "end": 2, "text": " a b", "avg_logprob": NaN, "words": ['
        b'{"word": " a", "start": NaN, "end": NaN}, {"word": " b", "start": 1, "end": 2}]}]}'
    )
    transcript = formats.read(data, name="x.json")
    assert transcript.segments[0].words[0].start_s == 0.0
    assert transcript.segments[0].words[0].end_s == 1.0


def test_control_characters_and_lone_surrogates_do_not_come_through() -> None:
    doc = r'{"segments": [{"start": 0, "end": 1, "text": " a\u001b[31m\u0000 b\n\ud800c"}]}'
    assert texts(formats.read(doc.encode(), name="x.json")) == ("a[31m b \ufffdc",)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("a.json", True),
        ("a.SRT", True),
        ("a.vtt", True),
        ("a.tsv", True),
        ("b.txt", True),
        ("b.md", True),
        ("a.wav", False),
        ("a", False),
        (".json", False),
        ("a.mp4", False),
    ],
)
def test_names_of_transcripts(name: str, known: bool) -> None:
    assert formats.is_transcript_name(name) is known


def test_every_format_is_named_once() -> None:
    names = [f.name for f in formats.FORMATS]
    suffixes = [s for f in formats.FORMATS for s in f.suffixes]
    assert len(set(names)) == len(names)
    assert len(set(suffixes)) == len(suffixes)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(UnsaidError, match="no such file"):
        formats.read_file(tmp_path / "nothing.srt")
    with pytest.raises(UnsaidError, match="folder"):
        formats.read_file(tmp_path)
