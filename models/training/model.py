"""MemMamba in PyTorch: the one definition that trains, evaluates and exports.

A stack of pre-norm Mamba-2 layers. At a few *note layers* every token may also read
  - the recent tokens (its own block so far and the block before it), and
  - a pool of at most `pool_size` notes: the tokens of all older blocks that a learned score judged worth keeping.
A note is a pair (key, value): the key is a projection of the stream *before* the token, the value of the stream *at*
the token, so a later, similar context finds what came next. The last note layer also reads the pools of the layers
below it. After the MemMamba paper (arXiv 2510.03279): state summarization = notes, cross-token attention = the read,
cross-layer attention = the read of lower pools. Where this departs from the paper: ../../README.md.

Shapes in comments: b batch, l tokens, d d_model, i d_inner, h heads, p head_dim, n state_size, c chunks/blocks, q tokens
of a block, m candidate notes, k pool_size, a note heads, e note head_dim, w = a*e note width.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from config import ModelConfig
from quantize import fake_quantize_activation, fake_quantize_weight

EMPTY_SLOT = -1e4  # attention bias of a slot that holds no note
ASKED_SCORE, ASKED_WEIGHT = 4.0, 20.0  # how far above others a value stands that will be asked for, and its share in training
Quantize = Literal["none", "weights", "full"]  # "weights": the GPU graph's arithmetic, "full": the CPU graph's


class RMSNorm(nn.Module):
    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), self.eps)


class Linear(nn.Module):
    """A bias-free matrix that can pretend to be the shipped int8 one."""

    def __init__(self, fan_in: int, fan_out: int, std: float = 0.02) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(fan_out, fan_in) * std)
        self.quantize: Quantize = "none"

    def forward(self, x: Tensor) -> Tensor:
        w = self.weight if self.quantize == "none" else fake_quantize_weight(self.weight)
        if self.quantize == "full":
            x = fake_quantize_activation(x)
        return F.linear(x, w.to(x.dtype))


def segment_sum(a: Tensor) -> Tensor:
    """[..., t] log-decays -> [..., t, t] with entry (i, j) = sum of a over (j, i], -inf above the diagonal."""
    t = a.shape[-1]
    c = a.cumsum(-1)
    d = c[..., :, None] - c[..., None, :]
    return d.masked_fill(~torch.ones(t, t, dtype=torch.bool, device=a.device).tril(), float("-inf"))


def ssd(x: Tensor, dt: Tensor, A: Tensor, B: Tensor, C: Tensor, chunk: int) -> Tensor:
    """Mamba-2's scan in its chunked matrix form (arXiv 2405.21060, section 6): exact, parallel over chunks.

    x [b,l,h,p], dt [b,l,h] float32, A [h] < 0, B and C [b,l,n]; l a multiple of chunk. Returns y [b,l,h,p] of
    S_t = exp(A dt_t) S_{t-1} + B_t (dt_t x_t)^T,  y_t = C_t^T S_t.
    """
    b, l, h, p = x.shape
    n, c = B.shape[-1], l // chunk
    a = (dt * A).view(b, c, chunk, h).permute(0, 1, 3, 2)  # (b,c,h,q)
    decay = a.cumsum(-1)  # (b,c,h,q)
    inside = torch.exp(segment_sum(a)).to(x.dtype)  # (b,c,h,q,q)
    v = (x * dt.to(x.dtype)[..., None]).view(b, c, chunk, h, p).permute(0, 1, 3, 2, 4)  # (b,c,h,q,p)
    Bc, Cc = B.view(b, c, chunk, n), C.view(b, c, chunk, n)
    scores = torch.matmul(Cc, Bc.transpose(-1, -2))  # (b,c,q,q)
    y = torch.matmul(scores[:, :, None] * inside, v)  # (b,c,h,q,p)
    to_end = torch.exp(decay[..., -1:] - decay).to(x.dtype)  # (b,c,h,q)
    states = torch.matmul(Bc.transpose(-1, -2)[:, :, None], v * to_end[..., None])  # (b,c,h,n,p)
    across = torch.exp(segment_sum(decay[..., -1].permute(0, 2, 1)))  # (b,h,c,c)
    across = F.pad(across, (0, 0, 1, 0))[:, :, :-1]  # row c: weights of earlier chunks' states before chunk c
    before = torch.einsum("bhcz,bzhnp->bchnp", across.to(x.dtype), states)  # (b,c,h,n,p)
    y = y + torch.matmul(Cc[:, :, None], before) * torch.exp(decay).to(x.dtype)[..., None]
    return y.permute(0, 1, 3, 2, 4).reshape(b, l, h, p)


class Mamba2(nn.Module):
    def __init__(self, cfg: ModelConfig) -> None:
        super().__init__()
        self.cfg = cfg
        h, ch = cfg.heads, cfg.conv_channels
        self.in_proj = Linear(cfg.d_model, 2 * cfg.d_inner + 2 * cfg.state_size + h)
        self.conv_weight = nn.Parameter(torch.randn(ch, cfg.conv_kernel) / 2)
        self.conv_bias = nn.Parameter(torch.zeros(ch))
        dt = torch.exp(torch.rand(h) * (math.log(0.1) - math.log(0.001)) + math.log(0.001))
        self.dt_bias = nn.Parameter(dt + torch.log(-torch.expm1(-dt)))  # softplus(dt_bias) = dt
        self.A_log = nn.Parameter(torch.log(torch.empty(h).uniform_(1, 16)))
        self.D = nn.Parameter(torch.ones(h))
        self.norm = RMSNorm(cfg.d_inner, cfg.norm_eps)
        self.out_proj = Linear(cfg.d_inner, cfg.d_model, std=0.02 / math.sqrt(2 * cfg.layers))

    def forward(self, u: Tensor) -> Tensor:
        cfg = self.cfg
        b, l, _ = u.shape
        z, xbc, dt = self.in_proj(u).split([cfg.d_inner, cfg.conv_channels, cfg.heads], -1)
        padded = F.pad(xbc, (0, 0, cfg.conv_kernel - 1, 0))
        w = self.conv_weight.to(xbc.dtype).t()  # (conv_kernel, channels)
        conv = self.conv_bias.to(xbc.dtype) + sum(padded[:, k : k + l] * w[k] for k in range(cfg.conv_kernel))
        x, B, C = F.silu(conv).split([cfg.d_inner, cfg.state_size, cfg.state_size], -1)
        dt = F.softplus(dt.float() + self.dt_bias)  # (b,l,h)
        x = x.reshape(b, l, cfg.heads, cfg.head_dim)
        y = ssd(x, dt, -torch.exp(self.A_log.float()), B, C, cfg.block_size) + x * self.D.to(x.dtype)[:, None]
        return self.out_proj(self.norm(y.reshape(b, l, cfg.d_inner)) * F.silu(z))


class Pool(NamedTuple):
    """What may be read of one note layer's long-term memory: every candidate, and a bias that hides what a block does
    not see (not written yet, or evicted)."""

    key: Tensor  # (b,a,m,e)
    value: Tensor  # (b,a,m,e)
    bias: Tensor  # (b,1,c,1,m): log importance or EMPTY_SLOT


def attend(q: Tensor, parts: list[tuple[Tensor, Tensor, Tensor]]) -> Tensor:
    """One softmax over several key sets. q [b,a,c,q,e]; parts: (logits [b,a,c,q,s], bias, value), where a value is
    [b,a,c,s,e], or [b,a,s,e] when all blocks share it."""
    logits = torch.cat([logit.float() + bias for logit, bias, _ in parts], -1)
    weights = logits.softmax(-1).to(q.dtype).split([p[0].shape[-1] for p in parts], -1)
    out = None
    for w, (_, _, value) in zip(weights, parts):
        shared = value.dim() == 4  # flattened by hand: matmul would copy the value for every block
        term = torch.matmul(w.flatten(2, 3), value).view_as(q) if shared else torch.matmul(w, value)  # (b,a,c,q,e)
        out = term if out is None else out + term
    assert out is not None
    return out


class NoteLayer(nn.Module):
    """Writes notes and reads them. `lower` = how many lower pools the cross-layer read sees (0 = none)."""

    def __init__(self, cfg: ModelConfig, lower: int) -> None:
        super().__init__()
        self.cfg, self.lower = cfg, lower
        w, reads = cfg.note_width, 2 if lower else 1
        self.norm = RMSNorm(cfg.d_model, cfg.norm_eps)
        self.proj = Linear(cfg.d_model, (2 + 2 * reads) * w)  # key, value, then (query, gate) per read
        self.score = nn.Linear(cfg.d_model, 1)
        self.query_gain = nn.Parameter(torch.full((reads, cfg.note_heads), 4 / math.sqrt(cfg.note_head_dim)))
        self.null_key = nn.Parameter(torch.randn(reads, w) * 0.02)
        self.null_value = nn.Parameter(torch.zeros(reads, w))
        self.out_proj = Linear(reads * w, cfg.d_model, std=0.02 / math.sqrt(2 * cfg.layers))

    def heads(self, x: Tensor) -> Tensor:
        """(b,l,w) -> (b,a,c,q,e)"""
        b, l, _ = x.shape
        cfg = self.cfg
        return x.view(b, l // cfg.block_size, cfg.block_size, cfg.note_heads, cfg.note_head_dim).permute(0, 3, 1, 2, 4)

    def null(self, q: Tensor, read: int) -> tuple[Tensor, Tensor, Tensor]:
        """The place to look when nothing helps: a learned key and value without a token."""
        a, e = self.cfg.note_heads, self.cfg.note_head_dim
        key = F.rms_norm(self.null_key[read].view(a, e).float(), (e,)).to(q.dtype)[None, :, None, :, None]  # (1,a,1,e,1)
        value = self.null_value[read].view(a, e).to(q.dtype)[None, :, None, None, :]  # (1,a,1,1,e)
        return torch.matmul(q, key), torch.zeros((), device=q.device), value

    def pool(self, key: Tensor, value: Tensor, score: Tensor) -> Pool:
        """Candidates of each block, and which of them every block may read. key, value [b,a,c,q,e]; score [b,l]."""
        cfg = self.cfg
        b, a, c, q, e = key.shape
        k = min(cfg.notes_per_block, q)
        top, index = score.view(b, c, q).topk(k, -1)  # (b,c,k)
        pick = index[:, None, :, :, None].expand(b, a, c, k, e)
        ck = key.gather(3, pick).reshape(b, a, c * k, e)  # (b,a,m,e)
        cv = value.gather(3, pick).reshape(b, a, c * k, e)
        importance = F.logsigmoid(top).reshape(b, 1, c * k)  # (b,1,m)
        block = torch.arange(c, device=key.device)
        of = block.repeat_interleave(k)  # block of each candidate
        # A block's notes enter the pool when it leaves the recent window: block j reads candidates of blocks <= j-2.
        seen = (of[None, :] <= block[:, None] - 2).expand(b, c, c * k)
        if c * k > cfg.pool_size:
            rank = top.detach().reshape(b, 1, c * k) if cfg.replacement == "priority" else of[None, None].float()
            rank = rank.expand(b, c, c * k).masked_fill(~seen, float("-inf"))
            seen = seen & (rank >= rank.topk(cfg.pool_size, -1).values[..., -1:])
        bias = torch.where(seen, importance, EMPTY_SLOT)  # (b,c,m)
        return Pool(ck, cv, bias[:, None, :, None, :])

    def from_pool(self, q: Tensor, pool: Pool) -> tuple[Tensor, Tensor, Tensor]:
        b, a, c, t, e = q.shape
        logits = torch.matmul(q.reshape(b, a, c * t, e), pool.key.transpose(-1, -2))
        return logits.view(b, a, c, t, -1), pool.bias, pool.value

    def recent(self, q: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The previous block and this block up to the token itself."""
        b, a, c, t, e = key.shape
        keys = torch.cat([F.pad(key, (0, 0, 0, 0, 1, 0))[:, :, :-1], key], 3)  # (b,a,c,2q,e)
        values = torch.cat([F.pad(value, (0, 0, 0, 0, 1, 0))[:, :, :-1], value], 3)
        row = torch.arange(t, device=q.device)[:, None]
        col = torch.arange(2 * t, device=q.device)[None, :] - t
        seen = (col <= row)[None] & ((col >= 0)[None] | (torch.arange(c, device=q.device) > 0)[:, None, None])  # (c,q,2q)
        bias = torch.where(seen, 0.0, EMPTY_SLOT)  # (c,q,2q)
        return torch.matmul(q, keys.transpose(-1, -2)), bias, values

    def forward(self, x: Tensor, lower: list[Pool]) -> tuple[Tensor, Pool, Tensor]:
        """Returns (what to add to the stream [b,l,d], this layer's pool, raw scores [b,l])."""
        cfg = self.cfg
        b, l, _ = x.shape
        u = self.norm(x)
        score = self.score(u.float()).squeeze(-1).float()  # (b,l)
        key, value, *reads = self.proj(u).split(cfg.note_width, -1)
        key = F.pad(key, (0, 0, 1, 0))[:, :-1]  # the context before the token
        key, value = self.heads(key), self.heads(value)
        key = F.rms_norm(key, (cfg.note_head_dim,), eps=cfg.norm_eps)
        pool = self.pool(key, value, score)
        outs = []
        for r in range(len(reads) // 2):
            query, gate = reads[2 * r], reads[2 * r + 1]
            gain = self.query_gain[r].to(query.dtype)[None, :, None, None, None]
            q = F.rms_norm(self.heads(query), (cfg.note_head_dim,), eps=cfg.norm_eps) * gain
            if r == 0:
                parts = [self.null(q, r), self.from_pool(q, pool), self.recent(q, key, value)]
            else:
                parts = [self.null(q, r)] + [self.from_pool(q, p) for p in lower]
            y = attend(q, parts).permute(0, 2, 3, 1, 4).reshape(b, l, cfg.note_width)
            outs.append(y * torch.sigmoid(gate))
        return self.out_proj(torch.cat(outs, -1)), pool, score


class MemMamba(nn.Module):
    def __init__(self, cfg: ModelConfig) -> None:
        super().__init__()
        self.cfg = cfg
        self.embedding = nn.Parameter(torch.randn(cfg.vocab_size, cfg.d_model) * 0.02)
        self.quantize: Quantize = "none"
        self.norms = nn.ModuleList(RMSNorm(cfg.d_model, cfg.norm_eps) for _ in range(cfg.layers))
        self.mixers = nn.ModuleList(Mamba2(cfg) for _ in range(cfg.layers))
        self.notes = nn.ModuleDict(
            {
                str(i): NoteLayer(cfg, sum(j < i for j in cfg.note_layers) if i in cfg.cross_layers else 0)
                for i in cfg.note_layers
            }
        )
        self.final_norm = RMSNorm(cfg.d_model, cfg.norm_eps)

    def set_quantize(self, mode: Quantize) -> None:
        """Makes every matrix pretend to be the shipped one, or stop pretending."""
        for module in self.modules():
            if isinstance(module, Linear | MemMamba):
                module.quantize = mode

    def embedding_weight(self) -> Tensor:
        return self.embedding if self.quantize == "none" else fake_quantize_weight(self.embedding)

    def hidden(self, ids: Tensor) -> tuple[Tensor, list[Tensor]]:
        """ids [b,l] (l a multiple of block_size) -> (final normalised stream [b,l,d], raw note scores per note layer)."""
        cfg = self.cfg
        x = F.embedding(ids, self.embedding_weight())
        pools: list[Pool] = []
        scores: list[Tensor] = []
        for i in range(cfg.layers):
            x = x + self.mixers[i](self.norms[i](x))
            if i in cfg.note_layers:
                y, pool, score = self.notes[str(i)](x, pools)
                x = x + y
                pools.append(pool)
                scores.append(score)
        return self.final_norm(x), scores

    def logits(self, hidden: Tensor) -> Tensor:
        x = fake_quantize_activation(hidden) if self.quantize == "full" else hidden
        return F.linear(x, self.embedding_weight().to(x.dtype))

    def forward(self, ids: Tensor, targets: Tensor, asked: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Returns (loss per token [b,l] in nats, scorer loss). A score learns its token's own surprise, standardised,
        minus 1; values that will be asked for (`asked` [b,l]) count as far more surprising than that."""
        hidden, scores = self.hidden(ids)
        logits = self.logits(hidden).float()
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view(targets.shape)
        if not scores:
            return loss, loss.new_zeros(())
        surprise = loss.detach()[:, :-1].clamp(max=12.0)  # surprise of ids[:, 1:]
        want = (surprise - surprise.mean()) / (surprise.std() + 1e-3) - 1
        weight = torch.ones_like(want)
        if asked is not None:
            want = torch.where(asked[:, 1:], want.clamp(min=0) + ASKED_SCORE, want)
            weight = torch.where(asked[:, 1:], ASKED_WEIGHT, weight)
        scorer = sum(((s[:, 1:] - want).square() * weight).mean() for s in scores) / len(scores)
        return loss, scorer
