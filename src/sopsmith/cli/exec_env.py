"""`sopsmith exec-env`."""

from __future__ import annotations

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


@click.command("exec-env", cls=RunCommand)
@run_options
@click.option("--pristine", is_flag=True, help="Hand over the file's values and nothing else.")
@click.option("--same-process", is_flag=True, help="Always so; there for sops' scripts.")
@sops_exit_codes
def command(path: str, command: str | None, **options: Any) -> None:
    """Run a command with a file's values in its environment.

    CMD goes to /bin/sh; behind `--` stands a program that runs without a shell:
    sopsmith exec-env prod.yaml -- ./serve --port 80

    The process becomes the command's, so exit code and signals are its own. Only the first
    document counts, and it must be flat. Null values are left out.
    """
    from sopsmith.adapters.handover import hand_over
    from sopsmith.flows.execute import read_variables

    refuse_background(options)
    words = words_of(command)
    data, keyring = read_secret_file(path)
    variables, nulls = read_variables(data, path, keyring, input_type=options["input_type"])
    for key in nulls:
        warn(f"{path}: {key}: the value is null, so the variable is left out")
    hand_over(words, variables, pristine=options["pristine"], user=options["user"])
