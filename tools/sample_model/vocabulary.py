"""The tokenizer: byte-level BPE over the phrase bank, with Whisper's special tokens. English only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TIMESTAMPS = 1501
"""<|0.00|> to <|30.00|> in steps of 20 ms: faster-whisper expects all of them."""
SPECIALS = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|en|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)
_LARGEST_VOCABULARY = 2000
_INITIALS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-'"
_SYMBOLS = '"#()*+/:;<=>@[\\]^_`{|}~'


@dataclass(frozen=True, slots=True)
class Specials:
    """Ids of the special tokens that training needs."""

    end: int
    start: int
    previous: int
    no_speech: int
    no_timestamps: int
    first_timestamp: int


def build(sentences: Sequence[str]) -> Tokenizer:
    """Train the tokenizer. Every word of `sentences`, capitalised or not, tends to be one token."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=_LARGEST_VOCABULARY,
        min_frequency=2,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_corpus(sentences), trainer)
    names = [*SPECIALS, *(f"<|{i * 0.02:.2f}|>" for i in range(TIMESTAMPS))]
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in names])
    return tokenizer


def load(file: Path) -> Tokenizer:
    """Read a tokenizer.json."""
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(file))


def specials(tokenizer: Tokenizer) -> Specials:
    """The ids of the special tokens."""
    ids = {name: _id(tokenizer, name) for name in SPECIALS}
    return Specials(
        end=ids["<|endoftext|>"],
        start=ids["<|startoftranscript|>"],
        previous=ids["<|startofprev|>"],
        no_speech=ids["<|nospeech|>"],
        no_timestamps=ids["<|notimestamps|>"],
        first_timestamp=ids["<|notimestamps|>"] + 1,
    )


def encode(tokenizer: Tokenizer, text: str) -> list[tuple[int, int]]:
    """Tokens of a sentence as they follow each other in a transcript, each with the index of its word."""
    encoding = tokenizer.encode(" " + text, add_special_tokens=False)
    tokens: list[tuple[int, int]] = []
    word = -1
    for token_id, token in zip(encoding.ids, encoding.tokens, strict=True):
        if token.startswith("Ġ"):
            word += 1
        tokens.append((token_id, max(word, 0)))
    return tokens


def never_spoken(tokenizer: Tokenizer) -> list[int]:
    """Ids that a transcript never contains: symbols, and special tokens that are no text."""

    def ids(text: str) -> list[int]:
        found: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
        return found

    symbols = {ids(text)[0] for text in (" -", " '")}
    symbols |= {ids(text)[0] for s in _SYMBOLS for text in (s, " " + s) if len(ids(text)) == 1}
    return sorted(symbols | {_id(tokenizer, name) for name in SPECIALS[1:8] if name != "<|en|>"})


def _id(tokenizer: Tokenizer, name: str) -> int:
    found = tokenizer.token_to_id(name)
    if found is None:
        raise ValueError(f"the tokenizer lacks {name}")
    return found


def _corpus(sentences: Sequence[str]) -> Iterable[str]:
    # faster-whisper suppresses the first token of " ♪", which is the bare space here: every word must
    # therefore begin with a token in which its space is merged with its first letter.
    yield from [" " + initial for initial in _INITIALS] * 2000
    for sentence in sentences:
        yield from [" " + sentence] * 3
    for word in sorted({word.strip(".,?") for sentence in sentences for word in sentence.split()}):
        lower = word if word == "I" or word.startswith("I'") else word[0].lower() + word[1:]
        yield from [" " + word, " " + lower] * 3
        yield from [" " + word[0].upper() + word[1:]] * 2
