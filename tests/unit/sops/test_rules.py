"""Creation rules and selectors fail closed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.sops.world import NOW, RECIPIENT

from sopsmith import age
from sopsmith.errors import Error, MasterKeyError, RuleError
from sopsmith.sops.config import Config
from sopsmith.sops.document import encrypt
from sopsmith.sops.selectors import Selector, build_selector, compile_regex


def config(rules: str, path: str = ".sops.yaml") -> Config:
    return Config.parse(f"creation_rules:\n{rules}".encode(), path)


def test_the_first_rule_that_matches_counts(tmp_path: Path) -> None:
    found = config(
        f"  - {{path_regex: 'dev/', age: {RECIPIENT}, encrypted_regex: first}}\n"
        f"  - {{age: {RECIPIENT}, encrypted_regex: second}}\n",
        str(tmp_path / ".sops.yaml"),
    )
    assert found.rule_for(str(tmp_path / "dev/x.yaml")).selector.pattern == "first"
    assert found.rule_for(str(tmp_path / "prod/x.yaml")).selector.pattern == "second"


def test_a_path_regex_sees_the_path_below_the_configuration(tmp_path: Path) -> None:
    found = config(f"  - {{path_regex: '^a/x', age: {RECIPIENT}}}\n", str(tmp_path / ".sops.yaml"))
    assert found.rule_for(str(tmp_path / "a/x.yaml"))
    with pytest.raises(RuleError, match="no creation rule"):
        found.rule_for(str(tmp_path / "b/a/x.yaml"))


def test_recipients_of_a_list_and_of_a_text_are_each_taken_once() -> None:
    found = config(f"  - {{age: ['{RECIPIENT},{RECIPIENT}', ' {RECIPIENT} ']}}\n")
    assert found.rules[0].recipients == (RECIPIENT,)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("encrypted_regex: '('", "invalid regular expression"),
        ("encrypted_regex: '(?=x)'", "invalid regular expression"),
        ("path_regex: '['", "invalid regular expression"),
        ("encrypted_regex: a, unencrypted_regex: b", "only one selector"),
        ("encrypted_regx: a", "unknown field"),
        ("mac_only_encrypted: maybe", "true or false"),
    ],
)
def test_what_sops_ignores_is_an_error_that_names_the_rule(rule: str, words: str) -> None:
    with pytest.raises(RuleError, match=words) as caught:
        config(f"  - {{age: {RECIPIENT}, {rule}}}\n")
    assert "creation_rules[0]" in (caught.value.key or "")


def test_an_unknown_field_suggests_the_one_that_was_meant() -> None:
    with pytest.raises(RuleError) as caught:
        config("  - {encrypted_regx: a}\n")
    assert caught.value.hint == "did you mean `encrypted_regex`?"


@pytest.mark.parametrize("rule", ["pgp: ABCD", "age: age1nonsense", "age: age1pq1x"])
def test_a_master_key_that_cannot_be_used_is_refused(rule: str) -> None:
    with pytest.raises(MasterKeyError):
        config(f"  - {{{rule}}}\n")


def test_what_is_no_recipient_at_all_is_not_shown() -> None:
    with pytest.raises(MasterKeyError, match="15 characters") as caught:
        config("  - {age: hunter2-hunter2}\n")
    assert "hunter2" not in str(caught.value)


def test_a_kind_of_master_key_that_cannot_be_reached_is_refused_at_encryption() -> None:
    [rule] = config("  - {kms: 'arn:aws:kms:eu-west-1:1:key/x'}\n").rules
    with pytest.raises(MasterKeyError, match="kind kms"):
        encrypt(b"a: 1\n", "yaml", rule, now=NOW, path="x.yaml")


@pytest.mark.parametrize(
    ("field", "kind", "fields"),
    [
        (
            "kms: 'arn:aws:kms:r:1:key/x+arn:aws:iam::1:role/y', aws_profile: p",
            "kms",
            {"arn": "arn:aws:kms:r:1:key/x", "aws_profile": "p", "role": "arn:aws:iam::1:role/y"},
        ),
        (
            "hc_vault_transit_uri: 'https://v:8200/v1/sops/keys/first'",
            "hc_vault",
            {"vault_address": "https://v:8200", "engine_path": "sops", "key_name": "first"},
        ),
        (
            "azure_keyvault: 'https://v.example/keys/k/1a'",
            "azure_kv",
            {"vault_url": "https://v.example", "name": "k", "version": "1a"},
        ),
        ("gcp_kms: projects/p/k", "gcp_kms", {"resource_id": "projects/p/k"}),
        (
            "pgp: 'fbc7b9e2a4f9289ac0c1d4843d16cee4a27381b4'",
            "pgp",
            {"fp": "FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4"},
        ),
    ],
)
def test_a_flat_field_names_a_master_key(field: str, kind: str, fields: dict[str, str]) -> None:
    [[key]] = config(f"  - {{{field}}}\n").rules[0].key_groups
    assert (key.kind, key.fields) == (kind, fields)


def test_key_groups_replace_the_flat_fields_and_merge_is_flattened() -> None:
    other = age.generate()[1]
    [rule] = config(
        f"  - {{age: {RECIPIENT}, shamir_threshold: 2, key_groups: [{{age: [{other}]}}, "
        f"{{merge: [{{age: [{RECIPIENT}]}}, {{age: [{RECIPIENT}, {other}]}}]}}]}}\n"
    ).rules
    names = [[key.name for key in group] for group in rule.key_groups]
    assert names == [[other], [RECIPIENT, other]]
    assert rule.threshold == 2


@pytest.mark.parametrize("threshold", ["1", "3", "x"])
def test_a_threshold_that_the_groups_cannot_meet_is_refused(threshold: str) -> None:
    groups = f"[{{age: [{RECIPIENT}]}}, {{age: [{RECIPIENT}]}}]"
    with pytest.raises(RuleError, match=r"not possible|must be a number"):
        config(f"  - {{key_groups: {groups}, shamir_threshold: {threshold}}}\n")


def test_an_identity_in_place_of_a_recipient_is_refused_and_not_shown() -> None:
    with pytest.raises(Error) as caught:
        config("  - {age: AGE-SECRET-KEY-1CANARY}\n")
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "pattern", "path", "selected"),
    [
        ("unencrypted_suffix", "_clear", ("a_clear", "b"), False),
        ("unencrypted_suffix", "_clear", ("a", "b"), True),
        ("encrypted_suffix", "_s", ("a", "b_s", "c"), True),
        ("encrypted_suffix", "_s", ("a",), False),
        ("encrypted_regex", "data", ("metadata", "name"), True),
        ("encrypted_regex", "^(data|stringData)$", ("metadata",), False),
        ("encrypted_regex", "^(data|stringData)$", ("stringData", "x"), True),
        ("encrypted_regex", "^(?i)DATA$", ("data",), True),
        ("unencrypted_regex", "^kind$", ("kind",), False),
        ("unencrypted_regex", "^kind$", (), True),
        ("encrypted_regex", "x", (), False),
    ],
)
def test_a_selector_looks_at_each_key_of_the_path(
    kind: str, pattern: str, path: tuple[str, ...], selected: bool
) -> None:
    assert Selector(kind, pattern).selects(path) is selected


@pytest.mark.parametrize("pattern", ["^(a|b)$", "^a$", "a", "^a|b$", "^(a|b.)$", "^(a|)$"])
@pytest.mark.parametrize("text", ["a", "b", "ab", "xa", "bx", "", "a\n"])
def test_the_short_way_for_whole_words_agrees_with_re2(pattern: str, text: str) -> None:
    import re2

    assert compile_regex(pattern)(text) == (re2.search(pattern, text) is not None)


def test_without_a_selector_the_suffix_of_sops_holds() -> None:
    assert build_selector({}).pattern == "_unencrypted"


def test_a_list_of_anchors_at_the_top_is_no_field_of_sops() -> None:
    text = f"keys:\n  - &admin {RECIPIENT}\ncreation_rules:\n  - age: [*admin]\n"
    assert Config.parse(text.encode(), ".sops.yaml").rules[0].recipients == (RECIPIENT,)


def test_a_misspelt_field_at_the_top_is_an_error() -> None:
    with pytest.raises(RuleError, match="unknown field `creation_rule`"):
        Config.parse(f"creation_rule:\n  - age: {RECIPIENT}\n".encode(), ".sops.yaml")
