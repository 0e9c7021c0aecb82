"""`sopsmith doctor`: the cause of what does not work."""

from __future__ import annotations

import click


@click.command("doctor")
@click.option("--environment", "-e", default="", metavar="NAME", help="Only this one, with core.")
@click.option("--context", default="", metavar="NAME",
              help="The cluster's. [default: the environment's in sopsmith.yaml]")  # fmt: skip
@click.option("--no-cluster", is_flag=True, help="Look at this machine and the repository alone.")
@click.option("--only", "codes", multiple=True, metavar="CODE", help="May be given again.")
@click.option("--fix", is_flag=True, help="Mend what can be mended safely, then look again.")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes. [default: cores]")
def command(codes: tuple[str, ...], fix: bool, output: str, **options: object) -> int:
    """Look at the repository, this machine and the cluster, and say what is wrong and what to do.

    What it could not see it says too, and takes for no good news. The cluster is looked at where
    --context names one, or sopsmith.yaml ties one to the environment. Nothing is changed without
    --fix. docs/how-to/troubleshooting.md has every code. Ends with 3 where a problem is found.
    """
    from sopsmith.cli.doctor_doors import open_context
    from sopsmith.cli.show_doctor import say_repaired, show
    from sopsmith.flows.doctor import diagnose, has_problems, repair
    from sopsmith.flows.doctor_table import CHECKS, REPAIRS

    context = open_context(options)
    results = list(diagnose(context, CHECKS, codes))
    if fix and say_repaired(repair(context, results, REPAIRS)):
        results = list(diagnose(open_context(options), CHECKS, codes))
    show(results, as_json=output == "json")
    return 3 if has_problems(results) else 0
