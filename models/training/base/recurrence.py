"""The recurrence of the state-space layers, by chunks, as matrix products.

With a decay a_t = exp(g_t) and a write strength b_t per head, a state S [key, value] goes

    gated:         S_t = a_t S_{t-1} + k_t v_t^T
    gated_delta:   S_t = a_t S_{t-1} + b_t k_t (v_t - (a_t S_{t-1})^T k_t)^T         y_t = S_t^T q_t

which is onnxruntime's operator LinearAttention with that `update_rule` (scale 1). Within a chunk of C tokens the delta
rule is a triangular system (the WY form; Gated DeltaNet, arXiv 2412.06464); from chunk to chunk the state goes through
S' = M S + N, whose M and N come from all chunks at once, so that only one small product per chunk is sequential.
"""

from __future__ import annotations

import os
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

CHUNK = 64

try:
    import triton
    import triton.language as tl
except ImportError:  # a machine without a GPU
    triton = None

if triton is not None:

    @triton.jit
    def _inverse(a, out, C: tl.constexpr):
        """One program inverts one 1 + A, row by row: x_i = e_i - sum_{j<i} A_ij x_j."""
        at = tl.program_id(0).to(tl.int64) * C * C
        row, col = tl.arange(0, C), tl.arange(0, C)
        place = at + row[:, None] * C + col[None, :]
        A = tl.load(a + place)
        X = tl.where(row[:, None] == col[None, :], 1.0, 0.0)
        for i in range(1, C):
            mine = tl.sum(tl.where(row[:, None] == i, A, 0.0), 0)  # A_i., whose columns from i on are zero
            below = tl.sum(mine[:, None] * X, 0)
            X = tl.where(row[:, None] == i, X - below[None, :], X)
        tl.store(out + place, X)


def _solve(A: Tensor) -> Tensor:
    C = A.shape[-1]
    eye = torch.eye(C, dtype=A.dtype, device=A.device)
    return torch.linalg.solve_triangular(A + eye, eye.expand_as(A).contiguous(), upper=False, unitriangular=True).contiguous()


