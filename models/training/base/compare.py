"""Kinds of state-space layers beside each other: the same activations, each kind trained to give what attention gave.

    python compare.py --trunk F --tokens tokens --tokenizer tokenizer.json --seconds 40 --out compare

The kinds: gated, gated_delta, and gated_delta with turned queries and keys; each in place of every third layer.
Of each kind the log has the relative squared error and the milliseconds of a layer's step.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import torch
from config import Config
from model import Base, Mixer, align_part, turns
from optim import optimizers, schedule
from teacher import load
from tokenizers import Tokenizer
from train import Stream, watched

KINDS: dict[str, dict[str, Any]] = {"gated": {"update": "gated"}, "gated_delta": {"update": "gated_delta"}, "gated_delta, turned": {"update": "gated_delta", "rotary": True}}


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--trunk", type=Path, required=True)
    ap.add_argument("--tokens", type=Path, required=True)
    ap.add_argument("--tokenizer", type=Path, required=True)
    ap.add_argument("--seconds", type=float, default=40, help="of training, compilation left out")
    ap.add_argument("--length", type=int, default=4096)
    ap.add_argument("--batch", type=int, default=16)
    ap.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    ap.add_argument("--out", type=Path, required=True)
    args = ap.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    device = torch.device("cuda")
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.manual_seed(0)
    w = load(args.trunk)
    c = Config(vocabulary=Tokenizer.from_file(str(args.tokenizer)).get_vocab_size())
    model = Base(c.replace(attention=tuple(range(c.layers))), w, device)
    layers = range(1, c.layers, 3)
    mixers = {kind: torch.nn.ModuleList(Mixer(c.replace(**how)).to(device) for _ in layers) for kind, how in KINDS.items() if kind in args.kinds}
    opts, parts = [], {}
    for kind, group in mixers.items():
        for i, mixer in zip(layers, group):
            mixer.take({k: v.to(device) for k, v in w.items() if k.startswith(f"blk.{i}.")}, i)
        opts += optimizers([(f"mixer.{n}", p) for n, p in group.named_parameters()], 1e-3, 1e-3)
        parts[kind] = torch.compile(align_part, dynamic=False)
    look = torch.compile(watched, dynamic=False)
    stream = Stream(args.tokens, args.length, device, 0, 1, 4e6)
    begun, step, begin_mixers = 0.0, 0, {i: n for n, i in enumerate(layers)}
    while step < 3 or time.time() - begun < args.seconds:
        if step == 2:
            torch.cuda.synchronize()
            begun = time.time()
        done = (time.time() - begun) / args.seconds if step > 2 else 0.0
        ids = stream.batch(args.batch)[:, :-1]
        losses, seconds = {kind: 0.0 for kind in mixers}, {kind: 0.0 for kind in mixers}
        with torch.no_grad():
            x, by = model.embed(ids), turns(ids.shape[1], c, device)
            for i, block in enumerate(model.blocks):
                x, u, y = look(block, x, by)
                if i in begin_mixers:
                    torch.cuda.synchronize()
                    for kind in mixers:
                        at = time.time()
                        with torch.enable_grad():
                            loss = parts[kind](mixers[kind][begin_mixers[i]], u, y, by)
                            loss.backward()
                        losses[kind] += loss.item() / len(begin_mixers)
                        seconds[kind] += time.time() - at
        for opt in opts:
            for group in opt.param_groups:
                group["lr"] = 1e-3 * schedule(min(1.0, done))
            opt.step()
            opt.zero_grad(set_to_none=True)
        step += 1
        if step % 10 == 0 or step < 3:
            line = json.dumps({"step": step, "seconds": round(time.time() - begun, 1), **{k: [round(v, 4), round(1000 * seconds[k] / len(begin_mixers), 2)] for k, v in losses.items()}})
            print(line, flush=True)
            with (args.out / "compare.jsonl").open("a") as f:
                f.write(line + "\n")


if __name__ == "__main__":
    main()
