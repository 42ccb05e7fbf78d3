"""Finds definitions with their comments, as training data for retrieval.

A line-based heuristic over indentation and braces that skips what it does not recognise. The extension uses real grammars.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LANGUAGES = {
    "ts": "script", "tsx": "script", "mts": "script", "cts": "script", "js": "script", "jsx": "script", "mjs": "script",
    "cjs": "script", "py": "python", "go": "go", "rs": "rust", "java": "java", "c": "c", "h": "c", "cc": "c", "cpp": "c",
    "cxx": "c", "hpp": "c", "hh": "c", "inl": "c",
}  # fmt: skip
MAX_LINES = 80  # of a definition
CONTROL = frozenset("if for while switch return catch else do try new throw typeof await super function sizeof case".split())

PATTERNS: dict[str, list[re.Pattern[str]]] = {
    language: [re.compile(p) for p in patterns]
    for language, patterns in {
        "script": [
            r"\s*(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?"
            r"(?:function\s*\*?|class|interface|type|enum|const|let|var|namespace)\s+([A-Za-z_$][\w$]*)",
            r"\s+(?:(?:public|private|protected|static|readonly|async|override|abstract|get|set)\s+)*\*?\s*([A-Za-z_$#][\w$]*)\s*(?:<[^>]*>)?\(",
        ],
        "python": [r"\s*(?:async\s+)?(?:def|class)\s+(\w+)"],
        "go": [r"func\s+(?:\([^)]*\)\s*)?(\w+)", r"(?:type|const|var)\s+(\w+)"],
        "rust": [
            r'\s*(?:pub(?:\([^)]*\))?\s+)?(?:default\s+|const\s+|async\s+|unsafe\s+|extern\s+"C"\s+)*'
            r"(?:fn|struct|enum|trait|type|const|static|union)\s+(\w+)",
            r"\s*(?:unsafe\s+)?impl(?:<[^>]*>)?\s+(?:[\w:]+(?:<[^>]*>)?\s+for\s+)?(\w+)",
        ],
        "java": [
            r"\s*(?:(?:public|private|protected|static|final|abstract|sealed)\s+)*(?:class|interface|enum|record|@interface)\s+(\w+)",
            r"\s*(?:(?:public|private|protected|static|final|abstract|synchronized|default|native)\s+)*"
            r"(?:<[^>]+>\s*)?[\w.]+(?:<[^=;(]*>)?(?:\[\])*\s+(\w+)\s*[(=;]",
        ],
        "c": [
            r"(?:typedef\s+)?(?:struct|class|enum(?:\s+class)?|union)\s+(?:[A-Z_]+\s+)?(\w+)",
            r"#\s*define\s+(\w+)",
            r"\s{0,4}[A-Za-z_][\w:<>,*&~\s]*?[\s*&](?:\w+::)*(~?\w+)\s*\(",
        ],
    }.items()
}


CONTAINER = re.compile(r"\b(?:class|interface|trait|impl|namespace|struct|union|record)\b")  # has members


class Definition(NamedTuple):
    start: int  # in characters: whole lines, without the comment before them
    end: int
    name: str
    comment: str  # cleaned; "": none
    comment_start: int
    comment_end: int


def indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def span_end(lines: list[str], first: int, language: str) -> int:
    """The line after the last one of the definition that begins at line `first`."""
    width = indent(lines[first])
    last = first + 1
    for i in range(first + 1, min(len(lines), first + MAX_LINES)):
        line = lines[i]
        stripped = line.strip()
        if not stripped:
            continue
        if indent(line) <= width:
            closes = stripped[0] in ")]}" or (stripped[0] == "{" and indent(line) == width)
            if indent(line) < width or not closes:
                break
            last = i + 1
            if language != "python" and stripped[0] == "}":
                break
            continue
        last = i + 1
    return last


NOISE = re.compile(r"copyright|licen[cs]e|eslint|todo|fixme|@ts-|prettier|noqa|clang-format|^[-=*#/\s]*$", re.I)


def cleaned(comment: str) -> str:
    """The prose of a comment, without markers, tags, examples and parameter lists; "" if there is hardly any."""
    lines = []
    for line in comment.split("\n"):
        line = re.sub(r'^\s*(?:/\*\*?|\*/|\*|///?!?|#+|"""|\'\'\')?\s?', "", line)
        line = re.sub(r'\s*(?:\*/|"""|\'\'\')\s*$', "", line).strip()
        if re.match(r"[@\\]\w+|:param|Args:|Arguments:|Parameters|Returns:|Raises:|Example|# |```|>>>", line):
            break
        if not line and lines:
            break
        if line:
            lines.append(line)
    text = re.sub(r"\{@\w+\s+([^}|]*)[^}]*\}", r"\1", " ".join(lines))
    text = re.sub(r"<[^>]+>|`|\[([^\]]*)\]\([^)]*\)", lambda m: m[1] or "", text)
    text = " ".join(text.split()[:60])
    return "" if len(text.split()) < 3 or NOISE.search(text) else text


