"""Lines of real code as templates of definitions and uses: names and values replaced, everything around them as people wrote it.

Made-up templates (dresses.py) teach recall in the forms that somebody thought of. A real line with a name and, a few characters
behind it, a literal may define the one as the other, and its beginning may ask for it. So may a line that declares a function: its
parameters and result are what is asked for.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from tokenizers import Tokenizer

from dresses import UNSEEN

if TYPE_CHECKING:
    from data import Corpus

KEYWORDS = (
    "return import from export const static public private protected final class function while switch case default typeof string "
    "number boolean this self null undefined true false None True False else elif include define require void char float double long "
    "short unsigned signed struct enum union package async await yield throw throws raise with using namespace"
).split()
NAMED = re.compile(
    r"(?P<before>[^\n]{0,60}?)"
    rf"(?<![\w\"'])(?!(?:{'|'.join(KEYWORDS)})\b)(?P<name>[A-Za-z_]\w{{3,40}})"
    r"(?P<between>[^\w\n\"'`]{1,6}(?:[a-z]\w{0,9}[^\w\n\"'`]{1,4}){0,2})"
    r"(?P<value>0x[0-9a-fA-F]{2,16}\b|\d{2,10}(?:\.\d+)?(?!\w)|\"[^\"\\\n]{2,40}\"|'[^'\\\n]{2,40}')"
    r"(?P<after>[^\w\n][^\n]{0,24})?$"
)
DECLARED = re.compile(
    r"(?P<before>[ \t]*(?:(?!(?:return|new|await|throw|else|yield|raise|defer|if|elif|not|with|class|struct)\b)[a-zA-Z]\w*(?:<\w+>)?[ *&]+){0,4}(?:\(\w+ \*?\w+\) )?)"
    r"(?!(?:if|for|while|switch|catch|return|function|with|elif|super|constructor|__init__)\b)(?P<name>[A-Za-z_]\w{2,40})"
    r"(?P<value>\([^()\n]{6,90}\)(?:(?:: ?| ?-> ?| )[A-Za-z*\[][\w<>\[\]., |*]{1,40}?)?)"
    r"(?P<after> ?(?:\{|:|;|=>|where\b)[^\n]{0,12})?$"
)
NEITHER = re.compile(r"\bimport\b|\bfrom\b|\brequire\b|\{[01]\}")  # a module's name is no value; and what would read as a template
CONSTANT = re.compile(r"\b(?:[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+|[a-z]+(?:[A-Z][a-z]+)+|[a-z]+(?:_[a-z]+)+)\b")  # a name of several words
STRETCH = 2048  # tokens read at a time


def template(line: str) -> str | None:
    """`{0}` for the name and `{1}` for the value of a line that has both, else None."""
    m = NAMED.match(line)
    if m is None or UNSEEN.search(line) or NEITHER.search(line):
        return None
    before, between, after = ((m[group] or "").replace("{", "{{").replace("}", "}}") for group in ("before", "between", "after"))
    return f"\n{before}{{0}}{between}{{1}}{after}\n"


class Signature(NamedTuple):
    """The line of a real function: `{0}` for the name, `{1}` for parameters and result; and what these were."""

    template: str
    value: str


def signature(line: str) -> Signature | None:
    """The template and the value of a line that declares a function, else None."""
    m = DECLARED.match(line)
    if m is None or UNSEEN.search(line) or NEITHER.search(line) or not (m["before"].strip() or m["after"]):
        return None
    if (m["after"] or "").lstrip().startswith(";") and not m["before"].strip():  # a call
        return None
    before, after = ((m[group] or "").replace("{", "{{").replace("}", "}}") for group in ("before", "after"))
    return Signature(f"\n{before}{{0}}{{1}}{after}\n", m["value"])


class Mined(NamedTuple):
    """What texts lend to made-up facts."""

    lines: Sequence[str] = ()  # templates, each with the line ends around it
    names: Sequence[str] = ()  # that people gave. Made-up ones are odd, and a scorer may learn to tell them from real ones
    signatures: Sequence[Signature] = ()


def names_in(text: str, r: random.Random) -> list[str]:
    names = CONSTANT.findall(text)
    return [n for n in r.sample(names, min(40, len(names))) if 6 <= len(n) <= 40]


def mine(corpus: Corpus, tokenizer: Tokenizer, count: int, r: random.Random) -> Mined:
    """`count` of each or more, from random places of the corpus; less only where there are too few."""
    lines: set[str] = set()
    names: set[str] = set()
    signatures: set[Signature] = set()
    for _ in range(count):  # some lines in a stretch qualify, so this is more than enough
        text = tokenizer.decode(corpus.window(STRETCH, r).tolist())
        whole = text.splitlines()[1:-1]
        lines |= {t for t in map(template, whole) if t}
        names |= set(names_in(text, r))
        signatures |= {s for s in map(signature, whole) if s}
        if min(len(lines), len(names), len(signatures)) >= count:
            break
    return Mined(sorted(lines), sorted(names), sorted(signatures))
