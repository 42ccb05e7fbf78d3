"""MemMamba in PyTorch: the one definition that trains, evaluates and exports.

A stack of pre-norm Mamba-2 layers. At a few *note layers* every token may also read
  - the recent tokens (its own block so far and the block before it), and
  - a pool of at most `pool_size` notes: the tokens of all older blocks that a learned score judged worth keeping.
A note is a pair (key, value): the key is a projection of the stream *before* the token, the value of the stream *at*
the token, so a later, similar context finds what came next. The last note layer also reads the pools of the layers
below it. After the MemMamba paper (arXiv 2510.03279): state summarization = notes, cross-token attention = the read,
cross-layer attention = the read of lower pools. Where this departs from the paper: ../../README.md.

A text is read in segments of any whole number of blocks; `State` carries over what the streaming engine would keep, so
reading in segments gives the same as reading at once. A middle layer also gives every token an *embedding*: the mean over
a definition's tokens is near the mean over the tokens of a question about it.

Shapes in comments: b batch, l tokens, d d_model, i d_inner, h heads, p head_dim, n state_size, c blocks, r embedding.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from config import ModelConfig
from layers import Linear, Quantize, RMSNorm
from notes import EMPTY_SLOT, NoteLayer, NoteState, Pool
from quantize import fake_quantize_activation, fake_quantize_weight
from scan import ssd

__all__ = ["EMPTY_SLOT", "Linear", "MemMamba", "NoteLayer", "Quantize", "Reading", "State", "unflatten"]

# How far above others the score of a token shall stand that will be asked for or used again, and its share in training.
ASKED_SCORE, ASKED_WEIGHT = 4.0, 20.0
REUSED_SCORE, REUSED_WEIGHT = 2.0, 5.0
ASKED, REUSED = 1, 2  # what `wanted` says about a token
MOST_SURPRISE = 12.0  # nats


def score_labels(
    surprise: Tensor, wanted: Tensor | None, asked_weight: float = ASKED_WEIGHT, reused_weight: float = REUSED_WEIGHT
) -> tuple[Tensor, Tensor]:
    """What the score of a token shall be, and how much that counts [b,l], from its surprise in nats [b,l]: the surprise,
    standardised, minus 1; a token that will be asked for or used again (`wanted` [b,l]) counts as far more surprising."""
    want = (surprise - surprise.mean()) / (surprise.std() + 1e-3) - 1
    weight = torch.ones_like(want)
    if wanted is not None:
        for kind, above, share in ((ASKED, ASKED_SCORE, asked_weight), (REUSED, REUSED_SCORE, reused_weight)):
            is_kind = wanted == kind
            want = torch.where(is_kind, want.clamp(min=0) + above, want)
            weight = torch.where(is_kind, share, weight)
    return want, weight


class State(NamedTuple):
    """What is kept of the text so far: constant in its length."""

    started: Tensor  # (b) bool: whether there is a text so far
    conv: Tensor  # (b,layers,conv_kernel-1,channels) float32
    ssm: Tensor  # (b,layers,h,n,p) float32
    notes: list[NoteState]  # per note layer

    @staticmethod
    def empty(cfg: ModelConfig, b: int, device: torch.device | str) -> State:
        return State(
            torch.zeros(b, dtype=torch.bool, device=device),
            torch.zeros(b, cfg.layers, cfg.conv_kernel - 1, cfg.conv_channels, device=device),
            torch.zeros(b, cfg.layers, cfg.heads, cfg.state_size, cfg.head_dim, device=device),
            [NoteState.empty(cfg, b, device) for _ in cfg.note_layers],
        )

    def flat(self) -> tuple[Tensor, ...]:
        """Every tensor, as the compiled graph takes and gives them."""
        return self.started, self.conv, self.ssm, *(t for s in self.notes for t in s)

    def rows(self, index: Tensor) -> State:
        """Some rows of the batch, in a given order, also several times."""
        notes = [NoteState(*(t[index] for t in s)) for s in self.notes]
        return State(self.started[index], self.conv[index], self.ssm[index], notes)

    def carry(self, fresh: Tensor, cfg: ModelConfig) -> State:
        """Without its gradient, and forgotten where another text begins (`fresh` [b])."""

        def pick(new: Tensor, old: Tensor) -> Tensor:
            # Always laid out the same: a compiled graph is made for one layout.
            return torch.where(fresh.view(-1, *[1] * (old.dim() - 1)), new, old.detach()).contiguous()

        empty = State.empty(cfg, len(fresh), fresh.device)
        notes = [NoteState(*map(pick, e, s)) for e, s in zip(empty.notes, self.notes)]
        return State(pick(empty.started, self.started), pick(empty.conv, self.conv), pick(empty.ssm, self.ssm), notes)


def unflatten(flat: tuple[Tensor, ...]) -> State:
    fields = len(NoteState._fields)
    return State(flat[0], flat[1], flat[2], [NoteState(*flat[i : i + fields]) for i in range(3, len(flat), fields)])


class Reading(NamedTuple):
    """What reading a segment gives."""

    hidden: Tensor  # (b,l,d): the final normalised stream
    scores: list[Tensor]  # per note layer (b,l): raw importance
    embedding: Tensor | None  # (b,l,r): not normalised; a long one counts for more in a mean
    state: State


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

    def forward(self, u: Tensor, conv_state: Tensor, ssm_state: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """u [b,l,d], conv_state [b,conv_kernel-1,channels], ssm_state [b,h,n,p] -> (output [b,l,d], the next states)."""
        cfg = self.cfg
        b, l, _ = u.shape
        z, xbc, dt = self.in_proj(u).split([cfg.d_inner, cfg.conv_channels, cfg.heads], -1)
        padded = torch.cat([conv_state.to(xbc.dtype), xbc], 1)
        w = self.conv_weight.to(xbc.dtype).t()  # (conv_kernel, channels)
        conv = self.conv_bias.to(xbc.dtype) + sum(padded[:, k : k + l] * w[k] for k in range(cfg.conv_kernel))
        x, B, C = F.silu(conv).split([cfg.d_inner, cfg.state_size, cfg.state_size], -1)
        dt = F.softplus(dt.float() + self.dt_bias)  # (b,l,h)
        x = x.reshape(b, l, cfg.heads, cfg.head_dim)
        y, ssm_state = ssd(x, dt, -torch.exp(self.A_log.float()), B, C, cfg.block_size, ssm_state)
        y = y + x * self.D.to(x.dtype)[:, None]
        out = self.out_proj(self.norm(y.reshape(b, l, cfg.d_inner)) * F.silu(z))
        return out, padded[:, l:].float(), ssm_state


class Retrieval(nn.Module):
    """The embedding of each token, read from the stream while the text is read: a linear part behind `embedding_layer`, and with
    `embedding_hidden` a network of one hidden layer behind `embedding_hidden_layer`, which begins as nothing."""

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
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))  # of the contrastive loss only; not exported

    def forward(self, x: Tensor, layer: int, before: Tensor | None) -> Tensor | None:
        """What is known of the embedding behind a layer: x [b,l,d] the stream, `before` [b,l,r] what was known ahead of it."""
        if layer == self.cfg.embedding_layer:
            before = self.proj(self.norm(x))
        if self.hidden and layer == self.cfg.embedding_hidden_layer:
            assert before is not None
            before = before + self.hidden["down"](F.silu(self.hidden["up"](self.hidden["norm"](x))))
        return before


class MemMamba(nn.Module):
    loss_chunks = 1  # more: less memory for logits, their products made twice

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
        self.retrieval = Retrieval(cfg) if cfg.embedding_width else None

    def load(self, weights: dict[str, Tensor]) -> None:
        """Takes a checkpoint's weights. Parts that only one side has: a retrieval head stays fresh, or is left out."""
        mine = self.state_dict()
        head = "retrieval."
        given = {n: v.float() for n, v in weights.items() if n in mine or not n.startswith(head)}
        self.load_state_dict({n: v for n, v in mine.items() if n.startswith(head)} | given)

    def set_quantize(self, mode: Quantize) -> None:
        """Makes every matrix pretend to be the shipped one, or stop pretending."""
        for module in self.modules():
            if isinstance(module, Linear | MemMamba):
                module.quantize = mode

    def embedding_weight(self) -> Tensor:
        return self.embedding if self.quantize == "none" else fake_quantize_weight(self.embedding)

    def read(self, ids: Tensor, state: State | None = None) -> Reading:
        """Reads a segment: ids [b,l], l a multiple of block_size. Without a state: the beginning of a text."""
        cfg = self.cfg
        state = State.empty(cfg, len(ids), ids.device) if state is None else state
        x = F.embedding(ids, self.embedding_weight())
        pools: list[Pool] = []
        scores: list[Tensor] = []
        convs: list[Tensor] = []
        ssms: list[Tensor] = []
        notes: list[NoteState] = []
        embedding = None
        for i in range(cfg.layers):
            y, conv, ssm = self.mixers[i](self.norms[i](x), state.conv[:, i], state.ssm[:, i])
            x = x + y
            convs.append(conv)
            ssms.append(ssm)
            if i in cfg.note_layers:
                y, pool, score, kept = self.notes[str(i)](x, pools, state.notes[len(notes)], state.started)
                x = x + y
                pools.append(pool)
                scores.append(score)
                notes.append(kept)
            if self.retrieval is not None:
                embedding = self.retrieval(x, i, embedding)
        after = State(torch.ones_like(state.started), torch.stack(convs, 1), torch.stack(ssms, 1), notes)
        return Reading(self.final_norm(x), scores, embedding, after)

    def hidden(self, ids: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The beginning of a text at once -> (final normalised stream [b,l,d], raw note scores per note layer)."""
        reading = self.read(ids)
        return reading.hidden, reading.scores

    def logits(self, hidden: Tensor) -> Tensor:
        x = fake_quantize_activation(hidden) if self.quantize == "full" else hidden
        return F.linear(x, self.embedding_weight().to(x.dtype))

    def loss(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """Nats per token [b,l]."""

        def part(h: Tensor, t: Tensor) -> Tensor:
            return F.cross_entropy(self.logits(h).float(), t, reduction="none")

        h, t = hidden.flatten(0, 1), targets.flatten()
        if self.loss_chunks == 1:
            return part(h, t).view(targets.shape)
        pieces = zip(h.chunk(self.loss_chunks), t.chunk(self.loss_chunks))
        return torch.cat([checkpoint(part, a, b, use_reentrant=False) for a, b in pieces]).view(targets.shape)

    def forward(
        self, ids: Tensor, targets: Tensor, wanted: Tensor | None = None, state: tuple[Tensor, ...] | None = None
    ) -> tuple[Tensor, Tensor, Tensor | None, tuple[Tensor, ...]]:
        """Returns (nats per token [b,l], scorer loss, embedding, flat state after). `wanted` [b,l] as in `score_labels`."""
        hidden, scores, embedding, after = self.read(ids, None if state is None else unflatten(state))
        loss = self.loss(hidden, targets)
        if not scores:
            return loss, loss.new_zeros(()), embedding, after.flat()
        surprise = loss.detach()[:, :-1].clamp(max=MOST_SURPRISE)  # of ids[:, 1:]
        want, weight = score_labels(surprise, None if wanted is None else wanted[:, 1:])
        scorer = sum(((s[:, 1:] - want).square() * weight).mean() for s in scores) / len(scores)
        return loss, scorer, embedding, after.flat()
