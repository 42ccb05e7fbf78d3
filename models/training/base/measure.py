"""Measurements in PyTorch: bits per byte, what copying is left, single lines that are filled in, copied values.

    python measure.py --trunk F --tokenizer F --held-out test/fixtures/held-out --young young.json.xz [--checkpoint FOLDER] [--cases cases.json]

Without a checkpoint: the teacher, and the teacher with windows. Bits per byte count the same bytes for every model: windows of
2,048 tokens, at most two a file, each read from nothing. An infilled line and a copied value count as right when greedy decoding would
write exactly them: every token is the likeliest after the right ones before it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import lzma
import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import checkpoint
import teacher
import torch
import torch.nn.functional as F
from config import Config
from model import Base, windowed
from tokenizers import Tokenizer
from torch import Tensor

WINDOW = 2048
Hidden = Callable[[Tensor], Tensor]
Windows = list[tuple[str, list[int], int]]
"""Language, WINDOW + 1 ids, bytes of the last WINDOW."""


def windows(files: list[tuple[str, str]], tok: Tokenizer, per_file: int = 2) -> Windows:
    """files are (language, text)."""
    out: Windows = []
    for language, text in files:
        ids = tok.encode(text, add_special_tokens=False).ids
        for n in range(min(per_file, (len(ids) - 1) // WINDOW)):
            row = ids[n * WINDOW : (n + 1) * WINDOW + 1]
            out.append((language, row, len(tok.decode(row[1:], skip_special_tokens=False).encode())))
    return out


def held_out(folder: Path) -> list[tuple[str, str]]:
    return [(f.parent.name, f.read_text("utf-8")) for f in sorted(folder.glob("*/*"))]


def set_aside(path: Path) -> list[tuple[str, str]]:
    """Files of packages that no training file comes from: those of mix.py for choices, those of young.py for figures."""
    from mix import language

    with lzma.open(path, "rt", encoding="utf-8") as f:
        return [(language(name) or "other", text) for rec in map(json.loads, f) for name, text in rec["f"]]


@contextlib.contextmanager
def measuring(model: Base) -> Iterator[None]:
    """Without gradients and without compiled parts, whose shapes are those of training."""
    parts, flexible = model.parts, model.flexible
    model.parts, model.flexible = model.plain, False
    with torch.no_grad():
        yield
    model.parts, model.flexible = parts, flexible


def bits(hidden: Hidden, E: Tensor, rows: Windows, batch: int = 16) -> dict[str, float]:
    """Bits per byte: of all windows, of each language, and `mean`, that of the languages."""
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for at in range(0, len(rows), batch):
        part = rows[at : at + batch]
        ids = torch.tensor([r[1] for r in part], device=E.device)
        h = hidden(ids[:, :-1])
        for (language, _, size), hh, row in zip(part, h, ids):
            nats = F.cross_entropy((hh @ E.t()).float(), row[1:], reduction="sum").item()
            for key in ("all", language):
                sums[key][0] += nats
                sums[key][1] += size
    return {k: round(nats / size / math.log(2), 4) for k, (nats, size) in sums.items()}


def copying(hidden: Hidden, E: Tensor, rows: Windows, count: int = 16, gap: int = 1200, length: int = 128) -> float:
    """Bits per token of `length` tokens of code that stand `gap` tokens further up in the same window, words of which are shuffled."""
    rng = random.Random(0)
    texts = []
    for _, ids, _ in rows[:count]:
        again = ids[100 : 100 + length]
        rng.shuffle(again)
        texts.append(ids[:200] + again + ids[200 : 200 + gap - length] + again)
    x = torch.tensor(texts, device=E.device)
    x = F.pad(x, (0, -x.shape[1] % 64))
    h = hidden(x)[:, 200 + gap + 8 : 200 + gap + length - 1]
    wanted = x[:, 200 + gap + 9 : 200 + gap + length]
    return round(F.cross_entropy((h @ E.t()).float().flatten(0, 1), wanted.flatten()).item() / math.log(2), 4)


Case = dict[str, Any]
"""`kind`, `prompt` (ids) and `answer` (ids); the text after the answer's last token may be an end of line."""


def infill_cases(files: list[tuple[str, str]], tok: Tokenizer, c: Config, count: int, seed: int = 1) -> list[Case]:
    """Single lines inside blocks (indented, at least 12 characters), 6,000 characters in front and 2,000 behind."""
    rng = random.Random(seed)
    by_language: dict[str, list[str]] = defaultdict(list)
    for language, text in files:
        if len(text) > 1500 and language not in ("markdown", "dts"):
            by_language[language].append(text)
    out: list[Case] = []
    encode = lambda s: tok.encode(s, add_special_tokens=False).ids  # noqa: E731
    for language, texts in sorted(by_language.items()):
        wanted, seen = count // len(by_language), 0
        for _ in range(wanted * 30):
            if seen == wanted:
                break
            lines = rng.choice(texts).split("\n")
            n = rng.randrange(8, max(9, len(lines) - 4))
            line = lines[n] if n < len(lines) else ""
            if not line.startswith(("  ", "\t")) or len(line.strip()) < 12 or line.strip().startswith(("//", "#", "*", "/*")) or len(line) > 120:
                continue
            before, behind = "\n".join(lines[:n])[-6000:] + "\n", "\n" + "\n".join(lines[n + 1 :])[:2000]
            if len(before) > 5990:
                before = before[before.index("\n") + 1 :]
            prompt = [c.mark("<|fim_prefix|>"), *encode(before), c.mark("<|fim_suffix|>"), *encode(behind), c.mark("<|fim_middle|>")]
            out.append({"kind": f"infill {language}", "prompt": prompt, "answer": encode(line)})
            seen += 1
    return out


