"""`sopsmith key inject`: an identity into a cluster, by way of no disk."""

from __future__ import annotations

from typing import Any

import click

from sopsmith.cli.share_options import share_option


@click.command("inject")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is recorded.")
@click.option("--environment", "-e", default="", metavar="NAME",
              help="[default: the one whose recipient it is]")  # fmt: skip
@click.option("--context", metavar="NAME", help="The cluster's. [default: as sopsmith.yaml says]")
@share_option
@click.option("--no-record", is_flag=True, help="Leave no record of this use.")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
def command(*, reason: str, no_record: bool, repo: str, **options: Any) -> None:
    """Break the glass: put an identity from standard input into a cluster.

    It stands beside those that are there; of a whole keys.txt the environment's own is taken. On a
    terminal the identity is asked for and not shown.
    Nothing is written to disk but the record of this use, in .sopsmith/break-glass.json.
    """
    from sopsmith.cli import break_glass_words as words
    from sopsmith.cli.talk import note
    from sopsmith.flows.break_glass import inject

    why = words.open_emergency(repo, reason, no_record=no_record)
    doors = words.open_doors(why.root)
    target, cluster = words.open_target(options, words.read_given(), why, doors)
    done = inject(target, cluster, why, doors)
    words.say_recorded(why)
    name = target.environment
    note(f"{cluster.name} opens {done.opened} of {done.files} files of {name} and core")
