"""Find the real tools and build the demo's repository with them once a module."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import demo_data
import pytest
from tests.e2e.argocd import argocd
from tests.e2e.control_plane import control_plane
from tests.world import World

__all__ = ["argocd", "control_plane"]
ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".tools" / "bin"


@pytest.fixture(scope="module")
def tools() -> Path:
    """Return the folder of the programs that make e2e builds, or skip where there is none."""
    missing = [name for name in ("kustomize", "sops") if not os.access(TOOLS / name, os.X_OK)]
    if missing:
        pytest.skip(f"{', '.join(missing)} not built; make e2e builds them")
    return TOOLS


@pytest.fixture(scope="module")
def platform(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return a world whose folder is the demo's repository, made through the command line."""
    world = World(tmp_path_factory.mktemp("platform"), (tools,))
    (world.work / ".env").write_text(demo_data.env_text())
    world.run("git", "init", "--quiet")
    world.run("sopsmith", "init", ".")
    world.run("sopsmith", "generate")
    plugins = world.home / "bin"
    world.run("sopsmith", "plugin", "install", str(plugins))
    world.environ["PATH"] = f"{plugins}{os.pathsep}{world.environ['PATH']}"
    return world


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many documents the differential tests sent through the real sops."""
    total: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "differential":
                total.update(value)
    if total:
        words = ", ".join(f"{count:,} {name}" for name, count in sorted(total.items()))
        terminalreporter.write_line(f"differential, both ways against the real sops: {words}")
