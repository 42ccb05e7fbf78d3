"""Shapes of MemMamba-base: those of its teacher, Qwen2.5-Coder-0.5B, and what takes the place of attention."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

MARKS = ("<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|file_sep|>", "<|repo_name|>")
"""The teacher's marks that the pruned vocabulary keeps; their ids follow those of the tokens, in this order."""


@dataclasses.dataclass(frozen=True)
class Config:
    """Sizes in numbers, not bytes. `attention` names the layers that stay attention; the others are state-space layers."""

    layers: int = 24
    width: int = 896
    heads: int = 14
    shared_heads: int = 2
    """Key and value heads of the teacher's attention: each is shared by `heads / shared_heads` query heads."""
    feed_forward: int = 4864
    vocabulary: int = 32518
    """Tokens and marks. The embedding has so many rows, rounded up to a multiple of 64."""
    rope_base: float = 1e6
    epsilon: float = 1e-6
    window: int = 512
    """Tokens that an attention layer sees, the newest included."""
    sinks: int = 4
    """The first tokens of a text, which every window still sees (StreamingLLM, arXiv 2309.17453)."""
    attention: tuple[int, ...] = ()
    wide: tuple[int, ...] = ()
    """The attention layers that see everything, not just the window."""
    update: str = "gated_delta"
    """`update_rule` of the operator LinearAttention that will run it: gated, or gated_delta."""
    rotary: bool = False
    """Whether queries and keys of the state-space layers are turned by their place, as those of attention are."""
    kernel: int = 4
    """Width of the causal convolution in front of the state-space layers."""
    adapter: int = 0
    """Rank of what is added to the frozen matrices of feed-forward outputs and of attention; 0: nothing."""

    @property
    def head(self) -> int:
        return self.width // self.heads

    @property
    def rows(self) -> int:
        return -(-self.vocabulary // 64) * 64

    @property
    def mixers(self) -> tuple[int, ...]:
        """The layers whose attention was replaced."""
        return tuple(i for i in range(self.layers) if i not in self.attention)

    def mark(self, name: str) -> int:
        """The id of one of MARKS."""
        return self.vocabulary - len(MARKS) + MARKS.index(name)

    def replace(self, **changes: Any) -> Config:
        return dataclasses.replace(self, **changes)

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(dataclasses.asdict(self), indent=2) + "\n")

    @staticmethod
    def load(path: Path) -> Config:
        fields = json.loads(path.read_text())
        return Config(**{k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()})


TINY = Config(layers=4, width=64, heads=4, shared_heads=2, feed_forward=96, vocabulary=262, window=16, attention=(1, 3), adapter=2)
"""For tests: a text's bytes are its tokens."""
