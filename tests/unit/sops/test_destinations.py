"""Destination rules are read strictly."""

from __future__ import annotations

import pytest

from sopsmith.errors import FormatError, RuleError
from sopsmith.sops.destinations import parse_destinations

AGE = "age1cy0su9fwf3gf9mw868g5yut09p6nytfmmnktexz2ya5uqg9vl9sss4euqm"


def parse(rules: str) -> object:
    return parse_destinations(f"destination_rules:\n{rules}".encode(), ".sops.yaml")


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("  - {path_regex: x}", "this has none"),
        ("  - {s3_bucket: a, gcs_bucket: b}", "this has s3_bucket and gcs_bucket"),
        ("  - {s3_bucket: a, s3_prefx: b}", "unknown field `s3_prefx`"),
        ("  - {s3_bucket: a, vault_address: b}", "unknown field `vault_address`"),
        ("  - {s3_bucket: a, omit_extensions: sometimes}", "must be true or false"),
        ("  - {s3_bucket: a, s3_prefix: [b]}", "must be text"),
        ("  - {s3_bucket: a, path_regex: '('}", "pattern|regex|expression"),
        ("  - {vault_path: a, vault_kv_version: 3}", "must be 1 or 2"),
        ("  - {s3_bucket: a, recreation_rule: {encrypted_regex: x}}", "names no master key"),
        ("  - {s3_bucket: a, recreation_rule: {agee: x}}", "unknown field `agee`"),
        (f"  - {{vault_path: a, recreation_rule: {{age: {AGE}}}}}", "in clear"),
        ("  - text", "not a mapping"),
        ("  {}", "no destination rules"),
    ],
)
def test_a_mistake_is_an_error(rules: str, words: str) -> None:
    with pytest.raises(RuleError, match=words):
        parse(rules)


def test_a_file_that_is_no_yaml_is_said() -> None:
    with pytest.raises(FormatError):
        parse_destinations(b"\xff", ".sops.yaml")


def test_the_first_rule_without_a_pattern_takes_every_file() -> None:
    (rule,) = parse_destinations(b"destination_rules: [{s3_bucket: a}]", ".sops.yaml")
    assert rule.matches("anything")
    assert rule.fields == {"s3_bucket": "a", "s3_prefix": ""}


def test_a_pattern_is_searched_for_in_either_path() -> None:
    (rule,) = parse_destinations(
        b"destination_rules: [{s3_bucket: a, path_regex: ^s/}]", ".sops.yaml"
    )
    assert rule.matches("s/x", "../s/x")
    assert not rule.matches("x", "./x")
