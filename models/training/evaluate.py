"""Measures a checkpoint: bits per byte by length, recall of planted facts by kind, length and depth, infilled lines, retrieval.

    python evaluate.py --checkpoint run/last.pt --tokenizer tokenizer.json --tokens tokens --out quality.json

train.py calls the same functions while it runs. Answers count only when every one of their tokens is the model's first
choice given the true text before it, which is the same as greedy decoding being exactly right. Texts are read in segments,
so that a million tokens need no more memory than a few thousand.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from config import ModelConfig
from data import Corpus
from infill import Infill
from model import MemMamba, Quantize, Reading, State
from recall import TEXT, Bank, Inserted, Planted, insert
from retrieval import Pairs, mean_reciprocal_rank

DEPTHS = (0.02, 0.25, 0.5, 0.75, 0.95)
KINDS = ("passkey", "uuid", "signature", "enum", "keys8", "keys32", "absent", "absent8")
SEGMENT = 4096
AT_ONCE = 65_536  # tokens of a batch


def token_bytes(tokenizer: Tokenizer) -> np.ndarray:
    """Length in bytes of every token; special tokens count 0."""
    size = np.zeros(tokenizer.get_vocab_size(), np.int64)
    for token, i in tokenizer.get_vocab().items():
        size[i] = 0 if i < 16 else len(token)  # the byte-level alphabet has one character per byte
    return size


def tensor(ids: np.ndarray, device: str) -> torch.Tensor:
    return torch.from_numpy(ids.astype(np.int64)).to(device)


def whole_blocks(rows: Sequence[np.ndarray | list[int]], block: int, device: str, pad: int = 0) -> torch.Tensor:
    """Texts of any length as a batch [b,l], with `pad` behind them up to whole blocks."""
    width = -(-max(map(len, rows)) // block) * block
    return tensor(np.stack([np.pad(x, (0, width - len(x)), constant_values=pad) for x in rows]), device)


def segments(model: MemMamba, ids: torch.Tensor, state: State | None = None) -> Iterator[tuple[int, Reading]]:
    """Reads texts [b,l] piece by piece, l a multiple of block_size: (start of the piece, what reading it gave)."""
    for at in range(0, ids.shape[1], SEGMENT):
        reading = model.read(ids[:, at : at + SEGMENT], state)
        state = reading.state
        yield at, reading


@torch.no_grad()
def bits_per_byte(model: MemMamba, corpus: Corpus, sizes: np.ndarray, length: int, windows: int, device: str) -> list[float]:
    """Bits per byte in each quarter of windows of `length` tokens, spread evenly over the held-out stream."""
    ids = np.concatenate([p[0] for p in corpus.parts])
    starts = np.linspace(0, len(ids) - length - 1, windows).astype(int)
    nats, size = np.zeros(length), np.zeros(length)
    group = max(1, AT_ONCE // min(SEGMENT, length))
    for i in range(0, windows, group):
        x = np.stack([ids[s : s + length + 1] for s in starts[i : i + group]])
        texts = tensor(x, device)
        for at, reading in segments(model, texts[:, :-1]):
            end = at + reading.hidden.shape[1]
            loss = model.loss(reading.hidden, texts[:, at + 1 : end + 1]).double().sum(0)
            nats[at:end] += loss.cpu().numpy()
            size[at:end] += sizes[x[:, at + 1 : end + 1]].sum(0)
    quarters = nats.reshape(4, -1).sum(1) / size.reshape(4, -1).sum(1)
    return [round(float(b), 4) for b in quarters / math.log(2)]


@torch.no_grad()
def exact(
    model: MemMamba, rows: list[np.ndarray], answers: list[tuple[int, int]], device: str, state: State | None = None,
    also_last: torch.Tensor | None = None,
) -> list[bool]:
    """Whether the tokens [start, end) of each row are all first choices. `also_last` [V]: tokens that may stand for the last."""  # fmt: skip
    ids = whole_blocks(rows, model.cfg.block_size, device)
    hidden = torch.cat([r.hidden for _, r in segments(model, ids, state)], 1)
    out = []
    for i, (start, end) in enumerate(answers):
        choice = model.logits(hidden[i, start - 1 : end - 1]).argmax(-1)
        right = choice == ids[i, start:end]
        if also_last is not None:
            right[-1] |= also_last[choice[-1]]
        out.append(bool(right.all()))
    return out


def planned(kind: str, bank: Bank, r: random.Random) -> tuple[list[Planted], list[tuple[Planted, bool]]]:
    """(facts to plant in a document, questions about it: which fact, and whether it is missing)."""
    if kind in ("keys8", "keys32", "absent8"):
        members = r.sample(r.choice(bank.families), 32)
        n = 8 if kind != "keys32" else 32
        planted = members[:n]
        return planted, [(m, True) for m in members[n : n + 5]] if kind == "absent8" else [(m, False) for m in planted[:5]]
    items = [r.choice(bank.items) for _ in range(10)]
    return items[:5], [(i, kind == "absent") for i in (items[5:] if kind == "absent" else items[:5])]


def recall(
    model: MemMamba, corpus: Corpus, banks: dict[str, Bank], line: np.ndarray, kind: str, length: int, documents: int, device: str
) -> list[float]:
    """Share of five questions right behind each document of `length` tokens of held-out code: by depth of the definition,
    .02 to .95, for single facts; one figure for families (at random depths) and absent names. `line` as in `insert`."""
    r = random.Random(f"{kind} {length}")
    bank = banks.get(kind, banks["passkey"])
    length -= length % model.cfg.block_size
    hits: list[list[bool]] = []
    group = max(1, AT_ONCE // min(length, 16 * SEGMENT))
    for first in range(0, documents, group):
        texts, asked = [], []
        for _ in range(min(group, documents - first)):
            x = corpus.window(length, r)
            facts, questions = planned(kind, bank, r)
            depths = DEPTHS if len(facts) == 5 else sorted(r.random() * 0.97 for _ in facts)
            items, at = [], 0
            for fact, depth in zip(facts, depths, strict=True):
                at = min(max(at, int(depth * length)), length - sum(len(f.definition) for f in facts[len(items) :]))
                items.append(Inserted(at, fact.definition, [TEXT] * len(fact.definition)))
                at += len(fact.definition)
            texts.append(insert(x, np.zeros(length, np.uint8), items, line, r)[0][:length])
            asked.append([item.absent if missing else r.choice(item.questions) for item, missing in questions])
        *_, (_, last) = segments(model, tensor(np.stack(texts), device))
        which = torch.arange(len(texts), device=device).repeat_interleave(5)
        rows = [np.array(ids, np.uint16) for row in asked for ids, _ in row]
        # The last token only closes the line or the answer.
        answers = [(start, max(start + 1, len(ids) - 1)) for row in asked for ids, start in row]
        right = exact(model, rows, answers, device, last.state.rows(which))
        hits += [right[i : i + 5] for i in range(0, len(right), 5)]
    by_depth = np.array(hits).mean(0)
    single = kind not in ("keys8", "keys32", "absent", "absent8")
    return [round(float(v), 3) for v in (by_depth if single else [by_depth.mean()])]


def recall_banks(tokenizer: Tokenizer, size: int = 640) -> dict[str, Bank]:
    """Facts by kind that training never plants: its banks have other seeds."""
    return {kind: Bank(tokenizer, size, 999_999, kind) for kind in ("passkey", "uuid", "signature", "enum")}


def infilled_lines(
    model: MemMamba, corpus: Corpus, infill: Infill, cases: int, device: str, shown: int = 48, back: int = 32
) -> float:
    """Share of holes from a word's start to the line's end filled exactly, then ended; 2,000 tokens before, `shown` behind,
    shown at the last beginning of a block that is at least `back` tokens before the hole. 0 shown: the text just goes on."""
    r = random.Random(11)
    rows: list[np.ndarray] = []
    answers: list[tuple[int, int]] = []
    while len(rows) < cases:
        x = corpus.window(2400, r)
        found = infill.hole(x, 2000, 2100, r, line=True)
        if found is None or (x[2000:2240] < 16).any():
            continue
        a, b, _ = found
        missing = infill.tokenizer.decode(x[a:b].tolist())
        if not 4 <= len(missing.strip()) or len(missing) > 80:
            continue
        place = (a - back) // model.cfg.block_size * model.cfg.block_size if shown else a
        front, again, middle, _ = infill.example(x, found, shown, place)
        rows.append(np.array([*x[:place], *(front if shown else []), *again, *middle], np.uint16))
        answers.append((len(rows[-1]) - len(middle), len(rows[-1])))
    ends = torch.from_numpy(infill.newline).to(device)
    right: list[bool] = []
    group = AT_ONCE // 2560
    for i in range(0, cases, group):
        right += exact(model, rows[i : i + group], answers[i : i + group], device, also_last=ends)
    return round(sum(right) / cases, 4)


def retrieval(model: MemMamba, corpus: Corpus, tokenizer: Tokenizer, count: int, device: str) -> dict[str, float]:
    """Mean reciprocal rank among `count` definitions of held-out packages."""
    texts = corpus.texts(5300, max(4096, sum(len(p[0]) for p in corpus.parts) // 700), tokenizer)
    random.Random(3).shuffle(texts)
    return mean_reciprocal_rank(model, Pairs(tokenizer), texts, 4096, count, device)


def load(path: Path, device: str, quantize: Quantize = "none") -> tuple[MemMamba, dict[str, object]]:
    saved = torch.load(path, map_location="cpu", weights_only=True)
    model = MemMamba(ModelConfig.from_dict(saved["config"]))
    model.load(saved["model"])
    model.set_quantize(quantize)
    return model.to(device).eval(), {k: v for k, v in saved.items() if k != "model"}


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--checkpoint", type=Path, required=True)
    ap.add_argument("--tokenizer", type=Path, required=True)
    ap.add_argument("--tokens", type=Path, required=True, help="folder with the held-out stream test.bin")
    ap.add_argument("--split", default="test")
    ap.add_argument("--lengths", type=int, nargs="*", default=[4096, 16384, 65536])
    ap.add_argument("--kinds", nargs="*", choices=KINDS, default=list(KINDS))
    ap.add_argument("--documents", type=int, default=20, help="per kind and length, five questions each")
    ap.add_argument("--windows", type=int, default=0, help="for bits per byte; 0 = a quarter of a million tokens")
    ap.add_argument("--holes", type=int, default=300)
    ap.add_argument("--pairs", type=int, default=1000)
    ap.add_argument("--modes", nargs="+", choices=["none", "weights", "full"], default=["none", "full"])
    ap.add_argument("--out", type=Path)
    args = ap.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tk = Tokenizer.from_file(str(args.tokenizer))
    corpus, sizes, banks, infill = Corpus(args.tokens, args.split), token_bytes(tk), recall_banks(tk), Infill(tk, 0.0)
    quality: dict[str, object] = {"split": args.split}
    for mode in args.modes:
        model, about = load(args.checkpoint, device, mode)  # type: ignore[arg-type]
        figures: dict[str, object] = {}

        def note(name: str, value: object) -> None:
            figures[name] = value
            print(mode, name, value, flush=True)

        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            for n in args.lengths:
                windows = args.windows or max(2, 262144 // n)
                note(f"bits_per_byte_by_quarter_{n}", bits_per_byte(model, corpus, sizes, n, windows, device))
                for kind in args.kinds:
                    note(f"recall_{kind}_{n}", recall(model, corpus, banks, infill.line, kind, n, args.documents, device))
            for shown in (0, 48) if args.holes else ():
                note(f"infilled_lines_{shown}_shown", infilled_lines(model, corpus, infill, args.holes, device, shown))
            if model.retrieval is not None and args.pairs:
                note("retrieval", retrieval(model, corpus, tk, args.pairs, device))
        quality[{"none": "float", "weights": "int8 weights", "full": "int8"}[mode]] = figures
        quality["training"] = about
        if args.out:
            args.out.write_text(json.dumps(quality, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
