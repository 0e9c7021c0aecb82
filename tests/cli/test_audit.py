"""`sopsmith audit` as a user runs it, over repositories with a past."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.leaks.watch import Watch
from tests.past import Past

from sopsmith import age
from sopsmith.age import parse_identities
from sopsmith.sops.config import Config
from sopsmith.sops.document import Document, encrypt
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.rekey import rotate

NOW = datetime(2026, 1, 2, tzinfo=UTC)
OURS, OTHER = age.generate(), age.generate()[1]
RULE = "creation_rules:\n  - encrypted_regex: ^(data|stringData)$\n    age: {}\n"
PLAIN = (
    "kind: Secret\nmetadata:\n  name: db\n  namespace: apps\nstringData:\n  user: admin\n"
    "  password: one\n"
)
PATH = "dev/db.secret.yaml"
KEYRING = Keyring(parse_identities(OURS[0].reveal().decode(), "test"))


def locked(*recipients: str, plain: str = PLAIN) -> bytes:
    """Return an encrypted Secret."""
    config = Config.parse(RULE.format(",".join(recipients)).encode(), ".sops.yaml")
    return encrypt(plain.encode(), "yaml", config.rules[0], now=NOW, path=PATH)


def with_password(data: bytes, password: str) -> bytes:
    """Return the file with another password, under the same data key."""
    unlocked = Document.parse(data, "yaml", path=PATH).unlock(KEYRING)
    return unlocked.set_values({("stringData", "password"): password}, now=NOW)


def rotated(data: bytes, *recipients: str) -> bytes:
    """Return the file under a new data key, for these recipients."""
    config = Config.parse(RULE.format(",".join(recipients)).encode(), ".sops.yaml")
    unlocked = Document.parse(data, "yaml", path=PATH).unlock(KEYRING)
    return rotate(unlocked, config.rules[0], {}, now=NOW)


@pytest.fixture
def watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Watch:
    """Return a world that holds the identity and has no repository yet."""
    made = Watch(tmp_path, monkeypatch, capfdbinary)
    made.world.environ["SOPS_AGE_KEY"] = OURS[0].reveal().decode()
    return made


@pytest.fixture
def past(watch: Watch) -> Past:
    """Return a history to be made."""
    return Past(watch.world.work)


def audit(watch: Watch, *argv: str, identity: str | None = None) -> dict[str, Any]:
    """Return what an audit says as JSON."""
    own = watch.world.environ["SOPS_AGE_KEY"] if identity is None else identity
    done = watch.call("audit", "-o", "json", *argv, SOPS_AGE_KEY=own)
    assert done.code in (0, 3), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def kinds(commit: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what became of which key."""
    return [(one["kind"], one["key"]) for one in commit["values"]]


def test_it_says_who_changed_which_key_and_when(watch: Watch, past: Past) -> None:
    first = locked(OURS[1])
    past.commit({PATH: first})
    past.commit({"notes.md": b"x"})
    past.commit({PATH: with_password(first, "two")}, author="Bob <bob@example.org>")
    past.write()
    done = watch.call("audit")
    assert done.code == 0
    text = re.sub(r"[0-9a-f]{12}  |#[0-9a-f]{6}", "", done.stdout.decode())
    assert text == (
        "2023-11-14 22:16Z  Bob <bob@example.org>  not signed\n"
        f"    changed stringData.password   ->   apps/db ({PATH})\n"
        "2023-11-14 22:14Z  Ann <ann@example.org>  not signed\n"
        f"    added   stringData.user    apps/db ({PATH})\n"
        f"    added   stringData.password    apps/db ({PATH})\n"
        "audit: commits 3, with changes of secrets 2, of values 3; in clear 0\n"
        "not signed: 2 of the 2, 3 of all 3\n"
    )


def test_signs_are_those_of_a_diff_and_hold_through_a_new_data_key(
    watch: Watch, past: Past
) -> None:
    first = locked(OURS[1])
    second = rotated(with_password(first, "two"), OURS[1])
    past.commit({PATH: first})
    past.commit({PATH: second})
    past.commit({PATH: with_password(second, "one")})
    folder = past.write()
    newest, middle, oldest = audit(watch)["commits"]
    assert kinds(middle) == [("changed", "stringData.password")]
    assert (middle["new_data_keys"], middle["values_not_known"]) == (1, 0)
    assert newest["values"][0]["after"] == oldest["values"][1]["after"]
    (folder / PATH).write_bytes(second)
    shown = watch.call("git", "textconv", "--by-value", PATH).stdout.decode()
    assert middle["values"][0]["after"] in shown


def test_without_an_identity_it_goes_by_ciphertexts(watch: Watch, past: Past) -> None:
    first = locked(OURS[1])
    second = with_password(first, "two")
    for data in (first, second, rotated(second, OURS[1])):
        past.commit({PATH: data})
    past.write()
    newest, middle, _ = audit(watch, identity="")["commits"]
    assert kinds(middle) == [("changed", "stringData.password")]
    assert (kinds(newest), newest["values_not_known"]) == ([], 1)


