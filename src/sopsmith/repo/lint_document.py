"""Look through one parsed document for what should not be so. Pure, and without any key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from sopsmith.errors import Error
from sopsmith.formats.tree import Address, Mapping, Node, Scalar, Sequence, Tree, walk
from sopsmith.repo.coverage import Value, list_values
from sopsmith.repo.lint_words import find_kind, is_reference
from sopsmith.sops.config import CreationRule
from sopsmith.sops.masterkeys import MasterKey
from sopsmith.sops.metadata import KEY, Metadata, parse_metadata
from sopsmith.sops.rekey import plan_rekey
from sopsmith.sops.values import is_token

_VERSION = re.compile(r"v?(\d+)\.\d+\.\d+")
_OLDEST = 3
_STRUCTURE = frozenset({"apiVersion", "kind", "name", "namespace"})
_PARTS = ("data", "stringData")


class Found(NamedTuple):
    """A finding before its line is looked up.

    Attributes:
        document: Index of the document in the file.
        address: Where in it; () for the whole file.
    """

    rule: str
    message: str
    document: int = 0
    address: Address = ()


class Standard(NamedTuple):
    """What an encrypted file is held against.

    Attributes:
        rule: Its creation rule; None where no rule matches.
        configured: There is a configuration with rules at all.
        known: Every master key that some rule, or `sopsmith.yaml`, names.
    """

    rule: CreationRule | None
    configured: bool
    known: frozenset[MasterKey]


def lint_plain(trees: list[Tree]) -> list[Found]:
    """Look through a file without sops metadata."""
    lost = next(_tokens(trees), None)
    if lost is not None:
        message = "holds encrypted values and no sops metadata, so it cannot be opened"
        return [Found("SOPS017", message, *lost)]
    return [
        Found("SOPS006", "a Secret stands in clear", number, address)
        for number, address in _plain_secrets(trees)
    ]


def lint_metadata(node: Node, standard: Standard) -> tuple[list[Found], Metadata | None]:
    """Look through a file's metadata, and return them where they can be read."""
    found = [*_version(node), *_mac(node)]
    try:
        metadata = parse_metadata(node)
    except Error as error:
        if not any(one.rule == "SOPS010" for one in found):
            found.append(Found("SOPS017", error.message, 0, _address(error.key)))
        return found, None
    return found + _recipients(metadata, standard), metadata


def lint_values(trees: list[Tree], metadata: Metadata, text: str) -> list[Found]:
    """Look through the values of an encrypted file, whose metadata were taken out.

    Args:
        text: The file's; a selector that looks at comments needs it, and trees with them.
    """
    found = list(_whole(trees))
    selector = metadata.selector
    values = list_values(trees, selector, text)
    if values and not any(one.selected for one in values):
        message = f"{selector.kind} `{selector.pattern}` selects no value"
        found.append(Found("SOPS002", message, 0, (KEY,)))
    in_secrets = {*_plain_secrets(trees)}
    for one in values:
        if one.selected:
            found += _selected(one)
        elif (one.document, one.address[:-1]) not in in_secrets:
            found += _unselected(one)
        elif _is_clear(one.leaf):
            message = "a Secret's value stands in clear"
            found.append(Found("SOPS006", message, one.document, one.address))
    return found


def _selected(one: Value) -> list[Found]:
    value = one.leaf.value
    if value in (None, "") or (isinstance(value, str) and _is_whole_token(value)):
        return []
    if isinstance(value, str) and is_token(value):
        message = "a token is cut or has something behind it"
        return [Found("SOPS017", message, one.document, one.address)]
    message = "stands in clear where the selector says that it is encrypted"
    return [Found("SOPS003", message, one.document, one.address)]


def _unselected(one: Value) -> list[Found]:
    value, path = one.leaf.value, one.path
    if not isinstance(value, str) or not path or path[-1] in _STRUCTURE:
        return []
    kind = find_kind(path[-1], value)
    return [Found("SOPS007", f"looks like {kind}", one.document, one.address)] if kind else []


def _is_clear(leaf: Scalar) -> bool:
    value = leaf.value
    return isinstance(value, str) and not is_reference(value) and not is_token(value)


def _is_whole_token(value: str) -> bool:
    return is_token(value) and value.endswith("]") and value.count(",") == 4


