"""`sopsmith list`: every secret, what reads it, and what is missing."""

from __future__ import annotations

import click

from sopsmith.errors import UsageError


@click.command("list")
@click.option("--environment", "-e", default="", metavar="NAME", help="Only this one, with core.")
@click.option("--unused", is_flag=True, help="Only secrets that nothing is known to read.")
@click.option("--missing", is_flag=True, help="Only references to Secrets that are not there.")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes. [default: cores]")
def command(environment: str, output: str, repo: str, jobs: int | None, **only: bool) -> int:
    """List every secret: where, keys, wave, recipients, last change, expiry and what reads it.

    Readers are found in the repository's manifests and in `used_by` of sopsmith.yaml. No
    identity is needed. Ends with 3 where a file cannot be read, or where --unused or --missing
    finds something.
    """
    from sopsmith.cli.inventory_doors import open_inventory
    from sopsmith.cli.show_list import show, show_missing

    _, found = open_inventory(repo, jobs)
    if environment and environment not in found.environments:
        known = ", ".join(found.environments)
        raise UsageError(f"{environment!r} is no environment here; there are {known}")
    found = found.only(environment) if environment else found
    if only["unused"]:
        found = found._replace(secrets=tuple(found.unused))
    if only["missing"] and output == "text":
        show_missing(found)
    else:
        show(found, whole=not any(only.values()), as_json=output == "json")
    hits = (only["unused"] and found.secrets) or (only["missing"] and found.missing)
    return 3 if found.problems or hits else 0
