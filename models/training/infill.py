"""Opens holes in code, as an editor's cursor does.

What stands behind the hole is shown a little *before* the hole: text up to a place P, <|fim_suffix|>, the first tokens behind
the hole, <|fim_prefix|>, the text from P on, the hole without a mark of its own, <|fim_end|>, and on with the rest. So the state of
the text up to P serves ordinary reading and infilling alike, and a hole is going on with the text, right behind it in the recent
window, by a model that has seen where it leads. (Shown right before the hole, the text behind it pushed the text in front of it out of
the recent window: EXPERIMENTS.md, 6.) A hole begins where a word of the tokenizer begins: the engine holds the word at the
cursor back (src/engine/tokenizer/heal.ts), the line end and indentation of an empty line included.
"""

from __future__ import annotations

import random

import numpy as np
from tokenizers import Tokenizer

from recall import ANSWER, MIDDLE, SKIP, TEXT, VALUE

LETTER, DIGIT, BLANK, NEWLINE, MARK, SPECIAL = range(6)
SPECIALS = 16  # ids below this are no text
SHOWN = 128  # most tokens shown of the text behind a hole
BACK = (8, 250)  # how many tokens before the hole they are shown
PER_STRETCH = 4  # holes in 1,024 tokens of a segment that has any
LINE, CLOSED, BLOCK = 0.5, 0.15, 0.2  # shares: to the line's end, to what closes the line, some lines; others end anywhere


def character(c: str) -> int:
    if c in "\r\n":
        return NEWLINE
    if c.isspace() and c.isascii():
        return BLANK
    if c.isascii() and c.isdigit():
        return DIGIT
    return LETTER if c.isalpha() or not c.isascii() else MARK


class Infill:
    """`share` of the segments get holes."""

    def __init__(self, tokenizer: Tokenizer, share: float) -> None:
        self.tokenizer, self.share = tokenizer, share
        self.suffix, self.prefix, self.end = (
            tokenizer.token_to_id(f"<|fim_{n}|>") for n in ("suffix", "prefix", "end")
        )
        size = tokenizer.get_vocab_size()
        self.text = [tokenizer.decode([i]) for i in range(size)]
        self.newline = np.array(["\n" in t for t in self.text])
        self.line = np.array([t.lstrip("\r").startswith("\n") for t in self.text])  # tokens that begin with a line end
        self.first = np.array([SPECIAL if i < SPECIALS else character(t[0]) for i, t in enumerate(self.text)])
        self.last = np.array([SPECIAL if i < SPECIALS else character(t[-1]) for i, t in enumerate(self.text)])
        self.single = np.array([len(t) == 1 for t in self.text])
        self.cuts: dict[tuple[int, int], tuple[list[int], list[int]]] = {}

    def starts(self, x: np.ndarray) -> np.ndarray:
        """Which tokens of x begin a word for certain (tokenizer.py's split, as far as tokens tell it)."""
        first, last, single = self.first[x[1:]], self.last[x[:-1]], self.single[x[:-1]]
        start = first != last
        start &= ~((first == LETTER) & single & ((last == MARK) | (last == BLANK)))  # .name, one blank before a name
        start &= ~((first == MARK) & single & (last == BLANK))  # one blank before marks
        white = lambda c: (c == BLANK) | (c == NEWLINE)  # noqa: E731
        start &= ~(white(first) & white(last))
        return np.concatenate([[True], start])

    def cut(self, token: int, at: int) -> tuple[list[int], list[int]]:
        """A token cut in two before a character, as encoded when the parts stand alone."""
        if (token, at) not in self.cuts:
            text = self.text[token]
            left, right = (self.tokenizer.encode(t, add_special_tokens=False).ids for t in (text[:at], text[at:]))
            self.cuts[token, at] = (left, right)
        return self.cuts[token, at]

    def hole(
        self, x: np.ndarray, lo: int, hi: int, r: random.Random, line: bool = False
    ) -> tuple[int, int, int] | None:
        """A hole [a, b) that begins between lo and hi, and how many characters of its last token stay behind it."""
        near = x[lo : hi + 400]
        begin = np.flatnonzero(self.starts(near)[: hi - lo]) + lo
        if not len(begin):
            return None
        a, kind, left = int(begin[r.randrange(len(begin))]), 0.0 if line else r.random(), 0
        breaks = np.flatnonzero(self.newline[x[a + 1 : a + 300]]) + a + 1
        if kind < LINE + CLOSED + BLOCK:
            lines = 0 if kind < LINE + CLOSED else r.randrange(1, 6)
            if len(breaks) <= lines:
                return None
            b = int(breaks[lines])
            if LINE <= kind < LINE + CLOSED and self.first[x[b - 1]] == MARK and b - 1 > a:
                text = self.text[x[b - 1]]
                left = r.randrange(1, len(text) + 1) if text.isascii() else 0
        else:
            ends = np.flatnonzero(self.starts(x[a : a + 48]))
            b = a + int(ends[r.randrange(len(ends))])
        if b <= a or b + 8 >= len(x) or (x[a : b + 8] < SPECIALS).any():
            return None
        return a, b, left

    def example(
        self, x: np.ndarray, hole: tuple[int, int, int], shown: int, place: int
    ) -> tuple[list[int], list[int], list[int], int]:
        """(marks and text behind the hole, the text from `place` to the hole, the missing tokens with <|fim_end|>, where the rest goes on)."""
        a, b, left = hole
        missing, behind = x[a:b].tolist(), x[b : b + shown].tolist()
        if left:
            token = missing.pop()
            mine, others = self.cut(token, len(self.text[token]) - left)
            missing, behind = missing + mine, others + behind
        return [self.suffix, *behind, self.prefix], x[place:a].tolist(), [*missing, self.end], b + shown

    def apply(self, x: np.ndarray, mark: np.ndarray, length: int, r: random.Random) -> tuple[np.ndarray, np.ndarray, int]:
        """The first `length` tokens of a text x and of its marks, with holes; and how many tokens of x they take."""
        if r.random() >= self.share:
            return x[:length], mark[:length], length
        step, at = 1024 // PER_STRETCH, 0
        pieces: list[np.ndarray] = []
        marks: list[np.ndarray] = []
        for lo in range(0, length - 2 * step, step):
            lo = max(lo, at + BACK[0])
            shown = SHOWN if r.random() < 0.2 else int(8 * (SHOWN / 8) ** r.random())
            back = r.randint(*BACK)
            found = self.hole(x, lo, lo + step // 2, r) if lo + 2 * step < length else None
            if found is None:
                continue
            near = mark[found[0] : found[1] + shown]
            if (near == VALUE).any() or (near == ANSWER).any():
                continue  # what is asked for stays behind what defines it
            place = max(at + 1, found[0] - back)
            front, again, missing, after = self.example(x, found, shown, place)
            pieces += [x[at:place], np.array(front + again + missing, np.uint16)]
            unforeseeable = [SKIP, SKIP] + [TEXT] * (len(front) - 3) + [SKIP]  # that a hole comes, how much is shown
            marks += [mark[at:place], np.array(unforeseeable, np.uint8), mark[place : found[0]]]
            marks += [np.array([MIDDLE] * len(missing), np.uint8)]
            at = after
            pieces.append(x[at : at + 1])
            marks.append(np.array([SKIP], np.uint8)[: len(pieces[-1])])
            at += len(pieces[-1])
        pieces.append(x[at:])
        marks.append(mark[at:])
        out, out_marks = np.concatenate(pieces), np.concatenate(marks)
        return out[:length].astype(np.uint16), out_marks[:length], min(length, len(x) - (len(out) - length))
