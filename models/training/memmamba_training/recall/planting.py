"""Plants facts in a text: definitions, and queries for their values far away, so that the model learns to keep and find them.

Facts are single or in families of similar names (facts.py); they are queried in code, as a middle to fill in, or as a question.
A question about a name that was never defined, often from a family of which other members were, is answered <|none|>.
Facts are *inserted* between the lines of the text: overwriting code would break lines and give them away (EXPERIMENTS.md, 6).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from memmamba_training.recall.bank import FactBank, PlantedFact
from memmamba_training.recall.facts import FAMILY
from memmamba_training.tokens.labels import ANSWER, TEXT, VALUE

MAX_VALUE_TOKENS = 600  # planted in one text: what does not fit into a pool cannot be learned
SINGLE_SHARE, FAMILY_SHARE = 0.6, 0.32  # of the tasks; the others are questions about names that are not in the text
BETWEEN_LINES = 0.9  # share of insertions that move to a line break; the others stay where they are
MIN_DISTANCE = 16  # tokens between a definition and its query
INFILL_SHARE = 0.4  # of queries in code


class Insertion(NamedTuple):
    """Tokens with their labels, and their position in the text after all insertions."""

    at: int
    ids: list[int]
    labels: list[int]


def insert(
    x: np.ndarray, labels: np.ndarray, insertions: Sequence[Insertion], line_start: np.ndarray, r: random.Random
) -> tuple[np.ndarray, np.ndarray]:
    """The text x [l] and its labels [l] with insertions, longer by their tokens. `line_start` [vocab_size]: tokens that begin
    with a line break. An insertion moves back to the last line break before it, if there is one."""
    out: list[np.ndarray] = []
    out_labels: list[np.ndarray] = []
    taken = size = 0
    for at, ids, m in sorted(insertions):
        gap = min(max(0, at - size), len(x) - taken)
        ends = np.flatnonzero(line_start[x[taken : taken + gap + 1]])
        if len(ends) and r.random() < BETWEEN_LINES:
            gap = int(ends[-1])
        out += [x[taken : taken + gap], np.array(ids, x.dtype)]
        out_labels += [labels[taken : taken + gap], np.array(m, labels.dtype)]
        taken, size = taken + gap, size + gap + len(ids)
    return np.concatenate([*out, x[taken:]]), np.concatenate([*out_labels, labels[taken:]])


class Planner:
    """Chooses what to insert into the `free` token ranges [start, end), in order, of a text.

    Distances between definition and query are log-uniform, from MIN_DISTANCE to the whole text.
    `code`: any tokens, from which suffixes of middles to fill in are taken."""

    def __init__(
        self, bank: FactBank, code: np.ndarray, free: Sequence[tuple[int, int]], r: random.Random, infill_share: float = INFILL_SHARE
    ) -> None:
        self.bank, self.code, self.free, self.r, self.infill_share = bank, code, free, r, infill_share
        self.end = free[-1][1]
        self.insertions: list[Insertion] = []
        self.queries = self.value_tokens = 0

    def next_free(self, at: int, size: int) -> int:
        """The first free position for `size` tokens from `at` on, or the last one of all."""
        for a, b in self.free:
            if at + size <= b and b - a >= size:
                return max(a, at)
        return self.free[-1][1] - size

    def place(self, ids: list[int], at: int, labels: list[int]) -> bool:
        """Inserts tokens near a position; False where there is no room."""
        at = self.next_free(at, len(ids))
        if not any(a <= at and at + len(ids) <= b for a, b in self.free):
            return False
        if any(at < i.at + len(i.ids) and i.at < at + len(ids) for i in self.insertions):
            return False
        self.insertions.append(Insertion(at, ids, labels))
        return True

    def define(self, fact: PlantedFact, at: int) -> int | None:
        """Plants a definition; returns its end, or None where there is no room."""
        a, b = fact.value
        labels = [VALUE if a <= i < b else TEXT for i in range(len(fact.definition))]
        if not self.place(fact.definition, at, labels):
            return None
        self.value_tokens += b - a
        return self.insertions[-1].at + len(fact.definition)

    def query(self, fact: PlantedFact, at: int, absent: bool) -> None:
        ids, answer = fact.absent if absent else self.r.choice(fact.queries)
        if ids is fact.queries[0][0] and self.r.random() < self.infill_share:
            start = self.r.randrange(max(1, len(self.code) - 64))
            ids, answer = self.bank.infill_query(ids, answer, self.code[start : start + self.r.randint(4, 48)].tolist())
        self.queries += self.place(ids, at, [TEXT if i < answer else ANSWER for i in range(len(ids))])

    def distance(self, room: int) -> int:
        return int(MIN_DISTANCE * (max(room, 17) / MIN_DISTANCE) ** self.r.random())

    def plant_single(self) -> int:
        """One fact and one or two queries; returns for how many tasks it counts."""
        r = self.r
        fact = r.choice(self.bank.singles)
        room = self.end - len(fact.definition) - 80
        distance = self.distance(room)
        end = self.define(fact, r.randint(0, max(0, room - distance))) if room >= 32 else None
        if end is not None:
            for _ in range(1 if r.random() < 0.8 else 2):
                self.query(fact, end + distance, False)
                distance = self.distance(self.end - end)
        return 1

    def plant_family(self) -> int:
        """2 to 32 members of a family, scattered or one after the other, and queries for some; returns for how many tasks it counts."""
        r = self.r
        members = list(r.choice(self.bank.families))
        r.shuffle(members)
        long_values = max(m.value[1] - m.value[0] for m in members) > 12
        count = r.choice((2, 4, 8) if long_values else (2, 4, 8, 16, 32))
        size = sum(len(m.definition) for m in members[:count])
        room = self.end - size - 80
        if room < 64:
            return 1
        distance = self.distance(room)
        first = r.randint(0, max(0, room - distance))
        planted, at, last = [], first, first
        spread = self.distance(distance) if r.random() < 0.5 else 0
        for m in members[:count]:
            at = first + r.randrange(spread + size) if spread else at
            end = self.define(m, at)
            if end is not None:
                planted.append(m)
                last, at = max(last, end), end
        for m in r.sample(planted, min(len(planted), r.randint(1, max(1, count // 4)) + 1)):
            self.query(m, last + self.distance(self.end - last), False)
        if r.random() < 0.5 and count < FAMILY:
            self.query(members[-1], last + self.distance(self.end - last), True)
        return max(1, count // 4)

    def plan(self, tasks: int) -> list[Insertion]:
        """The insertions for so many tasks, sorted; a large family counts as several."""
        while tasks > 0 and self.value_tokens < MAX_VALUE_TOKENS:
            kind = self.r.random()
            if kind < SINGLE_SHARE:
                tasks -= self.plant_single()
            elif kind < SINGLE_SHARE + FAMILY_SHARE:
                tasks -= self.plant_family()
            else:
                self.query(self.r.choice(self.bank.singles), self.r.randrange(self.end), True)
                tasks -= 1
        return sorted(self.insertions)
