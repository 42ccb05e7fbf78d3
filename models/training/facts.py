"""Made-up facts in code-like dress, alone or in families of similar names.

A fact is a definition (constant, enum member, configuration key, id, uuid, string, function signature) and several ways
to ask for it: in code, or between <|question|> and <|answer|>. Names and values are random, so nothing can be known
without the memory. The members of a family differ by one word or number: who asks for one must not get another's value.
`npm run bench -- recall` asks half of its questions in other words and dresses than those here: leave those to it.
"""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import dresses
from mined import Mined, Signature

WORDS = (
    "account action active adapter address agent alert align alpha amount anchor angle archive array asset async audit auth "
    "backup badge balance base batch beacon binary block board body border bound branch bridge buffer build bundle button cache "
    "call canvas cap card cart case cell chain channel check child chunk claim class clean client clock clone cluster code color "
    "column commit compact config connect content context control cookie copy core count cover cursor curve cycle data date debug "
    "decay decode default delay delta depth detail device digest disk domain draft drain drift driver edge edit element emit empty "
    "encode entry error event exact expire export extra fetch field filter final fixed flag flow focus force format frame fresh full "
    "gate global grace graph grid group guard handle hash header heap height hidden hint hook host idle image import index inner input "
    "insert item iterator job join kernel key label lane last layer leader leaf lease length level limit line link list load local lock "
    "log loop lower main map margin mask match matrix max media member memory merge message meta method metric min mode model module "
    "monitor mount name native nested network next node noise normal note object offset open option order origin outer output owner "
    "packet page panel parent parse part patch path pattern pause peer phase pivot pixel plan point policy poll pool port prefix price "
    "probe process profile proxy pulse push quality query queue quota radius random range rank rate ratio ready record reduce region "
    "release remote render repeat reply report request reset resource response result retry ring role root rotate round route row rule "
    "sample scale scan schema scope score seed segment sensor server session shade shadow shape share shift signal size slice slot snap "
    "socket source span speed stack stage start state status step stop storage store stream stride string style switch symbol sync table "
    "target task team template text theme thread threshold tick tile time timeout timer title token trace track trail transfer tree "
    "trigger trim tuple type unit update upper usage user value vector version view volume wait watch weight width window worker wrap zone"
).split()

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
KINDS = ("passkey", "number", "hex", "uuid", "float", "string", "enum", "config", "signature")
FAMILY = 32  # members of a family
NOTHING = Mined()
MINED = 0.5  # definitions and uses that are lines of real code (mined.py), when there are any
NAMED = 0.75  # facts whose name stands in real code, when there are any; members of a family never have one
ENDLESS = 0.65  # of the others, definitions and uses that dresses.py makes up; the rest is from the lists here
STYLES = ("camel", "upper", "upper", "snake", "pascal")


@dataclass(frozen=True)
class Fact:
    kind: str
    name: str
    value: str
    definition: str
    uses: tuple[tuple[str, str, str], ...]  # (text before the answer, answer, what closes it before the line ends)


def styled(parts: list[str], style: str) -> str:
    if style == "camel":
        return parts[0] + "".join(p.capitalize() for p in parts[1:])
    if style == "pascal":
        return "".join(p.capitalize() for p in parts)
    return "_".join(parts).upper() if style == "upper" else "_".join(parts)


def made_up(r: random.Random) -> str:
    return "".join(r.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(r.randint(4, 8)))


def words(r: random.Random) -> list[str]:
    if r.random() < 0.3:
        parts = [made_up(r)]
        if r.random() < 0.5:
            parts.insert(0, r.choice(WORDS))
    else:
        parts = [r.choice(WORDS) for _ in range(r.choice((2, 2, 3, 3, 4)))]
    if r.random() < 0.15:
        parts.append(str(r.randint(1, 99)))
    return parts


def similar(r: random.Random, count: int) -> list[list[str]]:
    """Names, as words, that differ in one place only: a number, a word, or made-up letters."""
    base, form = words(r)[:3], r.random()
    at = r.randrange(len(base) + 1)
    if form < 0.4:
        other, at = [str(n) for n in r.sample(range(1, 100), count)], len(base)
    elif form < 0.75:
        other = r.sample(WORDS, count)
    else:
        made = {made_up(r) for _ in range(2 * count)}
        other = sorted(made)[:count]
        r.shuffle(other)
    return [[*base[:at], o, *base[at:]] for o in other]


def literal(r: random.Random, kind: str = "") -> tuple[str, str]:
    """(kind, value); the kind at random when none is given."""
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


@dataclass(frozen=True)
class Form:
    """What the members of a family share."""

    style: str
    kind: str  # of the value
    dress: str  # "code", "config", "enum" or "signature"
    template: str
    owner: str  # of an enum's members


