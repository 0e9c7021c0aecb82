"""`sopsmith init`: make the layout of a platform repository."""

from __future__ import annotations

from typing import Any

import click


@click.command("init")
@click.argument("folder", metavar="DIR", default=".", type=click.Path(file_okay=False))
@click.option(
    "--recipient", "recipients", multiple=True, metavar="ENV=age1…",
    help="Who opens an environment, in place of a new identity; may be given again.",
)  # fmt: skip
@click.option("--shared", is_flag=True, help="Make one identity for all environments.")
@click.option("--post-quantum", is_flag=True, help="Make such as quantum computers do not break.")
@click.option(
    "--environment", "-e", "environments", multiple=True, metavar="NAME",
    help="An environment of a new repository; may be given again. [default: dev, staging, prod]",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Print what would be added and write nothing.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(folder: str, *, post_quantum: bool, dry_run: bool, output: str, **options: Any) -> None:
    """Make the layout of a platform repository in DIR, and its age identities.

    Adds what is missing and changes nothing else, so it can be run again. Each environment
    gets an age identity of its own, appended to sops' keys.txt (or SOPS_AGE_KEY_FILE), unless
    --recipient names one. A run that was killed is finished by running it again.
    """
    from sopsmith.cli import init_words as words
    from sopsmith.flows.init import apply_init, plan_init

    doors = words.open_doors(post_quantum=post_quantum)
    made = plan_init(words.build_request(folder, **options), doors)
    if not dry_run:
        apply_init(made, doors)
    words.show(made, folder, as_json=output == "json", dry_run=dry_run)
