"""Put a value at an address of a text, or take one away, as edits that leave the rest.

This module walks the tree and settles what is meant; how a change looks in the text is each
format's own: `yaml_place`, `json_place`, `dotenv_place`, each with a class `Placer`.

Comments stay: of what is taken away go the lines of the value itself, with a comment that
stands behind it or inside of it. A comment above it is the next value's, as it is in sops.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from sopsmith.errors import FormatError
from sopsmith.formats import format_name
from sopsmith.formats.tree import Address, Mapping, Node, Scalar, Sequence, Tree, show

if TYPE_CHECKING:
    from typing import Protocol

    from sopsmith.formats import Format
    from sopsmith.formats.splice import Edit

    class Placer(Protocol):
        """Changes one collection of a text; `index` counts its entries or items."""

        def replace(self, parent: Mapping | Sequence, index: int, value: object) -> list[Edit]:
            """Return the edits that put a value in place of another."""

        def add(self, parent: Mapping | Sequence, key: str | None, value: object) -> list[Edit]:
            """Return the edits that put an entry, or an item (no key), behind the last."""

        def drop(self, parent: Mapping | Sequence, index: int) -> list[Edit]:
            """Return the edits that take an entry or item away; an empty collection stays."""


class Token(str):
    """The text of an `ENC[…]` token, to be written as one wherever it stands."""

    __slots__ = ()


class NothingThere(FormatError):
    """There is nothing at an address."""

    sops_exit_code = 1


class WrongPlace(FormatError):
    """An address does not fit the collections that it leads through."""

    sops_exit_code = 1


def put(
    form: Format, text: str, tree: Tree, address: Address, value: object, *, last: str = ""
) -> list[Edit]:
    """Return the edits that put a value at an address, making what is missing on the way.

    Args:
        value: dict, list or scalar; `Token` is written as a token.
        last: A top-level entry that stays the last one: the metadata.

    Raises:
        WrongPlace: A key leads into a list, an index into a mapping, or either into a value.
        FormatError: The format cannot hold the value there.
    """
    nodes = reach(tree.root, address)
    placer = _placer(form, text, tree, last)
    depth = len(nodes) - 1
    reached = nodes[-1]
    if depth == len(address) or isinstance(reached, Scalar):
        _refuse_copies(nodes[:-1], address)
        parent, index = _parent(nodes, address)
        edits = placer.replace(parent, index, nest(address[depth:], value))
        return _uncovered([*edits, *_expand_aliases(form, tree, reached)])
    _refuse_copies(nodes, address)
    step = address[depth]
    return placer.add(
        reached, step if isinstance(step, str) else None, nest(address[depth + 1 :], value)
    )


def drop(form: Format, text: str, tree: Tree, address: Address, *, last: str = "") -> list[Edit]:
    """Return the edits that take away what stands at an address.

    Raises:
        NothingThere: Nothing does.
        WrongPlace: As for `put`.
    """
    nodes = reach(tree.root, address)
    if len(nodes) - 1 < len(address):
        raise NothingThere("there is nothing at this place", key=show(address[: len(nodes)]))
    _refuse_copies(nodes[:-1], address)
    parent, index = _parent(nodes, address)
    edits = _placer(form, text, tree, last).drop(parent, index)
    return _uncovered([*edits, *_expand_aliases(form, tree, nodes[-1])])


def reach(root: Node, address: Address) -> list[Node]:
    """Return the nodes from the root to an address, as far as they are there.

    A null on the way ends it: it counts as a place where something may be put.

    Raises:
        WrongPlace: A part of the address does not fit what it leads into.
    """
    if not address:
        raise WrongPlace("the place is empty: it names the whole file")
    nodes = [root]
    for depth, part in enumerate(address):
        node = nodes[-1]
        _check_step(node, part, show(address[:depth]))
        child: Node | None = None
        if isinstance(node, Mapping):
            child = node.get(str(part))
        elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            child = node.items[part]
        if child is None:
            break
        nodes.append(child)
    return nodes


def nest(steps: Address, value: object) -> object:
    """Return a value inside the collections that lead to it."""
    for step in reversed(steps):
        value = [value] if isinstance(step, int) else {step: value}
    return value


def _check_step(node: Node, part: str | int, place: str) -> None:
    key = place or None
    if isinstance(node, Mapping) and not isinstance(part, str):
        raise WrongPlace("the index leads into a mapping, which has keys", key=key)
    if isinstance(node, Sequence) and not isinstance(part, int):
        raise WrongPlace("the key leads into a list, which has indices", key=key)
    if isinstance(node, Scalar) and node.value is not None:
        raise WrongPlace(
            "the place leads into a single value, which has no keys and no indices",
            key=key,
            hint="set that place to an object, or unset it first",
        )


def _parent(nodes: list[Node], address: Address) -> tuple[Mapping | Sequence, int]:
    """Return the collection of the last node, and which of its entries the node is."""
    parent, child = nodes[-2], nodes[-1]
    assert not isinstance(parent, Scalar)
    inside = [n for _, n in parent.entries] if isinstance(parent, Mapping) else parent.items
    return parent, next(index for index, node in enumerate(inside) if node is child)


def _placer(form: Format, text: str, tree: Tree, last: str) -> Placer:
    try:
        module = import_module(f"sopsmith.formats.{format_name(form)}_place")
    except ModuleNotFoundError:
        raise FormatError(
            "single places of this format cannot be changed", hint="use `sopsmith edit`"
        ) from None
    placer: Placer = module.Placer(text, tree, last)
    return placer


def _refuse_copies(nodes: list[Node], address: Address) -> None:
    for depth, node in list(enumerate(nodes))[1:]:
        if node.start < 0 or getattr(node, "alias", False):
            raise WrongPlace(
                "the place stands behind an alias, and would change where the anchor is",
                key=show(address[:depth]),
                hint="set the anchored value, or write the alias out with `sopsmith edit`",
            )


def _expand_aliases(form: Format, tree: Tree, gone: Node) -> list[Edit]:
    """Write out the aliases whose anchor stands in what goes."""
    inside = set(_ids(gone))
    return [
        (copy.start, copy.end, form.write_flow(copy))
        for copy, target in tree.aliases
        if id(target) in inside and copy.start >= 0
    ]


def _ids(node: Node) -> list[int]:
    found = [id(node)]
    children = (
        []
        if isinstance(node, Scalar)
        else ([child for _, child in node.entries] if isinstance(node, Mapping) else node.items)
    )
    return found + [one for child in children for one in _ids(child)]


def _uncovered(edits: list[Edit]) -> list[Edit]:
    """Leave out edits inside of another, such as an alias in a collection that goes."""
    return [
        one
        for one in edits
        if not any(
            other is not one and other[0] <= one[0] and one[1] <= other[1] and other[0] < other[1]
            for other in edits
        )
    ]


__all__ = ["NothingThere", "Token", "WrongPlace", "drop", "nest", "put", "reach"]
