"""Be git's textconv: an encrypted file as text that a diff can be read of.

It runs twice for each file of a diff, so it loads little. What it is not sure of it passes
through as it stands: git shows that anyway.
"""

from __future__ import annotations

from collections import Counter

from sopsmith.errors import Error, NoIdentity
from sopsmith.sops.document import Document
from sopsmith.sops.fingerprint import mask, remark, show_masked, sign_token, sign_value
from sopsmith.sops.merging import markers
from sopsmith.sops.quick_mask import show_quick
from sopsmith.sops.recognise import recognise
from sopsmith.sops.seal import leaves_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sopsmith.secret import Secret
    from sopsmith.sops.document import Unlocked
    from sopsmith.sops.keyring import Keyring

    Keys = Callable[[], tuple[Keyring, Secret | None]]

MASKED, BY_VALUE, REVEALED = "masked", "by-value", "revealed"


def convert(
    data: bytes,
    path: str,
    mode: Callable[[], str],
    keyring: Keys,
) -> bytes:
    """Return a file as text for a diff; one that is not SOPS's comes back as it is.

    Args:
        mode: Says MASKED, BY_VALUE or REVEALED; asked only for SOPS files.
        keyring: Gives the identities and the key of signs by value; asked only if needed.
    """
    name = recognise(data, path)
    if name is None:
        return data
    text = data.decode("utf-8", "replace")
    sides = markers.split(text) if markers.is_labelled(text) else None
    chosen = mode()
    if sides is None:
        return _convert(data, name, path, chosen, keyring)
    ours, theirs = (_convert(side.encode(), name, path, chosen, keyring).decode() for side in sides)
    return markers.join(ours, theirs).encode()


def _convert(data: bytes, name: str, path: str, mode: str, keyring: Keys) -> bytes:
    try:
        quick = show_quick(data) if mode == MASKED and name == "yaml" else None
        if quick is not None:
            return quick
        document = Document.parse(data, name, path=path)
    except Error:
        # Markers of git's own, or a damaged file: whatever is encrypted in it stays masked.
        return mask(data.decode("utf-8", "replace")).encode()
    masked = show_masked(document).encode()
    if mode == MASKED:
        return masked
    try:
        found, key = keyring()
        unlocked = document.unlock(found)
    except NoIdentity:
        return masked
    except Error as error:
        return f"# sopsmith: {error.message}\n".encode() + masked
    if mode == REVEALED:
        return unlocked.plaintext() + remark(document).encode()
    return _by_value(Document.parse(data, name, path=path), unlocked, key)


def _by_value(document: Document, unlocked: Unlocked, key: Secret | None) -> bytes:
    if key is None:
        return show_masked(document).encode()
    signs: dict[str, str] = {}
    seen: Counter[tuple[object, ...]] = Counter()
    for leaf in leaves_of(unlocked.trees):
        value, token = leaf.scalar.value, leaf.scalar.token
        if token is not None:
            same = (leaf.path, type(value), value)
            signs[token] = sign_value(key, leaf.path, value, seen[same])
            seen[same] += 1
    return show_masked(document, lambda token: signs.get(token) or sign_token(token)).encode()
