"""Makes a checkpoint from an exported model, so that training can continue from the shipped files.

    memmamba-restore ../memmamba-small --out restored.pt && memmamba-train --resume restored.pt …

Matrices have the shipped 7-bit values; the precision of the original checkpoint and the optimizer's state are lost.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from memmamba_training.export.export import arrays
from memmamba_training.export.folder import initializers
from memmamba_training.model.checkpoint import weights_to_save
from memmamba_training.model.config import ModelConfig
from memmamba_training.model.memmamba import MemMamba


def restore(folder: Path) -> MemMamba:
    """The model of an exported folder: the inverse of export.arrays."""
    cfg, a = ModelConfig.load(folder / "config.json"), initializers(folder)
    model = MemMamba(cfg)

    def put(parameter: torch.Tensor, value: np.ndarray) -> None:
        parameter.data.copy_(torch.from_numpy(np.array(value, np.float32)).reshape(parameter.shape))

    def matrix(name: str) -> np.ndarray:
        return (a[name + ".q"].astype(np.float32) * a[name + ".scale"]).T

    put(model.embedding, a["embedding.q"].astype(np.float32) * a["embedding.scale"][:, None])
    put(model.final_norm.weight, a["final_norm"])
    for i in range(cfg.layers):
        n, m = f"layers.{i}.", model.mixers[i]
        put(model.norms[i].weight, a[n + "pre_norm"])
        put(m.in_proj.weight, matrix(n + "in_proj"))
        put(m.out_proj.weight, matrix(n + "out_proj"))
        put(m.conv_weight, a[n + "conv_weight"])
        put(m.conv_bias, a[n + "conv_bias"])
        put(m.dt_bias, a[n + "dt_bias"])
        put(m.A_log, np.log(-a[n + "A"]))
        put(m.D, a[n + "D"][:: cfg.head_dim])
        put(m.norm.weight, a[n + "norm"])
    for j in cfg.note_layers:
        n, layer = f"notes.{j}.", model.notes[str(j)]
        put(layer.norm.weight, a[n + "norm"])
        put(layer.proj.weight, matrix(n + "proj"))
        put(layer.out_proj.weight, matrix(n + "out_proj"))
        put(layer.score.weight, a[n + "score.weight"])
        put(layer.score.bias, a[n + "score.bias"])
        for r in range(layer.query_gain.shape[0]):
            put(layer.query_gain[r], a[f"{n}query_gain.{r}"])
            put(layer.null_key[r], a[f"{n}null_key.{r}"])
            put(layer.null_value[r], a[f"{n}null_value.{r}"])
    if model.retrieval is not None:
        put(model.retrieval.norm.weight, a["retrieval.norm"])
        put(model.retrieval.proj.weight, matrix("retrieval.proj"))
        for name, part in model.retrieval.hidden.items():
            put(part.weight, a["retrieval.hidden.norm"] if name == "norm" else matrix(f"retrieval.hidden.{name}"))
    return model


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("folder", type=Path)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--pool", type=int, help="pool_size in training, if not that of the folder")
    ap.add_argument("--protected", type=int, help="protected_blocks in training, likewise")
    args = ap.parse_args()
    model = restore(args.folder)
    exported = arrays(model)
    for name, value in initializers(args.folder).items():
        if name in exported and not np.allclose(exported[name], value, rtol=1e-5, atol=1e-6):
            raise SystemExit(f"{name} would not be exported as it was")
    about = json.loads((args.folder / "manifest.json").read_text(encoding="utf-8"))["training"]
    given = {"pool_size": args.pool, "protected_blocks": args.protected}
    given = {name: value for name, value in given.items() if value is not None}
    cfg = replace(model.cfg, archive_size=0, **given)  # training has no archive
    torch.save({"config": cfg.to_dict(), "model": weights_to_save(model), "step": about["steps"], "tokens": about["tokens"]}, args.out)
    print(f"{args.out}: {about['tokens'] / 1e6:.0f} M tokens so far")


if __name__ == "__main__":
    main()
