"""Gives identifiers of a text new names, the same everywhere: what such a name means can then only come from its definition.

The first occurrence of a new name is labelled REUSED (it should become a note), later and distant ones FAR.
"""

from __future__ import annotations

import random
import re

import numpy as np
from tokenizers import Tokenizer

from memmamba_training.recall.names import random_words, styled
from memmamba_training.tokens.labels import FAR, REUSED, TEXT

NAME = re.compile(r"(?<![\w$])[A-Za-z_][A-Za-z0-9_]{4,40}(?![\w$])")
DISTANT = 1200  # characters, some 300 tokens: beyond the recent window


def style_of(name: str) -> str | None:
    """How the words of a name are joined; None for a single word, which may be a keyword or prose."""
    if "_" in name.strip("_"):
        return "upper" if name.isupper() else "snake"
    inner = any(c.isupper() for c in name[1:]) and not name.isupper()
    return ("pascal" if name[0].isupper() else "camel") if inner else None


def rename(
    ids: np.ndarray, tokenizer: Tokenizer, r: random.Random, per_kilobyte: float = 0.15
) -> tuple[np.ndarray, np.ndarray]:
    """The text `ids` [l] with some of the names that occur again at a distance replaced: (ids, labels), both [another l]."""
    text = tokenizer.decode(ids.tolist(), skip_special_tokens=False)
    positions: dict[str, list[int]] = {}
    for m in NAME.finditer(text):
        positions.setdefault(m[0], []).append(m.start())
    far = [n for n, p in positions.items() if len(p) > 1 and p[-1] - p[0] > DISTANT and style_of(n)]
    r.shuffle(far)
    table = {n: styled(random_words(r), style_of(n) or "camel") for n in far[: max(1, int(len(text) / 1000 * per_kilobyte))]}
    text = NAME.sub(lambda m: table.get(m[0], m[0]), text)
    e = tokenizer.encode(text, add_special_tokens=False)
    labels = np.full(len(e.ids), TEXT, np.uint8)
    starts = np.array([a for a, _ in e.offsets])
    new, last = set(table.values()), dict[str, int]()
    for m in NAME.finditer(text):
        if m[0] not in new:
            continue
        lo, hi = np.searchsorted(starts, [m.start(), m.end()])
        lo -= int(lo < len(starts) and starts[lo] > m.start())  # a token that begins before the name, with a blank or dot
        if m[0] not in last:
            labels[lo:hi] = REUSED
        elif m.start() - last[m[0]] > DISTANT:
            labels[lo:hi] = FAR
        last[m[0]] = m.start()
    return np.array(e.ids, np.uint16), labels
