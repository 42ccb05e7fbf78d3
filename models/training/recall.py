"""Planted facts: definitions that are asked for again far away, so that the model learns to keep and to find them.

A fact is a definition in code-like dress (constant, enum member, configuration key, id, uuid, string, function
signature) and several ways to ask for it: in code, or between <|question|> and <|answer|>. Names and values are random,
so nothing can be known without the memory. A question about a name that was never defined is answered <|none|>.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

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

ANSWER, VALUE = 1, 2  # marks of planted tokens


@dataclass(frozen=True)
class Fact:
    kind: str
    name: str
    value: str
    definition: str
    uses: tuple[tuple[str, str], ...]  # (text before the answer, answer)


def identifier(r: random.Random, style: str) -> str:
    if r.random() < 0.3:
        parts = ["".join(r.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(r.randint(4, 8)))]
        if r.random() < 0.5:
            parts.insert(0, r.choice(WORDS))
    else:
        parts = [r.choice(WORDS) for _ in range(r.choice((2, 2, 3, 3, 4)))]
    if r.random() < 0.15:
        parts.append(str(r.randint(1, 99)))
    if style == "camel":
        return parts[0] + "".join(p.capitalize() for p in parts[1:])
    if style == "pascal":
        return "".join(p.capitalize() for p in parts)
    return "_".join(parts).upper() if style == "upper" else "_".join(parts)


def literal(r: random.Random) -> tuple[str, str]:
    """(kind, value)"""
    x = r.random()
    if x < 0.40:
        return "passkey", str(r.randint(10000, 99999))
    if x < 0.60:
        return "number", str(r.randint(2, 10 ** r.randint(1, 8)))
    if x < 0.68:
        return "hex", hex(r.getrandbits(r.choice((16, 32))))
    if x < 0.76:
        return "uuid", f'"{uuid.UUID(int=r.getrandbits(128))}"'
    if x < 0.80:
        return "float", f"{r.random() * 10 ** r.randint(0, 3):.3f}"
    return "string", '"' + r.choice(("-", "_", " ", "/", ".")).join(r.choice(WORDS) for _ in range(r.randint(1, 3))) + '"'


def value_fact(r: random.Random) -> Fact:
    style = r.choice(("camel", "upper", "upper", "snake", "pascal"))
    name = identifier(r, style)
    kind, value = literal(r)
    owner = identifier(r, "pascal")
    form = r.randrange(10)
    if form == 0:
        others = [f"  {identifier(r, 'pascal')} = {r.randint(0, 99)},\n" for _ in range(r.randint(0, 2))]
        definition = f"\nexport enum {owner} {{\n{''.join(others)}  {name} = {value},\n}}\n"
        use = f"\n  if (code === {owner}.{name}) return "
        uses = [(f"\nassert.equal({owner}.{name}, ", value), (f"\n// {owner}.{name} = ", value), (use, value)]
        return Fact("enum", f"{owner}.{name}", value, definition, tuple(uses))
    definition = (
        f"\nexport const {name} = {value};\n",
        f"\nconst {name} = {value};\n",
        f"\n{name} = {value}\n",
        f"\n#define {name} {value}\n",
        f"\n    public static final Object {name} = {value};\n",
        f'\n  "{name}": {value},\n',
        f"\n  {name}: {value}\n",
        f"\npub const {name}: u64 = {value};\n",
        f"\nvar {name} = {value}\n",
    )[form - 1]
    uses = [
        (f"\nassert {name} == ", value),
        (f"\nexpect({name}).toBe(", value),
        (f"\n// {name} = ", value),
        (f"\n  {name}: ", value),
        (f"\nassertEquals({name}, ", value),
    ]
    return Fact("config" if form in (6, 7) else kind, name, value, definition, tuple(uses))


def signature_fact(r: random.Random) -> Fact:
    style = r.choice(("camel", "camel", "snake"))
    name = identifier(r, style)
    args = [identifier(r, style) for _ in range(r.randint(1, 3))]
    if style == "camel":
        result = r.choice(TYPES)
        value = "(" + ", ".join(f"{a}: {r.choice(TYPES)}" for a in args) + f"): {result}"
        definition = f"\nexport function {name}{value} {{\n"
        uses = [(f"\n// {name}", value), (f"\ndeclare function {name}", value)]
    else:
        value = "(" + ", ".join(a + r.choice(("", "=None", f"={r.randint(0, 99)}", ": int", ": str")) for a in args) + ")"
        definition = f"\ndef {name}{value}:\n"
        uses = [(f"\n# {name}", value), (f"\ndef {name}", value)]
    call = "(" + ", ".join(args) + ")"
    uses.append((f"\n  return {name}", call))
    return Fact("signature", name, value, definition, tuple(uses))


def fact(r: random.Random) -> Fact:
    return signature_fact(r) if r.random() < 0.2 else value_fact(r)


@dataclass(frozen=True)
class Planted:
    """Token ids of one fact: the definition, and each question as (ids, index where the answer starts)."""

    kind: str
    definition: list[int]
    value: tuple[int, int]  # the definition's tokens [start, end) that hold the value
    questions: list[tuple[list[int], int]]
    absent: tuple[list[int], int]


def value_span(f: Fact, offsets: list[tuple[int, int]]) -> tuple[int, int]:
    """Which tokens of the definition hold the value; offsets are the tokens' character spans."""
    name = f.name.rsplit(".", 1)[-1]
    start = f.definition.index(f.value, f.definition.index(name) + len(name))
    inside = [i for i, (a, b) in enumerate(offsets) if b > start and a < start + len(f.value)]
    return inside[0], inside[-1] + 1


