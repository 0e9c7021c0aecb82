"""A restore proves that identities open the repository, and only then adds them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.fakes.archive import FakeArchive
from tests.unit.flows.backup_stage import (
    DEV,
    KEYS_PATH,
    OTHER_PATH,
    PROD,
    RECOVERY,
    RECOVERY_RECIPIENT,
    Site,
)
from tests.unit.flows.stage import ROOT

from sopsmith import age
from sopsmith.errors import (
    Denied,
    Error,
    MasterKeyError,
    NoIdentity,
    NotThere,
    OutsideError,
    Tampered,
    Unreachable,
)
from sopsmith.flows.opening import Opened
from sopsmith.flows.restore import apply_restore
from sopsmith.repo.backups import (
    RECORD,
    Backup,
    dump_backup,
    dump_record,
    object_name,
    parse_record,
)
from sopsmith.repo.key_file import parse_key_file
from sopsmith.repo.recipients import NamedRecipient
from sopsmith.secret import Secret


@pytest.fixture
def site() -> Site:
    """Return a repository with one backup."""
    made = Site()
    made.back_up()
    return made


def put(site: Site, backup: Backup) -> None:
    """Store a backup that no flow made."""
    site.archive.held[object_name(backup.number)] = dump_backup(backup)


def refused(site: Site, kind: type[Error], match: str, number: int = 0) -> None:
    """Make sure that a restore fails and writes nothing."""
    before = dict(site.files.held)
    with pytest.raises(kind, match=match) as caught:
        site.restore(number)
    assert site.files.held == before
    assert "AGE-SECRET" not in f"{caught.value}{caught.value.hint}"


def test_a_lost_file_of_identities_comes_back_byte_for_byte(site: Site) -> None:
    site.restore()
    assert site.files.held[OTHER_PATH] == site.files.held[KEYS_PATH]


def test_the_plan_says_which_files_of_each_scope_open(site: Site) -> None:
    made = site.plan_restore()
    assert made.opened == (Opened("core", 1, 1), Opened("dev", 1, 1), Opened("prod", 1, 1))
    assert [(one.recipient, one.scopes) for one in made.identities] == [
        (DEV, ("dev",)),
        (PROD, ("prod",)),
    ]


def test_what_stands_in_the_file_stays_and_what_is_missing_is_added_once(site: Site) -> None:
    own = age.generate()[0].reveal()
    dev = site.files.held[KEYS_PATH].split(b"# sopsmith: prod")[0]
    site.files.held[OTHER_PATH] = b"# mine\n" + own + b"\n\n" + dev.rstrip()
    site.restore()
    site.restore()
    data = site.files.held[OTHER_PATH]
    assert data.startswith(b"# mine\n" + own + b"\n\n" + dev)
    assert [one.recipient for one in parse_key_file(data, "keys")][1:] == [DEV, PROD]


def test_a_part_of_the_identities_says_what_does_not_open(site: Site) -> None:
    site.back_up("dev", force=True)
    assert site.plan_restore(2).opened == (
        Opened("core", 1, 1),
        Opened("dev", 1, 1),
        Opened("prod", 0, 1),
    )


def test_the_newest_backups_together_hold_what_people_backed_up_apart() -> None:
    site = Site()
    site.back_up("dev")
    site.back_up("prod")
    made = site.plan_restore()
    assert {one.recipient: one.backup for one in made.identities} == {DEV: 1, PROD: 2}


def test_an_older_backup_for_others_is_left_out_with_a_remark() -> None:
    site = Site()
    site.settings = dataclasses.replace(
        site.settings, recovery=(NamedRecipient(age.generate()[1]),)
    )
    site.back_up("dev")
    site.settings = dataclasses.replace(
        site.settings, recovery=(NamedRecipient(RECOVERY_RECIPIENT),)
    )
    site.back_up("prod")
    made = site.plan_restore()
    assert [one.recipient for one in made.identities] == [PROD]
    assert "left out" in made.remarks[0]


def test_a_wrong_recovery_identity_opens_nothing(site: Site) -> None:
    before = dict(site.files.held)
    with pytest.raises(NoIdentity, match=f"encrypted to {RECOVERY_RECIPIENT}"):
        site.plan_restore(opener=age.generate()[0])
    assert site.files.held == before


def test_a_cut_object_is_refused(site: Site) -> None:
    site.archive.held[object_name(1)] = site.archive.held[object_name(1)][:-40]
    refused(site, Tampered, "no JSON")


def test_a_changed_payload_is_refused_though_its_digest_was_changed_too(site: Site) -> None:
    first = site.plan().backup
    lines = first.payload.split("\n")
    lines[3] = lines[3][::-1]
    del site.files.held[f"{ROOT}/{RECORD}"]
    put(site, first._replace(payload="\n".join(lines)))
    refused(site, Tampered, "no sound age file")


def test_a_backup_that_claims_to_hold_more_is_refused(site: Site) -> None:
    forged = site.plan().backup._replace(recipients=(DEV, PROD, RECOVERY_RECIPIENT))
    del site.files.held[f"{ROOT}/{RECORD}"]
    put(site, forged)
    refused(site, Tampered, "other identities than it says")


def test_a_payload_of_something_else_is_refused_and_not_quoted(site: Site) -> None:
    payload = age.wrap(RECOVERY_RECIPIENT, Secret(b"hunter2\n"))
    put(site, Backup(2, "", "", (DEV,), (RECOVERY_RECIPIENT,), payload))
    refused(site, Tampered, "something else than identities")


def test_identities_that_somebody_else_encrypted_to_the_recovery_recipient_are_refused(
    site: Site,
) -> None:
    identity, recipient = age.generate()
    payload = age.wrap(RECOVERY_RECIPIENT, Secret(identity.reveal() + b"\n"))
    put(site, Backup(2, "", "", (recipient,), (RECOVERY_RECIPIENT,), payload))
    refused(site, NoIdentity, "no identity in the backup opens a file", 2)


def test_where_no_file_is_encrypted_yet_being_a_recipient_must_do(site: Site) -> None:
    for path in [path for path in site.files.held if path.endswith(".secret.yaml")]:
        del site.files.held[path]
    assert site.restore().opened == ()
    assert OTHER_PATH in site.files.held


def test_a_store_that_was_rolled_back_is_refused(site: Site) -> None:
    site.back_up(force=True)
    del site.archive.held[object_name(2)]
    refused(site, OutsideError, "rolled back")
    assert site.restore(1).identities


def test_another_backup_under_the_noted_number_is_refused_by_its_number_too(site: Site) -> None:
    payload = age.wrap(RECOVERY_RECIPIENT, Secret(site.files.held[KEYS_PATH]))
    put(site, Backup(1, "", "", (DEV, PROD), (RECOVERY_RECIPIENT,), payload))
    refused(site, Tampered, "another backup", 1)


def test_what_another_program_appends_meanwhile_stays(site: Site) -> None:
    theirs = age.generate()[0].reveal() + b"\n"

    @contextmanager
    def lock(path: str) -> Iterator[None]:
        site.files.held[path] = theirs
        yield

    doors = dataclasses.replace(site.restore_doors, lock=lock)
    apply_restore(site.plan_restore(), site.restore_request(), doors)
    assert site.files.held[OTHER_PATH] == theirs + site.files.held[KEYS_PATH]


def test_no_such_backup_and_no_backup_at_all_are_said_apart(site: Site) -> None:
    refused(site, NotThere, "no such backup", 9)
    site.archive = FakeArchive()
    del site.files.held[f"{ROOT}/{RECORD}"]
    refused(site, NotThere, "holds no backup")


def test_an_empty_store_that_took_anothers_place_names_the_other(site: Site) -> None:
    path = f"{ROOT}/{RECORD}"
    record = parse_record(site.files.held[path])
    site.files.held[path] = dump_record(record._replace(store="s3://elsewhere/"))
    site.archive = FakeArchive()
    with pytest.raises(NotThere) as caught:
        site.restore()
    assert "notes one in s3://elsewhere/" in str(caught.value.hint)


@pytest.mark.parametrize("failure", [Denied("refused"), Unreachable("no answer")])
def test_a_store_that_fails_is_not_an_empty_one(site: Site, failure: Error) -> None:
    for call in ("names", "find"):
        broken = FakeArchive({(call, 0): failure})
        broken.held = site.archive.held
        site.archive, kept = broken, site.archive
        refused(site, type(failure), failure.message)
        site.archive = kept


def test_an_older_damaged_backup_does_not_stand_in_the_way() -> None:
    site = Site()
    site.back_up("dev")
    site.back_up("prod")
    site.archive.held[object_name(1)] = b""
    made = site.restore()
    assert [one.recipient for one in made.identities] == [PROD]
    assert "no JSON" in made.remarks[0]


def test_a_file_that_is_no_list_of_identities_is_not_extended(site: Site) -> None:
    site.files.held[OTHER_PATH] = b"-----BEGIN OPENSSH PRIVATE KEY-----\n"
    refused(site, MasterKeyError, "one SSH key")
    assert site.plan_restore(path="").identities


def test_identities_are_not_restored_into_the_repository(site: Site) -> None:
    before = dict(site.files.held)
    with pytest.raises(OutsideError, match="inside the repository"):
        site.restore(path=f"{ROOT}/keys.txt")
    assert site.files.held == before


def test_the_recovery_identity_itself_is_not_restored(site: Site) -> None:
    site.restore()
    assert RECOVERY.reveal() not in site.files.held[OTHER_PATH]


def test_a_backup_that_is_slipped_in_brings_no_identity_of_a_stranger(site: Site) -> None:
    stranger, recipient = age.generate()
    # With a label by which the next `key generate` would take it for its own.
    label = f"# sopsmith: qa of {ROOT}\n# created: 2026-11-24T14:00:00Z\n".encode()
    slipped = age.wrap_for((RECOVERY_RECIPIENT,), Secret(label + stranger.reveal() + b"\n"))
    put(site, Backup(9, "2026-11-24T14:00:00Z", "x", (recipient,), (RECOVERY_RECIPIENT,), slipped))
    made = site.restore()
    assert [one.recipient for one in made.identities] == [DEV, PROD]
    assert stranger.reveal() not in site.files.held[OTHER_PATH]
    assert any(recipient in remark for remark in made.remarks)


def test_an_identity_gets_no_label_of_another_repository_on_this_machine(site: Site) -> None:
    """A stranger's backup, noted in the stranger's repository, could bring one for ours."""
    text = site.files.held[KEYS_PATH].replace(b"prod of platform", b"prod of /home/me/ours")
    site.files.held[KEYS_PATH] = text
    site.files.held["/home/me/ours/sopsmith.yaml"] = b""
    site.back_up(force=True)
    site.restore()
    labels = {one.recipient: one for one in parse_key_file(site.files.held[OTHER_PATH], "keys")}
    assert labels[PROD].folder == ROOT
    assert labels[PROD].environments == ("prod",)
    assert labels[DEV].folder == "platform"


def test_of_a_noted_backup_in_a_store_that_was_moved_everything_comes_back(site: Site) -> None:
    # No rule names it any more: it was retired, and opens old commits alone.
    old, recipient = age.generate()
    held = site.files.held[KEYS_PATH] + old.reveal() + b"\n"
    payload = age.wrap_for((RECOVERY_RECIPIENT,), Secret(held))
    everybody = (DEV, PROD, recipient)
    backup = Backup(2, "2026-11-24T14:00:00Z", "x", everybody, (RECOVERY_RECIPIENT,), payload)
    put(site, backup)
    path = f"{ROOT}/{RECORD}"
    record = parse_record(site.files.held[path])
    moved = record._replace(number=2, sha256=backup.digest, store="/lost/laptop/backups/")
    site.files.held[path] = dump_record(moved)
    made = site.restore()
    assert [one.recipient for one in made.identities] == [DEV, PROD, recipient]