def value_cases(files: list[tuple[str, str]], tok: Tokenizer, distances: tuple[int, ...], count: int, seed: int = 2) -> list[Case]:
    """A constant with a made-up name and value stands in code; `distance` tokens later its name is written again, and its value is asked for."""
    rng = random.Random(seed)
    texts = [t for _, t in files if len(t) > 16000]
    syllables = "ba ke lo mi nu ra se ti vo xu za pel gor din fas mur".split()
    out: list[Case] = []
    encode = lambda s: tok.encode(s, add_special_tokens=False).ids  # noqa: E731
    for distance in distances:
        for n in range(count):
            ids = encode(rng.choice(texts)[:30000])
            while len(ids) < distance + 300:
                ids += encode(rng.choice(texts)[:30000])
            name = "".join(rng.choice(syllables) for _ in range(3))
            value = str(rng.randrange(10**4, 10**6)) if n % 2 else '"' + "".join(rng.choice(syllables) for _ in range(4)) + '"'
            define, ask = encode(f"\n{name} = {value};\n"), encode(f"\n{name} =")
            prompt = ids[:200] + define + ids[200 : 200 + distance - len(ask)] + ask
            out.append({"kind": f"value {distance}", "prompt": prompt, "answer": encode(f" {value}")})
    return out


def right(hidden: Hidden, E: Tensor, cases: list[Case], tok: Tokenizer, batch: int = 16) -> dict[str, float]:
    """Per cent of cases that greedy decoding would write, and the 95 % interval's half width under `±`."""
    found: dict[str, list[bool]] = defaultdict(list)
    ordered = sorted(cases, key=lambda c: len(c["prompt"]))
    for at in range(0, len(ordered), batch):
        part = ordered[at : at + batch]
        longest = -(-max(len(c["prompt"]) + len(c["answer"]) for c in part) // 64) * 64
        ids = torch.zeros(len(part), longest, dtype=torch.long, device=E.device)
        for row, c in zip(ids, part):
            both = c["prompt"] + c["answer"]
            row[: len(both)] = torch.tensor(both)
        h = hidden(ids)
        for hh, c in zip(h, part):
            a, n = len(c["prompt"]), len(c["answer"])
            best = (hh[a - 1 : a + n - 1] @ E.t()).float().argmax(-1).tolist()
            last = tok.decode([best[-1]], skip_special_tokens=False).rstrip("\r\n") == tok.decode([c["answer"][-1]], skip_special_tokens=False)
            found[c["kind"]].append(best[:-1] == c["answer"][:-1] and last)
            found[c["kind"].split()[0]].append(found[c["kind"]][-1])
    out: dict[str, float] = {}
    for kind, hits in sorted(found.items()):
        p = sum(hits) / len(hits)
        out[kind] = round(100 * p, 1)
        out[kind + " ±"] = round(196 * math.sqrt(p * (1 - p) / len(hits)), 1)
    return out


def report(hidden: Hidden, E: Tensor, sets: dict[str, Windows], cases: list[Case], tok: Tokenizer) -> dict[str, Any]:
    out: dict[str, Any] = {name: bits(hidden, E, rows) for name, rows in sets.items()}
    out["copying"] = copying(hidden, E, next(iter(sets.values())))
    return {**out, "right": right(hidden, E, cases, tok)} if cases else out


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--trunk", type=Path, required=True)
    ap.add_argument("--tokenizer", type=Path, required=True)
    ap.add_argument("--held-out", type=Path, required=True)
    ap.add_argument("--young", type=Path)
    ap.add_argument("--checkpoint", type=Path, nargs="*", default=[])
    ap.add_argument("--cases", type=int, default=0)
    ap.add_argument("--values", type=int, default=0)
    ap.add_argument("--windows", type=int, nargs="*", default=[], help="the teacher with windows of so many tokens")
    ap.add_argument("--no-teacher", action="store_true")
    ap.add_argument("--out", type=Path)
    args = ap.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    tok = Tokenizer.from_file(str(args.tokenizer))
    c = Config(vocabulary=tok.get_vocab_size())
    w = teacher.load(args.trunk)
    files = held_out(args.held_out)
    sets = {"held-out": windows(files, tok)}
    if args.young:
        new = set_aside(args.young)
        sets["young"], files = windows(new, tok, 1), new
    cases = infill_cases(files, tok, c, args.cases) + value_cases(files, tok, (1000, 3000), args.values)
    print({k: len(v) for k, v in sets.items()}, len(cases), "cases", flush=True)
    out: dict[str, Any] = {}

    def show(name: str, model: Base, hidden: Hidden) -> None:
        with measuring(model):
            out[name] = report(hidden, model.embedding, sets, cases, tok)
        print(name, json.dumps(out[name]), flush=True)

    if not args.no_teacher:
        model = Base(c.replace(attention=tuple(range(c.layers))), w, device)
        show("teacher", model, lambda ids: model(ids, teacher=True))
        for size in args.windows:
            show(f"windows of {size}", model, lambda ids: model(ids, look=windowed(ids.shape[1], c.replace(window=size), device)))
    for folder in args.checkpoint:
        named, own = checkpoint.load(folder)
        student = Base(own, w, device)
        checkpoint.put(student, named)
        show(folder.name, student, student)
    if args.out:
        args.out.write_text(json.dumps(out, indent=1))


if __name__ == "__main__":
    main()
