"""Fits the note scorers of a trained model again, in closed form: minutes on a CPU.

    memmamba-rescore --checkpoint run/last.pt --tokenizer ../memmamba-small/tokenizer.json --tokens tokens --out rescored.pt

The score of a note layer is linear in the layer's normalised stream, so the best scorer for given targets is a weighted
least-squares solution. The targets are those of training, but queried values weigh `--queried-weight`: planted definitions look
like real ones, most of which are never queried, so an unbalanced fit scores both in between. Also, training reads few starts of
files: here more definitions are planted between the first lines of real files, most of them with real identifiers
(EXPERIMENTS.md, 6 and 7). Nothing else in the model changes.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from memmamba_training.data.composer import Composer, Mix
from memmamba_training.data.infill import Infill
from memmamba_training.model.checkpoint import load_model, weights_to_save
from memmamba_training.model.memmamba import MAX_SURPRISE, QUERIED, REUSED, MemMamba, State, score_targets
from memmamba_training.recall.bank import FactBank, PlantedFact
from memmamba_training.recall.extracted import extract
from memmamba_training.recall.planting import Insertion, insert
from memmamba_training.tokens import labels
from memmamba_training.tokens.stream import TokenStream

SEGMENT = 4096
REPORTED = (("segments", labels.VALUE), ("file starts", labels.VALUE), ("segments", labels.REUSED))
START, ROWS = 512, 8  # tokens of a file's start; files read together


def file_start(stream: TokenStream, bank: list[PlantedFact], line_start: np.ndarray, r: random.Random) -> tuple[np.ndarray, np.ndarray]:
    """(ids, labels) [START]: the start of a real file with one to three definitions between its first lines."""
    ids, files = stream.parts[r.randrange(len(stream.parts))]
    start = int(files[r.randrange(len(files) - 50)])
    x, insertions, at = ids[start : start + START].astype(np.int64), [], 0
    ends = np.flatnonzero(line_start[x[:-64]])
    for item in r.sample(bank, r.choice((1, 1, 2, 3))):
        at = max(at, int(ends[min(len(ends) - 1, int(r.expovariate(0.4)))]) if len(ends) else 1)
        own = [labels.VALUE if item.value[0] <= i < item.value[1] else labels.TEXT for i in range(len(item.definition))]
        insertions.append(Insertion(at, item.definition, own))
        at += len(item.definition)
    x, label = insert(x, np.full(START, labels.TEXT, np.int64), insertions, line_start, r)
    return x[:START], label[:START]


class ScorerInputs:
    """The normalised stream [b,l,d] of every note layer in the last forward pass."""

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
    ap.add_argument("--segments", type=int, default=60, help="of 4,096 tokens to fit on; a fifth as many measure")
    ap.add_argument("--file-starts", type=int, default=400, help="of 512 tokens to fit on; a fifth as many measure")
    ap.add_argument("--queried-weight", type=float, default=100.0)
    ap.add_argument("--start-weights", type=float, nargs="+", default=[1000.0, 700.0, 500.0, 350.0, 250.0, 150.0],
                    help="of queried values in the first lines of a file: the first of these that costs others at most --cost")  # fmt: skip
    ap.add_argument("--cost", type=float, default=0.01, help="share of planted values in the middle of texts that may be lost")
    ap.add_argument("--reused-weight", type=float, default=5.0)
    ap.add_argument("--kept", type=float, default=1024 / 20_000, help="share of the tokens that stay in the pool, for the report")
    ap.add_argument("--ridge", type=float, default=1e-3, help="regularisation towards the present scorer, per unit of weight")
    ap.add_argument("--seed", type=int, default=7)
    args = ap.parse_args()
    tk = Tokenizer.from_file(str(args.tokenizer))
    model, saved = load_model(args.checkpoint, "cpu", "full")
    inputs, r = ScorerInputs(model), random.Random(args.seed)
    stream = TokenStream(args.tokens, "train")
    bank = FactBank(tk, 4000, args.seed, extracted=extract(stream, tk, 2000, r))
    infill = Infill(tk, 0.2)
    composer = Composer(stream, tk, infill, bank, Mix(1, SEGMENT, (1, 2, 4)), r)
    d = model.cfg.d_model + 1
    # Normal equations by layer and by weight of file starts.
    gram = {name: {w: torch.zeros(d, d, dtype=torch.float64) for w in args.start_weights} for name in model.notes}
    right = {name: {w: torch.zeros(d, dtype=torch.float64) for w in args.start_weights} for name in model.notes}
    measured: list[tuple[str, dict[str, Tensor], Tensor]] = []  # source; by layer, scorer inputs with a one for the bias; labels

    def add(source: str, ids: Tensor, label: Tensor, state: State | None, held_out: bool) -> State:
        """Reads ids [b,l+1] with labels [b,l+1]; the first token has no surprise."""
        output = model.read(ids[:, :-1], state)
        surprise = model.loss(output.hidden, ids[:, 1:])[:, :-1].clamp(max=MAX_SURPRISE)
        importance = QUERIED * (label == labels.VALUE) + REUSED * (label == labels.REUSED)
        rows = {n: torch.cat([u[:, 1:], torch.ones(*u[:, 1:, :1].shape)], 2) for n, u in inputs.of.items()}  # (b,l-1,d+1)
        if held_out:
            measured.append((source, rows, label[:, 1:-1]))
            return output.state
        for start in args.start_weights if source == "file starts" else (None,):
            y, weight = score_targets(surprise, importance[:, 1:-1], start or args.queried_weight, args.reused_weight)
            for name, u in rows.items():
                g = torch.einsum("bld,ble->de", u * weight[..., None], u).double()
                h = torch.einsum("bl,bld->d", weight * y, u).double()
                for w in (start,) if start else args.start_weights:
                    gram[name][w] += g
                    right[name][w] += h
        return output.state

    read = 0
    while read < args.segments * 6 // 5:
        state: State | None = None
        for batch in composer.text(0, 1.0):
            ids, label = (torch.from_numpy(a.astype("int64"))[None] for a in (batch.ids, batch.labels))
            state = add("segments", ids, label, state, read >= args.segments)
            read += 1
            print(f"segment {read}", end="\r", flush=True)
    for i in range(0, args.file_starts * 6 // 5, ROWS):
        x, m = zip(*(file_start(stream, bank.singles, infill.line_start, r) for _ in range(ROWS)))
        pad = np.zeros((ROWS, 1), np.int64)  # the last target is not used
        ids, label = (torch.from_numpy(np.concatenate([np.stack(rows), pad], 1)) for rows in (x, m))
        add("file starts", ids, label, None, i >= args.file_starts)
        print(f"file start {i + ROWS}", end="\r", flush=True)

    def kept_share(name: str, w: Tensor, source: str, label: int) -> float:
        """Share of the tokens with a label that would stay in the pool."""
        threshold = torch.cat([(u[name].double() @ w).flatten() for k, u, _ in measured if k == "segments"]).quantile(1 - args.kept)
        scores = [(u[name].double() @ w)[of == label] for k, u, of in measured if k == source]
        return float((torch.cat(scores) > threshold).double().mean())

    for name, layer in model.notes.items():
        old = torch.cat([layer.score.weight[0], layer.score.bias]).double()
        for start in args.start_weights:
            ridge = args.ridge * gram[name][start].diagonal().mean() * torch.eye(d, dtype=torch.float64)
            new = torch.linalg.solve(gram[name][start] + ridge, right[name][start] + ridge @ old)
            before, after = ([round(kept_share(name, w, source, label), 3) for source, label in REPORTED] for w in (old, new))
            print(f"layer {name}, weight {start}: kept in the middle / at the start / reused: {before} before, {after} now", flush=True)
            if after[0] >= before[0] - args.cost:
                layer.score.weight[0] = new[:-1].float()
                layer.score.bias[0] = new[-1].float()
                break
    torch.save({**saved, "model": weights_to_save(model)}, args.out)


if __name__ == "__main__":
    main()
