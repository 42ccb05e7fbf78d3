"""Fetches the packages named in packages.toml with the ordinary clients of their registries.

    memmamba-fetch --work WORK npm pypi cargo go maven debian

Each registry gets a folder WORK/<registry>; nothing in a package is run (no install scripts, no builds).
A batch that fails is tried again without the package that the client names as the cause.
"""

from __future__ import annotations

import argparse
import concurrent.futures as futures
import json
import random
import subprocess
import time
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def call(cmd: list[str], cwd: Path, timeout: float = 1200) -> tuple[int, str]:
    """Run one client; returns its exit status and everything it printed."""
    try:
        p = subprocess.run(cmd, cwd=cwd, capture_output=True, text=True, errors="replace", timeout=timeout)
        return p.returncode, p.stdout + p.stderr
    except subprocess.TimeoutExpired:
        return 124, "timeout"


def chunks(names: list[str], n: int) -> list[list[str]]:
    return [names[i : i + n] for i in range(0, len(names), n)]


def npm_batch(job: tuple[Path, list[str]]) -> str:
    """`npm pack`: the published tarballs themselves, without dependencies; one by one where the batch fails."""
    folder, names = job
    cmd = ["npm", "pack", "--ignore-scripts", "--silent", "--prefer-offline", "--pack-destination", str(folder)]
    rc, _ = call(cmd + names, folder)
    if rc != 0:
        have = {f.name.rsplit("-", 1)[0] for f in folder.glob("*.tgz")}
        for n in names:
            if n.lstrip("@").replace("/", "-") not in have:
                call(cmd + [n], folder)
    return f"npm {names[0]}.. rc {rc}"


def fetch_npm(names: list[str], work: Path) -> list[tuple[Any, Any]]:
    names = names[:]
    random.Random(1).shuffle(names)
    return [(npm_batch, (work, part)) for part in chunks(names, 25)]


def pip_batch(job: tuple[Path, list[str]]) -> str:
    """Wheels only, so that no setup code runs."""
    folder, names = job
    cmd = ["pip", "download", "-q", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "-d", str(folder)]
    rc, _ = call(cmd + names, folder)
    if rc != 0:
        for n in names:
            call(cmd + [n], folder)
    return f"pip: {names[0]}.. rc {rc}"


def fetch_pypi(names: list[str], work: Path) -> list[tuple[Any, Any]]:
    names = names[:]
    random.Random(1).shuffle(names)
    return [(pip_batch, (work, part)) for part in chunks(names, 25)]


