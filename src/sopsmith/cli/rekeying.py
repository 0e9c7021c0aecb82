"""What the commands that change master keys share: doors, confirmation, applying."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import click

from sopsmith.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sopsmith.flows.rekey import Means
    from sopsmith.flows.rekey_plan import Plan
    from sopsmith.flows.rekey_wishes import Wish

_Command = Any
WORTH_IT = 3
"""Sets of files for which forks pay: 65 files take several times as long as two forks."""


def tree_options(shown: str) -> Callable[[_Command], _Command]:
    """Return a decorator that adds the options that hold for many files.

    Args:
        shown: The name of the option that says how plan and report are printed.
    """
    options = (
        click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes. "
                     "[default: cores]"),
        click.option(shown, "shown", type=click.Choice(["text", "json"]), default="text",
                     help="How plan and report are printed."),
        click.option("--dry-run", is_flag=True, help="Print the plan and write nothing."),
        click.option("--input-type", metavar="FORMAT", default="", help="Of files named here."),
    )  # fmt: skip

    def add(command: _Command) -> _Command:
        for option in options:
            command = option(command)
        return command

    return add


def build_means(options: dict[str, Any], *, ignore_mac: bool = False) -> Means:
    """Return the doors to this machine's files, processes and identities."""
    from sopsmith.adapters.file_set import FileSets
    from sopsmith.adapters.workers import LocalWorkers, count_cores
    from sopsmith.cli.looking import open_trees
    from sopsmith.cli.sops_verbs import keyring_of_environment
    from sopsmith.flows.rekey import Means

    _, trees, planners = open_trees(options["jobs"])
    return Means(
        trees=trees,
        planners=planners,
        # One more than there are cores, since each waits for the disk where others have work.
        writers=LocalWorkers(options["jobs"] or count_cores() + 1, worth_it=WORTH_IT, batch=1),
        replace=FileSets().replace,
        keyring=cache(keyring_of_environment),
        now=datetime.now(UTC),
        input_type=options["input_type"],
        ignore_mac=ignore_mac,
    )


def carry_out(paths: tuple[str, ...], wish: Wish, means: Means, options: dict[str, Any]) -> int:
    """Plan, show it, ask, do it, report, and return the exit code.

    Raises:
        UsageError: The format of a whole folder is named, or nobody agreed.
        Error: A path is not there, a key to remove is in no file, or the one file that the
            command is about has a problem.
    """
    from sopsmith.cli.progress import Bar
    from sopsmith.cli.show_rekey import show_outcome, show_plan
    from sopsmith.flows.rekey import apply_rekeying, plan_rekeying
    from sopsmith.flows.rekey_plan import Outcome, refuse_absent

    if means.input_type and any(map(os.path.isdir, paths)):
        raise UsageError("--input-type goes with files, not with folders")
    plan = plan_rekeying(paths, wish, means)
    refuse_absent(plan)
    as_json, dry_run = options["shown"] == "json", options["dry_run"]
    one = is_one_file(paths)
    if one and plan.problems:
        raise plan.problems[0].error()
    if not as_json:
        show_plan(plan, dry_run=dry_run)
    outcome = Outcome(0, plan.problems)
    if plan.changes and not dry_run:
        if not options.get("yes", True):
            _confirm(plan)
        with Bar("files") as bar:
            outcome = apply_rekeying(plan, wish, means._replace(progress=bar.show))
    if one and outcome.problems:
        raise outcome.problems[0].error()
    show_outcome(plan, outcome, as_json=as_json, dry_run=dry_run)
    return 3 if outcome.problems else 0


def _confirm(plan: Plan) -> None:
    files = f"{plan.count:,} file" + ("" if plan.count == 1 else "s")
    try:
        agreed = click.confirm(f"change {files}?", err=True)
    except click.Abort:
        raise UsageError("nobody answered, so nothing was changed", hint="add --yes") from None
    if not agreed:
        raise UsageError("nothing was changed")


def is_one_file(paths: tuple[str, ...]) -> bool:
    """Tell whether a command is about a single file."""
    return len(paths) == 1 and not os.path.isdir(paths[0])


def write_one(path: str, output: str | None, wish: Wish, means: Means) -> int:
    """Write one file's result to standard output or to another file.

    Raises:
        Error: It could not be done.
    """
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.cli.talk import put
    from sopsmith.flows.rekey import plan_rekeying, rekey
    from sopsmith.flows.rekey_plan import refuse_absent

    plan = plan_rekeying((path,), wish, means)
    if plan.problems:
        raise plan.problems[0].error()
    refuse_absent(plan)
    data = rekey(means.trees.read(path), path, wish, means, means.keyring())
    if output:
        LocalFiles().write(output, data)
    else:
        put(data)
    return 0
