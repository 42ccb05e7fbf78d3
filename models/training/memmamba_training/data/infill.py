"""Fill-in-the-middle examples (arXiv 2207.14255), in the order in which the engine would feed them.

The suffix is placed a little *before* the middle: text up to a position P, <|fim_suffix|>, the first tokens after the middle,
<|fim_prefix|>, the text from P on, the middle without a marker of its own, <|fim_end|>, and on after the suffix. So the state of
the text up to P serves both ordinary reading and infilling, and filling in is ordinary continuation, with the prefix in the recent
window and the suffix in memory. (A suffix right before the middle pushed the prefix out of the recent window:
EXPERIMENTS.md, 6.) A middle starts where a pre-token starts, since the engine decodes the word at the cursor anew (token healing);
so does the line break with the indentation of an empty line.
"""

from __future__ import annotations

import random

import numpy as np
from tokenizers import Tokenizer

from memmamba_training.tokens.labels import ANSWER, MIDDLE, SKIP, TEXT, VALUE

LETTER, DIGIT, BLANK, NEWLINE, SYMBOL, SPECIAL = range(6)  # classes of characters
SPECIALS = 16  # ids below this are no text
MAX_SUFFIX = 128  # tokens of the suffix
DISTANCE = (8, 250)  # tokens from P to the middle
PER_1024 = 4  # middles in 1,024 tokens of a segment that has any
LINE, CLOSING, LINES = 0.5, 0.15, 0.2  # shares of middles: to the end of the line, to what closes it, several lines; others end anywhere


def character_class(c: str) -> int:
    if c in "\r\n":
        return NEWLINE
    if c.isspace() and c.isascii():
        return BLANK
    if c.isascii() and c.isdigit():
        return DIGIT
    return LETTER if c.isalpha() or not c.isascii() else SYMBOL


