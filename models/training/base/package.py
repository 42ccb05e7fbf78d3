"""What a run left, as the folder of the model: weights, configuration, tokenizer, golden vectors, and what trunk it needs.

    python package.py RUN/weights --trunk TRUNK --tokenizer tokenizer.json --out ../../memmamba-base

trunk.json has the sha256 of the teacher's file and of the trunk that is made from it. The golden vectors are what this definition of the model gives with the rounded
weights, in float32: whoever runs it otherwise compares.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import checkpoint
import teacher
import torch
from model import Base
from tokenizers import Tokenizer

TEXT = """export class Counter {
  private count = 0;
  constructor(private readonly step: number) {}

  increment(): number {
    this.count += this.step;
    return this.count;
  }

  reset(): void {
    this.count = 0;
  }
}

const counter = new Counter(2);
console.log(counter.increment());
"""
LENGTH, TOP = 128, 5


def golden(folder: Path, trunk: Path, tokenizer: Path) -> dict[str, object]:
    """The likeliest tokens and their logits behind every 16th token of TEXT, which is repeated until it is LENGTH tokens long."""
    named, c = checkpoint.load(folder)
    model = Base(c, teacher.load(trunk), torch.device("cpu"))
    checkpoint.put(model, named)
    ids = (Tokenizer.from_file(str(tokenizer)).encode(TEXT, add_special_tokens=False).ids * LENGTH)[:LENGTH]
    with torch.no_grad():
        logits = model(torch.tensor([ids]))[0, 15::16] @ model.embedding.t()
    best = logits[:, : c.vocabulary].topk(TOP)
    return {"ids": ids, "every": 16, "best": best.indices.tolist(), "logits": [[round(v, 3) for v in row] for row in best.values.tolist()]}


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("weights", type=Path)
    ap.add_argument("--trunk", type=Path, required=True)
    ap.add_argument("--tokenizer", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True)
    args = ap.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for f in (*sorted(args.weights.glob("weights*")), args.weights / "config.json"):
        shutil.copyfile(f, args.out / f.name)
    shutil.copyfile(args.tokenizer, args.out / "tokenizer.json")
    known = json.loads((args.trunk / "trunk.json").read_text())
    size = sum(f.stat().st_size for f in args.trunk.glob("trunk-*.bin"))
    trunk = {"name": teacher.NAME, "licence": teacher.LICENCE, "file": known["teacher"], "trunk": known["sha256"], "bytes": size}
    (args.out / "trunk.json").write_text(json.dumps(trunk, indent=2) + "\n")
    (args.out / "golden.json").write_text(json.dumps(golden(args.out, args.trunk, args.out / "tokenizer.json")) + "\n")


if __name__ == "__main__":
    main()
