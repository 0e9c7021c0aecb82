"""Write a tree as JSON, laid out as sops does: tabs, and the escapes of Go's encoder.

A float keeps its point, unlike in sops, so that it is a float when it is read again.

Source: getsops/sops stores/json/store.go; encoding/json encode.go (floatEncoder).
"""

from __future__ import annotations

import json

from sopsmith.errors import FormatError
from sopsmith.formats.remarks import Remarks
from sopsmith.formats.tree import Address, Mapping, Node, Scalar, show

_ESCAPES = str.maketrans(
    {char: f"\\u{ord(char):04x}" for char in ("<", ">", "&", "\u2028", "\u2029")}
)


def write_json(root: Mapping, remarks: Remarks) -> str:
    """Return a document's text; JSON has no comments, so they stay behind.

    Raises:
        FormatError: A value is not UTF-8, or not a finite number.
    """
    return _write(root, "\n", ()) + "\n"


def _write(node: Node, newline: str, address: Address) -> str:
    if isinstance(node, Scalar):
        return _scalar(node, address)
    inner = newline + "\t"
    if isinstance(node, Mapping):
        parts = [
            f"{_quote(key)}: {_write(child, inner, (*address, key))}" for key, child in node.entries
        ]
        return f"{{{inner}{f',{inner}'.join(parts)}{newline}}}" if parts else "{}"
    parts = [_write(item, inner, (*address, index)) for index, item in enumerate(node.items)]
    return f"[{inner}{f',{inner}'.join(parts)}{newline}]" if parts else "[]"


def _scalar(node: Scalar, address: Address) -> str:
    value = node.value
    if isinstance(value, bytes):
        raise FormatError("the value is not UTF-8, so JSON cannot hold it", key=show(address))
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise FormatError("JSON has finite numbers alone", key=show(address))
        return _float(value)
    return _quote(value) if isinstance(value, str) else json.dumps(value)


def _quote(text: str) -> str:
    return json.dumps(str(text), ensure_ascii=False).translate(_ESCAPES)


def _float(value: float) -> str:
    if value and not 1e-6 <= abs(value) < 1e21:
        mantissa, _, exponent = repr(value).partition("e")
        return f"{mantissa}e{int(exponent):+}"
    from decimal import Decimal

    text = format(Decimal(repr(value)), "f")
    return text if "." in text else text + ".0"
