"""Show a YAML SOPS file without its values, fast, or not at all.

Masks need the metadata and where it stands; the narrow reader tells the first and a search of
the text the second, without PyYAML and without any cryptography.
`tests/properties/test_quick_mask_agrees.py` proves that both ways show the same.
"""

from __future__ import annotations

from sopsmith.errors import Error
from sopsmith.formats import narrow
from sopsmith.sops.fingerprint import describe_metadata, mask
from sopsmith.sops.metadata import metadata_span, parse_metadata
from sopsmith.sops.unseal import take_metadata


def show_quick(data: bytes) -> bytes | None:
    """Return what `show_masked` does for a file's document, or None where that is not certain."""
    if not data.isascii():
        return None
    text = data.decode()
    trees = narrow.parse(text)
    span = metadata_span(text) if trees and len(trees) == 1 else None
    node = take_metadata(trees) if trees and span else None
    if span is None or node is None:
        return None
    try:
        metadata = parse_metadata(node)
    except Error:
        return None
    return (mask(text[: span[0]]) + describe_metadata(metadata)).encode()
