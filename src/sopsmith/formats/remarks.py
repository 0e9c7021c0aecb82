"""Give out a document's comments in step with its entries, for a text of another format."""

from __future__ import annotations

from sopsmith.formats.tree import Tree

_MARKS = "#;"


class Remarks:
    """The comments of a document, each to be taken once, in order.

    Args:
        text: What the tree was read from.
    """

    def __init__(self, tree: Tree, text: str) -> None:
        self._text = text
        self._waiting = sorted(tree.comments, key=lambda comment: comment.start, reverse=True)

    def take(self, start: int) -> list[str]:
        """Return the lines of all comments up to the end of an entry's first line.

        A comment behind a value so comes above it, as in what sops decrypts.

        Args:
            start: Where the entry begins; -1 where it has no place in the text.
        """
        if start < 0:
            return []
        end = self._text.find("\n", start)
        return self._pop(len(self._text) if end < 0 else end)

    def rest(self) -> list[str]:
        """Return the lines of all comments that are left."""
        return self._pop(len(self._text) + 1)

    def _pop(self, end: int) -> list[str]:
        lines: list[str] = []
        while self._waiting and self._waiting[-1].start < end:
            first, *below = self._waiting.pop().text.split("\n")
            # INI holds many lines in one comment, the marks of all but the first among them.
            lines += [first, *(line.strip().lstrip(_MARKS) for line in below)]
        return [line.rstrip() for line in lines]
