"""`sopsmith decrypt`."""

from __future__ import annotations

from typing import Any

import click

from sopsmith.cli.examples import examples
from sopsmith.cli.sops_verbs import (
    Targets,
    keyring_of_environment,
    sops_exit_codes,
    target_options,
)
from sopsmith.cli.talk import warn
from sopsmith.errors import UsageError
from sopsmith.flows.crypt import DecryptOptions, decrypt_bytes
from sopsmith.flows.places import Target, get_place


@click.command(
    "decrypt",
    epilog=examples(
        "decrypt app.enc.yaml", 'decrypt --extract \'["db"]["password"]\' app.enc.yaml'
    ),
)
@click.argument("paths", metavar="[FILE]...", nargs=-1)
@click.option("--extract", "place", metavar="PLACE", help='One value, as \'["a"]["b"][0]\'.')
@click.option("--ignore-mac", is_flag=True, help="Read a file whose values were tampered with.")
@target_options
@sops_exit_codes
def command(paths: tuple[str, ...], place: str | None, ignore_mac: bool, **options: Any) -> None:
    """Decrypt files to standard output, in place, or to --output (mode 0600).

    Without a file it reads standard input. Comments, order and layout come back as they were.
    """
    targets = Targets(paths, options)
    if place and targets.in_place:
        raise UsageError("--extract does not go with --in-place")
    keyring, kind = keyring_of_environment(), options["input_type"]
    chosen = DecryptOptions(kind, options["output_type"], ignore_mac, warn)
    results = []
    for path, name, data in targets.read():
        if place:
            target = Target(data, name, keyring, input_type=kind, ignore_mac=ignore_mac)
            found = get_place(target, place, output_type=options["output_type"])
            results.append((path, found))
        else:
            results.append((path, decrypt_bytes(data, name, keyring, chosen)))
    targets.write(results)
