"""Find the cause: run checks over a repository, this machine and a cluster, and say what each saw.

A check is a function that takes the context and yields findings; where it yields none, all is
well. An `Error` in it becomes a finding of its own and ends nothing else. What it saw is never
changed by looking: `repair` does that, for findings that name a safe repair, when asked to.

`flows/doctor_table.py` lists the checks; each family of them has a file, `flows/doctor_*.py`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import Error, Unreachable, UsageError
from sopsmith.repo.contexts import find_environment
from sopsmith.repo.diagnosis import ERROR, INFO, OK, SKIPPED, UNKNOWN, WARNING, Finding, from_error
from sopsmith.repo.root import read_settings

if TYPE_CHECKING:
    from datetime import datetime

    from sopsmith.flows.keys_apart import Lock
    from sopsmith.flows.steps import Step
    from sopsmith.ports import Cluster, Files, Programs, Trees, Workers
    from sopsmith.repo.settings import RepoSettings
    from sopsmith.sops.keyring import Keyring

NOTHING, CLUSTER = "", "cluster"
"""What a check needs besides the context."""
_ORDER = (ERROR, WARNING, UNKNOWN, INFO, SKIPPED, OK)
_NO_SETTINGS = "sopsmith.yaml cannot be read"


class Machine(NamedTuple):
    """What a look at this machine takes.

    Attributes:
        key_files: Where files of identities may stand, absolute.
        is_open: Tells whether others than its owner have a right to a file.
        close: Leaves a file to its owner alone.
        lock: Holds a file of identities while it is replaced.
        plugin: The plugin's script as this sopsmith would write it.
        plugin_home: Where kustomize looks for legacy plugins; "" where the environment has none.
    """

    key_files: tuple[str, ...]
    is_open: Callable[[str], bool]
    close: Callable[[str], None]
    lock: Lock
    plugin: bytes
    plugin_home: str


@dataclass(frozen=True, eq=False)
class Context:
    """What checks look at.

    Attributes:
        root: The repository's root, relative to the working folder, so that paths can be pasted.
        environment: The one that is asked about; "" for all of them.
        load_keyring: Reads this machine's identities; each call gives the same.
        open_cluster: Opens the cluster and asks it nothing; None where none is to be looked at.
        no_cluster: Why there is none.
        name_cluster: The command that names one; "" where none was wanted.
        open_steps: Returns the steps of bootstrap, for the environment and its cluster.
    """

    root: str
    files: Files
    trees: Trees
    workers: Workers
    programs: Programs
    machine: Machine
    load_keyring: Callable[[], Keyring]
    now: datetime
    environment: str = ""
    open_cluster: Callable[[], Cluster] | None = None
    no_cluster: str = "no cluster was asked about"
    name_cluster: str = ""
    open_steps: Callable[[], Sequence[Step]] | None = None

    @property
    def settings(self) -> RepoSettings:
        """What sopsmith.yaml says; a check that meets an error here is skipped.

        Raises:
            LayoutError: It cannot be read, or has no such environment.
        """
        if isinstance(self._read, Error):
            raise self._read
        return self._read

    @property
    def settings_error(self) -> Error | None:
        """Why sopsmith.yaml cannot be read, if so."""
        return self._read if isinstance(self._read, Error) else None

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes to look at: all, or core and the environment that is asked about."""
        names = tuple(scope.name for scope in self.settings.scopes)
        wanted = (self.settings.core.name, self.environment) if self.environment else names
        return tuple(name for name in names if name in wanted)

    @cached_property
    def keyring(self) -> Keyring:
        """This machine's identities."""
        return self.load_keyring()

    @cached_property
    def cluster(self) -> Cluster:
        """The cluster, for checks that need one.

        Raises:
            OutsideError: The kubeconfig cannot be used.
        """
        assert self.open_cluster is not None, "the check does not say that it needs a cluster"
        return self.open_cluster()

    def at(self, path: str) -> str:
        """Return a path of the repository, as it can be opened and pasted."""
        return os.path.normpath(os.path.join(self.root, path))

    @cached_property
    def _read(self) -> RepoSettings | Error:
        try:
            return read_settings(self.files, self.root)
        except Error as error:
            return error


