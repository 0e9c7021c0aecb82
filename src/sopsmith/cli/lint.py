"""`sopsmith lint`: what should not be committed."""

from __future__ import annotations

import click

from sopsmith.errors import UsageError


@click.command("lint")
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option(
    "--rule", "rules", multiple=True, metavar="ID", help="Only this rule; may be given again."
)
@click.option(
    "--output",
    "-o",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    show_default=True,
)
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes. [default: cores]")
def command(paths: tuple[str, ...], rules: tuple[str, ...], output: str, jobs: int | None) -> int:
    """Look for what should not be committed, under the PATHs or in the whole repository.

    Needs no identity, so it can run in CI: files in clear that should be encrypted, recipients
    that are not the rule's, values in clear, copied metadata, kustomizations that would hand
    ciphertext to the cluster. docs/reference/lint-rules.md has every rule, and how to leave
    one out. Ends with 3 where something is found.
    """
    from sopsmith.cli.looking import default_paths, open_trees
    from sopsmith.cli.progress import Counter
    from sopsmith.cli.show_findings import show
    from sopsmith.flows.lint import Doors, lint
    from sopsmith.repo.lint_rules import RULES

    for rule in rules:
        if rule not in RULES:
            raise UsageError(f"{rule} is no rule; they are {min(RULES)} to {max(RULES)}")
    with Counter("files looked at") as counter:
        doors = Doors(*open_trees(jobs))
        report = lint(paths or default_paths(), frozenset(rules), doors, counter.tick)
    show(report, output)
    return 3 if report.findings else 0
