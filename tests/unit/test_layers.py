"""Imports go strictly down, as ADR 0001 draws the rooms; no file or function outgrows its wall."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "sopsmith"
FLOORS = {
    "errors": 0, "secret": 0, "hashes": 0,
    "ports": 1, "history": 1, "formats": 1, "age": 1, "aws_kms": 1, "pgp": 1, "vault_transit": 1,
    "sops": 2, "kube": 2,
    "repo": 3,
    "flows": 4, "adapters": 4, "plugin": 4,
    "cli": 5, "library": 5,
}  # fmt: skip
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
FILE_WALL = 450
FUNCTION_WALL = 60


def room_of(module: str) -> str:
    """Return the room of a module's path, or the empty word for the package itself."""
    room = module.split("/", maxsplit=1)[0].removesuffix(".py")
    return "" if room in {"__init__", "__main__"} else room


def rooms_imported(module: str) -> set[str]:
    """Return the rooms whose modules a module imports, wherever the import stands in it."""
    tree = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            if node.module == "sopsmith":
                names += [f"sopsmith.{alias.name}" for alias in node.names]
            elif node.module:
                names.append(node.module)
    parts = [name.split(".") for name in names if name.startswith("sopsmith.")]
    return {part[1] for part in parts} - {"__version__"}


def allowed(room: str, other: str) -> bool:
    """Tell whether modules of one room may import another room."""
    if room == other:
        return True
    if other == "adapters":
        return room in {"cli", "library", "plugin"}
    if room in {"cli", "library"}:
        return FLOORS[other] < FLOORS["cli"]
    if room == "plugin":
        return FLOORS[other] <= 2
    return FLOORS[other] < FLOORS[room]


@pytest.mark.parametrize("module", [module for module in MODULES if room_of(module)])
def test_a_module_imports_lower_rooms_alone(module: str) -> None:
    room = room_of(module)
    assert room in FLOORS, f"{room} is no room of ADR 0001"
    wrong = sorted(other for other in rooms_imported(module) if not allowed(room, other))
    assert not wrong, f"{module} imports {', '.join(wrong)}"


@pytest.mark.parametrize("module", MODULES)
def test_no_file_and_no_function_outgrows_its_wall(module: str) -> None:
    text = (PACKAGE / module).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= FILE_WALL
    long = [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_WALL
    ]
    assert not long
