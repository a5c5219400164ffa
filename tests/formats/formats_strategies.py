"""Random transcripts and audits for the property tests of formats."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from unsaid.formats.source import clean
from unsaid.model import (
    CONDUCT_FAMILY,
    FAMILY_LETTERS,
    KINDS,
    Act,
    Audit,
    Flag,
    Measures,
    Moment,
    Outcome,
    Pause,
    Prompt,
    Rewrite,
    Segment,
    Sentence,
    Share,
    Transcript,
    Word,
)

TRICKY = st.lists(
    st.one_of(
        st.text(max_size=6),
        st.sampled_from(
            [
                "-->",
                "--->",
                "\n",
                "\n\n",
                "\r\n",
                "\r",
                "\x0b",
                "\x1c",
                "\x85",
                "\u2028",
                "\t",
                "1\n00:00:01,000 --> ",
                "00:00:02,000",
                "WEBVTT",
                "NOTE",
                "<i>",
                "<v Bob>",
                "</b>",
                "<",
                ">",
                "&",
                "&amp;",
                "&lt;",
                "{\\an8}",
                "\\N",
                "\\h",
                "[D1] ",
                "\ufeff",
                "42",
                "\x00",
                "\x1b[31m",
                '"',
                "'",
                "é",
                "日本",
                "👩‍💻",
                "עברית",
                "\u200f",
            ]
        ),
    ),
    max_size=5,
).map("".join)
"""Text with everything in it that could break a line-based format."""
CLEAN = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=12)
"""Text as it stands in a transcript: no line breaks, no control characters."""
SPOKEN = CLEAN.map(lambda t: t + "a")
MS = st.integers(0, 90_000_000).map(lambda ms: ms / 1000)
EXACT = st.floats(0, 90_000, allow_subnormal=False)


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    """Transcripts as the program makes them: ordered, clean, words everywhere or nowhere."""
    timing = draw(st.sampled_from(["word", "segment", "none"]))
    edges = sorted(draw(st.lists(EXACT, min_size=2, max_size=8)))
    edges = edges[: len(edges) // 2 * 2]
    segments = []
    for start_s, end_s in zip(edges[::2], edges[1::2], strict=True):
        words = []
        if timing == "word":
            times = sorted(draw(st.lists(st.floats(start_s, end_s), min_size=2, max_size=6)))
            for a, b in zip(times[::2], times[1::2], strict=False):
                words.append(Word(" " + draw(SPOKEN), a, b, draw(st.none() | st.floats(0, 1))))
        text = draw(SPOKEN) if timing != "word" or draw(st.booleans()) else "".join(w.text for w in words)
        segments.append(Segment(start_s, end_s, text, tuple(words), draw(st.none() | SPOKEN)))
    pauses = sorted(draw(st.lists(st.tuples(EXACT, EXACT).map(sorted).map(tuple), max_size=3)))
    prompt = Prompt(
        draw(SPOKEN),
        draw(st.none() | st.sampled_from(KINDS)),
        draw(st.none() | SPOKEN),
        tuple(draw(st.lists(SPOKEN, max_size=2))),
    )
    notes = draw(st.lists(CLEAN, max_size=2, unique=True))
    return Transcript(
        segments=tuple(segments),
        duration_s=edges[-1] + draw(EXACT),
        pauses=tuple(Pause(a, b) for a, b in pauses),
        language=draw(st.none() | st.just("en")),
        timing=timing,
        prompt=draw(st.none() | st.just(prompt)),
        model=draw(st.none() | SPOKEN),
        options=draw(
            st.dictionaries(CLEAN, st.none() | st.booleans() | EXACT | CLEAN | st.lists(CLEAN), max_size=3)
        ),
        notes=tuple(notes),
    )


@st.composite
def audits(
    draw: st.DrawFn, text: st.SearchStrategy[str] = TRICKY, times: st.SearchStrategy[float] = MS
) -> Audit:
    """Audits of sentences with any text; times in order, and some sentences that do not last."""
    edges = sorted(draw(st.lists(times, min_size=2, max_size=10)))
    spans = list(zip(edges[::2], edges[1::2], strict=False))
    sentences = []
    for i, (start_s, end_s) in enumerate(spans):
        acts = draw(
            st.lists(st.builds(Act, st.just("decision"), st.integers(0, 9), st.integers(9, 20)), max_size=2)
        )
        words = (i * 3, i * 3 + 3)
        sentences.append(Sentence(i, draw(text), start_s, end_s, *words, draw(times), tuple(acts)))
    flags = []
    for n in draw(st.lists(st.integers(0, len(sentences) - 1), max_size=4)):
        s = sentences[n]
        code = draw(st.sampled_from(["D1", "D2", "A4", "U5"]))
        flags.append(
            Flag(
                id=f"{code}-{len(flags)}",
                code=code,
                name="a-name",
                family=FAMILY_LETTERS[code[0]],
                severity=draw(st.sampled_from(["error", "warning", "info"])),
                start_s=s.start_s,
                end_s=s.end_s,
                quote=draw(text),
                sentence=s.text,
                sentence_index=n,
                message=draw(text),
                evidence=tuple(draw(st.lists(text, max_size=2))),
                rewrite=draw(text),
                confidence=draw(st.floats(0, 1)),
                number=draw(st.integers(0, 99)),
                cost_rank=draw(st.integers(0, 99)),
                standing=draw(st.sampled_from(["shown", "less-costly", "less-sure"])),
                dismissed=draw(st.sampled_from(["", "", "wrong words"])),
            )
        )
    flags.sort(key=lambda f: f.start_s)
    pauses = sorted(draw(st.lists(st.tuples(times, times).map(sorted).map(tuple), max_size=3)))
    transcript = Transcript(
        segments=tuple(Segment(s.start_s, s.end_s, s.text) for s in sentences),
        duration_s=edges[-1],
        pauses=tuple(Pause(a, b) for a, b in pauses),
        language="en",
        timing="segment",
    )
    measures = Measures(
        duration_s=edges[-1],
        speaking_s=draw(times),
        silent_s=draw(times),
        longest_pause_s=draw(times),
        words=draw(st.integers(0, 9)),
        words_per_minute=draw(times),
        decisions=2,
        decisions_explained=1,
        doubts=3,
        doubts_bounded=0,
        first_framing_s=draw(st.none() | times),
        flags_by_family={k: sum(f.code[0] == k for f in flags) for k in FAMILY_LETTERS},
    )
    prompt = draw(st.none() | st.just(Prompt("Why?", "design", None, ("It is so.",))))
    dismissed = tuple(f for f in flags if f.dismissed)
    more = tuple(f for f in flags if not f.dismissed and f.standing != "shown")
    shown = tuple(f for f in flags if not f.dismissed and f.standing == "shown")
    conduct = tuple(replace(f, code="E1", family=CONDUCT_FAMILY, number=0) for f in shown[:1])
    heard = tuple(
        draw(
            st.dictionaries(st.sampled_from(["problem-framing", "coding-fluency"]), st.just("partly"))
        ).items()
    )
    return Audit(transcript, tuple(sentences), shown, measures, prompt, more, dismissed, conduct, heard)


@st.composite
def reviewed(
    draw: st.DrawFn, text: st.SearchStrategy[str] = TRICKY, times: st.SearchStrategy[float] = MS
) -> tuple[Audit, Outcome]:
    """Audits with what was said of every flag, own marks, and rewrites of any text."""
    audit = draw(audits(text, times))

    def rewrite(code: str, quote: str, start_s: float) -> Rewrite | None:
        if draw(st.booleans()):
            return None
        missing = tuple(draw(st.lists(text, max_size=2)))
        return Rewrite(code, quote, start_s, draw(text.map(lambda t: t + "x")), missing, draw(text))

    moments = []
    for f in (*audit.flags, *audit.dismissed):
        verdict = "dismissed" if f.dismissed else draw(st.sampled_from(["open", "kept"]))
        family = draw(st.sampled_from("DAU")) if verdict == "kept" else f.code[0]
        said = rewrite(f.code, f.quote, f.start_s)
        moments.append(
            Moment(
                f.number,
                f.code,
                f.quote,
                f.start_s,
                f.end_s,
                f.sentence_index,
                family,
                f,
                verdict,
                draw(text) if verdict == "dismissed" else "",
                said,
            )
        )
    for s in audit.sentences:
        if draw(st.booleans()):
            said = rewrite("own", s.text, s.start_s)
            letter = draw(st.sampled_from("DAU"))
            moments.append(
                Moment(0, "own", s.text, s.start_s, s.end_s, s.index, letter, None, "kept", "", said)
            )
    moments.sort(key=lambda m: (m.start_s, m.sentence_index, m.code))
    return audit, Outcome(tuple(moments), tuple(Share(letter, 3, 1, 2) for letter in "DAU"))


def flat(text: str) -> str:
    """`text` as a line-based format can hold it."""
    return " ".join(clean(text).split())