def cargo_group(job: tuple[Path, list[str]]) -> str:
    """`cargo vendor` of one group; a crate that the resolver names as the cause of a failure is dropped."""
    folder, names = job
    (folder / "src").mkdir(parents=True, exist_ok=True)
    (folder / "src/lib.rs").write_text("")
    out = ""
    for _ in range(12):
        deps = "\n".join(f'"{n}" = {{ version = "*", default-features = true }}' for n in names)
        (folder / "Cargo.toml").write_text(f'[package]\nname = "g"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\n{deps}\n')
        rc, out = call(["cargo", "vendor", "-q", "--versioned-dirs", "vendor"], folder)
        if rc == 0:
            return f"cargo {folder.name}: {len(names)}"
        blamed = [n for n in names if f"`{n}`" in out or f"`{n} " in out or f'"{n}' in out]
        names = [n for n in names if n != blamed[0]] if blamed else names[: len(names) * 2 // 3]
    return f"cargo {folder.name}: failed: {out[-300:]}"


def fetch_cargo(groups: list[list[str]], work: Path) -> list[tuple[Any, Any]]:
    return [(cargo_group, (work / f"g{i}", g)) for i, g in enumerate(groups)]


def go_module(job: tuple[Path, str]) -> str:
    work, module = job
    rc, out = call(["go", "mod", "download", "-json", f"{module}@latest"], work)
    if rc == 0:
        info = json.loads(out[out.index("{") :])
        (work / (module.replace("/", "!") + ".json")).write_text(json.dumps({k: info[k] for k in ("Path", "Version", "Dir")}))
    return f"go {module}: rc {rc}"


def fetch_go(modules: list[str], work: Path) -> list[tuple[Any, Any]]:
    (work / "go.mod").write_text("module corpus\n")
    return [(go_module, (work, m)) for m in modules]


def maven_batch(job: tuple[Path, list[str], list[str]]) -> str:
    """Source jars of one batch of artifacts, without their dependencies."""
    folder, boms, arts = job
    folder.mkdir(parents=True, exist_ok=True)
    out, rc = "", 1
    for _ in range(8):
        def dep(a: str, extra: str = "") -> str:
            g = a.split(":")
            v = f"<version>{g[2]}</version>" if len(g) > 2 else ""
            return f"<dependency><groupId>{g[0]}</groupId><artifactId>{g[1]}</artifactId>{v}{extra}</dependency>"
        bom = "".join(dep(b, "<type>pom</type><scope>import</scope>") for b in boms)
        head = "<project><modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId><version>1</version>"
        (folder / "pom.xml").write_text(
            f"{head}<packaging>pom</packaging><dependencyManagement><dependencies>{bom}</dependencies></dependencyManagement>"
            f"<dependencies>{''.join(dep(a, '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>') for a in arts)}</dependencies></project>")
        rc, out = call(["mvn", "-B", "-q", "-ntp", "dependency:copy-dependencies", "-Dclassifier=sources", "-DexcludeTransitive=true",
                        "-Dmdep.failOnMissingClassifierArtifact=false", "-Dmdep.copyPom=true", "-Dmdep.useRepositoryLayout=true",
                        f"-DoutputDirectory={folder / 'out'}"], folder)
        if rc == 0:
            break
        bad = [a for a in arts if ":".join(a.split(":")[:2]) + ":" in out.replace("'", "") or a.split(":")[1] + ":jar" in out]
        arts = [a for a in arts if a not in bad] if bad else arts[: len(arts) // 2]
    return f"maven {folder.name}: rc {rc} {out[-200:] if rc else ''}"


def fetch_maven(table: dict[str, list[str]], work: Path) -> list[tuple[Any, Any]]:
    parts = chunks(table["artifacts"], 40)
    return [(maven_batch, (work / f"m{i}", table["boms"], part)) for i, part in enumerate(parts)]


def deb_source(job: tuple[Path, str]) -> str:
    work, name = job
    rc, out = call(["apt-get", "source", "--download-only", "-qq", "--only-source", name], work)
    return f"debian {name}: rc {rc} {out[-100:] if rc else ''}"


def fetch_debian(table: dict[str, str], work: Path) -> list[tuple[Any, Any]]:
    return [(deb_source, (work, n)) for n in table]


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("registries", nargs="+", choices=["npm", "pypi", "cargo", "go", "maven", "debian"])
    ap.add_argument("--work", type=Path, required=True)
    ap.add_argument("--jobs", type=int, default=2)
    ap.add_argument("--minutes", type=float, default=60, help="start no new batch after so long")
    args = ap.parse_args()
    cfg = tomllib.loads((HERE / "packages.toml").read_text())
    parts = {"npm": lambda w: fetch_npm(cfg["npm"]["names"], w), "pypi": lambda w: fetch_pypi(cfg["pypi"]["names"], w),
             "cargo": lambda w: fetch_cargo(cfg["cargo"]["groups"], w), "go": lambda w: fetch_go(cfg["go"]["modules"], w),
             "maven": lambda w: fetch_maven(cfg["maven"], w), "debian": lambda w: fetch_debian(cfg["debian"], w)}
    end = time.time() + 60 * args.minutes
    for reg in args.registries:
        work = (args.work / reg).resolve()
        work.mkdir(parents=True, exist_ok=True)

        def step(job: tuple[Any, Any]) -> str:
            return job[0](job[1]) if time.time() < end else "skipped: out of time"

        with futures.ThreadPoolExecutor(args.jobs) as pool:
            for line in pool.map(step, parts[reg](work)):
                print(line, flush=True)


if __name__ == "__main__":
    main()
