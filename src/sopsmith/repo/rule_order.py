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
    """Return the rules that an earlier rule leaves nothing to.

    A rule behind one that matches every path is hidden whatever the files are; another is where
    files match it and earlier rules take all of them. Whether it would matter for files that
    may come is not asked.

    Args:
        paths: Of files, relative to the configuration.
    """
    hidden = []
    for number, rule in enumerate(config.rules):
        earlier = config.rules[:number]
        every = next((one for one in earlier if not names_files(one)), None)
        takers = [
            next((one for one in earlier if one.matches(path)), None)
            for path in paths
            if rule.matches(path)
        ]
        if every or (takers and all(takers)):
            by = every or takers[0]
            assert by is not None
            hidden.append(Hidden(rule, by))
    return hidden
