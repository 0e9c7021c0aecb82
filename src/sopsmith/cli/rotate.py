"""`sopsmith rotate`: new data keys."""

from __future__ import annotations

import os
from typing import Any

import click

from sopsmith.cli.key_options import aws_options, key_options, keys_of
from sopsmith.cli.rekeying import build_means, carry_out, is_one_file, tree_options, write_one
from sopsmith.cli.sops_verbs import sops_exit_codes
from sopsmith.errors import UsageError


@click.command("rotate")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("-i", "--in-place", is_flag=True, help="Write back; always so for folders.")
@click.option("--output", metavar="FILE", help="Write one file's result here.")
@click.option("--ignore-mac", is_flag=True, help="Take values that were tampered with.")
@key_options("add", "rm")
@aws_options
@tree_options("--report")
@sops_exit_codes
def command(
    paths: tuple[str, ...], *, in_place: bool, output: str | None, ignore_mac: bool, **options: Any
) -> int:
    """Encrypt every value of SOPS files under a new data key, and add or remove master keys.

    One file goes to standard output unless --in-place; folders are searched for SOPS files,
    which are written back. Everything but keys and values keeps its bytes. A run that was killed
    leaves each file old or new; run it again. Ends with 3 where some files could not be done.
    """
    from sopsmith.flows.rekey_wishes import ChangeKeys

    wish = ChangeKeys(keys_of(options, "add"), keys_of(options, "rm"))
    means = build_means(options, ignore_mac=ignore_mac)
    if not in_place and len(paths) > 1 and not any(map(os.path.isdir, paths)):
        raise UsageError("several files need --in-place")
    if is_one_file(paths) and not in_place and not options["dry_run"]:
        return write_one(paths[0], output, wish, means)
    return carry_out(paths, wish, means, options)
