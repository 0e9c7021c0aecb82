"""The pages about tenants and drops show commands that run, one after the other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.world import World

DOCS = Path(__file__).parents[2] / "docs/how-to"
ENV = b"PROD_TOKEN=a\nDEV_API=old\n"


@pytest.mark.parametrize(("page", "count"), [("tenants.md", 5), ("drop.md", 2)])
def test_the_examples_run_one_after_the_other(page: str, count: int, tmp_path: Path) -> None:
    examples = re.findall(r"<!-- run -->\n```sh\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    assert len(examples) == count
    world = World(tmp_path)
    world.run("sopsmith", "init", "--environment", "dev", "--environment", "prod", ".")
    world.run("sopsmith", "generate", "--env-file", "-", stdin=ENV)
    world.run("bash", "-euo", "pipefail", "-c", "\n".join(examples))
    assert not (world.work / "tenants/shop/tenant.yaml").exists()
    assert list(world.work.rglob("*.drop.yaml")) == []


@pytest.mark.parametrize("page", ["tenants.md", "drop.md"])
def test_every_link_leads_to_a_file(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (DOCS / page).read_text(encoding="utf-8"))
    assert [link for link in links if not (DOCS / link).exists()] == []
