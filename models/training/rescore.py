"""Fits what chooses the notes again, in closed form, on what a trained model reads: minutes on a CPU.

    python rescore.py --checkpoint run/last.pt --tokenizer ../memmamba-small/tokenizer.json --tokens tokens --out rescored.pt

Each note layer's score is linear in the layer's normalised stream, so the best one for given labels is a weighted least-squares
solution. Training's own labels (model.py) are kept, but tokens that will be asked for count `--asked-weight` times: planted
definitions look like real ones, of which most are never asked for, so an unbalanced fit scores both in the middle. Besides, training has planted
definitions over code at any place and hardly ever at the beginning of a file, and a model came to score the break rather than the
definition (EXPERIMENTS.md, 6): here, more of them stand between the first lines of real files. Nothing else of the model changes; the reading sees a score only as a bias close to zero.
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
from model import ASKED_SCORE, REUSED_SCORE, MemMamba, State
from recall import REUSED, TEXT, VALUE, Bank, Planted

SEGMENT = 4096
BEGINNING, ROWS = 512, 8  # beginnings of files, read together


def beginning(corpus: Corpus, first: list[Planted], breaks: np.ndarray, r: random.Random) -> tuple[np.ndarray, np.ndarray]:
    """(ids, marks) [BEGINNING]: the beginning of a real file with one to three definitions between its first lines."""
    ids, files = corpus.parts[r.randrange(len(corpus.parts))]
    start = int(files[r.randrange(len(files) - 50)])
    x, mark = ids[start : start + BEGINNING].astype(np.int64), np.zeros(BEGINNING, np.int64)
    for item in r.sample(first, r.choice((1, 1, 2, 3))):
        lines = np.flatnonzero(breaks[x[:-64]]) + 1  # where lines begin
        at = int(lines[min(len(lines) - 1, int(r.expovariate(0.4)))]) if len(lines) else 1
        new, value = item.definition[1:], (item.value[0] - 1, item.value[1] - 1)  # the line end before it is there already
        x, mark = (
            np.concatenate([y[:at], z, y[at:]])[:BEGINNING] for y, z in ((x, np.array(new)), (mark, np.full(len(new), TEXT)))
        )
        mark[at + value[0] : at + value[1]] = VALUE
    return x, mark


class Streams:
    """The normalised stream of every note layer, as the last reading left it."""

    def __init__(self, model: MemMamba) -> None:
        self.of: dict[str, Tensor] = {}
        for name, layer in model.notes.items():
            layer.norm.register_forward_hook(lambda _m, _i, out, name=name: self.of.__setitem__(name, out.float()))


def labels(surprise: Tensor, mark: Tensor, asked_weight: float, reused_weight: float) -> tuple[Tensor, Tensor]:
    """(target, weight) per token [l]; surprise [l] in nats, mark [l] as in recall.py. The same labels as in training."""
    y = (surprise - surprise.mean()) / (surprise.std() + 1e-3) - 1
    weight = torch.ones_like(y)
    for kind, above, share in ((VALUE, ASKED_SCORE, asked_weight), (REUSED, REUSED_SCORE, reused_weight)):
        y = torch.where(mark == kind, y.clamp(min=0) + above, y)
        weight = torch.where(mark == kind, share, weight)
    return y, weight


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
    ap.add_argument("--first-weight", type=float, default=300.0, help="of those between the first lines of a file")
    ap.add_argument("--reused-weight", type=float, default=5.0)
    ap.add_argument("--kept", type=float, default=512 / 20_000, help="share of the tokens that stay, for the report")
    ap.add_argument("--ridge", type=float, default=1e-3, help="pull towards the scores as they are, per unit of weight")
    ap.add_argument("--seed", type=int, default=7)
    args = ap.parse_args()
    tk = Tokenizer.from_file(str(args.tokenizer))
    model, saved = load(args.checkpoint, "cpu", "full")
    streams, r = Streams(model), random.Random(args.seed)
    bank, corpus = Bank(tk, 4000, args.seed), Corpus(args.tokens, "train")
    compose = Composer(corpus, tk, Infill(tk, 0.2), bank, Mix(1, SEGMENT, (1, 2, 4)), r)
    newline = tk.encode("\n", add_special_tokens=False).ids[0]
    first = [i for i in bank.items + [m for f in bank.families for m in f] if i.definition[0] == newline and i.value[0] > 1]
    breaks = np.array([(text := tk.decode([i])) != "" and not text.strip("\n") for i in range(tk.get_vocab_size())])
    d = model.cfg.d_model + 1
    gram = {name: torch.zeros(d, d, dtype=torch.float64) for name in model.notes}
    right = {name: torch.zeros(d, dtype=torch.float64) for name in model.notes}
    measured: list[tuple[str, dict[str, Tensor], Tensor]] = []  # what, per layer: stream with a one; marks

    def learn(what: str, ids: Tensor, mark: Tensor, state: State | None, held_out: bool) -> State:
        """Reads ids [b,l+1] with marks [b,l+1]; the first token has no surprise of its own."""
        reading = model.read(ids[:, :-1], state)
        surprise = model.loss(reading.hidden, ids[:, 1:])[:, :-1].clamp(max=12.0)
        share = args.first_weight if what == "beginnings" else args.asked_weight
        y, weight = labels(surprise, mark[:, 1:-1], share, args.reused_weight)
        rows = {n: torch.cat([u[:, 1:], torch.ones(*u[:, 1:, :1].shape)], 2) for n, u in streams.of.items()}  # (b,l-1,d+1)
        if held_out:
            measured.append((what, rows, mark[:, 1:-1]))
            return reading.state
        for name, u in rows.items():
            gram[name] += torch.einsum("bld,ble->de", u * weight[..., None], u).double()
            right[name] += torch.einsum("bl,bld->d", weight * y, u).double()
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
        x, m = zip(*(beginning(corpus, first, breaks, r) for _ in range(ROWS)))
        pad = np.zeros((ROWS, 1), np.int64)  # the last target counts for nothing
        ids, mark = (torch.from_numpy(np.concatenate([np.stack(rows), pad], 1)) for rows in (x, m))
        learn("beginnings", ids, mark, None, i >= args.beginnings)
        print(f"beginning {i + ROWS}", end="\r", flush=True)

    for name, layer in model.notes.items():
        old = torch.cat([layer.score.weight[0], layer.score.bias]).double()
        pull = args.ridge * gram[name].diagonal().mean() * torch.eye(d, dtype=torch.float64)
        new = torch.linalg.solve(gram[name] + pull, right[name] + pull @ old)
        for what, label in (("segments", VALUE), ("beginnings", VALUE), ("segments", REUSED)):
            shares = []
            for w in (old, new):
                bar = torch.cat([(u[name].double() @ w).flatten() for k, u, _ in measured if k == "segments"]).quantile(1 - args.kept)
                scores = [(u[name].double() @ w)[mark == label] for k, u, mark in measured if k == what]
                shares.append((torch.cat(scores) > bar).double().mean().item())
            print(f"layer {name}, {what}, mark {label}: would stay before {shares[0]:.3f}, now {shares[1]:.3f}", flush=True)
        layer.score.weight[0] = new[:-1].float()
        layer.score.bias[0] = new[-1].float()
    weights = {k: v.half() if v.ndim >= 2 else v.float() for k, v in model.state_dict().items()}
    torch.save({**saved, "model": weights}, args.out)


if __name__ == "__main__":
    main()
