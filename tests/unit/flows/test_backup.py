"""Backups are encrypted, numbered, never replaced, and read back; a failure is no absence."""

from __future__ import annotations

import base64
import dataclasses
import inspect
import json
import typing

import pytest
from tests.fakes.archive import FakeArchive
from tests.unit.flows.backup_stage import (
    DEV,
    KEYS_PATH,
    PROD,
    RECOVERY,
    RECOVERY_RECIPIENT,
    SECOND_PATH,
    Site,
    identities,
)
from tests.unit.flows.stage import KEYS, ROOT

from sopsmith import age
from sopsmith.age import Identity
from sopsmith.errors import (
    Conflict,
    Denied,
    Error,
    LayoutError,
    MasterKeyError,
    NoIdentity,
    NotThere,
    OutsideError,
    Tampered,
    Unreachable,
    UsageError,
)
from sopsmith.flows import backup, backup_store
from sopsmith.flows.backup_store import find_backups, prove_absence, read_record
from sopsmith.repo.backups import MANIFEST, RECORD, dump_backup, object_name, parse_backup
from sopsmith.repo.recipients import NamedRecipient
from sopsmith.secret import Secret
from sopsmith.sops.keyring import Keyring

FAILURES = (
    Denied("refuses these credentials"),
    Unreachable("does not answer"),
    NotThere("there is no such bucket"),
)


@pytest.fixture
def site() -> Site:
    """Return a repository whose identities have no backup yet."""
    return Site()


def test_a_backup_opens_with_the_recovery_identity_and_holds_the_lines_of_the_file(
    site: Site,
) -> None:
    made = site.back_up()
    opened = age.unwrap(made.payload, identities(RECOVERY))
    assert opened == site.files.held[KEYS_PATH]


def test_identities_of_other_repositories_are_left_out_and_named(site: Site) -> None:
    foreign = age.generate()
    site.hold("elsewhere", foreign)
    made = site.plan()
    assert made.left_out == (foreign[1],)
    assert foreign[0].reveal() not in (age.unwrap(made.backup.payload, identities(RECOVERY)) or b"")


def test_identities_of_several_files_are_backed_up_each_once(site: Site) -> None:
    data = site.files.held[KEYS_PATH]
    dev, prod = data.split(b"# sopsmith: prod")
    site.files.held |= {KEYS_PATH: dev, SECOND_PATH: b"# mine\n# sopsmith: prod" + prod + dev}
    assert age.unwrap(site.back_up().payload, identities(RECOVERY)) == data


def test_without_any_file_of_identities_there_is_no_backup(site: Site) -> None:
    del site.files.held[KEYS_PATH]
    with pytest.raises(NotThere, match="no identity to back up"):
        site.plan()


def test_one_environment_can_be_backed_up_alone_and_the_other_is_named_as_missing(
    site: Site,
) -> None:
    made = site.plan("dev")
    assert made.backup.recipients == (DEV,)
    assert made.uncovered == ((PROD, ("prod",)),)


def test_the_store_the_list_and_the_note_name_the_same_backup(site: Site) -> None:
    made = site.back_up()
    listed = json.loads(site.archive.held[MANIFEST])["backups"]
    record = read_record(site.files, f"{ROOT}/{RECORD}")
    assert record is not None
    assert (record.number, record.sha256) == (made.number, made.digest)
    assert [(one["number"], one["sha256"]) for one in listed] == [(made.number, made.sha256)]
    assert "payload" not in listed[0]


def test_what_has_not_changed_is_not_backed_up_again_unless_forced(site: Site) -> None:
    site.back_up()
    before = dict(site.archive.held)
    assert site.plan().made
    assert site.back_up().number == 1
    assert site.archive.held == before
    assert site.back_up(force=True).number == 2


def test_two_people_who_hold_different_identities_do_not_back_up_in_turn_for_ever(
    site: Site,
) -> None:
    site.back_up("dev")
    site.back_up("prod")
    assert site.plan("dev").made
    assert site.plan().made


def test_the_note_keeps_to_the_newest_backup(site: Site) -> None:
    site.back_up("dev")
    site.back_up("prod")
    site.back_up("dev")
    record = read_record(site.files, f"{ROOT}/{RECORD}")
    assert record is not None
    assert record.number == 2
    assert {*record.recipients} == {DEV, PROD}


def test_a_file_behind_a_passphrase_cannot_be_backed_up_and_is_said_to_be_one(site: Site) -> None:
    site.files.held[SECOND_PATH] = b"age-encryption.org/v1\n-> scrypt"
    with pytest.raises(MasterKeyError, match="encrypted itself"):
        site.plan()


def test_another_recovery_recipient_makes_another_backup(site: Site) -> None:
    site.back_up()
    recovery = (*site.settings.recovery, NamedRecipient(age.generate()[1]))
    site.settings = dataclasses.replace(site.settings, recovery=recovery)
    assert site.back_up().number == 2