def _tokens(trees: list[Tree]) -> Iterator[tuple[int, Address]]:
    for number, tree in enumerate(trees):
        for _, address, leaf in walk(tree.root):
            if isinstance(leaf.value, str) and _is_whole_token(leaf.value):
                yield number, address


def _plain_secrets(trees: list[Tree]) -> Iterator[tuple[int, Address]]:
    """Yield where data of Secrets with values in clear stand."""
    for number, tree in enumerate(trees):
        for address, one in _members(tree.root):
            kind = one.get("kind")
            if not (isinstance(kind, Scalar) and kind.value == "Secret"):
                continue
            for name in _PARTS:
                part = one.get(name)
                entries = part.entries if isinstance(part, Mapping) else []
                if any(isinstance(child, Scalar) and _is_clear(child) for _, child in entries):
                    yield number, (*address, name)


def _members(root: Node) -> Iterator[tuple[Address, Mapping]]:
    """Yield a manifest, or the manifests of a List."""
    if not isinstance(root, Mapping):
        return
    yield (), root
    items = root.get("items")
    for index, item in enumerate(items.items if isinstance(items, Sequence) else []):
        if isinstance(item, Mapping):
            yield ("items", index), item


def _whole(trees: list[Tree]) -> Iterator[Found]:
    for number, tree in enumerate(trees):
        fields = [
            tree.root.get(name) if isinstance(tree.root, Mapping) else None
            for name in ("apiVersion", "kind")
        ]
        values = [field.value if isinstance(field, Scalar) else None for field in fields]
        if all(isinstance(value, str) and is_token(value) for value in values):
            message = "apiVersion and kind are encrypted too, so kustomize cannot read the manifest"
            yield Found("SOPS009", message, number, ("apiVersion",))


def _field(node: Node, name: str) -> tuple[str, str] | None:
    """Return a metadata field's name as it is written, and its text."""
    for key, child in node.entries if isinstance(node, Mapping) else []:
        if key.lower() == name and isinstance(child, Scalar):
            return key, "" if child.value is None else str(child.value)
    return None


def _version(node: Node) -> Iterator[Found]:
    key, text = _field(node, "version") or ("", "")
    if not text:
        yield Found("SOPS010", "the metadata names no version of SOPS", 0, (KEY,))
        return
    version = _VERSION.match(text)
    if version is None:
        yield Found("SOPS010", "the metadata's version is not one", 0, (KEY, key))
    elif int(version[1]) < _OLDEST:
        message = f"the metadata is of SOPS {version[1]}, older than {_OLDEST}"
        yield Found("SOPS010", message, 0, (KEY, key))


def _mac(node: Node) -> Iterator[Found]:
    key, text = _field(node, "mac") or ("", "")
    if not text:
        yield Found("SOPS011", "the file has no MAC", 0, (KEY, key) if key else (KEY,))


def _recipients(metadata: Metadata, standard: Standard) -> list[Found]:
    rule = standard.rule
    stands = list(dict.fromkeys(stanza.key for stanza in metadata.stanzas))
    stale = [key for key in stands if standard.known and key not in standard.known]
    found = [Found("SOPS005", f"no rule names {_name(key)}", 0, (KEY, key.kind)) for key in stale]
    if rule is None and standard.configured:
        found.append(Found("SOPS016", "no creation rule matches the file", 0, (KEY,)))
    if rule is None or not rule.key_groups:
        return found
    plan = plan_rekey(metadata, rule)
    extra = [key for key in plan.removed if key not in stale]
    parts = [f"lacks {_name(key)}" for key in plan.added]
    parts += [f"has {_name(key)} besides" for key in extra]
    if plan.regrouped and not (plan.added or plan.removed):
        parts.append("has other key groups")
    if parts:
        found.append(Found("SOPS004", f"against {rule.place}: {', '.join(parts)}", 0, (KEY,)))
    if plan.reselected:
        message = f"{metadata.selector.kind} is not that of {rule.place}"
        found.append(Found("SOPS019", message, 0, (KEY,)))
    return found


def _name(key: MasterKey) -> str:
    return key.name if key.kind == "age" else f"{key.kind} {key.name}"


def _address(key: str | None) -> Address:
    return tuple((key or KEY).split("."))
