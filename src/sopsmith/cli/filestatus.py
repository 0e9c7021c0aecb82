"""`sopsmith filestatus`."""

from __future__ import annotations

import click

from sopsmith.cli.talk import put
from sopsmith.flows.filestatus import is_encrypted


@click.command("filestatus")
@click.argument("path", metavar="FILE")
@click.option("--input-type", metavar="FORMAT", default="", help="Of the file.")
def command(path: str, input_type: str) -> None:
    """Print whether a file is encrypted, as {"encrypted":true}; no identity is needed.

    The exit code is 0 either way, and 1 where the file cannot be read or parsed.
    """
    from sopsmith.adapters.files import LocalFiles

    found = is_encrypted(LocalFiles().read(path), path, input_type=input_type)
    put(b'{"encrypted":true}\n' if found else b'{"encrypted":false}\n')
