"""Lay out what stands at the end of a command's help."""

from __future__ import annotations

_AS_IT_STANDS = "\b\n"
"""Keeps click from filling the lines of a paragraph."""


def examples(*commands: str) -> str:
    """Return command lines that can be pasted, once their names are one's own."""
    return _AS_IT_STANDS + "\n".join(["Examples:", *(f"  sopsmith {one}" for one in commands)])
