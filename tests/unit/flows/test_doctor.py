"""`doctor` runs every check to its end, and never takes what it could not see for good news."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.flows.examined import open_context
from tests.unit.flows.keys_at import Place

from sopsmith.errors import LayoutError, OutsideError, Unreachable, UsageError
from sopsmith.flows.doctor import (
    CLUSTER,
    Check,
    Context,
    Result,
    choose_checks,
    diagnose,
    repair,
)
from sopsmith.repo.diagnosis import ERROR, INFO, OK, SKIPPED, UNKNOWN, WARNING, Finding
from sopsmith.repo.settings import FILE


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return open_context(Place(tmp_path))


def yields(*levels: str) -> Check:
    found = [Finding("sour", level, "milk", "is sour", fix="boil") for level in levels]
    return Check("kitchen", "the milk is fresh", ("sour", "gone"), lambda _: found)


def fails(error: Exception, needs: str = "") -> Check:
    def run(_: Context) -> Iterable[Finding]:
        raise error

    return Check("kitchen", "the milk is fresh", ("sour",), run, needs)


def levels(results: Iterable[Result]) -> list[str]:
    return [one.level for result in results for one in result.findings]


def test_a_check_that_finds_nothing_says_that_all_is_well(context: Context) -> None:
    (result,) = diagnose(context, [yields()])
    assert result.findings == (Finding("sour", OK, "the milk is fresh", ""),)


def test_the_worst_comes_first(context: Context) -> None:
    found = diagnose(context, [yields(OK, INFO, UNKNOWN, ERROR, WARNING)])
    assert levels(found) == [ERROR, WARNING, UNKNOWN, INFO, OK]


def test_an_error_ends_its_own_check_alone(context: Context) -> None:
    checks = [fails(OutsideError("spilt")), fails(Unreachable("far")), yields()]
    assert levels(diagnose(context, checks)) == [ERROR, UNKNOWN, OK]


def test_without_a_cluster_its_checks_are_skipped(context: Context) -> None:
    assert levels(diagnose(context, [fails(OutsideError("spilt"), CLUSTER)])) == [SKIPPED]


def test_a_cluster_that_does_not_answer_is_asked_once(context: Context) -> None:
    asked: list[str] = []

    def run(_: Context) -> Iterable[Finding]:
        asked.append("")
        raise Unreachable("far")

    checks = [Check("cluster", "it is there", ("gone",), run, CLUSTER)] * 3
    at = replace(context, open_cluster=lambda: None)  # type: ignore[arg-type, return-value]
    assert levels(diagnose(at, checks)) == [UNKNOWN] * 3
    assert len(asked) == 1


def test_settings_that_cannot_be_read_skip_what_needs_them(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.put(FILE, "version: [")
    check = Check("kitchen", "it is clean", ("sour",), lambda at: [][: len(at.scopes)])
    assert levels(diagnose(open_context(place), [check, yields()])) == [SKIPPED, OK]


def test_other_errors_of_the_layout_are_found(context: Context) -> None:
    assert levels(diagnose(context, [fails(LayoutError("askew"))])) == [ERROR]


def test_only_some_codes_are_looked_for(context: Context) -> None:
    other = Check("kitchen", "the bread is fresh", ("stale",), lambda _: ())
    assert choose_checks([yields(), other], ["stale"]) == [other]
    assert levels(diagnose(context, [yields(ERROR)], ["gone"])) == [OK]
    assert levels(diagnose(context, [yields(UNKNOWN)], ["gone"])) == [UNKNOWN]
    with pytest.raises(UsageError, match="no check finds mouldy"):
        choose_checks([other], ["mouldy"])


def test_an_error_counts_for_the_code_that_is_looked_for(context: Context) -> None:
    def run(_: Context) -> Iterable[Finding]:
        raise OutsideError("spilt")

    assert levels(diagnose(context, [yields()._replace(run=run)], ["gone"])) == [ERROR]


def test_an_environment_that_is_none_is_refused(context: Context) -> None:
    with pytest.raises(UsageError, match="there are dev, prod"):
        list(diagnose(replace(context, environment="live"), [yields()]))


def test_a_repair_says_what_it_did_or_why_not(context: Context) -> None:
    def fails_to(_: Context, __: Finding) -> str:
        raise OutsideError("no fire")

    results = list(diagnose(context, [yields(ERROR)]))
    (done,) = repair(context, results, {"boil": lambda _, finding: f"boiled {finding.subject}"})
    assert (done.level, done.message) == (OK, "boiled milk")
    (failed,) = repair(context, results, {"boil": fails_to})
    assert (failed.level, failed.message) == (ERROR, "no fire")
