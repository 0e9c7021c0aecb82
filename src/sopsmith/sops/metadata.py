"""Read and build the `sops` metadata of a document.

Reading takes any order and any case of field names and keeps nothing but what is needed: on
a change the block's own text is edited in place, so unknown fields and foreign stanzas stay.
Building gives sops 3.13's order, alphabetical at every level.

Source: getsops/sops stores/stores.go (Metadata, ToInternal, MetadataFromInternal).
"""

from __future__ import annotations

from sopsmith.errors import FormatError, RuleError, Tampered
from sopsmith.formats.tree import Mapping, Node, Scalar, Sequence, Timestamp
from sopsmith.sops.selectors import COMMENT_SELECTORS, SELECTORS, Selector, build_selector

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

KEY = "sops"
FORMAT_VERSION = "3.13.3"  # the version of SOPS whose format is written
KINDS = ("age", "azure_kv", "gcp_kms", "hc_vault", "hckms", "kms", "pgp")
# The field that names a master key of each kind, for messages.
_NAMES = {
    "age": "recipient", "azure_kv": "name", "gcp_kms": "resource_id", "hc_vault": "key_name",
    "hckms": "key_id", "kms": "arn", "pgp": "fp",
}  # fmt: skip


class Stanza:
    """A data key wrapped for one master key.

    Attributes:
        kind: `age`, `pgp`, `kms`, …
        name: The recipient, fingerprint or ARN.
        enc: The wrapped data key, in the kind's own form.
    """

    __slots__ = ("enc", "kind", "name")

    def __init__(self, kind: str, name: str, enc: str) -> None:
        self.kind = kind
        self.name = name
        self.enc = enc

    def __repr__(self) -> str:
        return f"<Stanza {self.kind} {self.name}>"


class Metadata:
    """What a document says of its own encryption.

    Attributes:
        groups: Key groups; more than one means that parts from several are needed.
        last_modified: The text as stored.
        mac: The MAC's token; "" where there is none.
        selector: What is encrypted.
        version: Of the writer.
    """

    __slots__ = (
        "groups", "last_modified", "mac", "mac_only_encrypted", "selector", "threshold", "version"
    )  # fmt: skip

    def __init__(self, fields: dict[str, Node]) -> None:
        self.last_modified = _text(fields, "lastmodified")
        self.mac = _text(fields, "mac")
        self.version = _text(fields, "version")
        self.mac_only_encrypted = _text(fields, "mac_only_encrypted").lower() == "true"
        self.threshold = int(_text(fields, "shamir_threshold") or 0)
        self.selector: Selector = build_selector(
            {kind: _text(fields, kind) for kind in (*SELECTORS, *COMMENT_SELECTORS)}
        )
        self.groups = _groups(fields)

    @property
    def stanzas(self) -> list[Stanza]:
        """Every wrapped data key of every group."""
        return [stanza for group in self.groups for stanza in group]

    @property
    def recipients(self) -> list[str]:
        """The age recipients, in stored order."""
        return [stanza.name for stanza in self.stanzas if stanza.kind == "age"]

    @property
    def mac_additional_data(self) -> bytes:
        """What binds the MAC: the time of the last change, in the form that Go prints."""
        return _normalise_time(self.last_modified).encode()


def parse_metadata(node: Node) -> Metadata:
    """Return the metadata that a `sops` key holds.

    Raises:
        FormatError: It is not of the form that SOPS writes.
        RuleError: Its selectors cannot be used.
    """
    if not isinstance(node, Mapping):
        raise FormatError("the metadata is not a mapping", key=KEY)
    fields = {key.lower(): child for key, child in node.entries}
    try:
        metadata = Metadata(fields)
    except RuleError as error:
        error.key = error.key or KEY
        raise
    except ValueError:
        raise FormatError("shamir_threshold is not a number", key=KEY) from None
    if not metadata.version:
        raise FormatError("the metadata names no version", key=KEY)
    if not metadata.last_modified:
        raise FormatError("the metadata names no time of the last change", key=KEY)
    return metadata


def _text(fields: dict[str, Node], name: str) -> str:
    node = fields.get(name)
    if node is None:
        return ""
    if not isinstance(node, Scalar):
        raise FormatError("must be a single value", key=f"{KEY}.{name}")
    return "" if node.value is None else str(node.value)


def _groups(fields: dict[str, Node]) -> list[list[Stanza]]:
    top = _stanzas(fields)
    if top:
        return [top]
    groups = fields.get("key_groups")
    if not isinstance(groups, Sequence):
        return []
    found = []
    for item in groups.items:
        if not isinstance(item, Mapping):
            raise FormatError("a key group is not a mapping", key=f"{KEY}.key_groups")
        found.append(_stanzas({key.lower(): child for key, child in item.entries}))
    return found


def _stanzas(fields: dict[str, Node]) -> list[Stanza]:
    found = []
    for kind in KINDS:
        node = fields.get(kind)
        for item in node.items if isinstance(node, Sequence) else []:
            if not isinstance(item, Mapping):
                raise FormatError("a master key is not a mapping", key=f"{KEY}.{kind}")
            own = {key.lower(): child for key, child in item.entries}
            found.append(Stanza(kind, _text(own, _NAMES[kind]), _text(own, "enc")))
    return found


def _normalise_time(text: str) -> str:
    """Return RFC 3339 text as Go prints it: whole seconds, and Z where there is no offset."""
    moment = text.strip()
    if len(moment) < 20 or moment[10] not in "Tt":
        raise Tampered("the time of the last change is not RFC 3339", key=f"{KEY}.lastmodified")
    whole, zone = moment[:19], moment[19:].lstrip(".0123456789")
    return whole.replace("t", "T") + ("Z" if zone in ("+00:00", "-00:00", "z") else zone)


def format_time(now: datetime) -> Timestamp:
    """Return a moment (UTC) as the metadata stores it, in whole seconds."""
    return Timestamp(now.strftime("%Y-%m-%dT%H:%M:%SZ"))


def build_metadata(
    stanzas: list[Stanza], selector: Selector, *, mac_only: bool, last_modified: str, mac: str
) -> dict[str, object]:
    """Return a new document's metadata as plain objects, in the order to write them.

    Args:
        stanzas: Wrapped data keys of one key group, of kind `age`.
        mac: The MAC's token.
    """
    fields: dict[str, object] = {
        "age": [{"enc": stanza.enc, "recipient": stanza.name} for stanza in stanzas],
        "lastmodified": last_modified,
        "mac": mac,
        selector.kind: selector.pattern,
        "version": FORMAT_VERSION,
    }
    if mac_only:
        fields["mac_only_encrypted"] = True
    return dict(sorted(fields.items()))
