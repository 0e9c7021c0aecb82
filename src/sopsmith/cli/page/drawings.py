"""Draw who opens what, and when secrets changed and end, as SVG. Colours are the style's."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from html import escape
from typing import TYPE_CHECKING

from sopsmith.cli.show_list import short

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sopsmith.flows.inventory import Listed

_STEP, _BOX, _LEFT, _RIGHT, _WIDTH = 44, 30, 330, 620, 920
"""Units of the drawing: between rows, a box's height, where edges begin and end, the width."""
_MARGIN, _LANE, _EDGE = 120, 46, 50
_MANY = 400
"""Marks of a lane; more would hide each other."""


def draw_readers(secrets: tuple[Listed, ...], scopes: list[str]) -> str:
    """Return who opens how many files of which scope, as a graph."""
    counts = Counter((who, one.scope or "other") for one in secrets for who in one.recipients)
    people = list(dict.fromkeys(who for who, _ in counts))
    targets = [one for one in (*scopes, "other") if any(scope == one for _, scope in counts)]
    files = Counter(one.scope or "other" for one in secrets)
    height = max(len(people), len(targets), 1) * _STEP + 10
    at = {name: _row(index, len(people), height) for index, name in enumerate(people)}
    to = {name: _row(index, len(targets), height) for index, name in enumerate(targets)}
    parts = [
        f'<path class="edge" d="M{_LEFT} {at[who]} C{_LEFT + 140} {at[who]} {_RIGHT - 140} '
        f'{to[scope]} {_RIGHT} {to[scope]}"><title>{escape(who)} opens {count:,} of '
        f"{files[scope]:,} files of {escape(scope)}</title></path>"
        for (who, scope), count in counts.items()
    ]
    parts += [_box(10, at[who], short(who), who) for who in people]
    parts += [
        _box(_RIGHT, to[one], f"{one}: {files[one]:,} file{'' if files[one] == 1 else 's'}", one)
        for one in targets
    ]
    return _svg(height, "Recipients on the left, and the scopes that they open on the right", parts)


def draw_times(secrets: tuple[Listed, ...], scopes: list[str], now: datetime) -> str:
    """Return when files changed last and when values end, a lane for each scope."""
    moments = [one.changed.time for one in secrets if one.changed]
    moments += [one.expires for one in secrets if one.expires]
    first = min([*moments, now - timedelta(days=30)])
    last = max([*moments, now + timedelta(days=30)])
    span = (last - first).total_seconds()

    def place(moment: datetime) -> int:
        done = (moment - first).total_seconds() / span
        return round(_MARGIN + done * (_WIDTH - _MARGIN - _EDGE))

    height = len(scopes) * _LANE + 50
    bottom = height - 30
    parts = [
        f'<line class="axis" x1="{_MARGIN}" x2="{_WIDTH - _EDGE}" y1="{bottom}" y2="{bottom}"/>'
    ]
    for number in range(5):
        moment = first + (last - first) * number / 4
        x = place(moment)
        parts.append(f'<line class="axis" x1="{x}" x2="{x}" y1="8" y2="{bottom}"/>')
        parts.append(
            f'<text class="soft" text-anchor="middle" x="{x}" y="{height - 10}">'
            f"{moment:%Y-%m-%d}</text>"
        )
    parts.append(f'<line class="now" x1="{place(now)}" x2="{place(now)}" y1="8" y2="{bottom}">'
                 "<title>now</title></line>")  # fmt: skip
    for lane, scope in enumerate(scopes):
        y = 30 + lane * _LANE
        parts.append(f'<text x="10" y="{y + 5}">{escape(scope)}</text>')
        for one in [one for one in secrets if one.scope == scope][:_MANY]:
            name = escape(one.shown)
            if one.changed:
                parts.append(f'<circle class="changed" cx="{place(one.changed.time)}" cy="{y}" '
                             f'r="6"><title>{name} changed {one.changed.time:%Y-%m-%d}</title>'
                             "</circle>")  # fmt: skip
            if one.expires:
                x, late = place(one.expires), "late" if one.expires <= now else "expires"
                parts.append(f'<path class="{late}" d="M{x} {y - 8} l8 8 l-8 8 l-8 -8 z"><title>'
                             f"{name} ends {one.expires:%Y-%m-%d}</title></path>")  # fmt: skip
    return _svg(height, "Last changes as circles and ends as diamonds, on a line of time", parts)


def _row(index: int, count: int, height: int) -> int:
    return round(height * (index + 0.5) / max(count, 1))


def _box(x: int, y: int, label: str, title: str) -> str:
    width = _LEFT - 10 if x < _LEFT else _WIDTH - _RIGHT - 10
    shown = label if len(label) <= 42 else f"{label[:40]}…"
    return (
        f'<g><title>{escape(title)}</title><rect class="box" rx="6" x="{x}" y="{y - _BOX // 2}" '
        f'width="{width}" height="{_BOX}"/><text x="{x + 12}" y="{y + 5}">{escape(shown)}</text>'
        "</g>"
    )


def _svg(height: int, label: str, parts: list[str] | Iterator[str]) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(label)}">'
        f"{''.join(parts)}</svg>"
    )
