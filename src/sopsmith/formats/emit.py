"""Write a tree as a new text of another format.

What the format cannot hold is refused with its key path, and what was written is read back
and compared before it is handed out: sops drops documents, changes backslashes and writes
`<nil>` instead.

Source: getsops/sops stores/*/store.go (EmitPlainFile).
"""

from __future__ import annotations

from sopsmith.errors import FormatError
from sopsmith.formats import binary, load_format
from sopsmith.formats.emit_flat import write_dotenv, write_ini
from sopsmith.formats.emit_json import write_json
from sopsmith.formats.emit_yaml import write_yaml
from sopsmith.formats.flat import TEXT_ALONE, plain_text
from sopsmith.formats.remarks import Remarks
from sopsmith.formats.scalars import Inexact
from sopsmith.formats.tree import Mapping, Plain, Scalar, Timestamp, Tree, show, walk

_WRITERS = {"json": write_json, "dotenv": write_dotenv, "ini": write_ini}


def emit(trees: list[Tree], text: str, name: str) -> bytes:
    """Return documents as a file of a format; comments come along where it has any.

    Args:
        text: The text that the trees were read from; tells which comment stands where.
        name: Of the format.

    Raises:
        FormatError: The format cannot hold it; `key` says what.
    """
    _check_numbers(trees)
    if name == "binary":
        return binary.unwrap(trees)
    if name == "yaml":
        source = "---\n".join(write_yaml(_top(tree), Remarks(tree, text)) for tree in trees)
    elif len(trees) > 1:
        raise FormatError(
            f"the file has {len(trees)} documents, and {name} holds one",
            hint="use --output-type yaml, or split the file",
        )
    else:
        source = _WRITERS[name](_top(trees[0]), Remarks(trees[0], text))
    _check_read_back(trees, source, name)
    return source.encode()


def drops_comments(trees: list[Tree], name: str) -> bool:
    """Tell whether comments would be left behind."""
    return name in ("json", "binary") and any(tree.comments for tree in trees)


def _top(tree: Tree) -> Mapping:
    if isinstance(tree.root, Mapping):
        return tree.root
    if isinstance(tree.root, Scalar) and tree.root.value is None:
        return Mapping([])
    raise FormatError("the top of the file is not a mapping")


def _check_numbers(trees: list[Tree]) -> None:
    for tree in trees:
        for _, address, scalar in walk(tree.root):
            if isinstance(scalar.value, Inexact):
                raise FormatError(
                    "an integer beyond 64 bits would lose digits",
                    key=show(address),
                    hint="quote it, so that it is a string",
                )


def _check_read_back(trees: list[Tree], source: str, name: str) -> None:
    found = [leaf for tree in load_format(name).parse(source) for leaf in _leaves(tree)]
    meant = [leaf for tree in trees for leaf in _leaves(tree)]
    for (address, value), (other, read) in zip(meant, found, strict=False):
        if address != other or not _same(_read_as(value, name), read):
            raise FormatError(f"{name} has no spelling for this", key=show(address))
    if len(found) != len(meant):
        raise FormatError(f"{name} has no spelling for the file's keys")


def _leaves(tree: Tree) -> list[tuple[tuple[str | int, ...], Plain]]:
    return [(address, scalar.value) for _, address, scalar in walk(tree.root) if address]


def _read_as(value: Plain, name: str) -> Plain:
    """Return what a reader of a format finds where a value was written."""
    if name in TEXT_ALONE:
        return plain_text(value, name)
    return str(value) if name == "json" and isinstance(value, Timestamp) else value


def _same(left: Plain, right: Plain) -> bool:
    return type(left) is type(right) and (left == right or (left != left and right != right))
