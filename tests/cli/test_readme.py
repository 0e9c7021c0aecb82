"""Run the README's marked examples as a new user would, with an empty HOME."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.world import World

README = Path(__file__).parents[2] / "README.md"
_MARKED = re.compile(r"<!-- run -->\n```sh\n(.*?)```", re.DOTALL)
EXAMPLES = _MARKED.findall(README.read_text(encoding="utf-8"))


def test_there_is_an_example_to_run() -> None:
    assert EXAMPLES


def test_the_readme_stays_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("script", EXAMPLES)
def test_an_example_runs_to_its_end(script: str, tmp_path: Path) -> None:
    world = World(tmp_path)
    said = world.run("bash", "-euo", "pipefail", "-c", script)
    assert b"DEV_DATABASE_URL=" in said


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README.read_text(encoding="utf-8"))
    assert [link for link in links if not (README.parent / link).exists()] == []
