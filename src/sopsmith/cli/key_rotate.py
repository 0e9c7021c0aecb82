"""`sopsmith key rotate`: another identity for an environment, with no gap."""

from __future__ import annotations

from typing import Any

import click

from sopsmith.cli.rotation_options import rotation_options


@click.command("rotate")
@click.option("--environment", "-e", required=True, metavar="NAME")
@rotation_options
def command(**options: Any) -> int:
    """Replace an environment's identity; Argo CD can decrypt all the while.

    Makes a new identity, backs it up, puts it into the cluster beside the old one, moves the
    files to it, waits until Argo CD has them, and retires the old one. Stops where somebody has
    to do something, and says what; run it again and it goes on, also after a kill. Ends with 3
    where --wait was not long enough. `sopsmith key status` says where a rotation stands.
    """
    from sopsmith.cli import rotation_words as words

    request, doors = words.open_rotation(options)
    return words.take_on(request, doors, options)
