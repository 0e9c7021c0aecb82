"""Wrap and unwrap data keys with the transit engine of Vault or OpenBao.

The call is handed in, so this module knows no network and no token. The stanza's `enc` is
Vault's own text, `vault:v1:…`.

Source: Vault HTTP API, transit secrets engine; getsops/sops hcvault/keysource.go.
"""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64

from sopsmith.errors import MasterKeyError
from sopsmith.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    # Posts an object to a URL and returns the `data` of the answer.
    Post = Callable[[str, dict[str, str]], dict[str, object]]


def wrap(address: str, engine: str, name: str, data_key: Secret, post: Post) -> str:
    """Return a data key encrypted by a transit key.

    Args:
        address: `https://host:8200`.
        engine: Path of the engine's mount.
        name: The transit key's name.

    Raises:
        MasterKeyError: The answer holds no ciphertext.
    """
    plain = b2a_base64(data_key.reveal(), newline=False).decode()
    answer = post(_url(address, engine, "encrypt", name), {"plaintext": plain})
    found = answer.get("ciphertext")
    if not isinstance(found, str) or not found:
        raise MasterKeyError("Vault's answer holds no ciphertext")
    return found


def unwrap(address: str, engine: str, name: str, enc: str, post: Post) -> bytes:
    """Return the data key that a transit key encrypted.

    Raises:
        MasterKeyError: The answer holds no base64 plaintext.
    """
    answer = post(_url(address, engine, "decrypt", name), {"ciphertext": enc})
    try:
        return a2b_base64(str(answer.get("plaintext") or ""), strict_mode=True)
    except Base64Error:
        raise MasterKeyError("Vault's answer is not base64") from None


def _url(address: str, engine: str, verb: str, name: str) -> str:
    return f"{address.rstrip('/')}/v1/{engine.strip('/')}/{verb}/{name}"
