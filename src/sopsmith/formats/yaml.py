"""YAML as sops has it: read into trees, and written so that all other bytes stay.

PyYAML takes longer to load than most commands take for their work, so it is loaded by the first
text that needs it.
"""

from __future__ import annotations

from sopsmith.formats import narrow, narrow_spans
from sopsmith.formats.yaml_entries import entry_span, insert_entry, remove_entry, write_entry
from sopsmith.formats.yaml_write import quote, write_flow, write_scalar, write_token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sopsmith.formats.tree import Tree

__all__ = [
    "entry_span",
    "insert_entry",
    "parse",
    "quote",
    "read",
    "remove_entry",
    "write_entry",
    "write_flow",
    "write_scalar",
    "write_token",
]


def parse(text: str) -> list[Tree]:
    """Return one tree a document, each value with its place.

    Args:
        text: The file without its byte order mark.

    Raises:
        FormatError: It is not YAML as SOPS reads it; `key` holds `line N`. The message never
            quotes the text.
    """
    trees = narrow_spans.parse(text)
    if trees is not None:
        return trees
    from sopsmith.formats.yaml_reader import parse as parse_all

    return parse_all(text)


def read(text: str) -> list[Tree]:
    """Return what `parse` returns, without places and comments: enough to read, not to edit.

    Raises:
        FormatError: As `parse` does.
    """
    return narrow.parse(text) or parse(text)
