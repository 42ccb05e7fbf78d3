"""Enlarges a checkpoint without changing what it computes, so that training continues with more parameters.

    memmamba-grow restored.pt --after 2 6 9 10 --out grown.pt
    memmamba-grow restored.pt --embedding 256 --hidden 1024 --hidden-layer 13 --out grown.pt

After each named layer (numbered before growing) a copy of it is inserted whose `out_proj` is zero: it adds nothing to the stream
at first, but its input weights are trained (function-preserving growth: Net2Net, arXiv 1511.05641; stacking: arXiv 2405.15319).
Note layers keep their neighbours.

Only the embedding may change a little: its new dimensions start small, since dimensions that are zero in spans and questions
alike have no gradient.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from memmamba_training.model.checkpoint import read_checkpoint, weights_to_save
from memmamba_training.model.config import ModelConfig
from memmamba_training.model.memmamba import MemMamba

SMALL = 0.3  # standard deviation of the embedding's new weights, relative to that of its old ones


def deepened(model: MemMamba, after: list[int]) -> MemMamba:
    """The model with a copy after each of some layers."""
    cfg = model.cfg
    old_of = [i for i in range(cfg.layers) for _ in range(2 if i in after else 1)]  # by new layer: the old one
    is_copy = [i > 0 and old_of[i] == old_of[i - 1] for i in range(len(old_of))]
    # The notes, and the embedding, stay right after the old layer, so before its copy.
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
    """The model with an embedding of `width` dimensions, and an MLP of width `hidden` after `hidden_layer` that adds to it."""
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
    ap.add_argument("--after", type=int, nargs="*", default=[], help="layers that get a copy after them")
    ap.add_argument("--embedding", type=int, help="width of the embedding, at least as large as now")
    ap.add_argument("--hidden", type=int, default=0, help="width of the MLP that adds to the embedding")
    ap.add_argument("--hidden-layer", type=int, default=0, help="the layer after which it reads, numbered after growing")
    ap.add_argument("--out", type=Path, required=True)
    args = ap.parse_args()
    saved = read_checkpoint(args.checkpoint)
    model = MemMamba(ModelConfig.from_dict(saved["config"]))
    model.load(saved["model"])
    larger = deepened(model, args.after) if args.after else model
    if args.embedding:
        larger = widened(larger, args.embedding, args.hidden, args.hidden_layer)
    ids = torch.randint(16, model.cfg.vocab_size, (1, 4 * model.cfg.block_size))
    torch.testing.assert_close(larger.read(ids).hidden, model.read(ids).hidden, rtol=1e-4, atol=1e-4)
    torch.save(saved | {"config": larger.cfg.to_dict(), "model": weights_to_save(larger)}, args.out)
    parameters = sum(p.numel() for p in larger.parameters())
    print(f"{args.out}: {larger.cfg.layers} layers, {parameters / 1e6:.1f} M parameters, notes at {larger.cfg.note_layers}")


if __name__ == "__main__":
    main()
