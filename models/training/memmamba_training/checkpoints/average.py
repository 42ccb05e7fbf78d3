"""Averages the weights of two checkpoints, one of which was trained from the other: sometimes better than both, at no cost.

    memmamba-average before.pt after.pt --out mean.pt [--weight 0.5]

The note scorers are averaged as well; memmamba-rescore fits them again. Model soups: arXiv 2203.05482; EXPERIMENTS.md, 8 and 9.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from memmamba_training.model.checkpoint import read_checkpoint


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("before", type=Path)
    ap.add_argument("after", type=Path, help="its configuration and number of tokens are kept")
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--weight", type=float, default=0.5, help="of the second checkpoint")
    args = ap.parse_args()
    before, after = (read_checkpoint(p) for p in (args.before, args.after))
    mean = {k: torch.lerp(before["model"][k].float(), v.float(), args.weight).to(v.dtype) for k, v in after["model"].items()}
    torch.save(after | {"model": mean}, args.out)


if __name__ == "__main__":
    main()
