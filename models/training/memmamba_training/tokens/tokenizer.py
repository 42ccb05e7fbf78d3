"""The tokenizer: byte-level BPE with 16,384 entries, and a reference encoder that works on raw bytes.

    memmamba-tokenizer train --corpus a.jsonl[.xz] ... --out tokenizer.json [--megabytes 180]
    memmamba-tokenizer check --corpus val.jsonl.xz --tokenizer tokenizer.json

Ids: 16 special tokens, the 256 bytes in order, then merged entries in the order in which they were learned.
Pre-tokenisation takes every byte >= 0x80 as a letter, so it is the same on code points and on bytes, without Unicode tables:
`encode_bytes` accepts any bytes, and equals the Hugging Face encoding where they are valid UTF-8.
"""

from __future__ import annotations

import argparse
import json
import lzma
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

SPECIALS = ["<|eof|>", "<|path|>", "<|package|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|fim_end|>",
            "<|question|>", "<|answer|>", "<|none|>", "<|span|>", "<|pad|>", "<|reserved_0|>", "<|reserved_1|>",
            "<|reserved_2|>", "<|reserved_3|>"]
VOCAB = 16_384


def pattern(first: str, last: str) -> str:
    """The regular expression of pre-tokenisation. Letters beyond ASCII are `first`..`last`: code points from U+0080, bytes from 0x80."""
    high, space = f"{first}-{last}", " \t\n\x0b\x0c\r"
    return "|".join([
        rf"[^\r\nA-Za-z0-9{high}]?[A-Za-z{high}]+",
        r"[0-9]{1,3}",
        rf" ?[^{space}A-Za-z0-9{high}]+",
        rf"[{space}]*[\r\n]+[ \t]*",
        rf"[{space}]+(?![^{space}])",
        rf"[{space}]+"])


SPLIT_TEXT = pattern(chr(0x80), chr(0x10FFFF))
SPLIT_BYTES = re.compile(pattern("\x80", "\xff").encode("latin-1"))


def byte_chars() -> list[str]:
    """The printable character that byte-level BPE writes for each byte (the table of GPT-2)."""
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table = {b: chr(b) for b in keep}
    table |= {b: chr(256 + i) for i, b in enumerate(b for b in range(256) if b not in table)}
    return [table[b] for b in range(256)]


class ByteTokenizer:
    """Reference encoder on bytes; simple and slow."""

    def __init__(self, path: Path) -> None:
        model = json.loads(path.read_text("utf-8"))["model"]
        back = {c: b for b, c in enumerate(byte_chars())}
        self.ids: dict[bytes, int] = {bytes(back[c] for c in s): i for s, i in model["vocab"].items() if i >= len(SPECIALS)}
        self.bytes: dict[int, bytes] = {i: s for s, i in self.ids.items()}
        self.ranks: dict[tuple[bytes, bytes], int] = {}
        for rank, m in enumerate(model["merges"]):
            a, b = m if isinstance(m, list) else m.split(" ")
            self.ranks[bytes(back[c] for c in a), bytes(back[c] for c in b)] = rank
        self.cache: dict[bytes, list[int]] = {}

    def word(self, w: bytes) -> list[int]:
        """BPE of one word: repeatedly merges the pair of the lowest rank, the leftmost first."""
        if (got := self.cache.get(w)) is not None:
            return got
        parts = [w[i : i + 1] for i in range(len(w))]
        while len(parts) > 1:
            rank, at = min((self.ranks.get((parts[i], parts[i + 1]), 1 << 30), i) for i in range(len(parts) - 1))
            if rank == 1 << 30:
                break
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        self.cache[w] = out = [self.ids[p] for p in parts]
        return out

    def encode_bytes(self, data: bytes) -> list[int]:
        out: list[int] = []
        for m in SPLIT_BYTES.finditer(data):
            out += self.word(m[0])
        return out

    def decode_bytes(self, ids: list[int]) -> bytes:
        return b"".join(self.bytes.get(i, b"") for i in ids)


def records(paths: list[Path]) -> Iterator[dict]:
    for p in paths:
        with lzma.open(p, "rt", encoding="utf-8") if p.suffix == ".xz" else p.open(encoding="utf-8") as f:
            for line in f:
                yield json.loads(line)


