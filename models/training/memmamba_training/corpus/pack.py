"""Deduplicates the cleaned packages, splits off the held-out ones, balances the languages and writes the corpus parts.

    memmamba-pack --work WORK --out OUT [--total 1180] [--parts 4] [--shares java=0.15 go=0.14 …] [--sources SOURCES.md]

Held-out packages (packages.toml, [heldout]) are deduplicated first, so that a training file that repeats them is dropped,
and not the other way round. One JSON line per package, or several where its text is longer than 4 MB.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import lzma
import multiprocessing as mp
import posixpath
import random
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

from memmamba_training.corpus.clean import LANGS
from memmamba_training.corpus.licences import COPYLEFT
from memmamba_training.corpus.order import ordered

HERE = Path(__file__).resolve().parent
# Shares of the training bytes; what one language lacks is not filled up with others.
SHARES = {"typescript": 0.34, "javascript": 0.14, "python": 0.15, "go": 0.10, "rust": 0.10, "java": 0.08, "c": 0.12,
          "markdown": 0.025}
DTS_SHARE = 0.15  # of TypeScript, at most, in declaration files
PIECE = 4_000_000  # characters of a JSON line, about
HELD_CAP = 700_000  # characters of a held-out package
Record = dict[str, Any]
PACKAGES: list[Record] = []  # set before the worker processes fork


def language(path: str) -> str:
    return LANGS.get(posixpath.splitext(path)[1], "other")


def is_dts(path: str) -> bool:
    return path.endswith((".d.ts", ".d.mts", ".d.cts"))


def base_name(package: str) -> str:
    return package.rsplit("@", 1)[0]


def load(folder: Path) -> list[Record]:
    """All cleaned packages; of several versions of a package, the last one read."""
    table: dict[str, Record] = {}
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as f:
            for line in f:
                try:
                    rec = json.loads(line)
                except ValueError:  # a line cut short by an interrupted run
                    continue
                table[base_name(rec["package"])] = rec
    return list(table.values())


def dedup(langs: tuple[str, ...]) -> tuple[list[tuple[int, int]], int]:
    """The (package, file) pairs of `langs` to keep: a file is dropped when >= 70 % of its lines are in files kept before."""
    seen: set[int] = set()
    whole: set[bytes] = set()
    keep: list[tuple[int, int]] = []
    dropped = 0
    for i, rec in enumerate(PACKAGES):
        for j, f in enumerate(rec["files"]):
            if language(f["path"]) not in langs:
                continue
            data = f["text"].encode()
            if COPYLEFT.search(data[:3000]):
                continue
            digest = hashlib.blake2b(data, digest_size=12).digest()
            lines = {hash(s) for x in data.splitlines() if len(s := x.strip()) > 15}
            if digest in whole or len(lines) < 3 or len(lines & seen) >= 0.7 * len(lines):
                dropped += len(data)
                continue
            whole.add(digest)
            seen |= lines
            keep.append((i, j))
    return keep, dropped


def size(rec: Record) -> int:
    return sum(len(f["text"]) for f in rec["files"])


def dominant(rec: Record) -> str:
    tally: dict[str, int] = defaultdict(int)
    for f in rec["files"]:
        tally[language(f["path"])] += len(f["text"])
    tally["markdown"] = tally.get("markdown", 0) // 20
    return max(tally, key=lambda k: tally[k])


def cap(rec: Record, limit: int) -> None:
    """Reduces a very large package to whole folders, chosen by hash, of at most `limit` characters."""
    if size(rec) <= limit:
        return
    folders: dict[str, list[dict[str, str]]] = defaultdict(list)
    for f in rec["files"]:
        folders[posixpath.dirname(f["path"])].append(f)
    kept: list[dict[str, str]] = []
    used = 0
    for d in sorted(folders, key=lambda d: hashlib.md5(d.encode()).digest()):
        n = sum(len(f["text"]) for f in folders[d])
        if used + n <= limit:
            kept += folders[d]
            used += n
    rec["files"] = kept or rec["files"][:1]


def balance(train: list[Record], total: float) -> list[Record]:
    """Reduces .d.ts and Markdown, then packages of each language, to their shares."""
    typed = sum(len(f["text"]) for r in train for f in r["files"] if language(f["path"]) == "typescript" and not is_dts(f["path"]))
    left = {"dts": min(typed, SHARES["typescript"] * total) * DTS_SHARE / (1 - DTS_SHARE), "md": SHARES["markdown"] * total}
    used: dict[str, int] = defaultdict(int)
    out: list[Record] = []
    for r in train:
        lang = dominant(r)
        if used[lang] >= SHARES.get(lang, 0) * total and lang != "markdown":
            continue
        for key, test in (("dts", is_dts), ("md", lambda p: p.endswith(".md"))):
            n = sum(len(f["text"]) for f in r["files"] if test(f["path"]))
            if n > left[key] or (key == "md" and n > 300_000):
                r["files"] = [f for f in r["files"] if not test(f["path"])]
            else:
                left[key] -= n
        for f in r["files"]:
            used[language(f["path"])] += len(f["text"])
        if r["files"]:
            out.append(r)
    return out


def lines_of(rec: Record) -> list[str]:
    """The JSON lines of one package, its files in dependency order."""
    pieces: list[list[dict[str, str]]] = [[]]
    used = 0
    for f in ordered(rec["files"]):
        if used and used + len(f["text"]) > PIECE:
            pieces.append([])
            used = 0
        pieces[-1].append(f)
        used += len(f["text"])
    head = {"package": rec["package"], "language": dominant(rec), "license": rec["license"]}
    return [json.dumps({**head, "files": p}, ensure_ascii=False) + "\n" for p in pieces if p]


def write(job: tuple[Path, list[int], int]) -> tuple[str, int, int]:
    path, which, preset = job
    raw = 0
    with lzma.open(path, "wb", filters=[{"id": lzma.FILTER_LZMA2, "preset": preset, "dict_size": 128 << 20}]) as f:
        for i in which:
            for line in lines_of(PACKAGES[i]):
                raw += f.write(line.encode())
    return path.name, raw, path.stat().st_size


def tally(recs: list[Record]) -> dict[str, dict[str, int]]:
    out: dict[str, dict[str, int]] = defaultdict(lambda: {"packages": 0, "files": 0, "bytes": 0})
    for r in recs:
        out[dominant(r)]["packages"] += 1
        for f in r["files"]:
            for key in (language(f["path"]), "all", *(("of which .d.ts",) if is_dts(f["path"]) else ())):
                out[key]["files"] += 1
                out[key]["bytes"] += len(f["text"].encode())
    out["all"]["packages"] = len(recs)
    return dict(out)


def sources(splits: dict[str, list[Record]], path: Path) -> None:
    """Writes the table of all packages by registry. Rows of earlier corpora stay, since the weights have seen those packages."""
    rows: dict[str, set[str]] = defaultdict(set)
    registry = ""
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        if line.startswith("## "):
            registry = line.split()[1]
        elif line.count("|") == 4 and line.split("|")[3].isdigit():
            rows[registry].add(line)
    for split, recs in splits.items():
        for r in recs:
            reg, name = r["package"].split(":", 1)
            name, _, version = name.rpartition("@")
            row = f"{name}|{version}|{r['license']}|{max(1, size(r) // 1000)}|{split}"
            rows[reg] = {old for old in rows[reg] if not old.startswith(f"{name}|{version}|")} | {row}
    text = ["# Sources of the training corpus\n", "Written by `memmamba-pack`. Columns: package, version, licence, kilobytes kept"
            " after cleaning, split (`train`, `val`, `test`). Whole packages are held out, never single files. A package of which"
            " several versions were used has as many rows.\n"]
    for reg in sorted(rows):
        text += [f"## {reg} ({len(rows[reg])})\n", "package|version|licence|kB|split", "-|-|-|-|-", *sorted(rows[reg]), ""]
    path.write_text("\n".join(text), "utf-8")


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--work", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--total", type=float, default=1180, help="training megabytes to aim at")
    ap.add_argument("--parts", type=int, default=4)
    ap.add_argument("--package-cap", type=float, default=4, help="megabytes that one package may give")
    ap.add_argument("--shares", nargs="*", default=[], metavar="LANGUAGE=SHARE", help="of the training bytes, where not as usual")
    ap.add_argument("--preset", type=int, default=6, help="of xz")
    ap.add_argument("--sources", type=Path)
    ap.add_argument("--dry", action="store_true", help="stop before writing the parts")
    args = ap.parse_args()
    SHARES.update({name: float(share) for name, _, share in (s.partition("=") for s in args.shares)})
    held = {n: s for s, names in tomllib.loads((HERE / "packages.toml").read_text())["heldout"].items() for n in names}

    recs = load(args.work / "clean")
    recs.sort(key=lambda r: hashlib.md5(base_name(r["package"]).encode()).digest())
    recs.sort(key=lambda r: {"test": 0, "val": 1}.get(held.get(base_name(r["package"]), ""), 2))
    PACKAGES[:] = recs
    print(f"{len(recs)} packages, {sum(map(size, recs)) / 1e6:.0f} MB before dedup", flush=True)
    groups = [("typescript", "javascript"), ("c", "markdown"), ("python",), ("go",), ("java",), ("rust",)]
    keep: dict[int, list[int]] = defaultdict(list)
    with mp.get_context("fork").Pool(2) as pool:
        for pairs, dropped in pool.imap_unordered(dedup, groups):
            print(f"dropped {dropped / 1e6:.0f} MB as duplicates", flush=True)
            for i, j in pairs:
                keep[i].append(j)
    splits: dict[str, list[Record]] = {"train": [], "val": [], "test": []}
    for i, r in enumerate(recs):
        r["files"] = [r["files"][j] for j in sorted(keep[i])]
        if r["files"]:
            splits[held.get(base_name(r["package"]), "train")].append(r)
    for r in splits["train"]:
        cap(r, int(args.package_cap * 1e6) * (2 if dominant(r) in ("typescript", "javascript") else 1))
    for r in splits["val"] + splits["test"]:
        cap(r, HELD_CAP)
    print("available MB:", {k: round(v["bytes"] / 1e6) for k, v in tally(splits["train"]).items()}, flush=True)
    splits["train"] = balance(splits["train"], args.total * 1e6)
    stats: dict[str, Any] = {s: tally(r) for s, r in splits.items()}
    print(json.dumps(stats), flush=True)
    if args.dry:
        return

    args.out.mkdir(parents=True, exist_ok=True)
    PACKAGES[:] = splits["val"] + splits["test"] + splits["train"]
    nv, nt = len(splits["val"]), len(splits["test"])
    train = list(range(nv + nt, len(PACKAGES)))
    random.Random(7).shuffle(train)
    train.sort(key=lambda i: (dominant(PACKAGES[i]), -size(PACKAGES[i]) // 1_000_000))  # dealt out, each part gets the same mix
    parts = [train[p :: args.parts] for p in range(args.parts)]
    for p in parts:
        random.Random(7).shuffle(p)
    jobs = [(args.out / f"train-{p:03}.jsonl.xz", parts[p], args.preset) for p in range(args.parts)]
    jobs += [(args.out / "val.jsonl.xz", list(range(nv)), 6), (args.out / "test.jsonl.xz", list(range(nv, nv + nt)), 6)]
    with mp.get_context("fork").Pool(2) as pool:
        for name, raw, packed in pool.imap_unordered(write, jobs, chunksize=1):
            stats.setdefault("parts", {})[name] = {"raw": raw, "packed": packed, "ratio": round(raw / max(1, packed), 2)}
            print(name, raw, packed, f"{packed / 2**20:.1f} MiB", flush=True)
    (args.out / "stats.json").write_text(json.dumps(stats, indent=1))
    if args.sources:
        sources(splits, args.sources)


if __name__ == "__main__":
    main()
