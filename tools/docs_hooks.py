"""Order the site's pages as a reader needs them, and leave out links that lead out of docs/."""

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
_EXPLANATION = ["isolation", "threat-model", "rotation", "performance", "fuzzing"]
HOW_TO = {
    "Begin": ["new-platform", "bootstrap", "argocd", "github-app", "migrate-from-eso", "tools"],
    "Day by day": ["edit", "git", "ci", "see-it-all", "audit", "troubleshooting"],
    "Who opens what": ["recipients", "tenants", "drop", "rotate-and-update-keys"],
    "Identities": [
        "keys", "backup", "backup-storage", "rotate-an-identity", "leaked-identity",
        "disaster-recovery",
    ],
}  # fmt: skip


def on_page_markdown(markdown: str, **_given: object) -> str:
    """Turn links to files that the site does not hold into plain words."""
    return _OUTSIDE.sub(r"\1", markdown)


def on_nav(nav: Any, **_given: object) -> Any:
    """Put the sections into the order in which somebody new reads them."""
    for item in nav.items:
        if not item.is_section:
            item.title = "Start here"
            continue
        folder = item.children[0].file.src_uri.split("/")[0]
        item.title = _TITLES.get(folder, item.title)
        if folder == "how-to":
            _group(item)
        if folder == "explanation":
            known = [one for one in item.children if one.file.name in _EXPLANATION]
            known.sort(key=lambda one: _EXPLANATION.index(one.file.name))
            item.children = known + [one for one in item.children if one not in known]
    titles = list(_TITLES.values())
    nav.items.sort(key=lambda item: titles.index(item.title) if item.is_section else -1)
    return nav


def _group(section: Any) -> None:
    """Sort the how-tos into groups; what no group names stays behind them."""
    pages = {one.file.name: one for one in section.children}
    groups = []
    for title, names in HOW_TO.items():
        group = type(section)(title, [pages.pop(name) for name in names if name in pages])
        group.parent = section
        for page in group.children:
            page.parent = group
        groups.append(group)
    section.children = [*groups, *pages.values()]
