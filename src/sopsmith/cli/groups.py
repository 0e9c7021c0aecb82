"""`sopsmith groups`: add and delete key groups."""

from __future__ import annotations

from typing import Any

import click

from sopsmith.cli.key_options import aws_options, key_options, keys_of
from sopsmith.cli.lazy import ListedGroup
from sopsmith.cli.rekeying import build_means, carry_out, tree_options, write_one
from sopsmith.cli.sops_verbs import sops_exit_codes
from sopsmith.errors import UsageError


def _options(command: Any) -> Any:
    """Add the options of both commands."""
    for option in (
        tree_options("--report"),
        click.option("--shamir-secret-sharing-threshold", "threshold",
                     type=click.IntRange(min=0), default=0, metavar="N",
                     help="How many groups open the file."),
        click.option("-i", "--in-place", is_flag=True, help="Write back to the file."),
        click.option("-f", "--file", "path", metavar="FILE", required=True,
                     help="The file."),
    ):  # fmt: skip
        command = option(command)
    return command


@click.group("groups", cls=ListedGroup)
def command() -> None:
    """Add a key group to a SOPS file, or delete one.

    With several groups, keys of several of them are needed to open the file.
    """


@command.command("add")
@_options
@key_options()
@aws_options
@sops_exit_codes
def add(path: str, *, in_place: bool, threshold: int, **options: Any) -> int:
    """Add a group of master keys. The data key and every value stay."""
    from sopsmith.flows.rekey_wishes import AddGroup

    wish, means = AddGroup(keys_of(options), threshold), build_means(options)
    if not in_place and not options["dry_run"]:
        return write_one(path, None, wish, means)
    return carry_out((path,), wish, means, options)


@command.command("delete")
@click.argument("number", metavar="[GROUP]", type=int, required=False)
@click.option("--group", type=int, metavar="N", help="Which group, counted from 0.")
@click.option(
    "--no-rotate",
    is_flag=True,
    help="Keep the data key: a group that kept it reads what is written later.",
)
@_options
@sops_exit_codes
def delete(
    path: str, *, number: int | None, group: int | None, no_rotate: bool, **options: Any
) -> int:
    """Delete a group of master keys, counted from 0, and make a new data key."""
    from sopsmith.flows.rekey_wishes import DeleteGroup

    if (number is None) == (group is None):
        raise UsageError("name one group", hint="sopsmith groups delete -f FILE 0")
    chosen = number if number is not None else group
    assert chosen is not None
    wish = DeleteGroup(chosen, options["threshold"], rotate=not no_rotate)
    means = build_means(options)
    if not options["in_place"] and not options["dry_run"]:
        return write_one(path, None, wish, means)
    return carry_out((path,), wish, means, options)
