"""What the model reads: packages as texts with the teacher's marks, part of them with holes as an editor makes them.

A package becomes either one text of all its files (`<|repo_name|>name<|file_sep|>path` ...) or one text per file. Of either,
some files are turned into parts with a hole: prefix, suffix and then what stands in the hole, in the teacher's order. Holes begin where
a word of the tokenizer begins, as the editor's do, which holds a half word back.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from config import MARKS

END, PREFIX, MIDDLE, SUFFIX, FILE, REPOSITORY = MARKS
WORD = re.compile(r"\s?[A-Za-z_$]\w*|\s?[^\s\w]+|\d|\s+")
PART, BEHIND = 7_000, 2_500
"""Characters of a part with a hole, and of what is shown behind the hole."""
WHOLE, HOLES = 0.5, 0.35
"""Shares: packages read as one text; files with holes."""


def hole(text: str, rng: random.Random) -> tuple[int, int] | None:
    """Where a hole in a text of whole lines begins and ends: the rest of a line, a line, a block of lines, or a few words."""
    starts = [m.start() for m in re.finditer(r"^[^\n]*\S", text, re.M)]
    if len(starts) < 4:
        return None
    at = starts[rng.randrange(1, len(starts))]
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    line = text[at:end]
    kind = rng.random()
    indent = len(line) - len(line.lstrip())
    words = [at + m.start() for m in WORD.finditer(line) if m.start() >= max(1, indent)]
    if kind < 0.45 and words:
        return rng.choice(words), end
    if kind < 0.55 and len(words) > 3:
        a, b = sorted(rng.sample(range(len(words)), 2))
        return words[a], words[b]
    if kind < 0.75:
        return (at if rng.random() < 0.5 else at + indent), end
    last = end
    for _ in range(rng.randrange(1, 9)):  # the block: lines that are at least as deep
        stop = text.find("\n", last + 1)
        following = text[last + 1 : stop if stop > 0 else len(text)]
        if stop < 0 or (following.strip() and len(following) - len(following.lstrip()) < indent):
            break
        last = stop
    return at, last


def with_holes(text: str, rng: random.Random) -> Iterator[str]:
    """The text in parts of whole lines, each with one hole: every character once."""
    at = 0
    while at < len(text):
        end = text.find("\n", at + rng.randrange(PART // 4, PART)) + 1 or len(text)
        part, at = text[at:end], end
        if found := hole(part, rng):
            a, b = found
            yield f"{PREFIX}{part[:a]}{SUFFIX}{part[b : b + BEHIND]}{MIDDLE}{part[a:b]}"
        else:
            yield part


def texts(package: str, files: list[list[str]]) -> Iterator[str]:
    """The texts of a package, files being [path, text] in their order; the same every time."""
    rng = random.Random(package)
    files = [f for f in files if "<|" not in f[1]]
    if rng.random() < WHOLE and len(files) > 1:
        name = package.split(":", 1)[1].rsplit("@", 1)[0]
        out = [REPOSITORY, name]
        for path, text in files:
            if rng.random() < HOLES / 2:
                for part in with_holes(text, rng):
                    out += [FILE, path, "\n", part]
            else:
                out += [FILE, path, "\n", text]
        yield "".join(out) + END
    else:
        for _, text in files:
            if rng.random() < HOLES:
                for part in with_holes(text, rng):
                    yield part + END
            else:
                yield text + END
