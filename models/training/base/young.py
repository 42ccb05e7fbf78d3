"""The packages of young.json, cleaned, as the file that measure.py measures on.

    python young.py packages WORK/youngtool    # a packages.toml for the fetch tool of ../memmamba_training/corpus
    python young.py pack WORK/clean --out young.jsonl.xz

Between the two: `memmamba-fetch` and `memmamba-clean` with that packages.toml. `cargo vendor` brings dependencies as well; only
what young.json names is packed, at most FILES files of a package.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import lzma
from pathlib import Path

from mix import HERE, language

FILES = 10
"""Of one package and language; which ones, their names decide."""


def named() -> dict[str, list[str]]:
    table: dict[str, list[str]] = collections.defaultdict(list)
    for p in json.loads((HERE / "young.json").read_text())["packages"]:
        table[p["registry"]].append(p["name"])
    return table


def packages(out: Path) -> None:
    """What fetch.py reads, with these packages and nothing else."""
    table = named()
    groups = [[name] for name in table["cargo"]]
    artifacts = [f"{name}:LATEST" for name in table["maven"]]
    sections = {"npm": {"names": table["npm"]}, "pypi": {"names": table["pypi"]}, "cargo": {"groups": groups}, "go": {"modules": table["go"]},
                "maven": {"boms": [], "artifacts": artifacts}, "debian": {}, "heldout": {"val": [], "test": []}}
    lines = [f"[{section}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items()) for section, keys in sections.items()]
    out.mkdir(parents=True, exist_ok=True)
    (out / "packages.toml").write_text("".join(lines))


def pack(clean: Path, out: Path) -> None:
    wanted = {f"{r}:{n.replace('-', '_') if r == 'pypi' else n}" for r, names in named().items() for n in names}
    with lzma.open(out, "wt", encoding="utf-8") as f:
        for path in sorted(clean.glob("*.jsonl")):
            for rec in map(json.loads, path.open(encoding="utf-8")):
                if rec["package"].rsplit("@", 1)[0] not in wanted:
                    continue
                taken: collections.Counter[str | None] = collections.Counter()
                files = []
                for file in sorted(rec["files"], key=lambda e: hashlib.md5(e["path"].encode()).digest()):
                    kind = language(file["path"])
                    if kind and taken[kind] < FILES and not file["path"].endswith(".d.ts"):
                        taken[kind] += 1
                        files.append([file["path"], file["text"]])
                print(rec["package"], dict(taken))
                f.write(json.dumps({"p": rec["package"], "f": files}, ensure_ascii=False) + "\n")


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("duty", choices=["packages", "pack"])
    ap.add_argument("folder", type=Path)
    ap.add_argument("--out", type=Path, default=Path("young.jsonl.xz"))
    args = ap.parse_args()
    if args.duty == "packages":
        packages(args.folder)
    else:
        pack(args.folder, args.out)


if __name__ == "__main__":
    main()