def comment_above(lines: list[str], first: int) -> tuple[int, int]:
    """Lines [a, b) of the comment right above a line, or above its attributes; empty: none."""
    i = first - 1
    while i >= 0 and re.match(r"\s*(@\w|#\[)", lines[i]):
        i -= 1
    if i < 0:
        return first, first
    if lines[i].rstrip().endswith("*/"):
        for a in range(i, max(-1, i - 40), -1):
            if "/*" in lines[a]:
                return (a, i + 1) if lines[a].lstrip().startswith("/*") else (first, first)
        return first, first
    a = i + 1
    while a > 0 and lines[a - 1].lstrip().startswith("//") and i + 1 - a < 20:
        a -= 1
    return a, i + 1


def definitions(text: str, language: str) -> list[Definition]:
    """All definitions of a text in order, including those inside others."""
    lines = text.split("\n")
    at = [0]
    for line in lines:
        at.append(at[-1] + len(line) + 1)
    found: list[Definition] = []
    for i, line in enumerate(lines):
        name = next((m[1] for p in PATTERNS[language] if (m := p.match(line))), None)
        if name is None or name in CONTROL or line.lstrip().startswith(("//", "*", "return ", "} else", "else ")):
            continue
        end = span_end(lines, i, language)
        a, b = (i, i) if language == "python" else comment_above(lines, i)
        if language == "python":
            body = next((k for k in range(i + 1, min(end, i + 12)) if re.match(r'\s*[rRuU]?("""|\'\'\')', lines[k])), None)
            if body is not None and lines[body - 1].rstrip().endswith(":"):
                mark = '"""' if '"""' in lines[body] else "'''"
                one = lines[body].count(mark) > 1
                close = body if one else next((k for k in range(body + 1, end) if mark in lines[k]), None)
                if close is not None:
                    a, b = body, close + 1
        comment = cleaned("\n".join(lines[a:b])) if b > a else ""
        is_call = language in ("script", "c", "java") and end == i + 1 and not comment
        is_local = indent(line) > 8 and not comment
        if is_call or is_local:
            continue
        found.append(Definition(at[i], min(at[end] - 1, len(text)), name, comment, at[a], min(at[b], len(text))))
    return found


def retrieval_units(text: str, found: list[Definition]) -> list[Definition]:
    """Definitions as the extension indexes them: one with members ends where the first member, or its comment, begins, since
    members are units of their own; a definition without a comment inside a function is part of the function."""
    out: list[Definition] = []
    inside = 0  # where the last function ends
    for i, d in enumerate(found):
        if d.start < inside and not d.comment:
            continue
        inner = next((n for n in found[i + 1 : i + 2] if n.start < d.end), None)
        if CONTAINER.search(text[d.start : d.start + 200].split("\n", 1)[0]):
            if inner is not None:
                first = inner.comment_start if inner.comment and d.start < inner.comment_start < inner.start else inner.start
                d = d._replace(end=max(d.start + 1, first - 1))
        else:
            inside = max(inside, d.end)
        out.append(d)
    return out
