"""A document keeps what is not encrypted, and notices what was changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from tests.documents import JSON_MODELS, MODELS, Model, same, to_yaml
from tests.unit.sops.world import ALL, KEYRING, LATER, NOW, RECIPIENT, SECRETS, lock, unlock

from sopsmith import age
from sopsmith.errors import (
    AlreadyEncrypted,
    FormatError,
    MacMismatch,
    NoIdentity,
    NotEncrypted,
    RuleError,
    Tampered,
)
from sopsmith.formats.tree import to_object
from sopsmith.sops.document import Document
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.selectors import Selector

MANIFEST = """\
# kept as it is
apiVersion: v1
kind:   Secret   # two spaces

metadata: {name: "db", labels: {a: 'b'}}
stringData:
  # who may read this
  value: hunter2 # inline
  list:
  - same
  - same
  empty: ""
  nothing:
  pem: |
    -----BEGIN-----
    abc
    -----END-----

type: Opaque
"""

EVERYTHING = Selector("unencrypted_suffix", "_never")


@given(model=MODELS)
def test_the_values_come_back_with_their_types(model: Model) -> None:
    [found] = unlock(lock(to_yaml(model), EVERYTHING)).objects()
    assert same(found, model)


@given(model=MODELS)
def test_encrypting_an_unchanged_plaintext_again_changes_no_byte(model: Model) -> None:
    sealed = lock(to_yaml(model), EVERYTHING)
    plaintext = unlock(sealed).plaintext()
    assert unlock(sealed).reencrypt(plaintext, now=LATER).decode() == sealed


@given(model=JSON_MODELS)
def test_json_comes_back_byte_for_byte(model: Model) -> None:
    import json

    text = json.dumps(model, indent=2, ensure_ascii=False)
    assert unlock(lock(text, EVERYTHING, "json"), "json").plaintext().decode() == text


def test_the_plaintext_of_a_manifest_comes_back_byte_for_byte() -> None:
    assert unlock(lock(MANIFEST, SECRETS)).plaintext().decode() == MANIFEST


def test_only_the_selected_lines_change_when_a_file_is_encrypted() -> None:
    sealed = lock(MANIFEST, SECRETS).split("\nsops:\n")[0].splitlines()
    kept = [line for line in MANIFEST.splitlines() if line in sealed]
    assert kept == [
        line
        for line in MANIFEST.splitlines()
        if not any(word in line for word in ("hunter2", "same", "---", "abc", "who", "pem"))
    ]


def test_a_comment_among_secrets_is_encrypted() -> None:
    assert "who may read" not in lock(MANIFEST, SECRETS)
    assert "# kept as it is" in lock(MANIFEST, SECRETS)


def test_a_change_of_one_value_changes_that_line_the_time_and_the_mac() -> None:
    sealed = lock(MANIFEST, SECRETS)
    plaintext = unlock(sealed).plaintext().replace(b"hunter2", b"hunter3")
    again = unlock(sealed).reencrypt(plaintext, now=LATER).decode()
    changed = [
        new.split(":")[0].strip()
        for old, new in zip(sealed.splitlines(), again.splitlines(), strict=True)
        if old != new
    ]
    assert changed == ["value", "lastmodified", "mac"]


def test_equal_values_of_one_list_keep_tokens_that_differ() -> None:
    sealed = lock(MANIFEST, SECRETS)
    plaintext = unlock(sealed).plaintext().replace(b"hunter2", b"hunter3")
    again = unlock(sealed).reencrypt(plaintext, now=LATER).decode()
    tokens = [line for line in again.splitlines() if line.startswith("  - ")]
    assert len(set(tokens)) == 2
    assert tokens == [line for line in sealed.splitlines() if line.startswith("  - ")]


def test_a_value_is_set_without_touching_another_line() -> None:
    sealed = lock(MANIFEST, SECRETS)
    again = unlock(sealed).set_values({("stringData", "value"): "new"}, now=LATER).decode()
    assert unlock(again).objects()[0]["stringData"]["value"] == "new"  # type: ignore[index]
    changed = [
        number
        for number, pair in enumerate(zip(sealed.splitlines(), again.splitlines(), strict=True))
        if pair[0] != pair[1]
    ]
    assert len(changed) == 3


def test_setting_what_stands_already_changes_no_byte() -> None:
    sealed = lock(MANIFEST, SECRETS)
    again = unlock(sealed).set_values({("stringData", "value"): "hunter2"}, now=LATER)
    assert again.decode() == sealed


def test_setting_what_does_not_stand_is_refused() -> None:
    with pytest.raises(FormatError, match="no value to set"):
        unlock(lock(MANIFEST)).set_values({("stringData", "missing"): "x"}, now=LATER)


def test_an_alias_of_a_secret_is_written_out_and_a_clear_one_is_kept() -> None:
    sealed = lock("clear: &c v\nother: *c\ndata:\n  a: &x s\n  b: *x\n  m: {<<: *x}\n", SECRETS)
    assert "other: *c" in sealed
    assert "*x" not in sealed
    [found] = unlock(sealed).objects()
    expected = {"clear": "v", "other": "v", "data": {"a": "s", "b": "s", "m": {"<<": "s"}}}
    assert found == expected


def test_an_alias_outside_does_not_repeat_a_ciphertext() -> None:
    sealed = lock("data: &x {a: s}\nclear: *x\n", Selector("encrypted_regex", "^data$"))
    assert unlock(sealed).objects()[0] == {"data": {"a": "s"}, "clear": {"a": "s"}}


def test_windows_line_ends_are_kept() -> None:
    text = "a: x\r\nb: |\r\n    l\r\n    m\r\nc: z\r\n"
    sealed = lock(text)
    assert "\n" not in sealed.replace("\r\n", "")
    assert unlock(sealed).plaintext().decode() == text


def test_every_document_of_a_file_carries_the_metadata() -> None:
    sealed = lock("a: 1\n---\nb: 2\n")
    assert sealed.count("\nsops:\n") == 2
    assert unlock(sealed).plaintext().decode() == "a: 1\n---\nb: 2\n"


def test_unknown_metadata_survives_a_change() -> None:
    sealed = lock("a: x\n").replace("\n    version:", "\n    attention: keep me\n    version:")
    again = unlock(sealed).reencrypt(b"a: y\n", now=LATER).decode()
    assert "    attention: keep me\n" in again


def test_metadata_in_an_old_order_keeps_its_order() -> None:
    sealed = lock("a: x\n")
    head, _, body = sealed.partition("sops:\n")
    lines = body.splitlines(keepends=True)
    moved = head + "sops:\n" + lines[-1] + "".join(lines[:-1])
    again = unlock(moved).reencrypt(b"a: y\n", now=LATER).decode()
    assert again.partition("sops:\n")[2].startswith("    version:")


def swap(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


TWO = "a: first\nb: second\nclear_unencrypted: kept\n"


@pytest.mark.parametrize("where", ["data:", "iv:", "tag:"])
def test_a_changed_token_is_noticed_at_its_key(where: str) -> None:
    sealed = lock(TWO)
    at = sealed.index(where) + len(where)
    broken = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
    with pytest.raises(Tampered) as caught:
        unlock(broken)
    assert caught.value.key == "a"


def test_a_moved_token_is_noticed() -> None:
    lines = lock(TWO).splitlines(keepends=True)
    lines[0], lines[1] = (
        lines[0].split(": ")[0] + ": " + lines[1].split(": ")[1],
        lines[1].split(": ")[0] + ": " + lines[0].split(": ")[1],
    )
    with pytest.raises(Tampered):
        unlock("".join(lines))


def test_a_clear_value_among_encrypted_ones_is_noticed_and_not_shown() -> None:
    sealed = lock(TWO).splitlines(keepends=True)
    with pytest.raises(Tampered, match="in clear") as caught:
        unlock("a: canary\n" + "".join(sealed[1:]))
    assert "canary" not in str(caught.value) + str(caught.value.hint)


@pytest.mark.parametrize(
    ("old", "new"),
    [("clear_unencrypted: kept", "clear_unencrypted: other"), ("clear_unencrypted: kept\n", "")],
)
def test_a_changed_clear_value_breaks_the_mac(old: str, new: str) -> None:
    with pytest.raises(MacMismatch, match="does not match"):
        unlock(swap(lock(TWO), old, new))


def test_a_removed_value_breaks_the_mac() -> None:
    with pytest.raises(MacMismatch):
        unlock("".join(lock(TWO).splitlines(keepends=True)[1:]))


def test_a_file_without_a_mac_is_refused() -> None:
    lines = [line for line in lock(TWO).splitlines(keepends=True) if "    mac: " not in line]
    with pytest.raises(MacMismatch, match="has no MAC"):
        unlock("".join(lines))


def test_another_time_in_the_metadata_is_refused() -> None:
    with pytest.raises(MacMismatch, match="does not open"):
        unlock(swap(lock(TWO), "2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z"))


def test_a_time_with_an_offset_of_zero_is_the_same_time() -> None:
    assert unlock(swap(lock(TWO), "03:04:05Z", "03:04:05+00:00")).objects()


def test_a_mac_can_be_ignored_on_request() -> None:
    broken = swap(lock(TWO), "clear_unencrypted: kept", "clear_unencrypted: other")
    document = Document.parse(broken.encode(), "yaml", path="x.yaml")
    assert document.unlock(KEYRING, ignore_mac=True).objects()


def test_without_an_identity_the_recipients_and_what_was_tried_are_named() -> None:
    identity, other = age.generate()
    keyring = Keyring(age.parse_identities(identity.reveal().decode(), "other.txt"))
    with pytest.raises(NoIdentity) as caught:
        Document.parse(lock(TWO).encode(), "yaml", path="x.yaml").unlock(keyring)
    words = str(caught.value)
    assert RECIPIENT in words
    assert f"{other} (from other.txt)" in words
    assert "AGE-SECRET" not in words


def test_a_damaged_stanza_of_ones_own_is_damage_not_a_missing_identity() -> None:
    sealed = lock(TWO)
    at = sealed.index("-----END AGE") - 40
    at += sealed[at:].index("\n") - 10
    broken = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
    with pytest.raises(Tampered, match="damaged"):
        unlock(broken)


def test_an_encrypted_file_is_not_encrypted_again() -> None:
    with pytest.raises(AlreadyEncrypted):
        lock(lock(TWO))


def test_a_plain_file_is_said_to_be_plain() -> None:
    with pytest.raises(NotEncrypted):
        unlock(TWO)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "- a\n", "word\n", "---\n"])
def test_a_file_without_a_mapping_at_its_top_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        lock(text)


def test_a_selector_that_would_leave_the_file_in_clear_is_refused() -> None:
    with pytest.raises(RuleError, match="written in clear"):
        lock("password: x\n", SECRETS)


def test_a_selected_value_that_is_empty_is_not_a_file_in_clear() -> None:
    assert unlock(lock("data: {a: ''}\nkind: x\n", SECRETS)).objects()


def test_an_integer_that_would_lose_digits_is_refused() -> None:
    with pytest.raises(RuleError, match="lose digits"):
        lock("a: 99999999999999999999999\n")


def test_bytes_that_are_not_text_are_refused_by_line() -> None:
    from sopsmith.sops.config import CreationRule
    from sopsmith.sops.document import encrypt

    with pytest.raises(FormatError, match="line 2"):
        encrypt(b"a: 1\nb: \xff\n", "yaml", CreationRule((RECIPIENT,), ALL), now=NOW, path="x")


def test_a_list_item_that_sops_wrote_for_a_comment_comes_back_as_one() -> None:
    from sopsmith.sops.values import Cipher, CommentText, additional_data

    sealed = lock("l:\n    - x\n")
    document = Document.parse(sealed.encode(), "yaml", path="x")
    key = KEYRING.unlock_data_key(document.metadata).reveal()
    token = Cipher(key).encrypt(CommentText(" note"), additional_data(("l",)), b"i" * 32)
    with_item = sealed.replace("l:\n", f"l:\n    - {token}\n")
    assert unlock(with_item).plaintext().decode() == "l:\n    # note\n    - x\n"


def test_trees_read_for_the_test_hold_no_metadata() -> None:
    assert "sops" not in str(to_object(unlock(lock(TWO)).trees[0].root))


def test_a_byte_order_mark_stays_through_every_change() -> None:
    sealed = lock("\ufeffa: one\nb: two\n")
    one = unlock(sealed)
    assert sealed.startswith("\ufeffa: ENC[")
    assert one.original == sealed.encode()
    assert one.plaintext() == b"\xef\xbb\xbfa: one\nb: two\n"
    assert one.reencrypt(one.plaintext(), now=LATER) == sealed.encode()
    again = one.reencrypt("\ufeffa: one\nb: new\n".encode(), now=LATER).decode()
    assert again.splitlines()[0] == sealed.splitlines()[0]
    assert one.set_values({("a",): "x"}, now=LATER).startswith(b"\xef\xbb\xbfa: ENC[")


def test_json_is_written_without_a_byte_order_mark_since_sops_reads_none() -> None:
    assert lock('\ufeff{"a": "x"}', kind="json").startswith('{"a": "ENC[')


def test_a_clear_block_that_the_end_of_the_file_cuts_off_is_refused() -> None:
    with pytest.raises(RuleError, match="does not end"):
        lock("k1: q\nk2_unencrypted: |\n  text")


def test_an_encrypted_block_at_the_end_of_the_file_needs_no_line_end() -> None:
    assert unlock(lock("k1: q\nk2: |\n  text")).objects() == [{"k1": "q", "k2": "text"}]


def test_a_clear_comment_behind_the_bar_of_an_encrypted_block_is_kept() -> None:
    sealed = lock("k1: > # note\n  x\n", Selector("encrypted_regex", "^k1$"))
    assert sealed.splitlines()[0].endswith("] # note")
    assert unlock(sealed).objects() == [{"k1": "x\n"}]


def test_a_plus_in_the_comment_of_a_block_keeps_the_blank_lines_behind_it() -> None:
    sealed = lock("a: | # c++\n  x\n\n\nb: y\n", Selector("encrypted_regex", "^a$"))
    assert "\n\n\nb: y\n" in sealed


def test_a_value_keeps_its_quotes_in_the_encrypted_file_and_comes_back_in_them() -> None:
    text = "a: 'it''s'\nb: \"1\"   # note\nc:\n  - 'x'\nd: plain\n"
    sealed = lock(text)
    assert "a: 'ENC[" in sealed
    assert 'b: "ENC[' in sealed
    assert unlock(sealed).plaintext().decode() == text


def test_values_in_brackets_come_back_in_double_quotes_or_plain() -> None:
    text = 'a: {b: plain, "c": "double", d: ["1", 1]}\ne: ["x y"]\n'
    sealed = lock(text)
    assert "{b: 'ENC[" in sealed
    assert '"c": "ENC[' in sealed
    assert unlock(sealed).plaintext().decode() == text


def moved(text: str, key: str) -> str:
    """Return an encrypted text with its metadata above a top-level key."""
    body, _, metadata = text.partition("sops:\n")
    before, found, behind = body.partition(f"\n{key}:")
    return f"{before}\nsops:\n{metadata}{found[1:]}{behind}"


@pytest.mark.parametrize(
    ("old", "new"),
    [("b: 1", "b: 2"), ("c: 3", "c: 4"), ("b: 1\n", ""), ("c: 3\n", "c: 3\nd: 4\n"),
     ("b: 1\n# note\nc: 3\n", "b: 2\n# note\nc: 4\n"), ("c: 3\n", "# x\nc: 5\n")],
)  # fmt: skip
@pytest.mark.parametrize("key", ["a", "b", "c"])
def test_metadata_that_do_not_stand_at_the_end_stay_where_they_are(
    old: str, new: str, key: str
) -> None:
    text = "# top\na:\n  x: 1\n  # in\n  y: 2\nb: 1\n# note\nc: 3\n"
    one = unlock(moved(lock(text), key))
    assert one.plaintext().decode() == text
    wanted = text.replace(old, new)
    if f"\n{key}:" not in wanted:
        return
    changed = one.reencrypt(wanted.encode(), now=LATER)
    assert changed.decode().index("sops:\n") < changed.decode().index(f"\n{key}:")
    assert unlock(changed.decode()).plaintext().decode() == wanted


def test_metadata_go_to_the_end_where_their_place_is_gone() -> None:
    one = unlock(moved(lock("a: 1\nb: 2\n"), "b"))
    changed = one.reencrypt(b"c: 1\nd: 2\n", now=LATER).decode()
    assert changed.index("sops:\n") > changed.index("d:")
    assert unlock(changed).objects() == [{"c": 1, "d": 2}]
