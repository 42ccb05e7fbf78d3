"""Facts as tokens, ready to be planted in texts."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tokenizers import Tokenizer

from memmamba_training.recall.extracted import NOTHING, Extracted
from memmamba_training.recall.facts import FAMILY, QUESTIONS, Fact, family, single
from memmamba_training.recall.templates import QUESTION_TEMPLATES


@dataclass(frozen=True)
class PlantedFact:
    """Token ids of one fact. A query is (ids, index where the answer starts); its last token only closes the line or the answer."""

    kind: str
    definition: list[int]  # from the line break before it to the end of its last line
    value: tuple[int, int]  # tokens [start, end) of the definition that hold the value
    queries: list[tuple[list[int], int]]  # in code, as a question
    absent: tuple[list[int], int]  # the question, answered <|none|>


def value_tokens(f: Fact, offsets: list[tuple[int, int]]) -> tuple[int, int]:
    """Which tokens of the definition hold the value; `offsets` are the character ranges of the tokens."""
    name = f.name.rsplit(".", 1)[-1]
    start = f.definition.index(f.value, f.definition.index(name) + len(name))
    inside = [i for i, (a, b) in enumerate(offsets) if b > start and a < start + len(f.value)]
    return inside[0], inside[-1] + 1


class FactBank:
    """`size` facts, tokenised once: about half single, half in families. Banks of different seeds share no fact."""

    def __init__(self, tokenizer: Tokenizer, size: int, seed: int, kind: str = "", extracted: Extracted = NOTHING) -> None:
        r = random.Random(seed)
        families = max(1, size // 2 // FAMILY)
        facts = [single(r, kind, extracted) for _ in range(size - families * FAMILY)]
        singles = len(facts)
        for _ in range(families):
            facts += family(r, kind, extracted)
        self.suffix, self.prefix, self.end = (tokenizer.token_to_id(f"<|fim_{n}|>") for n in ("suffix", "prefix", "end"))
        planted = self.encode(tokenizer, facts, r)
        self.singles = planted[:singles]
        self.families = [planted[i : i + FAMILY] for i in range(singles, len(planted), FAMILY)]

    @staticmethod
    def encode(tokenizer: Tokenizer, facts: list[Fact], r: random.Random) -> list[PlantedFact]:
        """Encodes every fact with one of its queries in code and one question, chosen at random."""
        special = {t: tokenizer.token_to_id(t) for t in ("<|question|>", "<|answer|>", "<|none|>", "<|eof|>")}
        queries = [r.choice(f.queries) for f in facts]
        asked = [r.choice(r.choice((QUESTIONS, QUESTION_TEMPLATES))).format(f.name) for f in facts]

        def ids_of(texts: list[str]) -> list[list[int]]:
            return [e.ids for e in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]

        definitions = tokenizer.encode_batch([f.definition.removesuffix("\n") for f in facts], add_special_tokens=False)
        in_code = ids_of([before + answer + closing + "\n" for before, answer, closing in queries])
        before = ids_of([b for b, _, _ in queries])
        questions, answers = ids_of(asked), ids_of([f.value for f in facts])
        blank = {i for i in range(tokenizer.get_vocab_size()) if not tokenizer.decode([i]).strip(" ")}
        planted: list[PlantedFact] = []
        for i, f in enumerate(facts):
            start = next((k for k, (a, b) in enumerate(zip(in_code[i], before[i])) if a != b), len(before[i]))
            start = min(start, len(in_code[i]) - 1)
            # The engine decodes a blank before the cursor anew together with the next word (token healing), so the answer starts with it.
            while start > 1 and in_code[i][start - 1] in blank:
                start -= 1
            question = [special["<|question|>"], *questions[i], special["<|answer|>"]]
            as_question = (question + answers[i] + [special["<|eof|>"]], len(question))
            absent = (question + [special["<|none|>"], special["<|eof|>"]], len(question))
            value = value_tokens(f, definitions[i].offsets)
            planted.append(PlantedFact(f.kind, definitions[i].ids, value, [(in_code[i], start), as_question], absent))
        return planted

    def infill_query(self, ids: list[int], answer: int, suffix: list[int]) -> tuple[list[int], int]:
        """A query in code whose answer is the middle to fill in (data/infill.py), and where the answer starts there."""
        start = [self.suffix, ids[-1], *suffix, self.prefix, *ids[:answer]]  # the last token of a query closes the line
        return [*start, *ids[answer:-1], self.end], len(start)
