"""The state-space recurrence of Mamba-2 in its chunked matrix form (arXiv 2405.21060, section 6): exact, parallel over chunks.

Shapes: b batch, l tokens, h heads, p head_dim, n state_size, c chunks, q tokens of a chunk.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def segment_sum(a: Tensor) -> Tensor:
    """[..., t] log-decays -> [..., t, t] with entry (i, j) = sum of a over (j, i], -inf above the diagonal."""
    t = a.shape[-1]
    c = a.cumsum(-1)
    d = c[..., :, None] - c[..., None, :]
    return d.masked_fill(~torch.ones(t, t, dtype=torch.bool, device=a.device).tril(), float("-inf"))


def ssd(x: Tensor, dt: Tensor, A: Tensor, B: Tensor, C: Tensor, chunk: int, start: Tensor) -> tuple[Tensor, Tensor]:
    """x [b,l,h,p], dt [b,l,h] float32, A [h] < 0, B and C [b,l,n], start [b,h,n,p] float32 = S_0; l a multiple of chunk.

    Returns (y [b,l,h,p], S_l [b,h,n,p] float32) of S_t = exp(A dt_t) S_{t-1} + B_t (dt_t x_t)^T,  y_t = C_t^T S_t.
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
    # The state before the segment is one more chunk, without a decay of its own.
    states = torch.cat([start.to(states.dtype)[:, None], states], 1)  # (b,1+c,h,n,p)
    across = torch.exp(segment_sum(F.pad(decay[..., -1].permute(0, 2, 1), (1, 0))))  # (b,h,1+c,1+c)
    after = torch.einsum("bhcz,bzhnp->bchnp", across.to(x.dtype), states)  # (b,1+c,h,n,p): state after each chunk
    y = y + torch.matmul(Cc[:, :, None], after[:, :-1]) * torch.exp(decay).to(x.dtype)[..., None]
    return y.permute(0, 1, 3, 2, 4).reshape(b, l, h, p), after[:, -1].float()
