"""Wrap and unwrap data keys with age.

Each recipient gets an age file of its own around the 32 bytes, armored, as sops writes it.
X25519, SSH and tagged recipients (of hardware keys) are pyrage's, the post-quantum ones of
age-keygen `sopsmith.age.post_quantum`'s; those of plugins are refused with their kind named. What
an X25519 identity opens is opened by `sopsmith.age.narrow` where that knows its shape, without
loading pyrage.

Source: the age format, C2SP age.md; getsops/sops age/keysource.go, encrypted_keys.go.
"""

from __future__ import annotations

from sopsmith.age import narrow
from sopsmith.age.file import Unreadable
from sopsmith.errors import MasterKeyError
from sopsmith.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from sopsmith.age import post_quantum

    Key = narrow.Key | post_quantum.Key

_X25519 = "AGE-SECRET-KEY-1"
_POST_QUANTUM = "AGE-SECRET-KEY-PQ-1"
_POST_QUANTUM_RECIPIENT = "age1pq1"
_PLUGIN = "AGE-PLUGIN-"
_TOLD = "# public key: "
_SSH_KINDS = ("ssh-ed25519 ", "ssh-rsa ")


class Identity:
    """A secret that opens data keys, known by its recipient.

    Args:
        name: What messages call it where its recipient cannot be told: `ssh key (SOURCE)`.
        key: What opens files without pyrage; every identity of age's own has one.
        text: Its line, from which pyrage's identity is made when something needs it.
        native: pyrage's identity, where it is at hand.

    Attributes:
        source: Where it was found, for messages.
        told: Its recipient as the comment above it says, which nothing proves; "" where there
            is none.
    """

    __slots__ = ("_key", "_name", "_native", "source", "text", "told")

    def __init__(
        self,
        name: str,
        source: str,
        *,
        key: Key | None = None,
        text: Secret | None = None,
        native: Any = None,
    ) -> None:
        self._name = name
        self.source = source
        self.text = text
        self._key = key
        self._native = native
        self.told = ""

    @property
    def recipient(self) -> str:
        """Its recipient, worked out when it is first asked for, or else its name."""
        return self._name if self._key is None else self._key.recipient

    def native(self) -> Any:
        """Return it as pyrage has it, or None where pyrage does not know its kind."""
        if self._native is None and isinstance(self._key, narrow.Key) and self.text is not None:
            from pyrage.x25519 import Identity as Native

            self._native = Native.from_str(self.text.reveal().decode())
        return self._native

    def open(self, enc: str) -> bytes | None:
        """Return what an age file holds, or None where pyrage has to be asked.

        Raises:
            Unreadable: It is damaged, which nobody else need be asked.
        """
        return None if self._key is None else self._key.open(enc)

    def __repr__(self) -> str:
        return f"<Identity of {self.recipient} from {self.source}>"


def generator(*, post_quantum: bool = False) -> Callable[[], tuple[Secret, str]]:
    """Return what makes identities of a kind: `generate`, or `generate_post_quantum`."""
    return generate_post_quantum if post_quantum else generate


def is_post_quantum(recipient: str) -> bool:
    """Tell whether a recipient is of the kind that quantum computers do not break."""
    return recipient.startswith(_POST_QUANTUM_RECIPIENT)


def generate() -> tuple[Secret, str]:
    """Return a new X25519 identity's text and its recipient."""
    from pyrage.x25519 import Identity as Native

    native = Native.generate()
    return Secret(str(native).encode()), str(native.to_public())


def generate_post_quantum() -> tuple[Secret, str]:
    """Return a new post-quantum identity's text and its recipient."""
    from sopsmith.age import post_quantum

    text, recipient = post_quantum.generate()
    return Secret(text), recipient


