"""Draw seconds against files as SVG, both axes logarithmic, readable in light and in dark."""

from __future__ import annotations

from math import ceil, floor, log10
from typing import NamedTuple

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 720, 420, 60, 20, 120, 50  # pixels
_STYLE = """\
text { font: 13px sans-serif; fill: #24292f } .grid { stroke: #d0d7de } .line { fill: none;
stroke-width: 2 } .a { stroke: #cf222e } .b { stroke: #0969da } .c { stroke: #1a7f37 }
.d { stroke: #8250df } .e { stroke: #9a6700 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .grid { stroke: #30363d }
.a { stroke: #ff7b72 } .b { stroke: #58a6ff } .c { stroke: #3fb950 } .d { stroke: #bc8cff }
.e { stroke: #d29922 } }
"""


class Line(NamedTuple):
    """What is drawn as one line: its name, and seconds by the number of files."""

    name: str
    points: list[tuple[int, float]]


class _Scale(NamedTuple):
    low: int
    high: int
    start: float
    length: float

    def at(self, value: float) -> float:
        return self.start + (log10(value) - self.low) / (self.high - self.low) * self.length


def draw(lines: list[Line]) -> str:
    """Return the plot of at most five lines as SVG."""
    files = [size for line in lines for size, _ in line.points]
    seconds = [value for line in lines for _, value in line.points]
    across = _Scale(0, ceil(log10(max(files))), _LEFT, _WIDTH - _LEFT - _RIGHT)
    depth = _HEIGHT - _TOP - _BOTTOM
    up = _Scale(floor(log10(min(seconds))), ceil(log10(max(seconds))), _TOP + depth, -depth)
    parts = [*_grid(across, up)]
    for line, letter in zip(lines, "abcde", strict=True):
        placed = [(across.at(size), up.at(value)) for size, value in line.points]
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        x, y = placed[-1]
        parts.append(f'<polyline class="line {letter}" points="{joined}"/>')
        parts.append(f'<text x="{x + 6:.1f}" y="{y + 4:.1f}">{line.name}</text>')
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">\n'
        f"<title>Seconds against files</title>\n<style>\n{_STYLE}</style>\n{body}\n</svg>\n"
    )


def _grid(across: _Scale, up: _Scale) -> list[str]:
    parts = []
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    for power in range(across.low, across.high + 1):
        x = across.at(10**power)
        parts.append(f'<path class="grid" d="M{x:.1f} {_TOP}V{bottom}"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{10**power:,}</text>'
        )
    for power in range(up.low, up.high + 1):
        y = up.at(10.0**power)
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{right}"/>')
        parts.append(
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g} s</text>'
        )
    middle = (_LEFT + right) / 2
    parts.append(f'<text x="{middle}" y="{_HEIGHT - 8}" text-anchor="middle">files</text>')
    return parts
