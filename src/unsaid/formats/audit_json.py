"""The JSON of an audit: what `unsaid audit … --format json` prints and a session keeps as audit.json.

The contract is in docs/formats.md. Fields are added, never renamed, within one `schema`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any, get_args

from unsaid import __version__
from unsaid.formats import reviewed
from unsaid.formats.json_file import Values, parse
from unsaid.formats.source import Source
from unsaid.model import (
    CONDUCT_FAMILY,
    FAMILIES,
    KINDS,
    Act,
    Audit,
    Family,
    Flag,
    Kind,
    Measures,
    Outcome,
    Pause,
    Prompt,
    Segment,
    Sentence,
    Severity,
    Standing,
    Timing,
    Transcript,
)

SCHEMA = 1

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
_SURROGATE = re.compile("[\\ud800-\\udfff]")


def dumps(
    audit: Audit,
    source: Mapping[str, object],
    version: str = __version__,
    *,
    outcome: Outcome | None = None,
) -> str:
    """`audit` as JSON text, ended by a line break.

    `source` says what was audited, in plain JSON values (for instance `{"path": …, "kind": "audio"}`);
    `version` is the program's; `outcome` adds the `review`.
    """
    t = audit.transcript
    doc: dict[str, object] = {
        "schema": SCHEMA,
        "unsaid": version,
        "source": dict(source),
        "prompt": audit.prompt.text if audit.prompt else None,
        "kind": audit.prompt.kind if audit.prompt else None,
        "prompt_id": audit.prompt.id if audit.prompt else None,
        "prompt_facts": list(audit.prompt.facts) if audit.prompt else [],
        "language": t.language,
        "model": t.model,
        "timing": t.timing,
        "duration": t.duration_s,
        "notes": list(t.notes),
        "flags": [_flag(f) for f in audit.flags],
        "more": [_flag(f) for f in audit.more],
        "dismissed": [_flag(f) for f in audit.dismissed],
        "conduct": [_flag(f) for f in audit.conduct],
        "signals": dict(audit.signals),
        "measures": asdict(audit.measures),
        "pauses": [{"start": p.start_s, "end": p.end_s} for p in t.pauses],
        "sentences": [_sentence(s) for s in audit.sentences],
    }
    if outcome is not None:
        doc["review"] = reviewed.to_json(outcome)
    lines = [f' "{key}": {_json(value)}' for key, value in doc.items()]
    return _SURROGATE.sub("\ufffd", "{\n" + ",\n".join(lines) + "\n}\n")


def _json(value: object) -> str:
    """JSON text: a list of objects one a line, so that it can be read and compared."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f"  {_ENCODER.encode(v)}" for v in value) + "\n ]"
    if isinstance(value, dict) and any(isinstance(v, list) and v for v in value.values()):
        return "{" + ", ".join(f"{_ENCODER.encode(key)}: {_json(v)}" for key, v in value.items()) + "}"
    return _ENCODER.encode(value)


def _flag(f: Flag) -> dict[str, object]:
    return {
        "id": f.id,
        "code": f.code,
        "name": f.name,
        "family": f.family,
        "severity": f.severity,
        "start": f.start_s,
        "end": f.end_s,
        "quote": f.quote,
        "sentence": f.sentence,
        "sentence_index": f.sentence_index,
        "message": f.message,
        "evidence": list(f.evidence),
        "rewrite": f.rewrite,
        "confidence": f.confidence,
        "number": f.number,
        "cost_rank": f.cost_rank,
        "standing": f.standing,
        "dismissed": f.dismissed or None,
    }


def _sentence(s: Sentence) -> dict[str, object]:
    return {
        "index": s.index,
        "start": s.start_s,
        "end": s.end_s,
        "text": s.text,
        "first_word": s.first_word,
        "last_word": s.last_word,
        "pause_before": s.pause_before_s,
        "acts": [{"kind": a.kind, "start": a.start, "end": a.end} for a in s.acts],
    }