def parse_identities(text: str, source: str) -> list[Identity]:
    """Return the identities of a `keys.txt`, one a line; `#` lines and blank ones are skipped.

    Args:
        text: The file's text, or a PEM with an SSH private key.
        source: Where it comes from, for messages.

    Raises:
        MasterKeyError: A line is no identity, or one of a kind that cannot be used here. The
            line itself is never quoted.
    """
    if is_locked(text.encode()):
        raise MasterKeyError(
            "the identities are themselves encrypted with a passphrase",
            path=source,
            hint="keep them in a file and name it in SOPS_AGE_KEY_FILE; then it is asked for",
        )
    if "-----BEGIN" in text:
        return [_parse_ssh(text, source)]
    found: list[Identity] = []
    told = ""
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if line.startswith(_TOLD):
            told = line.removeprefix(_TOLD)
        elif line and not line.startswith("#"):
            identity = _parse_line(line, source, number)
            identity.told, told = told, ""
            found.append(identity)
    return found


def is_locked(data: bytes) -> bool:
    """Tell whether the file of identities is itself an age file, binary or armored."""
    return data.lstrip().startswith((b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED FILE"))


def unlock_identities(data: bytes, passphrase: Secret, source: str) -> list[Identity]:
    """Return the identities of a file that is encrypted with a passphrase.

    Raises:
        MasterKeyError: The passphrase is not its own, it is damaged or encrypted to recipients,
            or what it holds are no identities.
    """
    from pyrage import DecryptError
    from pyrage.passphrase import decrypt

    try:
        text = bytes(decrypt(data.lstrip(), passphrase.reveal().decode())).decode()
    except UnicodeDecodeError:
        raise MasterKeyError("passphrase or identities are not UTF-8", path=source) from None
    except DecryptError as error:
        # age tells a file for recipients from a passphrase that does not fit.
        reason = "the passphrase is wrong, or the file of identities is damaged"
        if "No matching keys" in str(error):
            reason = "the file of identities is encrypted to recipients, not with a passphrase"
        raise MasterKeyError(reason, path=source) from None
    return parse_identities(text, source)


def _parse_line(line: str, source: str, number: int) -> Identity:
    place = f"line {number}"
    if line.startswith(_PLUGIN):
        raise MasterKeyError("identities of age plugins are not supported", path=source, key=place)
    if not line.startswith((_X25519, _POST_QUANTUM)):
        raise MasterKeyError(
            "not an age identity",
            path=source,
            key=place,
            hint="identities begin with AGE-SECRET-KEY-1 and stand alone on their line",
        )
    key = _read_key(line)
    if key is None:
        raise MasterKeyError("a damaged age identity", path=source, key=place)
    return Identity("", source, key=key, text=Secret(line.encode()))


def _read_key(line: str) -> Key | None:
    if not line.startswith(_POST_QUANTUM):
        return narrow.read_identity(line)
    from sopsmith.age import post_quantum

    return post_quantum.read_identity(line)


def _parse_ssh(text: str, source: str) -> Identity:
    from pyrage import IdentityError
    from pyrage.ssh import Identity as Native

    try:
        native = Native.from_buffer(text.encode())
        return Identity(f"ssh key ({source})", source, native=native)
    except (IdentityError, ValueError) as error:
        # The reason is one of age's own words; the key is never in it.
        if "must be decrypted" in str(error) or "EncryptedPem" in str(error):
            raise MasterKeyError(
                "the SSH private key has a passphrase, which the age library cannot take",
                path=source,
                hint="use a copy without one: ssh-keygen -p -N '' -f COPY",
            ) from None
        raise MasterKeyError(
            "not an SSH private key that age can use (ed25519 or rsa)", path=source
        ) from None


def derive_key(identities: list[Identity], label: bytes) -> Secret | None:
    """Return 32 bytes that only a holder of the same age identities can make, or None.

    Args:
        label: What the key is for; another label gives a key that has nothing to do with it.
    """
    import hmac

    texts = sorted({one.text.reveal().decode() for one in identities if one.text is not None})
    if not texts:
        return None
    return Secret(hmac.digest(label, "\n".join(texts).encode(), "sha256"))


def check_recipient(text: str) -> str:
    """Return a recipient as it is stored, once it is known to be usable.

    Raises:
        MasterKeyError: It is malformed, or of a kind that cannot be used here.
    """
    recipient = text.strip()
    _native_recipient(recipient)
    return recipient


def _native_recipient(recipient: str) -> Any:
    from pyrage import RecipientError
    from pyrage.ssh import Recipient as SshRecipient
    from pyrage.x25519 import Recipient

    if recipient.upper().startswith("AGE-SECRET-KEY-"):
        raise MasterKeyError("an age identity stands where a recipient belongs")
    try:
        if recipient.startswith(("age1tag1", "age1tagpq1")):
            return _tagged(recipient)
        if recipient.startswith(_POST_QUANTUM_RECIPIENT):
            return _post_quantum(recipient)
        _refuse_other_kinds(recipient)
        if recipient.startswith(_SSH_KINDS):
            return SshRecipient.from_str(recipient)
        return Recipient.from_str(recipient)
    except (RecipientError, ValueError):
        # What does not even begin like a recipient may be a secret that was pasted by mistake.
        looks = recipient.startswith(("age1", *_SSH_KINDS))
        shown = f": {recipient[:20]}…" if looks else f" ({len(recipient)} characters)"
        raise MasterKeyError(
            f"not an age recipient{shown}",
            hint="recipients begin with age1, ssh-ed25519 or ssh-rsa",
        ) from None


def _post_quantum(recipient: str) -> Any:
    from sopsmith.age.post_quantum import read_recipient

    public = read_recipient(recipient)
    if public is None:
        raise ValueError
    return public


def _tagged(recipient: str) -> Any:
    import pyrage

    # tagpq is the post-quantum one; pyrage has both since 1.4.
    kind = pyrage.tagpq if recipient.startswith("age1tagpq1") else pyrage.tag
    return kind.Recipient.from_str(recipient)


def _refuse_other_kinds(recipient: str) -> None:
    """Refuse the kinds of recipient that the age library has not, each by its name."""
    shown = f"{recipient[:20]}…"
    # Bech32 has no 1 but the one that ends the prefix, so a second one means a longer prefix.
    name, mark, _ = recipient.removeprefix("age1").rpartition("1")
    if recipient.startswith("age1") and mark and name.isalnum():
        raise MasterKeyError(f"recipients of the age plugin {name} are not supported: {shown}")


_NATIVE: dict[str, Any] = {}
"""Recipients that were wrapped to before; a tree has few of them and many files."""


def wrap(recipient: str, data_key: Secret) -> str:
    """Return an armored age file that holds a data key for one recipient.

    Raises:
        MasterKeyError: The recipient cannot be used.
    """
    return wrap_for((recipient,), data_key)


def wrap_for(recipients: Sequence[str], content: Secret) -> str:
    """Return an armored age file that each of some recipients opens alone.

    Raises:
        MasterKeyError: A recipient cannot be used, or not together with the others.
    """
    from pyrage import EncryptError, encrypt

    for one in recipients:
        if one not in _NATIVE:
            _NATIVE[one] = _native_recipient(one)
    natives = [_NATIVE[one] for one in recipients]
    post_quantum = [is_post_quantum(one) for one in recipients]
    if natives and all(post_quantum):
        from sopsmith.age.post_quantum import seal

        return seal(natives, content.reveal())
    if any(post_quantum):
        raise MasterKeyError(
            "post-quantum recipients and others cannot stand in one age file",
            hint="whoever breaks the weaker kind would open it all the same; use one kind",
        )
    try:
        return str(encrypt(content.reveal(), natives, armored=True).decode())
    except EncryptError:
        shown = ", ".join(f"{one[:20]}…" for one in recipients)
        raise MasterKeyError(f"could not encrypt to {shown}") from None


def unwrap(enc: str, identities: list[Identity]) -> bytes | None:
    """Return what an age file holds, or None where no identity opens it.

    Raises:
        MasterKeyError: It is not an age file, or it is damaged.
    """
    enc = enc.strip()
    for one in identities:
        try:
            found = one.open(enc)
        except Unreadable:
            raise MasterKeyError("the age file around the data key is damaged") from None
        if found is not None:
            return found
    natives = [native for one in identities if (native := one.native()) is not None]
    if not natives:
        return None
    from pyrage import DecryptError, decrypt

    try:
        return bytes(decrypt(enc.encode(), natives))
    except DecryptError as error:
        # age tells "none of these identities" from every kind of damage.
        if "No matching keys" in str(error):
            return None
        raise MasterKeyError("the age file around the data key is damaged") from None
