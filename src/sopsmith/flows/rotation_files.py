"""Move a repository from an old recipient to a new one: configuration first, then files.

Both recipients' identities are in the cluster while this runs, so the order is free. The
configuration comes first so that whatever `generate` writes meanwhile is for the new one.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sopsmith.errors import Error, ProblemsFound
from sopsmith.flows.reading import read_for_sops
from sopsmith.flows.rekey import Means, apply_rekeying, plan_rekeying, read_metadata
from sopsmith.flows.rules import Rules
from sopsmith.repo.contexts import find_environment
from sopsmith.repo.layout import SOPS_CONFIG
from sopsmith.repo.recipient_edit import Texts, replace_recipient
from sopsmith.repo.recipients import NamedRecipient
from sopsmith.repo.rotation import Rotation, refuse_markers
from sopsmith.repo.settings import CORE, FILE, RepoSettings, parse_settings
from sopsmith.sops.config import CreationRule
from sopsmith.sops.masterkeys import MasterKey
from sopsmith.sops.recognise import recognise
from sopsmith.sops.regroup import groups_of, rule_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sopsmith.flows.rekey_plan import Plan, Problem
    from sopsmith.ports import Files
    from sopsmith.sops.metadata import Metadata
    from sopsmith.sops.rekey import RekeyPlan

    Keys = tuple[MasterKey, ...]


class SwapRecipient:
    """A wish: where a file has the old recipient, the new one stands in its place.

    A file whose rule still names the old one, as core's does where another environment shares
    it, keeps it; it gets the new one beside it if the rule names that too.
    """

    def __init__(self, rules: Rules, rotation: Rotation) -> None:
        self._rules = rules
        self._old = MasterKey.of_age(rotation.old)
        self._new = MasterKey.of_age(rotation.new)

    def rule(self, path: str, metadata: Metadata) -> CreationRule:
        """Return the file's own rule with the recipient swapped."""
        groups = groups_of(metadata)
        if any(self._old in group for group in groups):
            found = self._rules.rule_of(path)
            named = found.recipients if found else ()
            groups = tuple(self._swapped(group, named) for group in groups)
        return rule_of(metadata, groups, metadata.threshold)

    def rotates(self, plan: RekeyPlan) -> bool:
        """Say yes where the old recipient goes, since who held it knows the data key."""
        return bool(plan.removed)

    def absent(self, metadata: Metadata) -> Keys:  # noqa: ARG002
        """Return nothing: a file without the old recipient is left alone."""
        return ()

    def _swapped(self, group: Keys, named: tuple[str, ...]) -> Keys:
        if self._old not in group or (self._old.name in named and self._new.name not in named):
            return group
        kept = (self._old,) if self._old.name in named else ()
        made = [(*kept, self._new) if key == self._old else (key,) for key in group]
        return tuple(dict.fromkeys(key for keys in made for key in keys))


