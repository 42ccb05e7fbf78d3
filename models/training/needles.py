"""Measures the embedding on the development questions of `npm run bench -- ask`: described functions among 64k tokens of files.

Their file (`npm run bench -- ask --kinds dump --out FOLDER` writes FOLDER/needles.json) holds texts as tokens, spans, and for every
candidate of a question its score without the embedding, so that a checkpoint is judged as it would rank in the extension, in six
seconds on a GPU. What is learned of the packages of training need not hold for others: EXPERIMENTS.md, 14.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor

from evaluate import segments, whole_blocks
from model import MemMamba
from retrieval import Pairs, question_embeddings, span_embeddings

AT_ONCE = 4  # files
FACTORS = (0.5, 0.75, 1.0, 1.25, 1.5)  # of what the embedding counts among all signals, as the best may be another for new weights


class Needles:
    """Haystacks, one a language: `files` with `ids` and `spans`, `needles` with `question`, `describes` and `candidates` (bench/ask/dump.ts)."""

    def __init__(self, haystacks: list[dict[str, Any]], tokenizer: Tokenizer) -> None:
        self.haystacks, self.pairs = haystacks, Pairs(tokenizer)

    @staticmethod
    def load(path: Path, tokenizer: Tokenizer) -> Needles:
        return Needles(json.loads(path.read_text(encoding="utf-8")), tokenizer)

    def embed(self, model: MemMamba, files: list[dict[str, Any]], device: str) -> list[Tensor]:
        """The span embeddings of each file [s,r], normalised."""
        assert model.retrieval is not None, "this model has no embedding"
        out: list[Tensor] = [torch.empty(0)] * len(files)
        order = sorted(range(len(files)), key=lambda i: len(files[i]["ids"]))
        for at in range(0, len(order), AT_ONCE):
            group = order[at : at + AT_ONCE]
            ids = whole_blocks([files[i]["ids"] for i in group], model.cfg.block_size, device, self.pairs.pad)
            embedding = torch.cat([reading.embedding.float() for _, reading in segments(model, ids)], 1)  # (files,l,r)
            for row, i in enumerate(group):
                spans = torch.tensor(files[i]["spans"], dtype=torch.long, device=device).view(1, -1, 2)
                none = embedding.new_zeros(0, embedding.shape[-1])
                out[i] = span_embeddings(embedding[row : row + 1], spans)[0] if files[i]["spans"] else none
        return out

    @torch.no_grad()
    def measure(self, model: MemMamba, device: str) -> dict[str, list[float]]:
        """[share of questions whose right span is first, mean reciprocal rank], means over languages: by the embedding alone, and among
        all signals for each of FACTORS."""
        figures: dict[str, dict[str, list[float]]] = {}
        for h in self.haystacks:
            spans = self.embed(model, h["files"], device)
            first = [0, *itertools.accumulate(len(s) for s in spans)]
            asked = torch.tensor([self.pairs.encode_question(n["question"]) for n in h["needles"]], device=device)
            questions = question_embeddings(model, asked, self.pairs.pad).float()
            with torch.autocast(device.split(":")[0], enabled=False):
                like = (questions @ torch.cat(spans).t()).clamp(min=0).cpu()  # (needles,spans)
            found = figures.setdefault(h["language"], {})
            for n, row_like in zip(h["needles"], like, strict=True):
                place = torch.tensor([first[c["file"]] + c["span"] for c in n["candidates"]], dtype=torch.long)
                right = torch.tensor([c["right"] for c in n["candidates"]], dtype=torch.bool)
                other = torch.tensor([c["other"] for c in n["candidates"]])
                counts = h["weights"]["embedding"] + h["weights"]["description"] * n["describes"]
                found.setdefault("alone", []).append(reciprocal_rank(row_like, row_like[place[right]]))
                for factor in FACTORS:
                    score = other + factor * counts * row_like[place]
                    found.setdefault(f"with {factor}", []).append(reciprocal_rank(score, score[right]))
        return {
            name: [round(mean_over(figures, name, lambda v: float(v == 1)), 4), round(mean_over(figures, name, float), 4)]
            for name in next(iter(figures.values()))
        }


def reciprocal_rank(scores: Tensor, right: Tensor) -> float:
    """Of the best of the right ones among all; 0 when there is none."""
    return 1 / (1 + int((scores > right.max()).sum())) if len(right) else 0.0


def mean_over(figures: dict[str, dict[str, list[float]]], name: str, of: Callable[[float], float]) -> float:
    means = [sum(map(of, f[name])) / len(f[name]) for f in figures.values()]
    return sum(means) / len(means)
