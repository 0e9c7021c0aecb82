"""SOPS documents of the formats beside YAML and JSON, and conversions between them."""

from __future__ import annotations

import json

import pytest
from tests.unit.sops.world import ALL, KEYRING, LATER, NOW, RECIPIENT, SECRETS, lock, unlock

from sopsmith.errors import AlreadyEncrypted, FormatError, MacMismatch, RuleError, Tampered
from sopsmith.formats import load_format
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document, Unlocked, encrypt
from sopsmith.sops.plain import read_plain
from sopsmith.sops.rekey import plan_rekey, rotate, update_keys
from sopsmith.sops.sealing import encrypt_plain
from sopsmith.sops.selectors import Selector

INI = """\
; t-op
g = 1

[db] ; be-hind the header
# c-0

; c-1
user = a-min ; be-hind the value
pw   = `a#b`
pem  = \"\"\"l-1
l-2\"\"\"
host_unencrypted = h
empty =

; end
"""
DOTENV = '# c-0\nA=1\nB="x"\n\nC=l-1\\nl-2\nD_unencrypted=d\n'


def lock_binary(data: bytes, rule: CreationRule | None = None) -> bytes:
    return encrypt(data, "binary", rule or CreationRule((RECIPIENT,)), now=NOW, path="x.bin")


def open_binary(data: bytes) -> Unlocked:
    return Document.parse(data, "binary", path="x.bin").unlock(KEYRING)


def convert(text: str, source: str, target: str, selector: Selector = ALL) -> str:
    plain = read_plain(text.encode(), load_format(source)).converted(target)
    rule = CreationRule((RECIPIENT,), selector)
    return encrypt_plain(plain, rule, now=NOW, path="x").decode()


@pytest.mark.parametrize(("text", "kind"), [(INI, "ini"), (DOTENV, "dotenv")])
def test_no_value_and_no_comment_stays_readable(text: str, kind: str) -> None:
    sealed = lock(text, ALL, kind)
    clear = ("a-min", "a#b", "l-1", "l-2", "be-hind", "c-0", "c-1", "t-op", '"x"')
    assert [word for word in clear if word in sealed] == []
    assert "unencrypted" in sealed


def test_ini_comes_back_with_its_layout() -> None:
    # A comment behind a header or a value that has one above joins it there, as in sops.
    assert unlock(lock(INI, ALL, "ini"), "ini").plaintext().decode() == INI.replace(
        "[db] ; be-hind the header\n", "; be-hind the header\n[db]\n"
    ).replace(" ; be-hind the value", "").replace("; c-1\n", "; c-1\n; be-hind the value\n")


@pytest.mark.parametrize(("text", "kind"), [(INI, "ini"), (DOTENV, "dotenv")])
def test_a_plaintext_that_is_equal_gives_the_same_bytes(text: str, kind: str) -> None:
    sealed = lock(text, ALL, kind)
    plain = unlock(sealed, kind).plaintext()
    assert unlock(sealed, kind).reencrypt(plain, now=LATER).decode() == sealed


@pytest.mark.parametrize(
    ("text", "kind", "old", "new"),
    [(INI, "ini", "a-min", "root"), (DOTENV, "dotenv", "A=1", "A=2")],
)
def test_a_change_of_one_value_changes_three_lines(
    text: str, kind: str, old: str, new: str
) -> None:
    sealed = lock(text, ALL, kind)
    plain = unlock(sealed, kind).plaintext().decode().replace(old, new)
    again = unlock(sealed, kind).reencrypt(plain.encode(), now=LATER).decode()
    pairs = zip(sealed.split("\n"), again.split("\n"), strict=True)
    changed = [after.split("=")[0].strip() for before, after in pairs if before != after]
    place = "user" if kind == "ini" else "A"
    prefix = "" if kind == "ini" else "sops_"
    assert changed == [place, f"{prefix}lastmodified", f"{prefix}mac"]
    assert unlock(again, kind).plaintext().decode() == plain


def test_ini_with_crlf_keeps_it() -> None:
    text = "; c\r\n[a]\r\nk = v\r\n"
    sealed = lock(text, ALL, "ini")
    assert sealed.count("\n") == sealed.count("\r\n")
    assert unlock(sealed, "ini").plaintext().decode() == text


def test_what_sops_would_lose_is_refused_before_anything_is_encrypted() -> None:
    with pytest.raises(FormatError, match="lose a part of the value") as caught:
        lock("[db]\npw = CANARY#b\n", ALL, "ini")
    assert (caught.value.path, caught.value.key) == ("x.ini", "db.pw")
    assert "`…`" in (caught.value.hint or "")
    assert "line 2" in str(caught.value)


def test_ini_selects_by_section_and_key() -> None:
    sealed = lock("[data]\nk = v\n[meta]\nk = w\n", SECRETS, "ini")
    assert "k = w" in sealed
    assert "k = v" not in sealed


def test_ini_values_are_bound_to_their_sections() -> None:
    sealed = lock("[a]\nk = v\n[b]\nx = 1\n", ALL, "ini").replace("[a]", "[c]")
    with pytest.raises(Tampered, match="changed or moved") as caught:
        unlock(sealed, "ini")
    assert caught.value.key == "c.k"


