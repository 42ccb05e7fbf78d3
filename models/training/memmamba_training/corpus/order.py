"""Sorts the files of a package in dependency order: definitions before uses, as far as relative imports show."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict

JS = re.compile(r"""(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)["'](\.[^"'\n]*)["']""")
PY_FROM = re.compile(r"^[ \t]*from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+([\w, \t(]*)", re.M)
PY_IMPORT = re.compile(r"^[ \t]*import[ \t]+([\w.]+)", re.M)
C = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">\n]+)[">]', re.M)
RUST_MOD = re.compile(r"^[ \t]*(?:pub(?:\([^)]*\))?[ \t]+)?mod[ \t]+(\w+)[ \t]*;", re.M)
RUST_USE = re.compile(r"\b(?:crate|super)::([\w:]+)")
JS_EXT = ("", ".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".d.ts", "/index.ts", "/index.tsx", "/index.js",
          "/index.mjs", "/index.d.ts")


def imports(path: str, text: str, paths: dict[str, str], by_name: dict[str, list[str]]) -> list[str]:
    """The files of the package that `path` imports. `paths` has every path of the package, `by_name` those of each base name."""
    here, ext = posixpath.dirname(path), posixpath.splitext(path)[1]
    found: list[str] = []
    if ext in (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"):
        for spec in JS.findall(text):
            base = posixpath.normpath(posixpath.join(here, spec))
            bare = re.sub(r"\.[cm]?js$", "", base)
            found += [paths[b + e] for b in (base, bare) for e in JS_EXT if b + e in paths][:1]
    elif ext == ".py":
        for dots, mod, names in PY_FROM.findall(text):
            root = here
            for _ in range(len(dots) - 1):
                root = posixpath.dirname(root)
            base = posixpath.join(root, mod.replace(".", "/")) if dots else mod.replace(".", "/")
            inner = [f"{base.rstrip('/')}/{n.strip(' (').split(' ')[0]}" for n in names.split(",")]
            for b in (*inner, base):
                found += [paths[b.lstrip("/") + e] for e in (".py", "/__init__.py") if b.lstrip("/") + e in paths]
        for mod in PY_IMPORT.findall(text):
            found += [paths[p] for e in (".py", "/__init__.py") if (p := mod.replace(".", "/") + e) in paths]
    elif ext == ".rs":
        stem = posixpath.basename(path)[:-3]
        base = here if stem in ("mod", "lib", "main") else posixpath.join(here, stem)
        for m in RUST_MOD.findall(text):
            found += [paths[p] for e in (".rs", "/mod.rs") if (p := posixpath.join(base, m) + e) in paths]
        for u in RUST_USE.findall(text):
            for n in (2, 1):
                b = posixpath.join("src", *u.split("::")[:n])
                found += [paths[b + e] for e in (".rs", "/mod.rs") if b + e in paths]
    elif ext in (".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".hh", ".inl"):
        for inc in C.findall(text):
            close = posixpath.normpath(posixpath.join(here, inc))
            if close in paths:
                found.append(close)
            else:
                found += [p for p in by_name.get(posixpath.basename(inc), [])[:4] if p.endswith("/" + inc)][:1]
    return found


def ordered(files: list[dict[str, str]]) -> list[dict[str, str]]:
    """Depth-first, otherwise alphabetical; cycles are cut where they are found. Go, Java, Markdown: by folder, then name."""
    table = {f["path"]: f for f in files}
    paths = {p: p for p in table}
    by_name: dict[str, list[str]] = defaultdict(list)
    for p in table:
        by_name[posixpath.basename(p)].append(p)
    names = sorted(table, key=lambda p: (not p.endswith(".md"), posixpath.dirname(p), p))
    done: set[str] = set()
    out: list[dict[str, str]] = []
    for name in names:
        stack: list[tuple[str, list[str] | None]] = [(name, None)]
        while stack:
            p, todo = stack.pop()
            if todo is None:
                if p in done:
                    continue
                done.add(p)
                todo = sorted(set(imports(p, table[p]["text"], paths, by_name)) - done, reverse=True)
            if todo:
                nxt = todo.pop()
                stack += [(p, todo), (nxt, None)]
            else:
                out.append(table[p])
    return out
