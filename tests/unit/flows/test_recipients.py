"""Who may open a scope changes in configuration and files, whatever stops it on the way."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sopsmith import age
from sopsmith.adapters.file_set import replace_files
from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.trees import LocalTrees
from sopsmith.adapters.workers import LocalWorkers
from sopsmith.errors import Conflict, Error, LayoutError, NoIdentity, RuleError, UsageError
from sopsmith.flows import rekey
from sopsmith.flows.recipients import (
    Doors,
    Prepared,
    apply_change,
    find_lockouts,
    plan_addition,
    plan_removal,
)
from sopsmith.flows.recipients_look import Finding, check, look
from sopsmith.repo.layout_policy import build_sops_config
from sopsmith.repo.layout_settings import build_settings, default_settings
from sopsmith.repo.recipients import NamedRecipient
from sopsmith.sops.config import Config
from sopsmith.sops.document import Document, encrypt
from sopsmith.sops.keyring import Keyring

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MAIN = "bootstrap/argocd/overlays/main"
FILES = [f"{MAIN}/{name}.secret.yaml" for name in ("core/secrets/o", "dev/secrets/d", "prod/p")]
CORE, DEV, PROD = FILES
PLAIN = b"kind: Secret\nstringData:\n    value: canary\n"


class Person:
    """An identity and its recipient."""

    def __init__(self) -> None:
        identity, self.recipient = age.generate()
        self.keyring = Keyring(age.parse_identities(identity.reveal().decode(), "test"))

    def opens(self, path: str) -> bool:
        document = Document.parse(Path(path).read_bytes(), "yaml", path=path)
        try:
            document.unlock(self.keyring)
        except NoIdentity:
            return False
        return True

    def opened(self) -> list[str]:
        return [path for path in FILES if self.opens(path)]


D, P, NEW = Person(), Person(), Person()
ANNA = NamedRecipient(NEW.recipient, "Anna", "on call")
BOTH = Keyring([*D.keyring.identities, *P.keyring.identities])


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a repository with a file in each scope the working folder."""
    monkeypatch.chdir(tmp_path)
    settings = default_settings({"dev": (D.recipient,), "prod": (P.recipient,)})
    Path("sopsmith.yaml").write_text(build_settings(settings))
    Path(".sops.yaml").write_text(build_sops_config(settings))
    for path in FILES:
        lock(path)
    return tmp_path


def lock(path: str) -> None:
    rule = Config.parse(Path(".sops.yaml").read_bytes(), ".sops.yaml").rule_for(path)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(encrypt(PLAIN, "yaml", rule, now=NOW, path=path))


def doors(
    keyring: Keyring = BOTH,
    replace: Callable[[list[tuple[str, bytes]]], None] = replace_files,
) -> Doors:
    workers = LocalWorkers(1)
    means = rekey.Means(LocalTrees(), workers, workers, replace, lambda: keyring, NOW)
    return Doors(".", LocalFiles(), means)


def add(scope: str, new: NamedRecipient = ANNA, at: Doors | None = None) -> Prepared:
    at = at or doors()
    prepared = plan_addition(tuple(scope.split()), new, at)
    apply_change(prepared, at)
    return prepared


def remove(scope: str, who: str, at: Doors | None = None) -> Prepared:
    at = at or doors()
    prepared = plan_removal(tuple(scope.split()), who, at)
    assert apply_change(prepared, at).problems == []
    return prepared


def state() -> dict[str, bytes]:
    return {str(one): one.read_bytes() for one in Path().rglob("*") if one.is_file()}


def data_key(path: str) -> bytes:
    metadata = Document.parse(Path(path).read_bytes(), "yaml", path=path).metadata
    return BOTH.unlock_data_key(metadata).reveal()


def test_who_is_added_opens_the_files_of_the_environment_and_of_core() -> None:
    add("dev")
    assert NEW.opened() == [CORE, DEV]


def test_an_addition_keeps_data_keys_and_other_files() -> None:
    before, keys = state(), [data_key(path) for path in FILES]
    prepared = add("dev")
    assert [data_key(path) for path in FILES] == keys
    assert state()[PROD] == before[PROD]
    assert (prepared.plan.paths, prepared.plan.unchanged) == ([CORE, DEV], 1)


def test_who_is_removed_by_name_opens_nothing_and_knows_no_data_key() -> None:
    add("dev")
    keys = [data_key(path) for path in FILES]
    remove("dev", "Anna")
    assert NEW.opened() == []
    assert [data_key(path) != key for path, key in zip(FILES, keys, strict=True)] == [
        True, True, False,
    ]  # fmt: skip


def test_an_addition_and_its_removal_leave_the_configuration_as_it_was() -> None:
    before = state()
    add("prod")
    remove("prod", NEW.recipient)
    after = state()
    assert [after[name] for name in ("sopsmith.yaml", ".sops.yaml")] == [
        before[name] for name in ("sopsmith.yaml", ".sops.yaml")
    ]


