"""`sopsmith publish`."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import click

from sopsmith.cli.plain_lines import put_lines
from sopsmith.cli.sops_verbs import (
    keyring_of_environment,
    kinds_of_environment,
    sops_exit_codes,
)
from sopsmith.cli.talk import note
from sopsmith.errors import Error

if TYPE_CHECKING:
    from sopsmith.flows.publish import PublishDoors, Upload


@click.command("publish")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True)
@click.option("-y", "--yes", is_flag=True, help="Do not ask before anything is written.")
@click.option("--recursive", is_flag=True, help="Take folders, with every SOPS file in them.")
@click.option("--omit-extensions", is_flag=True, help="Leave extensions out of the names there.")
@click.option("--config", metavar="FILE", default="", help="Use this .sops.yaml.")
@click.option("--dry-run", is_flag=True, help="Print the plan and write nothing.")
@click.option("--verbose", is_flag=True, hidden=True)
@sops_exit_codes
def command(paths: tuple[str, ...], **options: Any) -> None:
    """Upload encrypted files to where the destination_rules of .sops.yaml say.

    To S3 a file goes as it is, or encrypted again by the rule's recreation_rule; to Vault's
    key-value engine go its values. What is there already is not written again.
    """
    from sopsmith.flows.publish import PublishOptions, plan_publish, publish

    config = options["config"] or os.environ.get("SOPS_CONFIG", "")
    chosen = PublishOptions(config, options["recursive"], options["omit_extensions"])
    plan = plan_publish(paths, chosen, _doors())
    put_lines(f"{one.action:<9}  {one.path} -> {one.place}" for one in plan)
    changes = [one for one in plan if one.action != "unchanged"]
    if options["dry_run"]:
        note("dry run: nothing was written")
        return
    if changes and not options["yes"]:
        _confirm(changes)
    for upload in changes:
        publish(upload)


def _doors() -> PublishDoors:
    from sopsmith.adapters.environment import read_settings
    from sopsmith.adapters.object_store import open_store
    from sopsmith.cli.looking import open_trees
    from sopsmith.flows.publish import PublishDoors

    files, trees, _ = open_trees(1)
    settings = read_settings()
    return PublishDoors(
        files, trees, lambda rule: open_store(rule, settings), cache(keyring_of_environment),
        kinds_of_environment(), datetime.now(UTC),
    )  # fmt: skip


def _confirm(changes: list[Upload]) -> None:
    replaced = sum(one.action == "replace" for one in changes)
    words = f"write {len(changes):,}" + (f", replacing {replaced:,}" if replaced else "")
    try:
        agreed = click.confirm(f"{words}?", err=True)
    except click.Abort:
        raise Error("nobody answered, so nothing was written", hint="add --yes") from None
    if not agreed:
        raise Error("nothing was written")
