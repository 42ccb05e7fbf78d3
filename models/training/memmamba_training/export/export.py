"""Turns a checkpoint into the folder that the extension ships: graphs, weights, golden vectors, manifest.

    memmamba-export --checkpoint run/last.pt --like small-as-shipped --tokenizer tokenizer.json --out ../candidate [--quality quality.json]
    memmamba-export --preset test --tokenizer tokenizer.json --out ../../test/fixtures/tiny-model    (random weights)
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from memmamba_training.export.folder import sha256
from memmamba_training.export.graph import Builder, WeightFile
from memmamba_training.export.texts import GOLDEN_TEXT
from memmamba_training.model.checkpoint import read_checkpoint
from memmamba_training.model.config import ModelConfig
from memmamba_training.model.memmamba import MemMamba
from memmamba_training.model.presets import PRESETS
from memmamba_training.model.quantize import quantize_weight

FORMAT_VERSION = 1
GOLDEN_TOKENS = 700  # five blocks and a part of one: notes enter the pool from the third block on
GOLDEN_VOCAB = 64  # logits at each position
MEMORY_SIZES = ("pool_size", "notes_per_block", "protected_blocks", "archive_size")  # no weight depends on them


def arrays(model: MemMamba) -> dict[str, np.ndarray]:
    """Every tensor of the graphs by name. Matrices become int8 [fan_in, fan_out] with a scale per output."""
    cfg, w = model.cfg, {}

    def put(name: str, t: torch.Tensor, *shape: int) -> None:
        a = t.detach().float().cpu().numpy()
        w[name] = a.reshape(shape) if shape else a

    def matrix(name: str, weight: torch.Tensor) -> None:
        q, s = quantize_weight(weight)
        w[name + ".q"] = np.ascontiguousarray(q.cpu().numpy().T)
        w[name + ".scale"] = s.cpu().numpy().reshape(-1)

    q, s = quantize_weight(model.embedding)
    w["embedding.q"], w["embedding.scale"] = q.cpu().numpy(), s.cpu().numpy().reshape(-1)
    put("final_norm", model.final_norm.weight)
    for i in range(cfg.layers):
        n, m = f"layers.{i}.", model.mixers[i]
        put(n + "pre_norm", model.norms[i].weight)
        matrix(n + "in_proj", m.in_proj.weight)
        matrix(n + "out_proj", m.out_proj.weight)
        put(n + "conv_weight", m.conv_weight, cfg.conv_channels, 1, cfg.conv_kernel)
        put(n + "conv_bias", m.conv_bias)
        put(n + "dt_bias", m.dt_bias)
        put(n + "A", -torch.exp(m.A_log))
        put(n + "D", m.D.repeat_interleave(cfg.head_dim))
        put(n + "norm", m.norm.weight)
    for j in cfg.note_layers:
        n, layer = f"notes.{j}.", model.notes[str(j)]
        a, e = cfg.note_heads, cfg.note_head_dim
        put(n + "norm", layer.norm.weight)
        matrix(n + "proj", layer.proj.weight)
        matrix(n + "out_proj", layer.out_proj.weight)
        put(n + "score.weight", layer.score.weight, cfg.d_model, 1)
        put(n + "score.bias", layer.score.bias)
        unit = torch.nn.functional.rms_norm(layer.null_key.float().view(-1, a, e), (e,))
        for r in range(layer.query_gain.shape[0]):
            put(f"{n}query_gain.{r}", layer.query_gain[r], 1, a, 1, 1)
            put(f"{n}null_key.{r}", unit[r], 1, a, e, 1)
            put(f"{n}null_value.{r}", layer.null_value[r], 1, a, 1, e)
    if model.retrieval is not None:
        put("retrieval.norm", model.retrieval.norm.weight)
        matrix("retrieval.proj", model.retrieval.proj.weight)
        for name, part in model.retrieval.hidden.items():
            (put if name == "norm" else matrix)(f"retrieval.hidden.{name}", part.weight)
    return w


@torch.no_grad()
def golden(model: MemMamba, ids: list[int]) -> dict[str, object]:
    """Logits (and embeddings) of PyTorch's parallel form at some positions, in the arithmetic of either graph."""
    block = model.cfg.block_size
    padded = torch.tensor([ids + [0] * (-len(ids) % block)])
    positions = sorted({0, 1, block - 1, block, 2 * block, 3 * block + 5, 4 * block - 1, 5 * block - 1, 5 * block, len(ids) - 1})
    sample = np.random.default_rng(0).choice(model.cfg.vocab_size, GOLDEN_VOCAB, replace=False).tolist()
    out: dict[str, object] = {"ids": ids, "positions": positions, "vocab_sample": sample}
    # An activation that is rounded to the next of 255 steps changes a logit by some hundredths of the largest; real errors (a
    # saturated product, a wrong mask) are several times as large as the logits.
    for name, mode, tolerance in (("float", "weights", 1e-4), ("int8", "full", 1e-1)):
        model.set_quantize(mode)  # type: ignore[arg-type]
        output = model.read(padded)
        logits = model.logits(output.hidden)[0, positions]
        out[name] = {
            "tolerance": tolerance,
            "argmax": logits.argmax(-1).tolist(),
            "max_abs": logits.abs().amax(-1).tolist(),
            "logits": [[round(float(v), 6) for v in row] for row in logits[:, sample]],
        }
        if output.embedding is not None:
            out[name]["embedding"] = [[round(float(v), 6) for v in row] for row in output.embedding[0, positions]]  # type: ignore[index]
    model.set_quantize("none")
    return out


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--checkpoint", type=Path)
    ap.add_argument("--preset", choices=sorted(PRESETS), help="random weights of this preset instead of a checkpoint")
    ap.add_argument("--tokenizer", type=Path, required=True)
    ap.add_argument("--text", type=Path, default=GOLDEN_TEXT, help="a UTF-8 file for the golden vectors")
    ap.add_argument("--quality", type=Path, help="metrics to record in the manifest (from memmamba-evaluate)")
    ap.add_argument("--like", choices=sorted(PRESETS), help="a preset whose memory sizes replace those of training")
    ap.add_argument("--pool", type=int, help="pool_size, if another one (EXPERIMENTS.md, 8)")
    ap.add_argument("--candidates", type=int, help="notes_per_block, likewise (EXPERIMENTS.md, 13)")
    ap.add_argument("--protected", type=int, help="protected_blocks, likewise (EXPERIMENTS.md, 10)")
    ap.add_argument("--archive", type=int, help="archive_size, likewise (EXPERIMENTS.md, 9)")
    ap.add_argument("--name", default="memmamba-small")
    ap.add_argument("--out", type=Path, required=True)
    args = ap.parse_args()

    torch.manual_seed(0)
    trained: dict[str, object] = {}
    if args.checkpoint:
        saved = read_checkpoint(args.checkpoint)
        cfg = ModelConfig.from_dict(saved["config"])
        sizes = {name: getattr(PRESETS[args.like], name) for name in MEMORY_SIZES} if args.like else {}
        given = dict(zip(MEMORY_SIZES, (args.pool, args.candidates, args.protected, args.archive), strict=True))
        cfg = replace(cfg, **sizes | {name: value for name, value in given.items() if value is not None})
        model = MemMamba(cfg)
        model.load(saved["model"])
        trained = {"tokens": saved["tokens"], "steps": saved["step"]}
    else:
        cfg = PRESETS[args.preset]
        model = MemMamba(cfg)
    model.eval()

    args.out.mkdir(parents=True, exist_ok=True)
    cfg.save(args.out / "config.json")
    if args.tokenizer.resolve() != (args.out / "tokenizer.json").resolve():
        shutil.copyfile(args.tokenizer, args.out / "tokenizer.json")
    weights, tensors = WeightFile(args.out / "weights.bin"), arrays(model)
    for target in ("cpu", "gpu"):
        Builder(cfg, tensors, weights, target).build(args.out / f"model.{target}.onnx")
    weights.save()

    text = args.text.read_text(encoding="utf-8")
    ids = Tokenizer.from_file(str(args.out / "tokenizer.json")).encode(text, add_special_tokens=False).ids[:GOLDEN_TOKENS]
    if len(ids) < GOLDEN_TOKENS:
        raise SystemExit(f"the text for golden vectors has only {len(ids)} tokens, {GOLDEN_TOKENS} are needed: pass --text")
    (args.out / "golden.json").write_text(json.dumps(golden(model, ids)) + "\n", encoding="utf-8")

    names = ["config.json", "golden.json", "model.cpu.onnx", "model.gpu.onnx", "tokenizer.json", "weights.bin"]
    manifest = {
        "name": args.name,
        "format": FORMAT_VERSION,
        "license": "MIT",
        "parameters": sum(p.numel() for p in model.parameters()),
        "training": trained,
        "quality": json.loads(args.quality.read_text(encoding="utf-8")) if args.quality else {},
        "files": {n: {"bytes": (args.out / n).stat().st_size, "sha256": sha256(args.out / n)} for n in names},
    }
    (args.out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    print(f"{args.name}: {manifest['parameters'] / 1e6:.1f} M parameters, weights {weights.path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
