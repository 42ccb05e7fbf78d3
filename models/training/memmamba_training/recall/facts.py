"""Made-up facts as they are written in code, alone or in families of similar names.

A fact is a definition (constant, enum member, configuration key, id, uuid, string, function signature) and several queries for
its value, in code or between <|question|> and <|answer|>. Names and values are random, so that nothing can be known without
the memory. The names of a family differ in one word or number: a query for one must not get the value of another.
`npm run bench -- recall` writes half of its facts and queries in templates that are not here: leave those to it.
"""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from memmamba_training.recall import templates
from memmamba_training.recall.extracted import NOTHING, Extracted, SignatureTemplate
from memmamba_training.recall.names import STYLES, WORDS, random_words, similar_names, styled

TYPES = "number string boolean Buffer Date Item User Options Request Response Node[] string[] Map<string,number> Promise<void> unknown".split()
QUESTIONS = (
    "What is {0}?",
    "value of {0}",
    "What is the value of {0}?",
    "{0}",
    "Where is {0} defined and what is it?",
    "What does {0} default to?",
    "Which value has {0}?",
)
DEFINITIONS = (
    "\nexport const {0} = {1};\n",
    "\nconst {0} = {1};\n",
    "\n{0} = {1}\n",
    "\n#define {0} {1}\n",
    "\n    public static final Object {0} = {1};\n",
    "\npub const {0}: u64 = {1};\n",
    "\nvar {0} = {1}\n",
    "\n// The value of {0} is {1}.\n",
)
CONFIG = ('\n  "{0}": {1},\n', "\n  {0}: {1}\n", "\n{0}={1}\n", "\n{0} = {1}\n")
FAMILY = 32  # members of a family
EXTRACTED_SHARE = 0.5  # of facts whose template is extracted from real code, when there is any
REAL_NAME_SHARE = 0.75  # of single facts with a real identifier, when there is any; members of a family never have one
COMPOSED_SHARE = 0.65  # of the others, whose template is composed at random; the rest uses the lists here


@dataclass(frozen=True)
class Fact:
    kind: str
    name: str
    value: str
    definition: str
    queries: tuple[tuple[str, str, str], ...]  # (text before the value, value, what closes it before the line ends)


@dataclass(frozen=True)
class Form:
    """What the members of a family have in common."""

    style: str  # of the name
    kind: str  # of the value
    construct: str  # "code", "config", "enum" or "signature"
    template: str
    owner: str  # of an enum's members


def literal(r: random.Random, kind: str = "") -> tuple[str, str]:
    """(kind, value); a random kind when none is given."""
    kind = kind or r.choices(("passkey", "number", "hex", "uuid", "float", "string"), (36, 18, 8, 14, 4, 20))[0]
    value = {
        "passkey": lambda: str(r.randint(10000, 99999)),
        "number": lambda: str(r.randint(2, 10 ** r.randint(1, 8))),
        "hex": lambda: hex(r.getrandbits(r.choice((16, 32)))),
        "uuid": lambda: f'"{uuid.UUID(int=r.getrandbits(128))}"',
        "float": lambda: f"{r.random() * 10 ** r.randint(0, 3):.3f}",
        "string": lambda: '"' + r.choice("-_ /.").join(r.choice(WORDS) for _ in range(r.randint(1, 3))) + '"',
    }[kind]()
    return kind, value


def random_form(r: random.Random, kind: str = "", extracted: Extracted = NOTHING) -> Form:
    construct = (
        kind if kind in ("config", "enum", "signature") else r.choices(("code", "config", "enum", "signature"), (48, 10, 9, 33))[0]
    )
    if kind and kind == construct:
        kind = ""
    elif kind:
        construct = "code"
    style = r.choice(("camel", "camel", "snake") if construct == "signature" else STYLES)
    template = r.choice(CONFIG if construct == "config" else DEFINITIONS)
    if construct == "code" and r.random() < COMPOSED_SHARE:
        template = templates.definition(r)
    if construct == "code" and extracted.lines and r.random() < EXTRACTED_SHARE:
        template = r.choice(extracted.lines)
    return Form(style, kind or literal(r)[0], construct, template, styled(random_words(r), "pascal"))


