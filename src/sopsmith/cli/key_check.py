"""`sopsmith key check`: whether the identities at hand open everything."""

from __future__ import annotations

import click


@click.command("check")
@click.option(
    "--environment", "-e", "environments", multiple=True, metavar="NAME",
    help="Only this environment (or `core`); may be given again.",
)  # fmt: skip
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes. [default: cores]")
def command(environments: tuple[str, ...], repo: str, output: str, jobs: int | None) -> int:
    """Prove that the identities at hand open each scope, by opening every file.

    Looks at the files of identities too: who can read them, how their lines end, the same
    identity twice, a file inside the repository, a recovery identity that belongs offline. Ends
    with 3 where something is wrong.
    """
    from sopsmith.cli.key_doors import open_doors, open_keeping
    from sopsmith.cli.show_keys import show_check
    from sopsmith.flows.key_check import check_keys

    at = open_doors(repo, jobs)
    found = check_keys(at.root, environments, at.doors, open_keeping())
    show_check(found, as_json=output == "json")
    return 0 if found.is_sound else 3
