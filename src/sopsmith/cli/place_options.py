"""What `get`, `set` and `unset` share: the file, how to open it, how to write it back."""

from __future__ import annotations

from typing import Any

import click

from sopsmith.adapters.files import LocalFiles
from sopsmith.cli.sops_verbs import keyring_of_environment
from sopsmith.errors import UsageError
from sopsmith.flows.places import Target

_Command = Any


def place_options(command: _Command) -> _Command:
    """Add the options that say how a file is read."""
    for option in (
        click.option("--ignore-mac", is_flag=True, help="Even if values were tampered with."),
        click.option("--output-type", metavar="FORMAT", default="", help="As --input-type."),
        click.option(
            "--input-type",
            metavar="FORMAT",
            default="",
            help="Its format, if its name does not say.",
        ),
    ):
        command = option(command)
    return command


def open_target(path: str, options: dict[str, Any]) -> Target:
    """Return the file that a command names.

    Raises:
        OutsideError: It cannot be read.
    """
    return Target(
        LocalFiles().read(path),
        path,
        keyring_of_environment(),
        input_type=options["input_type"],
        ignore_mac=options["ignore_mac"],
    )


def refuse_conversion(target: Target, output_type: str) -> None:
    """Refuse an output type that is not the file's own: one value changes, not the format.

    Raises:
        UsageError: It is another.
    """
    from sopsmith.sops.document import format_of

    if output_type and output_type != (target.input_type or format_of(target.path)):
        raise UsageError("a change of one value does not change a file's format")


def write_back(target: Target, data: bytes) -> None:
    """Write what came out, unless it is what was there."""
    if data != target.data:
        LocalFiles().write(target.path, data)
