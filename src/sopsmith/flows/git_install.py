"""Set git up for encrypted files: merge driver, diff driver, attributes and a commit hook.

Everything is planned first and then done, so a dry run is the plan alone; what stands already
as it should is not in the plan.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from sopsmith.errors import OutsideError, UsageError
from sopsmith.repo.attributes import DEFAULT_PATTERN, add_drivers, quote_path, remove_drivers
from sopsmith.sops.recognise import recognise

if TYPE_CHECKING:
    from sopsmith.ports import Files, Programs

DRIVER = "sopsmith git merge-driver %O %A %B %P --marker-size %L"
TEXTCONV = "sopsmith git textconv"
SETTINGS = (
    ("merge.sopsmith.name", "SOPS files, by key path"),
    ("merge.sopsmith.driver", DRIVER),
    ("diff.sopsmith.textconv", TEXTCONV),
    # What `--reveal` shows must not lie in git's notes.
    ("diff.sopsmith.cachetextconv", "false"),
)
_QUICK_DRIVER = (
    "{start} git merge-driver {places}; case $? in 0) exit 0;; {conflict}) exit 1;; esac; {driver}"
)
_QUICK_TEXTCONV = 'f() {{ {start} git textconv "$1" || {textconv} "$1"; }}; f'
_SECTIONS = ("merge.sopsmith", "diff.sopsmith")
_NAMES = (".secret.", ".enc.", ".sops.", ".encrypted.")
_HOOK_MARK = "# Written by `sopsmith git install`"
_CHAINED = "pre-commit.before-sopsmith"
HOOK = f"""\
#!/bin/sh
{_HOOK_MARK}; `sopsmith git uninstall` takes it away.
# It refuses plaintext that should be encrypted, conflict markers and age identities.
sopsmith git pre-commit || exit $?
earlier="$(dirname "$0")/{_CHAINED}"
if [ -x "$earlier" ]; then
    exec "$earlier" "$@"
fi
"""


@dataclass(frozen=True)
class Change:
    """One thing to do.

    Attributes:
        words: What it is, for people.
        config: (name, value) of git's configuration; the value is None to remove a section.
        path, data: A file to write; None as data removes it.
        mode: Of a new file.
        source: A file to move to `path`.
    """

    words: str
    config: tuple[str, str | None] | None = None
    path: str = ""
    data: bytes | None = None
    mode: int = 0o644
    source: str = ""


@dataclass(frozen=True)
class Place:
    """Where git is set up.

    Attributes:
        root: The root of the worktree; the home folder with `everywhere`.
        attributes: Path of the attributes file.
        hooks: Folder of the hooks; "" where none is to be installed.
        everywhere: For every repository of the user, not for one.
        note: What is left to people; "" where nothing is.
    """

    root: str
    attributes: str
    hooks: str
    everywhere: bool = False
    note: str = ""


def quick_settings(python: str, file: str, conflict: int) -> tuple[tuple[str, str], ...]:
    """Return the settings with drivers that start faster, and by the usual line where they fail.

    Args:
        python: The interpreter's absolute path.
        file: The one to start with it, which ends with 0, or with `conflict` for a merge that is
            done and has conflicts. Any other code, such as that of an interpreter that is there no
            longer, says that nothing was done.
    """
    start = f"{quote(python)} -IS {quote(file)}"
    driver = _QUICK_DRIVER.format(
        # Git takes a single % for a place of its own.
        start=start.replace("%", "%%"),
        places=DRIVER.partition("merge-driver ")[2],
        conflict=conflict,
        driver=DRIVER,
    )
    quick = {
        "merge.sopsmith.driver": driver,
        "diff.sopsmith.textconv": _QUICK_TEXTCONV.format(start=start, textconv=TEXTCONV),
    }
    return tuple((name, quick.get(name, value)) for name, value in SETTINGS)


def has_setting(found: str | None, value: str) -> bool:
    """Tell whether git's configuration has a setting, be it with a faster start before it."""
    return found is not None and (found == value or (value in found and " -IS " in found))


class Git:
    """Ask and tell git, in one place.

    Raises:
        OutsideError: Every method, where git fails.
    """

    def __init__(self, programs: Programs, folder: str) -> None:
        self._programs = programs
        self._folder = folder

    def find(self, *argv: str) -> str | None:
        """Return what git says, without the line end, or None where it says no."""
        done = self._programs.run(["git", *argv], cwd=self._folder)
        return (
            done.stdout.decode("utf-8", "surrogateescape").rstrip("\n") if done.code == 0 else None
        )

    def run(self, *argv: str) -> str:
        """Return what git says; it must succeed."""
        found = self.find(*argv)
        if found is None:
            raise OutsideError(f"git {argv[0]} failed", path=self._folder)
        return found


def find_place(folder: str, programs: Programs) -> Place:
    """Return where to set up the repository that a folder is in.

    Raises:
        UsageError: It is in none.
    """
    git = Git(programs, folder)
    root = git.find("rev-parse", "--show-toplevel")
    if root is None:
        raise UsageError(
            "not in a git repository", hint="git init, or sopsmith git install --global"
        )
    hooks = os.path.abspath(os.path.join(folder, git.run("rev-parse", "--git-path", "hooks")))
    attributes = os.path.join(root, ".gitattributes")
    inside = hooks.startswith(os.path.join(root, ""))
    if inside and not hooks.startswith(os.path.join(root, ".git", "")):
        # The files of the worktree are the project's own.
        note = f"core.hooksPath is {hooks}: let its pre-commit call `sopsmith git pre-commit`"
        return Place(root, attributes, "", note=note)
    return Place(root, attributes, hooks)