def loads(text: str, transcript: Transcript | None = None, *, name: str = "audit.json") -> Audit:
    """The audit that `dumps` wrote.

    `transcript` is the one it was made from, where it is at hand; else one is put together from the
    sentences, without word times. `name` stands in messages. Raises UnsaidError, with line and column or the
    path of the faulty value, for anything else.
    """
    source = Source(name, text)
    values = Values(source)
    doc = values.mapping(parse(source), "")
    if "flags" not in doc or "measures" not in doc:
        raise source.error('this is not an audit: "flags" or "measures" is missing', _AGAIN)
    schema = values.integer(doc.get("schema"), "schema")
    if schema != SCHEMA:
        raise source.error(
            f"this audit has schema {schema}; this version of unsaid reads schema {SCHEMA}", _AGAIN
        )
    sentences = tuple(
        _read_sentence(values, values.mapping(s, f"sentences[{i}]"), f"sentences[{i}]")
        for i, s in enumerate(values.array(doc.get("sentences"), "sentences"))
    )
    flags, more, dismissed = (
        _read_flags(values, doc.get(name), name, len(sentences)) for name in ("flags", "more", "dismissed")
    )
    conduct = _read_flags(values, doc.get("conduct"), "conduct", len(sentences), (CONDUCT_FAMILY,))
    prompt_text = values.text(doc.get("prompt"), "prompt")
    prompt_id = values.text(doc.get("prompt_id"), "prompt_id") or None
    facts = tuple(
        values.text(f, f"prompt_facts[{i}]")
        for i, f in enumerate(values.array(doc.get("prompt_facts"), "prompt_facts"))
    )
    kind: Kind | None = next((k for k in KINDS if k == doc.get("kind")), None)
    return Audit(
        transcript=transcript or _read_transcript(values, doc, sentences),
        sentences=sentences,
        flags=flags,
        measures=_read_measures(values, values.mapping(doc["measures"], "measures")),
        prompt=Prompt(prompt_text, kind, prompt_id, facts) if prompt_text or kind or prompt_id else None,
        more=more,
        dismissed=dismissed,
        conduct=conduct,
        signals=tuple(
            (name, values.text(level, f"signals.{name}"))
            for name, level in values.mapping(doc.get("signals") or {}, "signals").items()
        ),
    )


_AGAIN = "Run the audit again to write it anew."


def _read_transcript(values: Values, doc: dict[str, object], sentences: tuple[Sentence, ...]) -> Transcript:
    pauses = []
    for i, p in enumerate(values.array(doc.get("pauses"), "pauses")):
        pause = values.mapping(p, f"pauses[{i}]")
        start_s = values.number(pause.get("start"), f"pauses[{i}].start")
        pauses.append(Pause(start_s, values.number(pause.get("end"), f"pauses[{i}].end")))
    timing: Timing = "none" if doc.get("timing") == "none" else "segment"
    notes = (values.text(n, f"notes[{i}]") for i, n in enumerate(values.array(doc.get("notes"), "notes")))
    return Transcript(
        segments=tuple(Segment(s.start_s, s.end_s, s.text) for s in sentences),
        duration_s=values.number(doc.get("duration"), "duration"),
        pauses=tuple(pauses),
        language=values.text(doc.get("language"), "language") or None,
        timing=timing,
        model=values.text(doc.get("model"), "model") or None,
        notes=tuple(notes),
    )


def _read_sentence(values: Values, raw: dict[str, object], path: str) -> Sentence:
    acts = []
    for i, a in enumerate(values.array(raw.get("acts"), f"{path}.acts")):
        act_path = f"{path}.acts[{i}]"
        act = values.mapping(a, act_path)
        acts.append(
            Act(
                values.text(act.get("kind"), f"{act_path}.kind"),
                values.integer(act.get("start"), f"{act_path}.start"),
                values.integer(act.get("end"), f"{act_path}.end"),
            )
        )
    return Sentence(
        index=values.integer(raw.get("index"), f"{path}.index"),
        text=values.text(raw.get("text"), f"{path}.text"),
        start_s=values.number(raw.get("start"), f"{path}.start"),
        end_s=values.number(raw.get("end"), f"{path}.end"),
        first_word=values.integer(raw.get("first_word"), f"{path}.first_word"),
        last_word=values.integer(raw.get("last_word"), f"{path}.last_word"),
        pause_before_s=values.number(raw.get("pause_before"), f"{path}.pause_before"),
        acts=tuple(acts),
    )


