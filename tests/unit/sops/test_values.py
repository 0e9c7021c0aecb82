"""Values become tokens and come back; the bytes are SOPS's own."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.documents import SCALARS, same

from sopsmith.errors import Tampered
from sopsmith.formats.tree import Timestamp
from sopsmith.sops.values import Cipher, additional_data, from_text, to_text

KEY = b"f" * 32


@given(
    value=SCALARS.filter(lambda value: value not in (None, "")),
    iv=st.binary(min_size=32, max_size=32),
)
def test_a_value_comes_back_from_its_token(value: str | int | float | bool, iv: bytes) -> None:
    cipher = Cipher(KEY)
    assert same(cipher.decrypt(cipher.encrypt(value, b"a:", iv), b"a:"), value)


@pytest.mark.parametrize(
    ("value", "text", "kind"),
    [
        (True, b"True", "bool"), (False, b"False", "bool"), (-7, b"-7", "int"),
        (1.0, b"1", "float"), (1e6, b"1000000", "float"), (1e-9, b"0.000000001", "float"),
        (6.02e23, b"602000000000000000000000", "float"), (-0.0, b"-0", "float"),
        (math.inf, b"+Inf", "float"), (-math.inf, b"-Inf", "float"), (math.nan, b"NaN", "float"),
        ("é", "é".encode(), "str"), (b"\xff", b"\xff", "str"),
        (Timestamp("2025-01-02T00:00:00Z"), b"2025-01-02T00:00:00Z", "time"),
    ],
)  # fmt: skip
def test_the_text_of_a_value_is_the_one_that_go_prints(
    value: str | float | bytes, text: bytes, kind: str
) -> None:
    assert to_text(value) == (text, kind)


@pytest.mark.parametrize("text", ["1", "t", "T", "TRUE", "true", "True"])
def test_a_boolean_is_read_in_every_form_that_go_reads(text: str) -> None:
    assert from_text(text.encode(), "bool") is True


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"x", "int"),
        (b"9223372036854775808", "int"),
        (b"2", "bool"),
        (b"2025-01-02", "time"),
        (b"hunter2", "time"),
        (b"2025-01-02T00:00:00", "time"),
        (b"x", "y"),
    ],
)
def test_a_text_that_is_not_of_its_type_is_refused(text: bytes, kind: str) -> None:
    with pytest.raises(Tampered):
        from_text(text, kind)


@pytest.mark.parametrize(
    "token",
    [
        "ENC[AES256_GCM,]",
        "ENC[AES256_GCM,data:,iv:,tag:,type:str]",
        "ENC[AES256_GCM,data:AA==]",
        "ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str] tail",
        "ENC[",
        "",
        "ENC[AES256_GCM,iv:AA==,data:AA==,tag:AA==,type:str]",
    ],
)
def test_a_token_that_is_not_whole_is_refused(token: str) -> None:
    with pytest.raises(Tampered):
        Cipher(KEY).decrypt(token, b"a:")


def test_the_place_of_a_value_is_its_keys_with_a_colon_behind_each() -> None:
    assert additional_data(("a", "b")) == b"a:b:"
    assert additional_data(()) == b":"


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:str] x", "cut or has something behind"),
        ("ENC[AES256_GCM,data:YQ==,iv:YQ==]", "cut or has something behind"),
        ("ENC[AES256_GCM,data:YQ==,tag:YQ==,iv:YQ==,type:str]", "fields are not"),
        ("ENC[AES256_GCM,data:é,iv:YQ==,tag:YQ==,type:str]", "not base64"),
        ("ENC[AES256_GCM,data:Y,iv:YQ==,tag:YQ==,type:str]", "not base64"),
        ("ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:str]", "changed or moved"),
    ],
)
def test_a_damaged_token_is_told_by_what_is_wrong(token: str, message: str) -> None:
    with pytest.raises(Tampered, match=message):
        Cipher(KEY).decrypt(token, b"a:")
