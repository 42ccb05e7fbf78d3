"""The structure of the package, and its preset of the shipped model."""

from __future__ import annotations

import ast
import importlib
import tomllib
from pathlib import Path

from conftest import PACKAGE, SHIPPED

from memmamba_training.model.config import ModelConfig
from memmamba_training.model.presets import PRESETS

ROOT = PACKAGE.parent


def imports(file: Path) -> set[str]:
    """Modules of this package that a file imports, anywhere in it: types and imports inside functions, too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            found |= {f"{node.module}.{name.name}" for name in node.names} | {str(node.module)}
    return {name for name in found if name.startswith(f"{PACKAGE.name}.")}


def circle(graph: dict[str, set[str]]) -> list[str] | None:
    """A circle of a directed graph, if there is one."""
    done: set[str] = set()

    def visit(node: str, path: list[str]) -> list[str] | None:
        if node in path:
            return path[path.index(node) :] + [node]
        if node in done:
            return None
        for other in sorted(graph.get(node, ())):
            if found := visit(other, [*path, node]):
                return found
        done.add(node)
        return None

    return next((found for node in sorted(graph) if (found := visit(node, []))), None)


def module_graph() -> dict[str, set[str]]:
    names = {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in PACKAGE.rglob("*.py")}
    return {name: {other for other in imports(file) if other in names and other != name} for name, file in names.items()}


def test_circles_are_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": set()}) is None
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]


def test_no_module_imports_itself_through_others() -> None:
    assert circle(module_graph()) is None


def test_no_sub_package_imports_itself_through_others() -> None:
    packages: dict[str, set[str]] = {}
    for name, others in module_graph().items():
        own = name.split(".")[1:2]
        for other in others:
            if own and other.split(".")[1:2] != own:
                packages.setdefault(own[0], set()).update(other.split(".")[1:2])
    assert {"recall", "data", "train"} <= set(packages), packages
    assert circle(packages) is None


def test_every_script_has_a_command() -> None:
    commands = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    targets = {target.split(":")[0] for target in commands.values()}
    scripts = {file for file in PACKAGE.rglob("*.py") if "\ndef main()" in file.read_text("utf-8")}
    assert targets == {".".join(file.relative_to(ROOT).with_suffix("").parts) for file in scripts}
    for target in commands.values():
        module, function = target.split(":")
        assert callable(getattr(importlib.import_module(module), function))


def test_the_preset_is_the_shipped_configuration(tmp_path: Path) -> None:
    preset = PRESETS["small-as-shipped"]
    preset.save(tmp_path / "config.json")
    assert (tmp_path / "config.json").read_bytes() == (SHIPPED / "config.json").read_bytes()
    assert ModelConfig.load(SHIPPED / "config.json") == preset
    assert ModelConfig.from_dict(preset.to_dict()) == preset
