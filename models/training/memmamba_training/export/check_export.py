"""Runs the golden tokens block by block through the exported graphs and compares with PyTorch's parallel form.

    memmamba-check-export ../memmamba-small

This is a second implementation of the note pool, as in inference (one block at a time, bounded memory), so it proves that the
masks of training and the streaming pool are the same function. The TypeScript engine is tested against the same golden file.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime as ort

from memmamba_training.model.config import ModelConfig
from memmamba_training.model.notes import EMPTY_SLOT

NoteRow = tuple[float, int, np.ndarray, np.ndarray]  # score, position, key, value


class Stream:
    """Recurrent state, recent window and note pools of one document."""

    def __init__(self, session: ort.InferenceSession, cfg: ModelConfig) -> None:
        self.session, self.cfg = session, cfg
        a, e, k, r = cfg.note_heads, cfg.note_head_dim, cfg.pool_size, cfg.block_size
        f = np.float32
        self.state: dict[str, np.ndarray] = {}
        for i in range(cfg.layers):
            self.state[f"past_conv.{i}"] = np.zeros((1, cfg.conv_kernel - 1, cfg.conv_channels), f)
            self.state[f"past_ssm.{i}"] = np.zeros((1, cfg.heads, cfg.state_size, cfg.head_dim), f)
        self.pool: dict[int, list[NoteRow]] = {j: [] for j in cfg.note_layers}
        self.recent: dict[int, list[NoteRow]] = {j: [] for j in cfg.note_layers}
        for j in cfg.note_layers:
            self.state[f"past_shift.{j}"] = np.zeros((1, 1, a * e), f)
            for name, s in (("pool", k), ("recent", r)):
                self.fill(name, j, [], s)
        self.position = 0

    def fill(self, name: str, j: int, rows: list[NoteRow], slots: int) -> None:
        """Writes the rows of a pool or recent window as graph inputs; the other slots are empty."""
        a, e = self.cfg.note_heads, self.cfg.note_head_dim
        key, value = np.zeros((slots, a, e), np.float32), np.zeros((slots, a, e), np.float32)
        bias = np.full(slots, EMPTY_SLOT, np.float32)
        for s, (score, _, k, v) in enumerate(rows):
            key[s], value[s] = k.reshape(a, e), v.reshape(a, e)
            bias[s] = 0 if name == "recent" else -np.log1p(np.exp(-score))  # the score biases attention to notes only
        self.state[f"{name}_key.{j}"] = key.transpose(1, 2, 0)[None].copy()
        self.state[f"{name}_value.{j}"] = value.transpose(1, 0, 2)[None].copy()
        self.state[f"{name}_bias.{j}"] = bias[None, None, None]

    def block(self, ids: list[int]) -> tuple[np.ndarray, np.ndarray | None]:
        """Reads one block -> (logits [T,vocab_size], embedding [T,r] where the model has one). Notes of the block before it enter
        the pool."""
        cfg = self.cfg
        feeds = dict(self.state, input_ids=np.array([ids], np.int32), logit_positions=np.arange(len(ids)))
        out = dict(zip([o.name for o in self.session.get_outputs()], self.session.run(None, feeds), strict=True))
        for name, value in out.items():
            if name.startswith("present_"):
                self.state[name.replace("present", "past")] = value
        for j in cfg.note_layers:
            rows = self.recent[j]
            best = sorted(rows, key=lambda r: (-r[0], r[1]))[: cfg.notes_per_block]
            self.pool[j] = sorted(self.pool[j] + best, key=lambda r: (-r[0], r[1]))[: cfg.pool_size]
            key, value, score = (out[f"note_{n}.{j}"][0] for n in ("key", "value", "score"))
            self.recent[j] = [(float(score[t, 0]), self.position + t, key[t], value[t]) for t in range(len(ids))]
            self.fill("pool", j, self.pool[j], cfg.pool_size)
            self.fill("recent", j, self.recent[j], cfg.block_size)
        self.position += len(ids)
        return out["logits"][0], out["embedding"][0] if "embedding" in out else None


def check(folder: Path) -> bool:
    """Whether both graphs of an exported folder agree with its golden vectors; prints the errors."""
    cfg = ModelConfig.load(folder / "config.json")
    golden = json.loads((folder / "golden.json").read_text(encoding="utf-8"))
    options = ort.SessionOptions()
    options.log_severity_level = 3
    passed = True
    for graph, arithmetic in (("gpu", "float"), ("cpu", "int8")):
        session = ort.InferenceSession(str(folder / f"model.{graph}.onnx"), options, providers=["CPUExecutionProvider"])
        stream = Stream(session, cfg)
        ids, block = golden["ids"], cfg.block_size
        outputs = [stream.block(ids[i : i + block]) for i in range(0, len(ids), block)]
        got = {"logits": np.concatenate([logits for logits, _ in outputs])[golden["positions"]][:, golden["vocab_sample"]]}
        peak = {"logits": max(golden[arithmetic]["max_abs"])}
        if cfg.embedding_width:
            got["embedding"] = np.concatenate([e for _, e in outputs if e is not None])[golden["positions"]]
            peak["embedding"] = np.abs(golden[arithmetic]["embedding"]).max()
        for name, actual in got.items():
            expected = np.array(golden[arithmetic][name])
            error = np.abs(actual - expected).max() / peak[name]
            rms = np.sqrt(((actual - expected) ** 2).sum() / (expected**2).sum())
            ok = bool(error <= golden[arithmetic]["tolerance"])
            passed &= ok
            verdict = "ok" if ok else "TOO LARGE"
            print(f"{graph} graph against PyTorch ({arithmetic}), {name}: relative maximum error {error:.1e}, RMS {rms:.1e} {verdict}")
    return passed


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("folder", type=Path)
    raise SystemExit(not check(ap.parse_args().folder))


if __name__ == "__main__":
    main()
