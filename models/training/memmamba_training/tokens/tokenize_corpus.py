"""Turns corpus parts (JSON lines of packages, xz) into token streams.

    memmamba-tokenize-corpus --tokenizer tokenizer.json --out tokens corpus/train-000.jsonl.xz …

Each part becomes NAME.bin (uint16 ids) and NAME.files.npy (index of each file's first token). A package in the stream is
<|package|> name \\n, then for each file <|path|> path \\n text <|eof|>, files in dependency order.
"""

from __future__ import annotations

import argparse
import json
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

BATCH = 2000  # files encoded at once


def header(path: str) -> str:
    """The base name for half of the files, as the editor gives it; the whole path for the others."""
    return path.rsplit("/", 1)[-1] if zlib.crc32(path.encode()) & 1 else path


def batches(part: Path) -> Iterator[list[tuple[str, str, str]]]:
    """(kind, header line, text) of packages and files."""
    out: list[tuple[str, str, str]] = []
    with lzma.open(part, "rt", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            package = json.loads(line)
            out.append(("<|package|>", package["package"], ""))
            out += [("<|path|>", header(f["path"]), f["text"]) for f in package["files"]]
            if len(out) >= BATCH:
                yield out
                out = []
    if out:
        yield out


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--tokenizer", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("parts", type=Path, nargs="+")
    args = ap.parse_args()
    tk = Tokenizer.from_file(str(args.tokenizer))
    eof = tk.token_to_id("<|eof|>")
    args.out.mkdir(parents=True, exist_ok=True)
    for part in args.parts:
        name = part.name.removesuffix(".jsonl.xz")
        starts: list[int] = []
        total = size = 0
        with open(args.out / f"{name}.tmp", "wb") as f:
            for batch in batches(part):
                texts = [head + "\n" + text for _, head, text in batch]
                encoded = tk.encode_batch_fast(texts, add_special_tokens=False)
                for (kind, _, text), e in zip(batch, encoded, strict=True):
                    starts.append(total)
                    ids = [tk.token_to_id(kind), *e.ids] + ([eof] if kind == "<|path|>" else [])
                    f.write(np.array(ids, np.uint16).tobytes())
                    total += len(ids)
                    size += len(text.encode())
        np.save(args.out / f"{name}.files.npy", np.array(starts, np.int64))
        (args.out / f"{name}.tmp").rename(args.out / f"{name}.bin")  # atomic: training may be waiting for it
        print(f"{name}: {total / 1e6:.1f} M tokens, {size / 1e6:.1f} MB, {size / total:.2f} bytes per token", flush=True)


if __name__ == "__main__":
    main()
