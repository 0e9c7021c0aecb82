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
    from sopsmith.formats.tree import Tree
    from sopsmith.sops.keyring import Keyring
    from sopsmith.sops.metadata import Metadata


def check(data: bytes, name: str, path: str, keyring: Keyring) -> None:
    """Open a file of a format, check its MAC, and forget it.

    Raises:
        NotEncrypted: It has no sops metadata.
        NoIdentity: No identity at hand opens it.
        Tampered, MacMismatch: It is not what was encrypted.
        FormatError: It is not of the format.
        RuleError: Its selectors cannot be used.
    """
    if name == "yaml" and unseal_framed(data, path, keyring) is not None:
        return
    from sopsmith.sops.document import Document

    Document.parse(data, name, path=path).unlock(keyring)


def unseal_narrow(data: bytes, path: str, keyring: Keyring) -> list[Tree] | None:
    """Return a YAML file's documents in clear, its MAC checked, through the narrow reader.

    The one fast way for the plugin and for `verify`, so that both judge alike. The trees have
    no positions.

    Returns:
        None where the narrow reader is not sure: the general way opens the file then, or has
        the words for what is wrong with it.

    Raises:
        Error: As `check` does.
    """
    try:
        trees = narrow.parse(data.decode())
    except UnicodeDecodeError:
        return None
    node = take_metadata(trees) if trees else None
    if trees is None or node is None:
        return None
    try:
        metadata = parse_metadata(node)
    except Error as error:
        raise error.at(path) from None
    return _unseal(trees, metadata, path, keyring)


def unseal_framed(data: bytes, path: str, keyring: Keyring) -> list[Tree] | None:
    """Do as `unseal_narrow` does, and read metadata by their frame: for many files of a tree.

    Raises:
        Error: As `check` does.
    """
    # What it loads takes as long as a hundred files gain.
    from sopsmith.sops.framed import read_parts

    found = read_parts(data)
    if found is None:
        return unseal_narrow(data, path, keyring)
    _, _, tree, metadata, _ = found
    return _unseal([tree], metadata, path, keyring)


def _unseal(
    trees: list[Tree], metadata: Metadata, path: str, keyring: Keyring
) -> list[Tree] | None:
    try:
        if metadata.selector.by_comment:
            # Comments decide what is encrypted, and this reader drops them.
            return None
        unsealer = Unsealer(metadata, keyring.unlock_data_key(metadata).reveal())
        unsealer.check_mac(metadata, unsealer.unseal(trees))
    except Error as error:
        raise error.at(path) from None
    return trees
