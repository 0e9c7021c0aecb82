"""Say what shall become of each file's master keys: a rule's, or its own with some changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sopsmith.errors import RuleError
from sopsmith.sops.config import FILE_NAME
from sopsmith.sops.regroup import absent_keys, add_group, change_keys, delete_group

if TYPE_CHECKING:
    from sopsmith.flows.rules import Rules
    from sopsmith.sops.config import Config, CreationRule
    from sopsmith.sops.masterkeys import MasterKey
    from sopsmith.sops.metadata import Metadata
    from sopsmith.sops.rekey import RekeyPlan

    Keys = tuple[MasterKey, ...]


class Wish(Protocol):
    """What shall become of a file."""

    def rule(self, path: str, metadata: Metadata) -> CreationRule:
        """Return the rule that the file shall follow.

        Raises:
            RuleError: There is none, or it would lock everybody out.
        """

    def rotates(self, plan: RekeyPlan) -> bool:
        """Tell whether the file gets a new data key."""

    def absent(self, metadata: Metadata) -> Keys:
        """Return the keys that shall go and are not there."""


class FollowRules:
    """`updatekeys`: each file follows the first rule that matches it.

    Args:
        rules: Those of the `.sops.yaml` nearest to each file.
        named: The configuration that holds for every file instead.
        rotate: Give a file a new data key when a recipient goes, since the old one is known
            to whoever kept the old file.
    """

    def __init__(self, rules: Rules, named: Config | None, *, rotate: bool) -> None:
        self._rules = rules
        self._named = named
        self._rotate = rotate

    def rule(self, path: str, metadata: Metadata) -> CreationRule:  # noqa: ARG002
        """Return the rule of the file's path."""
        config = self._named or self._rules.config_of(path)
        if config is None:
            raise RuleError(
                f"no {FILE_NAME} stands above the file", hint=f"name one: --config {FILE_NAME}"
            )
        return config.rule_for(path)

    def rotates(self, plan: RekeyPlan) -> bool:
        """Say yes where somebody loses access."""
        return self._rotate and bool(plan.removed)

    def absent(self, metadata: Metadata) -> Keys:  # noqa: ARG002
        """Return nothing: no key is named."""
        return ()


class ChangeKeys:
    """`rotate`: a new data key for each file, under its own master keys but for some."""

    def __init__(self, added: Keys, removed: Keys) -> None:
        self._added = added
        self._removed = removed
        self._known: tuple[str, CreationRule] | None = None

    def rule(self, path: str, metadata: Metadata) -> CreationRule:  # noqa: ARG002
        """Return the file's own rule with the keys changed; one rule for files of one frame."""
        if self._known is not None and metadata.frame and self._known[0] == metadata.frame:
            return self._known[1]
        rule = change_keys(metadata, self._added, self._removed)
        self._known = metadata.frame, rule
        return rule

    def rotates(self, plan: RekeyPlan) -> bool:  # noqa: ARG002
        """Say yes: that is what it is for."""
        return True

    def absent(self, metadata: Metadata) -> Keys:
        """Return the keys to remove that the file does not have."""
        return absent_keys(metadata, self._removed)


class AddGroup:
    """`groups add`: one more key group, under the data key that the file has."""

    def __init__(self, group: Keys, threshold: int) -> None:
        self._group = group
        self._threshold = threshold

    def rule(self, path: str, metadata: Metadata) -> CreationRule:  # noqa: ARG002
        """Return the file's own rule with the group."""
        return add_group(metadata, self._group, self._threshold)

    def rotates(self, plan: RekeyPlan) -> bool:  # noqa: ARG002
        """Say no: nobody loses access."""
        return False

    def absent(self, metadata: Metadata) -> Keys:  # noqa: ARG002
        """Return nothing: no key is to go."""
        return ()


class DeleteGroup:
    """`groups delete`: a key group less, and a new data key unless it shall stay."""

    def __init__(self, number: int, threshold: int, *, rotate: bool) -> None:
        self._number = number
        self._threshold = threshold
        self._rotate = rotate

    def rule(self, path: str, metadata: Metadata) -> CreationRule:  # noqa: ARG002
        """Return the file's own rule without the group."""
        return delete_group(metadata, self._number, self._threshold)

    def rotates(self, plan: RekeyPlan) -> bool:  # noqa: ARG002
        """Say yes where it was asked for."""
        return self._rotate

    def absent(self, metadata: Metadata) -> Keys:  # noqa: ARG002
        """Return nothing: a group is named, not keys."""
        return ()
