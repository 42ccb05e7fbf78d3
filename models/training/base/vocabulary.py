"""The teacher's vocabulary, pruned to what source code of many languages uses.

    python vocabulary.py teacher.gguf corpus/mix-*.jsonl.xz --sizes 32512 40960 49152        # tokens per byte of each size
    python vocabulary.py teacher.gguf corpus/mix-*.jsonl.xz --sizes 40960 --out FOLDER       # tokenizer.json

The shards are those of mix.py. A language counts by what of it is asked for, not by how much of it was found:
counts are shares of the language's own tokens, weighted with WEIGHTS. A kept token keeps the tokens it is merged from, so
that the merges of the full vocabulary still hold and a text is cut as before, save where a dropped token would stand.
"""

from __future__ import annotations

import argparse
import collections
import json
import lzma
from pathlib import Path

import numpy as np
from config import MARKS
from mix import language
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

ORDINARY = 151_643
"""Tokens of the full vocabulary before its marks."""
SPLIT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
"""Where words end, from the teacher's tokenizer (pre-tokenizer qwen2)."""
WEIGHTS = collections.defaultdict(lambda: 0.35, typescript=1.0, javascript=0.8, python=1.0, java=0.8, go=0.8, rust=0.8, c=0.9, markdown=0.6)


def build(vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> Tokenizer:
    t = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, ignore_merges=False))
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(SPLIT), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder = decoders.ByteLevel()
    return t


def words(path: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """Tokens and merges of a GGUF file."""
    from gguf import GGUFReader

    fields = GGUFReader(path).fields

    def strings(name: str) -> list[str]:
        return [bytes(fields[name].parts[i]).decode() for i in fields[name].data]

    left_right = [tuple(m.split(" ")) for m in strings("tokenizer.ggml.merges")]
    return strings("tokenizer.ggml.tokens"), left_right  # type: ignore[return-value]


def pieces(text: str, size: int = 40_000) -> list[str]:
    """The text in parts that end with a line, so that several cores share the work."""
    out, at = [], 0
    while at < len(text):
        end = text.find("\n", at + size) + 1 or len(text)
        out.append(text[at:end])
        at = end
    return out


def choose(tokens: list[str], merges: list[tuple[str, str]], weight: np.ndarray, size: int) -> list[str]:
    """The heaviest tokens, each with those it is merged from, in the order of their ids."""
    parts = {a + b: (a, b) for a, b in merges}
    keep = {t for t in tokens[:ORDINARY] if len(t) == 1}
    for i in np.argsort(-weight, kind="stable"):
        need, new = [tokens[i]], set()
        while need:
            t = need.pop()
            if t not in keep and t not in new:
                new.add(t)
                need += parts.get(t, ())
        if len(keep) + len(new) <= size:
            keep |= new
        if len(keep) == size:
            break
    return [t for t in tokens[:ORDINARY] if t in keep]


def samples(shards: list[Path], size: float) -> dict[str, str]:
    """The first `size` characters that the shards have of each language."""
    out: dict[str, list[str]] = collections.defaultdict(list)
    used: collections.Counter[str] = collections.Counter()
    for shard in shards:
        with lzma.open(shard, "rt", encoding="utf-8") as f:
            for rec in map(json.loads, f):
                for path, text in rec["f"]:
                    kind = language(path)
                    if kind and used[kind] < size:
                        used[kind] += len(text)
                        out[kind].append(text)
    return {kind: "".join(texts) for kind, texts in sorted(out.items()) if used[kind] > 100_000}


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("gguf", type=Path)
    ap.add_argument("shards", type=Path, nargs="+")
    ap.add_argument("--sample", type=float, default=6, help="MB a language that are counted")
    ap.add_argument("--sizes", type=int, nargs="+", required=True, help="tokens and marks together")
    ap.add_argument("--check", type=float, default=1, help="MB a language that the count does not see and the table is made of")
    ap.add_argument("--out", type=Path)
    args = ap.parse_args()
    tokens, merges = words(args.gguf)
    full = build({t: i for i, t in enumerate(tokens[:ORDINARY])}, merges)
    weight = np.zeros(ORDINARY)
    checks: dict[str, tuple[list[str], int, int]] = {}
    for kind, text in samples(args.shards, args.sample * 1e6).items():
        parts = pieces(text)
        held = parts[:: max(2, len(parts) // max(1, int(args.check * 25)))]
        tally = np.zeros(ORDINARY)
        held_set = set(held)
        for e in full.encode_batch([p for p in parts if p not in held_set]):
            tally += np.bincount(e.ids, minlength=ORDINARY)
        weight += WEIGHTS[kind] * tally / max(1, tally.sum())
        checks[kind] = (held, sum(len(p.encode()) for p in held), sum(len(e.ids) for e in full.encode_batch(held)))
        print(kind, f"{len(text) / 1e6:.1f} MB", flush=True)
    for size in args.sizes:
        kept = choose(tokens, merges, weight, size - len(MARKS))
        there = set(kept)
        small = build({t: i for i, t in enumerate(kept)}, [(a, b) for a, b in merges if a in there and b in there and a + b in there])
        print(f"{size}: " + ", ".join(f"{name} {sum(len(e.ids) for e in small.encode_batch(held)) / n:.3f}" for name, (held, _, n) in checks.items()), flush=True)
        if args.out:
            small.add_special_tokens(list(MARKS))
            args.out.mkdir(parents=True, exist_ok=True)
            small.save(str(args.out / "tokenizer.json"), pretty=False)
    print("tokens per byte, full vocabulary: " + ", ".join(f"{name} {n / size:.4f}" for name, (_, size, n) in checks.items()))


if __name__ == "__main__":
    main()