def test_a_plan_writes_nothing() -> None:
    before = state()
    plan_addition(("dev",), ANNA, doors())
    assert state() == before


def test_what_is_done_already_is_done_again_without_a_change() -> None:
    add("dev")
    before = state()
    assert add("dev").configuration == []
    assert state() == before


def test_files_of_other_rules_stay_as_they_are_even_if_they_disagree() -> None:
    Path("bootstrap/argocd/overlays/main/prod/q.secret.yaml").write_bytes(Path(DEV).read_bytes())
    prepared = add("dev")
    assert prepared.plan.paths == [CORE, DEV]


def test_a_broken_file_of_another_scope_stands_in_nobody_s_way() -> None:
    Path(PROD).write_text("sops:\n  lastmodified: x\n  age: []\n")
    at = doors()
    prepared = plan_addition(("dev",), ANNA, at)
    assert prepared.plan.problems == []


class Stopped(Exception):
    """Stands for a kill."""


@pytest.mark.parametrize("leaves", [False, True])
def test_a_run_that_was_stopped_anywhere_is_finished_by_the_next(
    leaves: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rekey, "BATCH", 1)
    if leaves:
        add("core dev")
    start = state()

    def change(at: Doors) -> None:
        if leaves:
            remove("core dev", "Anna", at)
        else:
            add("core dev", ANNA, at)

    stops = 0
    while True:
        left = stops

        def replace(files: list[tuple[str, bytes]]) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Stopped
            replace_files(files)

        try:
            change(doors(replace=replace))
        except Stopped:
            assert all(D.opens(path) or P.opens(path) for path in FILES)
            change(doors())
            assert NEW.opened() == ([] if leaves else [CORE, DEV])
            assert check((".",), doors()) == []
            for name, data in start.items():
                Path(name).write_bytes(data)
            stops += 1
            continue
        break
    assert stops == 4


def test_who_goes_is_out_of_the_rules_before_any_file_is_touched() -> None:
    add("dev")
    order: list[str] = []

    def replace(files: list[tuple[str, bytes]]) -> None:
        order.extend(path for path, _ in files)
        replace_files(files)

    remove("dev", "Anna", doors(replace=replace))
    assert order == [".sops.yaml", CORE, DEV, "sopsmith.yaml"]


def test_nothing_is_changed_where_a_file_does_not_open_here() -> None:
    before = state()
    with pytest.raises(NoIdentity, match="nothing was changed") as caught:
        add("prod", ANNA, doors(D.keyring))
    assert caught.value.path == PROD
    assert state() == before


def test_a_file_that_could_not_be_written_keeps_the_name_for_the_next_run() -> None:
    add("dev")
    tampered = Path(DEV).read_text().replace("kind: Secret", "kind: Sekret")
    Path(DEV).write_text(tampered)
    at = doors()
    outcome = apply_change(plan_removal(("dev",), "Anna", at), at)
    assert [one.path for one in outcome.problems] == [DEV]
    assert "Anna" in Path("sopsmith.yaml").read_text()
    Path(DEV).write_text(tampered.replace("Sekret", "Secret"))
    remove("dev", "Anna")
    assert NEW.opened() == []


def test_a_configuration_that_changed_since_the_plan_is_left_alone() -> None:
    at = doors()
    prepared = plan_addition(("dev",), ANNA, at)
    with Path("sopsmith.yaml").open("a") as handle:
        handle.write("# more\n")
    with pytest.raises(Conflict):
        apply_change(prepared, at)


def test_a_recovery_recipient_opens_files_only_if_somebody_says_so() -> None:
    with Path("sopsmith.yaml").open("a") as handle:
        handle.write(f"recovery: {{recipients: [{NEW.recipient}]}}\n")
    with pytest.raises(UsageError, match="recovery recipient") as caught:
        plan_addition(("dev",), ANNA, doors())
    assert caught.value.hint is not None
    assert "--recovery" in caught.value.hint
    assert plan_addition(("dev",), ANNA, doors(), recovery=True).plan.count == 2


def fault(scope: str, who: str) -> Error:
    with pytest.raises(Error) as caught:
        plan_removal(tuple(scope.split()), who, doors())
    return caught.value


def test_the_last_recipient_stays() -> None:
    assert isinstance(fault("dev", D.recipient), LayoutError)


def test_who_is_nobody_is_said_to_be_nobody() -> None:
    assert "'Bob' is no recipient of dev" in str(fault("dev", "Bob"))


def test_somebody_comes_and_goes_in_several_scopes_at_once() -> None:
    before = state()
    add("prod dev core")
    assert NEW.opened() == FILES
    keys = [data_key(path) for path in FILES]
    remove("core dev prod", "Anna")
    assert NEW.opened() == []
    assert all(data_key(path) != key for path, key in zip(FILES, keys, strict=True))
    assert state()[".sops.yaml"] == before[".sops.yaml"]
    assert state()["sopsmith.yaml"] == before["sopsmith.yaml"]


