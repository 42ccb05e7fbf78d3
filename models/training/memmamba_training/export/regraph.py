"""Writes the graphs of an exported folder again, after a change of graph.py. The weights stay as they are.

    memmamba-regraph ../memmamba-small ../../test/fixtures/tiny-model
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import onnx
from onnx import TensorProto

from memmamba_training.export.folder import external_location, initializers, sha256
from memmamba_training.export.graph import Builder, WeightFile
from memmamba_training.model.config import ModelConfig


def regraph(folder: Path) -> None:
    tensors = initializers(folder)
    weights = WeightFile(folder / "weights.bin")
    weights.data += weights.path.read_bytes()
    for target in ("cpu", "gpu"):  # the tensors of each graph in the file
        for t in onnx.load(str(folder / f"model.{target}.onnx"), load_external_data=False).graph.initializer:
            if t.data_location == TensorProto.EXTERNAL:
                _, offset, length = external_location(t)
                weights.index[t.name] = (offset, length)
    before = len(weights.data)
    for target in ("cpu", "gpu"):
        Builder(ModelConfig.load(folder / "config.json"), tensors, weights, target).build(folder / f"model.{target}.onnx")
    if len(weights.data) != before:
        raise SystemExit(f"{folder}: the graphs need weights that the file does not have; export the model again")
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for target in ("cpu", "gpu"):
        file = folder / f"model.{target}.onnx"
        manifest["files"][file.name] = {"bytes": file.stat().st_size, "sha256": sha256(file)}
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("folders", type=Path, nargs="+")
    for folder in ap.parse_args().folders:
        regraph(folder)


if __name__ == "__main__":
    main()
