"""Find the comments of a YAML text and say which collection holds each.

SOPS encrypts a comment with the key path of its collection as additional data, and takes the
collection from go-yaml. A comment whose path differs from go-yaml's stays encrypted when sops
decrypts, so this module attaches each run of comments to the node that go-yaml gives it to.

Source: go.yaml.in/yaml/v3 parserc.go (yaml_parser_unfold_comments, the places that set an
event's comments), decode.go (parser.mapping); getsops/sops stores/yaml/store.go.
"""

from __future__ import annotations

from sopsmith.formats.tree import Comment, Mapping, Node, Path, Scalar, Sequence, Tree
from sopsmith.formats.yaml_remarks import (
    ADDED,
    BLOCK_END,
    BLOCK_STARTS,
    DOCUMENT_MARKS,
    Step,
    scan_remarks,
)
from sopsmith.formats.yaml_runs import Remark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SOPS = "sops"
_ENDS = frozenset({BLOCK_END, "]", "}"})
_NO_VALUE = frozenset({"?", ":", ",", ADDED}) | _ENDS | DOCUMENT_MARKS


def find_comments(text: str, trees: list[Tree], tokens: list[Any]) -> None:
    """Fill in each tree's comments, in the order of the text.

    Args:
        tokens: PyYAML's, of the whole text.
    """
    open_ends = {tree.end for tree in trees if _gets_entry(tree.root)}
    steps, remarks = scan_remarks(text, tokens, open_ends)
    _Attacher(steps, remarks).run(trees)
    found = sorted((*span, remark.path) for remark in remarks for span in remark.spans)
    index = 0
    for start, end, path in found:
        while index + 1 < len(trees) and start >= trees[index].end:
            index += 1
        trees[index].comments.append(Comment(text[start + 1 : end], path, start, end))


def _gets_entry(root: Node) -> bool:
    return isinstance(root, Mapping) and not root.flow and root.get(_SOPS) is None


def _beside(root: Mapping, index: int) -> Path:
    """Return the keys of what stands before the entry that encryption added in flow style.

    What stood behind the last value stands behind that entry now, where sops drops it.
    """
    name, node = root.entries[index - 1]
    return () if isinstance(node, Scalar) else (name,)


class _Attacher:
    """Walk tokens and trees side by side, and give each run of comments its path.

    A run becomes pending at the first token behind its `since`; the next node that takes
    comments gets all that are pending. Block lists and empty values take none.
    """

    def __init__(self, steps: list[Step], remarks: list[Remark]) -> None:
        self._steps = steps
        self._remarks = remarks
        self._at = 0
        self._next = 0
        self._pending: list[Remark] = []

    def run(self, trees: list[Tree]) -> None:
        index = 0
        while self._at < len(self._steps):
            if self._peek() in DOCUMENT_MARKS or self._at == 0:
                self._at += 1
                continue
            place, before = self._steps[self._at].place, self._at
            while index + 1 < len(trees) and place >= trees[index].end:
                index += 1
            self._node(trees[index].root, (), (), ())
            self._peek()
            self._take((), ())
            self._at += self._at == before  # Whatever the input, the walk goes on.

    def _peek(self) -> str:
        if self._at >= len(self._steps):
            return "<stream end>"
        step = self._steps[self._at]
        remarks = self._remarks
        while self._next < len(remarks) and remarks[self._next].since <= step.place:
            self._pending.append(remarks[self._next])
            self._next += 1
        return step.kind

    def _skip(self) -> str:
        self._at += 1
        return self._peek()

    def _take(self, path: Path, foot: Path) -> bool:
        """Give what is pending a path, feet another, and tell whether there was a foot."""
        footed = False
        for remark in self._pending:
            footed = footed or remark.kind == "foot"
            remark.path = foot if remark.kind == "foot" else path
        self._pending = []
        return footed

    def _node(self, node: Node | None, path: Path, outer: Path, foot: Path) -> bool:
        """Walk one node, and tell whether it is a scalar with a foot.

        Args:
            path: Keys of the node itself.
            outer: Keys of the collection around it, which has a scalar's comments.
            foot: Keys of the collection that has the foot of a flow collection.
        """
        kind = self._peek()
        while kind in ("<anchor>", "<tag>"):
            kind = self._skip()
        if kind == "<scalar>":
            footed = self._take(outer, outer)
            self._skip()
            return footed
        if kind == "<alias>":
            # An alias of a collection is written out in flow style when it is encrypted.
            one = isinstance(node, Scalar)
            self._take(outer if one else path, outer if one else foot)
            self._skip()
        elif kind in ("[", "{"):
            self._take(path, path)
            self._skip()
            self._entries(node, path, "]" if kind == "[" else "}")
            self._take(path, foot)
            self._skip()
        elif kind == "<block mapping start>":
            self._skip()
            self._entries(node, path, BLOCK_END)
            self._take(path, path)
            self._skip()
        elif kind == "<block sequence start>":
            self._skip()
            self._items(node, path)
            self._skip()
        elif kind == "-":
            self._items(node, path)
        return False

    def _entries(self, node: Node | None, path: Path, end: str) -> None:
        """Walk a mapping's entries or a flow list's items up to the token that ends them."""
        index = 0
        while (kind := self._peek()) != end and kind not in DOCUMENT_MARKS:
            before = self._at
            if kind == ",":
                self._skip()
            elif kind == ADDED:
                self._take(path, path)
                self._skip()
            elif isinstance(node, Sequence):
                item = node.items[index] if index < len(node.items) else None
                if kind == "?":
                    self._entry(item, 0, path)
                else:
                    self._node(item, path, path, path)
                index += 1
            else:
                self._entry(node, index, path)
                index += 1
            self._at += self._at == before

    def _entry(self, node: Node | None, index: int, path: Path) -> None:
        """Walk a key and its value.

        A key's foot is the entry's above; where there is none it stays, and then a value in
        flow style keeps its own.
        """
        kind = self._peek()
        if kind == "?":
            kind = self._skip()
        footed = kind not in _NO_VALUE and self._node(None, path, path, path)
        if self._peek() != ":" or self._skip() in _NO_VALUE:
            return
        below, child = path, None
        if isinstance(node, Mapping) and index < len(node.entries):
            name, child = node.entries[index]
            below = (*path, name)
            if name == _SOPS and node.flow and not path:
                below = _beside(node, index)
            footed = footed and (index == 0 or node.flow)
        self._node(child, below, path, below if footed else path)

    def _items(self, node: Node | None, path: Path) -> None:
        items = iter(node.items if isinstance(node, Sequence) else ())
        while self._peek() == "-":
            item = next(items, None)
            above = len(self._pending)
            kind = self._skip()
            if kind in BLOCK_STARTS:
                self._take_heads(above, path)
            if kind not in _NO_VALUE and kind != "-":
                self._node(item, path, path, path)

    def _take_heads(self, count: int, path: Path) -> None:
        """Take the heads of a list item that is a collection: those from above its dash."""
        kept = []
        for remark in self._pending[:count]:
            if remark.kind == "head":
                remark.path = path
            else:
                kept.append(remark)
        self._pending[:count] = kept