class Tree:
    """A repository, and the files of it that a rotation is about."""

    def __init__(self, root: str, rotation: Rotation, files: Files, means: Means) -> None:
        self._root = root
        self._rotation = rotation
        self._files = files
        self._means = means

    def settings(self) -> RepoSettings:
        """Return what `sopsmith.yaml` says now.

        Raises:
            LayoutError: It cannot be worked with, or holds merge conflict markers.
        """
        return read_settings(self._files, self._root)

    def recipients(self) -> tuple[str, ...]:
        """Return the recipients of the environment, as the configuration names them now."""
        return find_environment(self.settings(), self._rotation.environment).recipients

    def folders(self) -> tuple[str, ...]:
        """Return the overlays of the environment and of core, relative to the repository."""
        settings = self.settings()
        return tuple(settings.overlay_folder(name) for name in (self._rotation.environment, CORE))

    def all_files(self) -> Iterator[tuple[str, bytes]]:
        """Yield path and bytes of every file of the repository that may be a SOPS file."""
        for path in self._means.trees.walk((self._root,)):
            yield path, read_for_sops(self._means.trees, path)

    def own_files(self) -> Iterator[tuple[str, bytes]]:
        """Yield path and bytes of every SOPS file that is for either recipient."""
        either = {self._rotation.old, self._rotation.new}
        for path, data in self.all_files():
            if either & set(recipients_of(data, path)):
                yield path, data

    def moved_files(self) -> Iterator[tuple[str, bytes]]:
        """Yield path and bytes of every SOPS file that is for the new recipient."""
        for path, data in self.all_files():
            if self._rotation.new in recipients_of(data, path):
                yield path, data

    def plan(self) -> Plan:
        """Return which files have to be moved yet, by the rules that stand.

        Raises:
            ProblemsFound: Some cannot be: broken, or in the middle of a merge.
        """
        plan = plan_rekeying((self._root,), self._wish(), self._means)
        _refuse(plan.problems)
        return plan

    def move_files(self) -> int:
        """Move every file that has the old recipient, and return how many were written.

        Raises:
            ProblemsFound: Some could not be moved; the others are.
        """
        outcome = apply_rekeying(self.plan(), self._wish(), self._means)
        _refuse(outcome.problems)
        return outcome.written

    def move_configuration(self) -> None:
        """Let `.sops.yaml` and `sopsmith.yaml` name the new recipient in the old one's place.

        Raises:
            LayoutError, RuleError: They cannot be edited; neither was.
        """
        before = self._texts()
        after = self._edited(before)
        both = (
            (SOPS_CONFIG, before.rules, after.rules),
            (self._rotation.settings_path, before.settings, after.settings),
        )
        new = [(_join(self._root, name), text) for name, stood, text in both if stood != text]
        if new:
            self._means.replace(new)

    def has_new(self) -> bool:
        """Tell whether either configuration names the new recipient already."""
        return any(self._rotation.new.encode() in text for text in self._texts())

    def _texts(self) -> Texts:
        paths = self._rotation.settings_path, SOPS_CONFIG
        texts = [self._files.read(_join(self._root, name)) for name in paths]
        for name, text in zip(paths, texts, strict=True):
            refuse_markers(text, name)
        return Texts(*texts)

    def _edited(self, texts: Texts) -> Texts:
        """Return both texts with the new recipient in the old one's place.

        The two cannot be replaced in one step; where a kill left one of them, this finds that
        the other is yet to be done.
        """
        rotation = self._rotation
        named = find_environment(parse_settings(texts.settings, FILE), rotation.environment).named
        label = next(
            (one for one in named if one.recipient in (rotation.old, rotation.new)),
            NamedRecipient(rotation.new),
        )
        new = label._replace(recipient=rotation.new)
        return replace_recipient(texts, rotation.environment, rotation.old, new)

    def _wish(self) -> SwapRecipient:
        return SwapRecipient(Rules(self._files), self._rotation)


def read_settings(files: Files, root: str) -> RepoSettings:
    """Return what the `sopsmith.yaml` of a repository says.

    Raises:
        LayoutError: It cannot be worked with, or holds merge conflict markers.
    """
    data = files.read(_join(root, FILE))
    refuse_markers(data, FILE)
    return parse_settings(data, FILE)


def recipients_of(data: bytes, path: str) -> list[str]:
    """Return the age recipients of a SOPS file; none of a file that is none, or is broken."""
    name = recognise(data, path)
    if name is None:
        return []
    try:
        return read_metadata(data, name, path).recipients
    except Error:
        return []


def _refuse(problems: list[Problem]) -> None:
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        first = problems[0]
        raise ProblemsFound(
            f"cannot be moved: {first.message}{more}",
            path=first.path,
            key=first.key or None,
            hint=first.hint or None,
        )


def _join(root: str, path: str) -> str:
    return os.path.normpath(os.path.join(root, path))
