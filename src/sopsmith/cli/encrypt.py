"""`sopsmith encrypt`."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import click

from sopsmith.adapters.files import LocalFiles
from sopsmith.cli.examples import examples
from sopsmith.cli.key_options import aws_options, key_options, keys_of
from sopsmith.cli.sops_verbs import (
    Targets,
    keyring_of_environment,
    kinds_of_environment,
    selector_options,
    sops_exit_codes,
    target_options,
)
from sopsmith.cli.talk import warn
from sopsmith.errors import UsageError
from sopsmith.flows.against import encrypt_against
from sopsmith.flows.crypt import EncryptOptions, encrypt_bytes
from sopsmith.sops.selectors import ALL_SELECTORS


@click.command(
    "encrypt",
    epilog=examples(
        "encrypt --in-place app.secret.yaml", "encrypt --age age1… app.yaml > app.enc.yaml"
    ),
)
@click.argument("paths", metavar="[FILE]...", nargs=-1)
@key_options(short=True)
@aws_options
@click.option("--shamir-secret-sharing-threshold", "threshold", type=click.IntRange(min=0),
              default=0, metavar="N", help="How many key groups open the file.")  # fmt: skip
@click.option("--config", metavar="FILE", default="", help="Use this .sops.yaml.")
@click.option("--against", metavar="OLD", help="Keep the keys of OLD, and its unchanged tokens.")
@click.option("--mac-only-encrypted", is_flag=True, help="Leave clear values out of the MAC.")
@selector_options
@target_options
@sops_exit_codes
def command(paths: tuple[str, ...], **options: Any) -> None:
    """Encrypt files by the rules of the nearest .sops.yaml above each, or to --age.

    Without a file it reads standard input. Every byte outside of the values stays. Keys of
    the command line, or of sops' variables such as SOPS_AGE_RECIPIENTS, replace the rule's.
    """
    targets = Targets(paths, options)
    if options["against"]:
        _encrypt_against(targets, options)
        return
    chosen = EncryptOptions(
        keys=keys_of(options, environ=True),
        selectors=tuple((kind, options[kind]) for kind in ALL_SELECTORS if options[kind]),
        mac_only=options["mac_only_encrypted"],
        config=options["config"] or os.environ.get("SOPS_CONFIG", ""),
        input_type=options["input_type"],
        output_type=options["output_type"],
        tell=warn,
        threshold=options["threshold"],
    )
    files, kinds, now = LocalFiles(), kinds_of_environment(), datetime.now(UTC)
    targets.write(
        [
            (path, encrypt_bytes(data, name, chosen, files, now=now, kinds=kinds))
            for path, name, data in targets.read()
        ]
    )


def _encrypt_against(targets: Targets, options: dict[str, Any]) -> None:
    """Encrypt one file as the next version of another, by that one's keys and selector."""
    given = [kind for kind in ALL_SELECTORS if options[kind]]
    if given or keys_of(options) or options["threshold"] or options["mac_only_encrypted"]:
        raise UsageError("with --against the older version says keys and selector")
    [(path, name, data), *others] = targets.read()
    if others:
        raise UsageError("--against goes with one file")
    old = LocalFiles().read(options["against"])
    keyring, now, kind = keyring_of_environment(), datetime.now(UTC), options["input_type"]
    sealed = encrypt_against(data, name, old, keyring, now=now, input_type=kind)
    targets.write([(path, sealed)])
