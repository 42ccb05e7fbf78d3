"""Writes a decoder-only transformer of the size of `small` as an ONNX graph, only for `npm run bench -- speed`.

    memmamba-speed-transformer --out ../../.cache/bench/transformer

The weights are random, since time and memory do not depend on them. Vocabulary, width, parameters (within 2 %) and int8 matrices
are those of `small`; grouped-query attention with rotary positions and a float cache of keys and values (ONNX Runtime's operator),
SwiGLU. Eight layers with two key heads for six query heads, as in current small transformers: half the cache of twelve plain layers.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from onnx import TensorProto

from memmamba_training.export.graph import MS, Builder, WeightFile
from memmamba_training.model.presets import PRESETS
from memmamba_training.model.quantize import WEIGHT_RANGE

LAYERS, HEADS, KEY_HEADS, HEAD, FEED_FORWARD = 8, 6, 2, 64, 960
MAX_POSITIONS = 1 << 18  # of the rotary tables


def random_weights(d: int, vocab: int) -> dict[str, np.ndarray]:
    r = np.random.default_rng(0)
    w: dict[str, np.ndarray] = {"final_norm": np.ones(d, np.float32)}

    def matrix(name: str, rows: int, columns: int) -> None:
        w[name + ".q"] = r.integers(-WEIGHT_RANGE, WEIGHT_RANGE + 1, (rows, columns)).astype(np.int8)
        w[name + ".scale"] = np.full(columns, 0.02 / WEIGHT_RANGE, np.float32)

    w["embedding.q"] = r.integers(-WEIGHT_RANGE, WEIGHT_RANGE + 1, (vocab, d)).astype(np.int8)
    w["embedding.scale"] = np.full(vocab, 0.02 / WEIGHT_RANGE, np.float32)
    for i in range(LAYERS):
        w[f"layers.{i}.norm1"] = w[f"layers.{i}.norm2"] = np.ones(d, np.float32)
        matrix(f"layers.{i}.qkv", d, (HEADS + 2 * KEY_HEADS) * HEAD)
        matrix(f"layers.{i}.out", HEADS * HEAD, d)
        matrix(f"layers.{i}.up", d, 2 * FEED_FORWARD)
        matrix(f"layers.{i}.down", FEED_FORWARD, d)
    angle = np.arange(MAX_POSITIONS)[:, None] * 10_000.0 ** (-np.arange(HEAD // 2) / (HEAD // 2))
    w["cos"], w["sin"] = np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)
    return w


class TransformerGraph(Builder):
    def attention(self, u: str, i: int, seen: str, total: str) -> str:
        g, n = self.g, f"layers.{i}."
        q, k, v = g.node("Split", [self.linear(u, n + "qkv"), g.const([HEADS * HEAD, KEY_HEADS * HEAD, KEY_HEADS * HEAD])], 3, axis=-1)
        past = [g.input(f"past_{x}.{i}", TensorProto.FLOAT, [1, KEY_HEADS, "P", HEAD]) for x in ("key", "value")]
        y, key, value = g.node(
            "GroupQueryAttention", [q, k, v, *past, seen, total, self.p("cos"), self.p("sin")], 3, MS,
            num_heads=HEADS, kv_num_heads=KEY_HEADS, do_rotary=1,
        )  # fmt: skip
        for name, source in (("key", key), ("value", value)):
            g.output(f"present_{name}.{i}", source, [1, KEY_HEADS, "L", HEAD])
        return self.linear(y, n + "out")

    def build(self, path: Path) -> None:
        g = self.g
        ids = g.input("input_ids", TensorProto.INT32, [1, "T"])
        positions = g.input("logit_positions", TensorProto.INT64, ["K"])
        seen = g.input("seen", TensorProto.INT32, [1])  # number of tokens after this run, less one
        total = g.input("total", TensorProto.INT32, [1])
        table, scale = self.p("embedding.q"), self.p("embedding.scale")
        rows = g.node("Cast", [g.node("Gather", [table, ids])], to=TensorProto.FLOAT)
        h = g.node("Mul", [rows, g.node("Unsqueeze", [g.node("Gather", [scale, ids]), g.const([-1])])])
        skip: str | None = None
        for i in range(LAYERS):
            u, h = self.norm(h, skip, f"layers.{i}.norm1")
            u, h = self.norm(h, self.attention(u, i, seen, total), f"layers.{i}.norm2")
            gate, up = g.node("Split", [self.linear(u, f"layers.{i}.up")], 2, axis=-1)
            skip = self.linear(g.node("Mul", [self.silu(gate), up]), f"layers.{i}.down")
        h, skip = (g.node("Gather", [x, positions], axis=1) for x in (h, skip))
        out, _ = self.norm(h, skip, "final_norm")
        g.output("logits", self.matmul(out, g.node("Transpose", [table], perm=[1, 0]), scale), [1, "K", self.cfg.vocab_size])
        g.save(path)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--out", type=Path, required=True)
    args = ap.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    cfg = PRESETS["small"]
    tensors = random_weights(cfg.d_model, cfg.vocab_size)
    weights = WeightFile(args.out / "weights.bin")
    TransformerGraph(cfg, tensors, weights, "cpu").build(args.out / "model.cpu.onnx")
    weights.save()
    parameters = sum(a.size for name, a in tensors.items() if name not in ("cos", "sin"))
    shape = {"layers": LAYERS, "keyHeads": KEY_HEADS, "headDim": HEAD, "vocabSize": cfg.vocab_size, "parameters": parameters}
    (args.out / "shape.json").write_text(json.dumps(shape) + "\n", encoding="utf-8")
    print(f"{parameters / 1e6:.1f} M parameters, {2 * LAYERS * KEY_HEADS * HEAD * 4 / 1024:.0f} kB of cache per token")


if __name__ == "__main__":
    main()
