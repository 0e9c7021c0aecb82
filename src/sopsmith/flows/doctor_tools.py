"""Check the programs of this machine: kustomize, the plugin, git's drivers, and the clock."""

from __future__ import annotations

import ast
import os
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sopsmith.errors import Error, OutsideError
from sopsmith.flows import git_install
from sopsmith.flows.doctor import Check, Context, Repair
from sopsmith.flows.install_plugin import HOME_PLACES, MARK, NAME
from sopsmith.repo.diagnosis import ERROR, INFO, SKIPPED, UNKNOWN, WARNING, Finding

_FAMILY = "tools"
KUSTOMIZE = (5, 0, 0)
"""Version from which everything here is tried."""
_NO_PLUGINS = (4, 0, 1)
"""Version that brought `--enable-alpha-plugins` as it is written today."""
_GET_KUSTOMIZE = "sopsmith tools install kustomize --into ~/.local/bin"
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
_SKEW = timedelta(minutes=5)
"""How far a commit of another machine may be ahead before a clock is wrong."""
_PYTHON = re.compile(rb"^#!(/[^\n]+?) -IS(?:Xutf8)?$|^exec '(.+)' -IS(?:Xutf8)? ", re.MULTILINE)
_LIBRARIES = re.compile(rb"^sys\.path \+= (\[.*\])$", re.MULTILINE)


def _find_kustomize(context: Context) -> Iterator[Finding]:
    if context.programs.locate("kustomize") is None:
        # Argo CD brings its own; a machine without one lacks nothing but `sopsmith render`.
        message = "is not on PATH; sopsmith render needs it, or kubectl"
        yield Finding("kustomize-old", INFO, "kustomize", message, _GET_KUSTOMIZE)
        return
    said = context.programs.run(["kustomize", "version"]).stdout.decode("utf-8", "replace")
    found = _VERSION.search(said)
    if found is None:
        message = "does not say its version as a release does"
        yield Finding("kustomize-old", UNKNOWN, "kustomize", message, "kustomize version")
        return
    version = tuple(map(int, found.groups()))
    if version < KUSTOMIZE:
        level, then = WARNING, "nothing here is tried with it"
        if version < _NO_PLUGINS:
            level, then = ERROR, "it runs no generators as Argo CD asks for them"
        message = f"is {found[0]}, older than {'.'.join(map(str, KUSTOMIZE))}: {then}"
        yield Finding("kustomize-old", level, "kustomize", message, _GET_KUSTOMIZE)


def _find_plugin(context: Context) -> Iterator[Finding]:
    """Yield what is wrong with the plugin where kustomize would find it on this machine."""
    home, found = context.machine.plugin_home, context.programs.locate(NAME)
    if found is None:
        message = f"there is no {NAME} on PATH, which kustomize needs; sopsmith render does not"
        yield Finding("plugin-not-on-path", INFO, NAME, message, "sopsmith plugin install")
    places = [os.path.join(home, one) for one in HOME_PLACES] if home else []
    for path in [*([found] if found else []), *places]:
        script = _own_script(path, context)
        if script is None or script == context.machine.plugin:
            continue
        gone = _find_gone(script, context)
        if gone:
            message = f"starts by way of {gone}, which is gone"
            hint = f"sopsmith plugin install {shlex.quote(os.path.dirname(path))}"
            yield Finding("plugin-broken", ERROR, path, message, hint, "install-plugin")
        else:
            message = "is of another installation or version of sopsmith"
            hint = f"sopsmith plugin install {shlex.quote(os.path.dirname(path))}"
            yield Finding("plugin-other", INFO, path, message, hint)


def _own_script(path: str, context: Context) -> bytes | None:
    """Return a plugin's script, or None where no program of sopsmith's stands."""
    try:
        data = context.files.find(path)
    except Error:
        # It cannot be read, or is as large as programs in Go are.
        return None
    return data if data and MARK.encode() in data else None


