"""Look through a tree for what should not be committed, without any identity.

Each file is looked at by itself, in whatever process; what takes two files, such as metadata
copied from one to the other, is found from short hashes when the answers come together.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from sopsmith.errors import Error, OutsideError
from sopsmith.flows.lint_file import FileLint, Judged
from sopsmith.flows.rules import Rules
from sopsmith.ports import Files, Trees, Workers
from sopsmith.repo.lint_rules import Finding
from sopsmith.repo.lint_settings import Ignored
from sopsmith.repo.root import SETTINGS_FILE, find_root, read_settings
from sopsmith.repo.settings import RepoSettings


class Doors(NamedTuple):
    """What the flow needs of the outside."""

    files: Files
    trees: Trees
    workers: Workers


class Report(NamedTuple):
    """What was found.

    Attributes:
        looked_at: Files of every kind.
        encrypted: SOPS files among them.
        findings: In path order.
        ignored: Findings that a comment or `sopsmith.yaml` takes back.
    """

    looked_at: int
    encrypted: int
    findings: tuple[Finding, ...]
    ignored: int


def lint(
    paths: tuple[str, ...], only: frozenset[str], doors: Doors, tick: Callable[[], None]
) -> Report:
    """Look through every file under some paths.

    Args:
        only: Ids of the rules to look for; none for all of them.
        tick: Called once for each file, whatever it is.

    Raises:
        OutsideError: A path is not there.
    """
    root, settings, broken = _settings(doors.files, paths[0])
    work = FileLint(doors.files, doors.trees, Rules(doors.files), settings).one
    gathered = _Gathered(only, settings.lint_ignored if settings else (), root)
    for finding in broken:
        gathered.take(finding)
    for answer in doors.workers.map(work, doors.trees.walk(paths)):
        gathered.add(Judged.of(answer))
        tick()
    return gathered.report()


def _settings(files: Files, start: str) -> tuple[str, RepoSettings | None, list[Finding]]:
    folder = start if _is_folder(files, start) else os.path.dirname(start) or "."
    try:
        root = find_root(files, folder)
    except Error:
        return "", None, []
    try:
        return root, read_settings(files, root), []
    except Error as error:
        path = os.path.relpath(os.path.join(root, SETTINGS_FILE))
        return root, None, [Finding("SOPS018", path, error.message, error.key or "")]


def _is_folder(files: Files, path: str) -> bool:
    try:
        return bool(files.names(path))
    except OutsideError:
        return False


class _Gathered:
    """Bring together what was found in each file."""

    def __init__(self, only: frozenset[str], ignored: tuple[Ignored, ...], root: str) -> None:
        self._only = only
        self._ignored = ignored
        self._root = root
        self._findings: dict[Finding, Finding] = {}
        self._holders: dict[int, str] = {}
        self._looked_at = self._encrypted = self._taken_back = 0

    def add(self, judged: Judged) -> None:
        self._looked_at += 1
        self._taken_back += judged.ignored
        for finding in judged.findings:
            self.take(finding)
        if judged.marks:
            self._encrypted += 1
            self._compare(judged)

    def take(self, finding: Finding) -> None:
        if self._only and finding.rule not in self._only:
            return
        path = os.path.relpath(os.path.abspath(finding.path), self._root) if self._root else ""
        if any(one.covers(finding, path) for one in self._ignored):
            self._taken_back += 1
        else:
            # Several files may report the configuration above them, by differing paths.
            self._findings.setdefault(finding._replace(path=os.path.abspath(finding.path)), finding)

    def report(self) -> Report:
        found = sorted(
            self._findings.values(), key=lambda one: (one.path.split("/"), one.line, one.rule)
        )
        return Report(self._looked_at, self._encrypted, tuple(found), self._taken_back)

    def _compare(self, judged: Judged) -> None:
        """Report a file whose MAC or wrapped data key an earlier one has too."""
        twins = {self._holders.setdefault(mark, judged.path) for mark in judged.marks}
        for twin in sorted(twins - {judged.path})[:1]:
            if "SOPS008" in judged.silenced:
                self._taken_back += 1
                continue
            self.take(Finding("SOPS008", judged.path, f"has the data key or MAC of {twin}"))
