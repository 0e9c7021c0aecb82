"""tenant rotate as a user runs it, on a platform without a cluster."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.test_key_rotate import Site

from sopsmith.repo.key_file import parse_key_file

ROTATE = ("tenant", "rotate", "shop", "--no-cluster")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> Site:
    site = Site(tmp_path, monkeypatch, capfd)
    site.run("tenant", "add", "shop", "--environments", "prod")
    (site.world.work / "shop.env").write_text("APP_TOKEN=canary-9\n")
    site.run("tenant", "generate", "shop", "--env-file", "shop.env")
    (site.world.work / "shop.env").unlink()
    site.commit()
    return site


def test_it_stops_for_the_push_and_ends_when_told(site: Site) -> None:
    code, said, told = site.run(*ROTATE)
    assert (code, said.startswith("shop.prod: sync: ")) == (0, True)
    assert "sopsmith tenant rotate shop --environment prod --no-cluster --synced" in told
    (row,) = json.loads(site.run("key", "status", "-o", "json")[1])
    assert (row["tenant"], row["environment"], row["next"]) == ("shop", "prod", "sync")
    site.commit()
    code, said, _ = site.run(*ROTATE, "--synced")
    assert (code, said.startswith("shop.prod: done at ")) == (0, True)
    assert "shop.prod" in site.run("key", "status")[1]
    assert site.world.keys_file.read_text().count("# retired: ") == 1
    assert site.run("tenant", "check", "shop")[0] == 0
    assert site.run("verify")[0] == 0
    assert f"prod of {site.world.work}/tenants/shop" in site.world.keys_file.read_text()


def test_a_dry_run_writes_nothing(site: Site) -> None:
    before = {path: path.read_bytes() for path in site.world.work.rglob("*") if path.is_file()}
    keys = site.world.keys_file.read_bytes()
    code, said, told = site.run(*ROTATE, "--dry-run")
    assert (code, said.splitlines()[1].startswith("generate")) == (0, True)
    assert "goes; 1 file has it" in told
    after = {path: path.read_bytes() for path in site.world.work.rglob("*") if path.is_file()}
    assert (after, site.world.keys_file.read_bytes()) == (before, keys)


def test_no_identity_and_no_value_is_said(site: Site) -> None:
    said = "".join(map(str, site.run(*ROTATE)))
    said += (site.world.work / ".sopsmith/rotations/shop.prod.json").read_text()
    held = parse_key_file(site.world.keys_file.read_bytes(), "keys.txt")
    for secret in ("canary-9", *(one.line.reveal().decode() for one in held)):
        assert secret not in said


def test_a_tenant_that_is_not_there_is_a_word_too_many(site: Site) -> None:
    code, _, told = site.run("tenant", "rotate", "cafe", "--no-cluster")
    assert (code, "there is no tenant cafe" in told) == (2, True)