def _find_gone(script: bytes, context: Context) -> str:
    """Return the interpreter or the library that a script names and that is not there, or ""."""
    python = _PYTHON.search(script)
    named = (python[1] or python[2]).decode("utf-8", "replace") if python else ""
    if not named or not _stands(named, context):
        return named or "an interpreter that it does not name"
    libraries = [os.path.join(folder, "sopsmith") for folder in _folders(script)]
    return "" if any(_stands(one, context) for one in libraries) else ", ".join(libraries)


def _folders(script: bytes) -> list[str]:
    listed = _LIBRARIES.search(script)
    try:
        return list(map(str, ast.literal_eval(listed[1].decode()))) if listed else []
    except (ValueError, SyntaxError):
        return []


def _stands(path: str, context: Context) -> bool:
    try:
        return os.path.basename(path) in context.files.names(os.path.dirname(path))
    except OutsideError:
        return False


def _git(context: Context) -> git_install.Git | None:
    """Return git over the repository, or None where there is no git or it is none of git's."""
    git = git_install.Git(context.programs, context.root)
    if context.programs.locate("git") is None:
        return None
    return None if git.find("rev-parse", "--show-toplevel") is None else git


def _find_drivers(context: Context) -> Iterator[Finding]:
    git = _git(context)
    if git is None:
        yield Finding("git-drivers", SKIPPED, context.root, "git has no part in it here")
        return
    wanted = [one for one in git_install.SETTINGS if one[0].endswith((".driver", ".textconv"))]
    found = [(git.find("config", "--get", name), value) for name, value in wanted]
    if not all(git_install.has_setting(*one) for one in found):
        message = "git does not merge and compare encrypted files by their values here"
        hint = "sopsmith git install"
        yield Finding("git-drivers", INFO, context.root, message, hint, "install-git-drivers")
    elif context.programs.locate("sopsmith") is None:
        message = "git's drivers call sopsmith, which is not on PATH, so merges and diffs fail"
        yield Finding("git-drivers", WARNING, context.root, message, "put sopsmith on PATH")


def _find_skew(context: Context) -> Iterator[Finding]:
    git = _git(context)
    said = git.find("log", "-1", "--format=%ct") if git else None
    if not said or not said.isdigit():
        yield Finding("clock-skew", SKIPPED, context.root, "has no commit to compare with")
        return
    ahead = datetime.fromtimestamp(int(said), UTC) - context.now
    if ahead > _SKEW:
        minutes = ahead // timedelta(minutes=1)
        message = f"is {minutes} minutes behind the newest commit, or that one's clock was ahead"
        yield Finding("clock-skew", WARNING, "clock of this machine", message, "timedatectl status")


def _install_plugin(context: Context, finding: Finding) -> str:
    """Write the script again, where sopsmith's own stands."""
    if _own_script(finding.subject, context) is None:
        raise OutsideError("another program stands there now", path=finding.subject)
    context.files.write(finding.subject, context.machine.plugin, mode=0o755)
    return "starts by way of this sopsmith now"


def _install_drivers(context: Context, _: Finding) -> str:
    place = git_install.find_place(context.root, context.programs)
    changes = git_install.plan_install(place, (), context.files, context.programs)
    git_install.apply(place, changes, context.files, context.programs)
    return "; ".join(one.words for one in changes) or "all was set up already"


CHECKS = (
    Check(_FAMILY, "kustomize is new enough", ("kustomize-old",), _find_kustomize),
    Check(
        _FAMILY, "the plugin starts", ("plugin-broken", "plugin-not-on-path", "plugin-other"),
        _find_plugin,
    ),
    Check(_FAMILY, "git knows encrypted files", ("git-drivers",), _find_drivers),
    Check(_FAMILY, "the clock is not behind", ("clock-skew",), _find_skew),
)  # fmt: skip
REPAIRS: dict[str, Repair] = {
    "install-plugin": _install_plugin,
    "install-git-drivers": _install_drivers,
}
