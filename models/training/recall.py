"""Planted facts: definitions that are asked for again far away, so that the model learns to keep and to find them.

Facts stand alone or in families of similar names (facts.py), asked in code, in a hole to fill, or as a question. A
question about a name that was never defined, often a member of a family of which others were, is answered <|none|>.
They are *inserted* between the lines of the text: over code, the broken line would give them away (EXPERIMENTS.md, 6).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from tokenizers import Tokenizer

from dresses import QUESTION_FORMS
from facts import FAMILY, NOTHING, QUESTIONS, Fact, family, single
from mined import Mined

# Marks of tokens: what the loss and the scorer make of them (train.py).
TEXT, ANSWER, VALUE, MIDDLE, SKIP, REUSED, FAR = range(7)
NOTES_BUDGET = 600  # most value tokens planted in one text: more than a pool holds cannot be learned
SINGLE, FAMILIES = 0.6, 0.32  # shares of the tasks; the others are questions about names that are nowhere
BETWEEN_LINES = 0.9  # share of what is inserted that stands between lines; the rest, anywhere


@dataclass(frozen=True)
class Planted:
    """Token ids of one fact: the definition, from the line end before it to the end of its last line, and each question as
    (ids, index where the answer starts)."""

    kind: str
    definition: list[int]
    value: tuple[int, int]  # the definition's tokens [start, end) that hold the value
    questions: list[tuple[list[int], int]]  # in code, as a question
    absent: tuple[list[int], int]


class Inserted(NamedTuple):
    """Tokens with their marks, to be inserted at a place of the text that comes out."""

    at: int
    ids: list[int]
    marks: list[int]


def insert(
    x: np.ndarray, mark: np.ndarray, items: Sequence[Inserted], line: np.ndarray, r: random.Random
) -> tuple[np.ndarray, np.ndarray]:
    """A text and its marks with items in it; longer by their tokens. `line` [vocabulary]: which tokens begin with a line end.
    An item moves to the end of the line before its place, or stays where it is when there is none."""
    out: list[np.ndarray] = []
    marks: list[np.ndarray] = []
    taken = size = 0
    for at, ids, m in sorted(items):
        gap = min(max(0, at - size), len(x) - taken)
        ends = np.flatnonzero(line[x[taken : taken + gap + 1]])
        if len(ends) and r.random() < BETWEEN_LINES:
            gap = int(ends[-1])
        out += [x[taken : taken + gap], np.array(ids, x.dtype)]
        marks += [mark[taken : taken + gap], np.array(m, mark.dtype)]
        taken, size = taken + gap, size + gap + len(ids)
    return np.concatenate([*out, x[taken:]]), np.concatenate([*marks, mark[taken:]])


def value_span(f: Fact, offsets: list[tuple[int, int]]) -> tuple[int, int]:
    """Which tokens of the definition hold the value; offsets are the tokens' character spans."""
    name = f.name.rsplit(".", 1)[-1]
    start = f.definition.index(f.value, f.definition.index(name) + len(name))
    inside = [i for i, (a, b) in enumerate(offsets) if b > start and a < start + len(f.value)]
    return inside[0], inside[-1] + 1