def test_a_comment_selector_is_refused_where_sops_takes_the_comment_for_the_next_key() -> None:
    text = "[a]\n; secret\nk = v\nm = w\n"
    with pytest.raises(RuleError, match="the key below the one it stands at") as caught:
        lock(text, Selector("encrypted_comment_regex", "secret"), "ini")
    assert caught.value.key == "line 2"
    with pytest.raises(RuleError, match="covers no value"):
        lock(text, Selector("encrypted_comment_regex", "other"), "ini")


def test_a_comment_above_a_header_selects_the_first_key_as_in_sops() -> None:
    sealed = lock(
        "; secret\n[a]\nk = v\nm = w\n", Selector("encrypted_comment_regex", "sec"), "ini"
    )
    assert "m = w" in sealed
    assert "k = v" not in sealed
    assert unlock(sealed, "ini").objects() == [{"a": {"k": "v", "m": "w"}}]


@pytest.mark.parametrize("data", [b"text\n", b"", b"\xff\x00\n", b'{"a": 1}', "ü\r\n".encode()])
def test_a_file_of_any_bytes_comes_back(data: bytes) -> None:
    assert open_binary(lock_binary(data)).plaintext() == data


def test_binary_has_one_value_and_no_selector() -> None:
    rule = CreationRule((RECIPIENT,), SECRETS, mac_only=True)
    document = json.loads(lock_binary(b"x", rule))
    assert list(document) == ["data", "sops"]
    assert set(document["sops"]) == {"age", "lastmodified", "mac", "version"}


def test_binary_is_encrypted_against_an_old_version() -> None:
    sealed = lock_binary(b"x")
    assert open_binary(sealed).reencrypt(b"x", now=LATER) == sealed
    again = open_binary(sealed).reencrypt(b"\xfe", now=LATER)
    assert open_binary(again).plaintext() == b"\xfe"
    pairs = zip(sealed.split(b"\n"), again.split(b"\n"), strict=True)
    changed = [before.split(b":")[0].strip() for before, after in pairs if before != after]
    assert changed == [b'"data"', b'"lastmodified"', b'"mac"']


def test_binary_that_is_encrypted_already_is_refused() -> None:
    with pytest.raises(AlreadyEncrypted):
        lock_binary(lock_binary(b"x"))
    assert lock_binary(b'{"sops": "no metadata"}')


def test_a_rule_with_a_selector_asks_nothing_of_binary() -> None:
    opened = open_binary(lock_binary(b"\xff"))
    rule = CreationRule((RECIPIENT,), SECRETS, mac_only=True)
    assert plan_rekey(opened.metadata, rule).empty
    assert update_keys(opened, rule, {}, now=LATER) == opened.original
    rotated = rotate(opened, rule, {}, now=LATER)
    assert open_binary(rotated).plaintext() == b"\xff"
    assert "encrypted_regex" not in json.loads(rotated)["sops"]


def test_what_is_encrypted_keeps_its_type_through_a_conversion() -> None:
    sealed = convert("a: 1\nb: true\nc: 1.5\nd: 2025-01-02\n", "yaml", "dotenv")
    (found,) = unlock(sealed, "dotenv").objects()
    assert found == {"a": 1, "b": True, "c": 1.5, "d": "2025-01-02T00:00:00Z"}
    assert unlock(sealed, "dotenv").plaintext() == b"a=1\nb=true\nc=1.5\nd=2025-01-02T00:00:00Z\n"
    assert unlock(sealed, "dotenv").converted("yaml") == (
        b"a: 1\nb: true\nc: 1.5\nd: 2025-01-02T00:00:00Z\n"
    )


def test_the_mac_covers_what_the_new_format_reads_in_clear() -> None:
    # sops makes the MAC over `True` and writes `true`, so that its own file never opens.
    text = "a: 1\nb_unencrypted: true\nc_unencrypted: 1.0\n"
    for target in ("dotenv", "json", "yaml"):
        assert unlock(convert(text, "yaml", target), target).converted("json")


def test_the_mac_of_a_conversion_still_holds_values_in_clear() -> None:
    sealed = convert("a: 1\nb_unencrypted: true\n", "yaml", "dotenv")
    with pytest.raises(MacMismatch):
        unlock(sealed.replace("=true", "=false"), "dotenv")


def test_a_change_after_a_conversion_keeps_the_types_of_the_others() -> None:
    sealed = convert("a: 1\nb: true\nc: x\n", "yaml", "dotenv")
    plain = unlock(sealed, "dotenv").plaintext().replace(b"c=x", b"c=y")
    again = unlock(sealed, "dotenv").reencrypt(plain, now=LATER).decode()
    assert again.split("\n")[:2] == sealed.split("\n")[:2]
    assert unlock(again, "dotenv").objects() == [{"a": 1, "b": True, "c": "y"}]


def test_a_value_that_has_no_spelling_is_named() -> None:
    sealed = convert('{"a": {"k": "x"}}', "json", "ini")
    opened = unlock(sealed, "ini")
    opened.trees[0].root.entries[0][1].entries[0][1].value = '`CANARY"""\n'  # type: ignore[union-attr]
    with pytest.raises(FormatError) as caught:
        opened.plaintext()
    assert caught.value.key == "a.k"
    assert "CANARY" not in str(caught.value)
