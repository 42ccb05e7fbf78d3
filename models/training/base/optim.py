"""Muon for the matrices, in batches of equal shape, and AdamW for the rest."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def orthogonal(G: Tensor, rounds: int = 5) -> Tensor:
    """G [N, a, b] -> matrices near the orthogonal factor of each (Newton-Schulz; Jordan et al., Muon, 2024)."""
    X = G.bfloat16() if G.is_cuda else G
    tall = G.shape[-2] > G.shape[-1]
    X = X.transpose(-1, -2) if tall else X
    X = X / (X.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(rounds):
        A = X @ X.transpose(-1, -2)
        X = 3.4445 * X + (-4.7750 * A + 2.0315 * A @ A) @ X
    return X.transpose(-1, -2) if tall else X


class Muon(torch.optim.Optimizer):
    """Momentum .95 (Nesterov); the update is as large as AdamW's (factor .2 sqrt(max(a, b)))."""

    def __init__(self, params: list[nn.Parameter], lr: float) -> None:
        super().__init__(params, {"lr": lr, "momentum": 0.95})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            shapes: dict[torch.Size, list[nn.Parameter]] = {}
            for p in group["params"]:
                if p.grad is not None:
                    shapes.setdefault(p.shape, []).append(p)
            for shape, ps in shapes.items():
                grads = [p.grad for p in ps]
                moments = [self.state[p].setdefault("moment", torch.zeros_like(p)) for p in ps]
                torch._foreach_lerp_(moments, grads, 1 - group["momentum"])
                update = orthogonal(torch.stack(torch._foreach_lerp(grads, moments, group["momentum"])))
                torch._foreach_add_(ps, [u.to(p.dtype) for u, p in zip(update, ps)], alpha=-group["lr"] * 0.2 * max(shape) ** 0.5)


def optimizers(named: list[tuple[str, nn.Parameter]], lr: float, small: float) -> list[torch.optim.Optimizer]:
    """Muon at `lr` for the square matrices of mixers, AdamW at `small` for gains, biases, convolutions, heads' rates and adapters."""
    named = [(n, p) for n, p in named if p.requires_grad]
    large = [p for n, p in named if p.ndim == 2 and min(p.shape) >= 64 and "adapters" not in n]
    there = {id(p) for p in large}
    rest = [p for _, p in named if id(p) not in there]
    fused = bool(rest) and rest[0].is_cuda
    made: list[torch.optim.Optimizer] = [torch.optim.AdamW(rest, lr=small, betas=(0.9, 0.95), weight_decay=0.0, fused=fused)]
    return [Muon(large, lr), *made] if large else made


def schedule(done: float, warm: float = 0.02, flat: float = 0.3) -> float:
    """The part of the rate after `done` (0 to 1) of the phase: a short rise, flat, then down to zero."""
    return min(1.0, (done + 1e-4) / warm, max(0.0, (1 - done) / (1 - flat)))
