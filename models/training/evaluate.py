"""Measures a checkpoint: bits per byte by length, recall of planted facts by length and depth, infilled lines.

    python evaluate.py --checkpoint run/last.pt --tokenizer tokenizer.json --tokens tokens --out quality.json

train.py calls the same functions while it runs. Answers count only when every one of their tokens is the model's first
choice given the true text before it, which is the same as greedy decoding being exactly right.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from config import ModelConfig
from data import Corpus, Infill
from model import MemMamba, Quantize
from recall import Bank

DEPTHS = (0.02, 0.25, 0.5, 0.75, 0.95)


def token_bytes(tokenizer: Tokenizer) -> np.ndarray:
    """Length in bytes of every token; special tokens count 0."""
    size = np.zeros(tokenizer.get_vocab_size(), np.int64)
    for token, i in tokenizer.get_vocab().items():
        size[i] = 0 if i < 16 else len(token)  # the byte-level alphabet has one character per byte
    return size


@torch.no_grad()
def bits_per_byte(model: MemMamba, corpus: Corpus, sizes: np.ndarray, length: int, windows: int, device: str) -> list[float]:
    """Bits per byte in each quarter of windows of `length` tokens, spread evenly over the held-out stream."""
    ids = np.concatenate([p[0] for p in corpus.parts])
    starts = np.linspace(0, len(ids) - length - 1, windows).astype(int)
    nats, size = np.zeros(4), np.zeros(4)
    for s in starts:
        x = torch.from_numpy(ids[s : s + length + 1].astype(np.int64))[None].to(device)
        loss = model(x[:, :-1], x[:, 1:])[0][0].double().cpu().numpy()
        nats += loss.reshape(4, -1).sum(1)
        size += sizes[ids[s + 1 : s + length + 1]].reshape(4, -1).sum(1)
    return [round(float(b), 4) for b in nats / size / math.log(2)]


@torch.no_grad()
def exact(model: MemMamba, x: np.ndarray, start: int, end: int, device: str) -> bool:
    """Whether tokens [start, end) of x are all first choices."""
    block = model.cfg.block_size
    ids = torch.from_numpy(np.pad(x, (0, -len(x) % block)).astype(np.int64))[None].to(device)
    choice = model.logits(model.hidden(ids)[0][:, start - 1 : end - 1]).argmax(-1)[0]
    return bool((choice == ids[0, start:end]).all())


def recall(
    model: MemMamba, corpus: Corpus, bank: Bank, length: int, cases: int, device: str, kinds: tuple[str, ...] = ()
) -> list[float]:
    """Share of facts recalled at the end of `length` tokens of held-out code, by depth of the definition."""
    r = random.Random(7)
    items = [i for i in bank.items if not kinds or i.kind in kinds]
    out = []
    for depth in DEPTHS:
        right = 0
        for _ in range(cases):
            item = items[r.randrange(len(items))]
            ids, answer = item.questions[0]
            x = corpus.window(length, r)
            at = int(depth * (length - len(ids) - len(item.definition)))
            x[at : at + len(item.definition)] = item.definition
            ask = length - len(ids)
            x[ask:] = ids
            right += exact(model, x, ask + answer, length - 1, device)  # the last token only closes the line
        out.append(round(right / cases, 3))
    return out


def infilled_lines(model: MemMamba, corpus: Corpus, infill: Infill, cases: int, device: str) -> float:
    """Share of single-line holes filled exactly, the closing <|fim_end|> included; 2,000 tokens of prefix."""
    r = random.Random(11)
    right = done = 0
    while done < cases:
        x = corpus.window(2400, r)
        a = 2000 + r.randrange(200)
        breaks = np.flatnonzero(infill.newline[x[a : a + 64]])
        if not len(breaks) or breaks[0] == 0 or (x[a : a + 200] < infill.special).any():
            continue
        b = a + int(breaks[0])
        middle = [*x[a:b], infill.end]
        y = np.array([*x[:a], infill.suffix, *x[b : b + 64], infill.middle, *middle], np.uint16)
        right += exact(model, y, len(y) - len(middle), len(y), device)
        done += 1
    return right / cases


def load(path: Path, device: str, quantize: Quantize = "none") -> tuple[MemMamba, dict[str, object]]:
    saved = torch.load(path, map_location="cpu", weights_only=True)
    model = MemMamba(ModelConfig.from_dict(saved["config"]))
    model.load_state_dict({k: v.float() for k, v in saved["model"].items()})
    model.set_quantize(quantize)
    return model.to(device).eval(), {k: v for k, v in saved.items() if k != "model"}


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--checkpoint", type=Path, required=True)
    ap.add_argument("--tokenizer", type=Path, required=True)
    ap.add_argument("--tokens", type=Path, required=True, help="folder with the held-out stream test.bin")
    ap.add_argument("--split", default="test")
    ap.add_argument("--lengths", type=int, nargs="+", default=[4096, 16384, 65536])
    ap.add_argument("--cases", type=int, default=20)
    ap.add_argument("--modes", nargs="+", choices=["none", "weights", "full"], default=["none", "full"])
    ap.add_argument("--out", type=Path)
    args = ap.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tk = Tokenizer.from_file(str(args.tokenizer))
    corpus, sizes = Corpus(args.tokens, args.split), token_bytes(tk)
    bank = Bank(tk, 4000, seed=999_999)
    quality: dict[str, object] = {"split": args.split}
    for mode in args.modes:
        model, about = load(args.checkpoint, device, mode)  # type: ignore[arg-type]
        figures: dict[str, object] = {}
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            for n in args.lengths:
                figures[f"bits_per_byte_by_quarter_{n}"] = bits_per_byte(model, corpus, sizes, n, max(2, 262144 // n), device)
                figures[f"recall_by_depth_{n}"] = recall(model, corpus, bank, n, args.cases, device)
                print(mode, n, figures[f"bits_per_byte_by_quarter_{n}"], figures[f"recall_by_depth_{n}"], flush=True)
            figures["infilled_lines"] = infilled_lines(model, corpus, Infill(tk, 0.0), 200, device)
        print(mode, "infilled lines", figures["infilled_lines"], flush=True)
        quality[{"none": "float", "weights": "int8 weights", "full": "int8"}[mode]] = figures
        quality["training"] = about
    if args.out:
        args.out.write_text(json.dumps(quality, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
