"""`sopsmith verify`: whether everything opens."""

from __future__ import annotations

import click


@click.command("verify")
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option(
    "--output", "-o", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes. [default: cores]")
def command(paths: tuple[str, ...], output: str, jobs: int | None) -> int:
    """Check that every SOPS file under the PATHs opens and that its MAC holds.

    Without a PATH: the repository around the working folder. Needs the identities; `lint` checks
    what can be seen without them. Files that git ignores are left out. Ends with 3 where a
    file is broken, cannot be read, is for other identities, or stands in clear though a
    creation rule names it.
    """
    from sopsmith.cli.looking import default_paths, open_trees
    from sopsmith.cli.progress import Counter
    from sopsmith.cli.show_verified import show
    from sopsmith.cli.sops_verbs import keyring_of_environment
    from sopsmith.flows.verify import Doors, verify

    files, trees, workers = open_trees(jobs)
    doors = Doors(files, trees, workers, keyring_of_environment())
    with Counter("files looked at") as counter:
        report = verify(paths or default_paths(), doors, counter.tick)
    show(report, as_json=output == "json")
    return 3 if report.problems else 0
