"""`sopsmith git`: merge, show and guard encrypted files in git."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from sopsmith.cli.lazy import ListedGroup
from sopsmith.cli.talk import note, say
from sopsmith.errors import ProblemsFound, UsageError

if TYPE_CHECKING:
    from sopsmith.flows.git_install import Change, Place
    from sopsmith.flows.git_resolve import Person
    from sopsmith.ports import Files, Programs

_SIDES = ("ours", "theirs", "union")


@click.group("git", cls=ListedGroup)
def command() -> None:
    """Merge, compare and guard encrypted files in git."""


@command.command("install")
@click.argument("patterns", metavar="[PATTERN]...", nargs=-1)
@click.option("--global", "everywhere", is_flag=True, help="For all your repositories, no hook.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, do nothing.")
def install_command(patterns: tuple[str, ...], everywhere: bool, dry_run: bool) -> None:
    """Set up the merge driver, the diff driver and the commit hook.

    PATTERNs of encrypted files go into .gitattributes, with `*.secret.yaml` and those of the
    encrypted files that git tracks already. An existing hook is kept and runs afterwards.
    """
    from sopsmith.cli.git_start import CONFLICT
    from sopsmith.flows import git_install as flow

    place, files, programs = _find_place(everywhere)
    file = os.path.join(os.path.dirname(__file__), "git_start.py")
    settings = flow.quick_settings(sys.executable, file, CONFLICT)
    changes = flow.plan_install(place, patterns, files, programs, settings)
    _apply(place, changes, dry_run=dry_run)
    if programs.locate("sopsmith") is None:
        note("`sopsmith` is not on PATH, so git will not find the drivers")


@command.command("uninstall")
@click.option("--global", "everywhere", is_flag=True, help="As with install.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, do nothing.")
def uninstall_command(everywhere: bool, dry_run: bool) -> None:
    """Take away what install set up, and bring an earlier hook back."""
    from sopsmith.flows import git_install as flow

    place, files, programs = _find_place(everywhere)
    _apply(place, flow.plan_uninstall(place, files, programs), dry_run=dry_run)


@command.command("merge-driver")
@click.argument("base")
@click.argument("ours")
@click.argument("theirs")
@click.argument("name")
@click.option("-L", "--marker-size", type=click.IntRange(min=1), default=7, show_default=True)
def merge_driver_command(base: str, ours: str, theirs: str, name: str, marker_size: int) -> int:
    """Merge BASE, OURS and THEIRS into OURS; git calls this, with the file's own path as NAME.

    Values are merged by key path once all MACs are verified. What both sides changed is left
    between conflict markers, encrypted; `sopsmith git resolve` takes it from there.
    """
    from sopsmith.cli.git_merging import drive

    return drive((base, ours, theirs, name), marker_size)


@command.command("resolve")
@click.argument("path", metavar="FILE")
@click.option("--ours", "side", flag_value="ours", help="Take our side of every conflict.")
@click.option("--theirs", "side", flag_value="theirs", help="Take their side.")
@click.option("--union", "side", flag_value="union", help="Keep both sides where that can be.")
@click.option("--at", "places", multiple=True, metavar="PLACE=SIDE", help="For one key path.")
def resolve_command(path: str, side: str | None, places: tuple[str, ...]) -> None:
    """Resolve the conflict that a merge left in an encrypted FILE.

    Without a side, both are shown in clear in your editor, between conflict markers. PLACE is
    a key path as messages show it: --at stringData.password=theirs.
    """
    from sopsmith.cli.git_merging import open_doors
    from sopsmith.flows import git_resolve as flow

    wish = flow.Wish(side or "", tuple(_parse_place(place) for place in places))
    done = flow.resolve(path, wish, _person, open_doors())
    say(f"{path}: {done}; next: git add {path}")


def _person() -> Person:
    from sopsmith.adapters.editor import Editor
    from sopsmith.cli.edit import ask_again
    from sopsmith.flows.git_resolve import Person

    return Person(Editor(os.environ).edit, ask_again)


def _parse_place(text: str) -> tuple[str, str]:
    place, _, side = text.rpartition("=")
    if not place or side not in _SIDES:
        raise UsageError(
            f"--at takes PLACE=SIDE with a side of {', '.join(_SIDES)}",
            hint="--at stringData.password=theirs",
        )
    return place, side


@command.command("textconv")
@click.argument("path", metavar="FILE")
@click.option("--reveal", is_flag=True, help="Show values in clear, with an identity.")
@click.option("--by-value", is_flag=True, help="Signs that a rotation does not change.")
def textconv_command(path: str, reveal: bool, by_value: bool) -> None:
    """Show an encrypted FILE for a diff, values masked; git calls this.

    A value becomes `<str 12 bytes #a1b2c3>`, whose sign changes when the value does. `git
    config sopsmith.reveal true` and `sopsmith.byValue true` stand for the options.
    """
    from sopsmith.cli.textconv import run

    run(path, reveal=reveal, by_value=by_value)


@command.command("pre-commit")
def pre_commit_command() -> None:
    """Refuse a commit with plaintext, conflict markers or identities in it; the commit hook.

    Looks at what is staged, for the rules of `lint` that concern secrets in clear.
    """
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.adapters.programs import LocalPrograms
    from sopsmith.flows.git_staged import check_staged
    from sopsmith.repo.lint_rules import RULES

    root = _root()
    os.chdir(root)
    found = check_staged(root, LocalFiles(), LocalPrograms())
    for finding in found:
        place = f"{finding.path}:{finding.line}" if finding.line else finding.path
        parts = (place, finding.key, f"{finding.message} ({RULES[finding.rule].name})")
        say(": ".join(part for part in parts if part))
    if found:
        raise ProblemsFound(
            "nothing was committed",
            hint="mend it and add it again; git commit --no-verify goes past this check",
        )


def _root() -> str:
    from sopsmith.adapters.programs import LocalPrograms
    from sopsmith.flows.git_install import find_place

    return find_place(os.getcwd(), LocalPrograms()).root


def _find_place(everywhere: bool) -> tuple[Place, Files, Programs]:
    from sopsmith.adapters.environment import read_settings
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.adapters.programs import LocalPrograms
    from sopsmith.flows import git_install as flow

    files, programs = LocalFiles(), LocalPrograms()
    if not everywhere:
        return flow.find_place(os.getcwd(), programs), files, programs
    settings = read_settings()
    place = flow.find_global_place(settings.home, settings.config_home, programs)
    return place, files, programs


def _apply(place: Place, changes: list[Change], *, dry_run: bool) -> None:
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.adapters.programs import LocalPrograms
    from sopsmith.flows import git_install as flow

    if not dry_run:
        flow.apply(place, changes, LocalFiles(), LocalPrograms())
    for change in changes:
        say(f"would do: {change.words}" if dry_run else f"done: {change.words}")
    if not changes:
        say("nothing to do")
    if place.note:
        note(place.note)
