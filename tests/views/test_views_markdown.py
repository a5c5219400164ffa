"""The marked-up transcript as Markdown, read back by a CommonMark parser."""

from __future__ import annotations

import re

import hypothesis.strategies as st
import views_support as support
from hypothesis import example, given
from markdown_it import MarkdownIt
from markdown_it.token import Token

from unsaid.views.markdown import code, escape, render
from unsaid.views.wording import visible


def parse(text: str) -> list[Token]:
    return MarkdownIt("commonmark").parse(text)


def shown(token: Token) -> str:
    """What a reader sees of an inline token."""
    parts = []
    for child in token.children or []:
        assert child.type in {"text", "code_inline", "strong_open", "strong_close", "em_open", "em_close"}, (
            child
        )
        parts.append(child.content)
    return "".join(parts)


def paragraphs(text: str) -> list[str]:
    return [shown(token) for token in parse(text) if token.type == "inline"]


def squeezed(text: str) -> str:
    return " ".join(text.split())


MARKS = re.compile(r" ?\[\d+:[DAU]\d\]")
WORDS = st.text(min_size=1, max_size=40).filter(lambda text: visible(text).split() != [])


@given(WORDS)
@example("1. first")
@example("- item")
@example("# head")
@example("> quote")
@example("---")
@example("    four spaces")
@example("a * b * c _d_ **e** `f` <b> &lt; [x](y) ![z](w) \\ | ~ http://x.invalid a@b.invalid")
def test_escaped_text_reads_as_it_was(text: str) -> None:
    tokens = parse(escape(text))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert squeezed(shown(tokens[1])) == squeezed(visible(text))


@given(st.text(min_size=1))
@example("``a`")
@example("`")
def test_code_reads_as_it_was(text: str) -> None:
    (token,) = [token for token in parse("x " + code(text)) if token.type == "inline"]
    assert squeezed(shown(token)) == squeezed("x " + visible(text))


@given(st.lists(WORDS, min_size=1, max_size=3), st.data())
def test_removing_the_marks_gives_the_sentences_back(texts: list[str], data: st.DataObject) -> None:
    said = []
    for text in texts:
        start = data.draw(st.integers(0, len(text) - 1))
        end = data.draw(st.integers(start + 1, len(text)))
        said.append((0.2, text, [("D1", text[start:end])]))
    audit = support.build(said, prompt=None)
    tokens = parse(render(audit, title="T"))
    body = [shown(token) for token in tokens if token.type == "inline"]
    told = body[body.index("Transcript") + 1 : body.index("Flags")]
    assert [squeezed(MARKS.sub("", line.partition(" ")[2])).replace(" ", "") for line in told] == [
        squeezed(visible(text)).replace(" ", "") for text in texts
    ]


def test_the_document_says_all_the_terminal_does() -> None:
    lines = paragraphs(render(support.small(), title="Rate limiter"))
    assert lines[:3] == ["Rate limiter", "Prompt: Design a rate limiter.", "Transcript"]
    assert "0:04 So I'd start with a Redis cluster [1:A1] in front of it." in lines
    assert "[pause 5.2 s]" in lines
    assert "[pause 0.5 s]" not in lines
    at = lines.index("1. A1 unexplained choice, 0:04")
    assert lines[at + 1 : at + 5] == [
        "start with a Redis cluster",
        "The choice stands without a reason.",
        "Say it: I chose ___ because ___.",
        "no reason stands near",
    ]
    assert "Decisions: 1 of 4 with an audible reason" in lines


def test_overlapping_quotes_are_bold_as_one() -> None:
    assert "Actually, **scratch that, let's go with a sliding window** `[4:D3]` `[5:A4]`." in render(
        support.small(), title="T"
    )


def test_a_text_without_times_shows_none() -> None:
    text = render(support.small("none"), title="T")
    assert not re.search(r"\d:\d\d", text)
    assert "`2` So I'd **start with a Redis cluster** `[1:A1]`" in text
    assert "### 1. A1 unexplained choice, sentence 2" in text


def test_hostile_text_makes_no_html_link_or_image() -> None:
    audit = support.build(
        [(0.1, support.HOSTILE, [("D1", "[red]bold[/red]")])],
        prompt=support.HOSTILE,
        notes=(support.HOSTILE,),
        message=support.HOSTILE,
        evidence=(support.HOSTILE,),
        rewrite=support.HOSTILE,
        name=support.HOSTILE,
    )
    text = render(audit, title=support.HOSTILE, page="a`b.html")
    html = MarkdownIt("commonmark").render(text)
    assert not re.search(r"<(script|img|a)\b", html)
    assert not set(text) & set("\x1b\x07\u202e")
    assert paragraphs(text)[0] == squeezed(visible(support.HOSTILE))


def test_flags_are_listed_by_cost_with_what_is_left_out() -> None:
    text = render(support.ranked(), title="t")
    assert re.findall(r"^### (\d)\.", text, re.MULTILINE) == ["4", "1", "7"]
    assert "1 more, less sure: --all shows it." in text
    assert "\n\n1 dismissed.\n\n" in text
    assert re.search(r"^### 7\. D2 .*, less sure$", text, re.MULTILINE)
    assert "`[7:D2 less sure]`" in text
