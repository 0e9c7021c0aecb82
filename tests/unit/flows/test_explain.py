"""`explain` says which rule holds and why, who opens a file and what of it is encrypted."""

from __future__ import annotations

import pytest
from tests.unit.flows.looked_at import IDENTITY, MINE, OTHER, RULES, SECRET, Folder, folder

from sopsmith import age
from sopsmith.adapters.files import LocalFiles
from sopsmith.errors import FormatError, RuleError
from sopsmith.flows.explain import Explanation, explain
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.selectors import Selector

__all__ = ["folder"]


def of(path: str, *, identity: bool = False) -> Explanation:
    text = IDENTITY.reveal().decode() if identity else ""
    return explain(path, LocalFiles(), Keyring(age.parse_identities(text, "keys.txt")))


def test_the_rules_up_to_the_first_that_matches_are_listed(folder: Folder) -> None:
    folder.put("whole/x.yaml", "a: 1\n")
    found = of("whole/x.yaml")
    assert (found.config, found.seen_as) == (".sops.yaml", "whole/x.yaml")
    assert [(one.matched, one.why) for one in found.tried] == [
        (False, r"path_regex `\.secret\.yaml$` does not match"),
        (True, "path_regex `^whole/` matches"),
    ]


def test_a_rule_without_a_path_matches_every_path(folder: Folder) -> None:
    folder.put(".sops.yaml", f"creation_rules: [{{age: {MINE}}}]\n")
    folder.put("x.yaml", "a: 1\n")
    assert of("x.yaml").tried[0].why == "has no path_regex, so it matches every path"


def test_without_a_configuration_an_encrypted_file_explains_itself(folder: Folder) -> None:
    folder.lock("a.yaml", SECRET)
    (folder.root / ".sops.yaml").unlink()
    found = of("a.yaml")
    assert (found.config, found.tried) == ("", [])
    assert [one.name for one in found.readers] == [MINE]
    assert found.values[-1] == ("stringData.value", "encrypted")


def test_an_identity_at_hand_is_named_by_its_source(folder: Folder) -> None:
    folder.lock("a.secret.yaml", recipients=(MINE, OTHER))
    hands = [(one.name, one.at_hand) for one in of("a.secret.yaml", identity=True).readers]
    assert hands == [(MINE, "keys.txt"), (OTHER, "")]


def test_values_are_told_by_what_the_selector_says_of_them(folder: Folder) -> None:
    folder.put("a.secret.yaml", "data: {a: x, b: '', c: null, d: [1, {e: 2}]}\nother: x\n")
    assert of("a.secret.yaml").values == [
        ("data.a", "would be encrypted"),
        ("data.b", "empty"),
        ("data.c", "empty"),
        ("data.d[0]", "would be encrypted"),
        ("data.d[1].e", "would be encrypted"),
        ("other", "clear"),
    ]


def test_a_value_in_clear_that_should_not_be_is_said(folder: Folder) -> None:
    text = folder.lock("a.secret.yaml", SECRET + "    more: x\n")
    folder.put("a.secret.yaml", text.replace("more: ENC", "more: clear #"))
    assert of("a.secret.yaml").values[-1] == ("stringData.more", "in clear, should be encrypted")


def test_several_documents_are_told_apart(folder: Folder) -> None:
    folder.put("a.secret.yaml", f"{SECRET}---\n{SECRET}")
    assert of("a.secret.yaml").values[-1].key == "document 2: stringData.value"


def test_a_selector_that_looks_at_comments_is_understood(folder: Folder) -> None:
    text = "#encrypt me\na: made-up\n#note\nb: other\n"
    folder.lock("x.yaml", text, Selector("encrypted_comment_regex", "^encrypt"))
    assert of("x.yaml").values == [("a", "encrypted"), ("b", "clear")]


def test_key_groups_are_numbered_and_their_threshold_said(folder: Folder) -> None:
    groups = f"[{{age: [{MINE}]}}, {{age: [{OTHER}]}}]"
    folder.put(".sops.yaml", f"creation_rules: [{{key_groups: {groups}, shamir_threshold: 2}}]\n")
    folder.put("x.yaml", "a: 1\n")
    found = of("x.yaml")
    assert (found.threshold, [one.group for one in found.readers]) == (2, [1, 2])


def test_a_file_of_no_format_is_one_value(folder: Folder) -> None:
    folder.put(".sops.yaml", RULES.replace("^whole/", "pem$"))
    folder.put("key.pem", b"\xff")
    assert of("key.pem").values == [("the whole file", "would be encrypted")]


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("x.yaml", "a: [", FormatError),
        (".sops.yaml", "creation_rules: 1\n", RuleError),
    ],
)
def test_what_is_broken_is_an_error(
    folder: Folder, name: str, text: str, error: type[Exception]
) -> None:
    folder.put("x.yaml", "a: 1\n")
    folder.put(name, text)
    with pytest.raises(error):
        of("x.yaml")
