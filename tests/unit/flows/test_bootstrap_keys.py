"""An identity is found, and made only where there never was one; a cluster gets its own alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bootstrapping import IDENTITIES, Platform

from sopsmith.errors import Denied, Error, Unreachable
from sopsmith.flows.steps import BLOCKED, DONE, NEEDED, Result
from sopsmith.kube.key_secret import with_keys
from sopsmith.kube.kinds import SECRET
from sopsmith.secret import Secret

RECIPIENTS = {name: recipient for name, (_, recipient) in IDENTITIES.items()}


def put_keys(platform: Platform, *names: str) -> None:
    """Have a cluster hold some identities."""
    keys = b"".join(IDENTITIES[name][0].reveal() + b"\n" for name in names)
    platform.run("namespace")
    platform.cluster.put(SECRET, with_keys(None, Secret(keys)))


def only(results: list[Result]) -> Result:
    (result,) = results
    return result


def held(platform: Platform) -> bytes:
    return platform.cluster.values("sops-age", "argocd")["keys.txt"]


def line(name: str) -> bytes:
    return IDENTITIES[name][0].reveal()


def test_an_identity_that_is_backed_up_is_to_be_restored_and_none_is_made(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    platform.run("bucket", "backup")
    platform.keys.unlink()
    seen = only(platform.run("identity")).before
    assert seen.state == BLOCKED and "but in s3://backups/platform/backup-000001.json" in seen.why
    assert seen.hint == "sopsmith key restore 1"
    assert not platform.keys.exists()


def test_a_recipient_in_use_whose_identity_is_nowhere_is_never_replaced(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    platform.keys.unlink()
    seen = only(platform.run("identity")).before
    assert seen.state == BLOCKED and "another one would not take its place" in seen.why
    assert not platform.keys.exists()


@pytest.mark.parametrize("error", [Denied("refused"), Unreachable("no answer")], ids=repr)
@pytest.mark.parametrize("fresh", [True, False])
def test_a_store_that_fails_blocks(tmp_path: Path, error: Error, fresh: bool) -> None:
    platform = Platform(tmp_path, fresh=fresh)
    platform.keys.unlink(missing_ok=True)
    platform.archive.fails = {("names", 0): error}
    result = only(platform.run("identity"))
    assert result.state == BLOCKED and error.message in result.before.why
    assert not platform.keys.exists()


def test_a_store_that_fails_once_the_check_is_done_blocks_too(tmp_path: Path) -> None:
    platform = Platform(tmp_path, fresh=True)
    platform.archive.fails = {("names", 2): Unreachable("no answer")}
    result = only(platform.run("identity"))
    assert (result.before.state, result.state) == (NEEDED, BLOCKED)
    assert not platform.keys.exists()


def test_a_backup_of_somebody_else_keeps_an_identity_from_being_made(tmp_path: Path) -> None:
    platform = Platform(tmp_path, fresh=True)
    platform.archive.held["backup-000001.json"] = b"{}"
    seen = only(platform.run("identity")).before
    assert (seen.state, seen.hint) == (BLOCKED, "sopsmith key restore")


def with_qa(folder: Path) -> Platform:
    """Return a platform whose others are backed up, and that has one environment more."""
    platform = Platform(folder)
    platform.hold("dev", "dev")
    platform.run("bucket", "backup")
    platform.run("backup", environment="dev")
    path = platform.root / "sopsmith.yaml"
    path.write_text(path.read_text().replace("environments:\n", "environments:\n  qa: {}\n"))
    return platform


def test_a_new_environment_beside_those_that_are_backed_up_gets_an_identity(
    tmp_path: Path,
) -> None:
    platform = with_qa(tmp_path)
    assert only(platform.run("identity", environment="qa")).state == DONE
    assert [one.environments for one in platform.held()] == [("prod",), ("dev",), ("qa",)]


def test_a_backup_of_an_identity_that_nothing_names_keeps_one_from_being_made(
    tmp_path: Path,
) -> None:
    platform = with_qa(tmp_path)
    for name in ("sopsmith.yaml", ".sops.yaml"):
        path = platform.root / name
        path.write_text(path.read_text().replace(RECIPIENTS["dev"], RECIPIENTS["alice"]))
    seen = only(platform.run("identity", environment="qa")).before
    assert seen.state == BLOCKED and f"{RECIPIENTS['dev']}, which nothing names" in seen.why


def test_an_environment_that_cannot_read_core_yet_is_told_how(tmp_path: Path) -> None:
    platform = with_qa(tmp_path)
    platform.run("namespace", "identity", environment="qa")
    after = only(platform.run("inject", environment="qa")).after
    assert after is not None and after.state == BLOCKED and "dns.secret.yaml" in after.why
    assert "sopsmith updatekeys" in after.hint and after.hint.count("core") == 1
    assert (SECRET, "argocd", "sops-age") not in platform.cluster.objects


def test_an_identity_that_was_made_is_named_and_backed_up(tmp_path: Path) -> None:
    platform = Platform(tmp_path, fresh=True)
    assert all(one.state == DONE for one in platform.run("bucket", "identity", "backup"))
    (entry,) = platform.held()
    recipients = {one.name: one.recipients for one in platform.settings().environments}
    assert recipients == {"dev": (), "prod": (entry.recipient,)}
    assert platform.archive.held["backup-000001.json"].count(entry.recipient.encode()) == 1
    assert not any(entry.line.reveal() in data for data in platform.archive.sent)


def test_a_repository_without_recovery_recipient_is_told_what_to_do(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    platform.edit(f"recovery: {{recipients: [{RECIPIENTS['recovery']}]}}\n", "")
    seen = only(platform.run("backup")).before
    assert seen.state == BLOCKED and "sopsmith key recovery generate" in seen.hint
    assert "--skip backup" in seen.hint


def test_a_backup_that_the_repository_notes_is_enough_where_no_file_holds_it(
    tmp_path: Path,
) -> None:
    platform = Platform(tmp_path)
    platform.run("bucket", "backup")
    platform.keys.unlink()
    assert platform.look("backup")["backup"].state == DONE
    (platform.root / ".sopsmith/backups.json").unlink()
    assert platform.look("backup")["backup"].state == BLOCKED


def test_the_cluster_is_proven_by_opening_what_is_in_the_repository(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    platform.run("namespace")
    after = only(platform.run("inject")).after
    assert after is not None and after.why == "Secret argocd/sops-age: opens 2 of 2 files"
    assert held(platform) == line("prod") + b"\n"


def test_what_the_cluster_holds_stays(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    put_keys(platform, "alice")
    assert only(platform.run("inject")).state == DONE
    assert held(platform).splitlines() == [line("alice"), line("prod")]


def test_an_identity_that_does_not_open_the_repository_is_not_put_in(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    platform.edit(RECIPIENTS["prod"], RECIPIENTS["alice"])
    platform.hold("alice", "prod")
    platform.run("namespace")
    result = only(platform.run("inject"))
    assert result.state == BLOCKED and "nothing was written" in (result.after or result.before).why
    assert (SECRET, "argocd", "sops-age") not in platform.cluster.objects


def test_the_cluster_of_another_environment_is_known_by_its_identity(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    put_keys(platform, "dev")
    seen = only(platform.run("inject")).before
    assert seen.state == BLOCKED
    assert "holds the identity of dev, so this is not the cluster of prod" in seen.why
    assert held(platform) == line("dev") + b"\n"


def test_a_persons_identity_stays_with_the_person(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    platform.edit(
        f"- {RECIPIENTS['prod']}", f"- {RECIPIENTS['prod']}\n      - {RECIPIENTS['alice']}"
    )
    platform.hold("alice")
    platform.run("namespace")
    assert only(platform.run("inject")).state == DONE
    assert held(platform) == line("prod") + b"\n"
    platform.keys.unlink()
    platform.hold("alice")
    platform.cluster.delete(SECRET, "sops-age", "argocd")
    result = only(platform.run("inject"))
    assert result.state == BLOCKED and "labelled as its own" in result.before.why
    assert (SECRET, "argocd", "sops-age") not in platform.cluster.objects


def test_a_damaged_file_blocks_and_is_named(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    put_keys(platform, "prod")
    path = platform.root / platform.settings().secrets_folder("prod") / "db.secret.yaml"
    path.write_text(path.read_text().replace("GCM,data:", "GCM,data:AAAA"))
    seen = only(platform.run("inject")).before
    assert seen.state == BLOCKED and "db.secret.yaml" in seen.why


def test_another_place_for_identities_is_refused(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    platform.edit("argocd:\n", "argocd:\n  projects: {platform-secrets: mine}\n")
    seen = only(platform.run("inject")).before
    assert seen.state == BLOCKED and "argocd/mine" in seen.why


def test_no_answer_and_no_error_quotes_an_identity(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    put_keys(platform, "dev", "alice")
    platform.hold("dev", "dev")
    said = repr([*platform.look().values(), *platform.run(), platform.said])
    assert "AGE-SECRET-KEY" not in said and "made-up" not in said


def test_a_change_of_sopsmith_yaml_alone_brings_no_identity_into_another_cluster(
    tmp_path: Path,
) -> None:
    platform = Platform(tmp_path)
    (platform.root / platform.settings().secrets_folder("dev") / "db.secret.yaml").unlink()
    path = platform.root / "sopsmith.yaml"
    path.write_text(path.read_text().replace(RECIPIENTS["dev"], RECIPIENTS["prod"]))
    platform.run("namespace", environment="dev")
    seen = only(platform.run("inject", environment="dev"))
    assert (SECRET, "argocd", "sops-age") not in platform.cluster.objects
    assert seen.state == BLOCKED and "labelled" in seen.before.why


def test_a_backup_is_accepted_before_it_is_stored(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    platform.run("bucket", "backup")
    (sending,) = platform.asked
    assert sending.recovery == (RECIPIENTS["recovery"],)
    assert sending.store == "s3://backups/platform/"
    platform.run("backup")
    assert len(platform.asked) == 1
