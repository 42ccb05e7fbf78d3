"""Exported files: graphs are reproducible, the streaming form agrees with PyTorch, and checkpoints come back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import MODELS, SHIPPED
from tokenizers import Tokenizer

from memmamba_training.checkpoints.restore import restore
from memmamba_training.export.check_export import check
from memmamba_training.export.export import arrays
from memmamba_training.export.folder import initializers
from memmamba_training.export.golden_tokenizer import cases
from memmamba_training.export.regraph import regraph
from memmamba_training.export.texts import GOLDEN_TEXT
from memmamba_training.model.quantize import WEIGHT_RANGE
from memmamba_training.tokens.tokenizer import ByteTokenizer

REPOSITORY = MODELS.parent
TINY = REPOSITORY / "test" / "fixtures" / "tiny-model"


@pytest.mark.parametrize("folder", [SHIPPED, TINY], ids=["shipped", "tiny"])
def test_graphs_are_reproduced_bit_for_bit(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / folder.name
    shutil.copytree(folder, copy)
    regraph(copy)
    for name in ("model.cpu.onnx", "model.gpu.onnx", "manifest.json", "weights.bin"):
        assert (copy / name).read_bytes() == (folder / name).read_bytes(), name


@pytest.mark.parametrize("folder", [SHIPPED, TINY], ids=["shipped", "tiny"])
def test_streaming_graphs_agree_with_pytorch(folder: Path) -> None:
    assert check(folder)


def test_the_shipped_model_becomes_a_checkpoint_and_back() -> None:
    shipped, exported = initializers(SHIPPED), arrays(restore(SHIPPED))
    for name, value in exported.items():
        np.testing.assert_allclose(value, shipped[name], rtol=1e-5, atol=1e-6, err_msg=name)
        if name.endswith(".q"):
            assert np.array_equal(value, shipped[name]) and abs(value.astype(int)).max() <= WEIGHT_RANGE


def test_golden_texts_are_those_of_the_golden_files() -> None:
    tokenizer = Tokenizer.from_file(str(SHIPPED / "tokenizer.json"))
    golden = json.loads((SHIPPED / "golden.json").read_text("utf-8"))
    ids = tokenizer.encode(GOLDEN_TEXT.read_text("utf-8"), add_special_tokens=False).ids
    assert ids[: len(golden["ids"])] == golden["ids"]


def test_golden_encodings_are_reproduced() -> None:
    file = json.loads((REPOSITORY / "test" / "parity" / "tokenizer.golden.json").read_text("utf-8"))
    reference = ByteTokenizer(SHIPPED / "tokenizer.json")
    assert [[case["name"], case["ids"]] for case in file["cases"]] == [[name, reference.encode_bytes(data)] for name, data in cases()]
