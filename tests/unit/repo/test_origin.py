"""Secrets go back to the variables that they would be generated from."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.repo.example import mapping, settings, variables

from sopsmith.kube.secret import build_object
from sopsmith.repo.assign import assign
from sopsmith.repo.origin import find_origin, is_generated, recover

PLATFORM = settings(
    mapping(
        "app", data={"id": "GH_ID", "key": "GH_KEY"}, scopes=("dev", "core"), labels={"a": "b"}
    ),
    mapping("ghcr", "dockerconfigjson", data={"server": "R", "username": "U", "password": "P"}),
    mapping("web", "tls", data={"certificate": "CRT", "key": "KEY"}, namespace="web"),
    mapping("twice", data={"a": "SAME", "b": "SAME"}),
)
SCOPES = {scope.name: scope for scope in PLATFORM.scopes}


def own(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "kube-system"},
        "type": "Opaque",
        "stringData": {"value": "v"},
    } | changes


@pytest.mark.parametrize(
    "values",
    [
        {"DEV_DATABASE_URL": "x"},
        {"ORG": ""},
        {"DEV_GH_ID": "1", "DEV_GH_KEY": "-----\n"},
        {"DEV_B_R": "r", "DEV_B_U": "u", "DEV_B_P": "p"},
        {"CRT": "c", "KEY": "k"},
        {"PROD_SAME": "s"},
        {"PROD_1A": "s"},
    ],
)
def test_what_was_assigned_comes_back(values: dict[str, str]) -> None:
    given = variables(**values)
    found = []
    for item in assign(given, PLATFORM, ".env").desired:
        content: Any = build_object(item.manifest)
        origin = find_origin(content, SCOPES[item.scope], PLATFORM)
        assert origin is not None
        found += recover(origin, content["stringData"]) or []
    assert sorted(found) == sorted(item._replace(line=0) for item in given)


@pytest.mark.parametrize(
    ("scope", "content"),
    [
        ("dev", None),
        ("dev", []),
        ("dev", own("x", stringData={"value": 1})),
        ("dev", own("x", stringData={"other": "v"})),
        ("dev", own("x", data={})),
        ("dev", own("x", type="other")),
        ("dev", own("x", metadata={"name": "x", "namespace": "other"})),
        ("dev", own("x", metadata={"name": "x"})),
        ("dev", own("x.y")),
        ("core", own("1a")),
    ],
)
def test_a_secret_that_nothing_would_make_has_no_origin(scope: str, content: object) -> None:
    assert find_origin(content, SCOPES[scope], PLATFORM) is None
    assert not is_generated(content, SCOPES[scope], PLATFORM)


@pytest.mark.parametrize(
    ("scope", "name"), [("core", "dev-x"), ("core", "app-x"), ("dev", "b-x"), ("dev", "gh-id")]
)
def test_a_variable_that_would_go_elsewhere_is_no_origin(scope: str, name: str) -> None:
    assert find_origin(own(name), SCOPES[scope], PLATFORM) is None


def test_a_secret_from_before_a_mapping_was_generated_all_the_same() -> None:
    assert is_generated(own("gh-id"), SCOPES["dev"], PLATFORM)


def test_two_values_for_one_variable_are_not_recovered() -> None:
    content = own("twice", stringData={"a": "1", "b": "2"})
    origin = find_origin(content, SCOPES["dev"], PLATFORM)
    assert origin is not None
    assert recover(origin, content["stringData"]) is None


def test_a_docker_config_of_another_hand_is_not_recovered() -> None:
    content = own(
        "ghcr",
        type="kubernetes.io/dockerconfigjson",
        stringData={".dockerconfigjson": '{"auths": {}}'},
    )
    origin = find_origin(content, SCOPES["dev"], PLATFORM)
    assert origin is not None
    assert recover(origin, content["stringData"]) is None
