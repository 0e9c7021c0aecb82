"""Hold a file of any bytes as one value: sops' binary format.

The encrypted form is the JSON document `{"data": "ENC[…]", "sops": {…}}`; the plaintext is
the value's bytes, whatever they are. No selector is written for it, and none counts.

Source: getsops/sops stores/json/store.go (BinaryStore).
"""

from __future__ import annotations

from sopsmith.errors import FormatError
from sopsmith.formats import json
from sopsmith.formats.json import (
    entry_span,
    insert_entry,
    remove_entry,
    write_entry,
    write_flow,
    write_scalar,
    write_token,
)
from sopsmith.formats.tree import Mapping, Plain, Scalar, Tree

__all__ = [
    "DATA",
    "entry_span",
    "insert_entry",
    "parse",
    "remove_entry",
    "to_value",
    "unwrap",
    "wrap",
    "write_entry",
    "write_flow",
    "write_scalar",
    "write_token",
]

DATA = "data"
_EMPTY = f'{{\n\t"{DATA}": ""\n}}\n'


def parse(text: str) -> list[Tree]:
    """Return the one tree of an encrypted file's text.

    Raises:
        FormatError: It is not of sops' binary form.
    """
    try:
        (tree,) = json.parse(text)
    except FormatError:
        tree = Tree(Scalar(None))
    if isinstance(tree.root, Mapping) and isinstance(tree.root.get(DATA), Scalar):
        return [tree]
    raise FormatError(
        "not a binary file that sops encrypted: it is no JSON with the key `data`",
        hint="name another format with --input-type: yaml, json, dotenv or ini",
    )


def wrap(data: bytes) -> tuple[str, list[Tree]]:
    """Return the text that is to hold a file's bytes, and its tree with them in place."""
    (tree,) = json.parse(_EMPTY)
    assert isinstance(tree.root, Mapping)
    leaf = tree.root.get(DATA)
    assert isinstance(leaf, Scalar)
    leaf.value = to_value(data)
    return _EMPTY, [tree]


def unwrap(trees: list[Tree]) -> bytes:
    """Return the bytes that a tree holds.

    Raises:
        FormatError: It has more than the one value, or a value that is no text.
    """
    root = trees[0].root if len(trees) == 1 else None
    entries = root.entries if isinstance(root, Mapping) else []
    if [key for key, _ in entries] != [DATA]:
        raise FormatError(f"binary holds the one value under the key `{DATA}` and nothing else")
    leaf = entries[0][1]
    value = leaf.value if isinstance(leaf, Scalar) else None
    if not isinstance(value, str | bytes):
        raise FormatError("binary holds text or bytes, and this value is neither", key=DATA)
    return value if isinstance(value, bytes) else value.encode()


def to_value(data: bytes) -> Plain:
    """Return bytes as text where they are UTF-8, as decrypted values are."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data