class Infill:
    """Makes examples; `share` of the segments get some."""

    def __init__(self, tokenizer: Tokenizer, share: float) -> None:
        self.tokenizer, self.share = tokenizer, share
        self.suffix, self.prefix, self.end = (tokenizer.token_to_id(f"<|fim_{n}|>") for n in ("suffix", "prefix", "end"))
        # By token id:
        self.text = [tokenizer.decode([i]) for i in range(tokenizer.get_vocab_size())]
        self.newline = np.array(["\n" in t for t in self.text])
        self.line_start = np.array([t.lstrip("\r").startswith("\n") for t in self.text])  # begins with a line break
        self.first = np.array([SPECIAL if i < SPECIALS else character_class(t[0]) for i, t in enumerate(self.text)])
        self.last = np.array([SPECIAL if i < SPECIALS else character_class(t[-1]) for i, t in enumerate(self.text)])
        self.single = np.array([len(t) == 1 for t in self.text])
        self.cuts: dict[tuple[int, int], tuple[list[int], list[int]]] = {}

    def starts(self, x: np.ndarray) -> np.ndarray:
        """Which tokens of x [l] certainly begin a pre-token (tokens/tokenizer.py), as far as the tokens alone tell."""
        first, last, single = self.first[x[1:]], self.last[x[:-1]], self.single[x[:-1]]
        start = first != last
        start &= ~((first == LETTER) & single & ((last == SYMBOL) | (last == BLANK)))  # .name, one blank before a name
        start &= ~((first == SYMBOL) & single & (last == BLANK))  # one blank before symbols
        white = lambda c: (c == BLANK) | (c == NEWLINE)
        start &= ~(white(first) & white(last))
        return np.concatenate([[True], start])

    def cut(self, token: int, at: int) -> tuple[list[int], list[int]]:
        """The encodings of both parts of a token that is cut before a character."""
        if (token, at) not in self.cuts:
            text = self.text[token]
            left, right = (self.tokenizer.encode(t, add_special_tokens=False).ids for t in (text[:at], text[at:]))
            self.cuts[token, at] = (left, right)
        return self.cuts[token, at]

    def choose(self, x: np.ndarray, lo: int, hi: int, r: random.Random, to_line_end: bool = False) -> tuple[int, int, int] | None:
        """A middle [a, b) that starts between lo and hi, and how many characters of its last token belong to the suffix."""
        near = x[lo : hi + 400]
        begin = np.flatnonzero(self.starts(near)[: hi - lo]) + lo
        if not len(begin):
            return None
        a, kind, left = int(begin[r.randrange(len(begin))]), 0.0 if to_line_end else r.random(), 0
        breaks = np.flatnonzero(self.newline[x[a + 1 : a + 300]]) + a + 1
        if kind < LINE + CLOSING + LINES:
            lines = 0 if kind < LINE + CLOSING else r.randrange(1, 6)
            if len(breaks) <= lines:
                return None
            b = int(breaks[lines])
            if LINE <= kind < LINE + CLOSING and self.first[x[b - 1]] == SYMBOL and b - 1 > a:
                text = self.text[x[b - 1]]
                left = r.randrange(1, len(text) + 1) if text.isascii() else 0
        else:
            ends = np.flatnonzero(self.starts(x[a : a + 48]))
            b = a + int(ends[r.randrange(len(ends))])
        if b <= a or b + 8 >= len(x) or (x[a : b + 8] < SPECIALS).any():
            return None
        return a, b, left

    def example(
        self, x: np.ndarray, chosen: tuple[int, int, int], suffix_tokens: int, start: int
    ) -> tuple[list[int], list[int], list[int], int]:
        """(suffix with its markers, prefix from `start` (P) to the middle, middle with <|fim_end|>, where the text continues)."""
        a, b, left = chosen
        middle, suffix = x[a:b].tolist(), x[b : b + suffix_tokens].tolist()
        if left:
            token = middle.pop()
            ours, rest = self.cut(token, len(self.text[token]) - left)
            middle, suffix = middle + ours, rest + suffix
        return [self.suffix, *suffix, self.prefix], x[start:a].tolist(), [*middle, self.end], b + suffix_tokens

    def apply(self, x: np.ndarray, labels: np.ndarray, length: int, r: random.Random) -> tuple[np.ndarray, np.ndarray, int]:
        """The first `length` tokens of a text x with examples, their labels, and how many tokens of x they take."""
        if r.random() >= self.share:
            return x[:length], labels[:length], length
        step, at = 1024 // PER_1024, 0
        pieces: list[np.ndarray] = []
        piece_labels: list[np.ndarray] = []
        for lo in range(0, length - 2 * step, step):
            lo = max(lo, at + DISTANCE[0])
            suffix_tokens = MAX_SUFFIX if r.random() < 0.2 else int(8 * (MAX_SUFFIX / 8) ** r.random())
            distance = r.randint(*DISTANCE)
            chosen = self.choose(x, lo, lo + step // 2, r) if lo + 2 * step < length else None
            if chosen is None:
                continue
            near = labels[chosen[0] : chosen[1] + suffix_tokens]
            if (near == VALUE).any() or (near == ANSWER).any():
                continue  # a suffix before the prefix would put a query before its definition
            start = max(at + 1, chosen[0] - distance)
            suffix, prefix, middle, after = self.example(x, chosen, suffix_tokens, start)
            pieces += [x[at:start], np.array(suffix + prefix + middle, np.uint16)]
            suffix_labels = [SKIP, SKIP] + [TEXT] * (len(suffix) - 3) + [SKIP]  # its start and its length cannot be predicted
            piece_labels += [labels[at:start], np.array(suffix_labels, np.uint8), labels[start : chosen[0]]]
            piece_labels += [np.array([MIDDLE] * len(middle), np.uint8)]
            at = after
            pieces.append(x[at : at + 1])
            piece_labels.append(np.array([SKIP], np.uint8)[: len(pieces[-1])])
            at += len(pieces[-1])
        pieces.append(x[at:])
        piece_labels.append(labels[at:])
        out, out_labels = np.concatenate(pieces), np.concatenate(piece_labels)
        return out[:length].astype(np.uint16), out_labels[:length], min(length, len(x) - (len(out) - length))
