"""Corpus shards -> streams of token ids (uint16), several processes at a time.

    python tokens.py --tokenizer tokenizer.json --out tokens corpus/*.jsonl.xz
"""

from __future__ import annotations

import argparse
import json
import lzma
import multiprocessing as mp
import os
import time
from pathlib import Path

import numpy as np
from documents import texts

PIECE = 30_000_000
"""Characters that are handed to the tokenizer at once."""


def shard(job: tuple[Path, Path, Path]) -> tuple[str, int, int]:
    """One shard; whoever reads the folder sees whole files only."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    from tokenizers import Tokenizer

    path, tokenizer, out = job
    encode = Tokenizer.from_file(str(tokenizer)).encode_batch
    parts, waiting, size, total = [], [], 0, 0

    def flush() -> None:
        nonlocal size
        parts.extend(np.asarray(e.ids, np.uint16) for e in encode(waiting))
        waiting.clear()
        size = 0

    with lzma.open(path, "rt", encoding="utf-8") as f:
        for line in f:
            rec = json.loads(line)
            for text in texts(rec["p"], rec["f"]):
                waiting.append(text)
                size += len(text)
                total += len(text)
            if size > PIECE:
                flush()
    flush()
    ids = np.concatenate(parts)
    half = out / (path.name.split(".")[0] + ".half.npy")
    np.save(half, ids)
    half.rename(out / (path.name.split(".")[0] + ".npy"))
    return path.name, len(ids), total


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("shards", type=Path, nargs="+")
    ap.add_argument("--tokenizer", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--jobs", type=int, default=os.cpu_count())
    args = ap.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    start, tokens, chars = time.time(), 0, 0
    with mp.get_context("fork").Pool(args.jobs) as pool:
        for name, n, size in pool.imap_unordered(shard, [(s, args.tokenizer, args.out) for s in args.shards]):
            tokens, chars = tokens + n, chars + size
            print(name, n, f"{tokens / 1e6:.1f} M tokens, {chars / 1e6:.0f} M characters, {time.time() - start:.0f} s", flush=True)
    (args.out / "done").write_text(str(tokens))


if __name__ == "__main__":
    main()
