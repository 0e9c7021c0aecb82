"""A plan is shown with what a person should know besides."""

from __future__ import annotations

import json

import pytest

from sopsmith.cli.show_plan import show
from sopsmith.flows.generate import Plan
from sopsmith.repo.plan import MISSING, STALE, UNCOMPARED, UNLISTED, UPDATE, Change


def made(*changes: Change) -> Plan:
    return Plan(changes, ("a warning",), ("APP_A", "APP_B"))


def test_an_update_says_which_fields_it_changes(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    change = Change(UPDATE, "dev", "x/a", ("A", "B"), ("stringData.b",), b"canary")
    show(made(change), as_json=False, dry_run=False)
    assert capfdbinary.readouterr().out == (
        b"update        x/a  (A, B: stringData.b)\nplan: 1 to update\n"
    )


def test_an_empty_plan_says_so(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    show(Plan((), (), ()), as_json=False, dry_run=False)
    assert capfdbinary.readouterr() == (b"plan: nothing to do\n", b"")


def test_each_thing_to_know_is_one_line(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    changes = [
        Change(UNCOMPARED, "dev", "x/a", reason="no identity"),
        Change(STALE, "dev", "x/b"),
        Change(STALE, "dev", "x/c"),
        Change(UNLISTED, "dev", "x/d"),
        Change(MISSING, "dev", "x/e"),
    ]
    show(made(*changes), as_json=False, dry_run=True)
    assert capfdbinary.readouterr().err.decode() == (
        "warning: a warning\n"
        "note: left out, as sopsmith.yaml says: APP_A, APP_B\n"
        "note: 1 Secret not compared and left as found: x/a: no identity\n"
        "note: 2 files without a variable any more: --prune removes them\n"
        "note: 1 file missing that a list names: --prune takes the entries out\n"
        "note: 1 file without a variable and in no list, which only you can remove\n"
        "note: dry run: nothing was written\n"
    )


def test_json_has_everything_but_bytes(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    show(made(Change(UPDATE, "dev", "x/ü", ("A",), (), b"canary")), as_json=True, dry_run=False)
    assert json.loads(capfdbinary.readouterr().out) == {
        "changes": [
            {"action": "update", "scope": "dev", "path": "x/ü", "variables": ["A"], "fields": []}
        ],
        "ignored": ["APP_A", "APP_B"],
        "warnings": ["a warning"],
    }
