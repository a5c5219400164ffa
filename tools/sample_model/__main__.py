"""Make the sample model: `python -m tools.sample_model all`, or one step of it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

from tools.sample_model.paths import MODEL, SAMPLE, WORK
from tools.sample_model.schedule import FULL

CLIP_SEED = 11


def _answer(_: argparse.Namespace) -> None:
    from tools.sample_model.answer import build, read_script

    build(read_script(), SAMPLE)


def _speech(options: argparse.Namespace) -> None:
    from tools.sample_model.clips import make_clips

    make_clips(WORK, CLIP_SEED, options.threads)


def _tokenizer(_: argparse.Namespace) -> None:
    from tools.sample_model.phrases import bank
    from tools.sample_model.vocabulary import build

    WORK.mkdir(parents=True, exist_ok=True)
    build(bank()).save(str(WORK / "tokenizer.json"))


def _train(options: argparse.Namespace) -> None:
    from tools.sample_model.training import train

    train(WORK, FULL, options.threads)


def _export(_: argparse.Namespace) -> None:
    from tools.sample_model.export import export

    export(WORK, MODEL)


def _measure(options: argparse.Namespace) -> None:
    from tools.sample_model.measure import measure_all

    measure_all(MODEL, WORK, options.threads)


STEPS: dict[str, tuple[Callable[[argparse.Namespace], None], str]] = {
    "answer": (_answer, "speak the sample answer"),
    "speech": (_speech, "speak the phrase bank"),
    "tokenizer": (_tokenizer, "learn the tokens"),
    "train": (_train, "train, going on from the last checkpoint"),
    "export": (_export, "write the model to models/sample-en"),
    "measure": (_measure, "measure it and write models/sample-en/measured.json"),
}


def main() -> None:
    """Run the steps that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tools.sample_model", description=__doc__)
    parser.add_argument(
        "step", choices=["all", *STEPS], help="; ".join(f"{k}: {v[1]}" for k, v in STEPS.items())
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="processor threads to use")
    options = parser.parse_args()
    for name, (run, _) in STEPS.items():
        if options.step in ("all", name):
            run(options)


if __name__ == "__main__":
    main()
