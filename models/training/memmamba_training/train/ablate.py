"""The ablation: small models that differ in one respect, trained on the same number of tokens, then measured; writes a table.

    memmamba-ablate --tokens tokens --tokenizer tokenizer.json --out ablation [--gpus 4 --per-gpu 2] [--arms tiny tiny-fifo]

About 2 minutes an arm on one H200, and 40 s of compilation; arms run in parallel, --per-gpu of them on each GPU. Every arm has
the same number of steps (so of tokens) and, within 2 %, of parameters; --minutes only ends an arm that is far slower than
expected. An arm that is already in --out is not trained again. No fake quantization, no retrieval head, texts of one segment.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ARMS = {
    "tiny-mamba2": "plain Mamba-2 (a seventh layer instead of notes)",
    "tiny-transformer": "transformer",
    "tiny-recent": "recent window only",
    "tiny-fifo": "notes, FIFO, pool 128",
    "tiny-64": "notes, priority, pool 64",
    "tiny": "notes, priority, pool 128",
    "tiny-512": "notes, priority, pool 512",
    "tiny-no-cross": "notes, priority, pool 128, no cross-layer attention",
}
KINDS = ("passkey", "uuid", "signature", "keys32", "absent8")


def command(arm: str, args: argparse.Namespace) -> list[str]:
    return [
        sys.executable, "-m", "memmamba_training.train", "--preset", arm, "--minutes", str(args.minutes),
        "--steps", str(args.steps), "--tokens", str(args.tokens), "--tokenizer", str(args.tokenizer), "--out", str(args.out / arm),
        "--length", str(args.length), "--batch", str(args.batch), "--segments", "1", "--lr", "4e-3", "--quant-from", "2",
        "--planted-share", "1", "1", "--no-retrieval", "--eval-every", "1e9", "--save-every", "1e9",
        "--eval-lengths", *map(str, args.lengths), "--eval-documents", str(args.documents),
        "--eval-tokens", str(args.eval_tokens), "--eval-infills", str(args.infills),
        "--seed", str(args.seed), *(["--no-compile"] if args.no_compile else []), "--workers", str(args.workers), "--bank", str(args.bank),
    ]  # fmt: skip


def records(folder: Path) -> list[dict[str, object]]:
    file = folder / "log.jsonl"
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def finished(folder: Path) -> bool:
    return any(r.get("finished") for r in records(folder))


def figures(values: object) -> str:
    return " ".join(f"{v:.3f}".lstrip("0") for v in values) if isinstance(values, list) else ""


def table(args: argparse.Namespace) -> str:
    """In the form of EXPERIMENTS.md."""
    heads = ["arm", "parameters", "tokens", "tokens/s"]
    for n in args.lengths:
        heads += [f"bpb {n}", *(f"{kind} {n}" for kind in KINDS)]
    lines = [f"| {' | '.join([*heads, 'infilled lines'])} |", "|" + "---|" * (len(heads) + 1)]
    for arm in args.arms:
        log = records(args.out / arm)
        last = next((r for r in reversed(log) if "lines_0" in r or any(str(k).startswith("bpb") for k in r)), None)
        if last is None or not finished(args.out / arm):
            lines.append(f"| {ARMS[arm]} | did not finish |")
            continue
        end = next(r for r in reversed(log) if r.get("finished"))
        parameters = next(r["parameters"] for r in log if "parameters" in r)
        row = [ARMS[arm], f"{parameters / 1e6:.2f} M", f"{end['tokens'] / 1e6:.0f} M"]  # type: ignore[operator]
        row.append(f"{end['tokens'] / max(1.0, end['seconds']) / 1e3:.0f} k")  # type: ignore[operator,type-var,call-overload]
        for n in args.lengths:
            row += [figures(last.get(f"bpb_{n}")), *(figures(last.get(f"{kind}_{n}")) for kind in KINDS)]
        lines.append(f"| {' | '.join([*row, str(last.get('lines_0', ''))])} |")
    return "\n".join(lines)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--tokens", type=Path, required=True)
    ap.add_argument("--tokenizer", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--arms", nargs="+", choices=list(ARMS), default=list(ARMS))
    ap.add_argument("--gpus", type=int, default=1)
    ap.add_argument("--per-gpu", type=int, default=1, help="arms at once on one GPU: one compiles while another trains")
    ap.add_argument("--minutes", type=float, default=2.5)
    ap.add_argument("--steps", type=int, default=3000, help="of batch * length tokens: 197 M tokens with the other defaults")
    ap.add_argument("--batch", type=int, default=16)
    ap.add_argument("--length", type=int, default=4096)
    ap.add_argument("--lengths", type=int, nargs="+", default=[4096, 16384], help="of texts to measure")
    ap.add_argument("--documents", type=int, default=10)
    ap.add_argument("--eval-tokens", type=int, default=262_144)
    ap.add_argument("--infills", type=int, default=200)
    ap.add_argument("--workers", type=int, default=12)
    ap.add_argument("--bank", type=int, default=12_000)
    ap.add_argument("--seed", type=int, default=0)
    ap.add_argument("--no-compile", action="store_true")
    args = ap.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    waiting = [arm for arm in args.arms if not finished(args.out / arm)]
    running: dict[int, tuple[str, subprocess.Popen[bytes]]] = {}
    while waiting or running:
        for slot in range(args.gpus * args.per_gpu):
            if slot in running and running[slot][1].poll() is not None:
                arm, process = running.pop(slot)
                print(f"{arm}: {'done' if process.returncode == 0 else f'failed, see {args.out / arm}.log'}", flush=True)
            if slot not in running and waiting:
                arm = waiting.pop(0)
                with open(args.out / f"{arm}.log", "wb") as log:
                    environment = os.environ | {"CUDA_VISIBLE_DEVICES": str(slot % args.gpus)}
                    running[slot] = arm, subprocess.Popen(command(arm, args), stdout=log, stderr=log, env=environment)
        if running:
            try:
                next(iter(running.values()))[1].wait(timeout=2)
            except subprocess.TimeoutExpired:
                continue
    text = table(args)
    (args.out / "table.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
