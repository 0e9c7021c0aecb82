"""The page about recipients shows commands that run, one after the other."""

from __future__ import annotations

import re
from pathlib import Path

from tests.world import World

PAGE = Path(__file__).parents[2] / "docs/how-to/recipients.md"
EXAMPLES = re.findall(r"<!-- run -->\n```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_examples_run_one_after_the_other(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run("sopsmith", "init", "--environment", "dev", "--environment", "prod", ".")
    world.run("sopsmith", "generate", "--env-file", "-", stdin=b"ORG_NAME=a\nPROD_TOKEN=b\n")
    assert len(EXAMPLES) == 4
    said = world.run("bash", "-euo", "pipefail", "-c", "\n".join(EXAMPLES))
    table = said.decode().partition("FILES")[2]
    assert "Anna" in table.splitlines()[0]
    assert "Anna" not in (world.work / "sopsmith.yaml").read_text()


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", PAGE.read_text(encoding="utf-8"))
    assert [link for link in links if not (PAGE.parent / link).exists()] == []
