"""Fixtures: the shipped tokenizer, and the package's own sources as a corpus."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

import memmamba_training
from memmamba_training.data.infill import Infill
from memmamba_training.model.config import ModelConfig
from memmamba_training.recall.bank import FactBank
from memmamba_training.tokens.stream import TokenStream

MODELS = Path(__file__).resolve().parents[2]
SHIPPED = MODELS / "memmamba-small"
PACKAGE = Path(memmamba_training.__file__).parent
torch.set_num_threads(1)

SMALL = ModelConfig(
    vocab_size=512, d_model=128, layers=3, pool_size=24, notes_per_block=8, note_layers=(1, 2), cross_layers=(2,),
    embedding_width=16, embedding_layer=1, embedding_hidden=24, embedding_hidden_layer=2,
)  # fmt: skip


def assert_close(a: torch.Tensor, b: torch.Tensor, tolerance: float = 1e-4) -> None:
    error = float(((a - b).abs().max() / b.abs().max().clamp(min=1e-6)).detach())
    assert error < tolerance, f"relative error {error:.1e}"


def random_ids(cfg: ModelConfig, b: int, l: int) -> torch.Tensor:
    return torch.randint(0, cfg.vocab_size, (b, l), generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(SHIPPED / "tokenizer.json"))


@pytest.fixture(scope="session")
def stream(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> TokenStream:
    folder = tmp_path_factory.mktemp("tokens")
    ids: list[int] = []
    starts: list[int] = []
    for _ in range(3):
        for file in sorted(PACKAGE.rglob("*.py")):
            starts.append(len(ids))
            body = tokenizer.encode(f"{file.name}\n{file.read_text('utf-8')}".replace("<|", "<"), add_special_tokens=False).ids
            ids += [tokenizer.token_to_id("<|path|>"), *body, tokenizer.token_to_id("<|eof|>")]
    np.array(ids, np.uint16).tofile(folder / "train.bin")
    np.save(folder / "train.files.npy", np.array(starts))
    return TokenStream(folder, "train")


@pytest.fixture(scope="session")
def infill(tokenizer: Tokenizer) -> Infill:
    return Infill(tokenizer, 1.0)


@pytest.fixture(scope="session")
def bank(tokenizer: Tokenizer) -> FactBank:
    return FactBank(tokenizer, 400, 1)
