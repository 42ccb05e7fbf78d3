"""Model shapes: the only place where Python reads and writes `config.json`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class ModelConfig:
    """Shapes of one MemMamba model. All sizes are counts; derived sizes are properties."""

    vocab_size: int = 16384
    d_model: int = 384
    layers: int = 16
    expand: int = 2  # d_inner = expand * d_model
    head_dim: int = 128  # P: channels per state-space head
    state_size: int = 32  # N: state dimension per head (Mamba-2, arXiv 2405.21060)
    conv_kernel: int = 4
    block_size: int = 128  # tokens; notes are selected per block
    notes_per_block: int = 32  # candidates: tokens of each block that may enter the pool
    pool_size: int = 1024  # notes kept per note layer
    note_heads: int = 4
    note_head_dim: int = 32
    note_layers: tuple[int, ...] = (4, 9, 15)  # 0-based; empty: plain Mamba-2
    cross_layers: tuple[int, ...] = (15,)  # note layers that also attend to the pools of the note layers below
    replacement: str = "priority"  # or "fifo": what a full pool evicts
    protected_blocks: int = 0  # the newest this many blocks in a pool never lose a note to an older block
    archive_size: int = 0  # evicted notes that the engine keeps for decoding; training has no archive
    norm_eps: float = 1e-5
    embedding_width: int = 0  # of the retrieval embedding; 0: none
    embedding_layer: int = 0  # the layer whose output it is projected from
    embedding_hidden: int = 0  # hidden width of an MLP on a later layer that adds to it; 0: none
    embedding_hidden_layer: int = 0  # the layer whose output the MLP reads, at or above `embedding_layer`
    feed_forward: int = 0  # hidden width of the transformer baseline, which is never exported; 0: MemMamba

    @property
    def d_inner(self) -> int:
        return self.expand * self.d_model

    @property
    def heads(self) -> int:
        return self.d_inner // self.head_dim

    @property
    def conv_channels(self) -> int:
        return self.d_inner + 2 * self.state_size

    @property
    def note_width(self) -> int:
        return self.note_heads * self.note_head_dim

    @property
    def default_embedding_layer(self) -> int:
        """A middle layer: the last ones specialise in predicting the next token."""
        return self.note_layers[len(self.note_layers) // 2] if self.note_layers else self.layers // 2

    def save(self, path: Path) -> None:
        """Writes `config.json`; keys follow Hugging Face's `mamba2` names where one exists."""
        body = {
            "model_type": "memmamba",
            "hidden_size": self.d_model,
            "num_hidden_layers": self.layers,
            "expand": self.expand,
            "num_heads": self.heads,
            "head_dim": self.head_dim,
            "state_size": self.state_size,
            "n_groups": 1,
            "conv_kernel": self.conv_kernel,
            "vocab_size": self.vocab_size,
            "tie_word_embeddings": True,
            "layer_norm_epsilon": self.norm_eps,
            "block_size": self.block_size,
            "notes_per_block": self.notes_per_block,
            "pool_size": self.pool_size,
            "note_heads": self.note_heads,
            "note_head_dim": self.note_head_dim,
            "note_layers": list(self.note_layers),
            "cross_layers": list(self.cross_layers),
            "replacement": self.replacement,
        }
        if self.protected_blocks:
            body |= {"protected_blocks": self.protected_blocks}
        if self.archive_size:
            body |= {"archive_size": self.archive_size}
        if self.embedding_width:
            body |= {"embedding_width": self.embedding_width, "embedding_layer": self.embedding_layer}
        if self.embedding_width and self.embedding_hidden:
            body |= {"embedding_hidden": self.embedding_hidden, "embedding_hidden_layer": self.embedding_hidden_layer}
        path.write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")

    @staticmethod
    def load(path: Path) -> ModelConfig:
        c = json.loads(path.read_text(encoding="utf-8"))
        return ModelConfig(
            vocab_size=c["vocab_size"],
            d_model=c["hidden_size"],
            layers=c["num_hidden_layers"],
            expand=c["expand"],
            head_dim=c["head_dim"],
            state_size=c["state_size"],
            conv_kernel=c["conv_kernel"],
            block_size=c["block_size"],
            notes_per_block=c["notes_per_block"],
            pool_size=c["pool_size"],
            note_heads=c["note_heads"],
            note_head_dim=c["note_head_dim"],
            note_layers=tuple(c["note_layers"]),
            cross_layers=tuple(c["cross_layers"]),
            replacement=c["replacement"],
            protected_blocks=c.get("protected_blocks", 0),
            archive_size=c.get("archive_size", 0),
            norm_eps=c["layer_norm_epsilon"],
            embedding_width=c.get("embedding_width", 0),
            embedding_layer=c.get("embedding_layer", 0),
            embedding_hidden=c.get("embedding_hidden", 0),
            embedding_hidden_layer=c.get("embedding_hidden_layer", 0),
        )

    def to_dict(self) -> dict[str, object]:
        return asdict(self)

    @staticmethod
    def from_dict(d: dict[str, object]) -> ModelConfig:
        known = {f.name for f in fields(ModelConfig)}
        return ModelConfig(**{k: tuple(v) if isinstance(v, list) else v for k, v in d.items() if k in known})  # type: ignore[arg-type]
