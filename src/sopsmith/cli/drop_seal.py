"""`sopsmith drop PATH KEY`: seal a value for those who can open a file."""

from __future__ import annotations

import click

from sopsmith.cli.examples import examples


@click.command(
    "seal", epilog=examples("drop seal overlays/dev/db.secret.yaml password < password.txt")
)
@click.argument("path")
@click.argument("key")
def command(path: str, key: str) -> None:
    """Seal the value on standard input into a drop beside PATH, whose name it prints.

    KEY is a data key of the Secret, or a place as sops writes it: '["a"]["b"]'. No identity is
    needed, and afterwards only the recipients of PATH's rule open it. Of a value of one line the
    line end is left out.
    """
    import sys
    from datetime import UTC, datetime

    from sopsmith.adapters.environment import read_settings
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.adapters.kinds import load_kinds
    from sopsmith.adapters.programs import LocalPrograms
    from sopsmith.cli.plain_lines import put_lines
    from sopsmith.cli.talk import note
    from sopsmith.flows.drop import seal_drop
    from sopsmith.secret import Secret

    files = LocalFiles()
    text = sys.stdin.buffer.read()
    if text.count(b"\n") == 1:
        text = text.removesuffix(b"\n").removesuffix(b"\r")
    kinds = load_kinds(read_settings(), LocalPrograms())
    made = seal_drop(path, key, Secret(text), files, datetime.now(UTC), kinds)
    files.write(made.path, made.data)
    put_lines([made.path])
    if made.is_new:
        note(f"{path} has no {key} yet; the drop brings it")
    note(f"commit it; who opens {path} moves it into place: sopsmith drop fold {path}")
