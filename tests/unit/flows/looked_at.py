"""A folder to look through: encrypted files, rules, and short ways to lint and verify it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sopsmith import age
from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.trees import LocalTrees
from sopsmith.adapters.workers import LocalWorkers
from sopsmith.flows import lint, verify
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import encrypt, format_of
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.selectors import Selector

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
IDENTITY, MINE = age.generate()
OTHER, STALE = age.generate()[1], age.generate()[1]
SECRET = "apiVersion: v1\nkind: Secret\nmetadata:\n    name: a\nstringData:\n    value: made-up\n"
DATA = Selector("encrypted_regex", "^(data|stringData)$")
RULES = f"""\
creation_rules:
  - path_regex: \\.secret\\.yaml$
    encrypted_regex: ^(data|stringData)$
    age: {MINE}
  - path_regex: ^whole/
    age: {MINE}
  - path_regex: ^others/
    age: {OTHER}
"""


class Folder:
    """A folder that is the working folder, with rules in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.put(".sops.yaml", RULES)

    def put(self, path: str, content: str | bytes) -> Path:
        """Write a file."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def lock(
        self,
        path: str,
        text: str = SECRET,
        selector: Selector = DATA,
        recipients: tuple[str, ...] = (MINE,),
    ) -> str:
        """Write a file encrypted, and return its text."""
        rule = CreationRule(recipients, selector)
        locked = encrypt(text.encode(), format_of(path), rule, now=NOW, path=path).decode()
        self.put(path, locked)
        return locked

    def lint(self, *paths: str, only: tuple[str, ...] = (), jobs: int = 1) -> lint.Report:
        """Look through the folder."""
        files, trees, workers = LocalFiles(), LocalTrees(), LocalWorkers(jobs, worth_it=1)
        doors = lint.Doors(files, trees, workers)
        return lint.lint(paths or (".",), frozenset(only), doors, lambda: None)

    def rules(self, *paths: str) -> list[str]:
        """Return the ids of what `lint` finds."""
        return [finding.rule for finding in self.lint(*paths).findings]

    def verify(self, *paths: str, jobs: int = 1) -> verify.Report:
        """Open everything in the folder."""
        keyring = Keyring(age.parse_identities(IDENTITY.reveal().decode(), "test"))
        workers = LocalWorkers(jobs, worth_it=1)
        doors = verify.Doors(LocalFiles(), LocalTrees(), workers, keyring)
        return verify.verify(paths or (".",), doors, lambda: None)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """Return a folder that is the working folder for the time of a test."""
    before = Path.cwd()
    os.chdir(tmp_path)
    yield Folder(tmp_path)
    os.chdir(before)
