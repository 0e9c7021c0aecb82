"""`sopsmith updatekeys`: bring files in line with their creation rules."""

from __future__ import annotations

import os
from typing import Any

import click

from sopsmith.cli.rekeying import build_means, carry_out, tree_options
from sopsmith.cli.sops_verbs import sops_exit_codes


@click.command("updatekeys")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--no-rotate", is_flag=True,
              help="Keep the data key where a recipient goes: one who kept it reads what is "
              "written later.")  # fmt: skip
@click.option("--config", metavar="FILE", help="Use this .sops.yaml.")
@tree_options("--output")
@sops_exit_codes
def command(paths: tuple[str, ...], *, no_rotate: bool, config: str | None, **options: Any) -> int:
    """Give SOPS files the recipients, key groups, threshold and selector of the first rule
    that matches in the .sops.yaml nearest to each. Folders are searched for SOPS files.

    Each file's MAC is checked before it is written. Where a recipient goes, the file gets a new
    data key. Files that are as they should be keep their bytes. A run that was killed is
    finished by running it again. Ends with 3 where some files could not be done.
    """
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.flows.crypt import find_config
    from sopsmith.flows.rekey_wishes import FollowRules
    from sopsmith.flows.rules import Rules

    files, means = LocalFiles(), build_means(options)
    named = config or os.environ.get("SOPS_CONFIG", "")
    found = find_config("", named, files) if named else None
    wish = FollowRules(Rules(files), found, rotate=not no_rotate)
    return carry_out(paths, wish, means, options)
