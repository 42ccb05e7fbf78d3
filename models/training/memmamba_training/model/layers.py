"""Building blocks of every layer: RMS norm and a bias-free matrix with optional fake quantization."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from memmamba_training.model.quantize import fake_quantize_activation, fake_quantize_weight

Quantize = Literal["none", "weights", "full"]  # "weights": as the GPU graph computes; "full": as the CPU graph does


class RMSNorm(nn.Module):
    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), self.eps)


class Linear(nn.Module):
    """[..., fan_in] -> [..., fan_out] without bias; `quantize` makes it compute with the rounding of the shipped int8 matrix."""

    def __init__(self, fan_in: int, fan_out: int, std: float = 0.02) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(fan_out, fan_in) * std)
        self.quantize: Quantize = "none"

    def forward(self, x: Tensor) -> Tensor:
        w = self.weight if self.quantize == "none" else fake_quantize_weight(self.weight)
        if self.quantize == "full":
            x = fake_quantize_activation(x)
        return F.linear(x, w.to(x.dtype))
