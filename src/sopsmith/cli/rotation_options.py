"""The options of a rotation, the platform's and a tenant's alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from sopsmith.cli.consent_options import consent_options
from sopsmith.cli.share_options import share_option

_OPTIONS = (
    click.option("--recipient", default="", metavar="age1…",
                 help="The one that goes, where several stand. [default: the cluster's]"),
    click.option("--context", default="", metavar="NAME",
                 help="Of the kubeconfig. [default: the environment's in sopsmith.yaml]"),
    click.option("--no-cluster", is_flag=True, help="No cluster holds this identity."),
    click.option("--synced", is_flag=True, help="All who deploy it have the moved files."),
    click.option("--wait", default="0s", metavar="DURATION", help="For Argo CD, such as 10m."),
    click.option("--post-quantum", is_flag=True,
                 help="To one safe from quantum computers; always if the old is."),
    click.option("--without-backup", is_flag=True, help="Go on where nothing can be backed up."),
    share_option,
    consent_options,
    click.option("--again", is_flag=True, help="Begin another one where one is done."),
    click.option("--abort", is_flag=True, help="Take it back; until files have moved."),
    click.option("--dry-run", is_flag=True, help="Say what would be done and write nothing."),
    click.option("--repo", metavar="DIR", default=".", help="Where the repository is."),
    click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text"),
)  # fmt: skip


def rotation_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add them to a command, in this order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
