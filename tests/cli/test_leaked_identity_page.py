"""The page about a leaked identity shows commands that run, one after the other."""

from __future__ import annotations

import re
from pathlib import Path

from tests.world import World

from sopsmith import age

PAGE = Path(__file__).parents[2] / "docs/how-to/leaked-identity.md"
EXAMPLES = re.findall(r"<!-- run -->\n```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)

SHOWN = re.findall(r"\n\n```\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]


def test_the_examples_run_one_after_the_other(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run("git", "init", "--quiet")
    world.run("sopsmith", "init", "--environment", "dev", ".")
    env = b"ORG_NAME=acme\nDEV_DATABASE_URL=postgres://app:old@db/app\n"
    world.run("sopsmith", "generate", "--env-file", "-", stdin=env)
    identity, recipient = age.generate()
    with world.keys_file.open("ab") as keys:
        keys.write(identity.reveal() + b"\n")
    world.run("sopsmith", "recipients", "add", "dev", recipient, "--name", "laptop")
    world.run("git", "add", ".")
    world.run("git", "commit", "--quiet", "--message", "x")
    assert len(EXAMPLES) == 5
    said = world.run("bash", "-euo", "pipefail", "-c", "\n".join(EXAMPLES)).decode()
    # The page shows the list as it comes.
    assert said.startswith(SHOWN)
    assert "1 of 2 Secrets left to change\n" in said
    assert said.endswith("    0 of 2 Secrets left to change\n")
    assert world.run("git", "status", "--porcelain") == b""


def test_every_link_leads_to_a_file() -> None:
    for page in (PAGE, PAGE.with_name("audit.md")):
        links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
        assert [link for link in links if not (page.parent / link).exists()] == []
