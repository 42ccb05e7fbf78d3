"""Makes a checkpoint of an exported model, so that training can go on from what is shipped.

    python restore.py ../memmamba-small --out restored.pt && torchrun … train.py --resume restored.pt …

Matrices come back as the shipped 7-bit values; the finer digits of the lost checkpoint and the optimizer's state do not.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper

from config import ModelConfig
from export import arrays
from model import MemMamba
from train import halved


def initializers(folder: Path) -> dict[str, np.ndarray]:
    """Every tensor of the CPU graph, from the graph itself or from the weight file beside it."""
    out = {}
    for t in onnx.load(str(folder / "model.cpu.onnx"), load_external_data=False).graph.initializer:
        dtype = helper.tensor_dtype_to_np_dtype(t.data_type)
        if t.data_location == TensorProto.EXTERNAL:
            place = {e.key: e.value for e in t.external_data}
            raw = np.fromfile(folder / place["location"], np.uint8, int(place["length"]), offset=int(place["offset"]))
        else:
            raw = np.frombuffer(t.raw_data, np.uint8)
        out[t.name] = raw.view(dtype).reshape(tuple(t.dims))
    return out


def restore(folder: Path) -> MemMamba:
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
    ap.add_argument("--pool", type=int, help="notes at each layer in training, if not as many as are shipped")
    ap.add_argument("--protected", type=int, help="blocks whose notes are protected in training, likewise")
    args = ap.parse_args()
    model = restore(args.folder)
    same = arrays(model)
    for name, value in initializers(args.folder).items():
        if name in same and not np.allclose(same[name], value, rtol=1e-5, atol=1e-6):
            raise SystemExit(f"{name} did not survive the way there and back")
    about = json.loads((args.folder / "manifest.json").read_text(encoding="utf-8"))["training"]
    given = {"pool_size": args.pool, "protected_blocks": args.protected}
    given = {name: value for name, value in given.items() if value is not None}
    cfg = replace(model.cfg, archive_size=0, **given)  # what is kept for decoders plays no part in training
    torch.save({"config": cfg.to_dict(), "model": halved(model), "step": about["steps"], "tokens": about["tokens"]}, args.out)
    print(f"{args.out}: {about['tokens'] / 1e6:.0f} M tokens so far")


if __name__ == "__main__":
    main()
