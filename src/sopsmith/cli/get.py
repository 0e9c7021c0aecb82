"""`sopsmith get`."""

from __future__ import annotations

from typing import Any

import click

from sopsmith.cli.examples import examples
from sopsmith.cli.place_options import open_target, place_options
from sopsmith.cli.sops_verbs import sops_exit_codes
from sopsmith.cli.talk import put
from sopsmith.errors import UsageError
from sopsmith.flows.places import get_place


@click.command("get", epilog=examples('get app.enc.yaml \'["db"]["password"]\''))
@click.argument("path", metavar="FILE")
@click.argument("place", metavar="INDEX")
@place_options
@sops_exit_codes
def command(path: str, place: str, **options: Any) -> None:
    """Print what stands at INDEX: '["a"]["b"][0]'.

    A string comes as it is, without a line end; all else in the file's format, or in
    --output-type yaml or json.
    """
    if options["output_type"] not in ("", "yaml", "json"):
        raise UsageError("--output-type is yaml or json here")
    put(get_place(open_target(path, options), place, output_type=options["output_type"]))
