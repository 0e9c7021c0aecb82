"""Name one function a parser of what sopsmith keeps: its state, shares, tenants and attributes."""

from __future__ import annotations

from tests.fuzz.registry import (
    IDENTITY,
    NOW,
    RECIPIENT,
    accept,
    as_text,
    target,
)

from sopsmith.errors import Error
from sopsmith.flows import revocation
from sopsmith.formats.drops import drop_path, is_drop, target_of
from sopsmith.repo import backups, shares
from sopsmith.repo.attributes import add_drivers, quote_path, remove_drivers
from sopsmith.repo.key_file import NewIdentity, append_identity, parse_key_file
from sopsmith.repo.rotation import dump_rotation, parse_rotation
from sopsmith.repo.settings import parse_settings
from sopsmith.repo.tenant import FILE, NAMESPACE_FILE, Tenant, read_tenant
from sopsmith.repo.tenant_config import config_changes
from sopsmith.repo.tenant_layout import CONFIG
from sopsmith.secret import Secret

SPLIT = b"\n\0\n"
_PLATFORM = f"""\
version: 1
environments:
  prod: {{recipients: [{RECIPIENT}]}}
  dev: {{recipients: [{RECIPIENT}]}}
"""
_NEW = NewIdentity(("prod",), Secret(IDENTITY.encode()), RECIPIENT)
_PATTERNS = ["*.secret.yaml", quote_path("a b/c.yaml")]


@target
def fuzz_backup(data: bytes) -> None:
    """A backup's object; what is read is written such that it reads back equal."""
    found = accept(lambda: backups.parse_backup(data, 7, "backup"), data)
    if found is not None:
        assert backups.parse_backup(backups.dump_backup(found), 7, "again") == found
        assert len(found.digest) == 64


@target
def fuzz_backup_record(data: bytes) -> None:
    """What a repository notes of its backups, and an object's name; both come back equal."""
    found = accept(lambda: backups.parse_record(data), data)
    if found is not None:
        assert backups.parse_record(backups.dump_record(found)) == found
        found.digest_of(found.number)
    number = backups.parse_name(as_text(data))
    assert number is None or backups.object_name(number) == as_text(data)


@target
def fuzz_shares(data: bytes) -> None:
    """Shares of an identity; they give that identity or an error, with sound checks too."""
    lines = shares.find_shares(as_text(data))
    for given in (lines, [_with_check(line) for line in lines]):
        found = accept(lambda: shares.join_shares([("here", one) for one in given]), data)  # noqa: B023
        if found is not None:
            assert found.reveal().startswith(b"AGE-SECRET-KEY-1")
            assert found.reveal() not in data


@target
def fuzz_key_file(data: bytes) -> None:
    """A `keys.txt` with labels; its parts do not overlap, and what is appended is found."""
    found = accept(lambda: parse_key_file(data, "keys.txt"), data)
    if found is None:
        return
    ends = [at for entry in found for at in (entry.start, entry.end)]
    assert ends == sorted(ends)
    assert all(0 <= at <= len(data) for at in ends)
    for index, entry in enumerate(found):
        rest = parse_key_file(data[: entry.start] + data[entry.end :], "keys.txt")
        others = [one.line.reveal() for one in found[:index] + found[index + 1 :]]
        assert [one.line.reveal() for one in rest] == others
        entry.is_fresh("/a", NOW)
    *before, new = parse_key_file(append_identity(data, "keys.txt", _NEW, "/a", NOW), "keys.txt")
    assert before == found
    assert (new.recipient, new.created, new.environments) == (RECIPIENT, NOW, ("prod",))


@target
def fuzz_drops(data: bytes) -> None:
    """A path; a drop leads to a file beside it, and the one for a file leads back to it."""
    path = as_text(data).replace("\0", "")
    if is_drop(path):
        assert target_of(path).rpartition("/")[:2] == path.rpartition("/")[:2]
        assert target_of(path).rpartition("/")[2], "a drop is for no file"
    else:
        assert target_of(path) == path
    if path.rpartition("/")[2]:
        made = drop_path(path, "3f9c01de")
        assert is_drop(made)
        assert target_of(made) == path


@target
def fuzz_rotation(data: bytes) -> None:
    """The record of a rotation; it comes back equal, and names a command."""
    found = accept(lambda: parse_rotation(data, "r.json"), data, shown=True)
    if found is not None:
        assert parse_rotation(dump_rotation(found), "r.json") == found
        assert found.command


@target
def fuzz_revocation(data: bytes) -> None:
    """The record of a revocation; it comes back equal."""
    found = accept(lambda: revocation.load(data, "r.json"), data, shown=True)
    if found is not None:
        assert revocation.load(revocation.dump(found), "r.json") == found


@target
def fuzz_tenant(data: bytes) -> None:
    """The files of a tenant, three with a NUL between them; `config.yaml` is kept in step."""
    platform = parse_settings(_PLATFORM.encode(), "sopsmith.yaml")
    parts = data.split(SPLIT, 2)
    names = (FILE, NAMESPACE_FILE, CONFIG)
    files = {f"tenants/shop/{name}": part for name, part in zip(names, parts, strict=False)}

    def change(tenant: Tenant) -> dict[str, bytes]:
        return config_changes(tenant, files.get)

    try:
        tenant = read_tenant("shop", platform, files.get)
        changes = change(tenant)
    except Error:
        return
    files |= changes
    assert not change(tenant), "a second time changes something"


@target
def fuzz_attributes(data: bytes) -> None:
    """A `.gitattributes`; a second time changes nothing, and removing leaves no driver."""
    text = as_text(data)
    once = add_drivers(text, _PATTERNS)
    assert add_drivers(once, _PATTERNS) == once
    without = remove_drivers(once)
    assert remove_drivers(without) == without
    left = iter(_lines(without))
    kept = [line for line in _lines(text) if "sopsmith" not in line and not _ours(line)]
    assert all(line in left for line in kept), "a line of somebody else went"


def _lines(text: str) -> list[str]:
    return [line.rstrip("\r") for line in text.split("\n")]


def _ours(line: str) -> bool:
    return any(line.strip().startswith(pattern) for pattern in _PATTERNS)


def _with_check(line: str) -> str:
    words = line.split()[:6]
    return " ".join([*words, shares._check(words)])
