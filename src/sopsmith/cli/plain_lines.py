"""Write lines whose words are anybody's, such as names out of a history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sopsmith.cli.talk import plain, put

if TYPE_CHECKING:
    from collections.abc import Iterable


def put_lines(lines: Iterable[str]) -> None:
    """Write lines to stdout, with every sign replaced that could steer a terminal."""
    text = "".join(f"{plain(line)}\n" for line in lines)
    put(text.encode("utf-8", "backslashreplace"))
