"""Training texts: real code from the token streams with infilling, renamed identifiers, planted facts, and questions.

A row of a batch is a *text* of one or more segments of equal length, read in consecutive steps with the state carried over, so
that a fact can be queried from as far back as the text is long, at the cost per token of a short text. The rows of a batch are at
different positions of their texts.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from tokenizers import Tokenizer

from memmamba_training.data.infill import Infill
from memmamba_training.data.questions import QUESTION_TOKENS, QUESTIONS, SPANS, QuestionMaker
from memmamba_training.data.rename import rename
from memmamba_training.recall.bank import FactBank
from memmamba_training.recall.planting import Insertion, Planner, insert
from memmamba_training.tokens.labels import TEXT
from memmamba_training.tokens.stream import TokenStream

INFILL_RESERVE = 128  # tokens at the end of a segment where no fact is planted, since markers of examples may push them out
SLACK = 1.3  # tokens taken for a segment from which comments are cut out


@dataclass(frozen=True)
class Mix:
    """The composition of batches."""

    batch: int  # rows
    length: int  # tokens of a segment
    segments: tuple[int, ...] = (1,)  # numbers of segments that texts have; each gets an equal share of the tokens
    tasks: int = 6  # recall tasks per 4,096 tokens of a text that has any
    renamed_share: float = 0.2  # of texts with renamed identifiers
    retrieval_every: int = 0  # steps; in those steps segments have questions. 0: never


class Batch(NamedTuple):
    """One step. As made by a Composer, without the row dimension b."""

    ids: np.ndarray  # (b,l+1) uint16
    labels: np.ndarray  # (b,l+1) uint8: tokens/labels.py
    new_text: np.ndarray  # (b) bool: a text begins
    spans: np.ndarray | None  # (b,SPANS,2) int32
    questions: np.ndarray | None  # (b,QUESTIONS,QUESTION_TOKENS) uint16


class Composer:
    """Makes texts. One per worker."""

    def __init__(self, stream: TokenStream, tokenizer: Tokenizer, infill: Infill, bank: FactBank, mix: Mix, r: random.Random) -> None:
        self.stream, self.tokenizer, self.infill, self.bank, self.mix, self.r = stream, tokenizer, infill, bank, mix, r
        self.questions = QuestionMaker(tokenizer)

    def text(self, step: int, planted_share: float) -> list[Batch]:
        """One row's next text, segment by segment, from `step` on."""
        mix, r, length = self.mix, self.r, self.mix.length
        n = r.choices(mix.segments, [1 / t for t in mix.segments])[0]
        size = int(n * length * (SLACK if mix.retrieval_every else 1.03)) + 256
        part, start = self.stream.position(size, r)
        ids, path = self.stream.parts[part][0][start : start + size].astype(np.uint16), self.stream.path(part, start, self.tokenizer)
        labels = np.full(len(ids), TEXT, np.uint8)
        if r.random() < mix.renamed_share:
            renamed = rename(ids, self.tokenizer, r)
            ids, labels = renamed if len(renamed[0]) > n * length else (ids, labels)  # shorter names may leave too few tokens
        is_retrieval = [bool(mix.retrieval_every) and (step + i) % mix.retrieval_every == 0 for i in range(n)]
        free = [(i * length + 1, (i + 1) * length - INFILL_RESERVE) for i in range(n) if not is_retrieval[i]]
        planted: list[Insertion] = []
        if free and r.random() < planted_share:
            planted = Planner(self.bank, ids, free, r).plan(max(1, mix.tasks * len(free) * length // 4096))
        pieces: list[tuple[np.ndarray, np.ndarray]] = []
        tables: list[tuple[np.ndarray, np.ndarray] | None] = []  # spans and questions of each segment
        at, left = 0, n * length + 1
        for i in range(n):
            need = length + int(i == n - 1)  # the last segment has the target of its last token as well
            made = None
            if is_retrieval[i]:
                room = int(length * SLACK)
                if at + room + left - need <= len(ids):
                    made = self.questions.make(ids[at : at + room], path, length, r, targets=need - length)
            if made is not None:
                pieces.append((made.ids, np.full(need, TEXT, np.uint8)))
                tables.append((made.spans, made.questions))
                at += int(length * 1.1)
            else:
                own = [item._replace(at=item.at - i * length) for item in planted if i * length <= item.at < (i + 1) * length]
                x, y = insert(ids[at : at + need], labels[at : at + need], own, self.infill.line_start, r)
                *piece, taken = self.infill.apply(x, y, need, r)
                pieces.append((piece[0], piece[1]))
                tables.append(None)
                at += taken - sum(len(item.ids) for item in own)
            left -= need
        x, y = np.concatenate([p[0] for p in pieces]), np.concatenate([p[1] for p in pieces])
        assert len(x) == n * length + 1, (len(x), n, length)
        return [self.segment(x, y, i, tables[i], step + i) for i in range(n)]

    def segment(self, x: np.ndarray, labels: np.ndarray, i: int, table: tuple[np.ndarray, np.ndarray] | None, step: int) -> Batch:
        """Segment i of a whole text; in a retrieval step with empty tables if it has no questions."""
        cut = slice(i * self.mix.length, (i + 1) * self.mix.length + 1)
        spans = questions = None
        if self.mix.retrieval_every and step % self.mix.retrieval_every == 0:
            spans, questions = np.zeros((SPANS, 2), np.int32), np.full((QUESTIONS, QUESTION_TOKENS), self.questions.pad, np.uint16)
            if table is not None:
                spans, questions = table
        return Batch(x[cut], labels[cut], np.array(i == 0), spans, questions)
