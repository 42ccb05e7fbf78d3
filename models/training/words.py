"""Vectors of words that bring questions and code together (models/ask-words): two tables, one for the words of a question and one
for the words of code, learned from documentation and the code that it belongs to.

    node dist/wordPairs.js --out pairs.jsonl corpus/train-*.jsonl.xz     # see bench/ask/wordPairs.ts
    python words.py pairs.jsonl --out ../ask-words

A text is the weighted sum of its words' vectors, made one long; question and span are compared by cosine. This is what needs no
matrix product at all: a span costs some microseconds, while the file is read.
"""

import argparse
import collections
import json
import math
import pathlib
import random
import time

import numpy
import torch

NAME_WEIGHT = 2.0
MAX_COUNT = 4


def load(path):
    pairs = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            masked, described, name, body = (part.split() for part in json.loads(line))
            if len(masked) >= 3 and len(body) >= 5:
                pairs.append((masked, described, name, body))
    return pairs


def vocabulary(texts, size, least):
    count = collections.Counter()
    for words in texts:
        count.update(set(words))
    return [word for word, n in count.most_common(size) if n >= least and len(word) <= 32]


def bag(words, ids):
    counts = collections.Counter(ids[word] for word in words if word in ids)
    return {i: math.sqrt(min(n, MAX_COUNT)) for i, n in counts.items()}


class Side(torch.nn.Module):
    """One table. A word's weight is the length of its vector, so that the training decides which words matter."""

    def __init__(self, size, width):
        super().__init__()
        self.table = torch.nn.EmbeddingBag(size, width, mode="sum")
        torch.nn.init.normal_(self.table.weight, std=width**-0.5)

    def forward(self, bags, chosen):
        index, weight, offset = bags.take(chosen)
        summed = self.table(index, offset, per_sample_weights=weight)
        return torch.nn.functional.normalize(summed, dim=1, eps=1e-6)


class Bags:
    """Many bags of words in three flat arrays."""

    def __init__(self, bags):
        self.start = numpy.cumsum([0] + [len(one) for one in bags])
        self.index = numpy.fromiter((i for one in bags for i in one), dtype=numpy.int64)
        self.weight = numpy.fromiter((w for one in bags for w in one.values()), dtype=numpy.float32)

    def take(self, chosen):
        places = numpy.concatenate([numpy.arange(self.start[i], self.start[i + 1]) for i in chosen])
        lengths = self.start[chosen + 1] - self.start[chosen]
        offset = numpy.concatenate([[0], numpy.cumsum(lengths)[:-1]])
        return torch.from_numpy(self.index[places]), torch.from_numpy(self.weight[places]), torch.from_numpy(offset)


def code_bag(pair, ids, hides_name):
    """The words of a function: without its name anywhere, or with its name counted more."""
    _, _, name, body = pair
    if hides_name:
        return bag([word for word in body if word not in set(name)], ids)
    result = bag(body, ids)
    for word in set(name):
        if word in ids:
            result[ids[word]] = result.get(ids[word], 0.0) + NAME_WEIGHT
    return result


def evaluate(question_side, code_side, held):
    """Mean reciprocal rank among all held pairs, names hidden."""
    with torch.no_grad():
        every = numpy.arange(len(held[0].start) - 1)
        scores = question_side(held[0], every) @ code_side(held[1], every).T
        rank = (scores > scores.diagonal()[:, None]).sum(1) + 1
        return (1.0 / rank).mean().item()


def packed(words, module):
    """One side: words in order, then int8 rows with a scale each (float32)."""
    weight = module.table.weight.detach()
    scale = weight.abs().amax(1).clamp(min=1e-8) / 127
    rows = (weight / scale[:, None]).round().to(torch.int8)
    return words, scale.to(torch.float32).numpy().tobytes() + rows.numpy().tobytes()


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("pairs", type=pathlib.Path)
    ap.add_argument("--out", type=pathlib.Path, required=True)
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
    question_words = vocabulary((p[1] for p in pairs), args.words, 5)
    code_words = vocabulary((p[2] + p[3] for p in pairs), args.words, 5)
    question_ids = {word: i for i, word in enumerate(question_words)}
    code_ids = {word: i for i, word in enumerate(code_words)}
    questions = [[bag(p[which], question_ids) or {0: 0.0} for p in pairs] for which in (0, 1)]
    codes = [[code_bag(p, code_ids, hidden) or {0: 0.0} for p in pairs] for hidden in (True, False)]
    held = Bags(questions[0][:1000]), Bags(codes[0][:1000])
    questions = [Bags(one[1000:]) for one in questions]
    codes = [Bags(one[1000:]) for one in codes]
    count = len(pairs) - 1000
    print(count, "pairs", len(question_words), len(code_words), "words", flush=True)
    question_side, code_side = Side(len(question_words), args.width), Side(len(code_words), args.width)
    # A word that both sides have begins as the same vector: what is written alike means alike until learned otherwise.
    with torch.no_grad():
        for word, i in question_ids.items():
            if word in code_ids:
                code_side.table.weight[code_ids[word]] = question_side.table.weight[i]
    parameters = [*question_side.parameters(), *code_side.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=args.rate, betas=(0.9, 0.99))
    steps = args.epochs * (count // args.batch)
    started, step, progress = time.time(), 0, 0.0
    shuffler = numpy.random.default_rng(1)
    while progress < 1:
        order = shuffler.permutation(count)
        for at in range(0, count - args.batch + 1, args.batch):
            progress = max(step / steps, (time.time() - started) / (60 * args.minutes))
            if progress >= 1:
                break
            optimizer.param_groups[0]["lr"] = args.rate * min(1, step / 50 + 0.02) * (1 - progress)
            chosen = order[at : at + args.batch]
            # With or without names in the question, with or without the function's own name.
            q = question_side(questions[rng.random() < 0.4], chosen)
            c = code_side(codes[rng.random() < 0.6], chosen)
            scores = q @ c.T / 0.06
            target = torch.arange(len(chosen))
            loss = (torch.nn.functional.cross_entropy(scores, target) + torch.nn.functional.cross_entropy(scores.T, target)) / 2
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
            if step % 50 == 0:
                mrr = evaluate(question_side, code_side, held)
                print(f"step {step}/{steps} loss {loss.item():.3f} held MRR {mrr:.3f} {time.time() - started:.0f} s", flush=True)
    args.out.mkdir(parents=True, exist_ok=True)
    question_list, question_bytes = packed(question_words, question_side)
    code_list, code_bytes = packed(code_words, code_side)
    (args.out / "words.bin").write_bytes(question_bytes + code_bytes)
    (args.out / "words.json").write_text(
        json.dumps({"width": args.width, "question": " ".join(question_list), "code": " ".join(code_list)}, ensure_ascii=False)
    )
    print("held MRR", evaluate(question_side, code_side, held))


if __name__ == "__main__":
    main()
