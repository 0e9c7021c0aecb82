"""`sopsmith key revoke` as a user runs it, over repositories with a past."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.leaks.watch import Watch
from tests.past import Past

from sopsmith import age
from sopsmith.sops.config import Config
from sopsmith.sops.document import Document, encrypt

NOW = datetime(2026, 1, 2, tzinfo=UTC)
HOME = "bootstrap/argocd/overlays/main"
DEV = f"{HOME}/dev/secrets/db.secret.yaml"
LEAKED, STAYS = age.generate(), age.generate()
SETTINGS = """\
version: 1
environments:
  dev:
    recipients:
      - {{recipient: {0}, name: laptop}}
      - {1}
  prod: {{recipients: [{1}]}}
"""
RULES = """\
creation_rules:
  - path_regex: /dev/.*\\.secret\\.yaml$
    encrypted_regex: ^(data|stringData)$
    age: {0},{1}
  - path_regex: /prod/.*\\.secret\\.yaml$
    encrypted_regex: ^(data|stringData)$
    age: {1}
  - path_regex: /core/.*\\.secret\\.yaml$
    encrypted_regex: ^(data|stringData)$
    age: {0},{1}
"""
SECRET = (
    "kind: Secret\nmetadata:\n  name: {}\n  namespace: apps\nstringData:\n  user: admin\n"
    "  password: {}\n"
)


def locked(
    name: str, password: str, *recipients: str, groups: int = 1, user: str = "admin"
) -> bytes:
    """Return an encrypted Secret, for all recipients or each a key group of its own."""
    ages = f"age: {','.join(recipients)}"
    if groups > 1:
        ages = f"key_groups: [{', '.join(f'{{age: [{one}]}}' for one in recipients)}]"
    rule = f"creation_rules:\n  - encrypted_regex: ^(data|stringData)$\n    {ages}\n"
    plain = SECRET.format(name, password).replace("admin", user).encode()
    config = Config.parse(rule.encode(), ".sops.yaml")
    return encrypt(plain, "yaml", config.rules[0], now=NOW, path="x.yaml")


@pytest.fixture
def watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Watch:
    """Return a world that holds both identities and has no repository yet."""
    made = Watch(tmp_path, monkeypatch, capfdbinary)
    made.world.keys_file.parent.mkdir(parents=True)
    identities = [one.reveal() for one, _ in (LEAKED, STAYS)]
    made.world.keys_file.write_bytes(b"\n".join(identities) + b"\n")
    return made


def past_of(watch: Watch, settings: str = SETTINGS) -> Past:
    """Return a repository whose leaked identity reads dev and core."""
    made = Past(watch.world.work)
    recipients = (LEAKED[1], STAYS[1])
    made.commit(
        {
            "sopsmith.yaml": settings.format(*recipients).encode(),
            ".sops.yaml": RULES.format(*recipients).encode(),
        }
    )
    return made


def secrets_of(watch: Watch, *argv: str) -> list[dict[str, Any]]:
    """Return what the list has, by `--output json`."""
    said = watch.call("key", "revoke", *argv, "-o", "json")
    assert said.code in (0, 1, 3), said.stderr
    value = json.loads(said.stdout)
    found: list[dict[str, Any]] = (value[0] if isinstance(value, list) else value)["secrets"]
    return found


def commit_all(watch: Watch) -> None:
    watch.world.run("git", "add", ".")
    watch.world.run("git", "commit", "-qm", "x")


def test_the_list_has_what_was_ever_readable_and_nothing_else(watch: Watch) -> None:
    past = past_of(watch)
    both = (LEAKED[1], STAYS[1])
    first = past.commit(
        {DEV: locked("db", "one", *both), "old/dev/gone.yaml": locked("gone", "x", *both)}
    )
    past.commit({"branch.yaml": locked("branch", "x", LEAKED[1])}, "side", parents=(first,))
    past.commit(
        {
            "old/dev/gone.yaml": None,
            f"{HOME}/prod/secrets/p.secret.yaml": locked("p", "x", STAYS[1]),
        }
    )
    past.commit({DEV: locked("db", "two", STAYS[1])})
    past.write()
    found = secrets_of(watch, "laptop", "--dry-run")
    assert [(one["scope"], one["namespace"], one["name"]) for one in found] == [
        ("", "apps", "branch"), ("dev", "apps", "db"), ("dev", "apps", "gone"),
    ]  # fmt: skip
    assert found[1]["keys"] == ["password", "user"]
    assert found[1]["files"] == [DEV]
    assert not (watch.world.work / ".sopsmith").exists()


def test_it_leaves_rules_settings_and_files_and_data_keys_are_new(watch: Watch) -> None:
    past = past_of(watch)
    prod = f"{HOME}/prod/secrets/p.secret.yaml"
    kept = f"{HOME}/dev/secrets/kept.secret.yaml"
    past.commit(
        {
            DEV: locked("db", "one", LEAKED[1], STAYS[1]),
            kept: locked("kept", "one", STAYS[1]),
            prod: locked("p", "one", STAYS[1]),
        }
    )
    folder = past.write()
    before = {path: (folder / path).read_bytes() for path in (DEV, kept, prod)}
    done = watch.call("key", "revoke", LEAKED[1])
    assert done.code == 0, done.stderr
    for path in ("sopsmith.yaml", ".sops.yaml", DEV):
        assert LEAKED[1] not in (folder / path).read_text()
    assert (folder / prod).read_bytes() == before[prod]
    for path in (DEV, kept):
        old, new = (
            Document.parse(data, "yaml", path=path).metadata.stanzas
            for data in (before[path], (folder / path).read_bytes())
        )
        assert {one.enc for one in old}.isdisjoint(one.enc for one in new)
    # What was committed is the list alone, and it names no value.
    record = json.loads((folder / f".sopsmith/revocations/{LEAKED[1][:16]}.json").read_bytes())
    assert (record["name"], record["recipient"]) == ("laptop", LEAKED[1])
    assert watch.call("verify").code == 0


def test_status_follows_the_values_of_head(watch: Watch) -> None:
    past = past_of(watch)
    past.commit({DEV: locked("db", "one", LEAKED[1], STAYS[1])})
    past.commit({DEV: locked("db", "two", LEAKED[1], STAYS[1])})
    folder = past.write()
    assert watch.call("key", "revoke", "laptop").code == 0
    commit_all(watch)

    def state() -> tuple[int, str, dict[str, str]]:
        code = watch.call("key", "revoke", "--status").code
        found = secrets_of(watch, "--status")[0]
        return code, found["state"], found["values"]

    assert state()[:2] == (3, "same value")
    # Back to an older value is no replacement, under whatever name it stands.
    for password, word in (("one", "same value"), ("three", "replaced")):
        (folder / DEV).write_bytes(locked("db", password, STAYS[1]))
        commit_all(watch)
        assert state()[2] == {"password": word, "user": "same value"}
    done = watch.call(
        "key", "revoke", "--status", "--replaced", "apps/db", "--note", "the user name is no secret"
    )
    assert done.code == 0
    assert b"done  dev  apps/db  noted: the user name is no secret" in done.stdout


def test_a_value_that_moved_or_is_written_in_base64_is_the_same(watch: Watch) -> None:
    past = past_of(watch)
    past.commit({DEV: locked("db", "one", LEAKED[1], STAYS[1])})
    folder = past.write()
    assert watch.call("key", "revoke", "laptop").code == 0
    text = SECRET.format("db", "b25lCg==").replace("stringData", "data").replace("admin", "eA==")
    config = Config.parse(RULES.format(*(STAYS[1],) * 2).encode(), ".sops.yaml")
    coded = encrypt(text.encode(), "yaml", config.rules[0], now=NOW, path="x.yaml")
    for data, word in ((coded, "same value"), (locked("db", "new", STAYS[1]), "replaced")):
        (folder / DEV).unlink(missing_ok=True)
        (folder / DEV).with_name("moved.secret.yaml").write_bytes(data)
        commit_all(watch)
        assert secrets_of(watch, "--status")[0]["values"]["password"] == word


def test_a_secret_of_two_files_is_replaced_when_it_is_in_both(watch: Watch) -> None:
    past = past_of(watch)
    twin = DEV.replace("main/dev", "other/dev")
    data = locked("db", "one", LEAKED[1], STAYS[1])
    past.commit({DEV: data, twin: data, "z/dev/again.txt": data})
    folder = past.write()
    assert watch.call("key", "revoke", "laptop").code == 0
    for path, word in ((twin, "same value"), (DEV, "replaced")):
        (folder / path).write_bytes(locked("db", "two", STAYS[1], user="new"))
        commit_all(watch)
        assert secrets_of(watch, "--status")[0]["state"] == word


def test_without_an_identity_nothing_counts_as_replaced(watch: Watch) -> None:
    past = past_of(watch)
    past.commit({DEV: locked("db", "one", LEAKED[1])})
    past.commit({DEV: locked("db", "two", STAYS[1])})
    past.write()
    watch.world.keys_file.write_bytes(STAYS[0].reveal())
    assert watch.call("key", "revoke", "laptop").code == 0
    commit_all(watch)
    found = secrets_of(watch, "--status")[0]
    assert (found["state"], found["open"]) == ("not known", True)


def test_what_is_written_down_as_new_is_known_without_an_identity(watch: Watch) -> None:
    past = past_of(watch)
    past.commit({DEV: locked("db", "one", LEAKED[1], STAYS[1])})
    folder = past.write()
    assert watch.call("key", "revoke", "laptop").code == 0
    identities = watch.world.keys_file.read_bytes()
    # The second time no identity is at hand; the third time an old value has come back.
    for password, known, code in (("new", identities, 0), ("new", b"", 0), ("one", identities, 3)):
        (folder / DEV).write_bytes(locked("db", password, STAYS[1], user="new-user"))
        commit_all(watch)
        watch.world.keys_file.write_bytes(known)
        assert watch.call("key", "revoke", "--record").code == code


def test_the_only_recipient_is_listed_and_stays(watch: Watch) -> None:
    past = past_of(watch, SETTINGS.replace("      - {1}\n", ""))
    past.commit({DEV: locked("db", "one", LEAKED[1])})
    folder = past.write()
    before = (folder / ".sops.yaml").read_bytes()
    done = watch.call("key", "revoke", "laptop")
    assert done.code == 1
    assert done.stdout.startswith(b"dev  apps/db  password, user\n")
    assert b"it is the only recipient of dev" in done.stderr
    assert b"sopsmith key rotate --environment dev" in done.stderr
    assert (folder / ".sops.yaml").read_bytes() == before
    assert not (folder / ".sopsmith").exists()


def test_where_rules_cannot_be_changed_the_list_comes_all_the_same(watch: Watch) -> None:
    past = past_of(watch)
    past.commit({DEV: locked("db", "one", LEAKED[1], STAYS[1])})
    folder = past.write()
    (folder / ".sops.yaml").unlink()
    done = watch.call("key", "revoke", "laptop")
    assert (done.code, done.stdout[:12]) == (1, b"dev  apps/db")
    assert b"error: .sops.yaml: no such file or directory" in done.stderr


def test_a_rule_that_a_killed_run_left_behind_is_changed_by_the_next(watch: Watch) -> None:
    past = past_of(watch)
    past.commit({DEV: locked("db", "one", LEAKED[1], STAYS[1])})
    folder = past.write()
    lines = (folder / "sopsmith.yaml").read_text().splitlines(keepends=True)
    kept = "".join(line for line in lines if LEAKED[1] not in line)
    (folder / "sopsmith.yaml").write_text(kept)
    done = watch.call("key", "revoke", LEAKED[1])
    assert done.code == 0, done.stderr
    assert LEAKED[1] not in (folder / ".sops.yaml").read_text()


def test_other_rules_that_let_it_in_are_named(watch: Watch) -> None:
    past = past_of(watch, SETTINGS + "recovery: {{recipients: [{0}]}}\n")
    past.commit({"tenants/a/.sops.yaml": RULES.format(LEAKED[1], STAYS[1]).encode()})
    folder = past.write()
    more = f"  - path_regex: ^other\n    age: {LEAKED[1]},{STAYS[1]}\n"
    (folder / ".sops.yaml").write_text((folder / ".sops.yaml").read_text() + more)
    said = watch.call("key", "revoke", LEAKED[1], "--dry-run").stderr.decode()
    assert ".sops.yaml: a rule that is no scope's still names it" in said
    assert "tenants/a/.sops.yaml: a rule still names it" in said
    assert "sopsmith.yaml: it is a recovery recipient, so it opens backups" in said


def test_of_several_key_groups_it_says_how_many_others_it_took(watch: Watch) -> None:
    past = past_of(watch)
    data = locked("db", "one", LEAKED[1], STAYS[1], groups=2)
    past.commit({"shared.yaml": data})
    past.write()
    done = watch.call("key", "revoke", LEAKED[1], "--dry-run")
    assert b"apps/db  password, user  with 1 other key group\n" in done.stdout


def test_an_environment_can_be_named_and_a_repository_may_lie_below_git_s_top(
    watch: Watch,
) -> None:
    both = (LEAKED[1], STAYS[1])
    prod = f"{HOME}/prod/secrets/p.secret.yaml"
    settings = SETTINGS.replace("recipients: [{1}]}}", "recipients: [{0}, {1}]}}")
    files = {
        "sopsmith.yaml": settings.format(*both).encode(),
        ".sops.yaml": RULES.replace("age: {1}", "age: {0},{1}").format(*both).encode(),
        DEV: locked("db", "one", *both),
        prod: locked("p", "one", *both),
    }
    past = Past(watch.world.work)
    past.commit({f"deploy/{path}": data for path, data in files.items()})
    folder = past.write() / "deploy"
    done = watch.call("key", "revoke", "laptop", "-e", "dev", "--repo", "deploy")
    assert done.code == 0, done.stderr
    assert LEAKED[1] not in (folder / DEV).read_text()
    assert (folder / prod).read_bytes() == files[prod]
    assert (folder / "sopsmith.yaml").read_text().count(LEAKED[1]) == 1
    assert [line[:10] for line in done.stdout.splitlines()[::2]] == [b"dev  apps/", b"prod  apps"]


def test_a_second_run_finds_nothing_to_do_and_keeps_the_notes(watch: Watch) -> None:
    past = past_of(watch)
    past.commit({DEV: locked("db", "one", LEAKED[1], STAYS[1])})
    folder = past.write()
    assert watch.call("key", "revoke", "laptop").code == 0
    argv = ("--status", "--replaced", "dev:apps/db", "--note", "done")
    assert watch.call("key", "revoke", *argv).code == 0
    before = {path: path.read_bytes() for path in folder.rglob("*.*") if path.is_file()}
    assert watch.call("key", "revoke", LEAKED[1]).code == 0
    assert {path: path.read_bytes() for path in before} == before


def test_words_that_do_not_fit_are_refused(watch: Watch) -> None:
    past_of(watch).write()
    for argv, code in (
        ((), 2),
        (("--status",), 0),
        (("--status", "nobody"), 1),
        (("x", "--note", "y"), 2),
        ((LEAKED[1], "-e", "nowhere"), 1),
        ((LEAKED[0].reveal().decode(),), 1),
    ):
        done = watch.call("key", "revoke", *argv)
        assert done.code == code, argv
        assert LEAKED[0].reveal()[20:] not in done.stderr
