"""Order the sections of the site, and leave out links that lead out of docs/."""

from __future__ import annotations

import re
from typing import Any

_OUTSIDE = re.compile(r"\[([^\]]+)\]\((?:\.\./){2,}[^)]*\)")  # Every page is one folder deep.
_TITLES = {
    "tutorial": "Tutorial",
    "how-to": "How-to",
    "reference": "Reference",
    "explanation": "Explanation",
    "adr": "Decisions",
}
_SECTIONS = list(_TITLES)


def on_page_markdown(markdown: str, **_given: object) -> str:
    """Turn links to files that the site does not hold into plain words."""
    return _OUTSIDE.sub(r"\1", markdown)


def on_nav(nav: Any, **_given: object) -> Any:
    """Put the sections into the order in which somebody new reads them."""

    def place(item: Any) -> int:
        folder = item.children[0].file.src_uri.split("/")[0] if item.is_section else ""
        item.title = _TITLES.get(folder, item.title)
        return _SECTIONS.index(folder) if folder in _SECTIONS else -1

    nav.items.sort(key=place)
    return nav
