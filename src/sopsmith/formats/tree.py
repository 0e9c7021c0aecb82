"""Describe a parsed file: an ordered tree whose leaves know where their bytes stand.

Positions are offsets in characters of the decoded text, so that a change is a splice
and everything outside of it keeps its bytes. No dataclasses here: the plugin imports
this module, and its start-up time counts.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from sopsmith.errors import FormatError


class Timestamp(str):
    """A moment as RFC 3339 text, which keeps the nanoseconds that `datetime` would lose."""

    __slots__ = ()


Plain = str | int | float | bool | bytes | None
Path = tuple[str, ...]
Address = tuple[str | int, ...]


class Scalar:
    """A leaf.

    Attributes:
        value: None, bool, int, float, str, bytes or Timestamp.
        start, end: Span of its source text with tag and anchor; -1 where it has none of its
            own (a copy behind an alias, an empty value).
        flow: It stands inside flow brackets (always, in JSON).
        indent: Column of the block collection that holds it; 0 at the top.
        token: Source text of the `ENC[…]` that the value was decrypted from, or None.
    """

    __slots__ = ("end", "flow", "indent", "start", "token", "value")

    def __init__(
        self, value: Plain, start: int = -1, end: int = -1, *, flow: bool = False, indent: int = 0
    ) -> None:
        self.value = value
        self.start = start
        self.end = end
        self.flow = flow
        self.indent = indent
        self.token: str | None = None


class Mapping:
    """An ordered list of (key, node); duplicate keys are the format's to refuse.

    Attributes:
        keys: Span of each entry's key in the text, where the format keeps them.
        alias: It stands behind an alias whose source text is `start`..`end`.
    """

    __slots__ = ("alias", "end", "entries", "flow", "indent", "keys", "start")

    def __init__(
        self,
        entries: list[tuple[str, Node]],
        start: int = -1,
        end: int = -1,
        *,
        flow: bool = False,
        indent: int = 0,
    ) -> None:
        self.entries = entries
        self.keys: list[tuple[int, int]] = []
        self.start = start
        self.end = end
        self.flow = flow
        self.indent = indent
        self.alias = False

    def get(self, key: str) -> Node | None:
        """Return the first node under a key, or None."""
        for name, node in self.entries:
            if name == key:
                return node
        return None


class Sequence:
    """An ordered list of nodes."""

    __slots__ = ("alias", "end", "flow", "indent", "items", "start")

    def __init__(
        self,
        items: list[Node],
        start: int = -1,
        end: int = -1,
        *,
        flow: bool = False,
        indent: int = 0,
    ) -> None:
        self.items = items
        self.start = start
        self.end = end
        self.flow = flow
        self.indent = indent
        self.alias = False


Node = Scalar | Mapping | Sequence


class Comment:
    """A comment line or the comment behind a value.

    Attributes:
        text: What follows the mark (`#`; in INI, also `;` and the spaces behind it).
        path: Keys of the collection that holds it, which is its additional data.
        start, end: Span from the `#` (in INI, from the text) to the end of the line, exclusive.
        item: It is written as a list item `- ENC[…,type:comment]`, as sops writes comments
            inside lists; the span then begins at the dash.
        takes: Span of another comment, which this one has taken in and which is to go when this
            one is encrypted; None in most.
        counts_before: (collection, index of an entry) that sops counts it for, where that is
            not the entry it stands at; None in most.
        token: Source text of the span that the text was decrypted from, or None.
    """

    __slots__ = ("counts_before", "end", "item", "path", "start", "takes", "text", "token")

    def __init__(self, text: str, path: Path, start: int, end: int, *, item: bool = False) -> None:
        self.text = text
        self.path = path
        self.start = start
        self.end = end
        self.item = item
        self.takes: tuple[int, int] | None = None
        self.counts_before: tuple[Mapping, int] | None = None
        self.token: str | None = None

    def written(self, content: str) -> str:
        """Return the source of this span with another text, or with a token, in it."""
        return "#" + content


class Tree:
    """One document of a file.

    Attributes:
        root: The top of the document.
        comments: Its comments in the order of the text.
        start, end: Span of the document in the text.
        aliases: (copy, target) of every alias; the copy stands in the tree.
        losses: What sops would lose of this text without a word; encryption refuses it.
    """

    __slots__ = ("aliases", "comments", "end", "losses", "root", "start")

    def __init__(
        self, root: Node, comments: list[Comment] | None = None, start: int = 0, end: int = 0
    ) -> None:
        self.root = root
        self.comments = comments or []
        self.aliases: list[tuple[Node, Node]] = []
        self.losses: list[FormatError] = []
        self.start = start
        self.end = end


def walk(
    node: Node, path: Path = (), address: Address = ()
) -> Iterator[tuple[Path, Address, Scalar]]:
    """Yield every leaf in document order with its key path and its full address.

    The key path has map keys alone, as SOPS's additional data does; the address has
    list indices too.
    """
    found: list[tuple[Path, Address, Scalar]] = []
    _collect(node, path, address, found)
    return iter(found)


def _collect(
    node: Node, path: Path, address: Address, found: list[tuple[Path, Address, Scalar]]
) -> None:
    """Add the leaves below a node: generators inside of generators take three times as long."""
    if isinstance(node, Scalar):
        found.append((path, address, node))
    elif isinstance(node, Mapping):
        for key, child in node.entries:
            _collect(child, (*path, key), (*address, key), found)
    else:
        for index, child in enumerate(node.items):
            _collect(child, path, (*address, index), found)


def show(address: Address) -> str:
    """Return an address as people write it: `a.b[0].c`."""
    text = ""
    for part in address:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def to_object(node: Node) -> object:
    """Return a node as plain dict, list and scalar; the last of duplicate keys wins."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Mapping):
        return {key: to_object(child) for key, child in node.entries}
    return [to_object(child) for child in node.items]
