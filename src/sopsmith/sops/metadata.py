"""Read and build the `sops` metadata of a document.

Reading takes any order and any case of field names and keeps nothing but what is needed: on
a change the block's own text is edited in place, so unknown fields and foreign stanzas stay.
Building gives sops 3.13's order, alphabetical at every level.

Source: getsops/sops stores/stores.go (Metadata, ToInternal, MetadataFromInternal).
"""

from __future__ import annotations

from sopsmith.errors import FormatError, RuleError, Tampered
from sopsmith.formats.tree import Mapping, Node, Scalar, Sequence, Timestamp, to_object
from sopsmith.sops.masterkeys import ALWAYS_IN_GROUPS, NAMES, Stanza
from sopsmith.sops.selectors import COMMENT_SELECTORS, SELECTORS, Selector, build_selector

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Moment(Protocol):
        """What is needed of a moment in UTC; a `datetime` is one."""

        def strftime(self, format: str, /) -> str:  # noqa: A002
            """Return the moment as a format says."""


KEY = "sops"
FORMAT_VERSION = "3.13.3"  # the version of SOPS whose format is written


class Metadata:
    """What a document says of its own encryption.

    Attributes:
        groups: Key groups; more than one means that parts from several are needed.
        last_modified: The text as stored.
        mac: The MAC's token; "" where there is none.
        selector: What is encrypted.
        version: Of the writer.
        whole: The document is a binary file, which no selector divides.
        frame: The same text in all metadata that differ in wrapped data keys, time and MAC
            alone; "" where it is not known.
    """

    __slots__ = (
        "frame", "groups", "last_modified", "mac", "mac_only_encrypted", "selector", "threshold",
        "version", "whole",
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
        self.whole = False
        self.frame = ""

    def renewed(self, encs: tuple[str, ...], last_modified: str, mac: str) -> Metadata:
        """Return metadata with other wrapped data keys in its stanzas, and another time and MAC."""
        new = Metadata.__new__(Metadata)
        new.last_modified = last_modified
        new.mac = mac
        new.version = self.version
        new.mac_only_encrypted = self.mac_only_encrypted
        new.threshold = self.threshold
        new.selector = self.selector
        rest = iter(encs)
        new.groups = [[one.renewed(next(rest)) for one in group] for group in self.groups]
        new.whole = self.whole
        new.frame = self.frame
        return new

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


def metadata_span(text: str) -> tuple[int, int] | None:
    """Return the span of the metadata's lines where they are the last of the text."""
    mark = f"\n{KEY}:\n"
    start = 0 if text.startswith(mark[1:]) else text.find(mark) + 1
    if not start and not text.startswith(mark[1:]):
        return None
    below = text[start + len(mark) - 1 : -1].split("\n")
    if all(line.startswith("  ") and line.lstrip(" ")[:1] not in ("", "#") for line in below):
        return start, len(text)
    return None


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
    for kind in NAMES:
        node = fields.get(kind)
        for item in node.items if isinstance(node, Sequence) else []:
            if not isinstance(item, Mapping):
                raise FormatError("a master key is not a mapping", key=f"{KEY}.{kind}")
            own = {key.lower(): to_object(child) for key, child in item.entries}
            stanza = Stanza(kind, own)
            if "AGE-SECRET-KEY-" in stanza.name.upper():
                raise FormatError(
                    "an age identity stands where a recipient belongs",
                    key=f"{KEY}.{kind}",
                    hint="whoever read the file has the identity: replace it everywhere",
                )
            found.append(stanza)
    return found


def _normalise_time(text: str) -> str:
    """Return RFC 3339 text as Go prints it: whole seconds, and Z where there is no offset."""
    moment = text.strip()
    if len(moment) < 20 or moment[10] not in "Tt":
        raise Tampered("the time of the last change is not RFC 3339", key=f"{KEY}.lastmodified")
    whole, zone = moment[:19], moment[19:].lstrip(".0123456789")
    return whole.replace("t", "T") + ("Z" if zone in ("+00:00", "-00:00", "z") else zone)


def format_time(now: Moment) -> Timestamp:
    """Return a moment (UTC) as the metadata stores it, in whole seconds."""
    return Timestamp(now.strftime("%Y-%m-%dT%H:%M:%SZ"))


def build_metadata(
    groups: list[list[Stanza]], selector: Selector | None, *, threshold: int, mac_only: bool
) -> dict[str, object]:
    """Return what a document's metadata say of keys and selector, without time and MAC.

    Args:
        groups: Wrapped data keys by key group.
        selector: None writes none, as in binary files.
    """
    fields = _group_fields(groups, threshold)
    if selector is not None:
        fields[selector.kind] = selector.pattern
    if mac_only:
        fields["mac_only_encrypted"] = True
    return fields


def _group_fields(groups: list[list[Stanza]], threshold: int) -> dict[str, object]:
    if len(groups) == 1:
        return _by_kind(groups[0])
    listed = [
        dict(sorted({**{kind: [] for kind in ALWAYS_IN_GROUPS}, **_by_kind(group)}.items()))
        for group in groups
    ]
    # Without a threshold sops combines whatever parts it has, and reports a broken file.
    return {"key_groups": listed, "shamir_threshold": threshold or len(groups)}


def _by_kind(group: list[Stanza]) -> dict[str, object]:
    kinds = [kind for kind in NAMES if any(stanza.kind == kind for stanza in group)]
    return {kind: [one.fields for one in group if one.kind == kind] for kind in kinds}


def sign_metadata(fields: dict[str, object], last_modified: str, mac: str) -> dict[str, object]:
    """Return new metadata with time, MAC and version, in the order that sops 3.13 writes."""
    signed = {"lastmodified": last_modified, "mac": mac, "version": FORMAT_VERSION}
    return dict(sorted({**fields, **signed}.items()))


def merge_metadata(old: Node, fields: dict[str, object]) -> dict[str, object]:
    """Return a document's metadata with new keys and selector, all else kept in its order.

    Empty lists that old versions wrote for kinds without a key stay.
    """
    found = to_object(old)
    assert isinstance(found, dict)
    ours = {*NAMES, "key_groups", "shamir_threshold", "mac_only_encrypted"}
    ours |= {*SELECTORS, *COMMENT_SELECTORS}
    kept = {
        name: fields.get(name.lower(), value)
        for name, value in found.items()
        if name.lower() not in ours or name.lower() in fields or value == []
    }
    known = {name.lower() for name in kept}
    missing = {name: value for name, value in fields.items() if name not in known}
    merged = {**kept, **missing}
    return dict(sorted(merged.items())) if list(found) == sorted(found) else merged