def language(path: str) -> str:
    ext = path.rsplit(".", 1)[-1]
    table = {"typescript": "ts tsx mts cts", "javascript": "js jsx mjs cjs", "python": "py", "go": "go", "rust": "rs",
             "java": "java", "c": "c h cc cpp cxx hpp hh inl", "markdown": "md"}
    return next((k for k, v in table.items() if ext in v.split()), "other")


SHARES = {"typescript": 0.30, "javascript": 0.14, "python": 0.15, "go": 0.10, "rust": 0.10, "java": 0.08, "c": 0.11,
          "markdown": 0.02}


def sample(paths: list[Path], total: float, seed: int = 1) -> list[str]:
    """A random sample of whole files, up to each language's share of `total` bytes."""
    pools: dict[str, list[str]] = defaultdict(list)
    rng = random.Random(seed)
    for rec in records(paths):
        files = rec["files"]
        for f in rng.sample(files, min(len(files), 150)):
            if len(f["text"]) < 200_000 and not any(s in f["text"] for s in SPECIALS):
                pools[language(f["path"])].append(f["text"])
    texts: list[str] = []
    for lang, share in SHARES.items():
        rng.shuffle(pools[lang])
        used = 0
        for t in pools[lang]:
            if used > share * total:
                break
            used += len(t)
            texts.append(t)
        print(f"{lang}: {used / 1e6:.1f} MB", flush=True)
    rng.shuffle(texts)
    return texts


def train(texts: list[str], out: Path) -> None:
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    def build(model: models.BPE) -> Tokenizer:
        tok = Tokenizer(model)
        tok.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Split(Regex(SPLIT_TEXT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
        tok.decoder = decoders.ByteLevel()
        return tok

    tok = build(models.BPE())
    tok.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=VOCAB, special_tokens=SPECIALS, initial_alphabet=byte_chars(), max_token_length=40, show_progress=False))
    model = json.loads(tok.to_str())["model"]
    order = [s for s, _ in sorted(model["vocab"].items(), key=lambda kv: kv[1])]
    names = SPECIALS + byte_chars()
    names += [s for s in order if s not in set(names)]
    assert len(names) == VOCAB, len(names)
    merges = [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in model["merges"]]
    final = build(models.BPE(vocab={s: i for i, s in enumerate(names)}, merges=merges))
    final.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in SPECIALS])
    final.save(str(out), pretty=False)


def check(paths: list[Path], tokenizer: Path, count: int) -> None:
    """Both encoders agree and decode to the input; prints bytes per token by language."""
    from tokenizers import Tokenizer
    hf, ref = Tokenizer.from_file(str(tokenizer)), ByteTokenizer(tokenizer)
    assert [hf.id_to_token(i) for i in range(16)] == SPECIALS and hf.get_vocab_size() == VOCAB
    assert all(ref.ids[bytes([b])] == 16 + b for b in range(256))
    files = [f for rec in records(paths) for f in rec["files"] if not any(s in f["text"] for s in SPECIALS)]
    random.Random(2).shuffle(files)
    for f in files[:count]:
        data = f["text"].encode()
        ids = hf.encode(f["text"], add_special_tokens=False).ids
        assert ids == ref.encode_bytes(data), f["path"]
        assert ref.decode_bytes(ids) == data and hf.decode(ids, skip_special_tokens=False) == f["text"], f["path"]
    odd = bytes(random.Random(3).randrange(256) for _ in range(5000))
    assert ref.decode_bytes(ref.encode_bytes(odd)) == odd
    tally: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for f in files[:4000]:
        t = tally[language(f["path"])]
        t[0] += len(f["text"].encode())
        t[1] += len(hf.encode(f["text"], add_special_tokens=False).ids)
    print(f"{min(count, len(files))} files agree; bytes per token: "
          + ", ".join(f"{k} {b / n:.3f}" for k, (b, n) in sorted(tally.items())))


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("action", choices=["train", "check"])
    ap.add_argument("--corpus", type=Path, nargs="+", required=True)
    ap.add_argument("--out", type=Path)
    ap.add_argument("--tokenizer", type=Path)
    ap.add_argument("--megabytes", type=float, default=180)
    ap.add_argument("--count", type=int, default=200)
    args = ap.parse_args()
    if args.action == "train":
        train(sample(args.corpus, args.megabytes * 1e6), args.out)
    else:
        check(args.corpus, args.tokenizer, args.count)


if __name__ == "__main__":
    main()
