"""Replace spans of a text and keep every other byte."""

from __future__ import annotations

Edit = tuple[int, int, str]


def splice(text: str, edits: list[Edit]) -> str:
    """Return the text with each span `start`..`end` replaced by its new text.

    Args:
        edits: (start, end, new text) in any order; spans must not overlap. An edit that
            lies inside another is a caller's mistake.

    Raises:
        ValueError: Two spans overlap.
    """
    parts: list[str] = []
    done = 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        if start < done:
            raise ValueError(f"two edits overlap at offset {start}")
        parts += (text[done:start], new)
        done = end
    parts.append(text[done:])
    return "".join(parts)
