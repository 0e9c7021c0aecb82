"""Turn typed values into `ENC[…]` tokens and back.

Source: getsops/sops aes/cipher.go (Encrypt, Decrypt, parse).
"""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64

from sopsmith.errors import Tampered
from sopsmith.formats.tree import Path, Plain, Timestamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

IV_SIZE = 32  # bytes; SOPS uses a nonce this long, and reads no other length safely
TAG_SIZE = 16  # bytes
PREFIX = "ENC[AES256_GCM,"
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


class CommentText(str):
    """The text of a comment, told from a string value by its type."""

    __slots__ = ()


def additional_data(path: Path) -> bytes:
    """Return what binds a token to its place: every key of the path and a colon behind each.

    A comment's place is that of its collection, so at the top it is a lone colon.
    """
    return (":".join(path) + ":").encode()


def to_text(value: Plain) -> tuple[bytes, str]:
    """Return a value's text, which is encrypted and hashed, and its type's name."""
    if isinstance(value, str):
        if isinstance(value, Timestamp):
            return value.encode(), "time"
        return value.encode(), "comment" if isinstance(value, CommentText) else "str"
    if isinstance(value, bool):
        return (b"True" if value else b"False"), "bool"
    if isinstance(value, int):
        return b"%d" % value, "int"
    if isinstance(value, float):
        return _float_text(value).encode(), "float"
    if isinstance(value, bytes):
        return value, "str"
    raise TypeError("null has no text")


def from_text(text: bytes, kind: str) -> Plain:
    """Return the value that a text of a type stands for.

    Raises:
        Tampered: The type is unknown, or the text is not of it.
    """
    if kind == "str":
        try:
            return text.decode()
        except UnicodeDecodeError:
            return text
    if kind == "bytes":
        return text
    parse = _PARSERS.get(kind)
    if parse is None:
        raise Tampered("the token has a type that is not known")
    try:
        return parse(text.decode())
    except ValueError:
        raise Tampered(f"the token's text is not of its type, {kind}") from None


def is_token(text: str) -> bool:
    """Tell whether a text begins like a token."""
    return text.startswith(PREFIX)


class Cipher:
    """Encrypt and decrypt values with one document's data key."""

    __slots__ = ("_gcm",)

    def __init__(self, data_key: bytes) -> None:
        # Loaded where a value is opened: masks and metadata do without. The public module
        # `cryptography.hazmat.primitives.ciphers.aead` re-exports this very class, and loads
        # `typing`, `enum` and `re` on the way, which cost the plugin more than all of its work.
        from cryptography.hazmat.bindings._rust import openssl

        self._gcm = openssl.aead.AESGCM(data_key)

    def encrypt(self, value: Plain, additional: bytes, iv: bytes) -> str:
        """Return the token of a value that is neither null nor empty.

        Args:
            additional: What binds the token to its place.
            iv: 32 random bytes, never used before with this key.
        """
        text, kind = to_text(value)
        sealed = self._gcm.encrypt(iv, text, additional)
        parts = (sealed[:-TAG_SIZE], iv, sealed[-TAG_SIZE:])
        data, nonce, tag = (b2a_base64(part, newline=False).decode() for part in parts)
        return f"ENC[AES256_GCM,data:{data},iv:{nonce},tag:{tag},type:{kind}]"

    def decrypt(self, token: str, additional: bytes) -> Plain:
        """Return the value of a token.

        Raises:
            Tampered: It is no whole token, or does not open where it stands.
        """
        data, iv, tag, kind = _parse(token)
        try:
            text = self._gcm.decrypt(iv, data + tag, additional)
        except _refusals():
            raise Tampered("the value was changed or moved") from None
        return from_text(text, kind)


def _refusals() -> tuple[type[Exception], ...]:
    """Return what the cipher raises; Python asks only once something was raised."""
    from cryptography.exceptions import InvalidTag

    return InvalidTag, ValueError


def _parse(token: str) -> tuple[bytes, bytes, bytes, str]:
    parts = token[4:-1].split(",")
    if len(parts) != 5 or not token.startswith(PREFIX) or token[-1] != "]":
        raise Tampered("the token is cut or has something behind it")
    _, data, iv, tag, kind = parts
    named = data[:5] == "data:" and iv[:3] == "iv:" and tag[:4] == "tag:" and kind[:5] == "type:"
    if not named:
        raise Tampered("the token's fields are not data, iv, tag and type")
    try:
        return a2b_base64(data[5:]), a2b_base64(iv[3:]), a2b_base64(tag[4:]), kind[5:]
    except (Base64Error, ValueError):
        raise Tampered("the token is not base64") from None


def _float_text(value: float) -> str:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    from decimal import Decimal

    return format(Decimal(repr(float(value))), "f").removesuffix(".0")


def _parse_bool(text: str) -> bool:
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError


def _parse_int(text: str) -> int:
    number = int(text)
    if not -(2**63) <= number < 2**63:
        raise ValueError
    return number


def _parse_time(text: str) -> Timestamp:
    """Return RFC 3339 text as a moment; ValueError where it is something else."""
    marks = text[4:5] + text[7:8] + text[10:11] + text[13:14] + text[16:17]
    digits = text[:4] + text[5:7] + text[8:10] + text[11:13] + text[14:16] + text[17:19]
    zone = text[19:].lstrip(".0123456789")
    offset = zone[:1] in ("+", "-") and len(zone) == 6 and (zone[1:3] + zone[4:]).isdigit()
    if marks != "--T::" or not digits.isdigit() or len(digits) != 14 or not (zone == "Z" or offset):
        raise ValueError
    return Timestamp(text)


_PARSERS: dict[str, Callable[[str], Plain]] = {
    "int": _parse_int,
    "float": float,
    "bool": _parse_bool,
    "time": _parse_time,
    "comment": CommentText,
}
