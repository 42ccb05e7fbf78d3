"""The baseline of the ablation: a plain pre-norm transformer (rotary positions, SwiGLU) with MemMamba's tokenizer and data.

It has MemMamba's interface where training and evaluation need it. Its state is the cache of all keys and values, which grows
with the text; in training every segment is a text of its own.

Shapes: b batch, l tokens of the segment, t tokens so far, d d_model, h heads, e head width.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from memmamba_training.model.config import ModelConfig
from memmamba_training.model.layers import Linear, Quantize, RMSNorm
from memmamba_training.model.memmamba import MemMamba

HEAD_WIDTH = 64
ROTARY_BASE = 10_000.0


class Cache(NamedTuple):
    keys: list[Tensor]  # per layer (b,h,t,e)
    values: list[Tensor]

    def rows(self, index: Tensor) -> Cache:
        return Cache([k[index] for k in self.keys], [v[index] for v in self.values])


class ReadOutput(NamedTuple):
    hidden: Tensor  # (b,l,d)
    scores: list[Tensor]  # always empty: no notes
    embedding: None
    state: Cache


def rotate(x: Tensor, start: int) -> Tensor:
    """Rotary position embedding (arXiv 2104.09864) of x [b,h,l,e], whose first token has position `start`."""
    half = x.shape[-1] // 2
    at = torch.arange(start, start + x.shape[2], device=x.device, dtype=torch.float32)
    angle = at[:, None] * ROTARY_BASE ** (-torch.arange(half, device=x.device) / half)  # (l,e/2)
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


class Layer(nn.Module):
    def __init__(self, cfg: ModelConfig) -> None:
        super().__init__()
        d, std = cfg.d_model, 0.02 / (2 * cfg.layers) ** 0.5
        self.norm1, self.norm2 = RMSNorm(d, cfg.norm_eps), RMSNorm(d, cfg.norm_eps)
        self.qkv, self.out = Linear(d, 3 * d), Linear(d, d, std)
        self.up, self.down = Linear(d, 2 * cfg.feed_forward), Linear(cfg.feed_forward, d, std)

    def forward(self, x: Tensor, past: tuple[Tensor, Tensor] | None) -> tuple[Tensor, Tensor, Tensor]:
        b, l, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, l, 3, d // HEAD_WIDTH, HEAD_WIDTH).permute(2, 0, 3, 1, 4)  # each (b,h,l,e)
        start = past[0].shape[2] if past else 0
        q, k = rotate(q, start), rotate(k, start)
        if past:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
            visible = torch.arange(start + l, device=x.device) <= torch.arange(start, start + l, device=x.device)[:, None]
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=visible)
        else:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(b, l, d))
        gate, up = self.up(self.norm2(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up), k, v


class Transformer(nn.Module):
    loss_chunks = 1
    retrieval = None

    def __init__(self, cfg: ModelConfig) -> None:
        super().__init__()
        self.cfg = cfg
        self.embedding = nn.Parameter(torch.randn(cfg.vocab_size, cfg.d_model) * 0.02)
        self.quantize: Quantize = "none"
        self.blocks = nn.ModuleList(Layer(cfg) for _ in range(cfg.layers))
        self.final_norm = RMSNorm(cfg.d_model, cfg.norm_eps)

    load = MemMamba.load
    embedding_weight, logits, loss = MemMamba.embedding_weight, MemMamba.logits, MemMamba.loss

    def set_quantize(self, mode: Quantize) -> None:
        for module in self.modules():
            if isinstance(module, Linear | Transformer):
                module.quantize = mode

    def read(self, ids: Tensor, state: Cache | None = None) -> ReadOutput:
        x = F.embedding(ids, self.embedding_weight())
        keys, values = [], []
        for i, block in enumerate(self.blocks):
            x, k, v = block(x, (state.keys[i], state.values[i]) if state else None)
            keys.append(k)
            values.append(v)
        return ReadOutput(self.final_norm(x), [], None, Cache(keys, values))

    def forward(
        self, ids: Tensor, targets: Tensor, importance: object = None, state: None = None
    ) -> tuple[Tensor, Tensor, None, None]:
        loss = self.loss(self.read(ids).hidden, targets)
        return loss, loss.new_zeros(()), None, None
