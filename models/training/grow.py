"""Makes a checkpoint larger without changing what it computes, so that training goes on with more parameters.

    python grow.py restored.pt --behind 2 6 9 10 --out grown.pt
    python grow.py restored.pt --embedding 256 --hidden 1024 --hidden-layer 13 --out grown.pt

Behind each named layer (counted before growing) a copy of it is inserted whose `out_proj` is zero: it adds nothing to the
stream until training makes it do so, and reads the stream through weights that have learned to (function-preserving depth
growth: Chen et al., Net2Net, arXiv 1511.05641; stacking: Du et al., arXiv 2405.15319). Note layers keep their neighbours.

The embedding alone may change a little: its new numbers begin small, as numbers that are zero in spans and questions alike would
stay zero for ever.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from config import ModelConfig
from model import MemMamba
from train import halved

SMALL = 0.3  # of the standard deviation of the embedding's old weights: that of its new ones


def grown(model: MemMamba, behind: list[int]) -> MemMamba:
    """The deeper model; `behind` in terms of the layers of `model`."""
    cfg = model.cfg
    old_of = [i for i in range(cfg.layers) for _ in range(2 if i in behind else 1)]  # by new layer: the old one
    is_copy = [i > 0 and old_of[i] == old_of[i - 1] for i in range(len(old_of))]
    # Notes are read behind the old layer, so a copy stands behind them as well; the embedding likewise.
    new_of = {old: new for new, old in reversed(list(enumerate(old_of)))}
    deeper = MemMamba(
        replace(
            cfg,
            layers=len(old_of),
            note_layers=tuple(new_of[i] for i in cfg.note_layers),
            cross_layers=tuple(new_of[i] for i in cfg.cross_layers),
            embedding_layer=new_of[cfg.embedding_layer],
        )
    )
    given = model.state_dict()
    weights = {n: v for n, v in given.items() if not n.startswith(("norms.", "mixers.", "notes."))}
    for new, old in enumerate(old_of):
        for part in ("norms", "mixers"):
            prefix = f"{part}.{old}."
            for name, value in given.items():
                if name.startswith(prefix):
                    weights[f"{part}.{new}." + name.removeprefix(prefix)] = value.clone()
        if is_copy[new]:
            weights[f"mixers.{new}.out_proj.weight"].zero_()
    for old in cfg.note_layers:
        prefix = f"notes.{old}."
        weights |= {f"notes.{new_of[old]}." + n.removeprefix(prefix): v for n, v in given.items() if n.startswith(prefix)}
    deeper.load_state_dict(weights)
    return deeper


def widened(model: MemMamba, width: int, hidden: int, hidden_layer: int) -> MemMamba:
    """The model with an embedding of `width` numbers and a network of `hidden` ones that adds to them behind `hidden_layer`."""
    assert model.retrieval is not None, "this model has no embedding"
    wider = MemMamba(
        replace(model.cfg, embedding_width=width, embedding_hidden=hidden, embedding_hidden_layer=hidden_layer if hidden else 0)
    )
    name, weights = "retrieval.proj.weight", model.state_dict()
    old = weights.pop(name)
    new = torch.randn(width - len(old), old.shape[1], generator=torch.Generator().manual_seed(0)) * old.std() * SMALL
    wider.load_state_dict(wider.state_dict() | weights | {name: torch.cat([old, new])})
    return wider


@torch.no_grad()
def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("checkpoint", type=Path)
    ap.add_argument("--behind", type=int, nargs="*", default=[], help="layers that get a copy behind them")
    ap.add_argument("--embedding", type=int, help="numbers of the embedding, no fewer than it has")
    ap.add_argument("--hidden", type=int, default=0, help="width of the network that adds to the embedding")
    ap.add_argument("--hidden-layer", type=int, default=0, help="the layer behind which it reads, counted after growing")
    ap.add_argument("--out", type=Path, required=True)
    args = ap.parse_args()
    saved = torch.load(args.checkpoint, map_location="cpu", weights_only=True)
    model = MemMamba(ModelConfig.from_dict(saved["config"]))
    model.load(saved["model"])
    larger = grown(model, args.behind) if args.behind else model
    if args.embedding:
        larger = widened(larger, args.embedding, args.hidden, args.hidden_layer)
    ids = torch.randint(16, model.cfg.vocab_size, (1, 4 * model.cfg.block_size))
    torch.testing.assert_close(larger.hidden(ids)[0], model.hidden(ids)[0], rtol=1e-4, atol=1e-4)
    torch.save(saved | {"config": larger.cfg.to_dict(), "model": halved(larger)}, args.out)
    parameters = sum(p.numel() for p in larger.parameters())
    print(f"{args.out}: {larger.cfg.layers} layers, {parameters / 1e6:.1f} M parameters, notes at {larger.cfg.note_layers}")


if __name__ == "__main__":
    main()
