"""tenant rotate as a user runs it, on a platform without a cluster."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.cli.test_key_rotate import RECOVERY, Site

from sopsmith import age
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


def test_what_was_backed_up_comes_back_though_later_backups_lack_it(site: Site) -> None:
    identity, recipient = age.generate()
    settings = site.world.work / "sopsmith.yaml"
    settings.write_text(settings.read_text().replace(RECOVERY, recipient))
    accepted = ("--accept-recovery", recipient)
    code, said, _ = site.run("key", "backup", "-o", "json", *accepted)
    assert (code, json.loads(said)["left_out"]) == (0, [])
    site.commit()
    site.run("key", "rotate", "-e", "prod", "--no-cluster", *accepted)
    before = site.world.keys_file.read_bytes()
    site.world.keys_file.unlink()
    medium = site.world.home / "recovery.txt"
    medium.write_bytes(identity.reveal() + b"\n")
    assert site.run("key", "restore", "--identity-file", str(medium))[0] == 0
    held = [parse_key_file(one, "") for one in (before, site.world.keys_file.read_bytes())]
    assert {one.recipient for one in held[0]} == {one.recipient for one in held[1]}
    assert f"prod of {site.world.work}/tenants/shop\n" in site.world.keys_file.read_text()


def test_a_tenant_that_keeps_its_identity_is_no_gap_of_a_backup(site: Site) -> None:
    theirs = site.world.work / "tenants/shop/tenant.yaml"
    (own,) = re.findall("age1[a-z0-9]+", theirs.read_text())
    theirs.write_text(theirs.read_text().replace(own, age.generate()[1]))
    code, said, _ = site.run("key", "backup", "-o", "json", "--dry-run")
    assert (code, json.loads(said)["uncovered"]) == (0, {})
    theirs.write_text("version: 7\n")
    assert site.run("key", "backup", "--dry-run")[0] == 0
