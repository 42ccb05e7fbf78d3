"""Endless ways to write a definition and to ask for its value, put together at random.

With a dozen fixed templates a model recalls by the template: in words it has never seen it fails (`npm run bench -- recall`, *new*
dresses, which must therefore never be written here, see UNSEEN).
`{0}` is the name, `{1}` the value; a use ends where the value begins.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

UNSEEN = re.compile(r"readonly|globalThis|\?\?=|!==|console|as const|@link|override|overload|abstract")  # what the bench's *new* dresses are made of
INDENT = ("", "", "", "  ", "    ", "\t", "        ")
PUBLIC = ("", "", "", "", "export ", "pub ", "public ", "private ", "static ", "final ", "protected ", "internal ", "extern ")
KEYWORD = ("const ", "const ", "var ", "val ", "auto ", "int ", "long ", "double ", "constexpr auto ", "String ", "local ", "my ", "def ",
           "uint32_t ", "static const int ", "final var ", "set ", "mut ", "type ", "", "", "")  # fmt: skip
OWNER = ("", "", "", "", "", "this.", "self.", "exports.", "module.exports.", "window.", "process.env.", "$", "@", "options.", "cfg.")
TYPE = ("", "", "", "", ": any", ": u64", ": i32", ": &str", ": int", ": str", ": Final", ": Long", " int", " string", ": Id", ": Size")
EQUALS = (" = ", " = ", " = ", "=", " := ", ": ", " : ", " => ", " <- ", " -> ", "\t")
END = (";", ";", "", "", ",", ");", " ;")
QUESTION_FORMS = (
    "{0}?", "how is {0} defined?", "what value does {0} hold?", "give me {0}", "show {0}", "look up {0}", "find {0}", "current {0}",
    "what does {0} equal?", "{0} =", "{0}: ?", "the number behind {0}", "what was {0} again", "tell me {0}", "remind me: {0}",
    "I am looking for {0}.", "What did the file say about {0}?", "define {0}", "{0} value", "get {0}", "read {0}", "Can you recall {0}?",
)  # fmt: skip


def function(r: random.Random, words: tuple[str, ...] | list[str]) -> str:
    """The name of some function or method, as a call begins."""
    a, b = r.choice(words), r.choice(words)
    name = r.choice((a, f"{a}_{b}", a + b.capitalize(), a.capitalize() + b.capitalize(), f"{a}.{b}", f"{a}::{b}", f"{a}->{b}", f"{a}!"))
    return f"{name}("


def definition(r: random.Random, words: list[str]) -> str:
    word = lambda: r.choice(words)  # noqa: E731
    forms: tuple[Callable[[], str], ...] = (
        lambda: f"{function(r, words)}'{{0}}', {{1}}){r.choice(END)}",
        lambda: f'{function(r, words)}"{{0}}", {{1}}){r.choice(END)}',
        lambda: f"{function(r, words)}{{0}}, {{1}}){r.choice(END)}",
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


def use(r: random.Random, words: list[str]) -> str:
    word = lambda: r.choice(words)  # noqa: E731
    forms: tuple[Callable[[], str], ...] = (
        lambda: f"{function(r, words)}{{0}}, ",
        lambda: f"{function(r, words)}{{0}}, ",
        lambda: f"{function(r, words)}'{{0}}', ",
        lambda: f"{function(r, words)}{{0}}).{word()}(",
        lambda: f"{r.choice(('if', 'while', 'assert', 'return', 'when', 'unless'))} {r.choice(('', '('))}{{0}} {r.choice(('==', '==', '===', '>=', '<='))} ",
        lambda: f"{r.choice(('//', '#', '--', ' *', ';', '/*'))} {{0}} {r.choice(('is', 'equals', 'was', 'has', 'means', ':', '=', '=='))} ",
        lambda: f"{r.choice(('//', '#', ' *'))} {word()}: {{0}} = ",
        lambda: f"{word()} = {{0}}  # ",
        lambda: f"{word()} = {{0}};  // ",
        lambda: f'"{{0}}"{r.choice((": ", " => ", ", "))}',
        lambda: "| {0} | ",
        lambda: f"- {{0}}{r.choice((': ', ' = '))}",
        lambda: f"{word()}['{{0}}'] == ",
        lambda: f"print({{0}})  # ",
        lambda: f"let {word()} = {{0}}; // ",
        lambda: f">>> {{0}}\n",
    )
    return f"\n{r.choice(INDENT)}{r.choice(forms)()}"


SIGNATURE_DEFINITIONS = {
    "camel": (
        "\nexport async function {0}{1} {{\n", "\n  {0}{1} {{\n", "\n  public {0}{1} {{\n", "\n  async {0}{1} {{\n", "\n  {0}{1};\n",
        "\nfunction {0}{1} {{\n", "\n  private {0}{1} {{\n", "\n  static {0}{1} {{\n", "\ndeclare module {0}{1};\n", "\n    get {0}{1} {{\n",
    ),
    "snake": ("\n    def {0}{1}:\n", "\nasync def {0}{1}:\n", "\n    async def {0}{1} -> None:\n", "\n  def {0}{1}\n", "\n    def {0}{1}: ...\n"),
}  # fmt: skip


def signature_use(r: random.Random, words: list[str]) -> str:
    w, v = r.choice(words), r.choice(words)
    comment, indent = r.choice(("//", "#", " *", "--", "///", "/**", "/*", ";", '"""')), r.choice(INDENT)
    return r.choice(
        (f"\n{comment} {w}: {{0}}", f"\n{comment} {{0}}", f"\n{comment} {w} {v} {{0}}", f"\n{indent}{comment} {w} {{0}}", f"\n{comment} see {{0}}",
         f"\n{comment} {{{{@{w} {{0}}", f"\n{comment} @{w} {{0}}", f"\n{indent}{comment} {w} of {{0}}", f"\ninterface {w.capitalize()} {{{{\n  {{0}}",
         f"\n`{{0}}", f"\n- {{0}}", f"\n### {{0}}", f"\nexport declare function {{0}}", f"\n{w}: {{0}}", f"\n{indent}{r.choice(PUBLIC)}{{0}}",
         f"\n{indent}{r.choice(PUBLIC)}{r.choice(('function ', 'def ', 'fn ', 'func ', 'async ', 'void ', ''))}{{0}}")
    )  # fmt: skip
