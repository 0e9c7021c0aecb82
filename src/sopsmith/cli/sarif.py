"""Build SARIF, which GitHub code scanning and others show beside the code.

Source: OASIS SARIF 2.1.0; GitHub "SARIF support for code scanning" (what it reads of it).
"""

from __future__ import annotations

import os
from hashlib import sha256
from urllib.parse import quote

from sopsmith.repo.lint_rules import RULES, Finding, LintRule

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_PAGE = "docs/reference/lint-rules.md"


def build_sarif(findings: tuple[Finding, ...]) -> dict[str, object]:
    """Return a SARIF log of one run; URIs are relative to the working folder."""
    from importlib.metadata import version

    numbers = {name: index for index, name in enumerate(RULES)}
    driver = {
        "name": "sopsmith",
        "version": version("sopsmith"),
        "semanticVersion": version("sopsmith"),
        "rules": [_rule(rule) for rule in RULES.values()],
    }
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(one, numbers[one.rule]) for one in findings],
            }
        ],
    }


def _rule(rule: LintRule) -> dict[str, object]:
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "help": {
            "text": f"{rule.hint}\nSee {_PAGE}.",
            "markdown": f"`{rule.hint}`\n\nSee {_PAGE}.",
        },
        "defaultConfiguration": {"level": rule.severity},
        "properties": {
            "tags": ["security", "secrets", "sops"],
            "precision": "very-high" if rule.severity == "error" else "medium",
            "problem.severity": rule.severity,
            # GitHub sorts security findings by this, from 0 to 10.
            "security-severity": "8.0" if rule.severity == "error" else "5.0",
        },
    }


def _result(one: Finding, number: int) -> dict[str, object]:
    key = f"{one.key}: " if one.key else ""
    uri = quote(os.fsencode(os.path.relpath(one.path)))
    place: dict[str, object] = {
        "artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"},
        # A whole file has no line, and code scanning shows nothing without one.
        "region": {"startLine": one.line or 1},
    }
    return {
        "ruleId": one.rule,
        "ruleIndex": number,
        "level": RULES[one.rule].severity,
        "message": {"text": f"{RULES[one.rule].summary} {key}{one.message}"},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"primaryLocationLineHash": _fingerprint(one, uri)},
    }


def _fingerprint(one: Finding, uri: str) -> str:
    """Return what stays equal when lines are added above."""
    text = "\0".join((one.rule, uri, one.key, one.message))
    return f"{sha256(text.encode('utf-8', 'replace')).hexdigest()[:16]}:1"
