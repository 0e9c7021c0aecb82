"""Encrypt a plaintext as the next version of a file that is there: equal values keep tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sopsmith.errors import Error, FormatError
from sopsmith.formats.tree import to_object
from sopsmith.sops.amend import same
from sopsmith.sops.document import Document, Unlocked, format_of
from sopsmith.sops.plain import read_plain

if TYPE_CHECKING:
    from datetime import datetime

    from sopsmith.sops.keyring import Keyring


def encrypt_against(
    data: bytes, path: str, old: bytes, keyring: Keyring, *, now: datetime, input_type: str = ""
) -> bytes:
    """Return a plaintext under the data key, keys and selector of an older version.

    A plaintext that is the older version's gives that version back, byte for byte.

    Args:
        path: The plaintext's name, for messages and to tell the format by.

    Raises:
        Error: The older version cannot be opened, or the plaintext not be encrypted.
    """
    try:
        document = Document.parse(old, input_type or format_of(path), path="the older version")
        return reencrypt_checked(document.unlock(keyring), data, now=now)
    except Error as error:
        raise error.at(path) from None


def reencrypt_checked(one: Unlocked, plaintext: bytes, *, now: datetime) -> bytes:
    """Return a document with another plaintext, once it is sure to open as that plaintext.

    Raises:
        FormatError: It would open as something else: a fault of sopsmith's, found in time.
        Error: As `Unlocked.reencrypt` does.
    """
    sealed = one.reencrypt(plaintext, now=now)
    if sealed != one.original:
        again = Document(sealed.decode(), one.form, one.path).unlock_with(one.data_key)
        trees = read_plain(plaintext, one.form).trees
        if not same(again.objects(), [to_object(tree.root) for tree in trees]):
            raise FormatError(
                "the file would not open as it was written", hint="this is a bug of sopsmith"
            )
    return sealed
