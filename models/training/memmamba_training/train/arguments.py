"""Command line of training."""

from __future__ import annotations

import argparse
from pathlib import Path

from memmamba_training.model.presets import PRESETS


def parse(description: str | None, argv: list[str] | None = None) -> argparse.Namespace:
    ap = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--preset", choices=sorted(PRESETS), default="small")
    ap.add_argument("--minutes", type=float, required=True, help="from when the first steps, with the compilation, are over")
    ap.add_argument("--steps", type=int, default=0, help="stop after so many steps, if the time allows; 0: by time only")
    ap.add_argument("--tokens", type=Path, required=True, help="folder with token streams train*.bin and val*.bin")
    ap.add_argument("--tokenizer", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--resume", type=Path, help="start from the weights of a checkpoint")
    ap.add_argument("--continue-schedule", action="store_true", help="with --resume: from its place in the schedule")
    ap.add_argument("--batch", type=int, default=16, help="rows per GPU and step")
    ap.add_argument("--length", type=int, default=4096, help="tokens of a segment, which is read in one step")
    ap.add_argument("--segments", type=int, nargs="+", default=[1, 1, 2, 4, 8, 16, 32], help="of a text, with equal shares of the tokens")
    ap.add_argument("--quant-from", type=float, default=0.0, help="share of the time without fake quantization; above 0: compiles twice")
    ap.add_argument("--lr", type=float, default=3e-3)
    ap.add_argument("--lr-end", type=float, default=0.03, help="final learning rate, as a share of --lr")
    ap.add_argument("--decay", type=float, default=0.5, help="share of the time over which it decays")
    ap.add_argument("--planted", type=int, default=6, help="recall tasks per 4,096 tokens of a text that has any")
    ap.add_argument("--planted-share", type=float, nargs=2, default=(1.0, 0.5), help="of texts: at first; later, or when resumed")
    ap.add_argument("--answer-weight", type=float, nargs=2, default=(10.0, 4.0), help="in the loss: at first; later, or when resumed")
    ap.add_argument("--infill", type=float, default=0.5, help="share of segments with middles to fill in")
    ap.add_argument("--middle-weight", type=float, default=3.0, help="of the tokens of middles in the loss")
    ap.add_argument("--renamed", type=float, default=0.2, help="share of texts with renamed identifiers")
    ap.add_argument("--retrieval", action=argparse.BooleanOptionalAction, default=True, help="train the retrieval head as well")
    ap.add_argument("--retrieval-every", type=int, default=3, help="steps")
    ap.add_argument("--retrieval-weight", type=float, default=0.4, help="of the contrastive loss; cross entropy is about 1 to 2")
    ap.add_argument("--bank", type=int, default=12_000, help="facts per worker")
    ap.add_argument("--workers", type=int, default=12, help="processes per GPU that compose batches")
    ap.add_argument("--eval-every", type=float, default=240, help="seconds")
    ap.add_argument("--save-every", type=float, default=60, help="seconds")
    ap.add_argument("--eval-lengths", type=int, nargs="*", default=[4096, 16384])
    ap.add_argument("--eval-tokens", type=int, default=131_072, help="for bits per byte, per length")
    ap.add_argument("--eval-documents", type=int, default=6, help="per kind and length, five queries each; 0: do not measure")
    ap.add_argument("--eval-infills", type=int, default=200, help="lines to fill in; 0: do not measure")
    ap.add_argument("--eval-pairs", type=int, default=500, help="of question and definition; 0: do not measure")
    ap.add_argument("--needles", type=Path, help="development questions to measure the embedding with (evaluation/needles.py)")
    ap.add_argument("--loss-chunks", type=int, default=1, help="more: less memory, logits computed twice")
    ap.add_argument("--attend-in-parts", action="store_true", help="attention without concatenation; compare the speed")
    ap.add_argument("--compile-mode", choices=["default", "max-autotune-no-cudagraphs"], default="default")
    ap.add_argument("--compile-parts", action="store_true", help="each kind of layer instead of the whole model: compiles faster")
    ap.add_argument("--compile-cache", type=Path, help="file of compiled code: read if it exists, else written")
    ap.add_argument("--no-compile", action="store_true")
    ap.add_argument("--seed", type=int, default=0)
    return ap.parse_args(argv)