class Bank:
    """Many facts, tokenised once: about half alone, half in families. Banks of different seeds share no fact."""

    def __init__(self, tokenizer: Tokenizer, size: int, seed: int, kind: str = "", mined: Mined = NOTHING) -> None:
        r = random.Random(seed)
        families = max(1, size // 2 // FAMILY)
        facts = [single(r, kind, mined) for _ in range(size - families * FAMILY)]
        alone = len(facts)
        for _ in range(families):
            facts += family(r, kind, mined)
        special = {t: tokenizer.token_to_id(t) for t in ("<|question|>", "<|answer|>", "<|none|>", "<|eof|>")}
        self.hole = tuple(tokenizer.token_to_id(f"<|fim_{n}|>") for n in ("suffix", "prefix", "end"))
        uses = [r.choice(f.uses) for f in facts]
        asked = [r.choice(r.choice((QUESTIONS, QUESTION_FORMS))).format(f.name) for f in facts]

        def encode(texts: list[str]) -> list[list[int]]:
            return [e.ids for e in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]

        definitions = tokenizer.encode_batch([f.definition.removesuffix("\n") for f in facts], add_special_tokens=False)
        in_code = encode([before + answer + closed + "\n" for before, answer, closed in uses])
        before = encode([b for b, _, _ in uses])
        questions, answers = encode(asked), encode([f.value for f in facts])
        made: list[Planted] = []
        blank = {i for i in range(tokenizer.get_vocab_size()) if not tokenizer.decode([i]).strip(" ")}
        for i, f in enumerate(facts):
            start = next((k for k, (a, b) in enumerate(zip(in_code[i], before[i])) if a != b), len(before[i]))
            start = min(start, len(in_code[i]) - 1)
            # The engine gives a blank at the cursor back to the word that follows (heal.ts), so the answer begins with it.
            while start > 1 and in_code[i][start - 1] in blank:
                start -= 1
            asking = [special["<|question|>"], *questions[i], special["<|answer|>"]]
            as_question = (asking + answers[i] + [special["<|eof|>"]], len(asking))
            forms = [(in_code[i], start), as_question]
            absent = (asking + [special["<|none|>"], special["<|eof|>"]], len(asking))
            made.append(Planted(f.kind, definitions[i].ids, value_span(f, definitions[i].offsets), forms, absent))
        self.items = made[:alone]
        self.families = [made[i : i + FAMILY] for i in range(alone, len(made), FAMILY)]

    def infilled(self, ids: list[int], answer: int, behind: list[int]) -> tuple[list[int], int]:
        """A use in code with the answer as a hole to fill (infill.py): marks around what follows, what stands before, the answer."""
        suffix, prefix, end = self.hole
        start = [suffix, ids[-1], *behind, prefix, *ids[:answer]]  # the last token closes the line
        return [*start, *ids[answer:-1], end], len(start)

    def plan(
        self, behind: np.ndarray, free: Sequence[tuple[int, int]], r: random.Random, count: int, infilled_share: float = 0.4
    ) -> tuple[list[Inserted], int]:
        """What to insert for `count` tasks (a large family is several) into the `free` stretches [start, end) of a text, in order,
        and how many questions that are. `behind`: any tokens, to stand behind holes.

        Distances between definition and question are log-uniform between 16 tokens and the whole text."""
        end, asked, notes = free[-1][1], 0, 0
        items: list[Inserted] = []

        def settle(at: int, size: int) -> int:
            """The place, or the next one that is free; the last one when none comes."""
            for a, b in free:
                if at + size <= b and b - a >= size:
                    return max(a, at)
            return free[-1][1] - size

        def place(ids: list[int], at: int, marks: list[int]) -> bool:
            at = settle(at, len(ids))
            if not any(a <= at and at + len(ids) <= b for a, b in free):
                return False
            if any(at < i.at + len(i.ids) and i.at < at + len(ids) for i in items):
                return False
            items.append(Inserted(at, ids, marks))
            return True

        def define(item: Planted, at: int) -> int | None:
            """Where the definition ends."""
            nonlocal notes
            a, b = item.value
            marks = [VALUE if a <= i < b else TEXT for i in range(len(item.definition))]
            if not place(item.definition, at, marks):
                return None
            notes += b - a
            return items[-1].at + len(item.definition)

        def ask(item: Planted, at: int, missing: bool) -> None:
            nonlocal asked
            ids, answer = item.absent if missing else r.choice(item.questions)
            if ids is item.questions[0][0] and r.random() < infilled_share:
                begin = r.randrange(max(1, len(behind) - 64))
                ids, answer = self.infilled(ids, answer, behind[begin : begin + r.randint(4, 48)].tolist())
            asked += place(ids, at, [TEXT if i < answer else ANSWER for i in range(len(ids))])

        def gap(room: int) -> int:
            return int(16 * (max(room, 17) / 16) ** r.random())

        def one() -> int:
            item = r.choice(self.items)
            room = end - len(item.definition) - 80
            distance = gap(room)
            behind = define(item, r.randint(0, max(0, room - distance))) if room >= 32 else None
            if behind is not None:
                for _ in range(1 if r.random() < 0.8 else 2):
                    ask(item, behind + distance, False)
                    distance = gap(end - behind)
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
            planted, at, last = [], first, first
            spread = gap(distance) if r.random() < 0.5 else 0  # scattered over a stretch, or one below the other
            for m in members[:want]:
                at = first + r.randrange(spread + size) if spread else at
                behind = define(m, at)
                if behind is not None:
                    planted.append(m)
                    last, at = max(last, behind), behind
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
        return sorted(items), asked
