"""Hold one creation rule: who opens a file, and what in it is encrypted."""

from __future__ import annotations

from sopsmith.sops.masterkeys import MasterKey
from sopsmith.sops.selectors import Selector, build_selector, compile_regex

_DEFAULT = build_selector({})


class CreationRule:
    """How one kind of file is encrypted.

    No named tuple: a merge makes a rule of two files' metadata, and `typing` takes longer to load
    than that merge takes.

    Attributes:
        recipients: age recipients, in the order of the rule, each once.
        place: Where the rule stands, for messages: `.sops.yaml: creation_rules[0]`.
        path_regex: As written; "" matches every file.
        groups: Key groups of every kind of master key; () for the one group of `recipients`.
        threshold: How many groups open a file; 0 for all of them.
    """

    __slots__ = (
        "groups", "mac_only", "path_regex", "place", "recipients", "selector", "threshold",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913
        self,
        recipients: tuple[str, ...],
        selector: Selector = _DEFAULT,
        *,
        mac_only: bool = False,
        place: str = "",
        path_regex: str = "",
        groups: tuple[tuple[MasterKey, ...], ...] = (),
        threshold: int = 0,
    ) -> None:
        self.recipients = recipients
        self.selector = selector
        self.mac_only = mac_only
        self.place = place
        self.path_regex = path_regex
        self.groups = groups
        self.threshold = threshold

    @property
    def key_groups(self) -> tuple[tuple[MasterKey, ...], ...]:
        """The key groups, made of the recipients where none are named."""
        if self.groups:
            return self.groups
        return (tuple(map(MasterKey.of_age, self.recipients)),) if self.recipients else ()

    def matches(self, path: str) -> bool:
        """Tell whether a path, relative to the folder of `.sops.yaml`, is the rule's."""
        return not self.path_regex or compile_regex(self.path_regex)(path)

    def for_whole_file(self) -> CreationRule:
        """Return the rule as it holds for sops' binary form, which has no selector."""
        return CreationRule(
            self.recipients,
            place=self.place,
            path_regex=self.path_regex,
            groups=self.groups,
            threshold=self.threshold,
        )
