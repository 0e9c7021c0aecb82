"""`env` is the inverse of `generate`."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.flows.stage import ROOT, Stage

from sopsmith.errors import LayoutError, MacMismatch, NoIdentity, UsageError
from sopsmith.flows.env import Recovered, recover_env
from sopsmith.formats import env_file
from sopsmith.formats.env_file import Variable
from sopsmith.secret import Secret

MAPPED = """
  - name: app
    data: {id: GH_ID, key: GH_KEY}
    namespace: argocd
    annotations: {argocd.argoproj.io/sync-wave: "-1"}
  - name: login
    kind: dockerconfigjson
    data: {server: R, username: U, password: P, email: E}
  - name: tls
    kind: tls
    data: {certificate: CRT, key: KEY}
  - name: both
    data: {a: SAME}
  - name: both-again
    data: {b: SAME}
"""
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def mapped() -> Stage:
    stage = Stage()
    stage.files.held[f"{ROOT}/sopsmith.yaml"] += MAPPED.encode()
    return stage


def recovered(stage: Stage, *scopes: str) -> Recovered:
    return recover_env(ROOT, scopes, stage.files, stage.keyring)


def values(made: Recovered) -> dict[str, str]:
    return {item.name: item.value.reveal().decode() for item in made.variables}


ENV = {
    "ORG_NAME": "org", "GH_ID": "1", "GH_KEY": "-----\nkey\n", "R": "registry", "U": "u",
    "P": "p:ü", "DEV_R": "registry", "DEV_U": "u", "DEV_P": "p", "CRT": "c\n", "KEY": "k\n",
    "DEV_SAME": "s", "PROD_DATABASE_URL": "postgres://x?a=b#c", "PROD_EMPTY": "",
}  # fmt: skip


def without(*names: str) -> dict[str, str]:
    """Leave one of the two logins out: one name in core and in dev would hide the other."""
    return {name: value for name, value in ENV.items() if name not in names}


def written(env: dict[str, str]) -> str:
    items = [Variable(name, Secret(value.encode())) for name, value in env.items()]
    return env_file.write(items).decode()


def test_every_kind_of_secret_comes_back() -> None:
    stage = mapped()
    env = without("R", "U", "P")
    stage.generate(written(env))
    assert values(recovered(stage)) == env


def test_generate_env_generate_changes_no_byte() -> None:
    stage = mapped()
    without = {
        name: value for name, value in ENV.items() if name not in ("DEV_R", "DEV_U", "DEV_P")
    }
    stage.generate(written(without))
    before = dict(stage.files.held)
    stage.generate(env_file.write(recovered(stage).variables).decode(), prune=True)
    assert (stage.files.held, stage.files.log) == (before, [])


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.sampled_from(["A", "DEV_B", "PROD_B", "GH_ID"]), TEXTS))
def test_any_text_goes_there_and_back(env: dict[str, str]) -> None:
    stage = Stage()
    stage.generate(written(env))
    assert values(recovered(stage)) == env


def test_environment_limits_the_scopes() -> None:
    stage = Stage()
    stage.generate("A=1\nDEV_B=2\nPROD_B=3\n")
    assert values(recovered(stage, "dev")) == {"DEV_B": "2"}
    assert values(recovered(stage, "core", "prod")) == {"A": "1", "PROD_B": "3"}


def test_a_secret_that_does_not_open_is_an_error_with_its_file() -> None:
    stage = Stage()
    stage.generate("A=1\nPROD_B=3\n")
    stage.identities = ["dev"]
    assert values(recovered(stage, "core")) == {"A": "1"}
    with pytest.raises(NoIdentity, match=r"prod/secrets/b\.secret\.yaml"):
        recovered(stage)


def test_a_secret_of_another_hand_is_left_out_and_said_so() -> None:
    stage = Stage()
    stage.generate("A=1\nB=2\n")
    moved = stage.path("core", "moved.secret.yaml")
    stage.files.held[moved] = stage.files.held[stage.path("core", "b.secret.yaml")]
    stage.files.held[stage.path("core", "plain.secret.yaml")] = b"kind: Secret\n"
    made = recovered(stage)
    assert values(made) == {"A": "1", "B": "2"}
    assert [path.rpartition("/")[2] for path in made.left_out] == [
        "moved.secret.yaml", "plain.secret.yaml",
    ]  # fmt: skip


def test_one_variable_with_two_values_is_an_error() -> None:
    stage = mapped()
    stage.generate("SAME=canary1\n")
    first = stage.files.held[stage.path("core", "both.secret.yaml")]
    stage.generate("SAME=canary2\n")
    stage.files.held[stage.path("core", "both.secret.yaml")] = first
    with pytest.raises(LayoutError, match="SAME has another value") as caught:
        recovered(stage)
    assert "canary" not in str(caught.value) + (caught.value.hint or "")


def test_a_changed_file_is_not_read_past() -> None:
    stage = Stage()
    stage.generate("A=1\n")
    path = stage.path("core", "a.secret.yaml")
    stage.files.held[path] = stage.files.held[path].replace(b"name: a", b"name: b")
    with pytest.raises(MacMismatch):
        recovered(stage)


def test_an_unknown_environment_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        recovered(Stage(), "nope")
