"""`sopsmith git merge-driver`, apart from the other commands so that it loads no click."""

from __future__ import annotations

import time

from sopsmith.adapters.environment import read_settings
from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.keys import load_keyring
from sopsmith.adapters.programs import LocalPrograms
from sopsmith.cli.talk import say
from sopsmith.flows import git_merge as flow


def drive(names: tuple[str, str, str, str], size: int) -> int:
    """Merge base, ours and theirs, whose file's own name is the last, and return git's exit code.

    Raises:
        OutsideError: A file cannot be read or written.
    """
    report = flow.drive(flow.Call(*names, size), open_doors())
    for line in report.words:
        say(f"sopsmith: {line}")
    return report.code


def open_doors() -> flow.Doors:
    """Return the ways to the outside that a merge takes."""
    files, programs = LocalFiles(), LocalPrograms()
    return flow.Doors(
        files, programs, lambda: load_keyring(read_settings(), files, programs), _Now()
    )


class _Now:
    """This moment; `datetime` takes longer to load than a merge takes to open a file."""

    def __init__(self) -> None:
        self._moment = time.gmtime()

    def strftime(self, format: str, /) -> str:  # noqa: A002
        return time.strftime(format, self._moment)
