"""Say of one file which rule holds for it, who opens it and what of it is encrypted. Pure."""

from __future__ import annotations

from typing import NamedTuple

from sopsmith.formats.tree import Tree, show
from sopsmith.repo.coverage import Value, list_values
from sopsmith.sops.config import Config
from sopsmith.sops.masterkeys import MasterKey
from sopsmith.sops.selectors import Selector
from sopsmith.sops.values import is_token

ENCRYPTED, CLEAR, EMPTY = "encrypted", "clear", "empty"
EXPOSED = "in clear, should be encrypted"
WILL_BE = "would be encrypted"


class Tried(NamedTuple):
    """A creation rule that was held against the path.

    Attributes:
        place: As in `.sops.yaml: creation_rules[0]`.
        why: A sentence: why it matched, or why not.
    """

    place: str
    matched: bool
    why: str


class Covered(NamedTuple):
    """A value by its key path, with its document in front where there are several."""

    key: str
    state: str


class Reader(NamedTuple):
    """A master key that opens the file, or would.

    Attributes:
        kind: age, pgp, kms and so on.
        group: Its key group, from 1 on; 0 where there is one group.
        at_hand: Where an identity for it was found, or "".
    """

    kind: str
    name: str
    group: int
    at_hand: str


def try_rules(config: Config, path: str) -> list[Tried]:
    """Return the rules up to the first that matches, each with the reason.

    Args:
        path: As the rules see it: relative to the folder of `.sops.yaml`.
    """
    tried = []
    for rule in config.rules:
        matched = rule.matches(path)
        if not rule.path_regex:
            why = "has no path_regex, so it matches every path"
        else:
            verb = "matches" if matched else "does not match"
            why = f"path_regex `{rule.path_regex}` {verb}"
        tried.append(Tried(rule.place, matched, why))
        if matched:
            break
    return tried


def cover(trees: list[Tree], selector: Selector, text: str, *, encrypted: bool) -> list[Covered]:
    """Return the state of every value; no value itself.

    Args:
        encrypted: The file has sops metadata, so a selected value in clear is wrong.
    """
    several = len(trees) > 1
    return [
        Covered(_key(one, several=several), _state(one, encrypted=encrypted))
        for one in list_values(trees, selector, text)
    ]


def list_readers(groups: list[list[MasterKey]], at_hand: dict[str, str]) -> list[Reader]:
    """Return the master keys of each group.

    Args:
        at_hand: Source of each identity at hand, by its recipient.
    """
    several = len(groups) > 1
    return [
        Reader(key.kind, key.name, number if several else 0, at_hand.get(key.name, ""))
        for number, group in enumerate(groups, start=1)
        for key in group
    ]


def _key(one: Value, *, several: bool) -> str:
    key = show(one.address) or "."
    return f"document {one.document + 1}: {key}" if several else key


def _state(one: Value, *, encrypted: bool) -> str:
    value = one.leaf.value
    if value in (None, ""):
        return EMPTY
    if isinstance(value, str) and is_token(value):
        return ENCRYPTED
    if not one.selected:
        return CLEAR
    return EXPOSED if encrypted else WILL_BE
