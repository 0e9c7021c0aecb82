"""Print what `lint` found, as text, JSON or SARIF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sopsmith.cli.plain_lines import put_lines
from sopsmith.cli.talk import counted, put_json, say
from sopsmith.repo.lint_rules import RULES, severity_of

if TYPE_CHECKING:
    from sopsmith.flows.lint import Report
    from sopsmith.repo.lint_rules import Finding


def show(report: Report, output: str) -> None:
    """Write a report to stdout; in text form, what to do goes to stderr, once for each rule."""
    if output == "sarif":
        from sopsmith.cli.sarif import build_sarif

        put_json(build_sarif(report.findings))
    elif output == "json":
        put_json(_plain(report))
    else:
        lines = [*map(_line, report.findings), _summary(report)]
        put_lines(lines)
        for rule in sorted({one.rule for one in report.findings}):
            say(f"hint: {rule}: {RULES[rule].hint}")


def _line(one: Finding) -> str:
    place = f"{one.path}:{one.line}" if one.line else one.path
    key = f"{one.key}: " if one.key else ""
    return f"{place}: {severity_of(one)} {one.rule} {RULES[one.rule].name}: {key}{one.message}"


def _summary(report: Report) -> str:
    found = len(report.findings)
    words = counted(found, "problem") if found else "no problem"
    ignored = f", {report.ignored:,} ignored" if report.ignored else ""
    return (
        f"lint: {words}{ignored} in {counted(report.looked_at, 'file')}, {report.encrypted:,} of "
        "them encrypted"
    )


def _plain(report: Report) -> dict[str, object]:
    return {
        "looked_at": report.looked_at,
        "encrypted": report.encrypted,
        "ignored": report.ignored,
        "findings": [
            {
                "rule": one.rule,
                "name": RULES[one.rule].name,
                "severity": severity_of(one),
                "path": one.path,
                "line": one.line or None,
                "key": one.key,
                "message": one.message,
                "hint": RULES[one.rule].hint,
            }
            for one in report.findings
        ],
    }
