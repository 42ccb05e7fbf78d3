"""Token streams of a corpus, read from memory-mapped files (tokenize_corpus.py writes them)."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

HEADER_TOKENS = 60  # enough for the path of a file


class TokenStream:
    """The parts PREFIX*.bin of a folder. Parts that are written later are added by `refresh`."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self.folder, self.prefix = folder, prefix
        self.parts: list[tuple[np.ndarray, np.ndarray]] = []  # token ids; index of each file's first token
        self.refresh()
        if not self.parts:
            raise SystemExit(f"no {prefix}*.bin in {folder}: run memmamba-tokenize-corpus first")

    def refresh(self) -> None:
        names = sorted(self.folder.glob(f"{self.prefix}*.bin"))
        for path in names[len(self.parts) :]:
            ids = np.memmap(path, np.uint16, "r")
            self.parts.append((ids, np.load(path.with_suffix(".files.npy"))))
        sizes = np.array([len(p[0]) for p in self.parts], float)
        self.share = (sizes / sizes.sum()).cumsum()

    @property
    def tokens(self) -> int:
        return sum(len(p[0]) for p in self.parts)

    def position(self, length: int, r: random.Random) -> tuple[int, int]:
        """A random (part, start) of `length` tokens; half of the time moved to the start of the file there. Chosen by tokens,
        not by files, so that a package of thousands of tiny files counts by its size."""
        part = min(int(np.searchsorted(self.share, r.random())), len(self.parts) - 1)
        ids, files = self.parts[part]
        last = len(ids) - length
        if last < 0:
            raise SystemExit(f"a part of {self.folder} has {len(ids)} tokens: too few for texts of {length}")
        at = r.randrange(last + 1)
        if r.random() < 0.5:
            at = int(files[max(0, int(np.searchsorted(files, at, "right")) - 1)])
        return part, at

    def window(self, length: int, r: random.Random) -> np.ndarray:
        part, at = self.position(length, r)
        return self.parts[part][0][at : at + length].astype(np.uint16)

    def path(self, part: int, at: int, tokenizer: Tokenizer) -> str:
        """The path (or base name) of the file at a position."""
        ids, files = self.parts[part]
        start = int(files[max(0, int(np.searchsorted(files, at, "right")) - 1)])
        return tokenizer.decode(ids[start + 1 : start + HEADER_TOKENS].tolist()).split("\n", 1)[0]

    def texts(self, length: int, step: int, tokenizer: Tokenizer) -> list[tuple[np.ndarray, str]]:
        """Windows of `length` tokens every `step` tokens, each with the path of the file in which it begins."""
        return [
            (ids[at : at + length].astype(np.uint16), self.path(part, at, tokenizer))
            for part, (ids, _) in enumerate(self.parts)
            for at in range(0, len(ids) - length, step)
        ]