class Bank:
    """Many facts, tokenised once. Banks of different seeds share no fact."""

    def __init__(self, tokenizer: Tokenizer, size: int, seed: int) -> None:
        r = random.Random(seed)
        facts = [fact(r) for _ in range(size)]
        special = {t: tokenizer.token_to_id(t) for t in ("<|question|>", "<|answer|>", "<|none|>", "<|eof|>")}
        self.hole = tuple(tokenizer.token_to_id(f"<|fim_{n}|>") for n in ("suffix", "middle", "end"))
        uses = [r.choice(f.uses) for f in facts]
        asked = [r.choice(QUESTIONS).format(f.name) for f in facts]

        def encode(texts: list[str]) -> list[list[int]]:
            return [e.ids for e in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]

        definitions = tokenizer.encode_batch([f.definition for f in facts], add_special_tokens=False)
        in_code = encode([before + answer + "\n" for before, answer in uses])
        before = encode([b for b, _ in uses])
        questions, answers = encode(asked), encode([f.value for f in facts])
        self.items: list[Planted] = []
        for i, f in enumerate(facts):
            start = next((k for k, (a, b) in enumerate(zip(in_code[i], before[i])) if a != b), len(before[i]))
            start = min(start, len(in_code[i]) - 1)
            asking = [special["<|question|>"], *questions[i], special["<|answer|>"]]
            as_question = (asking + answers[i] + [special["<|eof|>"]], len(asking))
            forms = [(in_code[i], start), as_question]
            absent = (asking + [special["<|none|>"], special["<|eof|>"]], len(asking))
            self.items.append(Planted(f.kind, definitions[i].ids, value_span(f, definitions[i].offsets), forms, absent))

    def infilled(self, ids: list[int], answer: int, behind: list[int]) -> tuple[list[int], int]:
        """A use in code as a hole to fill: what stands before the answer, marks around what follows, the answer."""
        suffix, middle, end = self.hole
        start = [*ids[:answer], suffix, ids[-1], *behind, middle]  # the last token closes the line
        return [*start, *ids[answer:-1], end], len(start)

    def plant(
        self, x: np.ndarray, mark: np.ndarray, r: random.Random, count: int, absent_share: float = 0.08, infilled_share: float = 0.4
    ) -> None:
        """Overwrites parts of x [l] with `count` facts and later questions; marks answers (ANSWER) and the defined values
        (VALUE) in `mark` [l].

        Distances between definition and question are log-uniform between 16 tokens and the whole window."""
        end = len(x)
        taken: list[tuple[int, int]] = []

        def place(ids: list[int], at: int) -> bool:
            if at < 0 or at + len(ids) > end or any(at < b and a < at + len(ids) for a, b in taken):
                return False
            taken.append((at, at + len(ids)))
            x[at : at + len(ids)] = ids
            return True

        for _ in range(count):
            item = self.items[r.randrange(len(self.items))]
            missing = r.random() < absent_share
            ids, answer = item.absent if missing else r.choice(item.questions)
            if ids is item.questions[0][0] and r.random() < infilled_share:
                at = r.randrange(end - 64)
                ids, answer = self.infilled(ids, answer, x[at : at + r.randint(4, 48)].tolist())
            room = end - len(item.definition) - len(ids) - 16
            if room < 16:
                continue
            gap = int(16 * (room / 16) ** r.random())
            at = r.randint(0, room - gap)
            ask_at = at + len(item.definition) + gap
            if not missing and not place(item.definition, at):
                continue
            if place(ids, ask_at):
                mark[ask_at + answer : ask_at + len(ids)] = ANSWER
                if not missing:
                    mark[at + item.value[0] : at + item.value[1]] = VALUE