def extracted_queries(r: random.Random, name: str, value: str, lines: Sequence[str], count: int) -> list[tuple[str, str, str]]:
    """Beginnings of real lines that go on with the value."""
    queries = []
    for template in r.sample(lines, min(count, len(lines))):
        before, after = template.split("{1}")
        closing = re.match(r"[^\w\s]*", after)
        queries.append((before.format(name), value, closing[0] if closing else ""))
    return queries


def value_fact(r: random.Random, name: str, form: Form, extracted: Extracted = NOTHING) -> Fact:
    kind, value = literal(r, form.kind)
    if form.construct == "enum":
        others = [f"  {styled(random_words(r), 'pascal')} = {r.randint(0, 99)},\n" for _ in range(r.randint(0, 6))]
        others.insert(r.randint(0, len(others)), f"  {name} = {value},\n")
        definition = f"\nexport enum {form.owner} {{\n{''.join(others)}}}\n"
        name = f"{form.owner}.{name}"
        queries = [(f"\nassert.equal({name}, ", value, ""), (f"\n// {name} = ", value, ""), (f"\n  if (code === {name}) return ", value, "")]
        queries += [(templates.query(r).format(name), value, "") for _ in range(4)]
        queries += extracted_queries(r, name, value, extracted.lines, 7)
        return Fact("enum", name, value, definition, tuple(queries))
    queries = [
        (f"\nassert {name} == ", value, ""),
        (f"\nexpect({name}).toBe(", value, ""),
        (f"\n// {name} = ", value, ""),
        (f"\n  {name}: ", value, ""),
        (f"\nassertEquals({name}, ", value, ""),
    ]
    queries += [(templates.query(r).format(name), value, "") for _ in range(8)]
    queries += extracted_queries(r, name, value, extracted.lines, 13)
    return Fact("config" if form.construct == "config" else kind, name, value, form.template.format(name, value), tuple(queries))


def signature_fact(r: random.Random, name: str, form: Form, extracted: Extracted = NOTHING) -> Fact:
    args = [styled(random_words(r), form.style) for _ in range(r.choice((1, 2, 2, 3, 3, 4)))]
    if r.random() < 0.3:  # parameters that begin alike differ only after the common part
        args = [args[0], *(r.choice((args[0] + a.capitalize(), a)) for a in args[1:])]
    if form.style == "camel":
        value = "(" + ", ".join(f"{a}: {r.choice(TYPES)}" for a in args) + f"): {r.choice(TYPES)}"
        definition = f"\nexport function {name}{value} {{\n"
        queries = [f"\n// {name}", f"\ndeclare function {name}"]
    else:
        value = "(" + ", ".join(a + r.choice(("", "=None", f"={r.randint(0, 99)}", ": int", ": str")) for a in args) + ")"
        definition = f"\ndef {name}{value}:\n"
        queries = [f"\n# {name}", f"\ndef {name}"]
    if r.random() < COMPOSED_SHARE:
        definition = r.choice(templates.SIGNATURE_DEFINITIONS[form.style]).format(name, value)
    real: list[SignatureTemplate] = r.sample(extracted.signatures, min(4, len(extracted.signatures)))
    if real and r.random() < EXTRACTED_SHARE:
        template, real_value = real[0]
        value = real_value if r.random() < 0.5 else value
        definition = template.format(name, value)
    queries += [templates.signature_query(r).format(name) for _ in range(3)]
    queries += [template.split("{1}")[0].format(name) for template, _ in real[1:]]
    return Fact("signature", name, value, definition, tuple((query, value, "") for query in queries))


def fact(r: random.Random, name: str, form: Form, extracted: Extracted = NOTHING) -> Fact:
    return signature_fact(r, name, form, extracted) if form.construct == "signature" else value_fact(r, name, form, extracted)


def single(r: random.Random, kind: str = "", extracted: Extracted = NOTHING) -> Fact:
    """One fact, mostly with a real identifier where there are any."""
    form = random_form(r, kind, extracted)
    name = styled(random_words(r), "pascal" if form.construct == "enum" else form.style)
    if extracted.names and form.construct != "enum" and r.random() < REAL_NAME_SHARE:
        name = r.choice(extracted.names)
    return fact(r, name, form, extracted)


def family(r: random.Random, kind: str = "", extracted: Extracted = NOTHING) -> list[Fact]:
    """FAMILY facts of one form with similar names."""
    form = random_form(r, kind, extracted)
    return [fact(r, styled(n, form.style), form, extracted) for n in similar_names(r, FAMILY)]
