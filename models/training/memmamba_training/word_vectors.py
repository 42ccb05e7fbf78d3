"""Trains the word vectors of ask (models/ask-words): a table for the words of questions and one for the words of code, from pairs
of documentation and code.

    node dist/wordPairs.js --out pairs.jsonl corpus/train-*.jsonl.xz     # bench/ask/wordPairs.ts
    memmamba-word-vectors pairs.jsonl --out ../ask-words

A text is the weighted sum of its words' vectors, normalised; question and code are compared by cosine. No matrix product is
needed, so a span costs some microseconds while its file is read.
"""

from __future__ import annotations

import argparse
import collections
import json
import math
import random
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

NAME_WEIGHT = 2.0  # of a word in a function's name
MAX_COUNT = 4  # a word that occurs more often counts no more
MAX_WORD = 32  # characters
HELD_OUT = 1000  # pairs
TEMPERATURE = 0.06  # of the contrastive loss
NAMED_QUESTIONS, NAMED_CODE = 0.4, 0.6  # shares of batches with names in the questions, with the function's own name in the code


class Pair(NamedTuple):
    """The words of one function and of its documentation."""

    masked: list[str]  # the documentation without names
    described: list[str]  # the documentation
    name: list[str]
    body: list[str]


def load(path: Path) -> list[Pair]:
    pairs = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            pair = Pair(*(part.split() for part in json.loads(line)))
            if len(pair.masked) >= 3 and len(pair.body) >= 5:
                pairs.append(pair)
    return pairs


def vocabulary(texts: Iterable[list[str]], size: int, min_texts: int) -> list[str]:
    """The words of the most texts."""
    count = collections.Counter()
    for words in texts:
        count.update(set(words))
    return [word for word, n in count.most_common(size) if n >= min_texts and len(word) <= MAX_WORD]


def bag(words: Iterable[str], ids: dict[str, int]) -> dict[int, float]:
    """Weights by word id."""
    counts = collections.Counter(ids[word] for word in words if word in ids)
    return {i: math.sqrt(min(n, MAX_COUNT)) for i, n in counts.items()}


def code_bag(pair: Pair, ids: dict[str, int], hide_name: bool) -> dict[int, float]:
    """The words of a function: without its name anywhere, or with its name at a higher weight."""
    if hide_name:
        return bag([word for word in pair.body if word not in set(pair.name)], ids)
    result = bag(pair.body, ids)
    for word in set(pair.name):
        if word in ids:
            result[ids[word]] = result.get(ids[word], 0.0) + NAME_WEIGHT
    return result


