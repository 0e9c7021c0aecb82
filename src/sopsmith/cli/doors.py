"""Open the real doors for commands that work on a platform repository."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from sopsmith.adapters.environment import read_settings
from sopsmith.adapters.file_set import FileSets, replace_files
from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.keys import load_keyring
from sopsmith.adapters.kinds import load_kinds
from sopsmith.adapters.programs import LocalPrograms
from sopsmith.adapters.workers import LocalWorkers
from sopsmith.errors import NotThere
from sopsmith.flows.generate import STDIN, Doors
from sopsmith.repo.root import find_root

WORTH_IT = 64
"""Secrets for which forks pay; to encrypt one or to compare it takes some 0.3 ms."""


class Repository(NamedTuple):
    """A repository and the doors to it.

    Attributes:
        root: Its root, absolute.
    """

    root: str
    doors: Doors


def open_repository(folder: str) -> Repository:
    """Return the repository that a folder lies in.

    Raises:
        LayoutError: It lies in none.
    """
    files, programs = LocalFiles(), LocalPrograms()
    root = find_root(files, folder)
    # The identities are read once, and only if a file has to be opened.
    keyring = cache(lambda: load_keyring(read_settings(), files, programs))
    kinds = load_kinds(read_settings(), programs)
    now = datetime.now(UTC)
    workers = LocalWorkers(worth_it=WORTH_IT, batch=16)
    return Repository(root, Doors(files, replace_files, programs, keyring, now, kinds, workers))


@contextmanager
def writing(at: Repository) -> Iterator[Doors]:
    """Open doors that write files beside their targets while others are planned.

    What has not taken its place by the end is taken away.
    """
    files = FileSets()
    try:
        yield at.doors._replace(replace=files.replace, stage=files.stage)
    finally:
        files.drop()


def read_env(path: str | None, at: Repository) -> tuple[str, bytes]:
    """Return what a `.env` is called and its bytes.

    Raises:
        OutsideError: It cannot be read.
    """
    if path == STDIN:
        import sys

        return path, sys.stdin.buffer.read()
    path = path or os.path.relpath(os.path.join(at.root, ".env"))
    try:
        return path, at.doors.files.read(path)
    except NotThere as error:
        error.hint = "name it: --env-file FILE, or - for standard input"
        raise
