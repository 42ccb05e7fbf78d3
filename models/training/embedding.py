"""The embedding of each token, read from the stream while the text is read: what `retrieval.py` compares.

Three parts are added: a linear one behind `embedding_layer`; with `embedding_hidden` a network of one hidden layer behind
`embedding_hidden_layer`; and with `embedding_encoder_layers`, behind that same layer, a small transformer in which the tokens of a block
see each other both ways. The stream itself is causal, so a token of it knows nothing of those behind it, and the words of a question
nothing of how it goes on; an encoder reads better than a decoder does (BehnamGhader et al., LLM2Vec, arXiv 2404.05961). As the
engine always reads whole blocks, and a question is at most one, the state stays a function of the text alone. The last two parts
begin as nothing.

Shapes in comments: b batch, l tokens, t tokens of a block, c blocks, d d_model, a heads, e numbers of a head, r embedding.
"""

from __future__ import annotations

import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from config import ModelConfig
from layers import Linear, RMSNorm


class EncoderLayer(nn.Module):
    """Attention over a block both ways, and a feed-forward part; both begin as nothing."""

    def __init__(self, cfg: ModelConfig) -> None:
        super().__init__()
        self.cfg = cfg
        self.attention_norm = RMSNorm(cfg.d_model, cfg.norm_eps)
        self.qkv = Linear(cfg.d_model, 3 * cfg.d_model)
        self.out_proj = Linear(cfg.d_model, cfg.d_model, std=0.0)
        self.norm = RMSNorm(cfg.d_model, cfg.norm_eps)
        self.up = Linear(cfg.d_model, cfg.encoder_hidden)
        self.down = Linear(cfg.encoder_hidden, cfg.d_model, std=0.0)

    def forward(self, x: Tensor, present: Tensor | None) -> Tensor:
        """x [n,t,d], one block each; present [n,t] says which tokens there are, None for all."""
        n, t, d = x.shape
        q, k, v = self.qkv(self.attention_norm(x)).view(n, t, 3, self.cfg.encoder_heads, -1).permute(2, 0, 3, 1, 4)  # (n,a,t,e)
        mask = None if present is None else present[:, None, None, :]  # (n,1,1,t)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + self.out_proj(y.transpose(1, 2).reshape(n, t, d))
        return x + self.down(F.silu(self.up(self.norm(x))))


class Retrieval(nn.Module):
    """All parts of the embedding."""

    def __init__(self, cfg: ModelConfig) -> None:
        super().__init__()
        self.cfg = cfg
        self.norm = RMSNorm(cfg.d_model, cfg.norm_eps)
        self.proj = Linear(cfg.d_model, cfg.embedding_width)
        self.hidden = nn.ModuleDict()
        if cfg.embedding_hidden:
            self.hidden["norm"] = RMSNorm(cfg.d_model, cfg.norm_eps)
            self.hidden["up"] = Linear(cfg.d_model, cfg.embedding_hidden)
            self.hidden["down"] = Linear(cfg.embedding_hidden, cfg.embedding_width, std=0.0)
        self.encoder = nn.ModuleList(EncoderLayer(cfg) for _ in range(cfg.embedding_encoder_layers))
        if self.encoder:
            self.encoder_in_norm = RMSNorm(cfg.d_model, cfg.norm_eps)
            self.encoder_out_norm = RMSNorm(cfg.d_model, cfg.norm_eps)
            self.encoder_proj = Linear(cfg.d_model, cfg.embedding_width, std=0.0)
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))  # of the contrastive loss only; not exported

    def forward(self, x: Tensor, layer: int, before: Tensor | None, present: Tensor | None) -> Tensor | None:
        """What is known of the embedding behind a layer: x [b,l,d] the stream, `before` [b,l,r] what was known ahead of it,
        present [b,l] which tokens there are (None: all)."""
        if layer == self.cfg.embedding_layer:
            before = self.proj(self.norm(x))
        if layer == self.cfg.embedding_hidden_layer and (self.hidden or self.encoder):
            assert before is not None
            if self.hidden:
                before = before + self.hidden["down"](F.silu(self.hidden["up"](self.hidden["norm"](x))))
            if self.encoder:
                before = before + self.encode(x, present)
        return before

    def encode(self, x: Tensor, present: Tensor | None) -> Tensor:
        """x [b,l,d] -> the encoder's part [b,l,r]."""
        b, l, d = x.shape
        t = self.cfg.block_size
        y = self.encoder_in_norm(x).reshape(b * l // t, t, d)  # (b*c,t,d); the stream itself is large
        there = None if present is None else present.reshape(b * l // t, t)
        for layer in self.encoder:
            y = layer(y, there)
        return self.encoder_proj(self.encoder_out_norm(y)).view(b, l, -1)
