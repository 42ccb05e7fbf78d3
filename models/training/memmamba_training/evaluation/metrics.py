"""Bits per byte, recall of planted facts, infilled lines, and retrieval, on held-out packages.

An answer is right when each of its tokens is the model's most likely one given the true text before it, which is the same as
greedy decoding being exactly right.
"""

from __future__ import annotations

import math
import random

import numpy as np
import torch
from tokenizers import Tokenizer

from memmamba_training.data.infill import Infill
from memmamba_training.data.questions import QuestionMaker
from memmamba_training.evaluation.reading import SEGMENT, padded_batch, read_segments, to_tensor
from memmamba_training.model.embeddings import question_embeddings, reciprocal_ranks, span_embeddings
from memmamba_training.model.memmamba import MemMamba, State
from memmamba_training.recall.bank import FactBank, PlantedFact
from memmamba_training.recall.planting import Insertion, insert
from memmamba_training.tokens.labels import TEXT
from memmamba_training.tokens.stream import TokenStream

DEPTHS = (0.02, 0.25, 0.5, 0.75, 0.95)  # of a definition, as a share of the document
KINDS = ("passkey", "uuid", "signature", "enum", "keys8", "keys32", "absent", "absent8")
FAMILY_KINDS = ("keys8", "keys32", "absent8")
BATCH_TOKENS = 65_536


def token_bytes(tokenizer: Tokenizer) -> np.ndarray:
    """Length in bytes of every token [vocab_size]; 0 for special tokens."""
    size = np.zeros(tokenizer.get_vocab_size(), np.int64)
    for token, i in tokenizer.get_vocab().items():
        size[i] = 0 if i < 16 else len(token)  # the byte-level alphabet has one character per byte
    return size


