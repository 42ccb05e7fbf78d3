"""Exported model folders: their tensors and their manifest."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def external_location(tensor: TensorProto) -> tuple[str, int, int]:
    """(file, offset, length in bytes) of a tensor that is stored outside the graph."""
    entries = {e.key: e.value for e in tensor.external_data}
    return entries["location"], int(entries["offset"]), int(entries["length"])


def initializers(folder: Path) -> dict[str, np.ndarray]:
    """Every tensor of the CPU graph by name, from the graph or from the weight file."""
    out = {}
    for t in onnx.load(str(folder / "model.cpu.onnx"), load_external_data=False).graph.initializer:
        dtype = helper.tensor_dtype_to_np_dtype(t.data_type)
        if t.data_location == TensorProto.EXTERNAL:
            file, offset, length = external_location(t)
            raw = np.fromfile(folder / file, np.uint8, length, offset=offset)
        else:
            raw = np.frombuffer(t.raw_data, np.uint8)
        out[t.name] = raw.view(dtype).reshape(tuple(t.dims))
    return out
