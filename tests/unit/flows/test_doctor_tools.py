"""Each fault of this machine's programs is found by its name, and the safe ones are mended."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.flows.examined import NoPrograms, found, open_context
from tests.unit.flows.keys_at import NOW, Place

from sopsmith.adapters.interpreter import read_interpreter
from sopsmith.adapters.programs import LocalPrograms
from sopsmith.flows.doctor import Context, diagnose, repair
from sopsmith.flows.doctor_tools import CHECKS, REPAIRS
from sopsmith.flows.install_plugin import HOME_PLACES, build_script
from sopsmith.repo.diagnosis import ERROR, INFO, OK, SKIPPED, UNKNOWN, WARNING, Finding


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def seen(place: Place, code: str, context: Context) -> list[Finding]:
    (result,) = diagnose(context, CHECKS, [code])
    return list(result.findings)


@pytest.mark.parametrize(
    ("said", "level"),
    [("v5.7.1\n", OK), ("{Version:kustomize/v4.5.7 GitCommit:x}", WARNING),
     ("{Version:kustomize/v3.9.4}", ERROR), ("(devel)\n", UNKNOWN)],
)  # fmt: skip
def test_a_kustomize_that_is_too_old_is_found(place: Place, said: str, level: str) -> None:
    context = open_context(place, NoPrograms({"kustomize": said.encode()}))
    assert [one.level for one in seen(place, "kustomize-old", context)] == [level]


def test_a_machine_without_kustomize_is_a_remark_and_no_problem(place: Place) -> None:
    assert [one.level for one in seen(place, "kustomize-old", open_context(place))] == [INFO]


def with_plugin(place: Place, executable: str, folders: list[str]) -> Context:
    """Return a context whose legacy plugin starts by way of a Python and library folders."""
    context = open_context(place)
    path = Path(context.machine.plugin_home, HOME_PLACES[0])
    path.parent.mkdir(parents=True)
    path.write_bytes(build_script(executable, folders))
    path.chmod(0o755)
    return context


def test_a_plugin_whose_python_is_gone_is_found_and_mended(place: Place) -> None:
    context = with_plugin(place, "/nowhere/bin/python3", [])
    (one,) = [one for one in seen(place, "plugin-broken", context) if one.level != OK]
    assert one.level == ERROR
    assert "/nowhere/bin/python3" in one.message
    (done,) = repair(context, diagnose(context, CHECKS, ["plugin-broken"]), REPAIRS)
    assert done.level == OK
    script = Path(context.machine.plugin_home, HOME_PLACES[0])
    assert script.read_bytes() == context.machine.plugin
    assert script.stat().st_mode & 0o111
    assert [one.level for one in seen(place, "plugin-broken", context)] == [OK]


def test_a_plugin_whose_python_stands_behind_a_shell_is_read_too(place: Place) -> None:
    context = with_plugin(place, "/no where/python3", [])
    assert [one.level for one in seen(place, "plugin-broken", context)] == [ERROR]


def test_a_plugin_whose_library_is_gone_is_found(place: Place) -> None:
    context = with_plugin(place, sys.executable, ["/nowhere/site-packages"])
    (one,) = seen(place, "plugin-broken", context)
    assert "/nowhere/site-packages/sopsmith" in one.message


def test_a_plugin_of_another_installation_that_works_is_left_alone(place: Place) -> None:
    here = read_interpreter()
    context = with_plugin(place, here.executable, here.folders)
    assert [one.level for one in seen(place, "plugin-other", context)] == [INFO]
    assert list(repair(context, diagnose(context, CHECKS, ["plugin-other"]), REPAIRS)) == []


def test_a_program_of_somebody_else_is_left_alone(place: Place) -> None:
    context = open_context(place)
    path = Path(context.machine.plugin_home, HOME_PLACES[0])
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x7fELF upstream")
    assert [one.level for one in seen(place, "plugin-broken", context)] == [OK]


def test_a_program_that_took_the_plugin_s_place_is_not_replaced(place: Place) -> None:
    context = with_plugin(place, "/nowhere/bin/python3", [])
    results = list(diagnose(context, CHECKS, ["plugin-broken"]))
    script = Path(context.machine.plugin_home, HOME_PLACES[0])
    script.write_bytes(b"upstream")
    (refused,) = repair(context, results, REPAIRS)
    assert refused.level == ERROR
    assert script.read_bytes() == b"upstream"


def test_a_machine_without_the_plugin_is_told_so(place: Place) -> None:
    assert [one.level for one in seen(place, "plugin-not-on-path", open_context(place))] == [INFO]


def in_git(place: Place) -> Context:
    git = LocalPrograms()
    git.run(["git", "init", "-q", str(place.root)])
    return replace(open_context(place), programs=git)


def test_git_without_drivers_is_found_and_mended(place: Place) -> None:
    context = in_git(place)
    assert [one.level for one in seen(place, "git-drivers", context)] == [INFO]
    (done,) = repair(context, diagnose(context, CHECKS, ["git-drivers"]), REPAIRS)
    assert "merge.sopsmith.driver" in done.message
    found_now = seen(place, "git-drivers", context)
    assert [one.fix for one in found_now] == [""]


@pytest.mark.parametrize("programs", [LocalPrograms(), NoPrograms()], ids=["git", "no git"])
def test_what_is_no_repository_of_git_is_not_asked(
    place: Place, programs: LocalPrograms | NoPrograms
) -> None:
    context = replace(open_context(place), programs=programs)
    assert [one.level for one in seen(place, "git-drivers", context)] == [SKIPPED]
    assert [one.level for one in seen(place, "clock-skew", context)] == [SKIPPED]


@pytest.mark.parametrize(("ahead", "level"), [(60, OK), (-86_400, OK), (3_600, WARNING)])
def test_a_clock_behind_the_newest_commit_is_found(place: Place, ahead: int, level: str) -> None:
    said = str(int(NOW.timestamp()) + ahead).encode()
    context = open_context(place, NoPrograms({"git": said}))
    assert [one.level for one in seen(place, "clock-skew", context)] == [level]
    assert level == OK or "60 minutes" in seen(place, "clock-skew", context)[0].message


def test_only_what_is_not_well_is_a_problem(place: Place) -> None:
    levels = {one.level for one in found(place, CHECKS)}
    assert levels == {INFO}
