"""Embeddings of spans and questions by PyTorch, for the test of the extension's own sums: `retrieval.json` in a model's folder.

    python golden_retrieval.py --preset test-embedding --model ../../test/fixtures/tiny-embedding-model
    python golden_retrieval.py --checkpoint run/last.pt --model ../memmamba-small --out retrieval.json

A preset means the random weights that `export.py` gave the fixture; the script checks that they are the same.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from tokenizers import Tokenizer

from config import PRESETS, ModelConfig
from model import MemMamba
from retrieval import Pairs, question_embeddings, span_embeddings

BASENAME = "retry.ts"
TEXT = Path(__file__).with_name("definitions.py").read_text(encoding="utf-8")  # has no special tokens in it
QUESTIONS = (
    "where is the retry limit?",
    "what does the pool size default to, and who changes it?",
    "x",
    "how is an entry of the cache made invalid when the file behind it has changed on disk " * 12,  # cut at 128 tokens
)


@torch.no_grad()
def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--checkpoint", type=Path)
    ap.add_argument("--preset", choices=sorted(PRESETS))
    ap.add_argument("--model", type=Path, required=True, help="folder with tokenizer.json and golden.json")
    ap.add_argument("--out", type=Path)
    args = ap.parse_args()

    torch.manual_seed(0)
    if args.checkpoint:
        saved = torch.load(args.checkpoint, map_location="cpu", weights_only=True)
        model = MemMamba(ModelConfig.from_dict(saved["config"]))
        model.load(saved["model"])
    else:
        model = MemMamba(PRESETS[args.preset])
    model.eval()
    tokenizer = Tokenizer.from_file(str(args.model / "tokenizer.json"))

    header = [tokenizer.token_to_id("<|path|>"), *tokenizer.encode(f"{BASENAME}\n", add_special_tokens=False).ids]
    encoded = tokenizer.encode(TEXT, add_special_tokens=False)
    lines = TEXT.split("\n")
    begins = [0]
    for line in lines:
        begins.append(begins[-1] + len(line) + 1)
    starts = torch.tensor([a for a, _ in encoded.offsets])
    # Lines of every length and place: inside a block, over several, to the end of the text.
    ranges = [(0, 1), (3, 9), (16, 17), (20, 44), (44, 47), (1, len(lines) - 1), (len(lines) - 6, len(lines) - 1)]
    spans = [
        [len(header) + int(torch.searchsorted(starts, torch.tensor(begins[line]))) for line in pair] for pair in ranges
    ]
    ids = torch.tensor([header + encoded.ids])
    padded = torch.nn.functional.pad(ids, (0, -ids.shape[1] % model.cfg.block_size))

    golden = json.loads((args.model / "golden.json").read_text(encoding="utf-8"))
    pairs = Pairs(tokenizer)
    asked = torch.tensor([pairs.encode_question(q) for q in QUESTIONS])
    out: dict[str, object] = {"basename": BASENAME, "text": TEXT, "lines": ranges, "spans": spans, "questions": QUESTIONS}
    for name, mode in (("float", "weights"), ("int8", "full")):
        model.set_quantize(mode)  # type: ignore[arg-type]
        check = torch.tensor([golden["ids"] + [0] * (-len(golden["ids"]) % model.cfg.block_size)])
        seen = model.read(check).embedding
        assert seen is not None, "this model has no embedding"
        wanted = torch.tensor(golden[name]["embedding"])
        assert torch.allclose(seen[0, golden["positions"]].float(), wanted, atol=1e-4), "these are not the weights of the folder"
        embedding = model.read(padded).embedding
        assert embedding is not None
        rows = span_embeddings(embedding, torch.tensor([spans]))[0], question_embeddings(model, asked, pairs.pad)
        out[name] = {key: [[round(float(v), 6) for v in row] for row in t] for key, t in zip(("spans", "questions"), rows, strict=True)}
    target = args.out or args.model / "retrieval.json"
    target.write_text(json.dumps(out) + "\n", encoding="utf-8")
    print(f"{target}: {len(spans)} spans of {ids.shape[1]} tokens, {len(QUESTIONS)} questions")


if __name__ == "__main__":
    main()
