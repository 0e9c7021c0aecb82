"""Find the creation rules that hold for each file of a tree, reading each `.sops.yaml` once."""

from __future__ import annotations

import os
from collections.abc import Mapping

from sopsmith.errors import Error, RuleError
from sopsmith.ports import Files
from sopsmith.sops.config import FILE_NAME, Config, CreationRule


class Rules:
    """The configurations above the files of a tree.

    Args:
        files: Where they are read.
        planned: Bytes, by absolute path, that count instead of what stands there.
    """

    def __init__(self, files: Files, planned: Mapping[str, bytes] | None = None) -> None:
        self._files = files
        self._planned = planned or {}
        self._found: dict[str, Config | Error | None] = {}

    def config_of(self, path: str) -> Config | None:
        """Return the configuration that holds for a file: the nearest above it.

        Raises:
            Error: It is broken, or cannot be read.
        """
        found = self._at(os.path.dirname(os.path.abspath(path)))
        if isinstance(found, Error):
            raise found
        return found

    def rule_of(self, path: str) -> CreationRule | None:
        """Return the rule that holds for a file, or None where there is none.

        Raises:
            Error: The configuration is broken, or cannot be read.
        """
        config = self.config_of(path)
        if config is None:
            return None
        try:
            return config.rule_for(path)
        except RuleError:
            return None

    def _at(self, folder: str) -> Config | Error | None:
        if folder not in self._found:
            self._found[folder] = self._load(folder)
        return self._found[folder]

    def _load(self, folder: str) -> Config | Error | None:
        path = os.path.join(folder, FILE_NAME)
        try:
            data = self._planned.get(path) or self._files.find(path)
            if data is not None:
                return Config.parse(data, os.path.relpath(path))
        except Error as error:
            return error
        parent = os.path.dirname(folder)
        return None if parent == folder else self._at(parent)
