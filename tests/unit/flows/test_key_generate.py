"""`key generate` puts an identity on disk before it is named, and replaces none that is in use."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.unit.flows.keys_at import DEV, HOME, NOW, OTHER, PROD, Place

from sopsmith import age
from sopsmith.adapters.file_set import replace_files
from sopsmith.adapters.private import PrivateFiles, is_open_to_others
from sopsmith.errors import (
    Conflict,
    LayoutError,
    MasterKeyError,
    OutsideError,
    RuleError,
    UsageError,
)
from sopsmith.flows.key_generate import GeneratePlan, GenerateRequest, Means, apply_key, plan_key
from sopsmith.repo.key_file import NewIdentity, append_identity, parse_key_file
from sopsmith.repo.rotation import Rotation, dump_rotation
from sopsmith.repo.settings import FILE, parse_settings
from sopsmith.sops.config import Config

Replace = Callable[[list[tuple[str, bytes]]], None]
QA = "  # pr: {prefix: PR_"
SHOWN = f"{HOME}/qa/secrets/any.secret.yaml"


class Run:
    """A repository with an environment, qa, that has no recipient."""

    def __init__(self, folder: Path) -> None:
        self.place = Place(folder)
        text = (self.place.root / FILE).read_text()
        self.place.put(FILE, text.replace(QA, "  qa: {prefix: QA_} # {", 1))
        self.keys = self.place.keys
        self.replace: Replace = replace_files

    @property
    def means(self) -> Means:
        return Means(
            self.place.doors,
            PrivateFiles(),
            lambda _: nullcontext(),
            age.generate,
            self.replace,
            is_open_to_others,
        )

    def plan(self, environment: str = "", root: str = "") -> GeneratePlan:
        request = GenerateRequest(root or str(self.place.root), str(self.keys), environment)
        return plan_key(request, self.means)

    def generate(self, environment: str = "") -> GeneratePlan:
        made = self.plan(environment)
        apply_key(made, self.means)
        return made

    def cut_short_after(self, count: int) -> None:
        """Run until some files of the repository are written, and no further."""

        def dying(files: list[tuple[str, bytes]]) -> None:
            replace_files(files[:count])
            raise KeyboardInterrupt

        self.replace = dying
        with pytest.raises(KeyboardInterrupt):
            self.generate("qa")
        self.replace = replace_files

    def recipients(self) -> list[str]:
        return [one.recipient for one in parse_key_file(self.keys.read_bytes(), "keys.txt")]

    def readers(self) -> tuple[set[str], set[str]]:
        """Return qa's readers by sopsmith.yaml and by its rule."""
        settings = parse_settings((self.place.root / FILE).read_bytes(), FILE)
        path = str(self.place.root / ".sops.yaml")
        rule = Config.parse((self.place.root / ".sops.yaml").read_bytes(), path).rule_for(
            str(self.place.root / SHOWN)
        )
        return {*settings.readers("qa")}, {*rule.recipients}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def test_the_recipient_is_named_in_both_files_and_reads_core(run: Run) -> None:
    (new,) = run.generate().made
    assert run.readers() == ({new.recipient}, {new.recipient})
    rules = Config.parse((run.place.root / ".sops.yaml").read_bytes(), "")
    assert rules.rules[2].recipients == (DEV[1], PROD[1], new.recipient)


def test_the_identity_is_labelled_and_for_its_owner_alone(run: Run) -> None:
    run.keys = run.keys.parent / "new" / "age" / "keys.txt"
    (new,) = run.generate("qa").made
    (entry,) = parse_key_file(run.keys.read_bytes(), "keys.txt")
    assert (entry.recipient, entry.environments, entry.folder, entry.created) == (
        new.recipient, ("qa",), str(run.place.root), NOW,
    )  # fmt: skip
    assert run.keys.stat().st_mode & 0o777 == 0o600
    assert run.keys.parent.stat().st_mode & 0o777 == 0o700


def test_comments_and_other_rules_stay_as_they_were(run: Run) -> None:
    before = (run.place.root / ".sops.yaml").read_text()
    run.generate()
    after = (run.place.root / ".sops.yaml").read_text()
    assert set(before.splitlines()) - set(after.splitlines()) == {f"      {PROD[1]}"}


