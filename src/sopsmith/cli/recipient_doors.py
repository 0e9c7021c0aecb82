"""What the commands about recipients share: options, doors, and doing what was planned."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from sopsmith.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sopsmith.flows.recipients import Doors, Prepared

_Command = Any


def look_options(command: _Command) -> _Command:
    """Add the options that every command about recipients has."""
    options = (
        click.option("--repo", metavar="DIR", default=".", help="Where the repository is."),
        click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text"),
        click.option("--jobs", type=click.IntRange(min=1), metavar="N",
                     help="Processes. [default: cores]"),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def open_doors(options: dict[str, Any]) -> Doors:
    """Return the doors to the repository that a folder lies in.

    Raises:
        LayoutError: It lies in none.
    """
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.cli.rekeying import build_means
    from sopsmith.flows.recipients import Doors
    from sopsmith.repo.root import find_root

    files = LocalFiles()
    root = os.path.relpath(find_root(files, options["repo"]))
    return Doors(root, files, build_means({**options, "input_type": ""}))


def carry_out(plan: Callable[[Doors], Prepared], options: dict[str, Any]) -> int:
    """Plan, show it, do it unless it is a dry run, report, and return the exit code.

    Raises:
        Error: It cannot be planned, or was refused; nothing was changed.
    """
    from sopsmith.cli.progress import Bar
    from sopsmith.cli.show_recipients import show_change, show_prepared
    from sopsmith.flows.recipients import apply_change
    from sopsmith.flows.rekey_plan import Outcome

    doors = open_doors(options)
    prepared = plan(doors)
    dry_run, as_json = options["dry_run"], options["output"] == "json"
    if not options.get("yes", True):
        refuse_lockout(prepared, doors)
    if not as_json:
        show_prepared(prepared, dry_run=dry_run)
    outcome = Outcome(0, prepared.plan.problems)
    if not dry_run:
        with Bar("files") as bar:
            means = doors.means._replace(progress=bar.show)
            outcome = apply_change(prepared, doors._replace(means=means))
    show_change(prepared, outcome, as_json=as_json, dry_run=dry_run)
    if prepared.leaves and not dry_run and not as_json:
        _note_rest(prepared, doors)
    return 3 if outcome.problems else 0


def _note_rest(prepared: Prepared, doors: Doors) -> None:
    """Say which files somebody who left a scope opens all the same."""
    from sopsmith.cli.talk import counted, note
    from sopsmith.flows.recipients_look import look

    key = ("age", prepared.who.recipient)
    rest = [one.path for one in look((doors.root,), doors).files if key in one.keys]
    if rest:
        note(f"{prepared.who.shown} still opens {counted(len(rest), 'file')}, such as {rest[0]}")


def refuse_lockout(prepared: Prepared, doors: Doors) -> None:
    """Refuse a removal after which nothing at hand would open a scope.

    Raises:
        UsageError: Names the scopes.
    """
    from sopsmith.flows.recipients import find_lockouts

    scopes = find_lockouts(prepared, doors.means.keyring()) if prepared.leaves else []
    if scopes:
        raise UsageError(
            f"you hold no other identity that opens {' and '.join(scopes)}, so you would be "
            "locked out",
            hint="if somebody else opens it, add --yes",
        )