def test_a_run_that_was_cut_before_its_backup_was_noted_is_followed_by_another_one(
    site: Site,
) -> None:
    site.archive.fails[("find", 1)] = Unreachable("the network dropped")
    with pytest.raises(Unreachable):
        site.back_up()
    first = site.archive.held[object_name(1)]
    assert site.back_up().number == 2
    assert site.archive.held[object_name(1)] == first
    assert site.plan().made


def test_a_run_that_was_cut_before_the_list_is_finished_by_the_next(site: Site) -> None:
    site.archive.fails[("replace", 1)] = Unreachable("the network dropped")
    with pytest.raises(Unreachable):
        site.back_up()
    assert site.back_up().number == 1
    assert MANIFEST in site.archive.held


def test_what_the_store_claims_does_not_count_as_a_backup(site: Site) -> None:
    made = site.back_up("dev")
    forged = made._replace(number=2, recipients=(DEV, PROD))
    site.archive.held[object_name(2)] = dump_backup(forged)
    plan = site.plan()
    assert (plan.made, plan.backup.number) == (False, 3)
    assert site.plan("dev").uncovered == ((PROD, ("prod",)),)


def test_what_a_noted_backup_says_of_itself_cannot_be_changed(site: Site) -> None:
    made = site.back_up("dev")
    site.archive.held[object_name(1)] = dump_backup(made._replace(recipients=(DEV, PROD)))
    with pytest.raises(Tampered, match="another backup"):
        site.plan()


class Rival(FakeArchive):
    """Somebody else takes the number each time, as long as there are rivals."""

    rivals = 1

    def create(self, name: str, data: bytes) -> None:
        """Store an object after somebody else did."""
        if self.rivals:
            self.rivals -= 1
            self.held[name] = b"theirs"
        super().create(name, data)


def test_two_backups_at_once_get_two_numbers() -> None:
    site = Site(Rival())
    assert site.back_up().number == 2
    assert site.archive.held[object_name(1)] == b"theirs"


class Overtaken(FakeArchive):
    """Lets another whole backup be made between an object's write and its reading back."""

    meanwhile: typing.Callable[[], object] | None = None

    def find(self, name: str) -> bytes | None:
        """Find an object, once the other backup is made."""
        run, self.meanwhile = self.meanwhile, None
        if run and name in self.held:
            run()
        return super().find(name)


def test_a_backup_that_is_overtaken_is_noted_beside_the_newer_one() -> None:
    archive = Overtaken()
    site = Site(archive)
    made = site.plan()
    archive.meanwhile = lambda: site.back_up(force=True)
    first = backup.apply_backup(made, site.request(), site.doors)
    record = read_record(site.files, f"{ROOT}/{RECORD}")
    assert record is not None
    assert (first.number, record.number) == (1, 2)
    assert record.digest_of(1) == first.digest


def test_numbers_are_not_tried_for_ever() -> None:
    site = Site(Rival())
    typing.cast("Rival", site.archive).rivals = 99
    with pytest.raises(Conflict):
        site.back_up()


def test_the_number_does_not_come_from_a_clock(site: Site) -> None:
    first = site.back_up()
    late = first._replace(number=7, date="2099-01-01T00:00:00Z")
    site.archive.held[object_name(7)] = dump_backup(late)
    assert site.back_up(force=True).number == 8


class Lossy(FakeArchive):
    """Keeps all but the last byte of what is stored."""

    def create(self, name: str, data: bytes) -> None:
        """Store half an object."""
        super().create(name, data[:-2])


def test_what_is_read_back_otherwise_than_stored_is_an_error_and_not_noted() -> None:
    site = Site(Lossy())
    with pytest.raises(Tampered, match="read back"):
        site.back_up()
    assert f"{ROOT}/{RECORD}" not in site.files.held


def test_a_damaged_backup_is_followed_by_a_sound_one_and_named() -> None:
    site = Site(Lossy())
    with pytest.raises(Tampered):
        site.back_up()
    sound = FakeArchive()
    sound.held = site.archive.held
    site.archive = sound
    assert [name[-18:] for name in site.plan().damaged] == [object_name(1)]
    assert site.back_up().number == 2


def test_a_backup_that_nobody_opens_is_refused(site: Site) -> None:
    site.settings = dataclasses.replace(site.settings, recovery=())
    with pytest.raises(LayoutError, match="nobody"):
        site.plan()


def test_a_backup_that_opens_itself_is_refused(site: Site) -> None:
    site.settings = dataclasses.replace(site.settings, recovery=(NamedRecipient(PROD, "prod"),))
    with pytest.raises(LayoutError, match="its own key"):
        site.plan("dev")


def test_a_recovery_identity_in_the_same_file_opens_the_backup_and_is_not_in_it(
    site: Site,
) -> None:
    site.hold("recovery", (RECOVERY, RECOVERY_RECIPIENT))
    made = site.plan()
    assert made.opened
    assert RECOVERY_RECIPIENT not in made.backup.recipients
    assert RECOVERY.reveal() not in (age.unwrap(made.backup.payload, identities(RECOVERY)) or b"")


