"""Put the page together: tables and drawings, one style, one script, and a CSP that names them.

The policy allows the one style and the one script by their hashes, and nothing else: what slipped
through the escaping could neither run, nor load, nor send anything.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from sopsmith.cli.page.drawings import draw_readers, draw_times
from sopsmith.cli.page.tables import Row, Table, build_section
from sopsmith.cli.show_list import missing_line, readers_of, short

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sopsmith.flows.report import Report

_LEVELS = {"error": "errors", "warning": "warnings", "could-not-look": "what could not be seen"}


def build_page(found: Report, state: str = "") -> bytes:
    """Return the page.

    Args:
        state: What the server calls this state of the repository; "" for a page that is a file
            of its own and asks nobody anything.
    """
    style, scripts = _part("page.css"), _scripts(live=bool(state))
    title = f"Secrets of {escape(found.name)}"
    sections = "".join(_sections(found))
    policy = page_policy(live=bool(state))
    running = "".join(f"<script>{one}</script>" for one in scripts)
    page = (
        f'<!doctype html><html lang="en" data-state="{escape(state)}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><link rel="icon" href="data:,">'
        f'<title>{title}</title><style>{style}</style></head><body>'
        '<a class="skip" href="#secrets">Skip to the secrets</a>'
        f"<header><h1>{title}</h1><p>As of {found.now:%Y-%m-%d %H:%MZ}. Names, dates and readers; "
        f"no value of a secret is in this page.</p>{_nav()}</header>"
        f"<main>{_numbers(found)}{sections}</main>"
        f"<footer><p>Made by sopsmith.</p></footer>{running}</body></html>\n"
    )  # fmt: skip
    return page.encode("utf-8", "backslashreplace")


def page_policy(*, live: bool) -> str:
    """Return the page's Content-Security-Policy.

    Args:
        live: A server stands behind the page, and may be asked whether it is still fresh.
    """
    asks = " connect-src 'self';" if live else ""
    return (
        f"default-src 'none'; style-src {_hashes([_part('page.css')])}; "
        f"script-src {_hashes(_scripts(live=live))};{asks} "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _scripts(*, live: bool) -> list[str]:
    return [_part("page.js"), *([_part("refresh.js")] if live else [])]


def _hashes(texts: list[str]) -> str:
    made = (base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in texts)
    return " ".join(f"'sha256-{one}'" for one in made)


def _part(name: str) -> str:
    return files("sopsmith.cli.page").joinpath(name).read_text(encoding="utf-8")


def _nav() -> str:
    parts = {"secrets": "Secrets", "matrix": "Matrix", "readers": "Who opens what",
             "times": "Time line", "findings": "Findings", "history": "History"}  # fmt: skip
    links = "".join(f'<a href="#{id_}">{name}</a>' for id_, name in parts.items())
    return f'<nav aria-label="Parts of the page">{links}</nav>'


def _numbers(found: Report) -> str:
    inventory = found.inventory
    readers = {who for one in inventory.secrets for who in one.recipients}
    soon = sum(one.expires is not None for one in inventory.secrets)
    numbers = {
        "secrets": len(inventory.secrets), "environments": len(inventory.environments),
        "recipients": len(readers), "without a known reader": len(inventory.unused),
        "named but missing": len(inventory.missing), "with an end": soon,
        "findings": len(found.findings),
    }  # fmt: skip
    items = "".join(f"<li><strong>{count:,}</strong>{name}</li>" for name, count in numbers.items())
    return f'<ul class="numbers">{items}</ul>'


def _sections(found: Report) -> Iterator[str]:
    inventory = found.inventory
    scopes = ["core", *inventory.environments]
    yield build_section(_secrets(found, scopes))
    yield build_section(_matrix(found))
    yield _drawing("readers", "Who opens what", "Point at a line to see how many files it means. "
                   "The table of secrets has the same, secret by secret.",
                   draw_readers(inventory.secrets, scopes))  # fmt: skip
    yield _drawing("times", "Time line", "Circles are last changes, diamonds are ends, the strong "
                   "line is now. The table of secrets has every date.",
                   draw_times(inventory.secrets, scopes, found.now))  # fmt: skip
    yield build_section(_findings(found))
    yield build_section(_history(found))


def _drawing(id_: str, title: str, words: str, svg: str) -> str:
    return (
        f'<section id="{id_}" aria-labelledby="{id_}-t"><h2 id="{id_}-t">{title}</h2>'
        f"<p>{words}</p>{svg}</section>"
    )


def _secrets(found: Report, scopes: list[str]) -> Table:
    rows = []
    for one in found.inventory.secrets:
        readers = readers_of(one)
        age = one.age_days(found.now)
        cells = (
            one.shown, one.scope or "other", ", ".join(one.keys), ", ".join(readers) or "-",
            ", ".join(map(short, one.recipients)), "-" if one.wave is None else str(one.wave),
            f"{one.changed.time:%Y-%m-%d}" if one.changed else "-",
            "-" if age is None else str(age), f"{one.expires:%Y-%m-%d}" if one.expires else "-",
        )  # fmt: skip
        tags = [one.scope or "other", *([] if readers else ["unused"]),
                *(["ends"] if one.expires else [])]  # fmt: skip
        rows.append(Row(cells, tags))
    filters = {**{one: one for one in scopes}, "unused": "without a known reader",
               "ends": "with an end"}  # fmt: skip
    return Table(
        "secrets", "Secrets", "Every secret, what reads it, and who can open it.",
        ("Secret", "Scope", "Keys", "Read by", "Recipients", "Wave", "Changed", "Days", "Ends"),
        rows, filters,
    )  # fmt: skip


def _matrix(found: Report) -> Table:
    environments, gaps = found.inventory.environments, found.inventory.gaps()
    rows = [
        Row((name, *(("core" if "core" in scopes else "yes" if one in scopes else "missing")
                     for one in environments)), ["gap" if name in gaps else "whole"])
        for name, scopes in found.inventory.matrix().items()
    ]  # fmt: skip
    return Table(
        "matrix", "Environments and secrets",
        "What each environment's cluster gets; core goes to all of them.",
        ("Secret", *environments), rows, {"gap": "missing somewhere", "whole": "in all"},
        marked=True,
    )  # fmt: skip


def _findings(found: Report) -> Table:
    rows = [
        Row((one.place, one.level, one.code, one.message, one.hint), [one.level.replace(" ", "-")])
        for one in sorted(found.findings, key=lambda one: one.level != "error")
    ]
    rows += [
        Row((one.path, "warning", "missing", missing_line(one), ""), ["warning"])
        for one in found.inventory.missing
    ]
    return Table(
        "findings", "Findings", "What lint, status and the local checks of doctor see.",
        ("Place", "Level", "Code", "What", "What to do"), rows, _LEVELS, marked=True,
    )  # fmt: skip


def _history(found: Report) -> Table:
    rows = [
        Row((f"{seen.commit.time:%Y-%m-%d %H:%M}", seen.commit.id[:12], seen.commit.author,
             event.kind, event.secret, event.key), [event.kind])
        for seen in found.history for event in seen.events
    ]  # fmt: skip
    kinds = ("added", "changed", "removed")
    return Table(
        "history", "History", "The latest commits that changed a secret, newest first.",
        ("When (UTC)", "Commit", "Author", "What", "Secret", "Key"), rows,
        {one: one for one in kinds},
    )  # fmt: skip
