"""Training: seeded, in steps, with checkpoints from which a stopped run goes on."""

from __future__ import annotations

import json
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from tools.sample_model.clips import ClipBank
from tools.sample_model.network import SampleWhisper, make_whisper
from tools.sample_model.schedule import Plan
from tools.sample_model.vocabulary import TIMESTAMPS, load, specials
from tools.sample_model.windows import Batch, WindowMaker

_REPORT_EVERY = 50
_PHONEME_WEIGHT = 0.5
_LONGEST_GRADIENT = 1.0
_NEAR_POSITIONS = 5  # 0.1 s


def build_network(work: Path, clips: ClipBank, plan: Plan) -> tuple[SampleWhisper, WindowMaker]:
    """The freshly initialised network and the maker of its windows."""
    tokenizer = load(work / "tokenizer.json")
    special = specials(tokenizer)
    maker = WindowMaker(clips, tokenizer, plan.seed)
    torch.manual_seed(plan.seed)
    whisper = make_whisper(
        tokenizer.get_vocab_size(), special.start, special.end, special.first_timestamp, TIMESTAMPS
    )
    return SampleWhisper(whisper, maker.phoneme_count), maker


def train(work: Path, plan: Plan, threads: int) -> None:
    """Train by `plan`, going on from `work`/checkpoint.pt where there is one; leave the last state there."""
    torch.set_num_threads(threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network, maker = build_network(work, ClipBank(work), plan)
    network.parts.to(device).train()
    special = specials(load(work / "tokenizer.json"))
    parameters = [p for p in network.parts.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=1e-4, betas=(0.9, 0.98), weight_decay=0.01)
    file = work / "checkpoint.pt"
    step, seconds = 0, 0.0
    if file.exists():
        saved = torch.load(file, map_location=device, weights_only=True)
        network.parts.load_state_dict(saved["network"])
        optimiser.load_state_dict(saved["optimiser"])
        step, seconds = saved["step"], saved["seconds"]
    log: dict[str, list[float]] = {}
    began = time.monotonic() - seconds
    half = device.type == "cuda" or torch.backends.cpu.get_cpu_capability() == "AVX512"
    while step < plan.steps:
        batch = maker.batch(step, plan.stage(step)).to(device)
        for group in optimiser.param_groups:
            group["lr"] = plan.rate(step)
        with torch.autocast(device.type, torch.bfloat16) if half else nullcontext():
            states = network.encode(batch.features, batch.shift)
            logits, attention = network.decode(batch.tokens, states)
            phonemes = network.phonemes(states)
        losses = _losses(batch, logits, attention, phonemes, special.first_timestamp, plan.blur(step))
        loss = losses["text"] + _PHONEME_WEIGHT * losses["phonemes"] + losses["attention"]
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, _LONGEST_GRADIENT)
        optimiser.step()
        step += 1
        losses |= _accuracies(batch, logits, special.end, special.first_timestamp)
        for name, value in losses.items():
            log.setdefault(name, []).append(value.item())
        if step % _REPORT_EVERY == 0 or step == plan.steps:
            _report(work / "training.jsonl", step, time.monotonic() - began, log)
            log = {}
        if step % plan.save_every == 0 or step == plan.steps:
            state = {"network": network.parts.state_dict(), "optimiser": optimiser.state_dict()}
            _save(file, state | {"step": step, "seconds": time.monotonic() - began})


def _losses(
    batch: Batch,
    logits: torch.Tensor,
    attention: list[torch.Tensor],
    phonemes: torch.Tensor,
    first_timestamp: int,
    blur: float,
) -> dict[str, torch.Tensor]:
    chosen = batch.labels >= 0
    guess, wanted = logits[chosen].float().log_softmax(-1), batch.labels[chosen]
    text = -guess.gather(1, wanted[:, None])[:, 0]
    times = (wanted >= first_timestamp).nonzero()[:, 0]
    offsets = torch.arange(-12, 13, device=wanted.device)
    weights = torch.exp(-0.5 * (offsets / blur) ** 2)
    near = (wanted[times][:, None] + offsets).clamp(first_timestamp, first_timestamp + TIMESTAMPS - 1)
    soft = -(guess[times].gather(1, near) * (weights / weights.sum())).sum(-1)
    text = text.index_put((times,), soft)

    lengths = torch.tensor([len(p) for p in batch.phonemes])
    spoken = torch.tensor([p for window in batch.phonemes for p in window], dtype=torch.long)
    ctc = F.ctc_loss(
        phonemes.transpose(0, 1),
        spoken.to(phonemes.device),
        batch.heard,
        lengths.to(phonemes.device),
        reduction="none",
        zero_infinity=True,
    )
    places = torch.arange(attention[0].shape[-1], device=logits.device)
    inside = (places >= batch.attend[..., :1]) & (places <= batch.attend[..., 1:])
    guide = logits.new_zeros((), dtype=torch.float32)
    for layer in attention:
        mass = (layer * inside[:, None]).sum(-1).clamp(min=1e-4).log()
        guide = guide - mass[batch.guided[:, None].expand_as(mass)].mean()
    return {
        "text": text.mean(),
        "phonemes": (ctc / lengths.to(ctc.device).clamp(min=1))[lengths.to(ctc.device) > 0].mean(),
        "attention": guide,
    }


def _accuracies(
    batch: Batch, logits: torch.Tensor, end: int, first_timestamp: int
) -> dict[str, torch.Tensor]:
    """Shares, with the true text before: right text tokens, and timestamps within 0.1 s."""
    with torch.no_grad():
        guess = logits.argmax(-1)
        words = (batch.labels >= 0) & (batch.labels < end)
        times = batch.labels >= first_timestamp
        found = {"word accuracy": (guess == batch.labels)[words].float().mean()}
        if times.any():
            near = (guess - batch.labels).abs() <= _NEAR_POSITIONS
            found["time accuracy"] = near[times].float().mean()
    return found


def _report(file: Path, step: int, seconds: float, log: dict[str, list[float]]) -> None:
    means: dict[str, Any] = {name: round(sum(values) / len(values), 4) for name, values in log.items()}
    line = {"step": step, "minutes": round(seconds / 60, 1)} | means
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")
    print(" ".join(f"{name} {value}" for name, value in line.items()), flush=True)


def _save(file: Path, state: dict[str, Any]) -> None:
    """Write whole or not at all."""
    partial = file.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(file)
