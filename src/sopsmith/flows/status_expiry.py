"""Find when the Secrets of a tree expire, from what stands in clear in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import Error
from sopsmith.flows.reading import read_for_sops
from sopsmith.formats import load_format, narrow
from sopsmith.formats.tree import to_object
from sopsmith.repo.expiry import ANNOTATION, find_expiries
from sopsmith.sops.recognise import recognise
from sopsmith.sops.values import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sopsmith.formats.tree import Tree
    from sopsmith.ports import Answer, Trees, Workers


class Dated(NamedTuple):
    """A Secret that says when it expires.

    Attributes:
        name: The object's; "" where the file cannot be read.
        text: What the annotation says.
        problem: Why there is no text, or "".
    """

    path: str
    name: str
    text: str
    problem: str


def find_dated(root: str, trees: Trees, workers: Workers) -> Iterator[Dated]:
    """Yield every annotation of every SOPS file, in path order."""
    for answer in workers.map(_Look(trees).one, trees.walk((root,))):
        for one in answer or ():
            assert isinstance(one, tuple)
            yield Dated(*map(str, one))


class _Look:
    """Look at one file after the other; a fork of it works in each process."""

    def __init__(self, trees: Trees) -> None:
        self._trees = trees

    def one(self, path: str) -> Answer:
        """Return the fields of a `Dated` for each annotation of a file."""
        try:
            data = read_for_sops(self._trees, path)
            name = recognise(data, path)
            # Nearly all files end here, without being parsed.
            if name is None or ANNOTATION.encode() not in data:
                return None
            found = [
                _fields(path, *one)
                for tree in _parse(data, name)
                for one in find_expiries(to_object(tree.root))
            ]
        except Error as error:
            return ((path, "", "", ": ".join(filter(None, (error.key, error.message)))),)
        except UnicodeDecodeError:
            return ((path, "", "", "is not UTF-8 text"),)
        return tuple(found)


def _parse(data: bytes, name: str) -> list[Tree]:
    text = data.decode()
    trees = narrow.parse(text) if name == "yaml" else None
    return trees if trees is not None else load_format(name).parse(text)


def _fields(path: str, name: str, value: object) -> Answer:
    if not isinstance(value, str):
        return path, name, "", f"{ANNOTATION} is no text"
    if value.startswith(PREFIX):
        return path, name, "", f"{ANNOTATION} is encrypted, so nobody sees it without an identity"
    return path, name, value, ""
