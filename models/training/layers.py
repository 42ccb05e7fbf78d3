"""Parts that every layer is made of."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from quantize import fake_quantize_activation, fake_quantize_weight

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
