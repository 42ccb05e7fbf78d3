"""The training of MemMamba-base, at tiny sizes: its recurrence, its phases and its files."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import MODELS, assert_close

BASE = MODELS / "training" / "base"
NAMES = ("checkpoint", "choose", "config", "documents", "losses", "measure", "mix", "model", "optim", "recurrence", "teacher", "train")


@pytest.fixture(scope="module", autouse=True)
def scripts():
    """The folder's scripts import each other by their bare names."""
    sys.path.insert(0, str(BASE))
    yield
    sys.path.remove(str(BASE))
    for name in NAMES:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("delta", [False, True])
def test_the_chunked_recurrence_equals_its_definition(delta: bool) -> None:
    import recurrence

    torch.manual_seed(1)
    q, k, v = (torch.randn(2, 128, 3, 8) for _ in range(3))
    k, q = torch.nn.functional.normalize(k, dim=-1), torch.nn.functional.normalize(q, dim=-1)
    g, b = -torch.rand(2, 128, 3), torch.rand(2, 128, 3) if delta else None
    start = torch.randn(2, 3, 8, 8)
    inputs = [t.requires_grad_() for t in (q, k, v, g)]
    found = []
    for y, state in (recurrence.run(q, k, v, g, b, start), recurrence.step_by_step(q, k, v, g, b, start)):
        found.append([y, state, *torch.autograd.grad(y.square().sum() + state.square().sum(), inputs)])
    for chunked, stepped in zip(*found):
        assert_close(chunked.detach(), stepped.detach())


def test_parts_with_holes_are_the_text_in_its_order() -> None:
    import documents

    text = (BASE / "train.py").read_text()
    at = holes = 0
    for part in documents.with_holes(text, random.Random(3)):
        if documents.MIDDLE in part:
            before, rest = part.removeprefix(documents.PREFIX).split(documents.SUFFIX)
            behind, inside = rest.split(documents.MIDDLE)
            part, holes = before + inside + behind, holes + 1
            assert inside
        assert text.find(part, at) >= at
        at = text.find(part, at) + len(part)
    assert holes > 1


def run(out: Path, tokens: Path, *more: str) -> list[dict]:
    import train

    args = ["--tiny", "--tokens", str(tokens), "--out", str(out), "--length", "128", "--batch", "2", "--first", "0", "--adapter", "2",
            "--no-compile", "--log-every", "1", *more]  # fmt: skip
    train.Run(train.options().parse_args(args)).go()
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def test_a_run_aligns_distils_and_goes_on_from_its_weights(tmp_path: Path) -> None:
    import checkpoint

    (tmp_path / "tokens").mkdir()
    data = (BASE / "train.py").read_bytes() * 2
    np.save(tmp_path / "tokens" / "a.npy", np.frombuffer(data, np.uint8).astype(np.uint16))
    log = run(tmp_path / "run", tmp_path / "tokens", "--steps", "12", "--wide", "1", "--align-lr", "2e-2")
    losses = {stage: [line["loss"] for line in log if line.get("stage") == stage and "loss" in line] for stage in ("align", "distil")}
    assert np.mean(losses["align"][-3:]) < 0.9 * np.mean(losses["align"][:3])
    assert all(np.isfinite(losses["distil"]))
    named, config = checkpoint.load(tmp_path / "run" / "weights")
    exact, _ = checkpoint.load(tmp_path / "run" / "exact")
    assert config.attention == (1, 3) and config.wide == (1,)
    for name, t in exact.items():
        assert_close(named[name], t, 2e-2)
    further = run(tmp_path / "more", tmp_path / "tokens", "--steps", "2", "--wide", "1", "--start", str(tmp_path / "run" / "weights"))
    assert {line["stage"] for line in further if "stage" in line} == {"distil"}
    aligned = str(tmp_path / "run" / "aligned.pt")
    resumed = run(tmp_path / "resumed", tmp_path / "tokens", "--steps", "2", "--wide", "1", "--resume", aligned)
    assert {line["stage"] for line in resumed if "loss" in line} == {"align", "distil"}


def test_layers_that_are_wide_see_what_windows_do_not() -> None:
    from config import TINY
    from model import Base
    from train import random_weights

    weights = random_weights(TINY)
    ids = torch.randint(0, 200, (1, 64), generator=torch.Generator().manual_seed(2))
    other = ids.clone()
    other[0, 8] = (other[0, 8] + 1) % 200  # outside of every window of the last token, and no sink

    def last(wide: tuple[int, ...]) -> float:
        torch.manual_seed(0)
        model = Base(TINY.replace(attention=(0, 1, 2, 3), window=8, wide=wide), weights, torch.device("cpu"))
        with torch.no_grad():
            return float((model(ids)[0, -1] - model(other)[0, -1]).abs().max())

    assert last(()) < 1e-6 < last((2,))


def test_the_kept_weights_are_whole_and_fit_the_configuration() -> None:
    import checkpoint

    folder = MODELS / "memmamba-base"
    named, config = checkpoint.load(folder)
    assert len(config.mixers) == 12 and set(config.wide) < set(config.attention)
    assert sum(f"blocks.{i}.mixer.q.weight" in named for i in range(config.layers)) == 12
    assert len(json.loads((folder / "golden.json").read_text())["best"]) == 8
