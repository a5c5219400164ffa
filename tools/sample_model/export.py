"""Export: from the training checkpoint to the CTranslate2 int8 folder that faster-whisper loads."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch

from tools.sample_model.network import ALIGNMENT_HEADS, DECODER_LAYERS, make_whisper
from tools.sample_model.vocabulary import TIMESTAMPS, load, never_spoken, specials
from tools.sample_model.windows import WINDOW_S

FILES = ("config.json", "model.bin", "preprocessor_config.json", "tokenizer.json", "vocabulary.json")
_PREPROCESSOR = {
    "feature_extractor_type": "WhisperFeatureExtractor",
    "feature_size": 80,
    "sampling_rate": 16_000,
    "hop_length": 160,
    "chunk_length": round(WINDOW_S),
    "n_fft": 400,
}


def export(work: Path, folder: Path) -> None:
    """Write the files of `FILES` to `folder` from `work`/checkpoint.pt; the phoneme head stays behind."""
    from ctranslate2.converters import TransformersConverter

    tokenizer = load(work / "tokenizer.json")
    state = torch.load(work / "checkpoint.pt", map_location="cpu", weights_only=True)["network"]
    special = specials(tokenizer)
    whisper = make_whisper(
        tokenizer.get_vocab_size(), special.start, special.end, special.first_timestamp, TIMESTAMPS
    )
    prefix = "whisper."
    whisper.load_state_dict(
        {name.removeprefix(prefix): x for name, x in state.items() if name.startswith(prefix)}
    )
    whisper.generation_config = _generation_config(tokenizer)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        source, made = Path(temporary) / "transformers", Path(temporary) / "ctranslate2"
        whisper.save_pretrained(source)
        _save_tokenizer(work / "tokenizer.json", source)
        (source / "preprocessor_config.json").write_text(json.dumps(_PREPROCESSOR) + "\n", encoding="utf-8")
        converter = TransformersConverter(
            str(source), copy_files=["tokenizer.json", "preprocessor_config.json"]
        )
        converter.convert(str(made), quantization="int8")
        for name in FILES:
            shutil.copyfile(made / name, folder / name)


def _generation_config(tokenizer: Any) -> Any:
    from transformers import GenerationConfig

    special = specials(tokenizer)
    config = GenerationConfig(
        bos_token_id=special.end,
        eos_token_id=special.end,
        pad_token_id=special.end,
        decoder_start_token_id=special.start,
    )
    config.suppress_tokens = never_spoken(tokenizer)
    config.begin_suppress_tokens = [tokenizer.encode(" ", add_special_tokens=False).ids[0], special.end]
    config.alignment_heads = [[DECODER_LAYERS - 1, head] for head in ALIGNMENT_HEADS]
    config.lang_to_id = {"<|en|>": tokenizer.token_to_id("<|en|>")}
    config.max_length = 448
    return config


def _save_tokenizer(file: Path, folder: Path) -> None:
    from transformers import PreTrainedTokenizerFast

    end = "<|endoftext|>"
    fast = PreTrainedTokenizerFast(
        tokenizer_file=str(file), bos_token=end, eos_token=end, unk_token=end, pad_token=end
    )
    fast.save_pretrained(folder)