class Bags:
    """Many bags of words in three flat arrays."""

    def __init__(self, bags: Sequence[dict[int, float]]) -> None:
        self.start = np.cumsum([0] + [len(one) for one in bags])
        self.index = np.fromiter((i for one in bags for i in one), dtype=np.int64)
        self.weight = np.fromiter((w for one in bags for w in one.values()), dtype=np.float32)

    def take(self, chosen: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        """(word ids, weights, offset of each bag) of the chosen bags, as EmbeddingBag takes them."""
        positions = np.concatenate([np.arange(self.start[i], self.start[i + 1]) for i in chosen])
        lengths = self.start[chosen + 1] - self.start[chosen]
        offset = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        return torch.from_numpy(self.index[positions]), torch.from_numpy(self.weight[positions]), torch.from_numpy(offset)


class Table(torch.nn.Module):
    """One table. The length of a word's vector is its weight, so training decides which words matter."""

    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self.table = torch.nn.EmbeddingBag(size, width, mode="sum")
        torch.nn.init.normal_(self.table.weight, std=width**-0.5)

    def forward(self, bags: Bags, chosen: np.ndarray) -> Tensor:
        """The normalised vectors of the chosen bags [n,width]."""
        index, weight, offset = bags.take(chosen)
        summed = self.table(index, offset, per_sample_weights=weight)
        return F.normalize(summed, dim=1, eps=1e-6)

    def packed(self) -> bytes:
        """A float32 scale for each word, then the int8 vectors."""
        weight = self.table.weight.detach()
        scale = weight.abs().amax(1).clamp(min=1e-8) / 127
        rows = (weight / scale[:, None]).round().to(torch.int8)
        return scale.to(torch.float32).numpy().tobytes() + rows.numpy().tobytes()


@torch.no_grad()
def mean_reciprocal_rank(question_table: Table, code_table: Table, questions: Bags, codes: Bags) -> float:
    """Of the right code among all held-out pairs, with names hidden."""
    every = np.arange(len(questions.start) - 1)
    scores = question_table(questions, every) @ code_table(codes, every).T
    rank = (scores > scores.diagonal()[:, None]).sum(1) + 1
    return (1.0 / rank).mean().item()


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("pairs", type=Path)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--width", type=int, default=96)
    ap.add_argument("--words", type=int, default=20000)
    ap.add_argument("--minutes", type=float, default=8)
    ap.add_argument("--epochs", type=int, default=12)
    ap.add_argument("--rate", type=float, default=3e-3)
    ap.add_argument("--batch", type=int, default=1024)
    args = ap.parse_args()
    torch.manual_seed(1)
    rng = random.Random(1)
    pairs = load(args.pairs)
    rng.shuffle(pairs)
    question_words = vocabulary((p.described for p in pairs), args.words, 5)
    code_words = vocabulary((p.name + p.body for p in pairs), args.words, 5)
    question_ids = {word: i for i, word in enumerate(question_words)}
    code_ids = {word: i for i, word in enumerate(code_words)}
    empty = {0: 0.0}
    question_bags = [[bag(getattr(p, text), question_ids) or empty for p in pairs] for text in ("masked", "described")]
    code_bags = [[code_bag(p, code_ids, hide_name) or empty for p in pairs] for hide_name in (True, False)]
    held_out = Bags(question_bags[0][:HELD_OUT]), Bags(code_bags[0][:HELD_OUT])
    questions = [Bags(one[HELD_OUT:]) for one in question_bags]
    codes = [Bags(one[HELD_OUT:]) for one in code_bags]
    count = len(pairs) - HELD_OUT
    print(count, "pairs", len(question_words), len(code_words), "words", flush=True)
    question_table, code_table = Table(len(question_words), args.width), Table(len(code_words), args.width)
    # A word of both vocabularies starts with the same vector in both tables.
    with torch.no_grad():
        for word, i in question_ids.items():
            if word in code_ids:
                code_table.table.weight[code_ids[word]] = question_table.table.weight[i]
    parameters = [*question_table.parameters(), *code_table.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=args.rate, betas=(0.9, 0.99))
    steps = args.epochs * (count // args.batch)
    started, step, progress = time.time(), 0, 0.0
    shuffler = np.random.default_rng(1)
    while progress < 1:
        order = shuffler.permutation(count)
        for at in range(0, count - args.batch + 1, args.batch):
            progress = max(step / steps, (time.time() - started) / (60 * args.minutes))
            if progress >= 1:
                break
            optimizer.param_groups[0]["lr"] = args.rate * min(1, step / 50 + 0.02) * (1 - progress)
            chosen = order[at : at + args.batch]
            q = question_table(questions[rng.random() < NAMED_QUESTIONS], chosen)
            c = code_table(codes[rng.random() < NAMED_CODE], chosen)
            scores = q @ c.T / TEMPERATURE
            target = torch.arange(len(chosen))
            loss = (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)) / 2
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
            if step % 50 == 0:
                mrr = mean_reciprocal_rank(question_table, code_table, *held_out)
                print(f"step {step}/{steps} loss {loss.item():.3f} held-out MRR {mrr:.3f} {time.time() - started:.0f} s", flush=True)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "words.bin").write_bytes(question_table.packed() + code_table.packed())
    (args.out / "words.json").write_text(
        json.dumps({"width": args.width, "question": " ".join(question_words), "code": " ".join(code_words)}, ensure_ascii=False)
    )
    print("held-out MRR", mean_reciprocal_rank(question_table, code_table, *held_out))


if __name__ == "__main__":
    main()
