"""Bytes to ordered trees and back, one module a format, loaded when asked for."""

from __future__ import annotations

import sys

from sopsmith.errors import FormatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol, cast

    from sopsmith.formats.splice import Edit
    from sopsmith.formats.tree import Node, Plain, Scalar, Tree

    class Format(Protocol):
        """What each format's module gives."""

        def parse(self, text: str) -> list[Tree]:
            """Return one tree a document."""

        def write_scalar(self, value: Plain, at: Scalar, text: str) -> str:
            """Return a value's source that fits where `at` stands in the text."""

        def write_token(self, token: str, at: Scalar, text: str) -> str:
            """Return a token's source that fits where `at` stands in the text."""

        def write_flow(self, node: Node) -> str:
            """Return the source of a whole node on one line."""

        def write_entry(self, text: str, tree: Tree, key: str, value: object) -> str:
            """Return the source of a new top-level entry."""

        def insert_entry(self, text: str, tree: Tree, source: str) -> Edit:
            """Return the edit that puts an entry's source behind the last one."""

        def entry_span(self, text: str, tree: Tree, key: str) -> tuple[int, int]:
            """Return the span of a top-level entry's source."""

        def remove_entry(self, text: str, tree: Tree, key: str) -> Edit:
            """Return the edit that takes a top-level entry away."""

else:
    Format = object

_EXTENSIONS = {
    ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".env": "dotenv", ".ini": "ini",
}  # fmt: skip
NAMES = ("yaml", "json", "dotenv", "ini", "binary")


def load_format(name: str) -> Format:
    """Return the module of a format.

    Raises:
        FormatError: There is no such format.
    """
    if name not in NAMES:
        raise FormatError(f"unknown format {name}", hint=f"formats are {', '.join(NAMES)}")
    # Loading `importlib` takes the plugin longer than most of its own modules.
    full = f"sopsmith.formats.{name}"
    __import__(full)
    module = sys.modules[full]
    return cast("Format", module) if TYPE_CHECKING else module


def format_name(form: Format) -> str:
    """Return the name of a format's module."""
    return str(getattr(form, "__name__", "")).rpartition(".")[2]


def is_binary(form: Format) -> bool:
    """Tell whether a format holds a whole file of any bytes as one value."""
    return format_name(form) == "binary"


def find_format(path: str) -> str | None:
    """Return the name of the format that a file's extension says, or None."""
    dot = path.rfind(".")
    return _EXTENSIONS.get(path[dot:].lower()) if dot >= 0 else None
