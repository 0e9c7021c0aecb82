"""A scope without a rule gets one behind all others, or nothing is changed."""

from __future__ import annotations

import pytest

from sopsmith import age
from sopsmith.errors import RuleError
from sopsmith.repo.layout_settings import default_settings
from sopsmith.repo.new_rule import append_rule, find_rule, prepend_rules
from sopsmith.sops.config import Config

DEV, QA = age.generate()[1], age.generate()[1]
SETTINGS = default_settings({"dev": (DEV,), "qa": ()})
RULES = f"""\
# whose is whose
creation_rules:
  - path_regex: /dev/  # dev's
    age: {DEV}
"""


@pytest.mark.parametrize(
    "rules",
    [
        RULES,
        RULES.rstrip("\n"),
        RULES.replace("\n", "\r\n"),
        f"creation_rules:\n- path_regex: /dev/\n  age: {DEV}\n",
        RULES.replace(": /dev/", ": /(dev|x)/") + "  # the end\n",
    ],
)
def test_what_stands_keeps_its_bytes_and_the_new_rule_is_the_scope_s(rules: str) -> None:
    data = rules.encode()
    assert find_rule(data, SETTINGS, "qa") is None
    made = append_rule(data, SETTINGS, "qa", (QA, DEV))
    found = find_rule(made, SETTINGS, "qa")
    assert made.startswith(data)
    assert found is not None
    assert found.recipients == (QA, DEV)
    assert len(Config.parse(made, "").rules) == 2
    assert made.count(b"\r\n") in (0, made.count(b"\n"))


@pytest.mark.parametrize(
    "rules",
    [
        f"creation_rules: [{{path_regex: /dev/, age: {DEV}}}]\n",
        RULES + "stores:\n  yaml:\n    indent: 2\n",
        RULES + "destination_rules:\n  - path_regex: /dev/\n    s3_bucket: x\n",
        RULES + "...\n",
        f"creation_rules:\n    - path_regex: /dev/\n      age: {DEV}\n",
        "creation_rules: []\n",
    ],
)
def test_rules_that_cannot_be_extended_surely_are_left_to_their_owner(rules: str) -> None:
    with pytest.raises(RuleError, match="has no rule for qa") as caught:
        append_rule(rules.encode(), SETTINGS, "qa", (QA,))
    assert caught.value.hint is not None
    assert "qa/secrets" in caught.value.hint


@pytest.mark.parametrize("indent", ["", "  ", "    "])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_rules_go_before_the_others_and_these_keep_their_bytes(indent: str, newline: str) -> None:
    head = f"# whose{newline}creation_rules: # here{newline}"
    rest = newline.join([f"{indent}# all", f"{indent}- age: {DEV}", f"{indent}  mac_only_encrypted: true", ""])  # fmt: skip  # noqa: E501
    one = default_settings({"qa": (QA,)})
    made = prepend_rules((head + rest).encode(), one)
    assert made.startswith(head.encode())
    assert made.endswith(rest.encode())
    found = find_rule(made, one, "qa")
    assert found is not None
    assert found.recipients == (QA,)
    assert made.count(b"\r\n") in (0, made.count(b"\n"))


@pytest.mark.parametrize("rules", ["creation_rules: []\n", f"creation_rules: [{{age: {DEV}}}]\n"])
def test_rules_in_brackets_are_left_to_their_owner(rules: str) -> None:
    with pytest.raises(RuleError, match="before the others"):
        prepend_rules(rules.encode(), default_settings({"qa": (QA,)}))
