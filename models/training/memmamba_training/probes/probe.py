"""Trains the linear probes of the fidelity metrics, which show how much of a text is still in memory.

    memmamba-probe train ../memmamba-small --text corpus/val.jsonl.xz    # minutes on a CPU; --text takes source files, too
    memmamba-probe verdict ../memmamba-small fidelity.json    # record how well the metrics predict recall (npm run bench -- fidelity)
    memmamba-probe golden ../memmamba-small    # the same weights, but other memory sizes

Two ridge regressions in closed form, on real text read by the shipped graph:
  - *recover*: from what attention to the memory at the end of the text returns for a token's own note key, to the direction of
    the token's embedding;
  - *up*: from the note value of a token at one note layer to its note value at the next.
`probe.bin` holds the arrays; `probe.json` their positions, the weights they belong to, their quality, golden values for the
parity test of the engine, and the verdict. The metrics are defined in src/engine/fidelity/README.md. Probes of other weights are
refused, so train them again whenever the weights change.
"""

from __future__ import annotations

import argparse
import json
import lzma
import random
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import onnxruntime as ort
from tokenizers import Tokenizer

from memmamba_training.checkpoints.restore import restore
from memmamba_training.export.folder import external_location, sha256
from memmamba_training.model.memmamba import MemMamba
from memmamba_training.probes.notes import Notes, Reader
from memmamba_training.probes.tensors import Tensors

FORMAT_VERSION = 1
LENGTHS = (8, 16, 32, 64)  # blocks of a training text, in turn
HELD_OUT = 5  # one text in so many is held out: it chooses the regularisation
PER_TEXT = 1024  # tokens of each text that train the first probe
RIDGES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
GOLDEN_EVERY = 29  # tokens between golden positions


def texts(paths: list[Path], tokenizer: Tokenizer, length: int, count: int, seed: int) -> list[list[int]]:
    """`count` texts of `length` tokens, each from the start of a file, as the engine reads them (header, then text)."""
    documents: list[tuple[str, str]] = []
    for path in paths:
        if path.name.endswith(".jsonl.xz"):
            with lzma.open(path, "rt", encoding="utf-8", newline="\n") as lines:
                for line in lines:
                    documents += [(f["path"], f["text"]) for f in json.loads(line)["files"]]
        else:
            documents.append((path.name, path.read_text(encoding="utf-8")))
    r, start = random.Random(seed), tokenizer.token_to_id("<|path|>")
    out: list[list[int]] = []
    while len(out) < count:
        ids, at = [], r.randrange(len(documents))
        while len(ids) < length:  # a short file is followed by the next one
            name, text = documents[at % len(documents)]
            head = name.rsplit("/", 1)[-1]
            ids += [start, *tokenizer.encode(f"{head}\n{text[: 8 * length]}", add_special_tokens=False).ids]
            at += 1
        out.append(ids[:length])
    return out


class Ridge:
    """Normal equations of a linear regression with intercept, for training texts and for held-out ones."""

    def __init__(self, fan_in: int, fan_out: int) -> None:
        self.sums = [[np.zeros((fan_in + 1, fan_in + 1)), np.zeros((fan_in + 1, fan_out)), 0.0] for _ in range(2)]

    def add(self, x: np.ndarray, y: np.ndarray, held_out: bool) -> None:
        one = np.concatenate([x, np.ones((len(x), 1))], 1).astype(np.float64)
        part = self.sums[held_out]
        part[0] += one.T @ one
        part[1] += one.T @ y
        part[2] += float((y.astype(np.float64) ** 2).sum())

    def solve(self) -> tuple[np.ndarray, np.ndarray, float]:
        """(weight [out, in], bias [out], ridge) with the ridge of the smallest squared error on the held-out texts."""
        (xx, xy, _), (vxx, vxy, vyy) = self.sums
        best: tuple[float, np.ndarray, float] | None = None
        for ridge in RIDGES:
            penalty = ridge * np.trace(xx[:-1, :-1]) / (len(xx) - 1) * np.eye(len(xx))
            penalty[-1, -1] = 0  # the intercept is not regularised
            w = np.linalg.solve(xx + penalty, xy)
            error = vyy - 2 * float((w * vxy).sum()) + float((w * (vxx @ w)).sum())
            if best is None or error < best[0]:
                best = (error, w, ridge)
        assert best is not None
        return best[1][:-1].T, best[1][-1], best[2]


def unit(x: np.ndarray) -> np.ndarray:
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-12)


def cka(x: np.ndarray, y: np.ndarray) -> float:
    """Linear centred kernel alignment of two sets of rows."""
    x, y = x - x.mean(0), y - y.mean(0)
    return float(((x.T @ y) ** 2).sum() / np.sqrt(((x.T @ x) ** 2).sum() * ((y.T @ y) ** 2).sum()))


