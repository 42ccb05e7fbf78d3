"""Named configurations."""

from __future__ import annotations

from dataclasses import replace

from memmamba_training.model.config import ModelConfig

# What training optimises. `small-as-shipped` is the same weights with the memory sizes that the extension uses: no weight's
# shape depends on them (EXPERIMENTS.md, 8, 9 and 13). The number format is the same for all: quantize.py.
_SMALL = ModelConfig(
    pool_size=2048, protected_blocks=32, embedding_width=256, embedding_layer=9, embedding_hidden=1024, embedding_hidden_layer=13
)
_TINY = ModelConfig(d_model=256, layers=6, note_layers=(2, 4), cross_layers=(4,), pool_size=128)
_TEST = ModelConfig(vocab_size=512, d_model=128, layers=4, pool_size=16, notes_per_block=8, note_layers=(1, 3), cross_layers=(3,))

PRESETS: dict[str, ModelConfig] = {
    "small": _SMALL,
    "small-as-shipped": replace(_SMALL, pool_size=4096, notes_per_block=64, archive_size=4096),
    # The ablation at small scale (train/ablate.py): layers and widths make up for parts left out, parameters agree within 2 %.
    "tiny": _TINY,
    "tiny-mamba2": replace(_TINY, layers=7, note_layers=(), cross_layers=()),
    "tiny-recent": replace(_TINY, pool_size=0, cross_layers=()),
    "tiny-fifo": replace(_TINY, replacement="fifo"),
    "tiny-no-cross": replace(_TINY, cross_layers=()),
    "tiny-64": replace(_TINY, pool_size=64),
    "tiny-512": replace(_TINY, pool_size=512),
    "tiny-transformer": replace(_TINY, note_layers=(), cross_layers=(), feed_forward=304),
    # For tests of the engine: a megabyte, random weights.
    "test": _TEST,
    "test-embedding": replace(
        _TEST, layers=2, note_layers=(1,), cross_layers=(), embedding_width=32, embedding_layer=0
    ),
}
