"""Name the master keys that wrap a data key, and reach each kind through one interface.

A kind is one object with `wrap` and `unwrap`. age is built in; the others are handed in by
the edge, which knows programs and networks. Stanzas of kinds that are not at hand are kept
as they are, byte for byte.

Source: getsops/sops keys/keys.go, stores/stores.go.
"""

from __future__ import annotations

from sopsmith import age
from sopsmith.errors import MasterKeyError
from sopsmith.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Kind(Protocol):
        """A way to wrap data keys."""

        def wrap(self, key: MasterKey, data_key: Secret) -> str:
            """Return the wrapped data key as the stanza's `enc` holds it.

            Raises:
                MasterKeyError: The key cannot be used.
            """

        def unwrap(self, stanza: Stanza) -> bytes | None:
            """Return the data key, or None where this kind cannot open the stanza here.

            Raises:
                MasterKeyError: The stanza is damaged, or the service refused.
            """


# The field that names a key of each kind, and the order in which sops prints kinds.
NAMES = {
    "age": "recipient", "azure_kv": "name", "gcp_kms": "resource_id", "hc_vault": "key_name",
    "hckms": "key_id", "kms": "arn", "pgp": "fp",
}  # fmt: skip
# sops writes these lists even when they are empty, inside key groups.
ALWAYS_IN_GROUPS = ("age", "hc_vault")
_NOT_OF_THE_KEY = ("enc", "created_at")


class MasterKey:
    """One master key: its kind and the fields that name it, `enc` left out."""

    __slots__ = ("_identity", "fields", "kind")

    def __init__(self, kind: str, fields: dict[str, object]) -> None:
        self.kind = kind
        self.fields = fields
        # Rules and documents are compared key by key, thousands of times in a large tree.
        parts = (fields.get(part) for part in _IDENTIFYING.get(kind, ()))
        self._identity = (kind, self.name, *(str(part or "") for part in parts))

    @classmethod
    def of_age(cls, recipient: str) -> MasterKey:
        """Return the master key of an age recipient."""
        return cls("age", {"recipient": recipient})

    @property
    def name(self) -> str:
        """The recipient, fingerprint, ARN or key name."""
        return str(self.fields.get(NAMES[self.kind], ""))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MasterKey) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    def __repr__(self) -> str:
        return f"<MasterKey {self.kind} {self.name}>"


# Further fields without which two keys of one name are different keys.
_IDENTIFYING = {
    "azure_kv": ("vault_url", "version"),
    "hc_vault": ("vault_address", "engine_path"),
    "kms": ("role", "aws_profile", "context"),
}


class Stanza:
    """A data key, or a part of one, wrapped for one master key.

    Attributes:
        fields: Everything that the metadata says, fields that are not known included.
    """

    __slots__ = ("_key", "fields", "kind")

    def __init__(self, kind: str, fields: dict[str, object]) -> None:
        self.kind = kind
        self.fields = fields
        self._key: MasterKey | None = None

    @property
    def name(self) -> str:
        """The recipient, fingerprint, ARN or key name."""
        return str(self.fields.get(NAMES[self.kind], ""))

    @property
    def enc(self) -> str:
        """The wrapped data key in its kind's own form."""
        return str(self.fields.get("enc", ""))

    @property
    def key(self) -> MasterKey:
        """The master key that it is wrapped for."""
        if self._key is None:
            known = self.fields.items()
            fields = {name: value for name, value in known if name not in _NOT_OF_THE_KEY}
            self._key = MasterKey(self.kind, fields)
        return self._key

    def renewed(self, enc: str) -> Stanza:
        """Return a stanza for the same master key that holds another wrapped data key."""
        new = Stanza(self.kind, {**self.fields, "enc": enc})
        new._key = self.key
        return new

    def __repr__(self) -> str:
        return f"<Stanza {self.kind} {self.name}>"


class AgeKind:
    """age, to which anybody can wrap; opening is the keyring's, which holds the identities."""

    def wrap(self, key: MasterKey, data_key: Secret) -> str:
        """Return an armored age file for the recipient."""
        return age.wrap(key.name, data_key)

    def unwrap(self, stanza: Stanza) -> bytes | None:  # noqa: ARG002
        """Return None: identities are not known here."""
        return None


def wrap_key(key: MasterKey, data_key: Secret, kinds: dict[str, Kind], *, now: str) -> Stanza:
    """Return the stanza of a data key for a master key.

    Args:
        kinds: What can be reached besides age.
        now: RFC 3339, for the kinds whose stanzas carry a time.

    Raises:
        MasterKeyError: The kind is not at hand, or the key cannot be used.
    """
    kind = kinds.get(key.kind) or (AgeKind() if key.kind == "age" else None)
    if kind is None:
        raise MasterKeyError(
            f"master keys of kind {key.kind} cannot be used here",
            hint=f"is the extra installed? pip install 'sopsmith[{key.kind.replace('_', '-')}]'",
        )
    fields = {**key.fields, "enc": kind.wrap(key, data_key)}
    if key.kind != "age":
        fields["created_at"] = now
    return Stanza(key.kind, dict(sorted(fields.items())))
