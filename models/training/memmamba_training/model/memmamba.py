"""MemMamba in PyTorch: the one definition for training, evaluation and export.

A stack of pre-norm Mamba-2 layers (arXiv 2405.21060). At a few *note layers* every token also attends to
  - the recent window: its own block up to itself, and the block before it, and
  - a pool of at most `pool_size` notes: tokens of older blocks that a learned score selected.
A note is a pair (key, value). Its key is a projection of the residual stream at the token *before*, its value one of the
stream *at* the token, so that a later, similar context retrieves what came next. The last note layer also attends to the
pools of the layers below it. After the MemMamba paper (arXiv 2510.03279): state summarization is the notes, cross-token
attention is attention to the pool, cross-layer attention is attention to lower pools.

A text is read in segments of whole blocks. `State` carries over exactly what the streaming engine keeps, so reading in
segments equals reading at once (tests/test_model.py). A middle layer also gives every token an *embedding*: the mean over
a definition's tokens is close to the mean over the tokens of a question about it.

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

from memmamba_training.model.config import ModelConfig
from memmamba_training.model.layers import Linear, Quantize, RMSNorm
from memmamba_training.model.notes import NoteLayer, NoteState, Pool
from memmamba_training.model.quantize import fake_quantize_activation, fake_quantize_weight
from memmamba_training.model.scan import ssd

QUERIED, REUSED = 1, 2  # importance of a token: a later question asks for it; its name is used again far away
# Target score of such tokens above the standardised surprise, and their weight in the scorer's loss.
QUERIED_SCORE, QUERIED_WEIGHT = 4.0, 20.0
REUSED_SCORE, REUSED_WEIGHT = 2.0, 5.0
MAX_SURPRISE = 12.0  # nats


def score_targets(
    surprise: Tensor, importance: Tensor | None, queried_weight: float = QUERIED_WEIGHT, reused_weight: float = REUSED_WEIGHT
) -> tuple[Tensor, Tensor]:
    """Regression targets of the note scores and their weights, both [b,l], from each token's surprise in nats [b,l].

    The target is the standardised surprise minus 1, and more for tokens of known `importance` [b,l]."""
    target = (surprise - surprise.mean()) / (surprise.std() + 1e-3) - 1
    weight = torch.ones_like(target)
    if importance is not None:
        for kind, bonus, share in ((QUERIED, QUERIED_SCORE, queried_weight), (REUSED, REUSED_SCORE, reused_weight)):
            is_kind = importance == kind
            target = torch.where(is_kind, target.clamp(min=0) + bonus, target)
            weight = torch.where(is_kind, share, weight)
    return target, weight


class State(NamedTuple):
    """What is kept of the text so far; its size does not depend on the text's length."""

    started: Tensor  # (b) bool: whether anything was read
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
        """All tensors, as the compiled graph takes and returns them."""
        return self.started, self.conv, self.ssm, *(t for s in self.notes for t in s)

    def rows(self, index: Tensor) -> State:
        """Rows of the batch by index; an index may repeat."""
        notes = [NoteState(*(t[index] for t in s)) for s in self.notes]
        return State(self.started[index], self.conv[index], self.ssm[index], notes)

    def carry(self, new_text: Tensor, cfg: ModelConfig) -> State:
        """The state for the next segment: detached, and empty in rows where a new text begins (`new_text` [b])."""

        def pick(new: Tensor, old: Tensor) -> Tensor:
            # Contiguous, since a compiled graph is specialised to one memory layout.
            return torch.where(new_text.view(-1, *[1] * (old.dim() - 1)), new, old.detach()).contiguous()

        empty = State.empty(cfg, len(new_text), new_text.device)
        notes = [NoteState(*map(pick, e, s)) for e, s in zip(empty.notes, self.notes)]
        return State(pick(empty.started, self.started), pick(empty.conv, self.conv), pick(empty.ssm, self.ssm), notes)


def unflatten(flat: tuple[Tensor, ...]) -> State:
    fields = len(NoteState._fields)
    return State(flat[0], flat[1], flat[2], [NoteState(*flat[i : i + fields]) for i in range(3, len(flat), fields)])


class ReadOutput(NamedTuple):
    """The result of reading one segment."""

    hidden: Tensor  # (b,l,d): the residual stream after the final norm
    scores: list[Tensor]  # per note layer (b,l): note scores, before the sigmoid
    embedding: Tensor | None  # (b,l,r): not normalised, so that tokens weigh differently in a mean
    state: State  # after the segment


