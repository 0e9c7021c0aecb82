"""`sopsmith exec-file`."""

from __future__ import annotations

import os
from typing import Any

import click

from sopsmith.cli.exec_options import (
    RunCommand,
    read_secret_file,
    refuse_background,
    run_options,
    words_of,
)
from sopsmith.cli.sops_verbs import sops_exit_codes
from sopsmith.cli.talk import warn
from sopsmith.errors import UsageError

NAME = "tmp-file"


@click.command("exec-file", cls=RunCommand)
@run_options
@click.option("--output-type", metavar="FORMAT", default="", help="Of what the command reads.")
@click.option("--no-fifo", is_flag=True, help="A file in memory, which can be read again.")
@click.option("--filename", metavar="NAME", default=NAME, help="Of the file that is read.")
@click.option("--allow-disk", is_flag=True, help="With --no-fifo, where nothing is in memory.")
@sops_exit_codes
def command(path: str, command: str | None, **options: Any) -> int:
    """Run a command with the path of a file's plaintext in place of each {}.

    CMD goes to /bin/sh; behind `--` stands a program that runs without a shell:
    sopsmith exec-file kubeconfig.yaml --no-fifo -- kubectl --kubeconfig {} get pods

    The path is that of a pipe, which can be read once. It is gone when the command has ended,
    by a signal too; the exit code is the command's.
    """
    from sopsmith.adapters.exec_file import FileOptions, run_with_file
    from sopsmith.flows.crypt import DecryptOptions, decrypt_bytes

    refuse_background(options)
    words, name = words_of(command), options["filename"]
    if name in ("", ".", "..") or os.path.basename(name) != name:
        raise UsageError("the name of the file may not name a folder", key="--filename")
    data, keyring = read_secret_file(path)
    chosen = DecryptOptions(options["input_type"], options["output_type"], False, warn)
    plain = decrypt_bytes(data, path, keyring, chosen)
    how = FileOptions(
        name, not options["no_fifo"], options["allow_disk"],
        os.environ.get("XDG_RUNTIME_DIR", ""), options["user"],
    )  # fmt: skip
    return run_with_file(words, plain, how)
