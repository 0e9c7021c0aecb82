"""Plain scalars resolve as go-yaml resolves them; each row was seen in the real sops."""

from __future__ import annotations

import math

import pytest
from tests.documents import same

from sopsmith.errors import FormatError
from sopsmith.formats.scalars import Inexact, resolve, resolve_tagged
from sopsmith.formats.tree import Timestamp


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("NULL", None), ("nuLL", "nuLL"),
        ("true", True), ("TRUE", True), ("tRUE", "tRUE"),
        ("yes", "yes"), ("off", "off"), ("y", "y"),
        ("010", 8), ("0o17", 15), ("0x1F", 31), ("0b101", 5), ("-0b11", -3), ("+5", 5),
        ("1_000", 1000), ("1__0", 10), ("_1", "_1"), ("-010", -8), ("0777", 511),
        ("08", 8.0), ("012389", 12389.0), ("1e3", 1000.0), (".5", 0.5), ("5.", 5.0),
        (".1_0", 0.1), ("._1", "._1"), ("1e999", "1e999"), ("1.2.3", "1.2.3"), ("0xg", "0xg"),
        ("-0", 0), ("-0.0", -0.0), (".inf", math.inf), ("-.INF", -math.inf), ("inf", "inf"),
        ("9223372036854775807", 2**63 - 1), ("-9223372036854775808", -(2**63)),
        ("12:30:45", "12:30:45"), ("2025-01-02T03:04:05", "2025-01-02T03:04:05"),
        ("2025-13-02", "2025-13-02"), ("2025-02-30", "2025-02-30"), ("=", "="), ("<<", "<<"),
    ],
)  # fmt: skip
def test_a_plain_scalar_has_the_value_that_go_yaml_gives_it(text: str, value: object) -> None:
    assert same(resolve(text), value)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-1-2", "2025-01-02T00:00:00Z"),
        ("2025-01-02 3:4:5.5", "2025-01-02T03:04:05.5Z"),
        ("2025-01-02t03:04:05.123456789123Z", "2025-01-02T03:04:05.123456789Z"),
        ("2025-01-02T3:4:5+02:00", "2025-01-02T03:04:05+02:00"),
        ("2025-01-02T03:04:05-00:00", "2025-01-02T03:04:05Z"),
        ("2024-02-29", "2024-02-29T00:00:00Z"),
    ],
)
def test_a_moment_becomes_rfc_3339_with_its_nanoseconds(text: str, moment: str) -> None:
    found = resolve(text)
    assert isinstance(found, Timestamp)
    assert found == moment


def test_not_a_number_is_a_float() -> None:
    found = resolve(".nan")
    assert isinstance(found, float)
    assert math.isnan(found)


def test_an_integer_that_sops_has_no_type_for_is_refused() -> None:
    with pytest.raises(FormatError, match="beyond 64 bits"):
        resolve("18446744073709551615")


def test_a_larger_integer_is_a_float_that_knows_it_lost_digits() -> None:
    assert isinstance(resolve("99999999999999999999999"), Inexact)


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("tag:yaml.org,2002:str", "5", "5"),
        ("tag:yaml.org,2002:int", "5", 5),
        ("tag:yaml.org,2002:float", "5", 5.0),
        ("tag:yaml.org,2002:binary", "aGVsbG8=", "hello"),
        ("tag:yaml.org,2002:binary", "/w==", b"\xff"),
        ("!custom", "5", "5"),
        ("!", "5", 5),
    ],
)
def test_a_tag_decides_the_type(tag: str, text: str, value: object) -> None:
    assert same(resolve_tagged(tag, text, plain=True), value)


def test_a_tag_that_does_not_fit_is_refused_without_the_value() -> None:
    with pytest.raises(FormatError) as caught:
        resolve_tagged("tag:yaml.org,2002:int", "hunter2", plain=True)
    assert "hunter2" not in str(caught.value)


def test_an_integer_of_thousands_of_digits_is_text_since_no_number_holds_it() -> None:
    assert resolve("1" * 5000) == "1" * 5000


def test_letters_beyond_ascii_are_no_base64() -> None:
    with pytest.raises(FormatError, match="not base64"):
        resolve_tagged("tag:yaml.org,2002:binary", "\u00e9", plain=True)
