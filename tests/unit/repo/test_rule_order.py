"""A creation rule is hidden where no file can reach it, and only there."""

from __future__ import annotations

import pytest

from sopsmith import age
from sopsmith.repo.rule_order import find_hidden_rules
from sopsmith.sops.config import Config

_RECIPIENT = age.generate()[1]
FILES = ["a/x.yaml", "a/y.yaml", "b/x.yaml"]


def hidden(*patterns: str) -> list[tuple[str, str]]:
    """Return the hidden rules and what hides them, by their patterns."""
    rules = "".join(
        f"  - age: {_RECIPIENT}\n" + (f"    path_regex: {one}\n" if one else "") for one in patterns
    )
    config = Config.parse(f"creation_rules:\n{rules}".encode(), ".sops.yaml")
    return [(one.rule.path_regex, one.by.path_regex) for one in find_hidden_rules(config, FILES)]


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["^a/", "^b/", ""], []),
        (["", "^a/"], [("^a/", "")]),
        (["", "^not-yet/"], [("^not-yet/", "")]),
        ([".*", ""], [("", ".*")]),
        (["^a/", "x"], []),
        (["^a/", "^a/x"], [("^a/x", "^a/")]),
        (["^a/x", "^a/"], []),
        (["^a/x", "^a/y", "^a/"], []),
        (["^b/", "^b/x"], []),
        (["^b/", "^b/"], [("^b/", "^b/")]),
        (["^a/", "^not-yet/"], []),
    ],
)
def test_a_rule_is_hidden_by_an_earlier_one(
    patterns: list[str], found: list[tuple[str, str]]
) -> None:
    assert hidden(*patterns) == found
