"""The distillation loss, in chunks of tokens, with its gradient in the same pass."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def rows(h: Tensor, t: Tensor, target: Tensor, weight: Tensor, E: Tensor, teach: float) -> tuple[Tensor, Tensor, Tensor]:
    """One chunk: (teach * KL(teacher || student) + (1 - teach) * cross-entropy) per token, its weighted sum's gradient for h.

    h and t [N, width] are normed hidden states of student and teacher, E [rows, width] the embedding. Returns the two sums
    and dh. The gradient of both terms for the logits is p - (teach * teacher's p + (1 - teach) * one-hot).
    """
    s = (h @ E.t()).float().log_softmax(-1)
    u = (t @ E.t()).float().log_softmax(-1)
    q = u.exp()
    kl = (q * (u - s)).sum(-1)
    ce = -s.gather(1, target[:, None])[:, 0]
    d = s.exp() - teach * q
    d = d.scatter_add(1, target[:, None], torch.full_like(d[:, :1], teach - 1)) * weight[:, None]
    return (kl * weight).sum(), (ce * weight).sum(), d.to(h.dtype) @ E


class Distillation(torch.autograd.Function):
    """Gives the loss, and KL and cross-entropy apart (without gradient), as weighted means."""

    @staticmethod
    def forward(ctx: Any, h: Tensor, t: Tensor, target: Tensor, weight: Tensor, E: Tensor, teach: float, chunk: int, part: Any) -> tuple[Tensor, Tensor, Tensor]:
        kl = ce = torch.zeros((), device=h.device)
        dh = torch.empty_like(h)
        weight = weight / weight.sum()
        for at in range(0, h.shape[0], chunk):
            now = slice(at, at + chunk)
            a, b, dh[now] = part(h[now], t[now], target[now], weight[now], E, teach)
            kl, ce = kl + a, ce + b
        ctx.save_for_backward(dh)
        ctx.mark_non_differentiable(kl, ce)
        return teach * kl + (1 - teach) * ce, kl, ce

    @staticmethod
    def backward(ctx: Any, d: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        (dh,) = ctx.saved_tensors
        return (dh * d.to(dh.dtype), None, None, None, None, None, None, None)


def distillation(h: Tensor, t: Tensor, target: Tensor, weight: Tensor, E: Tensor, teach: float = 0.9, chunk: int = 8192, part: Any = rows) -> tuple[Tensor, Tensor, Tensor]:
    """h, t [N, width], target and weight [N]. `part` is `rows`, or `rows` compiled."""
    return Distillation.apply(h, t, target, weight, E, teach, chunk, part)  # type: ignore[no-any-return]
