"""The notes that each layer writes for a text, and what attention to the memory at its end returns: the data of the probes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from memmamba_training.export.check_export import Stream
from memmamba_training.model.config import ModelConfig
from memmamba_training.model.memmamba import MemMamba
from memmamba_training.probes.tensors import Tensors


class NotesOnly:
    """A session that computes only what notes need: no attention weights, and the logits of one token."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.outputs = [o for o in session.get_outputs() if "attention" not in o.name]

    def get_outputs(self) -> list[Any]:
        return self.outputs

    def run(self, _: None, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        one = {**feeds, "logit_positions": feeds["logit_positions"][-1:]}
        return self.session.run([o.name for o in self.outputs], one)


class Notes:
    """The candidate note of every token of one text, by layer: key and value [l,a,e], score [l]."""

    def __init__(self, cfg: ModelConfig) -> None:
        self.cfg, self.key, self.value, self.score = cfg, {}, {}, {}  # type: ignore[var-annotated]

    @staticmethod
    def by_graph(session: Any, cfg: ModelConfig, ids: list[int]) -> Notes:
        """As the extension reads: block by block, in the arithmetic of the CPU graph."""
        notes, stream, shape = Notes(cfg), Stream(NotesOnly(session), cfg), (-1, cfg.note_heads, cfg.note_head_dim)
        rows: dict[int, list[Any]] = {j: [] for j in cfg.note_layers}
        for start in range(0, len(ids), cfg.block_size):
            stream.block(ids[start : start + cfg.block_size])
            for j in cfg.note_layers:
                rows[j] += stream.recent[j]  # (score, position, key, value) of each token of the block
        for j, all_rows in rows.items():
            notes.score[j] = np.array([r[0] for r in all_rows], np.float32)
            notes.key[j] = np.stack([r[2] for r in all_rows]).reshape(shape)
            notes.value[j] = np.stack([r[3] for r in all_rows]).reshape(shape)
        return notes

    @staticmethod
    def by_torch(model: MemMamba, ids: list[int]) -> Notes:
        """By the PyTorch model, the whole text at once."""
        notes, layers = Notes(model.cfg), {j: model.notes[str(j)] for j in model.cfg.note_layers}

        def record(j: int, layer: Any) -> Any:
            def pool(key: Any, value: Any, score: Any, *more: Any) -> Any:
                for name, x in (("key", key), ("value", value)):
                    rows = x[0].permute(1, 2, 0, 3).flatten(0, 1)  # (a,c,q,e) -> (l,a,e)
                    getattr(notes, name)[j] = rows.float().numpy()
                notes.score[j] = score[0].numpy()
                return type(layer).pool(layer, key, value, score, *more)

            return pool

        for j, layer in layers.items():
            layer.pool = record(j, layer)
        with torch.no_grad():
            model.read(torch.tensor([ids]))
        for layer in layers.values():
            del layer.pool
        return notes

    def memory(self, j: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(key [s,a,e], value [s,a,e], bias [s]) of pool and recent window at the end of the text, as in streaming."""
        cfg, score = self.cfg, self.score[j]
        last = len(score) - cfg.block_size  # the last block is the recent window
        best = [
            start + int(t)
            for start in range(0, last, cfg.block_size)
            for t in np.argsort(-score[start : start + cfg.block_size], kind="stable")[: cfg.notes_per_block]
        ]
        kept = sorted(best, key=lambda t: (-score[t], t))[: cfg.pool_size]
        at = np.array(kept + list(range(last, len(score))), int)
        bias = np.concatenate([-np.logaddexp(0, -score[kept]), np.zeros(len(score) - last)])
        return self.key[j][at], self.value[j][at], bias


class Reader:
    """Attends to a memory with note keys as queries, with the parameters of the layer's own attention to its pool."""

    def __init__(self, model: MemMamba, tensors: Tensors) -> None:
        self.cfg = model.cfg
        a, e = self.cfg.note_heads, self.cfg.note_head_dim
        self.parts: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        for j in self.cfg.note_layers:
            layer = model.notes[str(j)]
            unit = torch.nn.functional.rms_norm(layer.null_key.detach()[0].view(a, e), (e,)).numpy()
            gain = tensors.add(f"gain.{j}", layer.query_gain.detach()[0].numpy())
            null_key = tensors.add(f"null_key.{j}", unit)
            self.parts[j] = (gain, null_key, tensors.add(f"null_value.{j}", layer.null_value.detach()[0].view(a, e).numpy()))

    def read(self, notes: Notes, at: np.ndarray) -> np.ndarray:
        """[n, note layers * a * e]: what attention returns for the tokens `at` [n]."""
        out = []
        for j in self.cfg.note_layers:
            gain, null_key, null_value = self.parts[j]
            key, value, bias = notes.memory(j)
            q = notes.key[j][at] * gain[:, None]  # (n,a,e)
            logits = np.concatenate(
                [np.einsum("nae,ae->na", q, null_key)[..., None], np.einsum("nae,sae->nas", q, key) + bias], -1
            )
            w = np.exp(logits - logits.max(-1, keepdims=True))
            w /= w.sum(-1, keepdims=True)
            y = w[..., :1] * null_value + np.einsum("nas,sae->nae", w[..., 1:], value)
            out.append(y.reshape(len(at), -1))
        return np.concatenate(out, 1)

    def empty(self) -> np.ndarray:
        """[note layers * a * e]: what attention to an empty memory returns."""
        return np.concatenate([self.parts[j][2].reshape(-1) for j in self.cfg.note_layers])
