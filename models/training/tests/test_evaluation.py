"""Every metric can be computed, and random weights are good at none."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from conftest import SMALL, assert_close, random_ids
from tokenizers import Tokenizer

from memmamba_training.data.infill import Infill
from memmamba_training.evaluation.metrics import KINDS, bits_per_byte, infilled_lines, recall, recall_banks, retrieval, token_bytes
from memmamba_training.evaluation.needles import Needles
from memmamba_training.model.embeddings import span_embeddings
from memmamba_training.model.memmamba import MemMamba
from memmamba_training.recall.bank import FactBank
from memmamba_training.tokens.stream import TokenStream


@pytest.fixture(scope="module")
def model(tokenizer: Tokenizer) -> MemMamba:
    torch.manual_seed(0)
    cfg = replace(SMALL, vocab_size=tokenizer.get_vocab_size(), layers=2, note_layers=(0, 1), cross_layers=(1,),
                  embedding_layer=0, embedding_hidden_layer=1)  # fmt: skip
    return MemMamba(cfg).eval()


@pytest.fixture(scope="module")
def banks(tokenizer: Tokenizer) -> dict[str, FactBank]:
    return recall_banks(tokenizer, 128)


def test_bits_per_byte(model: MemMamba, stream: TokenStream, tokenizer: Tokenizer) -> None:
    assert all(b > 1 for b in bits_per_byte(model, stream, token_bytes(tokenizer), 512, 2, "cpu"))


@pytest.mark.parametrize("kind", KINDS)
def test_recall(kind: str, model: MemMamba, stream: TokenStream, banks: dict[str, FactBank], infill: Infill) -> None:
    right = recall(model, stream, banks, infill.line_start, kind, 1024, 2, "cpu")
    assert len(right) in (1, 5) and max(right) < 0.5


@pytest.mark.parametrize("suffix_tokens", [0, 48])
def test_infilled_lines(suffix_tokens: int, model: MemMamba, stream: TokenStream, infill: Infill) -> None:
    assert infilled_lines(model, stream, infill, 3, "cpu", suffix_tokens) == 0


def test_retrieval(model: MemMamba, stream: TokenStream, tokenizer: Tokenizer) -> None:
    ranks = retrieval(model, stream, tokenizer, 12, "cpu")
    assert ranks["pairs"] > 4 and 0 < ranks["mrr"] < 0.9, ranks


@torch.no_grad()
def test_needles(tokenizer: Tokenizer) -> None:
    """Files of any length, several in a batch, have the embeddings of each alone; ties count as right."""
    torch.manual_seed(0)
    cfg = replace(SMALL, vocab_size=tokenizer.get_vocab_size())
    model = MemMamba(cfg).eval()
    lengths, spans = [300, 70, 9000], [[[3, 20], [130, 290]], [], [[10, 4200], [8000, 9000]]]
    files = [{"ids": random_ids(cfg, 1, l)[0].tolist(), "spans": s} for l, s in zip(lengths, spans, strict=True)]
    candidates = [{"file": f, "span": s, "other": o, "right": o == 9} for f, s, o in ((0, 0, 0), (2, 1, 9), (2, 0, 1))]
    needle = {"question": "who opens it?", "describes": True, "candidates": candidates}
    haystack = {"language": "go", "weights": {"embedding": 1, "description": 2}, "files": files, "needles": [needle]}
    needles = Needles([haystack], tokenizer)
    for file, found in zip(files, needles.embed(model, files, "cpu"), strict=True):
        ids = torch.tensor([file["ids"] + [needles.questions.pad] * (-len(file["ids"]) % 128)])
        alone = model.read(ids).embedding
        assert alone is not None and len(found) == len(file["spans"])
        if len(found):
            assert_close(found, span_embeddings(alone, torch.tensor([file["spans"]]))[0])
    figures = needles.measure(model, "cpu")
    assert figures["with 0.5"] == figures["with 1.5"] == [1.0, 1.0], figures
    assert 0.25 <= figures["alone"][1] <= 1, figures
    needle["candidates"] = candidates[::2]
    assert needles.measure(model, "cpu")["alone"] == [0.0, 0.0], "the right span is no candidate"
