"""A tenant's identity is rotated by the steps of the platform's, and as safe to kill."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.renting import FOREIGN, OWN, PROJECT, Letting
from tests.rotating import CONTEXT, IDENTITIES, Killed, drive

from sopsmith.adapters.rooted import RootedFiles
from sopsmith.errors import LayoutError, MasterKeyError, NoIdentity, UsageError
from sopsmith.flows.key_secret import add_identities, retire_identity
from sopsmith.flows.rotation import find_rotations, plan_rotation, run_rotation
from sopsmith.flows.tenant_check import check_tenant_files
from sopsmith.flows.tenant_rotate import choose_environment
from sopsmith.kube.key_secret import HOME
from sopsmith.repo.rotation import STEPS, SYNC, Rotation, dump_rotation, parse_rotation
from sopsmith.sops.document import Document

OLD = OWN["prod"][1]


@pytest.fixture
def here(tmp_path: Path) -> Letting:
    return Letting(tmp_path)


def recipients(path: Path) -> list[str]:
    return Document.parse(path.read_bytes(), "yaml", path=str(path)).metadata.recipients


def finished(here: Letting) -> str:
    """Assert that a rotation is over, and return the new recipient."""
    here.check()
    rotation = parse_rotation(here.state.read_bytes(), str(here.state))
    assert (tuple(rotation.done), rotation.tenant) == (STEPS, "shop")
    assert here.held_by_project() == (FOREIGN[1], rotation.new)
    assert {*recipients(here.theirs("prod"))} == {rotation.new, IDENTITIES["prod"][1]}
    assert {*recipients(here.theirs("dev"))} == {OWN["dev"][1], IDENTITIES["dev"][1]}
    assert recipients(here.path("prod", "db")) == [IDENTITIES["prod"][1]]
    assert here.keys.read_text().count("# retired: ") == 1
    folder_of = RootedFiles(str(here.root)).folder_of
    assert check_tenant_files(str(here.root), "shop", here.files, folder_of).faults == ()
    return rotation.new


def test_at_each_stop_the_tenant_s_project_opens_its_files(tmp_path: Path) -> None:
    whole = Letting(tmp_path / "whole")
    before = whole.theirs("prod").read_bytes()
    drive(whole, whole.check)
    finished(whole)
    # A new data key, and not a new stanza alone: the value's token is another.
    token = next(line for line in before.splitlines() if b"value: ENC[" in line)
    assert token not in whole.theirs("prod").read_bytes()
    stops = 0
    for number in range(1, len(whole.life.writes) + 1):
        here = Letting(tmp_path / str(number))
        here.life.ends_at = number

        def stop(here: Letting = here) -> None:
            nonlocal stops
            stops += 1
            here.check()

        drive(here, stop)
        finished(here)
    assert stops == len(whole.life.writes) > 15


def test_it_is_backed_up_before_anything_is_encrypted_to_it(here: Letting) -> None:
    new = here.run().rotation.new
    assert {OLD, new, IDENTITIES["prod"][1]} <= {*here.backups[0]}
    first = next(where for where in here.life.writes if where.endswith(".sops.yaml"))
    assert here.life.writes.index("backup") < here.life.writes.index(first)


def test_the_label_says_whose_it_is(here: Letting) -> None:
    here.run()
    assert f"# sopsmith: prod of {here.root}/tenants/shop\n" in here.keys.read_text()


def test_a_name_stays_with_the_new_recipient(here: Letting) -> None:
    path = here.root / "tenants/shop/tenant.yaml"
    named = f"{{recipient: {OLD}, name: shop of prod}} # mine"
    path.write_text(path.read_text().replace(f"- {OLD}", f"- {named}"))
    new = here.run().rotation.new
    assert f"- {named.replace(OLD, new)}" in path.read_text()


def test_a_plan_writes_nothing(here: Letting) -> None:
    before = {path: path.read_bytes() for path in here.root.rglob("*") if path.is_file()}
    planned = plan_rotation(here.request(CONTEXT), here.doors)
    assert (planned.files, planned.rotation.old, planned.rotation.new) == (1, OLD, "")
    assert before == {path: path.read_bytes() for path in here.root.rglob("*") if path.is_file()}
    assert here.life.writes == []


def test_it_stands_beside_the_rotation_of_the_environment(here: Letting) -> None:
    outcome = here.run()
    assert "tenant rotate shop --environment prod" in outcome.rotation.command
    platform = replace(here.request(CONTEXT), tenant="", keys_in=HOME)
    run_rotation(platform, here.doors, lambda _: None)
    names = [one.name for one in find_rotations(here.files, str(here.root))]
    assert names == ["prod", "shop.prod"]


def test_what_was_begun_is_taken_back(tmp_path: Path) -> None:
    here = Letting(tmp_path)
    here.life.ends_at = 6
    with pytest.raises(Killed):
        here.run()
    assert len(here.held_by_project()) == 3
    here.abort()
    here.check()
    assert {*here.held_by_project()} == {OLD, FOREIGN[1]}
    assert not here.state.exists()


def test_a_cluster_that_does_not_hold_it_is_refused(here: Letting) -> None:
    retire_identity(here.cluster, OLD, lambda _: None, PROJECT)
    with pytest.raises(MasterKeyError, match=r"argocd/sops-age or in Secret argocd/shop-age"):
        here.run()


def test_two_secrets_that_hold_it_are_refused(here: Letting) -> None:
    add_identities(here.cluster, [OWN["prod"][0]], lambda _: None)
    with pytest.raises(MasterKeyError, match="hold it, and a rotation changes one"):
        here.run()


def test_without_a_cluster_no_secret_is_touched(here: Letting) -> None:
    outcome = here.run(context="")
    assert outcome.rotation.next_step == SYNC
    assert "inject" not in outcome.rotation.done
    assert {*here.held_by_project()} == {OLD, FOREIGN[1]}


def test_the_platform_s_recipient_is_not_the_tenant_s_to_rotate(here: Letting) -> None:
    path = here.root / "tenants/shop/tenant.yaml"
    path.write_text(path.read_text().replace(OLD, IDENTITIES["prod"][1]))
    with pytest.raises(UsageError, match="no recipient of its own in prod"):
        here.run(context="")


def test_a_tenant_yaml_that_was_changed_meanwhile_stops_it(here: Letting) -> None:
    here.run()
    path = here.root / "tenants/shop/tenant.yaml"
    path.write_text(
        path.read_text().replace("prod:\n    recipients:", f"prod:\n    recipients:\n      - {OLD}")
    )
    with pytest.raises(LayoutError, match="again, which the rotation has taken out") as caught:
        here.run(synced=True)
    assert caught.value.path == "tenants/shop/tenant.yaml"


def test_a_forged_record_encrypts_nothing_for_whoever_wrote_it(here: Letting) -> None:
    before = here.theirs("prod").read_bytes()
    moment = "2026-11-24T14:00:00Z"
    done = dict.fromkeys(("generate", "back-up"), moment)
    forged = Rotation("prod", OLD, FOREIGN[1], "", moment, "none", done=done, tenant="shop")
    here.state.parent.mkdir(parents=True)
    here.state.write_bytes(dump_rotation(forged))
    with pytest.raises(NoIdentity):
        here.run(context="")
    assert here.theirs("prod").read_bytes() == before


@pytest.mark.parametrize(
    ("named", "said"), [("", "several environments"), ("qa", "no environment")]
)
def test_which_environment_is_never_guessed(here: Letting, named: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        choose_environment(str(here.root), "shop", named, here.files)
