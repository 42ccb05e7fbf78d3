"""Embeddings of definitions and questions, their contrastive loss, and reciprocal ranks.

A definition's embedding is the mean over its tokens, read in its file after everything before it; a question's is the mean
over `<|question|> text`, read alone. Both are normalised.

Shapes: b batch, l tokens, r embedding width, s definitions of a segment, n questions.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from memmamba_training.model.memmamba import MemMamba

MAX_SCALE = 100  # of the logits, as in CLIP (arXiv 2103.00020)


def span_embeddings(embedding: Tensor, spans: Tensor) -> Tensor:
    """embedding [b,l,r], token ranges [b,s,2] -> [b,s,r], normalised."""
    total = F.pad(embedding.float().cumsum(1), (0, 0, 1, 0))  # (b,l+1,r)
    b, s, _ = spans.shape
    ends = total.gather(1, spans.reshape(b, 2 * s, 1).expand(-1, -1, total.shape[-1])).view(b, s, 2, -1)
    return F.normalize(ends[:, :, 1] - ends[:, :, 0], dim=-1)  # a sum has the direction of the mean


def question_embeddings(model: MemMamba, questions: Tensor, pad: int) -> Tensor:
    """questions [n,block_size], padded with `pad` -> [n,r], normalised."""
    embedding = model.read(questions).embedding
    assert embedding is not None
    return F.normalize((embedding.float() * (questions != pad)[..., None]).sum(1), dim=-1)


class Spans(NamedTuple):
    """The definitions of each row's segment."""

    embeddings: Tensor  # (b,s,r), normalised
    exist: Tensor  # (b,s) bool


def contrastive_loss(
    spans: Spans, previous: Spans, questions: Tensor, valid: Tensor, log_scale: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """InfoNCE (arXiv 1807.03748), the mean of three: a question among all definitions of the batch and of the `previous`
    segments, a question among those of its own row only (the hard negatives), a definition among all questions.
    questions [b*n,r], of which those `valid` [b*n] exist; question i of a row belongs to definition i of that row.
    Returns (loss, accuracy of questions among all definitions, and among those of the own row)."""
    b, s, _ = spans.embeddings.shape
    n = len(questions) // b
    row = torch.arange(b, device=questions.device)
    target = (row[:, None] * s + torch.arange(n, device=questions.device)).flatten()  # the definition of each question
    every = torch.cat([spans.embeddings, previous.embeddings]).flatten(0, 1)  # (2*b*s,r)
    exist, owner = torch.cat([spans.exist, previous.exist]).flatten(), row.repeat(2).repeat_interleave(s)
    with torch.autocast(questions.device.type, enabled=False):  # cosines need more than the 8 bits of bfloat16
        logits = log_scale.exp().clamp(max=MAX_SCALE) * questions @ every.t()  # (questions, definitions)
    to_span = logits.masked_fill(~exist, -1e4)
    to_own = to_span.masked_fill(owner != row.repeat_interleave(n)[:, None], -1e4)
    to_question = logits.t()[target].masked_fill(~valid, -1e4)  # (questions, questions)
    own = torch.arange(len(target), device=questions.device)
    count = valid.sum().clamp(min=1)
    losses = sum(F.cross_entropy(x, y, reduction="none") for x, y in ((to_span, target), (to_own, target), (to_question, own)))
    assert isinstance(losses, Tensor)
    right = [((x.argmax(-1) == target) & valid).sum() / count for x in (to_span, to_own)]
    return (losses * valid).sum() / (3 * count), right[0], right[1]


def reciprocal_ranks(questions: Tensor, spans: Tensor) -> list[float]:
    """questions [n,r], spans [m,r], m >= n; question i belongs to span i."""
    with torch.autocast(spans.device.type, enabled=False):
        cosine = questions @ spans.t()  # (n,m)
    return (1 / ((cosine > cosine.diagonal()[:, None]).sum(1) + 1)).tolist()
