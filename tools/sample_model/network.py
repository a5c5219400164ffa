"""The network: transformers' Whisper modules, with a forward pass that shows where the decoder looks."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

WIDTH, HEADS, ENCODER_LAYERS, DECODER_LAYERS = 192, 4, 3, 2
ALIGNMENT_HEADS = (0, 1)
"""Heads of every decoder layer whose cross-attention is guided; those of the last layer give word times."""


def make_whisper(vocabulary: int, start: int, end: int, first_timestamp: int, timestamps: int) -> Any:
    """A Whisper of about 3.6 M parameters, freshly initialised."""
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    config = WhisperConfig(
        vocab_size=vocabulary,
        num_mel_bins=80,
        d_model=WIDTH,
        encoder_layers=ENCODER_LAYERS,
        decoder_layers=DECODER_LAYERS,
        encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS,
        encoder_ffn_dim=4 * WIDTH,
        decoder_ffn_dim=4 * WIDTH,
        max_source_positions=1500,
        max_target_positions=448,
        dropout=0.0,
        activation_function="gelu",
        pad_token_id=end,
        bos_token_id=end,
        eos_token_id=end,
        decoder_start_token_id=start,
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )
    whisper: Any = WhisperForConditionalGeneration(config)
    with torch.no_grad():
        # Timestamps start as small copies of the encoder's sinusoidal positions: neighbours are alike, and a
        # timestamp resembles the place it names.
        positions = whisper.model.encoder.embed_positions.weight
        tokens = whisper.model.decoder.embed_tokens.weight
        tokens[first_timestamp : first_timestamp + timestamps - 1] = positions[: timestamps - 1] * 0.03
        tokens[first_timestamp + timestamps - 1] = positions[-1] * 0.03
    whisper.model.encoder.embed_positions.weight.requires_grad_(False)
    return whisper


class SampleWhisper:
    """Whisper with a phoneme head on the encoder, which only training uses."""

    def __init__(self, whisper: Any, phonemes: int) -> None:
        self.whisper = whisper
        self.phoneme_head = nn.Linear(WIDTH, phonemes + 1)
        self.parts: Any = nn.ModuleDict({"whisper": whisper, "phoneme_head": self.phoneme_head})
        """Both together: what is trained and saved."""

    def encode(self, features: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
        """Features [batch, 80, 2n] and position shifts [batch] to states [batch, n, width]."""
        encoder = self.whisper.model.encoder
        x = F.gelu(encoder.conv1(features))
        x = F.gelu(encoder.conv2(x)).transpose(1, 2)
        at = shift[:, None] + torch.arange(x.shape[1], device=x.device)
        x = x + encoder.embed_positions.weight[at]
        for layer in encoder.layers:
            y = layer.self_attn_layer_norm(x)
            x = x + _attend(layer.self_attn, y, y)[0]
            x = x + layer.fc2(F.gelu(layer.fc1(layer.final_layer_norm(x))))
        normed: torch.Tensor = encoder.layer_norm(x)
        return normed

    def decode(self, tokens: torch.Tensor, states: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Tokens [batch, m] to logits [batch, m, vocabulary] and each layer's guided cross-attention
        [batch, heads, m, n]."""
        decoder = self.whisper.model.decoder
        x = decoder.embed_tokens(tokens) + decoder.embed_positions.weight[: tokens.shape[1]]
        attention: list[torch.Tensor] = []
        for layer in decoder.layers:
            y = layer.self_attn_layer_norm(x)
            x = x + _attend(layer.self_attn, y, y, causal=True)[0]
            y = layer.encoder_attn_layer_norm(x)
            seen, queries, keys = _attend(layer.encoder_attn, y, states)
            x = x + seen
            heads = list(ALIGNMENT_HEADS)
            scores = queries[:, heads].float() @ keys[:, heads].float().transpose(-1, -2)
            attention.append((scores * queries.shape[-1] ** -0.5).softmax(-1))
            x = x + layer.fc2(F.gelu(layer.fc1(layer.final_layer_norm(x))))
        logits: torch.Tensor = decoder.layer_norm(x) @ self.whisper.proj_out.weight.T
        return logits, attention

    def phonemes(self, states: torch.Tensor) -> torch.Tensor:
        """Log-probabilities of phonemes [batch, n, phonemes + 1]; index 0 is the blank."""
        return F.log_softmax(self.phoneme_head(states).float(), dim=-1)


def _attend(
    layer: Any, queries_from: torch.Tensor, keys_from: torch.Tensor, causal: bool = False
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    batch, length, width = queries_from.shape

    def split(x: torch.Tensor) -> torch.Tensor:
        return x.view(batch, -1, HEADS, width // HEADS).transpose(1, 2)

    queries, keys = split(layer.q_proj(queries_from)), split(layer.k_proj(keys_from))
    # Written out: on processors the fused kernel's backward pass takes several times as long.
    scores = (queries * (width // HEADS) ** -0.5) @ keys.transpose(-1, -2)
    if causal:
        future = torch.ones(length, length, dtype=torch.bool, device=scores.device).triu(1)
        scores = scores.masked_fill(future, float("-inf"))
    seen = scores.softmax(-1, dtype=scores.dtype) @ split(layer.v_proj(keys_from))
    out: torch.Tensor = layer.out_proj(seen.transpose(1, 2).reshape(batch, length, width))
    return out, queries, keys
