"""Templates and names extracted from real code: lines with the name and the value replaced, everything else as people wrote it.

Composed templates (templates.py) have only forms that somebody thought of. A real line with a name and, a few characters later,
a literal can define the one as the other, and its beginning can ask for it. So can a line that declares a function: there the
parameters and the result are the value.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import NamedTuple

from tokenizers import Tokenizer

from memmamba_training.recall.templates import HELD_OUT
from memmamba_training.tokens.stream import TokenStream

KEYWORDS = (
    "return import from export const static public private protected final class function while switch case default typeof string "
    "number boolean this self null undefined true false None True False else elif include define require void char float double long "
    "short unsigned signed struct enum union package async await yield throw throws raise with using namespace"
).split()
NAME_AND_LITERAL = re.compile(
    r"(?P<before>[^\n]{0,60}?)"
    rf"(?<![\w\"'])(?!(?:{'|'.join(KEYWORDS)})\b)(?P<name>[A-Za-z_]\w{{3,40}})"
    r"(?P<between>[^\w\n\"'`]{1,6}(?:[a-z]\w{0,9}[^\w\n\"'`]{1,4}){0,2})"
    r"(?P<value>0x[0-9a-fA-F]{2,16}\b|\d{2,10}(?:\.\d+)?(?!\w)|\"[^\"\\\n]{2,40}\"|'[^'\\\n]{2,40}')"
    r"(?P<after>[^\w\n][^\n]{0,24})?$"
)
DECLARATION = re.compile(
    r"(?P<before>[ \t]*(?:(?!(?:return|new|await|throw|else|yield|raise|defer|if|elif|not|with|class|struct)\b)[a-zA-Z]\w*(?:<\w+>)?[ *&]+){0,4}(?:\(\w+ \*?\w+\) )?)"
    r"(?!(?:if|for|while|switch|catch|return|function|with|elif|super|constructor|__init__)\b)(?P<name>[A-Za-z_]\w{2,40})"
    r"(?P<value>\([^()\n]{6,90}\)(?:(?:: ?| ?-> ?| )[A-Za-z*\[][\w<>\[\]., |*]{1,40}?)?)"
    r"(?P<after> ?(?:\{|:|;|=>|where\b)[^\n]{0,12})?$"
)
EXCLUDED = re.compile(r"\bimport\b|\bfrom\b|\brequire\b|\{[01]\}")  # a module's name is no value; and what would read as a template
LONG_NAME = re.compile(r"\b(?:[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+|[a-z]+(?:[A-Z][a-z]+)+|[a-z]+(?:_[a-z]+)+)\b")  # of several words
WINDOW = 2048  # tokens decoded at a time


class SignatureTemplate(NamedTuple):
    """The line of a real function: `{0}` for its name, `{1}` for parameters and result; and what these were."""

    template: str
    value: str


class Extracted(NamedTuple):
    """What real code contributes to made-up facts."""

    lines: Sequence[str] = ()  # templates, each with a line break before and after
    names: Sequence[str] = ()  # real identifiers: random ones are unusual, and a scorer may learn to tell them apart
    signatures: Sequence[SignatureTemplate] = ()


NOTHING = Extracted()


def escaped(text: str | None) -> str:
    return (text or "").replace("{", "{{").replace("}", "}}")


def line_template(line: str) -> str | None:
    """The template of a line that has a name and a literal, else None."""
    m = NAME_AND_LITERAL.match(line)
    if m is None or HELD_OUT.search(line) or EXCLUDED.search(line):
        return None
    before, between, after = (escaped(m[group]) for group in ("before", "between", "after"))
    return f"\n{before}{{0}}{between}{{1}}{after}\n"


def signature_template(line: str) -> SignatureTemplate | None:
    """The template and the value of a line that declares a function, else None."""
    m = DECLARATION.match(line)
    if m is None or HELD_OUT.search(line) or EXCLUDED.search(line) or not (m["before"].strip() or m["after"]):
        return None
    if (m["after"] or "").lstrip().startswith(";") and not m["before"].strip():  # a call
        return None
    before, after = (escaped(m[group]) for group in ("before", "after"))
    return SignatureTemplate(f"\n{before}{{0}}{{1}}{after}\n", m["value"])


def names_in(text: str, r: random.Random) -> list[str]:
    names = LONG_NAME.findall(text)
    return [n for n in r.sample(names, min(40, len(names))) if 6 <= len(n) <= 40]


def extract(stream: TokenStream, tokenizer: Tokenizer, count: int, r: random.Random) -> Extracted:
    """At least `count` of each, from random windows of the stream; fewer only where there are too few."""
    lines: set[str] = set()
    names: set[str] = set()
    signatures: set[SignatureTemplate] = set()
    for _ in range(count):  # every window has several matching lines, so this is more than enough
        text = tokenizer.decode(stream.window(WINDOW, r).tolist())
        whole = text.splitlines()[1:-1]
        lines |= {t for t in map(line_template, whole) if t}
        names |= set(names_in(text, r))
        signatures |= {s for s in map(signature_template, whole) if s}
        if min(len(lines), len(names), len(signatures)) >= count:
            break
    return Extracted(sorted(lines), sorted(names), sorted(signatures))
