"""Identities are put beside others and taken out one by one, and no line is ever lost."""

from __future__ import annotations

import base64

import pytest

from sopsmith import age
from sopsmith.errors import ManifestError, MasterKeyError
from sopsmith.kube.key_secret import (
    keys_of,
    merge_identities,
    recipients_in,
    take_out,
    with_keys,
)
from sopsmith.secret import Secret

(FIRST, ONE), (SECOND, TWO) = age.generate(), age.generate()


def lines(*texts: Secret | str) -> Secret:
    return Secret(
        b"".join((t.encode() if isinstance(t, str) else t.reveal()) + b"\n" for t in texts)
    )


def test_a_merged_identity_stands_after_those_that_stood() -> None:
    keys = merge_identities(lines("# of prod", FIRST), [SECOND])
    assert keys == lines("# of prod", FIRST, SECOND)
    assert recipients_in(keys) == (ONE, TWO)


def test_an_identity_that_stands_is_not_put_in_twice() -> None:
    assert merge_identities(lines(FIRST), [FIRST]) == lines(FIRST)


def test_a_last_line_without_its_end_and_windows_line_ends_are_mended() -> None:
    keys = merge_identities(Secret(b"# x\r\n" + FIRST.reveal()), [SECOND])
    assert keys == lines("# x", FIRST, SECOND)


def test_taking_out_leaves_comments_and_identities_of_other_kinds() -> None:
    foreign = "AGE-PLUGIN-YUBIKEY-1QQQQ"
    assert take_out(lines("# a", FIRST, foreign, SECOND), {ONE}) == lines("# a", foreign, SECOND)


def test_the_last_identity_is_never_taken_out() -> None:
    with pytest.raises(MasterKeyError, match="no identity would be left"):
        take_out(lines("# a", FIRST, "AGE-PLUGIN-YUBIKEY-1QQQQ"), {ONE})


def test_taking_out_what_is_not_there_changes_nothing() -> None:
    assert take_out(lines(FIRST), {TWO}) == lines(FIRST)


def test_a_malformed_line_is_named_by_its_number_and_never_quoted() -> None:
    with pytest.raises(MasterKeyError) as caught:
        recipients_in(lines("# a", "AGE-SECRET-KEY-1CANARY"))
    assert caught.value.key == "keys.txt: line 2"
    assert "CANARY" not in str(caught.value)


def test_other_data_and_labels_of_the_secret_stay() -> None:
    standing = {"metadata": {"resourceVersion": "7"}, "data": {"other": "eA==", "keys.txt": ""}}
    made = with_keys(standing, lines(FIRST))
    assert made["metadata"] == {"resourceVersion": "7"}
    assert made["data"]["other"] == "eA=="
    assert keys_of(made) == lines(FIRST)
    assert standing["data"]["keys.txt"] == ""


def test_a_secret_that_is_not_there_holds_nothing() -> None:
    assert keys_of(None) == Secret(b"")
    assert keys_of({"data": None}) == Secret(b"")


def test_data_that_is_not_base64_is_refused_without_a_word_of_it() -> None:
    with pytest.raises(ManifestError) as caught:
        keys_of({"data": {"keys.txt": FIRST.reveal().decode()}})
    assert base64.b64encode(FIRST.reveal())[:12].decode() not in str(caught.value)
    assert FIRST.reveal().decode() not in str(caught.value)
