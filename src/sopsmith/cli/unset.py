"""`sopsmith unset`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from sopsmith.cli.examples import examples
from sopsmith.cli.place_options import open_target, place_options, refuse_conversion, write_back
from sopsmith.cli.sops_verbs import sops_exit_codes
from sopsmith.flows.places import unset_place


@click.command("unset", epilog=examples('unset app.enc.yaml \'["db"]["port"]\''))
@click.argument("path", metavar="FILE")
@click.argument("place", metavar="INDEX")
@click.option("--idempotent", is_flag=True, help="It is no error if nothing is there.")
@place_options
@sops_exit_codes
def command(path: str, place: str, **options: Any) -> None:
    """Take away what stands at INDEX: '["a"]["b"][0]'.

    The lines of the value go, with a comment behind it; comments above it and all other bytes
    of the file stay.
    """
    target = open_target(path, options)
    refuse_conversion(target, options["output_type"])
    now = datetime.now(UTC)
    write_back(target, unset_place(target, place, now=now, idempotent=options["idempotent"]))
