"""Variables become names, and names variables."""

from __future__ import annotations

import pytest

from sopsmith.errors import EnvFileError, LayoutError
from sopsmith.repo import names


@pytest.mark.parametrize(
    ("variable", "name"),
    [("DATABASE_URL", "database-url"), ("A", "a"), ("A1__B", "a1--b"), ("1A", "1a")],
)
def test_upper_case_becomes_lower_case_and_back(variable: str, name: str) -> None:
    assert names.secret_name(variable) == name
    assert names.variable_name(name) == variable


@pytest.mark.parametrize(
    ("variable", "reason"),
    [
        ("", "empty"),
        ("_A", "begin or end"),
        ("A_", "begin or end"),
        ("A" * 254, "253"),
        ("A.B", "only letters"),
        ("Ä", "only letters"),
    ],
)
def test_what_cannot_become_a_name_is_an_error_with_its_reason(variable: str, reason: str) -> None:
    with pytest.raises(EnvFileError, match=reason):
        names.secret_name(variable)


def test_253_characters_are_a_name() -> None:
    assert names.secret_name("A" * 253) == "a" * 253


@pytest.mark.parametrize("name", ["", "-a", "A", "a_b", "a.b"])
def test_no_variable_becomes_such_a_name(name: str) -> None:
    with pytest.raises(EnvFileError):
        names.variable_name(name)


@pytest.mark.parametrize("name", ["", "Kube", "a" * 64, "a."])
def test_a_namespace_is_a_label(name: str) -> None:
    with pytest.raises(LayoutError, match="namespace"):
        names.check_namespace(name)


def test_names_that_kubernetes_takes_come_back() -> None:
    assert names.check_name("github-app") == "github-app"
    assert names.check_namespace("kube-system") == "kube-system"
