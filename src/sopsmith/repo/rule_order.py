"""Find creation rules that nothing reaches, because the first rule that matches a file wins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sopsmith.repo.managed import names_files
from sopsmith.sops.config import Config, CreationRule


class Hidden(NamedTuple):
    """A rule that takes no file.

    Attributes:
        by: The earlier rule that takes what it would match.
    """

    rule: CreationRule
    by: CreationRule


def find_hidden_rules(config: Config, paths: Sequence[str]) -> list[Hidden]:
    """Return the rules that an earlier, wider rule leaves nothing to.

    Wider is what matches every path, or all files of the other rule and more; a narrow rule before
    a wide one is as it should be, even where the wide one has no file of its own yet.

    Args:
        paths: Of files, relative to the configuration.
    """
    matched = [frozenset(filter(rule.matches, paths)) for rule in config.rules]
    hidden = []
    for number, rule in enumerate(config.rules):
        for by, taken in zip(config.rules[:number], matched, strict=False):
            wider = matched[number] and matched[number] < taken
            if wider or not names_files(by) or by.path_regex == rule.path_regex:
                hidden.append(Hidden(rule, by))
                break
    return hidden