def test_a_name_of_different_recipients_is_refused() -> None:
    add("dev")
    add("prod", NamedRecipient(age.generate()[1], "Anna"))
    assert "not the same recipient" in str(fault("dev prod", "Anna"))


def test_who_is_in_one_of_two_scopes_is_not_removed_from_both() -> None:
    add("dev")
    assert "no recipient of prod, but of dev" in str(fault("dev prod", "Anna"))


def test_somebody_whom_the_rule_alone_names_can_be_let_out_and_in() -> None:
    honest = Path("sopsmith.yaml").read_bytes()
    add("dev")
    Path("sopsmith.yaml").write_bytes(honest)
    assert len(check((".",), doors())) == 2
    remove("dev", NEW.recipient)
    assert (NEW.opened(), check((".",), doors())) == ([], [])
    add("dev")
    Path("sopsmith.yaml").write_bytes(honest)
    add("dev")
    assert (NEW.opened(), check((".",), doors())) == ([CORE, DEV], [])


def test_to_remove_who_has_gone_already_changes_nothing() -> None:
    add("dev")
    remove("dev", NEW.recipient)
    before = state()
    assert remove("dev", NEW.recipient).configuration == []
    assert state() == before


def test_no_words_mean_nobody() -> None:
    assert "is no recipient of dev" in str(fault("dev", ""))


def test_one_ssh_key_is_spelled_in_one_way_in_every_scope() -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIHQH2Hw/1SpfG5fBwIAdY6cMSV4GtwDRhW7JXYl0LdX"
    add("dev", NamedRecipient(f"{key} anna@laptop"))
    add("prod", NamedRecipient(key))
    readers = [name for one in look((".",), doors()).files for _, name in one.keys]
    assert readers.count(f"{key} anna@laptop") == 3
    assert key not in readers


def test_who_is_somebody_elsewhere_is_found_there() -> None:
    add("prod")
    error = fault("core", "Anna")
    assert "but of prod" in str(error)
    assert error.hint == "sopsmith recipients remove prod Anna"


def test_a_scope_that_is_not_there_is_a_matter_of_words() -> None:
    assert isinstance(fault("stage", "Anna"), UsageError)


def test_a_nearer_configuration_is_refused() -> None:
    Path(MAIN, "dev/.sops.yaml").write_text(f"creation_rules: [{{age: {D.recipient}}}]\n")
    with pytest.raises(RuleError, match="holds for the files of dev"):
        plan_addition(("dev",), ANNA, doors())


def test_the_own_way_out_is_found_before_it_is_closed() -> None:
    add("prod")
    prepared = plan_removal(("prod",), P.recipient, doors())
    assert find_lockouts(prepared, BOTH) == ["prod"]
    assert find_lockouts(prepared, P.keyring) == ["prod", "core"]
    assert find_lockouts(prepared, D.keyring) == []


def test_readers_come_from_the_files_themselves() -> None:
    add("dev")
    Path(".sops.yaml").write_text("creation_rules: []\n")
    found = look((".",), doors())
    readers = {one.path: {name for _, name in one.keys} for one in found.files}
    assert readers == {
        CORE: {D.recipient, P.recipient, NEW.recipient},
        DEV: {D.recipient, NEW.recipient},
        PROD: {P.recipient},
    }


def test_a_check_of_a_sound_repository_finds_nothing() -> None:
    assert check((".",), doors()) == []


def test_a_file_that_opens_for_others_than_its_rule_says_is_found() -> None:
    Path(PROD).write_bytes(Path(CORE).read_bytes())
    assert check((".",), doors()) == [
        Finding(PROD, "", "", extra=(("age", D.recipient),)),
    ]


def test_a_rule_that_differs_from_the_settings_is_found_with_its_files() -> None:
    text = Path(".sops.yaml").read_text()
    Path(".sops.yaml").write_text(text.replace(D.recipient, NEW.recipient, 1))
    new, old = ("age", NEW.recipient), ("age", D.recipient)
    assert check((".",), doors()) == [
        Finding(".sops.yaml", "creation_rules[0]", "the rule for dev", (new,), (old,)),
        Finding(DEV, "", "", extra=(old,), missing=(new,)),
    ]


def test_a_file_without_a_rule_is_found() -> None:
    os.makedirs("other")
    Path("other/x.yaml").write_bytes(Path(DEV).read_bytes())
    (found,) = check((".",), doors())
    assert (found.path, "no creation rule" in found.message) == ("other/x.yaml", True)


def test_a_scope_without_a_rule_is_found() -> None:
    text = Path(".sops.yaml").read_text()
    Path(".sops.yaml").write_text(text.replace("main/dev", "main/devel"))
    first, second = check((".",), doors())
    assert "has no rule for dev" in first.message
    assert second.path == DEV