def test_recipients_that_come_and_go_are_counted_by_files(watch: Watch, past: Past) -> None:
    paths = ("dev/a.yaml", "dev/b.yaml")
    before = locked(OURS[1])
    past.commit({**dict.fromkeys(paths, before), ".sops.yaml": RULE.format(OURS[1]).encode()})
    rules = RULE.format(f"{OURS[1]},{OTHER}").encode()
    past.commit({**dict.fromkeys(paths, rotated(before, OURS[1], OTHER)), ".sops.yaml": rules})
    past.commit(dict.fromkeys(paths, rotated(before, OTHER)))
    past.write()
    newest, middle, _ = audit(watch)["commits"]
    assert middle["recipients"] == [{"added": [f"age {OTHER}"], "removed": [], "files": 3}]
    assert newest["recipients"] == [{"added": [], "removed": [f"age {OURS[1]}"], "files": 2}]


def test_a_file_that_moved_changed_nothing(watch: Watch, past: Past) -> None:
    data = locked(OURS[1])
    past.commit({PATH: data})
    past.commit({PATH: None, "prod/db.secret.yaml": data})
    past.commit({"prod/db.secret.yaml": None})
    past.write()
    found = audit(watch)["commits"]
    assert [kinds(one)[0][0] for one in found] == ["removed", "added"]


def test_what_was_ever_in_clear_is_named_with_its_first_commit(watch: Watch, past: Past) -> None:
    identity, recipient = age.generate()
    leaked = b"key: %s\n" % identity.reveal()
    first = past.commit({PATH: PLAIN.encode(), "a/notes.md": leaked})
    past.commit({PATH: locked(OURS[1]), "a/notes.md": leaked + b"more\n"})
    past.commit({"a/notes.md": b"x", ".env": b"A=one\n"})
    past.commit({"side/.env": b"A=one\n"}, "side", parents=(first,))
    past.write()
    done = watch.call("audit")
    assert done.code == 3
    said = [line for line in done.stdout.decode().splitlines() if line.startswith("in clear")]
    assert [re.sub(r"[0-9a-f]{12} of", "of", line) for line in said] == [
        "in clear  .env: plain .env, since of 2023-11-14 22:16Z by Ann <ann@example.org>, "
        "still there",
        f"in clear  a/notes.md: age identity of {recipient}, since of 2023-11-14 22:14Z by "
        "Ann <ann@example.org>, gone since",
        f"in clear  {PATH}: plain Secret, since of 2023-11-14 22:14Z by Ann <ann@example.org>, "
        "gone since",
        "in clear  side/.env: plain .env, since of 2023-11-14 22:17Z by Ann <ann@example.org>, "
        "gone since",
    ]
    assert f"    sopsmith key revoke {recipient}\n" in done.stdout.decode()
    assert identity.reveal() not in done.stdout + done.stderr


@pytest.mark.parametrize(("top", "repo"), [("", "."), ("", "a"), ("deploy/", "deploy/a")])
def test_what_sopsmith_yaml_leaves_out_of_lint_is_left_out(
    watch: Watch, past: Past, top: str, repo: str
) -> None:
    settings = (
        "version: 1\nenvironments:\n  dev: {recipients: []}\nlint:\n  ignore:\n"
        "    - {rules: [SOPS006], paths: [a/*], reason: made up}\n"
    )
    files = {"sopsmith.yaml": settings.encode(), "a/x.yaml": PLAIN.encode(), "a/.env": b"A=b\n"}
    past.commit({f"{top}{path}": data for path, data in files.items()})
    past.write()
    found = audit(watch, "--repo", repo)
    assert [one["kind"] for one in found["in_clear"]] == ["plain .env"]
    assert found["left_out"] == 1


def test_a_value_in_clear_in_an_encrypted_file_counts(watch: Watch, past: Past) -> None:
    odd = locked(OURS[1]).replace(b"stringData:\n", b"stringData:\n  added: by-hand\n")
    past.commit({PATH: odd})
    past.write()
    assert [one["kind"] for one in audit(watch)["in_clear"]] == ["value in clear"]


def test_since_leaves_out_what_is_older_and_broken_files_are_named(
    watch: Watch, past: Past
) -> None:
    past.commit({".env": b"A=one\n"})
    past.commit({PATH: locked(OURS[1]).replace(b"kind: Secret", b"kind: [Secret")})
    past.write()
    found = audit(watch, "--since", "HEAD~1")
    assert (found["seen"], found["in_clear"], found["broken"]) == (1, [], [PATH])
    assert watch.call("audit", "--since", "sometime").code == 2


def test_names_in_a_history_do_not_steer_the_terminal(watch: Watch, past: Past) -> None:
    past.commit({PATH: locked(OURS[1])}, author="A\x1b[2J <a@example.org>")
    past.write()
    assert b"\x1b" not in watch.call("audit").stdout


def test_a_signed_commit_is_told_from_one_that_is_not(watch: Watch, past: Past) -> None:
    past.commit({PATH: locked(OURS[1])})
    folder = past.write()
    head = watch.world.run("git", "cat-file", "commit", "HEAD")
    headers, _, message = head.partition(b"\n\n")
    signed = headers + b"\ngpgsig -----BEGIN SSH SIGNATURE-----\n x\n\n" + message
    made = watch.world.run("git", "hash-object", "-t", "commit", "-w", "--stdin", stdin=signed)
    watch.world.run("git", "update-ref", "refs/heads/main", made.decode().strip())
    watch.world.run("git", "reflog", "expire", "--expire=all", "--all")
    assert folder.exists()
    found = audit(watch)
    assert (found["not_signed"], [one["signed"] for one in found["commits"]]) == (0, [True])