def information(y: np.ndarray, predicted: np.ndarray) -> tuple[float, float]:
    """(mean R² over dimensions, Gaussian bound on mutual information in nats, possibly negative) of a prediction of y [n, w]."""
    rest, centred = y - predicted, y - y.mean(0)
    explained = float((1 - (rest**2).sum(0) / (centred**2).sum(0)).mean())
    total, left = centred.T @ centred / len(y), rest.T @ rest / len(y)
    floor = 1e-6 * np.trace(total) / len(total) * np.eye(len(total))
    return explained, 0.5 * float(np.linalg.slogdet(total + floor)[1] - np.linalg.slogdet(left + floor)[1])


def location(folder: Path, name: str) -> dict[str, Any]:
    """File and offset in bytes of a tensor of the CPU graph."""
    for t in onnx.load(str(folder / "model.cpu.onnx"), load_external_data=False).graph.initializer:
        if t.name == name:
            file, offset, _ = external_location(t)
            return {"file": file, "offset": offset}
    raise SystemExit(f"{folder} has no {name}")


def write(folder: Path, header: dict[str, Any]) -> None:
    """Writes `probe.json` and lists both files in the manifest."""
    (folder / "probe.json").write_text(json.dumps(header, indent=2) + "\n", encoding="utf-8")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for name in ("probe.bin", "probe.json"):
        manifest["files"][name] = {"bytes": (folder / name).stat().st_size, "sha256": sha256(folder / name)}
    manifest["files"] = dict(sorted(manifest["files"].items()))
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


