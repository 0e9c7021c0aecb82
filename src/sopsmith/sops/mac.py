"""Compute a document's MAC: a hash over every value's text in document order.

Source: getsops/sops sops.go (Tree.Encrypt, Tree.Decrypt, MACOnlyEncryptedInitialization).
"""

from __future__ import annotations

from sopsmith.formats.tree import Plain
from sopsmith.hashes import sha512
from sopsmith.sops.values import to_text

# SHA-256 of "sops": marks a MAC that covers encrypted values alone.
_ONLY_ENCRYPTED = bytes.fromhex("8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69")


class Mac:
    """Take values in document order; `hexdigest` is what the metadata's `mac` encrypts."""

    __slots__ = ("_hash", "_only_encrypted")

    def __init__(self, *, only_encrypted: bool = False) -> None:
        self._hash = sha512(_ONLY_ENCRYPTED if only_encrypted else b"")
        self._only_encrypted = only_encrypted

    def add(self, value: Plain, *, encrypted: bool) -> None:
        """Count a value; null and what `mac_only_encrypted` leaves out count nothing."""
        if value is not None and (encrypted or not self._only_encrypted):
            self._hash.update(to_text(value)[0])

    def hexdigest(self) -> str:
        """Return 128 upper-case hexadecimal digits."""
        return str(self._hash.hexdigest().upper())
