"""`sopsmith set`."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import Any

import click

from sopsmith.adapters.files import LocalFiles
from sopsmith.cli.examples import examples
from sopsmith.cli.place_options import open_target, place_options, refuse_conversion, write_back
from sopsmith.cli.sops_verbs import sops_exit_codes
from sopsmith.cli.talk import note
from sopsmith.errors import UsageError
from sopsmith.flows.places import parse_value, set_place

QUIET = "SOPSMITH_NO_ARGV_NOTE"


@click.command(
    "set",
    epilog=examples(
        'set app.enc.yaml \'["db"]["port"]\' 5432',
        'set --value-stdin app.enc.yaml \'["db"]["password"]\' < password.json',
    ),
)
@click.argument("path", metavar="FILE")
@click.argument("place", metavar="INDEX")
@click.argument("value", metavar="[VALUE]", required=False)
@click.option("--value-file", is_flag=True, help="VALUE is the name of a file that holds it.")
@click.option("--value-stdin", is_flag=True, help="Read the value from standard input.")
@click.option("--idempotent", is_flag=True, help="Leave the file alone if it has that value.")
@place_options
@sops_exit_codes
def command(path: str, place: str, value: str | None, **options: Any) -> None:
    """Set one value, given as JSON, at INDEX: '["a"]["b"][0]'.

    Missing objects and lists are made; an index past a list's end appends. All other bytes of
    the file stay. Others on this machine can read VALUE from the list of processes:
    --value-stdin keeps it from there, and SOPSMITH_NO_ARGV_NOTE=1 keeps sopsmith from saying so.
    """
    found = parse_value(_read_value(value, options))
    target = open_target(path, options)
    refuse_conversion(target, options["output_type"])
    now = datetime.now(UTC)
    write_back(target, set_place(target, place, found, now=now, idempotent=options["idempotent"]))


def _read_value(value: str | None, options: dict[str, Any]) -> bytes:
    """Return the JSON text, from where the options say that it is.

    Raises:
        UsageError: They do not fit together.
    """
    if options["value_stdin"]:
        if options["value_file"] or value is not None:
            raise UsageError("--value-stdin takes the place of VALUE and of --value-file")
        return sys.stdin.buffer.read()
    if value is None:
        raise UsageError("there is no VALUE", hint="add it, or --value-stdin to read it")
    if options["value_file"]:
        return LocalFiles().read(value)
    if not os.environ.get(QUIET):
        note("VALUE shows in this machine's list of processes; --value-stdin keeps it from there")
    return os.fsencode(value)
