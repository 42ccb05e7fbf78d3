"""Measures the embedding on the development questions of `npm run bench -- ask`: described functions in 64k tokens of files.

`npm run bench -- ask --kinds dump --out FOLDER` writes them as FOLDER/needles.json: texts as tokens, spans, and for every candidate
of a question its score without the embedding. So a checkpoint is measured as it would rank in the extension, in six seconds on a
GPU. Accuracy on the packages of training need not carry over to others (EXPERIMENTS.md, 14), so use this one to decide.
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

from memmamba_training.data.questions import QuestionMaker
from memmamba_training.evaluation.reading import padded_batch, read_segments
from memmamba_training.model.embeddings import question_embeddings, span_embeddings
from memmamba_training.model.memmamba import MemMamba

BATCH = 4  # files
FACTORS = (0.5, 0.75, 1.0, 1.25, 1.5)  # of the weight of the embedding among all signals, as new weights may need another


class Needles:
    """Haystacks, one per language: `files` with `ids` and `spans`; `needles` with `question`, `describes` and `candidates`."""

    def __init__(self, haystacks: list[dict[str, Any]], tokenizer: Tokenizer) -> None:
        self.haystacks, self.questions = haystacks, QuestionMaker(tokenizer)

    @staticmethod
    def load(path: Path, tokenizer: Tokenizer) -> Needles:
        return Needles(json.loads(path.read_text(encoding="utf-8")), tokenizer)

    def embed(self, model: MemMamba, files: list[dict[str, Any]], device: str) -> list[Tensor]:
        """The embeddings of each file's spans [s,r], normalised."""
        assert model.retrieval is not None, "this model has no embedding"
        out: list[Tensor] = [torch.empty(0)] * len(files)
        order = sorted(range(len(files)), key=lambda i: len(files[i]["ids"]))
        for at in range(0, len(order), BATCH):
            group = order[at : at + BATCH]
            ids = padded_batch([files[i]["ids"] for i in group], model.cfg.block_size, device, self.questions.pad)
            embedding = torch.cat([output.embedding.float() for _, output in read_segments(model, ids)], 1)  # (files,l,r)
            for row, i in enumerate(group):
                spans = torch.tensor(files[i]["spans"], dtype=torch.long, device=device).view(1, -1, 2)
                none = embedding.new_zeros(0, embedding.shape[-1])
                out[i] = span_embeddings(embedding[row : row + 1], spans)[0] if files[i]["spans"] else none
        return out

    @torch.no_grad()
    def measure(self, model: MemMamba, device: str) -> dict[str, list[float]]:
        """[share of questions whose right span ranks first, mean reciprocal rank], means over languages: by the embedding alone, and
        by all signals for each of FACTORS."""
        figures: dict[str, dict[str, list[float]]] = {}
        for h in self.haystacks:
            spans = self.embed(model, h["files"], device)
            first = [0, *itertools.accumulate(len(s) for s in spans)]
            ids = torch.tensor([self.questions.encode_question(n["question"]) for n in h["needles"]], device=device)
            questions = question_embeddings(model, ids, self.questions.pad).float()
            with torch.autocast(device.split(":")[0], enabled=False):
                cosine = (questions @ torch.cat(spans).t()).clamp(min=0).cpu()  # (needles,spans)
            found = figures.setdefault(h["language"], {})
            for n, row in zip(h["needles"], cosine, strict=True):
                at = torch.tensor([first[c["file"]] + c["span"] for c in n["candidates"]], dtype=torch.long)
                right = torch.tensor([c["right"] for c in n["candidates"]], dtype=torch.bool)
                other = torch.tensor([c["other"] for c in n["candidates"]])
                weight = h["weights"]["embedding"] + h["weights"]["description"] * n["describes"]
                found.setdefault("alone", []).append(reciprocal_rank(row, row[at[right]]))
                for factor in FACTORS:
                    score = other + factor * weight * row[at]
                    found.setdefault(f"with {factor}", []).append(reciprocal_rank(score, score[right]))
        return {
            name: [round(mean_over(figures, name, lambda v: float(v == 1)), 4), round(mean_over(figures, name, float), 4)]
            for name in next(iter(figures.values()))
        }


def reciprocal_rank(scores: Tensor, right: Tensor) -> float:
    """Of the best right score among all; 0 when there is none."""
    return 1 / (1 + int((scores > right.max()).sum())) if len(right) else 0.0


def mean_over(figures: dict[str, dict[str, list[float]]], name: str, of: Callable[[float], float]) -> float:
    """Mean over languages of a function of the reciprocal ranks."""
    means = [sum(map(of, f[name])) / len(f[name]) for f in figures.values()]
    return sum(means) / len(means)
