"""Show an encrypted file without its values, so that a diff says which of them changed.

A value becomes `<str 12 bytes #a1b2c3>`. The sign behind the # is by default a hash of the
token. A token holds 32 random bytes and is encrypted, so nobody can guess a value and check
the guess against the sign; and since values that did not change keep their tokens, a sign
changes exactly when the value does. It takes no identity, so everybody sees the same diff:
a reviewer, CI, and somebody who was let in only after the older version.

After a rotation every token is new, and so is every sign. Whoever holds an identity can ask
for signs of the values instead: HMAC-SHA-256 under a key that is made from the text of that
identity. It cannot be made from the data key, which a rotation changes; and the holder of an
identity is the one person who learns nothing from it, since the identity opens the file.
Such signs are equal on both sides of a rotation, differ from person to person, and depend on
the place, so that equal values at two places do not show. A file that does not open falls
back to signs of its tokens, which then differ from those of the version that opens.

Kind and size are in the token for everybody to read; nothing is said that it does not say.
"""

from __future__ import annotations

from sopsmith.hashes import sha256
from sopsmith.secret import Secret
from sopsmith.sops.values import to_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sopsmith.formats.tree import Path, Plain
    from sopsmith.sops.document import Document
    from sopsmith.sops.metadata import Metadata

_START = "ENC[AES256_GCM,data:"
_BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
_DIGITS = 6  # hexadecimal; one in 16 million changes goes unseen
_LABEL = b"sopsmith fingerprint v1"


def mask(text: str, sign: Callable[[str], str] | None = None) -> str:
    """Return a text with every token replaced by kind, size and sign of its value.

    Args:
        sign: Gives the sign of a token; a hash of the token unless given.
    """
    chosen = sign or sign_token

    parts: list[str] = []
    done = 0
    for start, end, data, kind in _find_tokens(text):
        size = _size(data)
        unit = "byte" if size == 1 else "bytes"
        parts += (text[done:start], f"<{kind} {size} {unit} #{chosen(text[start:end])}>")
        done = end
    return "".join([*parts, text[done:]])


def _find_tokens(text: str) -> Iterator[tuple[int, int, str, str]]:
    """Yield span, data and kind of each token; by hand, since `re` takes longer to load."""
    start = text.find(_START)
    while start >= 0:
        end = text.find("]", start) + 1
        fields = text[start + len(_START) : end - 1].split(",") if end else []
        if _is_token(fields):
            yield start, end, fields[0], fields[3].removeprefix("type:")
            start = text.find(_START, end)
        else:
            start = text.find(_START, start + 1)


def _is_token(fields: list[str]) -> bool:
    if len(fields) != 4 or not _BASE64.issuperset(fields[0]):
        return False
    named = zip(fields[1:], ("iv:", "tag:", "type:"), strict=True)
    kind = fields[3][len("type:") :].replace("_", "a")
    return all(field.startswith(name) for field, name in named) and kind.isalnum()


def sign_token(token: str) -> str:
    """Return the sign of a token by itself."""
    return str(sha256(token.encode()).hexdigest()[:_DIGITS])


def sign_value(key: Secret, path: Path, value: Plain, number: int) -> str:
    """Return the sign of a value at its place, under a key that only a holder has.

    Args:
        number: How often the same value stood at this path before, so that equal values of a
            list do not show, and items keep their signs when one is put in before them.
    """
    text, kind = to_text(value)
    parts = [_LABEL, "\0".join(path).encode(), kind.encode(), b"%d" % number, text]
    message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    # Signs of tokens need no key, and `hmac` loads OpenSSL.
    import hmac

    return hmac.digest(key.reveal(), message, "sha256").hex()[:_DIGITS]


def summarise(metadata: Metadata) -> list[str]:
    """Return what a reviewer wants to know of a file's metadata, a fact a line.

    Each recipient has a sign of what is wrapped for it: after a rotation all of them are new,
    and where only recipients changed the others keep theirs.
    """
    lines = []
    several = len(metadata.groups) > 1
    if several:
        needed = metadata.threshold or len(metadata.groups)
        lines.append(f"opens with {needed} of {len(metadata.groups)} key groups")
    for number, group in enumerate(metadata.groups, start=1):
        where = f"group {number}: " if several else ""
        lines += [f"{where}{one.kind} {one.name} #{sign_token(one.enc.strip())}" for one in group]
    selector = metadata.selector
    lines.append(f"{selector.kind}: {selector.pattern}")
    if metadata.mac_only_encrypted:
        lines.append("the MAC covers encrypted values alone")
    lines.append(f"last modified {metadata.last_modified}, by the format of {metadata.version}")
    return lines


def show_masked(document: Document, sign: Callable[[str], str] | None = None) -> str:
    """Return an encrypted file with its values masked and its metadata summarised."""
    return mask(document.body(), sign) + remark(document)


def remark(document: Document) -> str:
    """Return the summary of a file's metadata as comment lines."""
    return describe_metadata(document.metadata)


def describe_metadata(metadata: Metadata) -> str:
    """Return the summary of metadata as comment lines."""
    return "\n".join(["", "# sops", *(f"#   {line}" for line in summarise(metadata)), ""])


def _size(data: str) -> int:
    return len(data) * 3 // 4 - data.count("=")
