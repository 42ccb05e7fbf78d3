"""Randomly composed templates of definitions and of queries for their values.

A model that was trained with a dozen fixed templates learns the templates: it fails on any other (EXPERIMENTS.md, 5). The templates
that `npm run bench -- recall` holds out must therefore never be composed here (HELD_OUT).
`{0}` is the name, `{1}` the value; a query ends where the value begins.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from memmamba_training.recall.names import WORDS

HELD_OUT = re.compile(r"readonly|globalThis|\?\?=|!==|console|as const|@link|override|overload|abstract")  # parts of the held-out templates
INDENT = ("", "", "", "  ", "    ", "\t", "        ")
PUBLIC = ("", "", "", "", "export ", "pub ", "public ", "private ", "static ", "final ", "protected ", "internal ", "extern ")
KEYWORD = ("const ", "const ", "var ", "val ", "auto ", "int ", "long ", "double ", "constexpr auto ", "String ", "local ", "my ", "def ",
           "uint32_t ", "static const int ", "final var ", "set ", "mut ", "type ", "", "", "")  # fmt: skip
OWNER = ("", "", "", "", "", "this.", "self.", "exports.", "module.exports.", "window.", "process.env.", "$", "@", "options.", "cfg.")
TYPE = ("", "", "", "", ": any", ": u64", ": i32", ": &str", ": int", ": str", ": Final", ": Long", " int", " string", ": Id", ": Size")
EQUALS = (" = ", " = ", " = ", "=", " := ", ": ", " : ", " => ", " <- ", " -> ", "\t")
END = (";", ";", "", "", ",", ");", " ;")
QUESTION_TEMPLATES = (
    "{0}?", "how is {0} defined?", "what value does {0} hold?", "give me {0}", "show {0}", "look up {0}", "find {0}", "current {0}",
    "what does {0} equal?", "{0} =", "{0}: ?", "the number behind {0}", "what was {0} again", "tell me {0}", "remind me: {0}",
    "I am looking for {0}.", "What did the file say about {0}?", "define {0}", "{0} value", "get {0}", "read {0}", "Can you recall {0}?",
)  # fmt: skip


def call(r: random.Random) -> str:
    """The beginning of a call of some function or method."""
    a, b = r.choice(WORDS), r.choice(WORDS)
    name = r.choice((a, f"{a}_{b}", a + b.capitalize(), a.capitalize() + b.capitalize(), f"{a}.{b}", f"{a}::{b}", f"{a}->{b}", f"{a}!"))
    return f"{name}("


def definition(r: random.Random) -> str:
    """A line that gives a value to a name, or says in a comment, table or text what it is."""
    word = lambda: r.choice(WORDS)
    forms: tuple[Callable[[], str], ...] = (
        lambda: f"{call(r)}'{{0}}', {{1}}){r.choice(END)}",
        lambda: f'{call(r)}"{{0}}", {{1}}){r.choice(END)}',
        lambda: f"{call(r)}{{0}}, {{1}}){r.choice(END)}",
        lambda: '{{"{0}", {1}}},',
        lambda: '("{0}", {1}),',
        lambda: "['{0}', {1}],",
        lambda: f"{word()}['{{0}}'] = {{1}}{r.choice(END)}",
        lambda: f'{word()}["{{0}}"] = {{1}}{r.choice(END)}',
        lambda: "| {0} | {1} |",
        lambda: f"| {{0}} | {word()} | {{1}} |",
        lambda: f"- {{0}}{r.choice((': ', ' = ', ' -- '))}{{1}}",
        lambda: f"{r.choice(('//', '#', '--', ' *', ';'))} {{0}} {r.choice(('is', 'equals', 'was', 'has', 'stays', 'means', ':', '='))} {{1}}",
        lambda: f"{r.choice(('//', '#', ' *'))} {word()} {word()} {{0}} {word()} {{1}} {word()} {word()}",
        lambda: f"--{{0}}{r.choice((' ', '='))}{{1}}",
        lambda: f"<{word()} name=\"{{0}}\" value={{1}} />",
        lambda: f"{r.choice(('case', 'when', 'if'))} {{0}}: return {{1}}{r.choice(END)}",
        lambda: f"{word().capitalize()} {{0}} {word()} {{1}}.",
    )
    if r.random() < 0.6:
        middle = r.choice(EQUALS)
        kind = "" if middle.strip() in (":", "->", "=>") else r.choice(TYPE)
        line = f"{r.choice(PUBLIC)}{r.choice(KEYWORD)}{r.choice(OWNER)}{{0}}{kind}{middle}{{1}}{r.choice(END)}"
    else:
        line = r.choice(forms)()
    note = f"  {r.choice(('//', '#'))} {word()} {word()}" if r.random() < 0.15 else ""
    return f"\n{r.choice(INDENT)}{line}{note}\n"


def query(r: random.Random) -> str:
    """The beginning of a line of code, comment or text that goes on with the value of a name."""
    word = lambda: r.choice(WORDS)
    forms: tuple[Callable[[], str], ...] = (
        lambda: f"{call(r)}{{0}}, ",
        lambda: f"{call(r)}{{0}}, ",
        lambda: f"{call(r)}'{{0}}', ",
        lambda: f"{call(r)}{{0}}).{word()}(",
        lambda: f"{r.choice(('if', 'while', 'assert', 'return', 'when', 'unless'))} {r.choice(('', '('))}{{0}} {r.choice(('==', '==', '===', '>=', '<='))} ",
        lambda: f"{r.choice(('//', '#', '--', ' *', ';', '/*'))} {{0}} {r.choice(('is', 'equals', 'was', 'has', 'means', ':', '=', '=='))} ",
        lambda: f"{r.choice(('//', '#', ' *'))} {word()}: {{0}} = ",
        lambda: f"{word()} = {{0}}  # ",
        lambda: f"{word()} = {{0}};  // ",
        lambda: f'"{{0}}"{r.choice((": ", " => ", ", "))}',
        lambda: "| {0} | ",
        lambda: f"- {{0}}{r.choice((': ', ' = '))}",
        lambda: f"{word()}['{{0}}'] == ",
        lambda: "print({0})  # ",
        lambda: f"let {word()} = {{0}}; // ",
        lambda: ">>> {0}\n",
    )
    return f"\n{r.choice(INDENT)}{r.choice(forms)()}"


SIGNATURE_DEFINITIONS = {
    "camel": (
        "\nexport async function {0}{1} {{\n", "\n  {0}{1} {{\n", "\n  public {0}{1} {{\n", "\n  async {0}{1} {{\n", "\n  {0}{1};\n",
        "\nfunction {0}{1} {{\n", "\n  private {0}{1} {{\n", "\n  static {0}{1} {{\n", "\ndeclare module {0}{1};\n", "\n    get {0}{1} {{\n",
    ),
    "snake": ("\n    def {0}{1}:\n", "\nasync def {0}{1}:\n", "\n    async def {0}{1} -> None:\n", "\n  def {0}{1}\n", "\n    def {0}{1}: ...\n"),
}  # fmt: skip


def signature_query(r: random.Random) -> str:
    """The beginning of a line that goes on with the parameters of a function."""
    w, v = r.choice(WORDS), r.choice(WORDS)
    comment, indent = r.choice(("//", "#", " *", "--", "///", "/**", "/*", ";", '"""')), r.choice(INDENT)
    return r.choice(
        (f"\n{comment} {w}: {{0}}", f"\n{comment} {{0}}", f"\n{comment} {w} {v} {{0}}", f"\n{indent}{comment} {w} {{0}}", f"\n{comment} see {{0}}",
         f"\n{comment} {{{{@{w} {{0}}", f"\n{comment} @{w} {{0}}", f"\n{indent}{comment} {w} of {{0}}", f"\ninterface {w.capitalize()} {{{{\n  {{0}}",
         "\n`{0}", "\n- {0}", "\n### {0}", "\nexport declare function {0}", f"\n{w}: {{0}}", f"\n{indent}{r.choice(PUBLIC)}{{0}}",
         f"\n{indent}{r.choice(PUBLIC)}{r.choice(('function ', 'def ', 'fn ', 'func ', 'async ', 'void ', ''))}{{0}}")
    )  # fmt: skip
