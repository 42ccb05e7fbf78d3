"""Measures the embedding on the development questions of `npm run bench -- ask`: described functions among 64k tokens of files.

The file of questions holds texts as tokens, spans, and for every candidate of a question its score without the embedding
(`npm run bench -- ask --kinds dump`), so that a checkpoint is judged as it would rank in the extension, in seconds on a GPU.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from model import MemMamba, State
from reranker import fits, texts
from retrieval import QUESTION_TOKENS, question_embeddings, span_embeddings

SEGMENT = 4096  # tokens read at once
AT_ONCE = 4  # files
MOST = 8  # places that the reader looks at
WEIGHTS = (8, 12, 16, 20, 26)  # of the embedding against everything else


class Needles:
    def __init__(self, haystacks: list[dict], tokenizer: Tokenizer) -> None:  # type: ignore[type-arg]
        self.haystacks, self.pad = haystacks, tokenizer.token_to_id("<|pad|>")
        self.path = tokenizer.token_to_id("<|path|>")
        for h in haystacks:
            for f in h["files"]:
                head = [self.path, *tokenizer.encode(f["path"] + "\n", add_special_tokens=False).ids]
                assert len(head) == f["headerTokens"], f["path"]
                f["ids"] = head + f["ids"]

    @staticmethod
    def load(path: Path, tokenizer: Tokenizer) -> Needles:
        return Needles(json.loads(path.read_text(encoding="utf-8")), tokenizer)

    def read(self, model: MemMamba, files: list[dict], device: str) -> list[Tensor]:  # type: ignore[type-arg]
        """The span embeddings of each file [s,r], normalised."""
        block = model.cfg.block_size
        out: list[Tensor] = [torch.empty(0)] * len(files)
        order = sorted(range(len(files)), key=lambda i: len(files[i]["ids"]))
        for at in range(0, len(order), AT_ONCE):
            group = order[at : at + AT_ONCE]
            longest = -(-len(files[group[-1]]["ids"]) // block) * block
            ids = np.full((len(group), longest), self.pad, np.int64)
            for row, i in enumerate(group):
                ids[row, : len(files[i]["ids"])] = files[i]["ids"]
            x = torch.from_numpy(ids).to(device)
            state, parts = State.empty(model.cfg, len(group), device), []
            for start in range(0, longest, SEGMENT):
                piece = x[:, start : start + SEGMENT]
                reading = model.read(piece, state, piece != self.pad)
                assert reading.embedding is not None
                parts.append(reading.embedding.float())
                state = reading.state
            embedding = torch.cat(parts, 1)
            for row, i in enumerate(group):
                spans = torch.tensor(files[i]["spans"], dtype=torch.long, device=device).view(1, -1, 2)
                none = embedding.new_zeros(0, embedding.shape[-1])
                out[i] = span_embeddings(embedding[row : row + 1], spans)[0] if files[i]["spans"] else none
        return out

    @torch.no_grad()
    def measure(self, model: MemMamba, device: str) -> dict[str, list[float]]:
        """Shares of questions whose right span is first, means over languages: by the embedding alone, and beside all other
        signals with each of WEIGHTS; mean reciprocal ranks likewise."""
        figures: dict[str, dict[str, list[float]]] = {}
        for h in self.haystacks:
            spans = self.read(model, h["files"], device)
            first = np.cumsum([0] + [len(s) for s in spans])
            every = torch.cat(spans)
            asked = torch.full((len(h["needles"]), QUESTION_TOKENS), self.pad)
            for row, n in enumerate(h["needles"]):
                asked[row, : len(n["ids"])] = torch.tensor(n["ids"])
            questions = question_embeddings(model, asked.to(device), self.pad)
            with torch.autocast(device.split(":")[0], enabled=False):
                like = (questions.float() @ every.t()).clamp(min=0).cpu().numpy()
            for n, row in zip(h["needles"], like, strict=True):
                place = np.array([first[c["f"]] + c["s"] for c in n["c"]], int)
                right = np.array([c["ok"] for c in n["c"]], bool)
                other, describes = np.array([c["other"] for c in n["c"]]), np.array([c["d"] for c in n["c"]]).max(initial=0)
                found = figures.setdefault(h["language"], {})
                target = set(place[right].tolist())
                best = max((row[i] for i in target), default=-1.0)
                found.setdefault("alone", []).append(1 / (1 + int((row > best).sum())) if target else 0.0)
                for w in WEIGHTS:
                    score = other + (1 + w * describes) * row[place]
                    top = score[right].max() if right.any() else -1.0
                    found.setdefault(f"with {w}", []).append(1 / (1 + int((score > top).sum())) if right.any() else 0.0)
        return means(figures)

    @torch.no_grad()
    def reranked(self, reader: MemMamba, device: str) -> dict[str, list[float]]:
        """The same for the ranking that is shipped, when the reader has looked again at the best places (reranker.py)."""
        figures: dict[str, dict[str, list[float]]] = {}
        for h in self.haystacks:
            longest = max(len(f["ids"]) for f in h["files"])
            ids = torch.full((len(h["files"]), longest), self.pad)
            for row, f in enumerate(h["files"]):
                ids[row, : len(f["ids"])] = torch.tensor(f["ids"])
            ids = ids.to(device)
            for n in h["needles"]:
                ranked = sorted(n["c"], key=lambda c: -c["other"] - (1 + 16 * c["d"]) * c["e"])
                score = np.array([c["other"] + (1 + 16 * c["d"]) * c["e"] for c in ranked])
                right = np.array([c["ok"] for c in ranked], bool)
                head = ranked[:MOST]
                asked = torch.full((1, QUESTION_TOKENS), self.pad)
                asked[0, : len(n["ids"])] = torch.tensor(n["ids"])
                row = torch.tensor([[c["f"] for c in head]], device=device)
                spans = torch.tensor([[h["files"][c["f"]]["spans"][c["s"]] for c in head]], device=device)
                text, is_code = texts(asked.to(device), ids, row, spans, self.pad)
                number = fits(reader, text[0], is_code[0]).float().cpu().numpy()
                found = figures.setdefault(h["language"], {})
                for k in (1, 3, 4, 5, MOST):
                    for weight in (0.5, 1.0, 1.5) if k > 1 else (0.0,):
                        new = score.copy()
                        new[: min(k, len(number))] += weight * (number - number[:k].mean())[:k]
                        top = new[right].max() if right.any() else -1e9
                        found.setdefault(f"{k} by {weight}", []).append(1 / (1 + int((new > top).sum())) if right.any() else 0.0)
        return means(figures)


def means(figures: dict[str, dict[str, list[float]]]) -> dict[str, list[float]]:
    """By name: the share of 1, and the mean, of reciprocal ranks by language, both as means over languages."""
    return {
        name: [
            round(float(np.mean([np.mean([v == 1 for v in f[name]]) for f in figures.values()])), 4),
            round(float(np.mean([np.mean(f[name]) for f in figures.values()])), 4),
        ]
        for name in next(iter(figures.values()))
    }
