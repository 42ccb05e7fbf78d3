"""A note layer: every token is a candidate note, and every token attends to the pool of notes and the recent window.

A text may be read in segments. `NoteState`, what one segment passes on to the next, is exactly what the streaming engine
keeps, so that training on long texts costs no more per token than on short ones.

Shapes in comments: b batch, l tokens, d d_model, c blocks of the segment, q tokens of a block, k notes_per_block,
m candidates, n pool_size, a note_heads, e note_head_dim, w = a*e note_width.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from memmamba_training.model.config import ModelConfig
from memmamba_training.model.layers import Linear, RMSNorm

EMPTY_SLOT = -1e4  # attention bias of a slot without a note
PROTECTION = 1e3  # added to the ranks of protected notes: more than scores can differ
POOLED = -2  # block number of notes that were in the pool before the segment; -1 is the block before the segment


class NoteState(NamedTuple):
    """What one note layer keeps between two segments of a text. All float32."""

    shift: Tensor  # (b,1,w): the key of the last token before normalisation, which belongs to the next token
    key: Tensor  # (b,a,n,e): the pool
    value: Tensor  # (b,a,n,e)
    score: Tensor  # (b,n)
    rank: Tensor  # (b,n): notes of the highest rank stay in a full pool; -inf: empty slot
    block: Tensor  # (b,n): block of each note, relative to the first block of the next segment (negative)
    recent_key: Tensor  # (b,a,q,e): all tokens of the last block
    recent_value: Tensor  # (b,a,q,e)
    recent_score: Tensor  # (b,q)

    @staticmethod
    def empty(cfg: ModelConfig, b: int, device: torch.device | str) -> NoteState:
        a, e, n, q = cfg.note_heads, cfg.note_head_dim, cfg.pool_size, cfg.block_size
        z = lambda *shape: torch.zeros(b, *shape, device=device)
        return NoteState(
            z(1, a * e), z(a, n, e), z(a, n, e), z(n), z(n) - math.inf, z(n) + POOLED, z(a, q, e), z(a, q, e), z(q)
        )  # fmt: skip


class Pool(NamedTuple):
    """All candidates of one note layer, and a bias that hides from each block those not yet in the pool, or evicted."""

    key: Tensor  # (b,a,m,e)
    value: Tensor  # (b,a,m,e)
    bias: Tensor  # (b,1,c,1,m): log sigmoid(score), or EMPTY_SLOT


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


def attend_in_parts(q: Tensor, parts: list[tuple[Tensor, Tensor, Tensor]]) -> Tensor:
    """Equals `attend`, but without concatenating the logits: possibly less memory traffic on a GPU."""
    logits = [logit.float() + bias for logit, bias, _ in parts]
    peak = functools.reduce(torch.maximum, [logit.amax(-1, keepdim=True) for logit in logits]).detach()  # (b,a,c,q,1)
    out, total = torch.zeros((), device=q.device), torch.zeros((), device=q.device)
    for logit, (_, _, value) in zip(logits, parts):
        w = torch.exp(logit - peak)
        total = total + w.sum(-1, keepdim=True)
        w = w.to(q.dtype)
        out = out + (torch.matmul(w.flatten(2, 3), value).view_as(q) if value.dim() == 4 else torch.matmul(w, value))
    return (out / total).to(q.dtype)


class NoteLayer(nn.Module):
    """Writes notes and attends to them. `lower`: the number of lower pools for cross-layer attention (0: none)."""

    in_parts = False  # use attend_in_parts

    def __init__(self, cfg: ModelConfig, lower: int) -> None:
        super().__init__()
        self.cfg, self.lower = cfg, lower
        w, reads = cfg.note_width, 2 if lower else 1  # reads: attention to this pool, to the lower pools
        self.norm = RMSNorm(cfg.d_model, cfg.norm_eps)
        self.proj = Linear(cfg.d_model, (2 + 2 * reads) * w)  # key, value; (query, gate) for each read
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
        """An attention sink for when no token is relevant: a learned key and value."""
        a, e = self.cfg.note_heads, self.cfg.note_head_dim
        key = F.rms_norm(self.null_key[read].view(a, e).float(), (e,)).to(q.dtype)[None, :, None, :, None]  # (1,a,1,e,1)
        value = self.null_value[read].view(a, e).to(q.dtype)[None, :, None, None, :]  # (1,a,1,1,e)
        return torch.matmul(q, key), torch.zeros((), device=q.device), value

    def pool(self, key: Tensor, value: Tensor, score: Tensor, s: NoteState, started: Tensor) -> tuple[Pool, list[Tensor]]:
        """Candidates: the pool so far, the best of the previous block and of each block, with what each block may attend to.
        key, value [b,a,c,q,e]; score [b,l]; started [b]. Also returns the pool after the segment: key, value, score, rank,
        block, as in NoteState."""
        cfg = self.cfg
        b, a, c, q, e = key.shape
        k, n = min(cfg.notes_per_block, q), cfg.pool_size
        if n == 0:  # the ablation without long-term memory
            return Pool(s.key, s.value, s.score[:, None, None, None]), [s.key, s.value, s.score, s.rank, s.block]
        with_previous = torch.cat([s.recent_score[:, None], score.view(b, c, q)], 1)  # (b,1+c,q)
        top, index = with_previous.topk(k, -1)  # (b,1+c,k)
        pick = index[:, None, :, :, None].expand(b, a, 1 + c, k, e)

        def candidates(pooled: Tensor, recent: Tensor, own: Tensor) -> Tensor:
            best = torch.cat([recent.to(own.dtype)[:, :, None], own], 2).gather(3, pick)  # (b,a,1+c,k,e)
            return torch.cat([pooled.to(own.dtype), best.reshape(b, a, (1 + c) * k, e)], 2)  # (b,a,m,e)

        ck, cv = candidates(s.key, s.recent_key, key), candidates(s.value, s.recent_value, value)
        all_scores = torch.cat([s.score, top.flatten(1)], 1)  # (b,m)
        block = torch.arange(-1, c + 1, device=key.device)  # the last is the first block of the next segment
        of = torch.cat([block.new_full((n,), POOLED), block[:-1].repeat_interleave(k)])  # (m): block of each candidate
        exists = torch.cat([s.rank > -math.inf, started[:, None].expand(b, k), started.new_ones(b, c * k)], 1)  # (b,m)
        # A block's notes enter the pool when it leaves the recent window: block j sees candidates of blocks <= j-2.
        visible = (of <= block[1:, None] - 2) & exists[:, None]  # (b,c+1,m)
        own_rank = all_scores.detach()[:, n:] if cfg.replacement == "priority" else of[None, n:].float().expand(b, -1)
        all_ranks = torch.cat([s.rank, own_rank], 1)  # (b,m)
        all_blocks = torch.cat([s.block, of[None, n:].float().expand(b, -1)], 1)  # (b,m)
        rank = all_ranks[:, None].expand(b, c + 1, -1).masked_fill(~visible, -math.inf)
        if cfg.protected_blocks:  # counted from block j-2, the last to have joined the pool
            protected = all_blocks[:, None] > (block[1:, None] - 2 - cfg.protected_blocks).float()  # (b,c+1,m)
            rank = rank + PROTECTION * protected
        kept = rank.topk(n, -1)
        visible = visible & (rank >= kept.values[..., -1:])
        bias = torch.where(visible[:, :c], F.logsigmoid(all_scores)[:, None], EMPTY_SLOT)  # (b,c,m)
        last = kept.indices[:, -1]  # (b,n)
        rows = last[:, None, :, None].expand(b, a, n, e)
        next_rank = torch.where(kept.values[:, -1] > -math.inf, all_ranks.gather(1, last), -math.inf)
        next_rank = next_rank - (0 if cfg.replacement == "priority" else c)
        next_block = all_blocks.gather(1, last) - c
        after = [ck.gather(2, rows).float(), cv.gather(2, rows).float(), all_scores.gather(1, last), next_rank, next_block]
        return Pool(ck, cv, bias[:, None, :, None, :]), after

    def from_pool(self, q: Tensor, pool: Pool) -> tuple[Tensor, Tensor, Tensor]:
        """q [b,a,c,q,e] against a pool, as a part for `attend`."""
        b, a, c, t, e = q.shape
        logits = torch.matmul(q.reshape(b, a, c * t, e), pool.key.transpose(-1, -2))
        return logits.view(b, a, c, t, -1), pool.bias, pool.value

    def recent(
        self, q: Tensor, key: Tensor, value: Tensor, s: NoteState, started: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The recent window (the previous block, and this block up to the token itself), as a part for `attend`."""
        _, _, c, t, _ = key.shape
        keys = torch.cat([torch.cat([s.recent_key.to(key.dtype)[:, :, None], key[:, :, :-1]], 2), key], 3)  # (b,a,c,2q,e)
        values = torch.cat([torch.cat([s.recent_value.to(value.dtype)[:, :, None], value[:, :, :-1]], 2), value], 3)
        row = torch.arange(t, device=q.device)[:, None]
        col = torch.arange(2 * t, device=q.device)[None, :] - t
        has_previous = started[:, None] | (torch.arange(c, device=q.device) > 0)  # (b,c)
        visible = (col <= row) & ((col >= 0) | has_previous[:, None, :, None, None])  # (b,1,c,q,2q)
        return torch.matmul(q, keys.transpose(-1, -2)), torch.where(visible, 0.0, EMPTY_SLOT), values

    def forward(
        self, x: Tensor, lower: list[Pool], s: NoteState, started: Tensor
    ) -> tuple[Tensor, Pool, Tensor, NoteState]:
        """Returns (addition to the stream [b,l,d], this layer's pool, scores [b,l], state after the segment)."""
        cfg = self.cfg
        b, l, _ = x.shape
        u = self.norm(x)
        # Without autocast, whose rounding would make many scores equal.
        score = (u.float() * self.score.weight[0].float()).sum(-1) + self.score.bias.float()  # (b,l)
        key, value, *reads = self.proj(u).split(cfg.note_width, -1)
        shift = key[:, -1:].float()
        key = torch.cat([s.shift.to(key.dtype), key[:, :-1]], 1)  # a note's key is the context before its token
        key, value = self.heads(key), self.heads(value)
        key = F.rms_norm(key, (cfg.note_head_dim,), eps=cfg.norm_eps)
        pool, kept = self.pool(key, value, score, s, started)
        outs = []
        for r in range(len(reads) // 2):
            query, gate = reads[2 * r], reads[2 * r + 1]
            gain = self.query_gain[r].to(query.dtype)[None, :, None, None, None]
            q = F.rms_norm(self.heads(query), (cfg.note_head_dim,), eps=cfg.norm_eps) * gain
            if r == 0:
                parts = [self.null(q, r), self.recent(q, key, value, s, started)]
                if cfg.pool_size > 0:
                    parts.insert(1, self.from_pool(q, pool))
            else:
                parts = [self.null(q, r)] + [self.from_pool(q, p) for p in lower]
            y = (attend_in_parts if self.in_parts else attend)(q, parts).permute(0, 2, 3, 1, 4).reshape(b, l, cfg.note_width)
            outs.append(y * torch.sigmoid(gate))
        state = NoteState(shift, *kept, key[:, :, -1].float(), value[:, :, -1].float(), score[:, -cfg.block_size :])
        return self.out_proj(torch.cat(outs, -1)), pool, score, state
