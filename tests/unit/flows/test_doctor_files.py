"""Each fault of a repository's files is found by its name, and nothing is found in a new one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.flows.examined import codes_of, found, open_context
from tests.unit.flows.keys_at import DEV, HOME, OTHER, PROD, SECRET, Place

from sopsmith.flows.doctor_files import CHECKS
from sopsmith.flows.doctor_table import CHECKS as EVERY
from sopsmith.flows.doctor_table import CODES
from sopsmith.repo.backups import RECORD, Record, dump_record
from sopsmith.repo.diagnosis import ERROR, INFO, UNKNOWN, WARNING
from sopsmith.repo.layout import SOPS_CONFIG
from sopsmith.repo.lint_rules import RULES
from sopsmith.repo.settings import FILE

A = f"{HOME}/dev/secrets/a.secret.yaml"
B = f"{HOME}/prod/secrets/b.secret.yaml"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    record = Record(1, "0" * 64, (DEV[1], PROD[1]), "2026-11-01T00:00:00Z", "")
    made.put(RECORD, dump_record(record))
    return made


def test_nothing_is_wrong_with_a_new_repository(place: Place) -> None:
    checks = [check for check in EVERY if not check.needs]
    problems = [one for one in found(place, checks) if one.is_problem]
    assert problems == []


def test_every_rule_of_lint_is_some_check_s() -> None:
    assert {rule.name for rule in RULES.values()} <= {*CODES}


def test_a_secret_in_clear_is_found(place: Place) -> None:
    place.put("apps/db.yaml", SECRET)
    assert codes_of(place, CHECKS) == ["plain-secret"]


def test_a_hint_names_the_file_as_it_can_be_pasted(place: Place) -> None:
    place.put(f"{HOME}/dev/secrets/two words.secret.yaml", SECRET)
    (one,) = found(place, CHECKS, "plain-file")
    assert f"'{place.root}/{HOME}/dev/secrets/two words.secret.yaml'" in one.hint


def test_a_value_that_was_changed_is_found(place: Place) -> None:
    path = place.lock(A, DEV[1], text=SECRET + "    more: made-up-too\n")
    text = path.read_text()
    path.write_text("".join(line for line in text.splitlines(True) if "more:" not in line))
    assert [(one.code, one.level) for one in found(place, CHECKS)] == [("mac-mismatch", ERROR)]


def test_what_no_identity_opens_is_not_called_sound(place: Place) -> None:
    place.lock(B, PROD[1])
    (one,) = found(place, CHECKS)
    assert (one.code, one.level, one.subject) == ("mac-mismatch", UNKNOWN, "prod")
    assert "no identity here opens 1 of 1 files" in one.message


def test_other_environments_than_the_one_asked_about_are_left_alone(place: Place) -> None:
    place.lock(A, DEV[1])
    place.lock(B, PROD[1])
    context = replace(open_context(place), environment="dev")
    assert found(place, CHECKS, context=context) == []


def test_a_broken_file_is_named_once(place: Place) -> None:
    path = place.lock(A, DEV[1])
    path.write_text(path.read_text().replace("stringData:", "stringData: {"))
    assert codes_of(place, CHECKS) == ["broken-file"]


def test_other_recipients_than_the_rule_s_are_found(place: Place) -> None:
    place.lock(A, DEV[1], OTHER[1])
    assert codes_of(place, CHECKS) == ["stale-recipient"]
    place.lock(A, DEV[1], PROD[1])
    assert codes_of(place, CHECKS) == ["recipients-differ"]


def test_a_rule_behind_one_for_everything_is_hidden(place: Place) -> None:
    rules = (place.root / SOPS_CONFIG).read_text()
    head, _, rest = rules.partition("creation_rules:\n")
    place.put(SOPS_CONFIG, f"{head}creation_rules:\n  - age: {OTHER[1]}\n{rest}")
    hidden = found(place, CHECKS, "hidden-rule")
    assert len(hidden) == rules.count("path_regex")
    assert all(one.level == WARNING and "creation_rules[0]" in one.message for one in hidden)


def test_a_rule_whose_files_an_earlier_one_takes_is_hidden(place: Place) -> None:
    rules = (place.root / SOPS_CONFIG).read_text()
    head, _, rest = rules.partition("creation_rules:\n")
    first = f"  - path_regex: overlays/main/(dev|prod)/\n    age: {OTHER[1]}\n"
    place.put(SOPS_CONFIG, f"{head}creation_rules:\n{first}{rest}")
    hidden = found(place, CHECKS, "hidden-rule")
    assert [one.subject.rpartition(": ")[2] for one in hidden] == [
        "creation_rules[1]",
        "creation_rules[2]",
    ]


def test_a_configuration_that_cannot_be_read_is_named_once(place: Place) -> None:
    place.put(SOPS_CONFIG, "creation_rules: {")
    assert codes_of(place, CHECKS) == ["broken-config"]


def test_settings_that_cannot_be_read_leave_the_rest_to_be_looked_at(place: Place) -> None:
    place.put(FILE, "version: 2\n")
    place.put("apps/db.yaml", SECRET)
    assert codes_of(place, CHECKS) == ["plain-secret", "broken-config"]


def test_what_is_due_is_a_finding(place: Place) -> None:
    text = SECRET.replace("    name: a\n", "    name: a\n    annotations:\n        {}\n")
    place.lock(A, DEV[1], text=text.format("sopsmith.dev/expires: '2026-01-01'"))
    place.put(".sopsmith/rotations/dev.json", "<<<<<<< ours\n")
    assert [(one.code, one.level) for one in found(place, CHECKS)] == [
        ("expired", ERROR), ("malformed", ERROR),
    ]  # fmt: skip


def test_that_nothing_saves_a_lost_identity_is_said_and_is_no_fault(place: Place) -> None:
    (place.root / RECORD).unlink()
    assert [(one.code, one.level) for one in found(place, CHECKS)] == [("no-recovery", INFO)]


def test_levels_are_those_of_lint(place: Place) -> None:
    place.put(".sops.yaml", "creation_rules:\n  - path_regex: nothing\n    age: " + DEV[1] + "\n")
    place.lock(A, DEV[1])
    assert [(one.code, one.level) for one in found(place, CHECKS)] == [("no-rule", WARNING)]
    assert INFO not in {one.level for one in found(place, CHECKS)}
