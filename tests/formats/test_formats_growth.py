"""Large files made to upset a parser: where time grows with the square, these do not end."""

from __future__ import annotations

import json

import pytest

from unsaid import formats
from unsaid.errors import UnsaidError

N = 300_000
CUE = "00:01.000 --> 00:02.000\n"
SRT = "1\n00:00:01,000 --> 00:00:02,000\n"
TOKENS = [{"text": "a", "offsets": {"from": 0, "to": 1}}] * (N // 50)

NASTY = {
    "open tags": ("a.vtt", "WEBVTT\n\n" + CUE + "a " + "<" * N),
    "tags": ("a.vtt", "WEBVTT\n\n" + CUE + "<b>a" * (N // 4)),
    "word times": ("a.vtt", "WEBVTT\n\n" + CUE + "<00:01.500>a" * (N // 12)),
    "voices": ("a.vtt", "WEBVTT\n\n" + CUE + "<v A>a" * (N // 6)),
    "rolling lines": ("a.vtt", "WEBVTT\n\n" + CUE + "<00:01.500>a\n\n" + CUE + "a\n" * (N // 2)),
    "loose lines": ("a.vtt", "WEBVTT\n\n" + CUE + "a\n\n" + "x\n\n" * (N // 3)),
    "ampersands": ("a.vtt", "WEBVTT\n\n" + CUE + "a " + "&" * N),
    "many cues": ("a.vtt", "WEBVTT\n\n" + (CUE + "a\n\n") * (N // 27)),
    "many subtitles": ("a.srt", (SRT + "a\n\n") * (N // 34)),
    "open font tags": ("a.srt", SRT + "a " + "<font " * (N // 6)),
    "blanks in a tag": ("a.srt", SRT + "a <font" + " " * N),
    "braces": ("a.srt", SRT + "a " + "{\\" * (N // 2)),
    "blanks around an arrow": ("a.srt", SRT + "a\n\n" + " " * N + "-->" + " " * N),
    "arrows": ("a.srt", SRT + "a\n\n" + "-->" * (N // 3)),
    "numbers": ("a.srt", SRT + "a\n" + "1\n" * (N // 2)),
    "blanks in a row": ("a.tsv", "1\t2\ta" + " " * N + "\n" + " " * N + "1\t2\tb"),
    "digits in a row": ("a.tsv", "1\t2\ta\n" + "1" * N),
    "brackets": ("a.txt", "a " + "[" * N),
    "blank pauses": ("a.txt", "a " + "[pause " * (N // 7)),
    "a pause of blanks": ("a.txt", "a [pause" + " " * N),
    "a speaker of blanks": ("a.txt", "a\n\n" + " " * N + "["),
    "one word": ("a.txt", "a" * N),
    "one-word paragraphs": ("a.txt", "a\n\n" * (N // 3)),
    "marks": ("a.md", "a\n" + "#" * N + "\n" + "> " * (N // 2)),
    "quotes": ("a.json", '"' * N),
    "escapes": ("a.json", '{"segments": [{"start": 0, "end": 1, "text": "' + "\\n" * (N // 2) + 'a"}]}'),
    "tokens of one word": (
        "a.json",
        json.dumps({"transcription": [{"offsets": {"from": 0, "to": 1}, "text": "a", "tokens": TOKENS}]}),
    ),
    "words without times": (
        "a.json",
        json.dumps({"segments": [{"start": 0, "end": 1, "text": "a", "words": [{"word": "a"}] * (N // 20)}]}),
    ),
}


@pytest.mark.parametrize("case", NASTY)
def test_nasty_files_end(case: str) -> None:
    name, text = NASTY[case]
    try:
        assert formats.read(text.encode(), name=name).segments
    except UnsaidError as e:
        assert e.message.startswith(name)
