"""Count who opens the SOPS files of a tree, from their metadata alone: no identity is needed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import Error
from sopsmith.flows.rekey import find_metadata

if TYPE_CHECKING:
    from sopsmith.ports import Answer, Trees, Workers
    from sopsmith.sops.masterkeys import MasterKey
    from sopsmith.sops.metadata import Metadata

_PROBLEM, _FILE = "problem", "file"


class KeyName(NamedTuple):
    """A master key: its kind and its name, for age the recipient."""

    kind: str
    name: str


class Survey(NamedTuple):
    """What was counted.

    Attributes:
        files: SOPS files whose metadata could be read.
        opens: For each master key, the files that it has a part in opening.
        alone: For each master key, the files that nothing opens without it.
        problems: Path and reason of files whose metadata could not be read.
    """

    files: int
    opens: Counter[KeyName]
    alone: Counter[KeyName]
    problems: list[tuple[str, str]]


def survey(paths: tuple[str, ...], trees: Trees, workers: Workers) -> Survey:
    """Count over every SOPS file under some paths; a path that is not there holds none."""
    found = Survey(0, Counter(), Counter(), [])
    files = 0
    for answer in workers.map(_Look(trees).one, trees.walk(paths)):
        if answer is None:
            continue
        kind, first, second = answer
        if kind == _PROBLEM:
            found.problems.append((str(first), str(second)))
            continue
        files += 1
        found.opens.update(_names(first))
        found.alone.update(_names(second))
    return found._replace(files=files)


class _Look:
    """Look at one file after the other; a fork of it works in each process."""

    def __init__(self, trees: Trees) -> None:
        self._trees = trees

    def one(self, path: str) -> Answer:
        """Return a file's master keys and those that it cannot do without, or a problem."""
        try:
            found = find_metadata(self._trees, path)
        except Error as error:
            return _PROBLEM, path, ": ".join(filter(None, (error.key, error.message)))
        if found is None:
            return None
        *_, metadata = found
        every = tuple(dict.fromkeys(stanza.key for stanza in metadata.stanzas))
        return _FILE, _plain(every), _plain(tuple(find_needed(metadata, every)))


def find_needed(metadata: Metadata, keys: tuple[MasterKey, ...]) -> list[MasterKey]:
    """Return the keys without which a file never opens again.

    In one group that is the only key of it. Where the data key is split, it is a key without
    which too few groups are left.
    """
    needed = metadata.threshold or len(metadata.groups)
    return [
        key
        for key in keys
        if sum(any(one.key != key for one in group) for group in metadata.groups) < needed
    ]


def _plain(keys: tuple[MasterKey, ...]) -> Answer:
    return tuple((key.kind, key.name) for key in keys)


def _names(part: object) -> list[KeyName]:
    assert isinstance(part, tuple)
    return [KeyName(*map(str, one)) for one in part]