class Probes(NamedTuple):
    """The probes as they are stored. d = d_model, w = note width, L = note layers."""

    table: np.ndarray  # [vocab, d]: embeddings of the tokens
    mean: np.ndarray  # [d]
    weight: np.ndarray  # [d, L*w]
    bias: np.ndarray  # [d]
    up: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]]  # of neighbouring layers: weight [w, w], bias [w]

    def cosines(self, ids: list[int], at: np.ndarray, x: np.ndarray) -> np.ndarray:
        """x [n, L*w], what attention returned for the tokens `at` [n] -> cosine [n] of the recovered and the true embedding."""
        return (unit(x @ self.weight.T + self.bias) * unit(self.table[np.array(ids)[at]] - self.mean)).sum(-1)

    def rows(self, notes: Notes, low: int, high: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Values [n, w] of all tokens at two layers, and the probe's prediction of the second from the first."""
        width = len(self.up[low, high][1])
        x, y = notes.value[low].reshape(-1, width), notes.value[high].reshape(-1, width)
        w, b = self.up[low, high]
        return x, y, x @ w.T + b


def golden(folder: Path, model: MemMamba, reader: Reader, probes: Probes) -> dict[str, Any]:
    """Metrics in PyTorch's float arithmetic on the tokens of golden.json, for the parity test of the engine."""
    model.set_quantize("weights")
    block = model.cfg.block_size
    ids = json.loads((folder / "golden.json").read_text(encoding="utf-8"))["ids"]
    ids = ids[: len(ids) // block * block]
    notes, at = Notes.by_torch(model, ids), np.arange(3, len(ids), GOLDEN_EVERY)
    empty = np.tile(reader.empty(), (len(at), 1))
    out: dict[str, Any] = {
        "positions": at.tolist(),
        "cosine": [round(float(v), 6) for v in probes.cosines(ids, at, reader.read(notes, at))],
        "cosine_nothing": [round(float(v), 6) for v in probes.cosines(ids, at, empty)],
        "up": {},
    }
    for low, high in probes.up:
        x, y, predicted = probes.rows(notes, low, high)
        explained, nats = information(y, predicted)
        out["up"][f"{low}-{high}"] = {"cka": cka(x, y), "explained": explained, "nats": nats}
    return out


def renew_golden(folder: Path) -> None:
    """Computes the golden values again, for the same weights and probes but other memory sizes (`config.json`)."""
    model = restore(folder).eval()
    header, tensors = json.loads((folder / "probe.json").read_text(encoding="utf-8")), Tensors.load(folder)
    layers = model.cfg.note_layers
    up = {pair: tuple(tensors[f"up.{pair[0]}.{pair[1]}.{part}"] for part in ("weight", "bias")) for pair in zip(layers, layers[1:])}
    table = model.embedding.detach().numpy()
    probes = Probes(table, tensors["embedding_mean"], tensors["recover.weight"], tensors["recover.bias"], up)  # type: ignore[arg-type]
    header["golden"] = golden(folder, model, Reader(model, Tensors()), probes)
    write(folder, header)


def train(folder: Path, paths: list[Path], rounds: int, seed: int) -> None:
    model = restore(folder).eval()
    options = ort.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 3, 2
    session = ort.InferenceSession(str(folder / "model.cpu.onnx"), options, providers=["CPUExecutionProvider"])
    cfg, tensors = model.cfg, Tensors()
    reader = Reader(model, tensors)
    table = model.embedding.detach().numpy()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    sets = [texts(paths, tokenizer, n * cfg.block_size, rounds, seed + n) for n in LENGTHS]
    all_texts = [ids for group in zip(*sets, strict=True) for ids in group]
    mean = tensors.add("embedding_mean", table[np.concatenate([np.array(ids) for ids in all_texts])].mean(0))
    width = cfg.note_width
    recover = Ridge(len(cfg.note_layers) * width, cfg.d_model)
    pairs = list(zip(cfg.note_layers, cfg.note_layers[1:]))
    ups = {pair: Ridge(width, width) for pair in pairs}
    rng = np.random.default_rng(seed)
    held: list[tuple[list[int], np.ndarray, np.ndarray, Notes]] = []
    for i, ids in enumerate(all_texts):
        notes = Notes.by_graph(session, cfg, ids)
        at = np.sort(rng.choice(len(ids), min(PER_TEXT, len(ids)), replace=False))
        x, held_out = reader.read(notes, at), i // len(LENGTHS) % HELD_OUT == HELD_OUT - 1
        recover.add(x, unit(table[np.array(ids)[at]] - mean), held_out)
        for (low, high), ridge in ups.items():
            ridge.add(notes.value[low].reshape(-1, width), notes.value[high].reshape(-1, width), held_out)
        if held_out:
            held.append((ids, at, x, notes))
        print(f"text {i + 1} of {len(all_texts)}: {len(ids)} tokens", flush=True)

    weight, bias, ridge = recover.solve()
    weight = tensors.add("recover.weight", weight, "bf16")
    bias = tensors.add("recover.bias", bias)
    up: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}
    for (low, high), sums in ups.items():
        w, b, _ = sums.solve()
        up[low, high] = (tensors.add(f"up.{low}.{high}.weight", w, "bf16"), tensors.add(f"up.{low}.{high}.bias", b))

    probes = Probes(table, mean, weight, bias, up)
    cosines, rows = probes.cosines, probes.rows

    with_memory = np.concatenate([cosines(ids, at, x) for ids, at, x, _ in held])
    with_empty = np.concatenate([cosines(ids, at, np.tile(reader.empty(), (len(at), 1))) for ids, at, _, _ in held])
    quality: dict[str, Any] = {
        "texts": len(all_texts),
        "held_out_texts": len(held),
        "tokens": sum(map(len, all_texts)),
        "ridge": ridge,
        "cosine": round(float(with_memory.mean()), 4),
        "cosine_nothing": round(float(with_empty.mean()), 4),
        "up": {},
    }
    for low, high in pairs:
        x, y, predicted = (np.concatenate(part) for part in zip(*(rows(n, low, high) for *_, n in held), strict=True))
        explained, nats = information(y, predicted)
        figures = {"cka": cka(x, y), "explained": explained, "bits": nats / np.log(2)}
        quality["up"][f"{low}-{high}"] = {k: round(v, 4) for k, v in figures.items()}

    (folder / "probe.bin").write_bytes(tensors.data)
    weights = {name: location(folder, name) for name in ("embedding.q", "embedding.scale")}
    header = {
        "format": FORMAT_VERSION,
        "weights_sha256": sha256(folder / "weights.bin"),
        "embedding": {"values": weights["embedding.q"], "scales": weights["embedding.scale"]},
        "tensors": tensors.index,
        "quality": quality,
        "golden": golden(folder, model, reader, probes),
        "worth": {},
    }
    write(folder, header)
    print(json.dumps(quality, indent=2))
    print(f"{folder / 'probe.bin'}: {len(tensors.data) / 1e3:.0f} kB")


def verdict(folder: Path, result: Path) -> None:
    """Records how well the metrics predicted recall in the bench."""
    header = json.loads((folder / "probe.json").read_text(encoding="utf-8"))
    measured = json.loads(result.read_text(encoding="utf-8"))
    if measured["weights_sha256"] != header["weights_sha256"]:
        raise SystemExit(f"{result} was measured with other weights: run `npm run bench -- fidelity` again")
    header["worth"] = measured["worth"]
    write(folder, header)
    print(json.dumps(header["worth"], indent=2))


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = ap.add_subparsers(dest="command", required=True)
    training = commands.add_parser("train", help="train the probes of a model folder")
    training.add_argument("folder", type=Path)
    training.add_argument("--text", type=Path, nargs="+", required=True, help="corpus parts (.jsonl.xz) or source files")
    training.add_argument("--rounds", type=int, default=10, help="texts of each length")
    training.add_argument("--seed", type=int, default=1)
    judging = commands.add_parser("verdict", help="record how well the metrics predict recall")
    judging.add_argument("folder", type=Path)
    judging.add_argument("result", type=Path)
    again = commands.add_parser("golden", help="compute the golden values again, for other memory sizes")
    again.add_argument("folder", type=Path)
    args = ap.parse_args()
    if args.command == "golden":
        renew_golden(args.folder)
    elif args.command == "train":
        if args.rounds < HELD_OUT:
            raise SystemExit(f"--rounds must be at least {HELD_OUT}: one text in so many is held out")
        train(args.folder, args.text, args.rounds, args.seed)
    else:
        verdict(args.folder, args.result)


if __name__ == "__main__":
    main()
