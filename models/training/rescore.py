"""Fits what chooses the notes again, in closed form, on what a trained model reads: minutes on a CPU.

    python rescore.py --checkpoint run/last.pt --tokenizer ../memmamba-small/tokenizer.json --tokens tokens --out rescored.pt

Each note layer's score is linear in the layer's normalised stream, so the best one for given labels is a weighted
least-squares solution. Training's own labels (model.py) are kept, but tokens that will be asked for count `--asked-weight`
times: planted definitions look like real ones, of which most are never asked for, so an unbalanced fit scores both in the
middle. Besides, training reads few beginnings of files: here, more definitions stand between the first lines of real files,
most of them with names that people gave (EXPERIMENTS.md, 6 and 7). Nothing else of the model changes; the reading sees a score only as a bias close to zero.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from data import Composer, Corpus, Mix
from evaluate import load
from infill import Infill
from mined import mine
from model import ASKED, MOST_SURPRISE, REUSED, MemMamba, State, score_labels
from recall import REUSED as REUSED_MARK
from recall import TEXT, VALUE, Bank, Inserted, Planted, insert
from train import halved

SEGMENT = 4096
BEGINNING, ROWS = 512, 8  # beginnings of files, read together


def beginning(corpus: Corpus, bank: list[Planted], line: np.ndarray, r: random.Random) -> tuple[np.ndarray, np.ndarray]:
    """(ids, marks) [BEGINNING]: the beginning of a real file with one to three definitions between its first lines."""
    ids, files = corpus.parts[r.randrange(len(corpus.parts))]
    start = int(files[r.randrange(len(files) - 50)])
    x, items, at = ids[start : start + BEGINNING].astype(np.int64), [], 0
    ends = np.flatnonzero(line[x[:-64]])
    for item in r.sample(bank, r.choice((1, 1, 2, 3))):
        at = max(at, int(ends[min(len(ends) - 1, int(r.expovariate(0.4)))]) if len(ends) else 1)
        marks = [VALUE if item.value[0] <= i < item.value[1] else TEXT for i in range(len(item.definition))]
        items.append(Inserted(at, item.definition, marks))
        at += len(item.definition)
    x, mark = insert(x, np.zeros(BEGINNING, np.int64), items, line, r)
    return x[:BEGINNING], mark[:BEGINNING]


class Streams:
    """The normalised stream of every note layer, as the last reading left it."""

    def __init__(self, model: MemMamba) -> None:
        self.of: dict[str, Tensor] = {}
        for name, layer in model.notes.items():
            layer.norm.register_forward_hook(lambda _m, _i, out, name=name: self.of.__setitem__(name, out.float()))


@torch.no_grad()
def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--checkpoint", type=Path, required=True)
    ap.add_argument("--tokenizer", type=Path, required=True)
    ap.add_argument("--tokens", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--segments", type=int, default=60, help="of 4,096 tokens to learn from; a fifth of as many measure")
    ap.add_argument("--beginnings", type=int, default=400, help="of files, 512 tokens each; a fifth of as many measure")
    ap.add_argument("--asked-weight", type=float, default=100.0)
    ap.add_argument("--first-weights", type=float, nargs="+", default=[1000.0, 700.0, 500.0, 350.0, 250.0, 150.0],
                    help="of those between the first lines of a file: the first of these that costs others at most --cost")  # fmt: skip
    ap.add_argument("--cost", type=float, default=0.01, help="share of the planted definitions in the middle of texts")
    ap.add_argument("--reused-weight", type=float, default=5.0)
    ap.add_argument("--kept", type=float, default=1024 / 20_000, help="share of the tokens that stay, for the report")
    ap.add_argument("--ridge", type=float, default=1e-3, help="pull towards the scores as they are, per unit of weight")
    ap.add_argument("--seed", type=int, default=7)
    args = ap.parse_args()
    tk = Tokenizer.from_file(str(args.tokenizer))
    model, saved = load(args.checkpoint, "cpu", "full")
    streams, r = Streams(model), random.Random(args.seed)
    corpus = Corpus(args.tokens, "train")
    bank = Bank(tk, 4000, args.seed, mined=mine(corpus, tk, 2000, r))
    infill = Infill(tk, 0.2)
    compose = Composer(corpus, tk, infill, bank, Mix(1, SEGMENT, (1, 2, 4)), r)
    d = model.cfg.d_model + 1
    # Per layer and weight of the first definitions, which are all that differs between them.
    gram = {name: {w: torch.zeros(d, d, dtype=torch.float64) for w in args.first_weights} for name in model.notes}
    right = {name: {w: torch.zeros(d, dtype=torch.float64) for w in args.first_weights} for name in model.notes}
    measured: list[tuple[str, dict[str, Tensor], Tensor]] = []  # what, per layer: stream with a one; marks

    def learn(what: str, ids: Tensor, mark: Tensor, state: State | None, held_out: bool) -> State:
        """Reads ids [b,l+1] with marks [b,l+1]; the first token has no surprise of its own."""
        reading = model.read(ids[:, :-1], state)
        surprise = model.loss(reading.hidden, ids[:, 1:])[:, :-1].clamp(max=MOST_SURPRISE)
        wanted = ASKED * (mark == VALUE) + REUSED * (mark == REUSED_MARK)
        rows = {n: torch.cat([u[:, 1:], torch.ones(*u[:, 1:, :1].shape)], 2) for n, u in streams.of.items()}  # (b,l-1,d+1)
        if held_out:
            measured.append((what, rows, mark[:, 1:-1]))
            return reading.state
        for first in args.first_weights if what == "beginnings" else (None,):
            y, weight = score_labels(surprise, wanted[:, 1:-1], first or args.asked_weight, args.reused_weight)
            for name, u in rows.items():
                g = torch.einsum("bld,ble->de", u * weight[..., None], u).double()
                h = torch.einsum("bl,bld->d", weight * y, u).double()
                for w in (first,) if first else args.first_weights:
                    gram[name][w] += g
                    right[name][w] += h
        return reading.state

    read = 0
    while read < args.segments * 6 // 5:
        state: State | None = None
        for batch in compose.text(0, 1.0):
            ids, mark = (torch.from_numpy(a.astype("int64"))[None] for a in (batch.ids, batch.mark))
            state = learn("segments", ids, mark, state, read >= args.segments)
            read += 1
            print(f"segment {read}", end="\r", flush=True)
    for i in range(0, args.beginnings * 6 // 5, ROWS):
        x, m = zip(*(beginning(corpus, bank.items, infill.line, r) for _ in range(ROWS)))
        pad = np.zeros((ROWS, 1), np.int64)  # the last target counts for nothing
        ids, mark = (torch.from_numpy(np.concatenate([np.stack(rows), pad], 1)) for rows in (x, m))
        learn("beginnings", ids, mark, None, i >= args.beginnings)
        print(f"beginning {i + ROWS}", end="\r", flush=True)

    def stays(name: str, w: Tensor, what: str, label: int) -> float:
        """Share of the tokens with a label that would stay."""
        bar = torch.cat([(u[name].double() @ w).flatten() for k, u, _ in measured if k == "segments"]).quantile(1 - args.kept)
        scores = [(u[name].double() @ w)[mark == label] for k, u, mark in measured if k == what]
        return float((torch.cat(scores) > bar).double().mean())

    for name, layer in model.notes.items():
        old = torch.cat([layer.score.weight[0], layer.score.bias]).double()
        for first in args.first_weights:
            pull = args.ridge * gram[name][first].diagonal().mean() * torch.eye(d, dtype=torch.float64)
            new = torch.linalg.solve(gram[name][first] + pull, right[name][first] + pull @ old)
            before, after = (
                [round(stays(name, w, what, label), 3) for what, label in (("segments", VALUE), ("beginnings", VALUE), ("segments", REUSED_MARK))]
                for w in (old, new)
            )
            print(f"layer {name}, weight {first}: would stay, middle / beginning / reused: {before}, now {after}", flush=True)
            if after[0] >= before[0] - args.cost:
                layer.score.weight[0] = new[:-1].float()
                layer.score.bias[0] = new[-1].float()
                break
    torch.save({**saved, "model": halved(model)}, args.out)


if __name__ == "__main__":
    main()