@torch.no_grad()
def bits_per_byte(model: MemMamba, stream: TokenStream, sizes: np.ndarray, length: int, windows: int, device: str) -> list[float]:
    """Bits per byte in each quarter of windows of `length` tokens that are spread evenly over the stream."""
    ids = np.concatenate([p[0] for p in stream.parts])
    starts = np.linspace(0, len(ids) - length - 1, windows).astype(int)
    nats, size = np.zeros(length), np.zeros(length)
    group = max(1, BATCH_TOKENS // min(SEGMENT, length))
    for i in range(0, windows, group):
        x = np.stack([ids[s : s + length + 1] for s in starts[i : i + group]])
        texts = to_tensor(x, device)
        for at, out in read_segments(model, texts[:, :-1]):
            end = at + out.hidden.shape[1]
            loss = model.loss(out.hidden, texts[:, at + 1 : end + 1]).double().sum(0)
            nats[at:end] += loss.cpu().numpy()
            size[at:end] += sizes[x[:, at + 1 : end + 1]].sum(0)
    quarters = nats.reshape(4, -1).sum(1) / size.reshape(4, -1).sum(1)
    return [round(float(b), 4) for b in quarters / math.log(2)]


@torch.no_grad()
def exactly_right(
    model: MemMamba, rows: list[np.ndarray], answers: list[tuple[int, int]], device: str, state: State | None = None,
    also_last: torch.Tensor | None = None,
) -> list[bool]:  # fmt: skip
    """Whether the tokens [start, end) of each row are all the most likely ones. `also_last` [vocab_size]: tokens that are right
    as the last one, too."""
    ids = padded_batch(rows, model.cfg.block_size, device)
    hidden = torch.cat([out.hidden for _, out in read_segments(model, ids, state)], 1)
    results = []
    for i, (start, end) in enumerate(answers):
        choice = model.logits(hidden[i, start - 1 : end - 1]).argmax(-1)
        right = choice == ids[i, start:end]
        if also_last is not None:
            right[-1] |= also_last[choice[-1]]
        results.append(bool(right.all()))
    return results


def recall_banks(tokenizer: Tokenizer, size: int = 640) -> dict[str, FactBank]:
    """Facts by kind that training never plants: the banks of training have other seeds."""
    return {kind: FactBank(tokenizer, size, 999_999, kind) for kind in ("passkey", "uuid", "signature", "enum")}


def recall_task(kind: str, bank: FactBank, r: random.Random) -> tuple[list[PlantedFact], list[tuple[PlantedFact, bool]]]:
    """(facts to plant in a document, five queries: which fact, and whether it is absent)."""
    if kind in FAMILY_KINDS:
        members = r.sample(r.choice(bank.families), 32)
        n = 8 if kind != "keys32" else 32
        planted = members[:n]
        return planted, [(m, True) for m in members[n : n + 5]] if kind == "absent8" else [(m, False) for m in planted[:5]]
    facts = [r.choice(bank.singles) for _ in range(10)]
    return facts[:5], [(f, kind == "absent") for f in (facts[5:] if kind == "absent" else facts[:5])]


def recall(
    model: MemMamba, stream: TokenStream, banks: dict[str, FactBank], line_start: np.ndarray, kind: str, length: int,
    documents: int, device: str,
) -> list[float]:  # fmt: skip
    """Share of right answers to five queries after each document of `length` tokens of held-out code: by depth of the definition
    (DEPTHS) for single facts; one figure for families (at random depths) and absent names. `line_start` as in `insert`."""
    r = random.Random(f"{kind} {length}")
    bank = banks.get(kind, banks["passkey"])
    length -= length % model.cfg.block_size
    hits: list[list[bool]] = []
    group = max(1, BATCH_TOKENS // min(length, 16 * SEGMENT))
    for first in range(0, documents, group):
        texts, queried = [], []
        for _ in range(min(group, documents - first)):
            x = stream.window(length, r)
            facts, queries = recall_task(kind, bank, r)
            depths = DEPTHS if len(facts) == 5 else sorted(r.random() * 0.97 for _ in facts)
            insertions, at = [], 0
            for fact, depth in zip(facts, depths, strict=True):
                at = min(max(at, int(depth * length)), length - sum(len(f.definition) for f in facts[len(insertions) :]))
                insertions.append(Insertion(at, fact.definition, [TEXT] * len(fact.definition)))
                at += len(fact.definition)
            texts.append(insert(x, np.full(length, TEXT, np.uint8), insertions, line_start, r)[0][:length])
            queried.append([fact.absent if absent else r.choice(fact.queries) for fact, absent in queries])
        *_, (_, last) = read_segments(model, to_tensor(np.stack(texts), device))
        document_of = torch.arange(len(texts), device=device).repeat_interleave(5)
        rows = [np.array(ids, np.uint16) for row in queried for ids, _ in row]
        # The last token only closes the line or the answer.
        answers = [(start, max(start + 1, len(ids) - 1)) for row in queried for ids, start in row]
        right = exactly_right(model, rows, answers, device, last.state.rows(document_of))
        hits += [right[i : i + 5] for i in range(0, len(right), 5)]
    by_depth = np.array(hits).mean(0)
    single = kind not in (*FAMILY_KINDS, "absent")
    return [round(float(v), 3) for v in (by_depth if single else [by_depth.mean()])]


def infilled_lines(
    model: MemMamba, stream: TokenStream, infill: Infill, cases: int, device: str, suffix_tokens: int = 48, distance: int = 32
) -> float:
    """Share of middles, from the start of a word to the end of its line, that are filled in exactly and then ended; after 2,000
    tokens. The suffix is placed at the last block boundary at least `distance` tokens before the middle; without a suffix (0 tokens)
    the text just continues."""
    r = random.Random(11)
    rows: list[np.ndarray] = []
    answers: list[tuple[int, int]] = []
    block = model.cfg.block_size
    while len(rows) < cases:
        x = stream.window(2400, r)
        chosen = infill.choose(x, 2000, 2100, r, to_line_end=True)
        if chosen is None or (x[2000:2240] < 16).any():
            continue
        a, b, _ = chosen
        missing = infill.tokenizer.decode(x[a:b].tolist())
        if not 4 <= len(missing.strip()) or len(missing) > 80:
            continue
        start = (a - distance) // block * block if suffix_tokens else a
        suffix, prefix, middle, _ = infill.example(x, chosen, suffix_tokens, start)
        rows.append(np.array([*x[:start], *(suffix if suffix_tokens else []), *prefix, *middle], np.uint16))
        answers.append((len(rows[-1]) - len(middle), len(rows[-1])))
    ends = torch.from_numpy(infill.newline).to(device)
    right: list[bool] = []
    group = BATCH_TOKENS // 2560
    for i in range(0, cases, group):
        right += exactly_right(model, rows[i : i + group], answers[i : i + group], device, also_last=ends)
    return round(sum(right) / cases, 4)


@torch.no_grad()
def retrieval(model: MemMamba, stream: TokenStream, tokenizer: Tokenizer, count: int, device: str) -> dict[str, float]:
    """Mean reciprocal rank of the right definition: `mrr` among `count` definitions of held-out texts, `same text` among all of
    its own text, which are more alike. All comments are cut out."""
    texts = stream.texts(5300, max(4096, sum(len(p[0]) for p in stream.parts) // 700), tokenizer)
    random.Random(3).shuffle(texts)
    maker, r = QuestionMaker(tokenizer), random.Random(5)
    spans: list[torch.Tensor] = []
    questions: list[torch.Tensor] = []
    same_text: list[float] = []
    for ids, path in texts:
        made = maker.make(ids, path, 4096, r, cut_share=1.0)
        if made is None:
            continue
        embedding = model.read(to_tensor(made.ids[None], device)).embedding
        assert embedding is not None
        n = int((made.questions[:, 0] != maker.pad).sum())
        table = to_tensor(made.spans[None], device)
        found = span_embeddings(embedding, table)[0][: int((made.spans[:, 1] > 0).sum())]
        q = question_embeddings(model, to_tensor(made.questions[:n], device), maker.pad)
        same_text += reciprocal_ranks(q, found)
        spans.append(found[:n])
        questions.append(q)
        if sum(map(len, spans)) >= count:
            break
    d, q = torch.cat(spans)[:count], torch.cat(questions)[:count]
    figures = {"mrr": reciprocal_ranks(q, d), "same text": same_text}
    out = {name: round(sum(v) / len(v), 4) for name, v in figures.items()}
    return {"pairs": len(d), **out, "first in same text": round(sum(v == 1 for v in same_text) / len(same_text), 4)}
