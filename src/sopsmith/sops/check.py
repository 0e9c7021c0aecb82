"""Check that a SOPS file opens and that its MAC holds, and keep nothing of what it says.

The narrow reader serves nearly every file, at little more than what the cryptography takes.
`tests/properties/test_check_agrees.py` proves that both ways judge alike.
"""

from __future__ import annotations

from sopsmith.errors import Error
from sopsmith.formats import narrow
from sopsmith.sops.metadata import parse_metadata
from sopsmith.sops.unseal import Unsealer, take_metadata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sopsmith.sops.keyring import Keyring


def check(data: bytes, name: str, path: str, keyring: Keyring) -> None:
    """Open a file of a format, check its MAC, and forget it.

    Raises:
        NotEncrypted: It has no sops metadata.
        NoIdentity: No identity at hand opens it.
        Tampered, MacMismatch: It is not what was encrypted.
        FormatError: It is not of the format.
        RuleError: Its selectors cannot be used.
    """
    if name == "yaml" and _check_narrow(data, path, keyring):
        return
    from sopsmith.sops.document import Document

    Document.parse(data, name, path=path).unlock(keyring)


def _check_narrow(data: bytes, path: str, keyring: Keyring) -> bool:
    """Tell whether the narrow reader knew the file; if it did, the file holds."""
    try:
        trees = narrow.parse(data.decode())
    except UnicodeDecodeError:
        return False
    node = take_metadata(trees) if trees else None
    if trees is None or node is None:
        return False
    try:
        metadata = parse_metadata(node)
        if metadata.selector.by_comment:
            return False  # The narrow reader drops comments.
        unsealer = Unsealer(metadata, keyring.unlock_data_key(metadata).reveal())
        unsealer.check_mac(metadata, unsealer.unseal(trees))
    except Error as error:
        raise error.at(path) from None
    return True
