"""Segments of real code with questions about their definitions, for the retrieval head.

A question is a definition's comment, which is mostly cut out of the text, with most names left out; or it is made from the words
of the definition's name. The other definitions of the segment are negatives.
"""

from __future__ import annotations

import random
import re
from typing import NamedTuple

import numpy as np
from tokenizers import Tokenizer

from memmamba_training.data.definitions import LANGUAGES, Definition, definitions, retrieval_units

SPANS, QUESTIONS = 48, 12  # definitions of a segment; the first of them have questions
QUESTION_TOKENS = 128  # one block
MIN_TOKENS, MAX_TOKENS = 8, 600  # of a definition
CUT_SHARE = 0.9  # of comments that are cut out of the text
MASK_SHARE = 0.75  # of comments whose names are left out of the question
NAME_SHARE = 0.15  # of questions made from a name although there is a comment
CODE_LIKE = re.compile(r"[_$(){}\[\]=:#]|[a-z][A-Z]|\w\.\w|^[A-Z]{2,}\w*$")
NAME_TEMPLATES = (
    "where is the {0}?",
    "what does {0} default to?",
    "{0}",
    "how does it {0}?",
    "the code that handles {0}",
    "which function does {0}",
    "where do we {0}?",
    "what is the {0}",
)
FILE = re.compile(r"<\|path\|>([^\n]*)\n")


class QuestionSegment(NamedTuple):
    """A text with definitions and questions about some of them."""

    ids: np.ndarray  # (l) uint16
    spans: np.ndarray  # (SPANS,2) int32: token ranges of definitions; (0, 0): none
    questions: np.ndarray  # (QUESTIONS,QUESTION_TOKENS) uint16, padded; starts with <|pad|> where there is none


def name_words(name: str) -> list[str]:
    return [w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name)]


def masked(comment: str, name: str) -> str:
    """A comment without words that look like code, and without the name of the definition."""
    kept = []
    for word in comment.split():
        bare = re.sub(r"^\W+|\W+$", "", word)
        if bare and not CODE_LIKE.search(bare) and bare.lower() != name.lower():
            kept.append(word)
    return " ".join(kept)


def question_about(d: Definition, r: random.Random) -> str | None:
    """What somebody may ask who looks for this definition; None if its comment and its name say too little."""
    words = name_words(d.name)
    if d.comment and (r.random() >= NAME_SHARE or len(words) < 2):
        text = d.comment
        if r.random() < MASK_SHARE:
            text = masked(text, d.name)
        if r.random() < 0.3:
            text = re.split(r"(?<=[.;])\s", text)[0]
        if len(text.split()) < 3:
            return None
        return text[0].lower() + text[1:] if text and r.random() < 0.3 else text
    if len(words) < 2:
        return None
    if len(words) > 2 and r.random() < 0.3:
        words.pop(r.randrange(len(words)))
    return r.choice(NAME_TEMPLATES).format(" ".join(words))


def without(text: str, cuts: list[tuple[int, int]]) -> tuple[str, np.ndarray, np.ndarray]:
    """(the text without the character ranges `cuts`, where each remaining piece begins in the old and in the new text)."""
    pieces, old, new, at = [], [0], [0], 0
    for start, end in sorted(cuts):
        if start < at:
            continue
        pieces.append(text[at:start])
        at = end
        old.append(at)
        new.append(sum(map(len, pieces)))
    pieces.append(text[at:])
    return "".join(pieces), np.array(old), np.array(new)


class QuestionMaker:
    """Makes segments with questions from real code."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.question, self.pad = tokenizer.token_to_id("<|question|>"), tokenizer.token_to_id("<|pad|>")

    def encode_question(self, text: str) -> list[int]:
        """QUESTION_TOKENS ids: <|question|> text, cut or padded."""
        ids = [self.question, *self.tokenizer.encode(text, add_special_tokens=False).ids][:QUESTION_TOKENS]
        return ids + [self.pad] * (QUESTION_TOKENS - len(ids))

    def files(self, text: str, path: str) -> list[tuple[int, int, str]]:
        """(start, end, language) of the files of a known language in a text that begins inside the file `path`."""
        starts = [(0, 0, path)] + [(m.start(), m.end(), m[1]) for m in FILE.finditer(text)]
        ends = [m[0] for m in starts[1:]] + [len(text)]
        out = [(start, end, LANGUAGES.get(p.rsplit(".", 1)[-1])) for (_, start, p), end in zip(starts, ends, strict=True)]
        return [(start, end, language) for start, end, language in out if language is not None]

    def definitions(self, text: str, path: str) -> list[Definition]:
        """The definitions of all files in a text."""
        found: list[Definition] = []
        for start, end, language in self.files(text, path):
            body = text[start:end].replace("<|eof|>", "       ")
            for d in retrieval_units(body, definitions(body, language)):
                moved = {name: getattr(d, name) + start for name in ("start", "end", "comment_start", "comment_end")}
                found.append(d._replace(**moved))
        return found

    def make(
        self, ids: np.ndarray, path: str, length: int, r: random.Random, cut_share: float = CUT_SHARE, targets: int = 0
    ) -> QuestionSegment | None:
        """A segment of `length` tokens from `ids` (which must be longer, since comments are cut out), and `targets` more tokens
        in which no definition ends, as they are predicted but not read. None if there is no question."""
        text = self.tokenizer.decode(ids.tolist(), skip_special_tokens=False)
        found = self.definitions(text, path)
        cuts = [(d.comment_start, d.comment_end) for d in found if d.comment and r.random() < cut_share]
        shorter, old, new = without(text, cuts)

        def moved(at: int) -> int:
            i = int(np.searchsorted(old, at, "right")) - 1
            return int(new[i] + at - old[i])

        e = self.tokenizer.encode(shorter, add_special_tokens=False)
        if len(e.ids) < length + targets:
            return None
        starts = np.array([a for a, _ in e.offsets])
        spans: list[tuple[int, int, Definition]] = []
        for d in found:
            a, b = (int(v) for v in np.searchsorted(starts, [moved(d.start), moved(d.end)]))
            if MIN_TOKENS <= b - a <= MAX_TOKENS and b <= length:
                spans.append((a, b, d))
        r.shuffle(spans)
        spans.sort(key=lambda s: not s[2].comment)  # those with comments first
        with_question: list[tuple[int, int]] = []
        others: list[tuple[int, int]] = []
        encoded: list[list[int]] = []
        seen: set[str] = set()
        for a, b, d in spans:
            question = question_about(d, r) if len(with_question) < QUESTIONS else None
            if question and question not in seen:  # overloads may share a comment: neither is a wrong answer
                seen.add(question)
                with_question.append((a, b))
                encoded.append(self.encode_question(question))
            elif not question:
                others.append((a, b))
        if not with_question:
            return None
        table = np.zeros((SPANS, 2), np.int32)
        both = (with_question + others)[:SPANS]
        table[: len(both)] = both
        questions = np.full((QUESTIONS, QUESTION_TOKENS), self.pad, np.uint16)
        questions[: len(encoded)] = encoded
        return QuestionSegment(np.array(e.ids[: length + targets], np.uint16), table, questions)
