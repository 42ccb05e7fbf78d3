"""Training windows: real code from the token streams, with inline infilling and planted facts.

Infilling keeps the prefix as ordinary reading, so that one state serves both (the usual <|fim_prefix|> form would need
a state of its own): text up to the cursor, <|fim_suffix|>, some text after the hole, <|fim_middle|>, the hole,
<|fim_end|>, and on with the rest. The shown suffix has a random length.
"""

from __future__ import annotations

import multiprocessing
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from recall import Bank


CUT_SHARE = 0.15  # holes that begin inside a token; at a cursor inside a word the engine goes back to the word's start


class Corpus:
    """Token streams of a folder; parts that appear later are picked up by `refresh`."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self.folder, self.prefix = folder, prefix
        self.parts: list[tuple[np.ndarray, np.ndarray]] = []
        self.refresh()
        if not self.parts:
            raise SystemExit(f"no {prefix}*.bin in {folder}: run tokenize_corpus.py first")

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

    def window(self, length: int, r: random.Random) -> np.ndarray:
        """`length` tokens from a random place, half of the time from the start of a file."""
        ids, files = self.parts[min(int(np.searchsorted(self.share, r.random())), len(self.parts) - 1)]
        last = len(ids) - length
        at = int(files[r.randrange(len(files))]) if r.random() < 0.5 else r.randrange(last)
        at = min(at, last)
        return ids[at : at + length].astype(np.uint16)


class Infill:
    """Opens holes in a window. `share` of the stretches of 1,024 tokens get one."""

    def __init__(self, tokenizer: Tokenizer, share: float) -> None:
        self.tokenizer, self.share = tokenizer, share
        self.suffix, self.middle, self.end = (
            tokenizer.token_to_id(f"<|fim_{n}|>") for n in ("suffix", "middle", "end")
        )
        size = tokenizer.get_vocab_size()
        self.text = [tokenizer.decode([i]) for i in range(size)]
        self.newline = np.array(["\n" in t for t in self.text])
        self.special = 16  # ids below this never appear inside a hole
        self.cuts: dict[tuple[int, int], tuple[list[int], list[int]]] = {}

    def cut(self, token: int, r: random.Random) -> tuple[list[int], list[int]]:
        """A token cut in two at a random character, as at a cursor in the middle of a word."""
        text = self.text[token]
        if len(text) < 2 or not text.isascii():
            return [], [token]
        at = r.randrange(1, len(text))
        if (token, at) not in self.cuts:
            left, right = (self.tokenizer.encode(t, add_special_tokens=False).ids for t in (text[:at], text[at:]))
            self.cuts[token, at] = (left, right)
        return self.cuts[token, at]

    def hole(self, x: np.ndarray, lo: int, hi: int, r: random.Random) -> tuple[int, int] | None:
        """[a, b) of a hole between lo and hi: the rest of a line, some lines, or a random stretch."""
        a = r.randrange(lo, hi)
        kind = r.random()
        if kind < 0.75:
            breaks = np.flatnonzero(self.newline[x[a : a + 300]])
            lines = 0 if kind < 0.5 else r.randrange(1, 5)
            if len(breaks) <= lines:
                return None
            b = a + int(breaks[lines])
        else:
            b = a + r.randrange(1, 64)
        if b <= a or b + 8 >= len(x) or (x[a:b] < self.special).any():
            return None
        return a, b

    def apply(self, x: np.ndarray, r: random.Random) -> np.ndarray:
        length, pieces, at = len(x), [], 0
        for lo in range(0, length - 1024, 1024):
            if r.random() >= self.share:
                continue
            found = self.hole(x, max(lo, at), lo + 1024, r) if max(lo, at) < lo + 1024 else None
            if found is None:
                continue
            a, b = found
            left: list[int] = []
            right = [int(x[a])]
            if r.random() < CUT_SHARE:
                left, right = self.cut(int(x[a]), r)
            shown = r.randrange(4, 129)
            pieces += [x[at:a], left, [self.suffix], x[b : b + shown], [self.middle], right, x[a + 1 : b], [self.end]]
            at = b + shown
        if not pieces:
            return x
        pieces.append(x[at:])
        return np.concatenate([np.asarray(p, np.uint16) for p in pieces])[:length]


@dataclass
class Mix:
    """What a batch is made of."""

    batch: int
    length: int
    planted_share: float  # windows with planted facts
    planted: int  # facts in such a window


def _work(queue: multiprocessing.Queue, corpus: Corpus, infill: Infill, bank: Bank, mix: object, seed: int) -> None:  # type: ignore[type-arg]
    r = random.Random(seed)
    made = 0
    while True:
        batch, length, share, planted = (int(v) if i != 2 else v for i, v in enumerate(mix[:]))  # type: ignore[index]
        x = np.empty((batch, length + 1), np.uint16)
        mark = np.zeros((batch, length + 1), np.uint8)
        for row in range(batch):
            x[row] = infill.apply(corpus.window(length + 1, r), r)
            if r.random() < share:
                bank.plant(x[row], mark[row], r, planted)
        queue.put((x, mark))
        made += 1
        if made % 200 == 0:
            corpus.refresh()


class Loader:
    """Worker processes that make batches (ids [b,l+1], answer marks [b,l+1]); `set` changes what they make."""

    def __init__(self, corpus: Corpus, infill: Infill, bank: Bank, mix: Mix, seed: int, workers: int = 3) -> None:
        ctx = multiprocessing.get_context("fork")
        self.mix = ctx.Array("d", 4)
        self.set(mix)
        self.queue = ctx.Queue(12)
        self.workers = [
            ctx.Process(target=_work, args=(self.queue, corpus, infill, bank, self.mix, seed * 1000 + i), daemon=True)
            for i in range(workers)
        ]
        for w in self.workers:
            w.start()

    def set(self, mix: Mix) -> None:
        self.want = (mix.batch, mix.length + 1)
        self.mix[:] = [mix.batch, mix.length, mix.planted_share, mix.planted]

    def next(self) -> tuple[np.ndarray, np.ndarray]:
        """The next batch of the wanted shape; batches made before a change of shape are dropped."""
        while True:
            x, mark = self.queue.get(timeout=300)
            if x.shape == self.want:
                return x, mark
