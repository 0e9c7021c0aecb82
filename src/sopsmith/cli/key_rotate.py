"""`sopsmith key rotate`: another identity for an environment, with no gap."""

from __future__ import annotations

from typing import Any

import click

from sopsmith.cli.consent_options import consent_options
from sopsmith.cli.share_options import share_option


@click.command("rotate")
@click.option("--environment", "-e", required=True, metavar="NAME")
@click.option("--recipient", default="", metavar="age1…",
              help="The one that goes, where several stand. [default: the cluster's]")  # fmt: skip
@click.option("--context", default="", metavar="NAME",
              help="Of the kubeconfig. [default: the environment's in sopsmith.yaml]")  # fmt: skip
@click.option("--no-cluster", is_flag=True, help="No cluster holds this identity.")
@click.option("--synced", is_flag=True, help="All who deploy it have the moved files.")
@click.option("--wait", default="0s", metavar="DURATION", help="For Argo CD, such as 10m.")
@click.option("--post-quantum", is_flag=True,
              help="To one safe from quantum computers; always if the old is.")  # fmt: skip
@click.option("--without-backup", is_flag=True, help="Go on where nothing can be backed up.")
@share_option
@consent_options
@click.option("--again", is_flag=True, help="Begin another one where one is done.")
@click.option("--abort", is_flag=True, help="Take it back; until files have moved.")
@click.option("--dry-run", is_flag=True, help="Say what would be done and write nothing.")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(*, abort: bool, dry_run: bool, output: str, **options: Any) -> int:
    """Replace an environment's identity; Argo CD can decrypt all the while.

    Makes a new identity, backs it up, puts it into the cluster beside the old one, moves the
    files to it, waits until Argo CD has them, and retires the old one. Stops where somebody has
    to do something, and says what; run it again and it goes on, also after a kill. Ends with 3
    where --wait was not long enough. `sopsmith key status` says where a rotation stands.
    """
    from sopsmith.cli import rotation_words as words
    from sopsmith.flows.rotation import abort_rotation, plan_rotation, run_rotation

    request, doors = words.open_rotation(options)
    if abort:
        return words.show_aborted(abort_rotation(request, doors), as_json=output == "json")
    if dry_run:
        return words.show_plan(plan_rotation(request, doors), as_json=output == "json")
    words.ask_first(request, doors, options)
    outcome = run_rotation(request, doors, words.begin)
    return words.show(outcome, waited=request.wait > 0, as_json=output == "json")
