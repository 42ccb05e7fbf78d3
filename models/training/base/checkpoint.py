"""What was trained, as files: parts of at most 16 MiB that hold int8 matrices (a scale per row) or bf16, and their index.

A folder holds `weights-N.bin`, `weights.json` (name -> part, offset, kind, shape, and the parts' sha256) and `config.json`. `load`
puts them back as float32 parameters, to be measured, exported or trained further.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from config import Config
from torch import Tensor

PART = 16 << 20
Named = dict[str, Tensor]


def trained(model: torch.nn.Module) -> Named:
    """The parameters, without the frozen buffers."""
    return {name: p.detach() for name, p in model.named_parameters()}


def rounded(t: Tensor) -> tuple[Tensor, Tensor]:
    """A matrix [rows, columns] as int8 and a scale per row [rows, 1]."""
    scale = (t.abs().amax(1, keepdim=True) / 127).clamp_min(1e-12)
    return torch.round(t / scale).to(torch.int8), scale


def save(named: Named, config: Config, folder: Path, exact: bool = False, part: int = PART) -> int:
    """Returns the bytes written. `exact` keeps matrices in bf16: twice the size, to go on training without a loss."""
    folder.mkdir(parents=True, exist_ok=True)
    index: dict[str, list[object]] = {}
    parts: list[bytearray] = [bytearray()]

    def put(name: str, data: bytes, kind: str, shape: list[int]) -> None:
        if len(parts[-1]) + len(data) > part:
            parts.append(bytearray())
        index[name] = [len(parts) - 1, len(parts[-1]), kind, shape]
        parts[-1].extend(data)

    for name, t in sorted(named.items()):
        t = t.float().cpu()
        if t.ndim == 2 and t.numel() >= 16384 and not exact:
            q, scale = rounded(t)
            put(name, q.numpy().tobytes(), "I8", list(t.shape))
            put(name + ".scale", scale.numpy().tobytes(), "F32", list(scale.shape))
        else:
            put(name, t.bfloat16().view(torch.int16).numpy().tobytes(), "BF16", list(t.shape))
    for n, data in enumerate(parts):
        (folder / f"weights-{n}.bin").write_bytes(data)
    sums = [hashlib.sha256(data).hexdigest() for data in parts]
    (folder / "weights.json").write_text(json.dumps({"parts": sums, "tensors": index}))
    config.save(folder / "config.json")
    return sum(map(len, parts))


def load(folder: Path) -> tuple[Named, Config]:
    doc = json.loads((folder / "weights.json").read_text())
    parts = [(folder / f"weights-{n}.bin").read_bytes() for n in range(len(doc["parts"]))]
    for n, (data, known) in enumerate(zip(parts, doc["parts"])):
        if hashlib.sha256(data).hexdigest() != known:
            raise SystemExit(f"{folder}/weights-{n}.bin is not the file that weights.json names")
    out: Named = {}
    kinds = {"I8": np.int8, "F32": np.float32, "BF16": np.int16}
    for name, (part, at, kind, shape) in doc["tensors"].items():
        a = torch.from_numpy(np.frombuffer(parts[part], kinds[kind], int(np.prod(shape)), at).copy()).view(shape)
        out[name] = a.view(torch.bfloat16).float() if kind == "BF16" else a.float()
    for name in [n for n in out if n + ".scale" in out]:
        out[name] *= out.pop(name + ".scale")
    return out, Config.load(folder / "config.json")


def put(model: torch.nn.Module, named: Named) -> None:
    """Sets the model's parameters; every one must be there, and no other."""
    own = dict(model.named_parameters())
    if own.keys() != named.keys():
        raise SystemExit(f"other parameters than the model's: {sorted(own.keys() ^ named.keys())[:6]}")
    with torch.no_grad():
        for name, p in own.items():
            p.copy_(named[name])
