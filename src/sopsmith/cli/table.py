"""Lay rows of text out in columns."""

from __future__ import annotations

from collections.abc import Sequence

from sopsmith.cli.talk import brief, plain

NOTHING = "-"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a head and rows as lines whose columns stand under each other.

    Cells may be anybody's words: signs that could steer a terminal are replaced. One that has
    nothing to say is a dash, so that a column can be told from the next.
    """
    lines = [head, *([brief(plain(cell)) or NOTHING for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        + "\n"
        for line in lines
    )
