"""Write rows as a table of HTML; every text is escaped here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

PAGE = 200
"""Rows that are laid out at a time: for three tables of 10,000 a browser took 19 seconds."""


class Row(NamedTuple):
    """A row of a table.

    Attributes:
        cells: Texts; the first one heads the row.
        tags: Words by which the table is filtered.
    """

    cells: Sequence[str]
    tags: Sequence[str] = ()


class Table(NamedTuple):
    """A section of the page that is a table.

    Attributes:
        words: What stands under the title.
        filters: What the tags are called, by tag.
        marked: Cells that say `yes`, `missing` or how bad it is are set off.
    """

    id: str
    title: str
    words: str
    heads: Sequence[str]
    rows: Sequence[Row]
    filters: dict[str, str]
    marked: bool = False


def build_section(one: Table) -> str:
    """Return a table with its controls, which stay hidden until the script is there."""
    title = escape(one.title)
    if not one.rows:
        return (
            f'<section id="{one.id}" aria-labelledby="{one.id}-t"><h2 id="{one.id}-t">{title}</h2>'
            f'<p>{escape(one.words)}</p><p><span class="mark ok">nothing</span></p></section>'
        )
    options = "".join(
        f'<option value="{escape(tag)}">{escape(name)}</option>' for tag, name in
        {"": "all", **one.filters}.items()
    )  # fmt: skip
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in one.heads)
    return (
        f'<section id="{one.id}" aria-labelledby="{one.id}-t" data-table>'
        f'<h2 id="{one.id}-t">{title}</h2><p>{escape(one.words)}</p>'
        '<div class="controls" hidden>'
        '<label>Search<input type="search" autocomplete="off"></label>'
        f"<label>Show<select>{options}</select></label>"
        '<output aria-live="polite"></output><span class="pages" hidden>'
        '<button type="button">Previous</button> <button type="button">Next</button></span></div>'
        f'<div class="scroll" tabindex="0" role="region" aria-labelledby="{one.id}-t"><table>'
        f"<caption>{title}</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(_rows(one))}</tbody></table></div>{_rest(one)}"
        f'<script type="application/json">{_data(one)}</script></section>'
    )


def _rest(one: Table) -> str:
    """Return what those read whose browser runs no script, where rows are left out for them."""
    if len(one.rows) <= PAGE:
        return ""
    return (
        f"<noscript><p>The first {PAGE} of {len(one.rows):,} rows; a browser that runs scripts "
        "shows all.</p></noscript>"
    )


def _data(one: Table) -> str:
    """Return all rows for the script, as columns: most of a column's texts are often the same.

    No sign of it can end the element that it stands in.
    """
    data = {
        "page": PAGE,
        "columns": [
            _column(column) for column in zip(*(row.cells for row in one.rows), strict=True)
        ],
        "tags": _column([" ".join(row.tags) for row in one.rows]),
        "marks": _CLASSES if one.marked else {},
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _column(texts: Sequence[str]) -> object:
    """Return texts, or where some are the same, each once and where it stands."""
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    if len(places) == len(texts):
        return list(texts)
    return {"of": list(places), "at": [places[text] for text in texts]}


def _rows(one: Table) -> Iterable[str]:
    """Return the first rows as they stand without a script."""
    for row in one.rows[:PAGE]:
        cells = [f'<th scope="row">{escape(row.cells[0])}</th>']
        for cell in row.cells[1:]:
            shown = escape(cell)
            css = _CLASSES.get(cell) if one.marked else None
            marked = f'<span class="mark {css}">{shown}</span>' if css else shown
            cells.append(f"<td>{marked}</td>")
        yield f"<tr>{''.join(cells)}</tr>"


_CLASSES = {"yes": "yes", "missing": "no", "error": "error", "warning": "warning", "ok": "ok"}
