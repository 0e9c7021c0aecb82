"""The marked examples of pages that need little around them are run, one after the other."""

from __future__ import annotations

import base64
import re
import shutil
from pathlib import Path

import pytest
from docs_hooks import HOW_TO
from tests.pages import PAGES, bash, linked, read_blocks, scripts
from tests.world import World

from sopsmith import age

PLAIN = "kind: Secret\nstringData:\n  token: old-token\n  old: x\n"
RULES = """\
creation_rules:
  - {{path_regex: \\.yaml$, encrypted_regex: ^(data|stringData)$, age: {}}}
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a world with an identity, a rule for it, and a file that it opens."""
    made = World(tmp_path)
    identity, recipient = age.generate()
    made.keys_file.parent.mkdir(parents=True)
    made.keys_file.write_bytes(identity.reveal() + b"\n")
    (made.work / ".sops.yaml").write_text(RULES.format(recipient))
    (made.work / "secrets.yaml").write_text(PLAIN)
    made.run("sopsmith", "encrypt", "-i", "secrets.yaml")
    return made


def test_the_tutorial_runs(tmp_path: Path) -> None:
    blocks = [one.text for one in read_blocks("docs/tutorial/first-env.md") if one.language == "sh"]
    assert len(blocks) == 5
    said = bash(World(tmp_path), *blocks)
    shown = base64.b64encode(b"made-up-token").decode()
    assert shown in said  # What `render --reveal` shows.
    assert base64.b64encode(b"postgres://made:up#too@db.prod/app").decode() not in said


def test_the_page_on_editing_runs(world: World) -> None:
    edit, one_value, program = scripts("docs/how-to/edit.md")
    bash(world, edit, EDITOR="sed -i s/old-token/new-token/")
    assert "new-token" in bash(world, "sopsmith decrypt secrets.yaml")
    assert bash(world, one_value, TOKEN="newest").rstrip() == "newest"
    before = (world.work / "secrets.yaml").read_bytes()
    bash(world, "your-program() { cat; }\n", program)
    assert (world.work / "secrets.yaml").read_bytes() == before
    assert "old:" not in before.decode()


def test_the_page_on_data_keys_runs(world: World) -> None:
    identity, joins = age.generate()
    with world.keys_file.open("ab") as keys:
        keys.write(identity.reveal() + b"\n")
    plan_one, plan_two, rotate, groups = scripts("docs/how-to/rotate-and-update-keys.md")
    rules = world.work / ".sops.yaml"
    one = rules.read_text()
    rules.write_text(one.replace("age: ", f"age: '{joins},").replace("}\n", "'}\n"))
    assert joins not in (world.work / "secrets.yaml").read_text()
    bash(world, plan_one.replace("yaml .", "yaml --yes .").replace("keys .", "keys --yes ."))
    assert joins in (world.work / "secrets.yaml").read_text()
    rules.write_text(one)
    bash(world, plan_two.replace("keys .", "keys --yes ."))
    assert joins not in (world.work / "secrets.yaml").read_text()
    shutil.copy(world.work / "secrets.yaml", world.work / "secret.yaml")
    mine = re.findall("age1[a-z0-9]+", one)[0]
    bash(world, rotate.replace("age1…", joins, 1).replace("age1…", mine))
    shutil.copy(world.work / "secrets.yaml", world.work / "secret.yaml")
    bash(world, groups.replace("age1…", joins))


def argocd_settings() -> str:
    """Return what the how-to on Argo CD puts into sopsmith.yaml, with a digest in it."""
    blocks = read_blocks("docs/how-to/argocd.md")
    shown = next(one.text for one in blocks if one.text.startswith("argocd:"))
    return shown.replace("sha256:…", "sha256:" + "0" * 64)


def test_the_page_on_argocd_runs(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run("sopsmith", "init", "--environment", "dev", ".")
    with (world.work / "sopsmith.yaml").open("a") as file:
        file.write(argocd_settings())
    bash(world, *scripts("docs/how-to/argocd.md"))
    assert (world.work / "bootstrap/argocd/install/applications/dev.yaml").exists()


def test_the_page_on_a_new_platform_runs(tmp_path: Path) -> None:
    world = World(tmp_path)
    (world.work / ".env").write_text("API=made-up\nDEV_DB=one\nPROD_DB=two\n")
    (tmp_path / "medium").mkdir()
    repository, backups, secrets, argocd, commit = scripts("docs/how-to/new-platform.md")
    settings = f"cat >> sopsmith.yaml <<'END'\n{argocd_settings()}END\n"
    bash(
        world,
        repository,
        backups,
        secrets,
        settings,
        argocd,
        commit,
        MEDIUM=str(tmp_path / "medium"),
    )  # fmt: skip
    tracked = world.run("git", "ls-files").decode()
    assert "overlays/main/prod/secrets/db.secret.yaml" in tracked
    assert ".env\n" not in tracked


def test_the_page_on_ci_verifies(world: World) -> None:
    world.keys_file.rename(world.home / "age.txt")
    (world.home / "keys").mkdir()
    (world.home / "age.txt").rename(world.home / "keys/age.txt")
    (verify,) = scripts("docs/how-to/ci.md")
    bash(world, verify)
    assert b'"problems": []' in (world.work / "report.json").read_bytes()


def test_no_page_is_out_of_reach_from_the_first() -> None:
    docs = {one for one in PAGES if one.startswith("docs/")}
    reached, new = set[str](), {"docs/index.md"}
    while new:
        reached |= new
        new = {to for one in new for to in linked(one)} & docs - reached
    assert sorted(docs - reached) == []


def test_each_how_to_has_its_place_in_the_site() -> None:
    placed = [name for group in HOW_TO.values() for name in group]
    pages = [Path(one).stem for one in PAGES if one.startswith("docs/how-to/")]
    assert sorted(placed) == sorted(pages)
