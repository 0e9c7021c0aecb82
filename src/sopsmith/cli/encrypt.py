"""`sopsmith encrypt`."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import click

from sopsmith.adapters.files import LocalFiles
from sopsmith.cli.sops_verbs import Targets, selector_options, sops_exit_codes, target_options
from sopsmith.flows.crypt import EncryptOptions, encrypt_bytes
from sopsmith.sops.config import split_recipients
from sopsmith.sops.selectors import SELECTORS


@click.command("encrypt")
@click.argument("paths", metavar="[FILE]...", nargs=-1)
@click.option("-a", "--age", metavar="RECIPIENTS", help="Comma-separated; replaces the rule's.")
@click.option("--config", metavar="FILE", default="", help="Use this .sops.yaml.")
@click.option("--mac-only-encrypted", is_flag=True, help="Leave clear values out of the MAC.")
@selector_options
@target_options
@sops_exit_codes
def command(paths: tuple[str, ...], **options: Any) -> None:
    """Encrypt files by the rules of the nearest .sops.yaml above each, or to --age.

    Without a file it reads standard input. Every byte outside of the values stays.
    """
    targets = Targets(paths, options)
    recipients = options["age"] or os.environ.get("SOPS_AGE_RECIPIENTS")
    chosen = EncryptOptions(
        recipients=split_recipients(recipients, "--age"),
        selectors=tuple((kind, options[kind]) for kind in SELECTORS if options[kind]),
        mac_only=options["mac_only_encrypted"],
        config=options["config"] or os.environ.get("SOPS_CONFIG", ""),
        input_type=options["input_type"],
    )
    files, now = LocalFiles(), datetime.now(UTC)
    targets.write(
        [
            (path, encrypt_bytes(data, name, chosen, files, now=now))
            for path, name, data in targets.read()
        ]
    )
