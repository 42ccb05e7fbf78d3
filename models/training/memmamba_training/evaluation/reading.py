"""Reads texts of any length segment by segment, so that a million tokens need no more memory than a few thousand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from memmamba_training.model.memmamba import MemMamba, ReadOutput, State

SEGMENT = 4096


def to_tensor(ids: np.ndarray, device: str) -> torch.Tensor:
    return torch.from_numpy(ids.astype(np.int64)).to(device)


def padded_batch(rows: Sequence[np.ndarray | list[int]], block: int, device: str, pad: int = 0) -> torch.Tensor:
    """Texts of any length as a batch [b,l], padded at the end to whole blocks."""
    width = -(-max(map(len, rows)) // block) * block
    return to_tensor(np.stack([np.pad(x, (0, width - len(x)), constant_values=pad) for x in rows]), device)


def read_segments(model: MemMamba, ids: torch.Tensor, state: State | None = None) -> Iterator[tuple[int, ReadOutput]]:
    """Reads ids [b,l], l a multiple of block_size: (start of the segment, its output)."""
    for at in range(0, ids.shape[1], SEGMENT):
        out = model.read(ids[:, at : at + SEGMENT], state)
        state = out.state
        yield at, out