def find_global_place(home: str, config_home: str, programs: Programs) -> Place:
    """Return where to set up every repository of the user; hooks are each repository's own."""
    named = Git(programs, home or ".").find(
        "config", "--global", "--type=path", "--get", "core.attributesFile"
    )
    attributes = named or os.path.join(config_home, "git", "attributes")
    note = "the commit hook is each repository's own: sopsmith git install there"
    return Place(home or ".", attributes, "", everywhere=True, note=note)


def plan_install(
    place: Place,
    patterns: tuple[str, ...],
    files: Files,
    programs: Programs,
    settings: tuple[tuple[str, str], ...] = (),
) -> list[Change]:
    """Return what has to be done for git to know encrypted files.

    Args:
        patterns: Of encrypted files; those that the repository holds are found by themselves.
        settings: Of `quick_settings`; without them, those that stand may be of either kind.
    """
    git = Git(programs, place.root)
    scope = "--global" if place.everywhere else "--local"
    changes = [
        Change(f"git config {scope} {name} {quote(value)}", config=(name, value))
        for name, value in settings or SETTINGS
        if not _stands(git.find("config", scope, "--get", name), value, exactly=bool(settings))
    ]
    wanted = [DEFAULT_PATTERN, *patterns]
    if not place.everywhere:
        wanted += _found_patterns(place.root, files, git)
    old = files.find(place.attributes) or b""
    new = _encode(add_drivers(_decode(old), list(dict.fromkeys(wanted))))
    if new != old:
        words = f"{place.attributes}: merge and diff drivers for encrypted files"
        changes.append(Change(words, path=place.attributes, data=new))
    return changes + (_plan_hook(place, files) if place.hooks else [])


def _stands(found: str | None, value: str, *, exactly: bool) -> bool:
    return found == value if exactly else has_setting(found, value)


def plan_uninstall(place: Place, files: Files, programs: Programs) -> list[Change]:
    """Return what has to be done for git to be as it was before."""
    git = Git(programs, place.root)
    scope = "--global" if place.everywhere else "--local"
    changes = [
        Change(f"git config {scope} --remove-section {name}", config=(name, None))
        for name in _SECTIONS
        if git.find("config", scope, "--get-regexp", f"^{name}[.]") is not None
    ]
    old = files.find(place.attributes)
    new = _encode(remove_drivers(_decode(old))) if old is not None else None
    if new != old:
        words = f"{place.attributes}: no drivers for encrypted files"
        changes.append(Change(words, path=place.attributes, data=new or None))
    hook = os.path.join(place.hooks, "pre-commit")
    if place.hooks and _is_own(files.find(hook)):
        earlier = os.path.join(place.hooks, _CHAINED)
        if files.find(earlier) is not None:
            changes.append(Change(f"{hook}: the earlier hook again", path=hook, source=earlier))
        else:
            changes.append(Change(f"{hook}: removed", path=hook))
    return changes


def _decode(attributes: bytes) -> str:
    # Git takes names of any bytes; what is no UTF-8 has to come out as it went in.
    return attributes.decode(errors="surrogateescape")


def _encode(attributes: str) -> bytes:
    return attributes.encode(errors="surrogateescape")


def apply(place: Place, changes: list[Change], files: Files, programs: Programs) -> None:
    """Do what was planned.

    Raises:
        OutsideError: git or the disk refuses.
    """
    git = Git(programs, place.root)
    scope = "--global" if place.everywhere else "--local"
    for change in changes:
        if change.config is not None:
            name, value = change.config
            if value is None:
                git.run("config", scope, "--remove-section", name)
            else:
                git.run("config", scope, "--replace-all", name, value)
        elif change.source:
            files.write(change.path, files.read(change.source), mode=0o755)
            files.remove(change.source)
        elif change.data is None:
            files.remove(change.path)
        else:
            files.write(change.path, change.data, mode=change.mode)


def _plan_hook(place: Place, files: Files) -> list[Change]:
    hook = os.path.join(place.hooks, "pre-commit")
    old = files.find(hook)
    if old == HOOK.encode():
        return []
    changes = []
    if old is not None and not _is_own(old):
        earlier = os.path.join(place.hooks, _CHAINED)
        if files.find(earlier) is not None:
            raise OutsideError("two earlier hooks cannot both be kept", path=earlier)
        words = f"{hook}: kept as {_CHAINED}, which runs after the check"
        changes.append(Change(words, path=earlier, source=hook))
    words = f"{hook}: refuse plaintext, conflict markers and identities"
    return [*changes, Change(words, path=hook, data=HOOK.encode(), mode=0o755)]


def _is_own(hook: bytes | None) -> bool:
    return hook is not None and _HOOK_MARK.encode() in hook


def _found_patterns(root: str, files: Files, git: Git) -> list[str]:
    """Return patterns for the encrypted files that git tracks and no attribute covers."""
    listed = (
        git.run("grep", "--cached", "-l", "-z", "-F", "ENC[AES256_GCM,") if _has_any(git) else ""
    )
    patterns = []
    for path in filter(None, listed.split("\0")):
        data = files.find(os.path.join(root, path))
        if data is None or recognise(data, path) is None:
            continue
        if (git.find("check-attr", "merge", "--", path) or "").endswith(": sopsmith"):
            continue
        patterns.append(_pattern_of(path))
    return patterns


def _has_any(git: Git) -> bool:
    return git.find("grep", "--cached", "-q", "-F", "ENC[AES256_GCM,") is not None


def _pattern_of(path: str) -> str:
    """Return a pattern by the double extension of encrypted files, or for the one path."""
    name = os.path.basename(path)
    for part in _NAMES:
        stem, found, extension = name.rpartition(part)
        if found and stem and "." not in extension:
            return f"*{part}{extension}"
    return quote_path(path)
