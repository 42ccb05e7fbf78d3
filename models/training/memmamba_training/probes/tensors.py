"""The arrays of `probe.bin`, which `probe.json` describes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np


class Tensors:
    """Appends arrays to `probe.bin` and records their positions for `probe.json`."""

    def __init__(self) -> None:
        self.data, self.index = bytearray(), {}  # type: ignore[var-annotated]

    def add(self, name: str, array: np.ndarray, dtype: str = "f32") -> np.ndarray:
        """Returns the values as they are stored; `bf16` halves the size by rounding."""
        array = np.ascontiguousarray(array, np.float32)
        if dtype == "bf16":
            words = (array.view(np.uint32) + 0x8000) >> 16
            array, raw = (words << 16).astype(np.uint32).view(np.float32), words.astype("<u2").tobytes()
        else:
            raw = array.astype("<f4").tobytes()
        self.data += b"\0" * (-len(self.data) % 4)
        self.index[name] = {"dtype": dtype, "shape": list(array.shape), "offset": len(self.data)}
        self.data += raw
        return array

    @staticmethod
    def load(folder: Path) -> dict[str, np.ndarray]:
        """The arrays of a folder by name."""
        data, header = (folder / "probe.bin").read_bytes(), json.loads((folder / "probe.json").read_text(encoding="utf-8"))
        out: dict[str, np.ndarray] = {}
        for name, t in header["tensors"].items():
            count, kind = int(np.prod(t["shape"])), "<u2" if t["dtype"] == "bf16" else "<f4"
            raw = np.frombuffer(data, kind, count, t["offset"])
            numbers = (raw.astype(np.uint32) << 16).view(np.float32) if t["dtype"] == "bf16" else raw.astype(np.float32)
            out[name] = numbers.reshape(t["shape"])
        return out