def test_a_plan_writes_nothing(run: Run) -> None:
    before = {path: path.read_bytes() for path in run.keys.parent.rglob("*") if path.is_file()}
    assert len(run.plan("qa").made) == 1
    assert before == {
        path: path.read_bytes() for path in run.keys.parent.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("written", [0, 1, 2])
def test_a_run_that_was_cut_short_is_finished_with_the_same_identity(
    run: Run, written: int
) -> None:
    run.cut_short_after(written)
    standing = run.recipients()
    assert len(standing) == 2
    if written == 2:
        with pytest.raises(MasterKeyError, match="in use"):
            run.plan("qa")
    else:
        plan = run.generate("qa")
        assert not plan.made
        assert [new.recipient for new in plan.resumed] == standing[1:]
    assert run.readers() == ({standing[1]}, {standing[1]})
    assert run.recipients() == standing


def test_nothing_is_named_where_the_identity_cannot_be_written(run: Run) -> None:
    before = (run.place.root / FILE).read_bytes()
    run.keys = run.place.root.parent / "keys.txt" / "below a file"
    with pytest.raises(OutsideError):
        run.generate("qa")
    assert (run.place.root / FILE).read_bytes() == before


def test_an_old_identity_that_nothing_names_is_not_taken_up(run: Run) -> None:
    for day, expected in ((timedelta(days=2), 1), (timedelta(hours=1), 0)):
        old = NewIdentity(("qa",), *age.generate())
        data = append_identity(run.keys.read_bytes(), "", old, str(run.place.root), NOW - day)
        run.keys.write_bytes(data)
        assert len(run.plan("qa").made) == expected


@pytest.mark.parametrize("elsewhere", [True, False])
def test_identities_of_other_folders_and_environments_are_left_alone(
    run: Run, *, elsewhere: bool
) -> None:
    folder = "/elsewhere/platform" if elsewhere else str(run.place.root)
    names = ("qa",) if elsewhere else ("qa", "dev")
    other = NewIdentity(names, *age.generate())
    run.keys.write_bytes(append_identity(run.keys.read_bytes(), "", other, folder, NOW))
    assert len(run.generate("qa").made) == 1


def test_a_recipient_in_use_is_never_replaced(run: Run) -> None:
    with pytest.raises(MasterKeyError, match=DEV[1]) as caught:
        run.plan("dev")
    assert caught.value.hint == "sopsmith key rotate --environment dev"


def test_files_that_are_encrypted_to_it_are_use_enough(run: Run) -> None:
    run.place.lock(f"{HOME}/qa/secrets/a.secret.yaml", DEV[1])
    with pytest.raises(MasterKeyError, match="in use"):
        run.plan("qa")


def test_files_without_an_identity_are_a_lost_key_and_not_a_missing_one(run: Run) -> None:
    run.place.lock(f"{HOME}/qa/secrets/a.secret.yaml", OTHER[1])
    for environment in ("qa", "prod"):
        with pytest.raises(MasterKeyError, match="is not here") as caught:
            run.plan(environment)
        assert caught.value.hint == "sopsmith key restore"


def test_core_can_have_an_identity_of_its_own_if_its_files_open(run: Run) -> None:
    path = f"{HOME}/core/secrets/a.secret.yaml"
    run.place.lock(path, DEV[1], PROD[1])
    assert run.plan("core").rewrap == (os.path.dirname(path),)
    run.place.lock(path, PROD[1])
    with pytest.raises(MasterKeyError, match="is not here"):
        run.plan("core")


def test_a_rotation_under_way_goes_first(run: Run) -> None:
    path = ".sopsmith/rotations/qa.json"
    made = Rotation("qa", DEV[1], OTHER[1], "", "2026-11-01T00:00:00Z")
    run.place.put(path, dump_rotation(made))
    with pytest.raises(MasterKeyError, match="a rotation of qa is under way"):
        run.plan("qa")
    done = dict.fromkeys(made.steps, "2026-11-01T00:00:00Z")
    run.place.put(path, dump_rotation(replace(made, done=done)))
    assert len(run.plan("qa").made) == 1


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(run: Run) -> None:
    plan = run.plan("qa")
    run.place.settings("# more\n")
    with pytest.raises(Conflict):
        apply_key(plan, run.means)
    assert len(run.recipients()) == 1


def test_rules_that_cannot_be_extended_stop_it_before_anything_is_written(run: Run) -> None:
    run.place.put(".sops.yaml", f"creation_rules: [{{path_regex: dev, age: {DEV[1]}}}]\n")
    with pytest.raises(RuleError, match="none can be added"):
        run.generate("qa")
    (run.place.root / ".sops.yaml").unlink()
    with pytest.raises(LayoutError, match="is missing"):
        run.generate("qa")
    assert len(run.recipients()) == 1


def test_identities_inside_the_repository_are_refused(run: Run) -> None:
    run.keys = run.place.root / "keys.txt"
    with pytest.raises(OutsideError, match="inside the repository"):
        run.plan("qa")


def test_a_file_that_others_can_read_gets_no_identity(run: Run) -> None:
    run.keys.chmod(0o644)
    with pytest.raises(OutsideError, match="others than its owner can read it"):
        run.plan("qa")


def test_words_that_name_nothing_to_do_are_refused(run: Run) -> None:
    with pytest.raises(UsageError, match="there are core, dev, prod, qa"):
        run.plan("pr")
    run.generate()
    with pytest.raises(UsageError, match="each environment has a recipient"):
        run.plan()
