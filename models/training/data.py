"""Training batches: real code from the token streams, with holes, renamed and planted names, and definitions to find.

A row of a batch is a *text* of one or several segments of equal length, read in consecutive steps with the state carried
over, so that a fact may be asked for as far back as the text is long, at the cost per token of a short one. The rows of
a batch are at different places of their texts.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import traceback
from dataclasses import dataclass
from pathlib import Path
from queue import Full
from typing import NamedTuple

import numpy as np
from tokenizers import Tokenizer

from infill import Infill
from mined import mine
from recall import TEXT, Bank, Inserted, insert
from rename import rename
from retrieval import QUESTION_TOKENS, QUESTIONS, SPANS, Pairs

MINED = 4000  # templates of real lines, names and signatures, each, per worker
MOST_FAILURES = 20  # texts that could not be made, per worker
HOLES = 128  # tokens at the end of a segment that the marks of its holes may push out of it
SLACK = 1.3  # tokens taken for a segment whose comments are cut out


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

    def place(self, length: int, r: random.Random) -> tuple[int, int]:
        """(part, start) of `length` tokens at a random place, half of the time from the start of the file there: a package of
        thousands of tiny files counts by its tokens, not by its files."""
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
        part, at = self.place(length, r)
        return self.parts[part][0][at : at + length].astype(np.uint16)

    def path(self, part: int, at: int, tokenizer: Tokenizer) -> str:
        """The path, or base name, of the file that a place lies in."""
        ids, files = self.parts[part]
        start = int(files[max(0, int(np.searchsorted(files, at, "right")) - 1)])
        return tokenizer.decode(ids[start + 1 : start + 60].tolist()).split("\n", 1)[0]

    def texts(self, length: int, step: int, tokenizer: Tokenizer) -> list[tuple[np.ndarray, str]]:
        """Stretches of `length` tokens, evenly spread, with the path of the file that each begins in."""
        return [
            (ids[at : at + length].astype(np.uint16), self.path(part, at, tokenizer))
            for part, (ids, _) in enumerate(self.parts)
            for at in range(0, len(ids) - length, step)
        ]


@dataclass(frozen=True)
class Mix:
    """What batches are made of."""

    batch: int  # rows
    length: int  # tokens of a segment
    texts: tuple[int, ...] = (1,)  # how many segments texts have; each size gets an equal share of the tokens
    planted: int = 6  # tasks per 4,096 tokens of a text that has any
    renamed_share: float = 0.2  # texts with renamed names
    retrieval_every: int = 0  # steps; in those steps segments carry definitions and questions. 0 = never


class Batch(NamedTuple):
    ids: np.ndarray  # (b,l+1) uint16
    mark: np.ndarray  # (b,l+1) uint8: recall.py
    fresh: np.ndarray  # (b) bool: a new text begins
    spans: np.ndarray | None  # (b,SPANS,2) int32
    questions: np.ndarray | None  # (b,QUESTIONS,QUESTION_TOKENS) uint16


class Composer:
    """Makes texts. One per worker."""

    def __init__(self, corpus: Corpus, tokenizer: Tokenizer, infill: Infill, bank: Bank, mix: Mix, r: random.Random) -> None:
        self.corpus, self.tokenizer, self.infill, self.bank, self.mix, self.r = corpus, tokenizer, infill, bank, mix, r
        self.pairs = Pairs(tokenizer)

    def text(self, step: int, planted_share: float) -> list[Batch]:
        """The steps of one row's next text, from `step` on."""
        mix, r, length = self.mix, self.r, self.mix.length
        n = r.choices(mix.texts, [1 / t for t in mix.texts])[0]
        size = int(n * length * (SLACK if mix.retrieval_every else 1.03)) + 256
        part, start = self.corpus.place(size, r)
        ids, path = self.corpus.parts[part][0][start : start + size].astype(np.uint16), self.corpus.path(part, start, self.tokenizer)
        mark = np.zeros(len(ids), np.uint8)
        if r.random() < mix.renamed_share:
            renamed = rename(ids, self.tokenizer, r)
            ids, mark = renamed if len(renamed[0]) > n * length else (ids, mark)  # short names may leave too little
        finding = [bool(mix.retrieval_every) and (step + i) % mix.retrieval_every == 0 for i in range(n)]
        free = [(i * length + 1, (i + 1) * length - HOLES) for i in range(n) if not finding[i]]
        planted: list[Inserted] = []
        if free and r.random() < planted_share:
            planted, _ = self.bank.plan(ids, free, r, max(1, mix.planted * len(free) * length // 4096))
        pieces: list[tuple[np.ndarray, np.ndarray]] = []
        finds: list[tuple[np.ndarray, np.ndarray] | None] = []
        at, left = 0, n * length + 1
        for i in range(n):
            need = length + int(i == n - 1)  # the last target has no place in another segment
            made = None
            if finding[i]:
                room = int(length * SLACK)
                if at + room + left - need <= len(ids):
                    made = self.pairs.make(ids[at : at + room], path, length, r, more=need - length)
            if made is not None:
                pieces.append((made.ids, np.full(need, TEXT, np.uint8)))
                finds.append((made.spans, made.questions))
                at += int(length * 1.1)
            else:
                items = [item._replace(at=item.at - i * length) for item in planted if i * length <= item.at < (i + 1) * length]
                x, marks = insert(ids[at : at + need], mark[at : at + need], items, self.infill.line, r)
                *piece, taken = self.infill.apply(x, marks, need, r)
                pieces.append((piece[0], piece[1]))
                finds.append(None)
                at += taken - sum(len(item.ids) for item in items)
            left -= need
        x, marks = np.concatenate([p[0] for p in pieces]), np.concatenate([p[1] for p in pieces])
        assert len(x) == n * length + 1, (len(x), n, length)
        return [self.segment(x, marks, i, finds[i], step + i) for i in range(n)]

    def segment(
        self, x: np.ndarray, marks: np.ndarray, i: int, find: tuple[np.ndarray, np.ndarray] | None, step: int
    ) -> Batch:
        cut = slice(i * self.mix.length, (i + 1) * self.mix.length + 1)
        spans = questions = None
        if self.mix.retrieval_every and step % self.mix.retrieval_every == 0:
            spans, questions = np.zeros((SPANS, 2), np.int32), np.full((QUESTIONS, QUESTION_TOKENS), self.pairs.pad, np.uint16)
            if find is not None:
                spans, questions = find
        return Batch(x[cut], marks[cut], np.array(i == 0), spans, questions)


def _stack(rows: list[Batch]) -> Batch:
    return Batch(*(None if column[0] is None else np.stack(column) for column in zip(*rows)))  # type: ignore[arg-type]


def rows_of(compose: Composer, rows: int, step: int, planted_share: object) -> object:
    """Batches of `rows` rows for ever, from `step` on; `planted_share` is looked at again for each text."""
    waiting: list[list[Batch]] = [[] for _ in range(rows)]
    failures = 0
    while True:
        for row in waiting:
            while not row:
                try:
                    row += compose.text(step, float(planted_share[0]))  # type: ignore[index]
                except Exception:  # one odd file in a gigabyte must not end a run, many must
                    failures += 1
                    if failures > MOST_FAILURES:
                        raise
                    traceback.print_exc()
        yield _stack([row.pop(0) for row in waiting])
        step += 1


def _work(
    queue: multiprocessing.Queue, corpus: Corpus, tokenizer: Tokenizer, infill: Infill, bank_size: int, mix: Mix,  # type: ignore[type-arg]
    rows: int, seed: int, planted_share: object,
) -> None:  # fmt: skip
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    parent, r = os.getppid(), random.Random(seed)
    compose = Composer(corpus, tokenizer, infill, Bank(tokenizer, min(bank_size, 1500), seed), mix, r)
    for step, batch in enumerate(rows_of(compose, rows, 0, planted_share)):  # type: ignore[arg-type]
        while True:
            try:
                queue.put(batch, timeout=20)
                break
            except Full:
                if os.getppid() != parent:  # training was killed
                    queue.cancel_join_thread()
                    return
        if step == 3:  # the first batches must not wait for the large bank
            compose.bank = Bank(tokenizer, bank_size, seed + 500_000, mined=mine(corpus, tokenizer, MINED, r))
        if step % 200 == 199:
            corpus.refresh()


class Loader:
    """Worker processes that each make some rows of every batch. Rows keep their order from step to step."""

    def __init__(
        self, corpus: Corpus, tokenizer: Tokenizer, infill: Infill, bank_size: int, mix: Mix, seed: int, workers: int
    ) -> None:
        ctx = multiprocessing.get_context("fork")
        self.share = ctx.Array("d", [1.0])
        workers = min(workers, mix.batch)
        rows = [len(range(i, mix.batch, workers)) for i in range(workers)]
        self.queues = [ctx.Queue(32) for _ in rows]  # making a long text takes a worker a second or two
        self.workers = [
            ctx.Process(
                target=_work, daemon=True,
                args=(q, corpus, tokenizer, infill, bank_size, mix, n, seed * 1000 + i, self.share),
            )
            for i, (q, n) in enumerate(zip(self.queues, rows))
        ]  # fmt: skip
        for w in self.workers:
            w.start()

    def plant(self, share: float) -> None:
        """The share of texts, from now on, that have planted facts."""
        self.share[0] = share

    def next(self) -> Batch:
        parts = [q.get(timeout=300) for q in self.queues]
        return Batch(*(None if column[0] is None else np.concatenate(column) for column in zip(*parts)))  # type: ignore[arg-type]
