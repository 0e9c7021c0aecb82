"""`sopsmith tools` puts programs in place only when they are what the table says."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.mirror import Mirror
from tests.loopback import running

from sopsmith.adapters.download import read_platform
from sopsmith.cli.main import run
from sopsmith.flows.tools import LIST
from sopsmith.repo.tools import built_in_tools

PROGRAM = b"#!/bin/sh\necho made-up\n"


class Shop:
    """A mirror with a table, and a folder for programs."""

    def __init__(self, mirror: Mirror, home: Path) -> None:
        self.mirror = mirror
        self.bin = home / "bin"
        self.table = home / "table.yaml"
        self.tools: list[dict[str, object]] = []

    def sell(self, name: str, data: bytes, programs: dict[str, str], sha256: str = "") -> None:
        """Offer a tool, of the digest that the data has or of another."""
        self.mirror.files[f"/acme/{name}"] = data
        file = {"file": name, "sha256": sha256 or hashlib.sha256(data).hexdigest()}
        tool = {"name": name, "version": "1.0.0", "url": "https://github.com/acme/"}
        self.tools = [one for one in self.tools if one["name"] != name]
        self.tools.append({**tool, "programs": programs, "files": {read_platform(): file}})
        self.table.write_text(json.dumps({"tools": self.tools}))

    def install(self, *words: str) -> int:
        """Run the command."""
        where = ["--into", str(self.bin), "--mirror", self.mirror.address]
        return run(["tools", "install", *words, *where, "--table", str(self.table)])


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with running(Mirror()) as mirror:
        shop = Shop(mirror, tmp_path)
        shop.sell("plain", PROGRAM, {})
        yield shop


def packed(members: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    """Return a tar archive in gzip."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(data), "/etc/passwd"
            archive.addfile(info, io.BytesIO(data) if kind == tarfile.REGTYPE else None)
    return out.getvalue()


def test_a_program_is_put_in_place_and_the_second_run_asks_for_nothing(shop: Shop) -> None:
    assert shop.install("plain") == 0
    assert (shop.bin / "plain").read_bytes() == PROGRAM
    assert os.stat(shop.bin / "plain").st_mode & 0o777 == 0o755
    asked = len(shop.mirror.asked)
    assert shop.install("plain") == 0
    assert len(shop.mirror.asked) == asked == 1


def test_of_an_archive_only_what_is_named_comes_out(shop: Shop) -> None:
    archive = packed({"a/one": PROGRAM, "a/two": b"2", "../evil": b"no", "/abs": b"no"})
    shop.sell("pack", archive, {"one": "a/one", "two": "a/two"})
    assert shop.install("pack") == 0
    assert sorted(os.listdir(shop.bin)) == [LIST, "one", "two"]
    assert not (shop.bin.parent / "evil").exists()
    assert shop.install("pack", "--dry-run") == 0
    assert len(shop.mirror.asked) == 1


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (packed({"other": b""}), "has no file one"),
        (packed({"one": b""}, tarfile.SYMTYPE), "has no file one"),
        (packed({"one": b""}, tarfile.LNKTYPE), "has no file one"),
        (packed({"one": PROGRAM * 99})[:-20], "is no tar archive"),
        (b"<html>", "is no tar archive"),
    ],
    ids=["missing", "symlink", "hard link", "cut", "html"],
)
def test_an_archive_that_is_not_as_expected_leaves_nothing(
    shop: Shop, data: bytes, why: str, capfd: pytest.CaptureFixture[str]
) -> None:
    shop.sell("pack", data, {"one": "one"})
    assert shop.install("pack") == 1
    assert why in capfd.readouterr().err
    assert not shop.bin.exists()


def test_a_wrong_digest_leaves_nothing(shop: Shop, capfd: pytest.CaptureFixture[str]) -> None:
    shop.sell("plain", PROGRAM, {}, sha256="0" * 64)
    assert shop.install("plain") == 1
    assert "nothing of it was used" in capfd.readouterr().err
    assert not shop.bin.exists()


def test_a_new_version_takes_the_place_of_the_old_one(
    shop: Shop, capfd: pytest.CaptureFixture[str]
) -> None:
    assert shop.install("plain") == 0
    shop.sell("plain", b"newer", {})
    assert shop.install("plain") == 0
    assert "update    plain 1.0.0" in capfd.readouterr().err
    assert (shop.bin / "plain").read_bytes() == b"newer"


def test_a_program_of_another_hand_stays_unless_forced(shop: Shop) -> None:
    shop.bin.mkdir()
    target = shop.bin.parent / "theirs"
    target.write_text("theirs")
    (shop.bin / "plain").symlink_to(target)
    assert shop.install("plain") == 1
    assert shop.mirror.asked == []
    assert shop.install("plain", "--force") == 0
    assert target.read_text() == "theirs"
    assert os.access(shop.bin / "plain", os.X_OK)


def test_a_program_that_somebody_changed_is_theirs(shop: Shop) -> None:
    assert shop.install("plain") == 0
    (shop.bin / "plain").write_text("changed")
    assert shop.install("plain") == 1


def test_a_kill_between_list_and_program_is_healed(shop: Shop) -> None:
    archive = packed({"one": PROGRAM})
    shop.sell("pack", archive, {"one": "one"})
    assert shop.install("pack") == 0
    old = (shop.bin / "one").read_bytes()
    shop.sell("pack", packed({"one": b"newer"}), {"one": "one"})
    assert shop.install("pack") == 0
    (shop.bin / "one").write_bytes(old)
    assert shop.install("pack") == 0
    assert (shop.bin / "one").read_bytes() == b"newer"


def test_a_platform_without_a_digest_is_refused(
    shop: Shop, capfd: pytest.CaptureFixture[str]
) -> None:
    shop.tools[0]["files"] = {"plan9-amd64": {"file": "f", "sha256": "0" * 64}}
    shop.table.write_text(json.dumps({"tools": shop.tools}))
    assert shop.install("plain") == 2
    assert f"no digest of plain 1.0.0 is known for {read_platform()}" in capfd.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        '{"tools": [{"name": "../evil", "version": "1", "url": "https://x/", "files": {}}]}',
        '{"tools": [{"name": "a", "version": "1", "url": "u", "programs": {"../b": "b"}}]}',
        '{"tools": [{"name": "a", "version": "1", "url": "u",'
        ' "files": {"p": {"file": "f", "sha256": "abc"}}}]}',
        '{"tool": []}',
    ],
)
def test_a_table_is_read_strictly(shop: Shop, text: str) -> None:
    shop.table.write_text(text)
    assert shop.install() == 1
    assert not shop.bin.exists()


def test_the_built_in_table_has_a_digest_of_its_own_for_every_file() -> None:
    digests = [sha256 for tool in built_in_tools() for _, sha256 in tool.files.values()]
    assert len(set(digests)) == len(digests) > 12
    assert all(tool.url.startswith("https://github.com/") for tool in built_in_tools())


def test_the_list_says_for_which_platforms_a_digest_is_known(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert run(["tools", "list"]) == 0
    assert "ksops      4.5.1    linux-amd64\n" in capfd.readouterr().out
