"""The mean of the weights of two checkpoints, one of which was trained on from the other: often better than both, for nothing.

    python average.py before.pt after.pt --out mean.pt [--weight 0.5]

Their scores are averaged as well; rescore.py fits these again. Wortsman et al., Model soups, 2022; EXPERIMENTS.md, 8.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("before", type=Path)
    ap.add_argument("after", type=Path, help="configuration and number of tokens are this one's")
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--weight", type=float, default=0.5, help="of the second")
    args = ap.parse_args()
    before, after = (torch.load(p, map_location="cpu", weights_only=True) for p in (args.before, args.after))
    mean = {k: torch.lerp(before["model"][k].float(), v.float(), args.weight).to(v.dtype) for k, v in after["model"].items()}
    torch.save(after | {"model": mean}, args.out)


if __name__ == "__main__":
    main()
