"""JSON in openai-whisper's names, as written by openai-whisper, faster-whisper, whisperX and unsaid itself.

    {"text": …, "language": "en", "segments": [{"start": 0.6, "end": 4.2, "text": …,
      "words": [{"word": " So", "start": 0.6, "end": 0.8, "probability": 0.97}, …]}, …]}

whisperX says `score` for `probability`, adds `speaker`, and leaves out the times of words that it could not
align. A bare list of segments will do, and so will `text` without segments, which is read as plain text.
unsaid adds `duration`, `pauses`, `timing`, `prompt`, `kind`, `prompt_id`, `prompt_facts`, `model`, `options`
and `notes`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import get_args

from unsaid.formats import plain
from unsaid.formats.build import LooseWord, build, checked_span, settle_words, spaced, split_speaker
from unsaid.formats.json_file import Values, parse
from unsaid.formats.source import MAX_TIME_S, Source, clean
from unsaid.model import KINDS, Kind, Pause, Prompt, Segment, Timing, Transcript, Word

_LOOKS_LIKE_JSON = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[\[\]{\"])")


def sniff(source: Source) -> bool:
    """True for what begins like JSON (`[pause 4.5]` does not)."""
    return _LOOKS_LIKE_JSON.match(source.text, 0, 1000) is not None


def read(source: Source) -> Transcript:
    """Read `source`. Raises UnsaidError with line and column, or with the path of the faulty value."""
    values = Values(source)
    top = parse(source)
    doc: dict[str, object] = {"segments": top} if isinstance(top, list) else values.mapping(top, "")
    if "segments" not in doc:
        text = doc.get("text")
        if isinstance(text, str) and "flags" not in doc:
            return plain.read(Source(source.name, values.text(text, "text"), source.notes))
        raise _not_a_transcript(source, doc)
    segments = [
        _segment(values, values.mapping(s, f"segments[{i}]"), f"segments[{i}]")
        for i, s in enumerate(values.array(doc["segments"], "segments"))
    ]
    info = doc.get("info") if isinstance(doc.get("info"), dict) else {}
    assert isinstance(info, dict)
    duration = doc.get("duration", info.get("duration"))
    duration_s = 0.0 if duration is None else values.seconds(duration, "duration")
    language = doc.get("language", info.get("language"))
    prompt, prompt_notes = _prompt(doc)
    model, options = doc.get("model"), doc.get("options")
    timing = _timing(doc.get("timing"))
    return build(
        source,
        segments,
        values.repairs,
        duration_s=duration_s,
        pauses=_pauses(values, doc["pauses"]) if "pauses" in doc else None,
        timing=timing,
        language=values.text(language, "language") or None,
        prompt=prompt,
        model=clean(model) if isinstance(model, str) else None,
        options={k: v for k, v in options.items() if _shallow(v)} if isinstance(options, dict) else None,
        notes=[*_notes(doc.get("notes")), *prompt_notes],
        may_be_silent=timing is not None,  # a session's own file, of a recording in which no words were heard
    )


def _segment(values: Values, raw: dict[str, object], path: str) -> Segment:
    text = values.text(raw.get("text"), f"{path}.text")
    given = values.array(raw.get("words"), f"{path}.words")
    words = _usual_words(given)
    loose = []
    if words is None:
        for i, w in enumerate(given):
            word = _word(values, values.mapping(w, f"{path}.words[{i}]"), f"{path}.words[{i}]")
            if word.text.strip():
                loose.append(word)
    start, end = raw.get("start"), raw.get("end")
    if start is None or end is None:
        times = [t for w in words or loose for t in (w.start_s, w.end_s) if t is not None]
        if times:
            start = min(times) if start is None else start
            end = max(times) if end is None else end
    first_s, last_s = values.number(start, f"{path}.start"), values.number(end, f"{path}.end")
    try:
        start_s, end_s = checked_span(first_s, last_s, path, values.repairs)
    except ValueError as e:
        raise values.error(path, str(e)) from None
    speaker = raw.get("speaker")
    if loose:
        texts = spaced([w.text for w in loose], text)
        loose = [LooseWord(t, w.start_s, w.end_s, w.probability) for t, w in zip(texts, loose, strict=True)]
        words = settle_words(loose, start_s, end_s, f"{path}.words", values.repairs)
    if words:
        if not text.strip():
            text = "".join([w.text for w in words])
    elif speaker is None:
        speaker, text = split_speaker(text)
    return Segment(
        start_s, end_s, text, words or (), clean(str(speaker)) if isinstance(speaker, str | int) else None
    )


def _usual_words(given: Sequence[object]) -> tuple[Word, ...] | None:
    """The words, where nothing about them wants a second look: so it is with tens of thousands of them."""
    words = []
    at_s = 0.0
    for raw in given:
        if type(raw) is not dict:
            return None
        text, start_s, end_s, sure = raw.get("word"), raw.get("start"), raw.get("end"), raw.get("probability")
        if not (
            type(text) is str
            and text[:1] == " "
            and text.isprintable()
            and not text.isspace()
            and type(start_s) is type(end_s) is type(sure) is float
            and at_s <= start_s <= end_s <= MAX_TIME_S
            and 0.0 <= sure <= 1.0
        ):
            return None
        words.append(Word(text, start_s, end_s, sure))
        at_s = start_s
    return tuple(words)


def _word(values: Values, raw: dict[str, object], path: str) -> LooseWord:
    key = "word" if "word" in raw else "text"
    text = values.text(raw.get(key), f"{path}.{key}")
    start, end = raw.get("start"), raw.get("end")
    start_s = None if start is None else values.seconds(start, f"{path}.start")
    end_s = None if end is None else values.seconds(end, f"{path}.end")
    if start_s is None or end_s is None:
        start_s = end_s = None
    for name in ("probability", "score", "confidence"):
        if raw.get(name) is not None:
            probability = values.number(raw[name], f"{path}.{name}")
            return LooseWord(text, start_s, end_s, min(1.0, max(0.0, probability)))
    return LooseWord(text, start_s, end_s)


def _pauses(values: Values, raw: object) -> tuple[Pause, ...]:
    pauses = []
    for i, p in enumerate(values.array(raw, "pauses")):
        path = f"pauses[{i}]"
        pause = values.mapping(p, path)
        start_s = values.seconds(pause.get("start"), f"{path}.start")
        end_s = values.seconds(pause.get("end"), f"{path}.end")
        if end_s < start_s:
            raise values.error(path, f"it ends ({end_s:g} s) before it starts ({start_s:g} s)")
        pauses.append(Pause(start_s, end_s))
    return tuple(sorted(pauses, key=lambda p: p.start_s))


def _shallow(value: object, depth: int = 3) -> bool:
    """True for what may be kept as an option: plain values, and a few levels of lists and objects of them."""
    if isinstance(value, list):
        return depth > 0 and all(_shallow(v, depth - 1) for v in value)
    if isinstance(value, dict):
        return depth > 0 and all(_shallow(v, depth - 1) for v in value.values())
    return not isinstance(value, float) or math.isfinite(value)


def _timing(raw: object) -> Timing | None:
    return next((t for t in get_args(Timing) if t == raw), None)


def _notes(raw: object) -> list[str]:
    return [n for n in raw if isinstance(n, str)] if isinstance(raw, list) else []


def _prompt(doc: dict[str, object]) -> tuple[Prompt | None, list[str]]:
    notes: list[str] = []
    raw, kind_raw, prompt_id = doc.get("prompt"), doc.get("kind"), doc.get("prompt_id")
    kind: Kind | None = next((k for k in KINDS if k == kind_raw), None)
    if kind is None and isinstance(kind_raw, str):
        notes.append(f"the kind {clean(kind_raw)!r} is not one of {', '.join(KINDS)}; it was left out")
    text = clean(raw) if isinstance(raw, str) else ""
    prompt_id = clean(prompt_id) or None if isinstance(prompt_id, str) else None
    raw_facts = doc.get("prompt_facts")
    told = raw_facts if isinstance(raw_facts, list) else []
    facts = tuple(clean(f) for f in told if isinstance(f, str) and clean(f))
    return (Prompt(text, kind, prompt_id, facts) if text.strip() or kind or prompt_id else None), notes


def _not_a_transcript(source: Source, doc: dict[str, object]) -> Exception:
    if "flags" in doc:
        return source.error(
            "this is an audit, not a transcript", "Give the recording or the transcript that was audited."
        )
    return source.error(
        'this JSON holds no transcript: "segments" is missing',
        "unsaid reads JSON of whisper, faster-whisper, whisperX and whisper.cpp, SRT, VTT, TSV and text.",
    )
