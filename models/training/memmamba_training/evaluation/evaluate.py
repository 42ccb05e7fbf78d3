"""Measures a checkpoint on held-out packages: all metrics of metrics.py, by length and arithmetic.

    memmamba-evaluate --checkpoint run/last.pt --tokenizer tokenizer.json --tokens tokens --out quality.json

Training measures the same while it runs.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from tokenizers import Tokenizer

from memmamba_training.data.infill import Infill
from memmamba_training.evaluation.metrics import (
    KINDS,
    bits_per_byte,
    infilled_lines,
    recall,
    recall_banks,
    retrieval,
    token_bytes,
)
from memmamba_training.model.checkpoint import load_model
from memmamba_training.tokens.stream import TokenStream


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--checkpoint", type=Path, required=True)
    ap.add_argument("--tokenizer", type=Path, required=True)
    ap.add_argument("--tokens", type=Path, required=True, help="folder with the held-out stream, SPLIT.bin")
    ap.add_argument("--split", default="test")
    ap.add_argument("--lengths", type=int, nargs="*", default=[4096, 16384, 65536])
    ap.add_argument("--kinds", nargs="*", choices=KINDS, default=list(KINDS))
    ap.add_argument("--documents", type=int, default=20, help="per kind and length, five queries each")
    ap.add_argument("--windows", type=int, default=0, help="for bits per byte; 0: a quarter of a million tokens")
    ap.add_argument("--infills", type=int, default=300, help="lines to fill in; 0: do not measure")
    ap.add_argument("--pairs", type=int, default=1000, help="of question and definition; 0: do not measure")
    ap.add_argument("--modes", nargs="+", choices=["none", "weights", "full"], default=["none", "full"], help="of fake quantization")
    ap.add_argument("--out", type=Path)
    args = ap.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tk = Tokenizer.from_file(str(args.tokenizer))
    stream, sizes, banks, infill = TokenStream(args.tokens, args.split), token_bytes(tk), recall_banks(tk), Infill(tk, 0.0)
    quality: dict[str, object] = {"split": args.split}
    for mode in args.modes:
        model, about = load_model(args.checkpoint, device, mode)
        figures: dict[str, object] = {}

        def record(name: str, value: object) -> None:
            figures[name] = value
            print(mode, name, value, flush=True)

        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            for n in args.lengths:
                windows = args.windows or max(2, 262144 // n)
                record(f"bits_per_byte_by_quarter_{n}", bits_per_byte(model, stream, sizes, n, windows, device))
                for kind in args.kinds:
                    record(f"recall_{kind}_{n}", recall(model, stream, banks, infill.line_start, kind, n, args.documents, device))
            for suffix_tokens in (0, 48) if args.infills else ():
                name = f"infilled_lines_{suffix_tokens}_shown"
                record(name, infilled_lines(model, stream, infill, args.infills, device, suffix_tokens))
            if model.retrieval is not None and args.pairs:
                record("retrieval", retrieval(model, stream, tk, args.pairs, device))
        quality[{"none": "float", "weights": "int8 weights", "full": "int8"}[mode]] = figures
        quality["training"] = about
        if args.out:
            args.out.write_text(json.dumps(quality, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
