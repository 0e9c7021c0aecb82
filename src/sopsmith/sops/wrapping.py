"""Wrap a data key for the key groups of a rule."""

from __future__ import annotations

from sopsmith.errors import MasterKeyError
from sopsmith.secret import Secret
from sopsmith.sops.masterkeys import MasterKey, Stanza, wrap_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sopsmith.sops.masterkeys import Kind

Groups = tuple[tuple[MasterKey, ...], ...]
Kinds = dict[str, "Kind"]


def wrap_groups(
    groups: Groups,
    threshold: int,
    data_key: Secret,
    kinds: Kinds,
    *,
    now: str,
    random: Callable[[int], bytes],
) -> list[list[Stanza]]:
    """Return the stanzas of every group: the data key itself, or a part of it a group.

    Args:
        threshold: How many groups open the file; 0 for all.

    Raises:
        MasterKeyError: A key cannot be used, or there is none.
    """
    if not groups or not all(groups):
        raise MasterKeyError("no master key to encrypt to")
    parts = _parts(data_key, len(groups), threshold, random)
    return [
        [wrap_key(key, part, kinds, now=now) for key in group]
        for group, part in zip(groups, parts, strict=True)
    ]


def _parts(
    data_key: Secret, groups: int, threshold: int, random: Callable[[int], bytes]
) -> Sequence[Secret]:
    if groups == 1:
        return [data_key]
    from sopsmith.sops.shamir import split

    return split(data_key, groups, threshold or groups, random)
