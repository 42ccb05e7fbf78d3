"""Gives names of a text new ones, the same everywhere: what a name means can then only come from its definition.

The first place of a renamed name is marked REUSED (worth a note), its tokens at later, distant places FAR.
"""

from __future__ import annotations

import random
import re

import numpy as np
from tokenizers import Tokenizer

from facts import styled, words
from recall import FAR, REUSED, TEXT

NAME = re.compile(r"(?<![\w$])[A-Za-z_][A-Za-z0-9_]{4,40}(?![\w$])")
DISTANT = 1200  # characters, some 300 tokens: beyond the recent window


def style_of(name: str) -> str | None:
    """How the words of a name are joined; None for a single word, which may be language or prose."""
    if "_" in name.strip("_"):
        return "upper" if name.isupper() else "snake"
    inner = any(c.isupper() for c in name[1:]) and not name.isupper()
    return ("pascal" if name[0].isupper() else "camel") if inner else None


def rename(
    ids: np.ndarray, tokenizer: Tokenizer, r: random.Random, per_kilobyte: float = 0.15
) -> tuple[np.ndarray, np.ndarray]:
    """The text of `ids` with names that come back at a distance renamed: (ids, marks), of another length than before."""
    text = tokenizer.decode(ids.tolist(), skip_special_tokens=False)
    places: dict[str, list[int]] = {}
    for m in NAME.finditer(text):
        places.setdefault(m[0], []).append(m.start())
    far = [n for n, p in places.items() if len(p) > 1 and p[-1] - p[0] > DISTANT and style_of(n)]
    r.shuffle(far)
    table = {n: styled(words(r), style_of(n) or "camel") for n in far[: max(1, int(len(text) / 1000 * per_kilobyte))]}
    text = NAME.sub(lambda m: table.get(m[0], m[0]), text)
    e = tokenizer.encode(text, add_special_tokens=False)
    mark = np.full(len(e.ids), TEXT, np.uint8)
    starts = np.array([a for a, _ in e.offsets])
    new, last = set(table.values()), dict[str, int]()
    for m in NAME.finditer(text):
        if m[0] not in new:
            continue
        lo, hi = np.searchsorted(starts, [m.start(), m.end()])
        lo -= int(lo < len(starts) and starts[lo] > m.start())  # a token that begins before the name, with a blank or dot
        if m[0] not in last:
            mark[lo:hi] = REUSED
        elif m.start() - last[m[0]] > DISTANT:
            mark[lo:hi] = FAR
        last[m[0]] = m.start()
    return np.array(e.ids, np.uint16), mark
