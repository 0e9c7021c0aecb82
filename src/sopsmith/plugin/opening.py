"""Open encrypted files: the narrow reader first, the general ones for all that it leaves."""

from __future__ import annotations

from sopsmith.errors import Error, FormatError
from sopsmith.formats import find_format, narrow
from sopsmith.formats.tree import Tree, to_object
from sopsmith.sops.check import unseal_narrow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sopsmith.sops.document import Unlocked
    from sopsmith.sops.keyring import Keyring

    Unseal = Callable[[bytes, str, Keyring], list[Tree] | None]


def open_objects(
    data: bytes, path: str, keyring: Keyring, unseal: Unseal = unseal_narrow
) -> list[object]:
    """Return an encrypted file's documents as plain objects, its MAC checked.

    Args:
        unseal: Tried first for YAML: `unseal_narrow`, or `unseal_framed` for many files.

    Raises:
        NotEncrypted: It has no sops metadata.
        NoIdentity: No identity opens it.
        Tampered, MacMismatch: It is not what was encrypted.
        FormatError: It is not of the format that its name says.
    """
    name = find_format(path)
    if name == "yaml":
        found = open_narrow(data, path, keyring, unseal)
        if found is not None:
            return found
    if name is None:
        return _parse_plain(open_bytes(data, path, keyring), path)
    return _unlock(data, name, path, keyring).objects()


def open_bytes(data: bytes, path: str, keyring: Keyring) -> bytes:
    """Return an encrypted file's plaintext, its MAC checked.

    A name without a format's extension means sops' binary format: a JSON document
    whose one value is the file.

    Raises:
        Error: As `open_objects` does.
    """
    name = find_format(path)
    if name is not None:
        return _unlock(data, name, path, keyring).plaintext()
    (top,) = _unlock(data, "json", path, keyring).objects()
    value = top.get("data") if isinstance(top, dict) and len(top) == 1 else None
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes):
        return value
    raise FormatError("not a binary file that sops encrypted", path=path)


def parse_objects(text: str) -> list[object]:
    """Return the documents of a YAML text as plain objects.

    Raises:
        FormatError: It is not YAML.
    """
    return [to_object(tree.root) for tree in _parse(text)]


def _parse(text: str) -> list[Tree]:
    trees = narrow.parse(text)
    if trees is None:
        from sopsmith.formats import yaml

        trees = yaml.parse(text)
    return trees


def _parse_plain(data: bytes, path: str) -> list[object]:
    try:
        return parse_objects(data.decode())
    except UnicodeDecodeError:
        raise FormatError("the plaintext is not UTF-8", path=path) from None
    except Error as error:
        raise error.at(path) from None


def open_narrow(
    data: bytes, path: str, keyring: Keyring, unseal: Unseal = unseal_narrow
) -> list[object] | None:
    """Do as `Document` does, without positions; None where the narrow reader is not sure."""
    trees = unseal(data, path, keyring)
    return None if trees is None else [to_object(tree.root) for tree in trees]


def _unlock(data: bytes, name: str, path: str, keyring: Keyring) -> Unlocked:
    from sopsmith.sops.document import Document

    return Document.parse(data, name, path=path).unlock(keyring)