class Mamba2(nn.Module):
    """The Mamba-2 mixer with one group of B and C."""

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
        """u [b,l,d], conv_state [b,conv_kernel-1,channels], ssm_state [b,h,n,p] -> (output [b,l,d], both states after)."""
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


class RetrievalHead(nn.Module):
    """The embedding of each token: a projection of the stream after `embedding_layer` and, with `embedding_hidden`, an MLP on
    the stream after `embedding_hidden_layer` that is added to it and initialised to zero output."""

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
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))  # inverse temperature of the contrastive loss; not exported

    def forward(self, x: Tensor, layer: int, embedding: Tensor | None) -> Tensor | None:
        """Updates `embedding` [b,l,r] (None before `embedding_layer`) with x [b,l,d], the stream after a layer."""
        if layer == self.cfg.embedding_layer:
            embedding = self.proj(self.norm(x))
        if self.hidden and layer == self.cfg.embedding_hidden_layer:
            assert embedding is not None
            embedding = embedding + self.hidden["down"](F.silu(self.hidden["up"](self.hidden["norm"](x))))
        return embedding


class MemMamba(nn.Module):
    loss_chunks = 1  # more: less memory for logits, which are then computed twice (gradient checkpointing)

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
        self.retrieval = RetrievalHead(cfg) if cfg.embedding_width else None

    def load(self, weights: dict[str, Tensor]) -> None:
        """Loads a checkpoint's weights. A retrieval head that only one side has keeps its initial weights, or is ignored."""
        own, head = self.state_dict(), "retrieval."
        given = {n: v.float() for n, v in weights.items() if n in own or not n.startswith(head)}
        self.load_state_dict({n: v for n, v in own.items() if n.startswith(head)} | given)

    def set_quantize(self, mode: Quantize) -> None:
        """Switches fake quantization of all matrices on or off."""
        for module in self.modules():
            if isinstance(module, Linear | MemMamba):
                module.quantize = mode

    def embedding_weight(self) -> Tensor:
        return self.embedding if self.quantize == "none" else fake_quantize_weight(self.embedding)

    def read(self, ids: Tensor, state: State | None = None) -> ReadOutput:
        """Reads a segment: ids [b,l], l a multiple of block_size. Without a state, the segment begins a text."""
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
        return ReadOutput(self.final_norm(x), scores, embedding, after)

    def logits(self, hidden: Tensor) -> Tensor:
        """[..., d] -> [..., vocab_size], with the embedding matrix (tied weights)."""
        x = fake_quantize_activation(hidden) if self.quantize == "full" else hidden
        return F.linear(x, self.embedding_weight().to(x.dtype))

    def loss(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """Cross entropy in nats per token [b,l]; hidden [b,l,d], targets [b,l]."""

        def part(h: Tensor, t: Tensor) -> Tensor:
            return F.cross_entropy(self.logits(h).float(), t, reduction="none")

        h, t = hidden.flatten(0, 1), targets.flatten()
        if self.loss_chunks == 1:
            return part(h, t).view(targets.shape)
        pieces = zip(h.chunk(self.loss_chunks), t.chunk(self.loss_chunks))
        return torch.cat([checkpoint(part, a, b, use_reentrant=False) for a, b in pieces]).view(targets.shape)

    def forward(
        self, ids: Tensor, targets: Tensor, importance: Tensor | None = None, state: tuple[Tensor, ...] | None = None
    ) -> tuple[Tensor, Tensor, Tensor | None, tuple[Tensor, ...]]:
        """Returns (nats per token [b,l], scorer loss, embedding [b,l,r], flat state after); `importance` as in `score_targets`."""
        hidden, scores, embedding, after = self.read(ids, None if state is None else unflatten(state))
        loss = self.loss(hidden, targets)
        if not scores:
            return loss, loss.new_zeros(()), embedding, after.flat()
        surprise = loss.detach()[:, :-1].clamp(max=MAX_SURPRISE)  # of ids[:, 1:]
        target, weight = score_targets(surprise, None if importance is None else importance[:, 1:])
        scorer = sum(((s[:, 1:] - target).square() * weight).mean() for s in scores) / len(scores)
        return loss, scorer, embedding, after.flat()
