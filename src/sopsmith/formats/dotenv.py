r"""Read the dotenv files that sops encrypts, with positions.

This is sops' idea of a `.env`, not the dialect of `env_file`: every line is `KEY=value` taken
verbatim (quotes, spaces and `# x` belong to the value), and the two characters `\n` stand
for a line feed. The metadata are flat keys `sops_…`, whose names spell the nesting out:
`sops_age__list_0__map_enc`. The tree has them nested under `sops`, as in every format.

Source: getsops/sops stores/dotenv/store.go.
"""

from __future__ import annotations

from sopsmith.errors import FormatError
from sopsmith.formats.flat import KEY, MAP, flatten, grow, plain_text, to_node
from sopsmith.formats.tree import Comment, Mapping, Node, Plain, Scalar, Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sopsmith.formats.flat import Branch
    from sopsmith.formats.splice import Edit

_PREFIX = "sops_"


def parse(text: str) -> list[Tree]:
    """Return the one tree of a dotenv text.

    Raises:
        FormatError: A line has no `=`, or the metadata's names do not fit together. `key`
            holds `line N`; the message never quotes the text.
    """
    root = Mapping([], end=len(text))
    tree = Tree(root, end=len(text))
    branches: Branch = {}
    span = (-1, -1)
    at = 0
    for number, line in enumerate(text.split("\n"), start=1):
        end = at + len(line)
        if line.startswith("#"):
            tree.comments.append(Comment(line[1:], (), at, end))
        elif line:
            key, scalar = _entry(line, at, number)
            if key.startswith(_PREFIX):
                grow(branches, key.removeprefix(_PREFIX), scalar, number)
                span = (at if span[0] < 0 else span[0], end)
            else:
                root.keys.append((at, at + len(key)))
                root.entries.append((key, scalar))
        at = end + 1
    if branches:
        root.keys.append((span[0], span[0]))
        metadata = to_node(branches)
        metadata.start, metadata.end = span
        root.entries.append((KEY, metadata))
    return [tree]


def _entry(line: str, at: int, number: int) -> tuple[str, Scalar]:
    key, equals, raw = line.partition("=")
    if not equals:
        raise FormatError("the line has no `=`", key=f"line {number}")
    return key, Scalar(raw.replace("\\n", "\n"), at + len(key) + 1, at + len(line))


def write_scalar(value: Plain, at: Scalar, text: str) -> str:
    """Return a value as it stands behind the `=`.

    Raises:
        FormatError: The value is null or not text, which dotenv cannot hold.
    """
    return plain_text(value, "dotenv").replace("\n", "\\n")


def write_token(token: str, at: Scalar, text: str) -> str:
    """Return an `ENC[…]` token as it stands behind the `=`."""
    return token


def write_flow(node: Node) -> str:
    """Return a node on one line; dotenv has values alone."""
    assert isinstance(node, Scalar)
    return write_scalar(node.value, node, "")


def write_entry(text: str, tree: Tree, key: str, value: object) -> str:
    """Return the lines of a new top-level entry; the metadata are spelt out flat."""
    # The first level hangs on the prefix `sops_`, the ones below on `__map_`.
    pairs = flatten(key, value, "_" if key == KEY else MAP)
    return "\n".join(
        f"{name}={write_scalar(leaf, Scalar(None), '')}" for name, leaf in sorted(pairs)
    )


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
