"""`sopsmith drop fold`: move sealed values into their files."""

from __future__ import annotations

import click


@click.command("fold")
@click.argument("path", default=".")
@click.option(
    "--require-signed", is_flag=True,
    help="Only drops that came with a commit signed by somebody whom your git trusts.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Print what would be moved and write nothing.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(path: str, require_signed: bool, dry_run: bool, output: str) -> None:
    """Move the drops under PATH, or for the file PATH, into the files that they are for.

    Needs an identity that opens them. Who brought a drop git says: look before, with git log
    FILE, or have --require-signed ask git verify-commit about each.
    """
    from datetime import UTC, datetime
    from functools import cache

    from sopsmith.adapters.environment import read_settings
    from sopsmith.adapters.file_set import replace_files
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.adapters.keys import load_keyring
    from sopsmith.adapters.programs import LocalPrograms
    from sopsmith.adapters.trees import LocalTrees
    from sopsmith.cli.plain_lines import put_lines
    from sopsmith.cli.talk import note, put_json
    from sopsmith.flows.drop import Doors, apply_fold, plan_fold
    from sopsmith.flows.drop_signed import Signatures
    from sopsmith.formats.tree import show

    files, programs = LocalFiles(), LocalPrograms()
    keyring = cache(lambda: load_keyring(read_settings(), files, programs))
    doors = Doors(
        files,
        LocalTrees(programs),
        replace_files,
        keyring,
        datetime.now(UTC),
        Signatures(programs).signer_of if require_signed else None,
    )
    made = plan_fold(path, doors)
    if not dry_run:
        apply_fold(made, doors)
    rows = [
        {
            "drop": one.drop,
            "target": one.target,
            "key": show(one.address),
            "signer": one.signer or None,
        }
        for one in made.folded
    ]
    if output == "json":
        put_json(rows)
    else:
        put_lines(
            f"{row['target']}: {row['key']}  ({row['drop']}"
            + (f", signed by {row['signer']})" if row["signer"] else ")")
            for row in rows
        )
    note("dry run: nothing was written" if dry_run else f"moved into place: {len(rows)}")