def _read_flags(
    values: Values, raw: object, name: str, sentences: int, families: tuple[Family, ...] = FAMILIES
) -> tuple[Flag, ...]:
    flags = []
    for i, row in enumerate(values.array(raw, name)):
        path = f"{name}[{i}]"
        raw_flag = values.mapping(row, path)
        flag = _read_flag(values, raw_flag, path, families)
        if not 0 <= flag.sentence_index < sentences:
            raise values.error(f"{path}.sentence_index", f"there is no sentence {flag.sentence_index}")
        # An audit of an earlier version counts its flags as it shows them.
        flags.append(flag if "number" in raw_flag else replace(flag, number=i + 1))
    return tuple(flags)


def _read_flag(values: Values, raw: dict[str, object], path: str, families: tuple[Family, ...]) -> Flag:
    family = next((f for f in families if f == raw.get("family")), None)
    if family is None:
        raise values.error(f"{path}.family", f"this should be one of {', '.join(families)}")
    severities: tuple[Severity, ...] = get_args(Severity)
    severity = next((s for s in severities if s == raw.get("severity")), None)
    if severity is None:
        raise values.error(f"{path}.severity", f"this should be one of {', '.join(severities)}")
    standings: tuple[Standing, ...] = get_args(Standing)
    standing = next((s for s in standings if s == raw.get("standing", "shown")), None)
    if standing is None:
        raise values.error(f"{path}.standing", f"this should be one of {', '.join(standings)}")
    evidence = values.array(raw.get("evidence"), f"{path}.evidence")
    return Flag(
        id=values.text(raw.get("id"), f"{path}.id"),
        code=values.text(raw.get("code"), f"{path}.code"),
        name=values.text(raw.get("name"), f"{path}.name"),
        family=family,
        severity=severity,
        start_s=values.number(raw.get("start"), f"{path}.start"),
        end_s=values.number(raw.get("end"), f"{path}.end"),
        quote=values.text(raw.get("quote"), f"{path}.quote"),
        sentence=values.text(raw.get("sentence"), f"{path}.sentence"),
        sentence_index=values.integer(raw.get("sentence_index"), f"{path}.sentence_index"),
        message=values.text(raw.get("message"), f"{path}.message"),
        evidence=tuple(values.text(e, f"{path}.evidence[{i}]") for i, e in enumerate(evidence)),
        rewrite=values.text(raw.get("rewrite"), f"{path}.rewrite"),
        confidence=values.number(raw.get("confidence", 1.0), f"{path}.confidence"),
        number=values.integer(raw.get("number", 0), f"{path}.number"),
        cost_rank=values.integer(raw.get("cost_rank", 0), f"{path}.cost_rank"),
        standing=standing,
        dismissed=values.text(raw.get("dismissed"), f"{path}.dismissed"),
    )


def _read_measures(values: Values, raw: dict[str, object]) -> Measures:
    read: dict[str, Any] = {}
    for field in fields(Measures):
        value, path = raw.get(field.name), f"measures.{field.name}"
        if field.name == "flags_by_family":
            counts = values.mapping(value, path)
            read[field.name] = {k: values.integer(v, f"{path}.{k}") for k, v in counts.items()}
        elif field.name == "first_framing_s":
            read[field.name] = None if value is None else values.number(value, path)
        elif field.type == "int":
            read[field.name] = values.integer(value, path)
        else:
            read[field.name] = values.number(value, path)
    return Measures(**read)
