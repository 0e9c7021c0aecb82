"""Print what `verify` found, as text or as JSON."""

from __future__ import annotations

from sopsmith.cli.plain_lines import put_lines
from sopsmith.cli.talk import counted, put_json, say
from sopsmith.flows.verify import KINDS, Report

_WIDTH = max(map(len, KINDS)) + 2


def show(report: Report, *, as_json: bool) -> None:
    """Write a report to stdout; hints go to stderr, each once."""
    if as_json:
        put_json(
            {
                "looked_at": report.looked_at,
                "opened": report.opened,
                "problems": [problem._asdict() for problem in report.problems],
            }
        )
        return
    lines = [f"{one.kind:<{_WIDTH}}{one.path}: {one.reason}" for one in report.problems]
    put_lines([*lines, _summary(report)])
    for hint in dict.fromkeys(one.hint for one in report.problems if one.hint):
        say(f"hint: {hint}")


def _summary(report: Report) -> str:
    if not report.opened and not report.problems:
        return f"verify: no SOPS file among {counted(report.looked_at, 'file')}"
    found = [
        f"{sum(one.kind == kind for one in report.problems):,} {kind}"
        for kind in KINDS
        if any(one.kind == kind for one in report.problems)
    ]
    return "verify: " + ", ".join([f"{report.opened:,} hold", *found])
