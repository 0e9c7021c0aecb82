"""Resolve plain YAML scalars to typed values exactly as go-yaml v3 does.

SOPS reads YAML with go-yaml, so its idea of what is a number decides what is encrypted as
which type and what the MAC covers. It is a mix of YAML 1.1 and 1.2 that no Python library has.

Source: go.yaml.in/yaml/v3 resolve.go (resolve, parseTimestamp).
"""

from __future__ import annotations

from sopsmith.errors import FormatError
from sopsmith.formats.tree import Plain, Timestamp

INT64 = range(-(2**63), 2**63)
UINT64_MAX = 2**64 - 1

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
SPECIAL_FLOATS = {
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_STANDARD = "tag:yaml.org,2002:"
_RESOLVED_TAGS = frozenset({"str", "bool", "int", "float", "null", "timestamp"})


class Inexact(float):
    """A float that was written as an integer beyond 64 bits, and so lost digits.

    Reading needs the float, since SOPS makes its MAC over it; writing it anew would
    change what the user wrote, so encryption refuses it.
    """


def resolve(text: str) -> Plain:
    """Return the typed value of an untagged plain scalar.

    Raises:
        FormatError: An integer between 2^63 and 2^64, which SOPS has no type for.
    """
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if text[0] not in ".+-0123456789":
        return text
    # Its patterns take milliseconds to compile, and few values need them.
    from sopsmith.formats.numbers import resolve_number

    return resolve_number(text)


def resolve_tagged(tag: str, text: str, *, plain: bool) -> Plain:
    """Return the value of a scalar with an explicit tag.

    Args:
        tag: The resolved tag, such as `tag:yaml.org,2002:int` or `!custom`.
        plain: The scalar was not quoted.

    Raises:
        FormatError: The text is not of the tag's type.
    """
    kind = tag.removeprefix(_STANDARD)
    if kind == "binary":
        return _decode_binary(text)
    if tag == "!" and plain:
        return resolve(text)
    if kind in ("str", tag) or kind not in _RESOLVED_TAGS:
        return text
    value = resolve(text)
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind == _kind_of(value):
        return value
    raise FormatError(f"the value is not a !!{kind}")


def _kind_of(value: Plain) -> str:
    if value is None:
        return "null"
    if isinstance(value, Timestamp):
        return "timestamp"
    return {bool: "bool", int: "int", float: "float", Inexact: "float"}.get(type(value), "str")


def _decode_binary(text: str) -> Plain:
    import binascii

    try:
        raw = binascii.a2b_base64("".join(text.split()), strict_mode=True)
    except ValueError:  # binascii.Error is one; letters beyond ASCII raise another.
        raise FormatError("the value is not base64, though it is tagged !!binary") from None
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw
