"""Planted facts: definitions that are asked for again far away, so that the model learns to keep and to find them.

Facts stand alone or in families of similar names (facts.py), asked in code, behind infill marks, or as a question. A
question about a name that was never defined, often a member of a family of which others were, is answered <|none|>.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from dresses import QUESTION_FORMS
from facts import FAMILY, QUESTIONS, Fact, family, single

# Marks of tokens: what the loss and the scorer make of them (train.py).
TEXT, ANSWER, VALUE, MIDDLE, SKIP, REUSED, FAR = range(7)
NOTES_BUDGET = 360  # most value tokens planted in one text: more than a pool holds cannot be learned
SINGLE, FAMILIES = 0.6, 0.32  # shares of the tasks; the others are questions about names that are nowhere


@dataclass(frozen=True)
class Planted:
    """Token ids of one fact: the definition, and each question as (ids, index where the answer starts)."""

    kind: str
    definition: list[int]
    value: tuple[int, int]  # the definition's tokens [start, end) that hold the value
    questions: list[tuple[list[int], int]]  # in code, as a question
    absent: tuple[list[int], int]


def value_span(f: Fact, offsets: list[tuple[int, int]]) -> tuple[int, int]:
    """Which tokens of the definition hold the value; offsets are the tokens' character spans."""
    name = f.name.rsplit(".", 1)[-1]
    start = f.definition.index(f.value, f.definition.index(name) + len(name))
    inside = [i for i, (a, b) in enumerate(offsets) if b > start and a < start + len(f.value)]
    return inside[0], inside[-1] + 1


class Bank:
    """Many facts, tokenised once: about half alone, half in families. Banks of different seeds share no fact."""

    def __init__(self, tokenizer: Tokenizer, size: int, seed: int, kind: str = "") -> None:
        r = random.Random(seed)
        families = max(1, size // 2 // FAMILY)
        facts = [single(r, kind) for _ in range(size - families * FAMILY)]
        alone = len(facts)
        for _ in range(families):
            facts += family(r, kind)
        special = {t: tokenizer.token_to_id(t) for t in ("<|question|>", "<|answer|>", "<|none|>", "<|eof|>")}
        self.hole = tuple(tokenizer.token_to_id(f"<|fim_{n}|>") for n in ("suffix", "middle", "end"))
        uses = [r.choice(f.uses) for f in facts]
        asked = [r.choice(r.choice((QUESTIONS, QUESTION_FORMS))).format(f.name) for f in facts]

        def encode(texts: list[str]) -> list[list[int]]:
            return [e.ids for e in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]

        definitions = tokenizer.encode_batch([f.definition for f in facts], add_special_tokens=False)
        in_code = encode([before + answer + "\n" for before, answer in uses])
        before = encode([b for b, _ in uses])
        questions, answers = encode(asked), encode([f.value for f in facts])
        made: list[Planted] = []
        for i, f in enumerate(facts):
            start = next((k for k, (a, b) in enumerate(zip(in_code[i], before[i])) if a != b), len(before[i]))
            start = min(start, len(in_code[i]) - 1)
            asking = [special["<|question|>"], *questions[i], special["<|answer|>"]]
            as_question = (asking + answers[i] + [special["<|eof|>"]], len(asking))
            forms = [(in_code[i], start), as_question]
            absent = (asking + [special["<|none|>"], special["<|eof|>"]], len(asking))
            made.append(Planted(f.kind, definitions[i].ids, value_span(f, definitions[i].offsets), forms, absent))
        self.items = made[:alone]
        self.families = [made[i : i + FAMILY] for i in range(alone, len(made), FAMILY)]

    def infilled(self, ids: list[int], answer: int, behind: list[int]) -> tuple[list[int], int]:
        """A use in code as a hole to fill: what stands before the answer, marks around what follows, the answer."""
        suffix, middle, end = self.hole
        start = [*ids[:answer], suffix, ids[-1], *behind, middle]  # the last token closes the line
        return [*start, *ids[answer:-1], end], len(start)

    def plant(self, x: np.ndarray, mark: np.ndarray, r: random.Random, count: int, infilled_share: float = 0.4) -> int:
        """Overwrites parts of a text x [l] with `count` tasks (a large family is several) and marks them in `mark` [l].
        Returns how many questions were placed.

        Distances between definition and question are log-uniform between 16 tokens and the whole text."""
        end, asked, notes = len(x), 0, 0
        taken: list[tuple[int, int]] = []

        def place(ids: list[int], at: int) -> bool:
            if at < 0 or at + len(ids) > end or any(at < b and a < at + len(ids) for a, b in taken):
                return False
            taken.append((at, at + len(ids)))
            x[at : at + len(ids)] = ids
            mark[at : at + len(ids)] = TEXT
            return True

        def define(item: Planted, at: int) -> bool:
            nonlocal notes
            if not place(item.definition, at):
                return False
            mark[at + item.value[0] : at + item.value[1]] = VALUE
            notes += item.value[1] - item.value[0]
            return True

        def ask(item: Planted, at: int, missing: bool) -> None:
            nonlocal asked
            ids, answer = item.absent if missing else r.choice(item.questions)
            if ids is item.questions[0][0] and r.random() < infilled_share:
                behind = r.randrange(max(1, end - 64))
                ids, answer = self.infilled(ids, answer, x[behind : behind + r.randint(4, 48)].tolist())
            at = min(at, end - len(ids))
            if place(ids, at):
                mark[at + answer : at + len(ids)] = ANSWER
                asked += 1

        def gap(room: int) -> int:
            return int(16 * (max(room, 17) / 16) ** r.random())

        def one() -> int:
            item = r.choice(self.items)
            room = end - len(item.definition) - 80
            distance = gap(room)
            at = r.randint(0, max(0, room - distance))
            if room >= 32 and define(item, at):
                for _ in range(1 if r.random() < 0.8 else 2):
                    ask(item, at + len(item.definition) + distance, False)
                    distance = gap(end - at - len(item.definition))
            return 1

        def many() -> int:
            members = list(r.choice(self.families))
            r.shuffle(members)
            long = max(m.value[1] - m.value[0] for m in members) > 12
            want = r.choice((2, 4, 8) if long else (2, 4, 8, 16, 32))
            size = sum(len(m.definition) for m in members[:want])
            room = end - size - 80
            if room < 64:
                return 1
            distance = gap(room)
            first = r.randint(0, max(0, room - distance))
            planted, at = [], first
            spread = gap(distance) if r.random() < 0.5 else 0  # scattered over a stretch, or one below the other
            for m in members[:want]:
                at = first + r.randrange(spread + size) if spread else at
                if define(m, at):
                    planted.append(m)
                at += len(m.definition)
            last = first + size + spread
            for m in r.sample(planted, min(len(planted), r.randint(1, max(1, want // 4)) + 1)):
                ask(m, last + gap(end - last), False)
            if r.random() < 0.5 and want < FAMILY:
                ask(members[-1], last + gap(end - last), True)
            return max(1, want // 4)

        while count > 0 and notes < NOTES_BUDGET:
            kind = r.random()
            if kind < SINGLE:
                count -= one()
            elif kind < SINGLE + FAMILIES:
                count -= many()
            else:
                ask(r.choice(self.items), r.randrange(end), True)
                count -= 1
        return asked