@torch.library.custom_op("memmamba::inverse", mutates_args=())
def inverse(A: Tensor) -> Tensor:
    """(1 + A)^-1 of strictly lower triangular A [..., C, C], in float32."""
    if triton is None or not A.is_cuda or os.environ.get("TRIANGULAR_SOLVE"):
        return _solve(A)
    C, A = A.shape[-1], A.contiguous()
    X = torch.empty_like(A)
    _inverse[(A.numel() // (C * C),)](A, X, C, num_warps=4)
    return X


@torch.library.custom_op("memmamba::across", mutates_args=())
def across(M: Tensor, N: Tensor, start: Tensor) -> Tensor:
    """S_0 = start [P, K, V], S_{i+1} = M_i S_i + N_i. M [P, n, K, K], N [P, n, K, V] -> S [n + 1, P, K, V]."""
    P, n, K, V = N.shape
    S = N.new_empty(n + 1, P, K, V)
    S[0] = start
    for i in range(n):
        torch.baddbmm(N[:, i], M[:, i], S[i], out=S[i + 1])
    return S


@torch.library.custom_op("memmamba::across_backward", mutates_args=())
def across_backward(dS: Tensor, M: Tensor, S: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of M and N, chunks first, and of start."""
    n = M.shape[1]
    dN = torch.empty_like(S[1:])
    flow = dS[n]
    for i in range(n - 1, -1, -1):
        dN[i] = flow
        flow = torch.baddbmm(dS[i], M[:, i].transpose(-1, -2), flow)
    return dN @ S[:-1].transpose(-1, -2), dN, flow.clone()


inverse.register_fake(lambda A: torch.empty_like(A, memory_format=torch.contiguous_format))
across.register_fake(lambda M, N, start: N.new_empty(N.shape[1] + 1, N.shape[0], N.shape[2], N.shape[3]))
across_backward.register_fake(
    lambda dS, M, S: (S.new_empty(M.shape[1], M.shape[0], *M.shape[2:]), S.new_empty(S[1:].shape), S.new_empty(S.shape[1:])))


def _inverse_backward(ctx: Any, dX: Tensor) -> Tensor:
    (X,) = ctx.saved_tensors
    t = X.transpose(-1, -2)
    return -(t @ dX @ t).tril(-1)


def _across_backward(ctx: Any, dS: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    dM, dN, start = across_backward(dS.contiguous(), *ctx.saved_tensors)
    return dM.transpose(0, 1), dN.transpose(0, 1), start


inverse.register_autograd(_inverse_backward, setup_context=lambda ctx, inputs, output: ctx.save_for_backward(output))
across.register_autograd(_across_backward, setup_context=lambda ctx, inputs, output: ctx.save_for_backward(inputs[0], output))


def chunked(t: Tensor, C: int) -> Tensor:
    """[B, T, H, ...] -> [B, H, T / C, C, ...]."""
    B, T, H = t.shape[:3]
    return t.reshape(B, T // C, C, H, *t.shape[3:]).movedim(3, 1)


def run(q: Tensor, k: Tensor, v: Tensor, g: Tensor, b: Tensor | None, start: Tensor | None = None, C: int = CHUNK) -> tuple[Tensor, Tensor]:
    """q, k, v [B, T, H, D], g (log decay, at most 0) and b [B, T, H] in float32 -> y [B, T, H, D], the last state [B, H, D, D].

    Without `b`, the gated rule. T must be a multiple of C.
    """
    B, T, H, D = q.shape
    n, kind = T // C, q.dtype
    q, k, v, G = chunked(q, C), chunked(k, C), chunked(v, C), chunked(g.float(), C).cumsum(-1)
    lower = torch.ones(C, C, dtype=torch.bool, device=q.device).tril()
    decay = torch.exp((G[..., :, None] - G[..., None, :]).masked_fill(~lower, float("-inf")))  # from j to i
    into = torch.exp(G)[..., None]  # of the state before the chunk, in token i
    left = (k * torch.exp(G[..., -1:] - G)[..., None]).to(kind).transpose(-1, -2)  # keys as the chunk's end sees them
    total = torch.exp(G[..., -1])[..., None, None]
    eye = torch.eye(D, device=q.device)
    if b is None:
        N, M = left @ v, total * eye
    else:
        b = chunked(b.float(), C)[..., None]
        A = ((k * b.to(kind)) @ k.transpose(-1, -2)).float() * decay.tril(-1)
        X = inverse(A).to(kind)
        U, W = X @ (v * b).to(kind), X @ (k * (b * into)).to(kind)
        N, M = left @ U, total * eye - (left @ W).float()
    first = torch.zeros(B * H, D, D, device=q.device) if start is None else start.flatten(0, 1)
    S = across(M.flatten(0, 1), N.float().flatten(0, 1), first)  # chunks first
    before = S[:-1].to(kind).transpose(0, 1).unflatten(0, (B, H))
    new = v if b is None else U - W @ before
    y = (q * into).to(kind) @ before + ((q @ k.transpose(-1, -2)) * decay).to(kind) @ new
    return y.movedim(1, 3).reshape(B, T, H, D), S[-1].unflatten(0, (B, H))


def step_by_step(q: Tensor, k: Tensor, v: Tensor, g: Tensor, b: Tensor | None, start: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """The same by the definition, one token after the other; for tests."""
    B, T, H, D = q.shape
    S = q.new_zeros(B, H, D, D) if start is None else start
    out = []
    for t in range(T):
        S = S * torch.exp(g[:, t])[..., None, None]
        new = v[:, t] if b is None else b[:, t, :, None] * (v[:, t] - torch.einsum("bhkv,bhk->bhv", S, k[:, t]))
        S = S + k[:, t, :, :, None] * new[:, :, None]
        out.append(torch.einsum("bhkv,bhk->bhv", S, q[:, t]))
    return torch.stack(out, 1), S