class Check(NamedTuple):
    """Something to look at.

    Attributes:
        family: Heading under which people read it: `repository`, `manifests`, `identities`, ….
        title: What is as it should be where nothing is found: `lists and folders agree`.
        codes: Those that its findings may have. The first stands for it where all is well.
        run: Yields what is wrong or worth knowing; nothing where all is well.
        needs: NOTHING or CLUSTER.
    """

    family: str
    title: str
    codes: tuple[str, ...]
    run: Callable[[Context], Iterable[Finding]]
    needs: str = NOTHING


class Result(NamedTuple):
    """What a check saw: one finding at least, worst first."""

    check: Check
    findings: tuple[Finding, ...]


Repair = Callable[[Context, Finding], str]
"""Mends what a finding is about and says what it did; done again, it changes nothing."""


def choose_checks(checks: Sequence[Check], only: Sequence[str]) -> list[Check]:
    """Return the checks that can find some codes; all of them where none is given.

    Raises:
        UsageError: No check finds such a code.
    """
    known = {code for check in checks for code in check.codes}
    for code in only:
        if code not in known:
            raise UsageError(f"no check finds {code}", hint="codes: " + ", ".join(sorted(known)))
    return [check for check in checks if not only or {*check.codes} & {*only}]


def diagnose(
    context: Context, checks: Sequence[Check], only: Sequence[str] = ()
) -> Iterator[Result]:
    """Run checks one after the other, and yield what each saw.

    Args:
        only: Codes to look for; all where none is given.

    Raises:
        UsageError: No check finds such a code, or there is no such environment.
    """
    _check_environment(context)
    silent: Error | None = None
    for check in choose_checks(checks, only):
        code = next((one for one in check.codes if one in only), check.codes[0])
        obstacle = _obstacle(check, code, context, silent)
        try:
            findings = [obstacle] if obstacle else list(check.run(context))
        except Error as error:
            if str(error) == str(context.settings_error):
                findings = [Finding(code, SKIPPED, check.title, _NO_SETTINGS)]
            else:
                findings = [from_error(code, check.title, error)]
            if check.needs == CLUSTER and isinstance(error, Unreachable):
                silent = error
        if only:
            findings = [one for one in findings if one.code in only or one.level == UNKNOWN]
        findings = findings or [Finding(code, OK, check.title, "")]
        yield Result(check, tuple(sorted(findings, key=lambda one: _ORDER.index(one.level))))


def has_problems(results: Iterable[Result]) -> bool:
    """Tell whether anything was found that must be seen to, or could not be looked at."""
    return any(one.is_problem for result in results for one in result.findings)


def repair(
    context: Context, results: Iterable[Result], repairs: dict[str, Repair]
) -> Iterator[Finding]:
    """Mend what can be mended safely, and yield each repair as a finding of what was done."""
    for finding in (one for result in results for one in result.findings if one.fix):
        try:
            did = repairs[finding.fix](context, finding)
        except Error as error:
            yield from_error(finding.code, finding.subject, error)
        else:
            yield Finding(finding.code, OK, finding.subject, did)


def _check_environment(context: Context) -> None:
    if not context.environment or context.settings_error:
        return
    find_environment(context.settings, context.environment)


def _obstacle(check: Check, code: str, context: Context, silent: Error | None) -> Finding | None:
    """Return why a check cannot be run, if so."""
    if check.needs == CLUSTER:
        if context.open_cluster is None:
            return Finding(code, SKIPPED, check.title, context.no_cluster, context.name_cluster)
        # It was asked, and did not answer: each further question would only wait as long.
        error = silent or _why_shut(context)
        return Finding(code, UNKNOWN, check.title, str(error), error.hint or "") if error else None
    return None


def _why_shut(context: Context) -> Error | None:
    try:
        context.cluster  # noqa: B018 - to open it is the question.
    except Error as error:
        return error
    return None
