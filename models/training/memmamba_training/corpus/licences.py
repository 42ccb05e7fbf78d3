"""Which licences are permissive, from the metadata of each registry."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

ALLOWED = {s.lower(): s for s in (
    "MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "ISC", "Apache-2.0", "Unlicense", "CC0-1.0", "Zlib", "PSF-2.0",
    "BSL-1.0", "Python-2.0", "BlueOak-1.0.0", "WTFPL", "X11", "PostgreSQL", "Unicode-3.0", "Unicode-DFS-2016", "BSD-4-Clause-UC",
    "CNRI-Python", "HPND", "NCSA", "Libpng", "curl", "blessing", "libtiff", "MIT-CMU", "Python-2.0.1")}
ALIASES = {
    "apache 2.0": "Apache-2.0", "apache-2": "Apache-2.0", "apache2": "Apache-2.0", "apache 2": "Apache-2.0",
    "apache license 2.0": "Apache-2.0", "apache license, version 2.0": "Apache-2.0", "apache license version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0", "the apache software license, version 2.0": "Apache-2.0",
    "the apache license, version 2.0": "Apache-2.0", "apache": "Apache-2.0", "apache software license 2.0": "Apache-2.0",
    "apache-2.0 with llvm-exception": "Apache-2.0", "apache license v2.0": "Apache-2.0", "asl 2.0": "Apache-2.0",
    "apache license": "Apache-2.0", "apache license, 2.0": "Apache-2.0", "apache software license, version 2.0": "Apache-2.0",
    "mit license": "MIT", "the mit license": "MIT", "mit licence": "MIT", "expat": "MIT", "the mit license (mit)": "MIT",
    "bsd": "BSD-3-Clause", "bsd license": "BSD-3-Clause", "bsd-3": "BSD-3-Clause", "new bsd": "BSD-3-Clause", "bsd-2": "BSD-2-Clause",
    "bsd 3-clause": "BSD-3-Clause", "bsd 2-clause": "BSD-2-Clause", "new bsd license": "BSD-3-Clause", "3-clause bsd": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause", "bsd 2-clause license": "BSD-2-Clause", "modified bsd": "BSD-3-Clause",
    "the bsd license": "BSD-3-Clause", "isc license": "ISC", "isc license (iscl)": "ISC", "public domain": "CC0-1.0",
    "the unlicense (unlicense)": "Unlicense", "psf": "PSF-2.0", "python software foundation license": "PSF-2.0", "cc0": "CC0-1.0",
    "bouncy castle licence": "MIT", "the bsd 3-clause license": "BSD-3-Clause", "bsd-3-clause license": "BSD-3-Clause",
    "edl 1.0": "BSD-3-Clause", "eclipse distribution license - v 1.0": "BSD-3-Clause", "bsd style": "BSD-3-Clause",
}

# A file's own notice, inside a package whose terms are otherwise permissive.
COPYLEFT = re.compile(
    rb"GNU (Lesser |Library |Affero )?General\s+(\S+\s+)?Public\s|SPDX-License-Identifier:\s*\(?([AL]?GPL|MPL|EPL|SSPL|BUSL)"
    rb"|Mozilla Public License|Eclipse Public License|Business Source License|\bL?GPL[- ]?v?[23]|under the terms of the GPL")


def spdx(text: str) -> str | None:
    """The permissive licence that an SPDX expression (or a known older name) allows; None if there is none."""
    t = " ".join(text.strip().strip("()").split())
    low = t.lower()
    if low in ALLOWED:
        return ALLOWED[low]
    if low in ALIASES:
        return ALIASES[low]
    for sep, need in ((r"\s+or\s+|\s*/\s*", any), (r"\s+and\s+", all)):
        parts = re.split(sep, t, flags=re.I)
        if len(parts) > 1:
            got = [spdx(p) for p in parts]
            if need(got):
                return next(g for g in got if g) if need is any else " AND ".join(sorted({g for g in got if g}))
            return None
    return None


def npm_field(meta: dict[str, Any]) -> str:
    """package.json: `license` as text or object, or the old `licenses` list (any of them may be chosen)."""
    lic = meta.get("license") or meta.get("licenses") or ""
    if isinstance(lic, list):
        lic = " OR ".join(str(x.get("type", "") if isinstance(x, dict) else x) for x in lic)
    return str(lic.get("type", "")) if isinstance(lic, dict) else str(lic)


def pypi_metadata(text: str) -> str | None:
    """METADATA of a wheel: License-Expression, else the classifiers (all must pass), else a short License field."""
    head = text.partition("\n\n")[0]
    if m := re.search(r"^License-Expression: (.+)$", head, re.M):
        return spdx(m[1])
    classes = [c.rsplit("::", 1)[-1].strip() for c in re.findall(r"^Classifier: (License :: .+)$", head, re.M)]
    classes = [c for c in classes if c != "OSI Approved"]
    if classes:
        got = [spdx(c) for c in classes]
        return got[0] if all(got) else None
    m = re.search(r"^License: (.+)$", head, re.M)
    return spdx(m[1]) if m else None


def by_text(text: str) -> str | None:
    """The licence of a licence file, recognised by its wording."""
    t = " ".join(text.lower().split())[:20000]
    if re.search(r"gnu (lesser |affero )?general public|mozilla public|business source|server side public|elastic license"
                 r"|eclipse public|commons clause|polyform|sustainable use", t):
        return None
    if "apache license" in t and "version 2.0" in t:
        return "Apache-2.0"
    if "permission is hereby granted, free of charge" in t:
        return "MIT"
    if "redistribution and use in source and binary forms" in t:
        return "BSD-3-Clause" if "neither the name" in t or "endorse" in t else "BSD-2-Clause"
    if "permission to use, copy, modify, and" in t:
        return "ISC"
    return "Unlicense" if "this is free and unencumbered software" in t else None


def folder_text(folder: Path) -> str | None:
    """The licence of a folder by its licence files, all of which must be permissive."""
    found = [f for f in sorted(folder.iterdir()) if re.match(r"(licen[cs]e|copying|unlicense)", f.name, re.I) and f.is_file()]
    got = [by_text(f.read_text("utf-8", "replace")) for f in found]
    return got[0] if got and all(got) else None


def maven_pom(group: str, artifact: str, version: str, repo: Path | None = None, depth: int = 0) -> str | None:
    """The licence of a POM in the local repository, or of its nearest parent that names any (one must be permissive)."""
    repo = repo or Path.home() / ".m2/repository"
    pom = repo / group.replace(".", "/") / artifact / version / f"{artifact}-{version}.pom"
    if depth > 8 or not pom.exists():
        return None
    try:
        root = ET.parse(pom).getroot()
    except ET.ParseError:
        return None
    ns = root.tag[: root.tag.index("}") + 1] if "}" in root.tag else ""
    names = [e.findtext(f"{ns}name") or "" for e in root.iterfind(f"{ns}licenses/{ns}license")]
    if names:
        return next((g for g in map(spdx, names) if g), None)
    p = root.find(f"{ns}parent")
    if p is None:
        return None
    g, a, v = (p.findtext(f"{ns}{k}") or "" for k in ("groupId", "artifactId", "version"))
    return maven_pom(g.strip(), a.strip(), v.strip(), repo, depth + 1)
