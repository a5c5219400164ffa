"""The page as text: what was said comes back out of it, and nothing strange goes in."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import hypothesis.strategies as st
import pytest
import views_support as support
from hypothesis import given, settings

from unsaid.views.html import render
from unsaid.views.wording import visible


class Lines(HTMLParser):
    """The sentences of a page, badges and inner pauses left out; and every tag seen."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.words: list[str] = []
        self.tags: set[str] = set()
        self._in_line = self._in_word = False
        self._mute = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        known = dict(attrs)
        classes = (known.get("class") or "").split()
        if tag == "p" and known.get("dir") == "auto" and "prompt" not in classes:
            self._in_line = True
            self.lines.append("")
        if self._in_line and not self._mute and ({"badge", "inner-gap"} & set(classes)):
            self._mute = tag
        if "w" in classes:
            self._in_word = True
            self.words.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "p":
            self._in_line = False
        if tag == self._mute:
            self._mute = ""
        self._in_word = False

    def handle_data(self, data: str) -> None:
        if self._in_line and not self._mute:
            self.lines[-1] += data
        if self._in_word:
            self.words[-1] += data


@settings(max_examples=60)
@given(st.lists(st.text(min_size=1, max_size=40).filter(str.split), min_size=1, max_size=3), st.data())
def test_removing_the_marks_gives_the_sentences_back(texts: list[str], data: st.DataObject) -> None:
    said = []
    for text in texts:
        start = data.draw(st.integers(0, len(text) - 1))
        end = data.draw(st.integers(start + 1, len(text)))
        said.append((0.2, text, [("D1", text[start:end]), ("U1", text[: end - start])]))
    parser = Lines()
    parser.feed(render(support.build(said), title="T", audio_url="a.flac"))
    assert ["".join(line.split()) for line in parser.lines] == ["".join(visible(t).split()) for t in texts]
    assert "img" not in parser.tags


def test_a_word_that_a_quote_cuts_is_still_one_word_to_click() -> None:
    parser = Lines()
    parser.feed(
        render(
            support.build([(0.1, "I'd sort them, then stop.", [("D1", "sort them")])]),
            title="T",
            audio_url="a",
        )
    )
    assert parser.words == ["I'd", "sort", "them", "then", "stop."]
    assert parser.lines == ["I'd sort them, then stop."]


@pytest.mark.parametrize(
    "address",
    [
        "http://example.invalid/a.flac",
        "https://example.invalid/a.flac",
        "//example.invalid/a.flac",
        "\\\\example.invalid\\a.flac",
        "javascript:alert(1)",
        " HTTPS://example.invalid/a.flac",
    ],
)
def test_a_recording_elsewhere_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="may not fetch"):
        render(support.small(), title="T", audio_url=address)


@pytest.mark.parametrize(
    "address", ["answer.flac", "../a%20b.flac", "file:///tmp/a.flac", "data:audio/ogg,x", "blob:x"]
)
def test_a_recording_here_is_taken(address: str) -> None:
    assert f'src="{address}"' in render(support.small(), title="T", audio_url=address)


@given(st.lists(st.floats(), max_size=30))
def test_any_peaks_make_a_sound_outline(peaks: list[float]) -> None:
    page = render(support.small(), title="T", peaks=peaks)
    found = re.search(r'<path class="sound" d="([^"]*)"', page)
    assert (found is not None) == bool(peaks)
    if found:
        assert re.fullmatch(r"M0 50(L\d+(\.5)? \d+(\.\d)?)+L\d+ 50(L\d+\.5 \d+(\.\d)?)+Z", found[1])
        heights = [float(y) for y in re.findall(r"L[\d.]+ ([\d.]+)", found[1])]
        assert all(0 <= height <= 100 for height in heights)


def test_the_same_audit_makes_the_same_page() -> None:
    assert render(support.small(), title="T") == render(support.small(), title="T")


def test_pauses_and_flags_stand_on_the_timeline_where_they_are() -> None:
    audit = support.small()
    page = render(audit, title="T", peaks=[0.5] * 100)
    length_s = audit.transcript.duration_s
    drawn = re.findall(r'<rect class="pause( long)?" x="([\d.]+)%" y="0" width="([\d.]+)%"', page)
    shown = [p for p in audit.transcript.pauses if p.duration_s >= 1]
    assert len(drawn) == len(shown) == 3
    for (is_long, x, width), pause in zip(drawn, shown, strict=True):
        assert bool(is_long) == (pause.duration_s >= 4)
        assert float(x) == pytest.approx(pause.start_s / length_s * 100, abs=0.01)
        assert float(width) == pytest.approx(pause.duration_s / length_s * 100, abs=0.01)
    ticks = re.findall(r'<line class="tick f(\w)" data-flag="(\d)" x1="([\d.]+)%"', page)
    assert [(letter, int(number)) for letter, number, _ in ticks] == [
        (flag.code[0], number) for number, flag in enumerate(audit.flags, start=1)
    ]
    for (_, _, x), flag in zip(ticks, audit.flags, strict=True):
        assert float(x) == pytest.approx(flag.start_s / length_s * 100, abs=0.01)
