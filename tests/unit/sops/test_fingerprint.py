"""A mask says kind, size and whether a value changed, and nothing else."""

from __future__ import annotations

import pytest
from tests.unit.sops.world import ALL, KEYRING, LATER, SECRETS, lock, unlock

from sopsmith import age
from sopsmith.errors import OutsideError
from sopsmith.flows.git_textconv import BY_VALUE, MASKED, REVEALED, convert
from sopsmith.secret import Secret
from sopsmith.sops.document import Document
from sopsmith.sops.fingerprint import mask, show_masked, sign_value, summarise
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.quick import parse_quick
from sopsmith.sops.rekey import rotate

TEXT = "kind: Secret\ndata:\n  a: héllo\n  b: 12\n  c: true\n  d: ''\n  e: x\n"


def shown(data: str, mode: str = MASKED, keyring: Keyring = KEYRING) -> str:
    key = age.derive_key(keyring.identities, b"test")
    return convert(data.encode(), "x.yaml", lambda: mode, lambda: (keyring, key)).decode()


def lines(data: str, mode: str = MASKED) -> list[str]:
    return [line for line in shown(data, mode).splitlines() if line.startswith("  ")]


def test_a_mask_says_kind_and_size() -> None:
    masked = [line.split("#")[0].strip() for line in lines(lock(TEXT, SECRETS))]
    assert masked == [
        "a: <str 6 bytes", "b: <int 2 bytes", "c: <bool 4 bytes", "d: ''", "e: <str 1 byte",
    ]  # fmt: skip


def test_clear_values_and_layout_stay() -> None:
    assert shown(lock(TEXT, SECRETS)).startswith("kind: Secret\ndata:\n  a: <str")


@pytest.mark.parametrize("mode", [MASKED, BY_VALUE])
def test_only_the_sign_of_a_changed_value_changes(mode: str) -> None:
    old = lock(TEXT, SECRETS)
    new = unlock(old).reencrypt(TEXT.replace("12", "13").encode(), now=LATER).decode()
    pairs = zip(lines(old, mode), lines(new, mode), strict=True)
    assert [one.split(":")[0].strip() for one, other in pairs if one != other] == ["b"]


def test_signs_by_value_outlive_a_rotation_and_others_do_not() -> None:
    old = lock(TEXT, SECRETS)
    new = rotate(unlock(old), None, {}, now=LATER).decode()
    assert lines(old, BY_VALUE) == lines(new, BY_VALUE)
    assert lines(old)[0] != lines(new)[0]


def test_a_sign_by_value_takes_the_key_the_path_the_type_and_the_number() -> None:
    key, other = Secret(b"1" * 32), Secret(b"2" * 32)
    signs = {
        sign_value(key, ("a",), "1", 0),
        sign_value(other, ("a",), "1", 0),
        sign_value(key, ("b",), "1", 0),
        sign_value(key, ("a",), 1, 0),
        sign_value(key, ("a",), "1", 1),
    }
    assert len(signs) == 5


def test_without_an_identity_every_mode_masks_by_token() -> None:
    sealed = lock(TEXT, SECRETS)
    assert {shown(sealed, mode, Keyring([])) for mode in (MASKED, BY_VALUE, REVEALED)} == {
        shown(sealed)
    }


def test_a_file_whose_mac_does_not_hold_is_not_revealed() -> None:
    found = shown(lock(TEXT, SECRETS).replace("kind: Secret", "kind: Other"), REVEALED)
    assert found.startswith("# sopsmith: the MAC does not match")
    assert "héllo" not in found


def test_a_file_that_is_not_sops_asks_for_nothing() -> None:
    def refuse() -> str:
        raise OutsideError("asked")

    assert convert(b"a: 1\n", "x.yaml", refuse, lambda: (KEYRING, None)) == b"a: 1\n"


def test_the_quick_reader_shows_what_the_general_one_shows() -> None:
    data = lock(TEXT.replace("é", "e"), ALL).encode()
    quick = parse_quick(data, "x.yaml")
    assert quick is not None
    assert show_masked(quick) == show_masked(Document.parse(data, "yaml", path="x.yaml"))


def test_the_summary_names_recipients_selector_and_time() -> None:
    document = Document.parse(lock(TEXT, SECRETS).encode(), "yaml", path="x.yaml")
    first, *rest = summarise(document.metadata)
    assert first.startswith(f"age {document.metadata.recipients[0]} #")
    assert rest[0] == "encrypted_regex: ^(data|stringData)$"
    assert rest[1].startswith("last modified 2026-01-02T03:04:05Z")


def test_what_is_no_token_is_left_alone() -> None:
    assert mask("ENC[AES256_GCM,data:x") == "ENC[AES256_GCM,data:x"
