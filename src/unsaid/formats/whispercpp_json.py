"""JSON of whisper.cpp: `-oj` has segments, `-ojf` tokens too, which are put together to words.

    {"params": {"model": …}, "result": {"language": "en"}, "transcription": [
      {"offsets": {"from": 0, "to": 4200}, "text": " …", "tokens": [
        {"text": " So", "offsets": {"from": 600, "to": 800}, "p": 0.97}, …]}, …]}

Offsets are whole milliseconds.
"""

from __future__ import annotations

import re

from unsaid.formats.build import LooseWord, build, checked_span, settle_words
from unsaid.formats.json_file import Values, parse
from unsaid.formats.source import Source, clean
from unsaid.model import Segment, Transcript

_MARK = re.compile(r'"transcription"\s*:\s*\[')
_SPECIAL = re.compile(r"\s*(?:\[_[A-Z]+_(?:[0-9]+\])?\]?|<\|[^|<>]{0,40}\|>)\s*")


def sniff(source: Source) -> bool:
    """True for a JSON object with whisper.cpp's own name for the segments near its top."""
    return source.text.lstrip()[:1] == "{" and _MARK.search(source.text, 0, 20_000) is not None


def read(source: Source) -> Transcript:
    """Read `source`. Raises UnsaidError with line and column, or with the path of the faulty value."""
    values = Values(source)
    doc = values.mapping(parse(source), "")
    segments = []
    for i, item in enumerate(values.array(doc.get("transcription"), "transcription")):
        path = f"transcription[{i}]"
        segments.append(_segment(values, values.mapping(item, path), path))
    result = doc.get("result")
    language = result.get("language") if isinstance(result, dict) else None
    params = doc.get("params")
    model = params.get("model") if isinstance(params, dict) else None
    return build(
        source,
        segments,
        values.repairs,
        language=clean(language) if isinstance(language, str) else None,
        model=clean(model) if isinstance(model, str) else None,
    )


def _segment(values: Values, raw: dict[str, object], path: str) -> Segment:
    start_s, end_s = _offsets(values, raw, path)
    text = values.text(raw.get("text"), f"{path}.text")
    tokens: list[list[LooseWord]] = []  # grouped to words
    for i, item in enumerate(values.array(raw.get("tokens"), f"{path}.tokens")):
        token_path = f"{path}.tokens[{i}]"
        token = values.mapping(item, token_path)
        piece = values.text(token.get("text"), f"{token_path}.text")
        if not piece.strip() or _SPECIAL.fullmatch(piece):
            continue
        if "offsets" not in token or "\ufffd" in piece:
            tokens = []
            break
        span = _offsets(values, token, token_path)
        probability = token.get("p")
        p = None if probability is None else min(1.0, max(0.0, values.number(probability, f"{token_path}.p")))
        if piece[:1].isspace() or not tokens:
            tokens.append([])
        tokens[-1].append(LooseWord(piece, *span, p))
    loose = [_word(group) for group in tokens]
    words = settle_words(loose, start_s, end_s, f"{path}.tokens", values.repairs) if loose else ()
    return Segment(start_s, end_s, text or "".join(w.text for w in words), words)


def _word(tokens: list[LooseWord]) -> LooseWord:
    """One word of its tokens, as sure as the least sure of them."""
    known = [t.probability for t in tokens if t.probability is not None]
    end_s = max(t.end_s or 0.0 for t in tokens)
    return LooseWord("".join(t.text for t in tokens), tokens[0].start_s, end_s, min(known, default=None))


def _offsets(values: Values, raw: dict[str, object], path: str) -> tuple[float, float]:
    offsets = values.mapping(raw.get("offsets"), f"{path}.offsets")
    start = values.number(offsets.get("from"), f"{path}.offsets.from") / 1000
    end = values.number(offsets.get("to"), f"{path}.offsets.to") / 1000
    try:
        return checked_span(start, end, path, values.repairs)
    except ValueError as e:
        raise values.error(path, str(e)) from None