def random_form(r: random.Random, kind: str = "", mined: Mined = NOTHING) -> Form:
    dress = kind if kind in ("config", "enum", "signature") else r.choices(("code", "config", "enum", "signature"), (48, 10, 9, 33))[0]
    if kind and kind == dress:
        kind = ""
    elif kind:
        dress = "code"
    style = r.choice(("camel", "camel", "snake") if dress == "signature" else STYLES)
    template = r.choice(CONFIG if dress == "config" else DEFINITIONS)
    if dress == "code" and r.random() < ENDLESS:
        template = dresses.definition(r, WORDS)
    if dress == "code" and mined.lines and r.random() < MINED:
        template = r.choice(mined.lines)
    return Form(style, kind or literal(r)[0], dress, template, styled(words(r), "pascal"))


def mined_uses(r: random.Random, name: str, value: str, lines: Sequence[str], count: int) -> list[tuple[str, str, str]]:
    """Beginnings of real lines that ask for the value."""
    uses = []
    for template in r.sample(lines, min(count, len(lines))):
        before, after = template.split("{1}")
        closed = re.match(r"[^\w\s]*", after)
        uses.append((before.format(name), value, closed[0] if closed else ""))
    return uses


def value_fact(r: random.Random, name: str, form: Form, mined: Mined = NOTHING) -> Fact:
    kind, value = literal(r, form.kind)
    if form.dress == "enum":
        others = [f"  {styled(words(r), 'pascal')} = {r.randint(0, 99)},\n" for _ in range(r.randint(0, 6))]
        others.insert(r.randint(0, len(others)), f"  {name} = {value},\n")
        definition = f"\nexport enum {form.owner} {{\n{''.join(others)}}}\n"
        name = f"{form.owner}.{name}"
        uses = [(f"\nassert.equal({name}, ", value, ""), (f"\n// {name} = ", value, ""), (f"\n  if (code === {name}) return ", value, "")]
        uses += [(dresses.use(r, WORDS).format(name), value, "") for _ in range(4)]
        uses += mined_uses(r, name, value, mined.lines, 7)
        return Fact("enum", name, value, definition, tuple(uses))
    uses = [
        (f"\nassert {name} == ", value, ""),
        (f"\nexpect({name}).toBe(", value, ""),
        (f"\n// {name} = ", value, ""),
        (f"\n  {name}: ", value, ""),
        (f"\nassertEquals({name}, ", value, ""),
    ]
    uses += [(dresses.use(r, WORDS).format(name), value, "") for _ in range(8)]
    uses += mined_uses(r, name, value, mined.lines, 13)
    return Fact("config" if form.dress == "config" else kind, name, value, form.template.format(name, value), tuple(uses))


def signature_fact(r: random.Random, name: str, form: Form, mined: Mined = NOTHING) -> Fact:
    args = [styled(words(r), form.style) for _ in range(r.choice((1, 2, 2, 3, 3, 4)))]
    if r.random() < 0.3:  # parameters that begin alike are told apart behind that
        args = [args[0], *(r.choice((args[0] + a.capitalize(), a)) for a in args[1:])]
    if form.style == "camel":
        value = "(" + ", ".join(f"{a}: {r.choice(TYPES)}" for a in args) + f"): {r.choice(TYPES)}"
        definition = f"\nexport function {name}{value} {{\n"
        askings = [f"\n// {name}", f"\ndeclare function {name}"]
    else:
        value = "(" + ", ".join(a + r.choice(("", "=None", f"={r.randint(0, 99)}", ": int", ": str")) for a in args) + ")"
        definition = f"\ndef {name}{value}:\n"
        askings = [f"\n# {name}", f"\ndef {name}"]
    if r.random() < ENDLESS:
        definition = r.choice(dresses.SIGNATURE_DEFINITIONS[form.style]).format(name, value)
    declared: list[Signature] = r.sample(mined.signatures, min(4, len(mined.signatures)))
    if declared and r.random() < MINED:
        template, real = declared[0]
        value = real if r.random() < 0.5 else value
        definition = template.format(name, value)
    askings += [dresses.signature_use(r, WORDS).format(name) for _ in range(3)]
    askings += [template.split("{1}")[0].format(name) for template, _ in declared[1:]]
    return Fact("signature", name, value, definition, tuple((asking, value, "") for asking in askings))


def fact(r: random.Random, name: str, form: Form, mined: Mined = NOTHING) -> Fact:
    return signature_fact(r, name, form, mined) if form.dress == "signature" else value_fact(r, name, form, mined)


def single(r: random.Random, kind: str = "", mined: Mined = NOTHING) -> Fact:
    """One fact. Where names were mined, most facts have one of them."""
    form = random_form(r, kind, mined)
    name = styled(words(r), "pascal" if form.dress == "enum" else form.style)
    if mined.names and form.dress != "enum" and r.random() < NAMED:
        name = r.choice(mined.names)
    return fact(r, name, form, mined)


def family(r: random.Random, kind: str = "", mined: Mined = NOTHING) -> list[Fact]:
    """FAMILY facts of one form with similar names."""
    form = random_form(r, kind, mined)
    return [fact(r, styled(n, form.style), form, mined) for n in similar(r, FAMILY)]
