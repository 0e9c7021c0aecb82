"""`sopsmith key drill`: whether a restore would work, and how long it takes."""

from __future__ import annotations

import click


@click.command("drill")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--allow-disk", is_flag=True, help="Use the disk where memory has no file system.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(repo: str, *, allow_disk: bool, output: str) -> int:
    """Rehearse a backup of this machine's identities and their restore.

    All in a throw-away place in memory, with a recovery identity that is made for it, used and
    forgotten. What came back must open the files of the repository. Prints each step and how
    long it took; nothing is left behind. Ends with 3 where a file of an environment whose
    identity came back does not open.
    """
    from sopsmith.cli import drill_words as words
    from sopsmith.flows.drill import drill

    with words.open_drill(repo, allow_disk=allow_disk) as (request, doors):
        report = drill(request, doors)
    words.show(report, as_json=output == "json")
    return 3 if report.lacking else 0
