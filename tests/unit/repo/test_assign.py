"""Variables become the Secrets of their scopes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.repo.example import mapping, settings, variables

from sopsmith.errors import EnvFileError
from sopsmith.kube.secret import build_object
from sopsmith.repo.assign import Assignment, assign
from sopsmith.repo.settings import SecretMapping
from sopsmith.secret import Secret

FOLDER = "bootstrap/argocd/overlays/main/{}/secrets/{}.secret.yaml"


def done(*mappings: SecretMapping, **values: str) -> Assignment:
    return assign(variables(**values), settings(*mappings), ".env")


def paths(assignment: Assignment) -> list[str]:
    return [item.path for item in assignment.desired]


def objects(assignment: Assignment) -> list[Any]:
    return [build_object(item.manifest) for item in assignment.desired]


def failure(*mappings: SecretMapping, **values: str) -> str:
    with pytest.raises(EnvFileError) as caught:
        done(*mappings, **values)
    return str(caught.value)


@pytest.mark.parametrize(
    ("variable", "scope", "name"),
    [
        ("ORG_NAME", "core", "org-name"),
        ("DEV_DATABASE_URL", "dev", "database-url"),
        ("PROD_X", "prod", "x"),
        ("DEV_B_X", "beta", "x"),
        ("DEV_BX", "dev", "bx"),
        ("DEVX", "core", "devx"),
        ("dev_x", "core", "dev-x"),
    ],
)
def test_the_longest_prefix_decides_the_scope(variable: str, scope: str, name: str) -> None:
    assert paths(done(**{variable: "v"})) == [FOLDER.format(scope, name)]


def test_a_variable_of_its_own_is_an_opaque_secret_in_kube_system() -> None:
    assert objects(done(DEV_DATABASE_URL="postgres://x")) == [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "database-url", "namespace": "kube-system"},
            "type": "Opaque",
            "stringData": {"value": "postgres://x"},
        }
    ]


def test_app_variables_are_left_out_and_said_so() -> None:
    assignment = done(APP_KEY="AGE-SECRET-KEY-1", A="1")
    assert [item.name for item in assignment.ignored] == ["APP_KEY"]
    assert paths(assignment) == [FOLDER.format("core", "a")]


def test_an_ignored_prefix_does_not_beat_a_longer_scope() -> None:
    assert not done(DEV_APP_X="1").ignored


def test_core_comes_first_and_files_are_sorted() -> None:
    assert paths(done(PROD_A="1", DEV_Z="2", DEV_A="3", Y="4")) == [
        FOLDER.format("core", "y"),
        FOLDER.format("dev", "a"),
        FOLDER.format("dev", "z"),
        FOLDER.format("prod", "a"),
    ]


def test_several_variables_go_into_one_secret() -> None:
    app = mapping(
        "github-app-credentials",
        data={"githubAppID": "GH_ID", "githubAppPrivateKey": "GH_KEY"},
        namespace="argocd",
        type="example/app",
        labels={"a": "b"},
        annotations={"argocd.argoproj.io/sync-wave": "-1"},
    )
    assignment = done(app, GH_KEY="k", GH_ID="1")
    assert objects(assignment) == [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": "github-app-credentials",
                "namespace": "argocd",
                "labels": {"a": "b"},
                "annotations": {"argocd.argoproj.io/sync-wave": "-1"},
            },
            "type": "example/app",
            "stringData": {"githubAppID": "1", "githubAppPrivateKey": "k"},
        }
    ]
    assert assignment.desired[0].variables == ("GH_ID", "GH_KEY")


def test_one_variable_goes_into_several_secrets_and_no_default() -> None:
    assignment = done(
        mapping("one", data={"token": "HCLOUD"}), mapping("two", data={"t": "HCLOUD"}), HCLOUD="x"
    )
    assert paths(assignment) == [FOLDER.format("core", "one"), FOLDER.format("core", "two")]


def test_a_mapping_holds_in_its_scopes_alone() -> None:
    only_dev = mapping("db", data={"url": "DB"}, scopes=("dev",))
    assert paths(done(only_dev, DEV_DB="1", PROD_DB="2")) == [
        FOLDER.format("dev", "db"),
        FOLDER.format("prod", "db"),
    ]
    assert [item.manifest.data for item in done(only_dev, DEV_DB="1", PROD_DB="2").desired] == [
        {"url": Secret(b"1")},
        {"value": Secret(b"2")},
    ]


def test_a_mapping_without_its_variables_does_nothing() -> None:
    assert paths(done(mapping("db", data={"url": "DB"}), A="1")) == [FOLDER.format("core", "a")]


def test_a_docker_mapping_needs_no_email() -> None:
    login = {"server": "R", "username": "U", "password": "P", "email": "E"}
    assignment = done(mapping("ghcr", "dockerconfigjson", data=login), R="r", U="u", P="p")
    secret: Any = objects(assignment)[0]
    assert secret["type"] == "kubernetes.io/dockerconfigjson"
    assert json.loads(secret["stringData"][".dockerconfigjson"])["auths"]["r"]["username"] == "u"


def test_a_tls_mapping_has_the_keys_of_its_type() -> None:
    tls = mapping("web", "tls", data={"certificate": "CRT", "key": "KEY"})
    secret: Any = objects(done(tls, DEV_CRT="c", DEV_KEY="k"))[0]
    assert secret["type"] == "kubernetes.io/tls"
    assert secret["stringData"] == {"tls.crt": "c", "tls.key": "k"}


def test_a_missing_part_is_named_with_its_prefix() -> None:
    message = failure(mapping("db", data={"u": "USER", "p": "PASS"}), DEV_USER="x")
    assert message == ".env: mapping db in dev has DEV_USER but lacks DEV_PASS"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"DEV_": "v"}, ["line 1", "DEV_", "empty"]),
        ({"_A": "v"}, ["line 1", "_A", "begin or end"]),
        ({"DEV_A_": "v"}, ["line 1", "DEV_A_", "begin or end"]),
        ({"A" * 254: "v"}, ["253"]),
        ({"A_B": "v", "a_b": "w"}, ["A_B on line 1", "a_b on line 2", "become one file"]),
        ({"X": "v", "DEV_X": "w"}, ["core", "dev", "hide", "kube-system/x"]),
        ({"A": "v\nage-Secret-Key-1QQ"}, ["line 1", "A holds an age identity"]),
        ({"A": "v" * 1048577}, ["1048577 bytes", "1048576", "a.secret.yaml"]),
    ],
)
def test_what_cannot_be_is_refused(values: dict[str, str], words: list[str]) -> None:
    message = failure(**values)
    assert all(word in message for word in words), message
    assert "QQ" not in message


def test_exactly_one_mebibyte_is_a_secret() -> None:
    assert done(A="v" * 1048576).desired


def test_a_mapping_and_a_variable_may_not_become_one_file() -> None:
    message = failure(mapping("b", data={"v": "A"}), A="1", B="2")
    assert "B on line 2 and mapping b become one file" in message


def test_one_name_in_two_namespaces_hides_nothing() -> None:
    assert len(done(mapping("x", data={"v": "Y"}, namespace="argocd"), X="1", DEV_Y="2").desired)


@pytest.mark.parametrize(
    "broken",
    [{"name": "A_b"}, {"namespace": "Kube"}, {"data": {"a b": "X"}}],
)
def test_a_mapping_that_kubernetes_would_refuse_is_refused(broken: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"name": "ok", "data": {"v": "X"}} | broken
    assert "mapping " in failure(mapping(**fields), X="1")


def test_all_problems_are_said_at_once() -> None:
    message = failure(DEV_="v", B_="w", C="AGE-SECRET-KEY-1")
    assert message.startswith(".env: 3 problems, nothing was written:\n  - line 3: C")
    assert message.count("\n  - ") == 3


def test_of_many_problems_the_first_are_said_and_the_rest_counted() -> None:
    message = failure(**{f"A{number}": "AGE-SECRET-KEY-1" for number in range(1, 25)})
    assert message.startswith(".env: 24 problems")
    assert message.count("\n  - ") == 21
    assert message.endswith("\n  - and 4 more")
