"""Batches, composed by worker processes."""

from __future__ import annotations

import multiprocessing
import os
import random
import traceback
from collections.abc import Iterator, Sequence
from queue import Full

import numpy as np
from tokenizers import Tokenizer

from memmamba_training.data.composer import Batch, Composer, Mix
from memmamba_training.data.infill import Infill
from memmamba_training.recall.bank import FactBank
from memmamba_training.recall.extracted import extract
from memmamba_training.tokens.stream import TokenStream

EXTRACTED = 4000  # templates of real lines, names and signatures, each, per worker
FIRST_BANK = 1500  # facts until the whole bank is made
MAX_FAILURES = 20  # texts that could not be composed, per worker


def stacked(rows: list[Batch]) -> Batch:
    return Batch(*(None if column[0] is None else np.stack(column) for column in zip(*rows)))  # type: ignore[arg-type]


def batches(composer: Composer, rows: int, step: int, planted_share: Sequence[float]) -> Iterator[Batch]:
    """Endless batches of `rows` rows, from `step` on. `planted_share` holds one number, which is read again for each text."""
    waiting: list[list[Batch]] = [[] for _ in range(rows)]
    failures = 0
    while True:
        for row in waiting:
            while not row:
                try:
                    row += composer.text(step, float(planted_share[0]))
                except Exception:  # one odd file in a gigabyte must not end a run; many must
                    failures += 1
                    if failures > MAX_FAILURES:
                        raise
                    traceback.print_exc()
        yield stacked([row.pop(0) for row in waiting])
        step += 1


def work(
    queue: multiprocessing.Queue, stream: TokenStream, tokenizer: Tokenizer, infill: Infill, bank_size: int, mix: Mix,  # type: ignore[type-arg]
    rows: int, seed: int, planted_share: Sequence[float],
) -> None:  # fmt: skip
    """A worker: fills its queue until training ends."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    parent, r = os.getppid(), random.Random(seed)
    composer = Composer(stream, tokenizer, infill, FactBank(tokenizer, min(bank_size, FIRST_BANK), seed), mix, r)
    for step, batch in enumerate(batches(composer, rows, 0, planted_share)):
        while True:
            try:
                queue.put(batch, timeout=20)
                break
            except Full:
                if os.getppid() != parent:  # training was killed
                    queue.cancel_join_thread()
                    return
        if step == 3:  # the first batches do not wait for the whole bank
            extracted = extract(stream, tokenizer, EXTRACTED, r)
            composer.bank = FactBank(tokenizer, bank_size, seed + 500_000, extracted=extracted)
        if step % 200 == 199:
            stream.refresh()


class Loader:
    """Worker processes that each compose some rows of every batch. Rows keep their order from step to step."""

    def __init__(
        self, stream: TokenStream, tokenizer: Tokenizer, infill: Infill, bank_size: int, mix: Mix, seed: int, workers: int
    ) -> None:
        ctx = multiprocessing.get_context("fork")
        self.planted_share = ctx.Array("d", [1.0])
        workers = min(workers, mix.batch)
        rows = [len(range(i, mix.batch, workers)) for i in range(workers)]
        self.queues = [ctx.Queue(32) for _ in rows]  # a long text takes a worker a second or two
        self.workers = [
            ctx.Process(
                target=work, daemon=True,
                args=(q, stream, tokenizer, infill, bank_size, mix, n, seed * 1000 + i, self.planted_share),
            )
            for i, (q, n) in enumerate(zip(self.queues, rows))
        ]  # fmt: skip
        for w in self.workers:
            w.start()

    def set_planted_share(self, share: float) -> None:
        """The share of texts with planted facts from now on."""
        self.planted_share[0] = share

    def next(self) -> Batch:
        parts = [q.get(timeout=300) for q in self.queues]
        return Batch(*(None if column[0] is None else np.concatenate(column) for column in zip(*parts)))  # type: ignore[arg-type]