def test_a_store_in_the_repository_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.archive, "place", lambda name: f"{ROOT}/backups/{name}")
    with pytest.raises(OutsideError, match="inside the repository"):
        site.plan()


def test_a_file_without_identities_of_the_repository_is_no_backup(site: Site) -> None:
    del site.files.held[KEYS_PATH]
    site.hold("elsewhere", age.generate())
    with pytest.raises(NoIdentity):
        site.plan()


def test_an_environment_that_is_not_there_is_named(site: Site) -> None:
    with pytest.raises(UsageError, match="'qa' is no environment here"):
        site.plan("qa")


def test_a_store_that_lost_backups_is_refused_until_forced(site: Site) -> None:
    site.back_up()
    site.back_up(force=True)
    del site.archive.held[object_name(2)]
    with pytest.raises(OutsideError, match="rolled back"):
        site.plan()
    assert site.back_up(force=True).number == 3


def test_another_backup_under_a_noted_number_is_refused(site: Site) -> None:
    first = site.back_up()
    other = first._replace(payload=age.wrap(RECOVERY_RECIPIENT, Secret(b"# nothing")))
    site.archive.held[object_name(1)] = dump_backup(other)
    with pytest.raises(Tampered, match="another backup"):
        site.plan()


@pytest.mark.parametrize("failure", FAILURES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    "call", [("names", 1), ("create", 1), ("find", 1), ("find", 2), ("replace", 1)], ids=str
)
def test_a_failing_store_is_one_error_and_touches_no_older_backup(
    site: Site, call: tuple[str, int], failure: Error
) -> None:
    site.back_up()
    older = site.archive.held[object_name(1)]
    retry = FakeArchive({call: failure})
    retry.held = site.archive.held
    site.archive = retry
    with pytest.raises(type(failure)):
        site.back_up(force=True)
    assert site.archive.held[object_name(1)] == older


@pytest.mark.parametrize("failure", FAILURES, ids=lambda error: type(error).__name__)
def test_a_failing_store_never_proves_an_absence(failure: Error) -> None:
    archive = FakeArchive({("names", 0): failure})
    with pytest.raises(type(failure)):
        find_backups(archive)
    with pytest.raises(type(failure)):
        prove_absence(archive, None)


def test_an_empty_store_that_answers_proves_an_absence() -> None:
    prove_absence(FakeArchive(), None)


def test_a_backup_even_a_damaged_one_is_no_absence() -> None:
    archive = FakeArchive()
    archive.held[object_name(1)] = b""
    with pytest.raises(OutsideError, match="holds backup 1"):
        prove_absence(archive, None)


def test_a_list_without_its_backups_is_no_absence(site: Site) -> None:
    site.back_up()
    del site.archive.held[object_name(1)]
    with pytest.raises(OutsideError, match="were deleted"):
        prove_absence(site.archive, None)


def test_an_empty_store_is_no_absence_where_the_repository_notes_a_backup(site: Site) -> None:
    site.back_up()
    record = read_record(site.files, f"{ROOT}/{RECORD}")
    with pytest.raises(OutsideError, match="backup 1 was made"):
        prove_absence(FakeArchive(), record)


def test_no_byte_of_an_identity_is_handed_to_the_store(site: Site) -> None:
    site.hold("recovery", (RECOVERY, RECOVERY_RECIPIENT))
    site.back_up()
    site.back_up()
    site.restore()
    sent = b"\n".join(site.archive.sent)
    assert len(sent) > 1000
    for secret in (RECOVERY, KEYS["dev"][0], KEYS["prod"][0]):
        for form in _forms(secret.reveal()):
            assert form not in sent


def _forms(text: bytes) -> list[bytes]:
    """Return parts of an identity in the forms in which it could be sent."""
    body = text.removeprefix(b"AGE-SECRET-KEY-1")
    whole = [body.lower(), body.hex().encode(), base64.b64encode(body), body[::-1]]
    return [*whole, *(body[at : at + 12] for at in range(len(body) - 12))]


def test_no_parameter_of_a_backup_can_carry_an_identity() -> None:
    reached: set[object] = set()
    for module in (backup, backup_store):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                for word, kind in typing.get_type_hints(function).items():
                    if word != "return":
                        _reach(kind, reached)
    assert {backup.BackupPlan, backup.BackupRequest, backup.Doors} <= reached
    assert not reached & {Secret, Identity, Keyring, bytes, object, typing.Any}


def _reach(kind: object, reached: set[object]) -> None:
    """Note a type, those that it is made of, and those of its fields."""
    if isinstance(kind, list):
        # What a function takes.
        for part in kind:
            _reach(part, reached)
        return
    if kind in reached:
        return
    reached.add(kind)
    for part in typing.get_args(kind):
        _reach(part, reached)
    if dataclasses.is_dataclass(kind) or hasattr(kind, "_fields"):
        for field in typing.get_type_hints(kind).values():
            _reach(field, reached)


def test_the_note_and_the_object_are_read_as_they_were_written(site: Site) -> None:
    made = site.back_up()
    data = site.archive.held[object_name(1)]
    assert parse_backup(data, 1, "backup") == made
