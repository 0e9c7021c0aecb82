r"""Read the dotenv files that sops encrypts, with positions.

This is sops' idea of a `.env`, not the dialect of `env_file`: every line is `KEY=value` taken
verbatim (quotes, spaces and `# x` belong to the value), and the two characters `\n` stand
for a line feed. The metadata are flat keys `sops_…`, whose names spell the nesting out:
`sops_age__list_0__map_enc`. The tree has them nested under `sops`, as in every format.

Source: getsops/sops stores/dotenv/store.go, stores/flatten.go.
"""

from __future__ import annotations

from sopsmith.errors import FormatError
from sopsmith.formats.tree import Comment, Mapping, Node, Plain, Scalar, Sequence, Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sopsmith.formats.splice import Edit

    # The children of a level by key or index; a level of indices is a list.
    _Branch = dict[str | int, "Scalar | _Branch"]

KEY = "sops"
_PREFIX = "sops_"
_MAP = "__map_"
_LIST = "__list_"


def parse(text: str) -> list[Tree]:
    """Return the one tree of a dotenv text.

    Raises:
        FormatError: A line has no `=`, or the metadata's names do not fit together. `key`
            holds `line N`; the message never quotes the text.
    """
    root = Mapping([], end=len(text))
    tree = Tree(root, end=len(text))
    branches: _Branch = {}
    span = (-1, -1)
    at = 0
    for number, line in enumerate(text.split("\n"), start=1):
        end = at + len(line)
        if line.startswith("#"):
            tree.comments.append(Comment(line[1:], (), at, end))
        elif line:
            key, scalar = _entry(line, at, number)
            if key.startswith(_PREFIX):
                _grow(branches, key.removeprefix(_PREFIX), scalar, number)
                span = (at if span[0] < 0 else span[0], end)
            else:
                root.keys.append((at, at + len(key)))
                root.entries.append((key, scalar))
        at = end + 1
    if branches:
        root.keys.append((span[0], span[0]))
        metadata = _to_node(branches)
        metadata.start, metadata.end = span
        root.entries.append((KEY, metadata))
    return [tree]


def _entry(line: str, at: int, number: int) -> tuple[str, Scalar]:
    key, equals, raw = line.partition("=")
    if not equals:
        raise FormatError("the line has no `=`", key=f"line {number}")
    return key, Scalar(raw.replace("\\n", "\n"), at + len(key) + 1, at + len(line))


def _grow(branches: _Branch, name: str, scalar: Scalar, number: int) -> None:
    """Hang a value where its flat name leads; sops writes the names in any order."""
    misfit = FormatError("the metadata's names do not fit together", key=f"line {number}")
    try:
        *steps, last = _steps(name)
    except ValueError:
        raise misfit from None
    for step in steps:
        below = branches.setdefault(step, {})
        if isinstance(below, Scalar):
            raise misfit
        branches = below
    if last in branches:
        raise misfit
    branches[last] = scalar


def _steps(name: str) -> list[str | int]:
    """Return the way that a flat name spells out: `age__list_0__map_enc` to age, 0, enc."""
    steps: list[str | int] = []
    for part in name.split(_MAP):
        key, *indices = part.split(_LIST)
        steps += [key, *map(int, indices)]
    return steps


def _to_node(branch: _Branch) -> Mapping | Sequence:
    """Return the collection that a level of names stands for."""
    children = {
        step: child if isinstance(child, Scalar) else _to_node(child)
        for step, child in branch.items()
    }
    if all(isinstance(step, str) for step in children):
        return Mapping([(str(step), child) for step, child in children.items()])
    if set(children) != set(range(len(children))):
        raise FormatError("the metadata's lists have gaps or names in them", key=KEY)
    return Sequence([children[index] for index in range(len(children))])


def write_scalar(value: Plain, at: Scalar, text: str) -> str:
    """Return a value as it stands behind the `=`.

    Raises:
        FormatError: The value is null or not text, which dotenv cannot hold.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, bytes):
        raise FormatError("dotenv holds no null and no bytes that are not text")
    return str(value).replace("\n", "\\n")


def write_token(token: str, at: Scalar, text: str) -> str:
    """Return an `ENC[…]` token as it stands behind the `=`."""
    return token


def write_flow(node: Node) -> str:
    """Return a node on one line; dotenv has values alone."""
    assert isinstance(node, Scalar)
    return write_scalar(node.value, node, "")


def write_entry(text: str, tree: Tree, key: str, value: object) -> str:
    """Return the lines of a new top-level entry; the metadata are spelt out flat."""
    scalar = Scalar(None)
    return "\n".join(
        f"{name}={write_scalar(leaf, scalar, '')}" for name, leaf in sorted(_flatten(key, value))
    )


def _flatten(key: str, value: object) -> list[tuple[str, Plain]]:
    """Return the flat names of a metadata value; empty collections vanish, as in sops."""
    # The first level hangs on the prefix `sops_`, the ones below on `__map_`.
    joint = "_" if key == KEY else _MAP
    if isinstance(value, dict):
        return [pair for k, v in value.items() for pair in _flatten(f"{key}{joint}{k}", v)]
    if isinstance(value, list):
        return [pair for i, v in enumerate(value) for pair in _flatten(f"{key}{_LIST}{i}", v)]
    assert value is None or isinstance(value, str | int | float | bytes)
    return [(key, value)]


def insert_entry(text: str, tree: Tree, source: str) -> Edit:
    """Return the edit that puts an entry's lines at the end of the text."""
    lead = "\n" if text and not text.endswith("\n") else ""
    return len(text), len(text), f"{lead}{source}\n"


def entry_span(text: str, tree: Tree, key: str) -> tuple[int, int]:
    """Return the span of a top-level entry's lines, without the last line feed.

    Raises:
        FormatError: Other lines stand between those of the metadata.
    """
    assert isinstance(tree.root, Mapping)
    for (start, _), (name, node) in zip(tree.root.keys, tree.root.entries, strict=True):
        if name == key:
            _check_together(text[start : node.end], node)
            return start, node.end
    raise KeyError(key)


def _check_together(block: str, node: Node) -> None:
    lines = block.split("\n")
    if isinstance(node, Mapping) and any(line and not line.startswith(_PREFIX) for line in lines):
        raise FormatError("other lines stand between those of the metadata", key=KEY)


def remove_entry(text: str, tree: Tree, key: str) -> Edit:
    """Return the edit that takes a top-level entry's lines away."""
    start, end = entry_span(text, tree, key)
    return start, min(end + 1, len(text)), ""
