"""`sopsmith edit`."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import Any

import click

from sopsmith.adapters.editor import Editor
from sopsmith.adapters.files import LocalFiles
from sopsmith.cli.key_options import aws_options, key_options, keys_of
from sopsmith.cli.sops_verbs import (
    keyring_of_environment,
    kinds_of_environment,
    selector_options,
    sops_exit_codes,
)
from sopsmith.cli.talk import note, report, say
from sopsmith.errors import Error
from sopsmith.flows.crypt import EncryptOptions
from sopsmith.flows.edit import EditDoors, EditOptions, edit_file
from sopsmith.sops.selectors import ALL_SELECTORS

UNMODIFIED = 200  # sops' exit code


@click.command("edit")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True)
@click.option("-s", "--show-master-keys", is_flag=True, help="Show the keys; change them too.")
@click.option("--editor", metavar="COMMAND", default="", help="Before SOPS_EDITOR and EDITOR.")
@click.option("--allow-disk", is_flag=True, help="Where no file system is in memory, use a disk.")
@click.option("--ignore-mac", is_flag=True, help="Open a file whose values were tampered with.")
@click.option("--input-type", metavar="FORMAT", default="", help="yaml, json, dotenv or ini.")
@click.option("--config", metavar="FILE", default="", help="For a new file: use this .sops.yaml.")
@key_options(short=True)
@aws_options
@selector_options
@sops_exit_codes
def command(paths: tuple[str, ...], **options: Any) -> int:
    """Edit files in clear; the plaintext lies in memory alone and is removed at the end.

    Values that stay equal keep their bytes. A file that is not there starts from an example
    and is encrypted by its rule, or to --age. What cannot be encrypted comes up again.
    Exit code 200: nothing was changed.
    """
    editor = Editor(os.environ, command=options["editor"], allow_disk=options["allow_disk"])
    doors = EditDoors(
        LocalFiles(), editor.edit, ask_again, keyring_of_environment,
        kinds_of_environment(), lambda: datetime.now(UTC),
    )  # fmt: skip
    changed = [edit_file(path, doors, _choose(options)) for path in paths]
    for path, written in zip(paths, changed, strict=True):
        if not written:
            note(f"{path} was not changed")
    return 0 if any(changed) else UNMODIFIED


def _choose(options: dict[str, Any]) -> EditOptions:
    create = EncryptOptions(
        keys=keys_of(options, environ=True),
        selectors=tuple((kind, options[kind]) for kind in ALL_SELECTORS if options[kind]),
        config=options["config"] or os.environ.get("SOPS_CONFIG", ""),
        input_type=options["input_type"],
    )
    return EditOptions(
        input_type=options["input_type"],
        ignore_mac=options["ignore_mac"],
        show_keys=options["show_master_keys"],
        create=create,
    )


def ask_again(error: Error) -> bool:
    """Say what is wrong, and tell whether the person wants their text back in the editor."""
    report(error)
    say("press Enter to open your text again, or Ctrl-C to give it up")
    return bool(sys.stdin.readline())
