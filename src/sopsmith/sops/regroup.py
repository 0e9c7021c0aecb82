"""Work out which master keys a document should have after some are added or removed.

The result is a creation rule that is the document's own but for its keys; `rekey` follows it.

Source: getsops/sops cmd/sops/rotate.go, cmd/sops/subcommand/groups.
"""

from __future__ import annotations

from sopsmith.errors import RuleError
from sopsmith.sops.config import CreationRule
from sopsmith.sops.key_groups import Group, parse_threshold
from sopsmith.sops.masterkeys import MasterKey
from sopsmith.sops.metadata import Metadata

_PLACE = "sops.key_groups"


def rule_of(metadata: Metadata, groups: tuple[Group, ...], threshold: int) -> CreationRule:
    """Return the rule that a document follows, with other key groups.

    Raises:
        RuleError: That many groups are not there, or a group is empty.
    """
    if not groups or not all(groups):
        raise RuleError("no master key would be left", key="sops")
    return CreationRule(
        recipients=tuple(key.name for group in groups for key in group if key.kind == "age"),
        selector=metadata.selector,
        mac_only=metadata.mac_only_encrypted,
        place="the file's own metadata",
        groups=groups,
        threshold=parse_threshold(threshold, len(groups), "sops") if len(groups) > 1 else 0,
    )


def change_keys(
    metadata: Metadata, added: tuple[MasterKey, ...], removed: tuple[MasterKey, ...]
) -> CreationRule:
    """Return a document's rule with keys added to its first group and taken from every group.

    A key that some group has is not added again, and one that no group has is not missed;
    `absent_keys` tells of those.

    Raises:
        RuleError: A group would have no key left.
    """
    groups = groups_of(metadata)
    standing = {key for group in groups for key in group}
    new = tuple(key for key in dict.fromkeys(added) if key not in standing)
    kept = [tuple(key for key in group if key not in removed) for group in groups]
    kept[:1] = [(*(kept[0] if kept else ()), *new)]
    for number, group in enumerate(kept):
        if not group:
            some = len(kept) > 1
            raise RuleError(
                f"key group {number} would have no key left" if some else "no key would be left",
                key="sops",
                hint=f"sopsmith groups delete --group {number}" if some else None,
            )
    return rule_of(metadata, tuple(kept), metadata.threshold)


def absent_keys(metadata: Metadata, keys: tuple[MasterKey, ...]) -> tuple[MasterKey, ...]:
    """Return those of some keys that a document does not have."""
    standing = {stanza.key for stanza in metadata.stanzas}
    return tuple(key for key in keys if key not in standing)


def add_group(metadata: Metadata, group: Group, threshold: int) -> CreationRule:
    """Return a document's rule with one more key group.

    Args:
        threshold: How many groups shall open it; 0 keeps the number, or asks for all of two.

    Raises:
        RuleError: The group is empty, or the threshold cannot be met.
    """
    if not group:
        raise RuleError("the new key group has no key", hint="sopsmith groups add --age age1…")
    return rule_of(metadata, (*groups_of(metadata), group), threshold or metadata.threshold)


def delete_group(metadata: Metadata, number: int, threshold: int) -> CreationRule:
    """Return a document's rule without one of its key groups, counted from 0.

    Raises:
        RuleError: There is no such group, it is the last one, or the threshold cannot be met.
    """
    groups = groups_of(metadata)
    if not 0 <= number < len(groups):
        raise RuleError(
            f"there is no key group {number}; there are {len(groups)}, counted from 0", key=_PLACE
        )
    left = groups[:number] + groups[number + 1 :]
    needed = threshold or metadata.threshold
    if len(left) > 1 and needed > len(left):
        raise RuleError(
            f"{needed} key groups are needed to open the file, and {len(left)} would be left",
            key="sops.shamir_threshold",
            hint=f"--shamir-secret-sharing-threshold {len(left)}",
        )
    return rule_of(metadata, left, needed)


def groups_of(metadata: Metadata) -> tuple[Group, ...]:
    """Return the master keys of each of a document's key groups."""
    return tuple(tuple(stanza.key for stanza in group) for group in metadata.groups)
