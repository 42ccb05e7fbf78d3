"""Writes PyTorch's embeddings of spans and questions for the parity test of the engine: `retrieval.json` in a model's folder.

    memmamba-golden-retrieval --preset test-embedding --model ../../test/fixtures/tiny-embedding-model
    memmamba-golden-retrieval --checkpoint run/last.pt --model ../memmamba-small --out retrieval.json

A preset means the random weights that memmamba-export gave the fixture; the script checks that they are the same.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from tokenizers import Tokenizer

from memmamba_training.data.questions import QuestionMaker
from memmamba_training.export.texts import RETRIEVAL_TEXT
from memmamba_training.model.checkpoint import load_model
from memmamba_training.model.embeddings import question_embeddings, span_embeddings
from memmamba_training.model.memmamba import MemMamba
from memmamba_training.model.presets import PRESETS

BASENAME = "retry.ts"
TEXT = RETRIEVAL_TEXT.read_text(encoding="utf-8")  # has no special tokens in it
QUESTIONS = (
    "where is the retry limit?",
    "what does the pool size default to, and who changes it?",
    "x",
    "how is an entry of the cache made invalid when the file after it has changed on disk " * 12,  # cut at 128 tokens
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
        model, _ = load_model(args.checkpoint)
    else:
        model = MemMamba(PRESETS[args.preset]).eval()
    tokenizer = Tokenizer.from_file(str(args.model / "tokenizer.json"))

    header = [tokenizer.token_to_id("<|path|>"), *tokenizer.encode(f"{BASENAME}\n", add_special_tokens=False).ids]
    encoded = tokenizer.encode(TEXT, add_special_tokens=False)
    lines = TEXT.split("\n")
    line_starts = [0]
    for line in lines:
        line_starts.append(line_starts[-1] + len(line) + 1)
    starts = torch.tensor([a for a, _ in encoded.offsets])
    # Of various lengths: inside a block, over several, to the end of the text.
    ranges = [(0, 1), (3, 9), (16, 17), (20, 44), (44, 47), (1, len(lines) - 1), (len(lines) - 6, len(lines) - 1)]
    spans = [
        [len(header) + int(torch.searchsorted(starts, torch.tensor(line_starts[line]))) for line in pair] for pair in ranges
    ]
    ids = torch.tensor([header + encoded.ids])
    padded = torch.nn.functional.pad(ids, (0, -ids.shape[1] % model.cfg.block_size))

    golden = json.loads((args.model / "golden.json").read_text(encoding="utf-8"))
    maker = QuestionMaker(tokenizer)
    questions = torch.tensor([maker.encode_question(q) for q in QUESTIONS])
    out: dict[str, object] = {"basename": BASENAME, "text": TEXT, "lines": ranges, "spans": spans, "questions": QUESTIONS}
    for name, mode in (("float", "weights"), ("int8", "full")):
        model.set_quantize(mode)  # type: ignore[arg-type]
        check = torch.tensor([golden["ids"] + [0] * (-len(golden["ids"]) % model.cfg.block_size)])
        actual = model.read(check).embedding
        assert actual is not None, "this model has no embedding"
        expected = torch.tensor(golden[name]["embedding"])
        assert torch.allclose(actual[0, golden["positions"]].float(), expected, atol=1e-4), "these are not the weights of the folder"
        embedding = model.read(padded).embedding
        assert embedding is not None
        rows = span_embeddings(embedding, torch.tensor([spans]))[0], question_embeddings(model, questions, maker.pad)
        out[name] = {key: [[round(float(v), 6) for v in row] for row in t] for key, t in zip(("spans", "questions"), rows, strict=True)}
    target = args.out or args.model / "retrieval.json"
    target.write_text(json.dumps(out) + "\n", encoding="utf-8")
    print(f"{target}: {len(spans)} spans of {ids.shape[1]} tokens, {len(QUESTIONS)} questions")


if __name__ == "__main__":
    main()
