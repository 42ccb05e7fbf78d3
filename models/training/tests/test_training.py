"""The training loop, as its command runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from conftest import MODELS, PACKAGE
from tokenizers import Tokenizer

from memmamba_training.model.checkpoint import load_model

TOKENIZER = MODELS.parent / "test" / "fixtures" / "tiny-model" / "tokenizer.json"
OPTIONS = (
    "--preset test --minutes 1 --no-compile --batch 2 --length 1024 --segments 1 2 --workers 2 --bank 100 --retrieval-every 2 "
    "--eval-lengths 1024 --eval-tokens 2048 --eval-documents 1 --eval-infills 2 --eval-pairs 0"
).split()


def write_stream(folder: Path) -> None:
    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    ids: list[int] = []
    starts: list[int] = []
    for file in sorted(PACKAGE.rglob("*.py")):
        starts.append(len(ids))
        body = tokenizer.encode(f"{file.name}\n{file.read_text('utf-8')}".replace("<|", "<"), add_special_tokens=False).ids
        ids += [tokenizer.token_to_id("<|path|>"), *body, tokenizer.token_to_id("<|eof|>")]
    for name in ("train", "val"):
        np.array(ids, np.uint16).tofile(folder / f"{name}.bin")
        np.save(folder / f"{name}.files.npy", np.array(starts))


def train(folder: Path, *options: str) -> list[dict[str, object]]:
    """Runs the command; returns its log."""
    out = folder / "run"
    command = [sys.executable, "-m", "memmamba_training.train", *OPTIONS, *options]
    paths = ["--tokens", str(folder), "--tokenizer", str(TOKENIZER), "--out", str(out)]
    result = subprocess.run([*command, *paths], cwd=PACKAGE.parent, capture_output=True, text=True, timeout=600)
    assert result.returncode == 0, result.stderr[-2000:]
    return [json.loads(line) for line in (out / "log.jsonl").read_text("utf-8").splitlines()]


def test_training_runs_and_resumes(tmp_path: Path) -> None:
    write_stream(tmp_path)
    log = train(tmp_path, "--steps", "3")
    assert log[-1]["finished"] and log[-1]["step"] == 3 and log[-1]["tokens"] == 3 * 2 * 1024
    measured = next(r for r in log if "bpb_1024" in r)
    assert not any("failed" in str(v) for v in measured.values()), measured
    step = next(r for r in log if "loss" in r)
    assert step["loss"] > 0 and step["contrast"] > 0
    first, about = load_model(tmp_path / "run" / "last.pt")
    assert about["step"] == 3 and first.retrieval is not None
    log = train(tmp_path, "--steps", "1", "--resume", str(tmp_path / "run" / "last.pt"), "--eval-documents", "0", "--eval-infills", "0")
    assert log[-1]["tokens"] == 4 * 2 * 1024
