"""The shipped number format: as the weight file stores it, and as training imitates it (fake quantization).

Weights: symmetric 7-bit integers with one scale per output channel (per row of the embedding), range [-63, 63], because
full 8-bit weights saturate AVX2's 8-bit multiply-add. Activations: symmetric 8-bit integers with one scale per token, so
that a result never depends on which other tokens are in the same run.
"""

from __future__ import annotations

import torch
from torch import Tensor

WEIGHT_RANGE = 63
ACTIVATION_RANGE = 127
ACTIVATION_EPS = 1e-8


def weight_scale(w: Tensor) -> Tensor:
    """Scale per row of a [out, in] matrix, float32 [out, 1]."""
    return w.detach().float().abs().amax(1, keepdim=True).clamp(min=1e-12) / WEIGHT_RANGE


def quantize_weight(w: Tensor) -> tuple[Tensor, Tensor]:
    """[out, in] float -> (int8 [out, in], float32 scale [out, 1])."""
    s = weight_scale(w)
    q = (w.detach().float() / s).round().clamp(-WEIGHT_RANGE, WEIGHT_RANGE)
    return q.to(torch.int8), s


def fake_quantize_weight(w: Tensor) -> Tensor:
    """The value that the shipped model uses, with a straight-through gradient (arXiv 1308.3432)."""
    s = weight_scale(w)
    q = (w.float() / s).round().clamp(-WEIGHT_RANGE, WEIGHT_RANGE) * s
    return w + (q - w).detach()


def fake_quantize_activation(x: Tensor) -> Tensor:
    """8-bit rounding per token (last axis) with a straight-through gradient."""
    r = (x.detach().abs().amax(-1, keepdim=True) + ACTIVATION_EPS) / ACTIVATION_RANGE
    q = (x / r).round() * r
    return x + (q - x).detach()
