"""Cleaned packages (../data/clean.py) -> the shards that are sent to the training machine: what each language gives, each file once.

    python mix.py --clean WORK/clean --out corpus --held-out-names held.txt --held-out ../../../test/fixtures/held-out --megabytes 480 --shards 32

Left out are packages whose name (without version) is in --held-out-names or in young.json, files that repeat what was kept
before (70 % of their longer lines), and what is beyond a language's share. A shard is xz of JSON lines
{"p": package, "l": language, "f": [[path, text], ...]}; every shard has the same mix. val.jsonl.xz holds packages set aside.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import lzma
import multiprocessing as mp
import posixpath
import random
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LANGUAGES = {
    "typescript": ".ts .tsx .mts .cts", "javascript": ".js .jsx .mjs .cjs", "python": ".py", "go": ".go", "rust": ".rs", "java": ".java",
    "c": ".c .h .cc .cpp .cxx .hpp .hh .inl", "csharp": ".cs", "ruby": ".rb .rake", "php": ".php", "kotlin": ".kt .kts", "swift": ".swift",
    "shell": ".sh .bash .bats", "css": ".css .scss .less", "html": ".html .vue .svelte .xml", "json": ".json", "yaml": ".yml .yaml .toml",
    "sql": ".sql .proto .graphql", "lua": ".lua", "elixir": ".ex .exs", "objc": ".m .mm", "markdown": ".md",
}
ENDINGS = {e: language for language, ends in LANGUAGES.items() for e in ends.split()}
SHARES = collections.defaultdict(lambda: 0.012, typescript=0.21, javascript=0.12, python=0.18, go=0.115, rust=0.115, java=0.115, c=0.13, markdown=0.03)
"""Of all bytes; what a language lacks is not made up by others."""
DTS = 0.12
"""The part of TypeScript that declaration files may take."""
Record = dict[str, Any]


def language(path: str) -> str | None:
    return ENDINGS.get(posixpath.splitext(path)[1])


def records(folder: Path, skipped: set[str]) -> list[Record]:
    """One record a package, without those to leave out, in an order that the names alone decide."""
    table: dict[str, Record] = {}
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as f:
            for line in f:
                try:
                    rec = json.loads(line)
                except ValueError:  # cut short: still being written
                    continue
                name = rec["package"].rsplit("@", 1)[0]
                if name not in skipped:
                    table[f"{path.stem} {name}"] = rec
    return sorted(table.values(), key=lambda r: hashlib.md5(r["package"].encode()).digest())


def lines_of(text: str) -> set[int]:
    return {hash(s) for x in text.split("\n") if len(s := x.strip()) > 15}


def fresh(recs: list[Record], others: list[str]) -> list[Record]:
    """Drops files of which 70 % of the lines over 15 characters stood in a file before, or in one of `others`."""
    seen: set[int] = set()
    for text in others:
        seen |= lines_of(text)
    for rec in recs:
        kept = []
        for f in rec["files"]:
            lines = lines_of(f["text"])
            if len(lines) >= 3 and len(lines & seen) < 0.7 * len(lines):
                seen |= lines
                kept.append(f)
        rec["files"] = kept
    return recs


def shared_out(recs: list[Record], total: float) -> tuple[list[Record], dict[str, int]]:
    """As many files as the languages' shares allow."""
    used: collections.Counter[str] = collections.Counter()
    out = []
    for rec in recs:
        files = []
        for f in rec["files"]:
            kind = language(f["path"])
            if kind is None:
                continue
            size, dts = len(f["text"]), f["path"].endswith(".d.ts")
            if used[kind] + size > SHARES[kind] * total or (dts and used["dts"] > DTS * SHARES["typescript"] * total):
                continue
            used[kind] += size
            used["dts"] += size if dts else 0
            files.append([f["path"], f["text"]])
        if files:
            tally: collections.Counter[str] = collections.Counter()
            for path, text in files:
                tally[str(language(path))] += len(text)
            out.append({"p": rec["package"], "l": tally.most_common(1)[0][0], "f": files})
    return out, dict(used)


def write(job: tuple[Path, list[Record], int]) -> tuple[str, int]:
    path, recs, preset = job
    with lzma.open(path, "wb", preset=preset) as f:
        for rec in recs:
            f.write((json.dumps(rec, ensure_ascii=False) + "\n").encode())
    return path.name, path.stat().st_size


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--clean", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--held-out-names", type=Path, nargs="*", default=[], help="files with one registry:name a line")
    ap.add_argument("--held-out", type=Path, nargs="*", default=[], help="folders of files that are measured on: what repeats them is left out")
    ap.add_argument("--megabytes", type=float, default=480)
    ap.add_argument("--validation", type=int, default=90, help="packages set aside, six files of each, for choices during training")
    ap.add_argument("--shards", type=int, default=32)
    ap.add_argument("--preset", type=int, default=1, help="of xz")
    args = ap.parse_args()
    skipped = {line.strip() for f in args.held_out_names for line in f.read_text().splitlines()}
    for p in json.loads((HERE / "young.json").read_text())["packages"]:
        skipped.add(f"{p['registry']}:{p['name'].replace('-', '_') if p['registry'] == 'pypi' else p['name']}")  # as wheels are named
    recs, used = shared_out(fresh(records(args.clean, skipped), [f.read_text("utf-8") for d in args.held_out for f in d.glob("*/*")]), args.megabytes * 1e6)
    print(len(recs), "packages,", f"{sum(v for k, v in used.items() if k != 'dts') / 1e6:.0f} MB:", {k: round(v / 1e6, 1) for k, v in used.items()}, flush=True)
    random.Random(7).shuffle(recs)
    args.out.mkdir(parents=True, exist_ok=True)
    validation, recs = recs[: args.validation], recs[args.validation :]
    for rec in validation:
        rec["f"] = rec["f"][:6]
    write((args.out / "val.jsonl.xz", validation, 6))
    jobs = [(args.out / f"mix-{n:02}.jsonl.xz", recs[n :: args.shards], args.preset) for n in range(args.shards)]
    with mp.get_context("fork").Pool(2) as pool:
        sizes = [size for _, size in pool.imap_unordered(write, jobs, chunksize=1)]
    print(f"{len(sizes)} shards, {sum(sizes) / 2**20:.1f} MiB, the largest {max(sizes) / 2**20:.2f}", flush=True)


if __name__ == "__main__":
    main()
