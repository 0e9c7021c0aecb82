"""`sopsmith key generate`: an identity for an environment that has none."""

from __future__ import annotations

from typing import Any

import click


@click.command("generate")
@click.option("--environment", "-e", default="", metavar="NAME",
              help="[default: each that has no recipient]")  # fmt: skip
@click.option(
    "--keys-file", metavar="FILE",
    help="Append to this file. [default: SOPS_AGE_KEY_FILE or keys.txt]",
)  # fmt: skip
@click.option("--post-quantum", is_flag=True, help="One that quantum computers do not break.")
@click.option("--print", "print_", is_flag=True, help="Write the new identities to stdout as well.")
@click.option("--dry-run", is_flag=True, help="Say what would be done and write nothing.")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(*, print_: bool, dry_run: bool, output: str, **options: Any) -> None:
    """Make an age identity for an environment, and name its recipient.

    The identity is appended to sops' keys.txt, for its owner alone, before its recipient enters
    .sops.yaml and sopsmith.yaml; run it again after a kill, and it goes on. A recipient in use is
    never replaced: that is `sopsmith key rotate`. Prints the recipients.

    Recipients of --post-quantum begin with age1pq1; whatever else opens such files has to know
    them, as age does since 1.3.
    """
    from sopsmith.cli import show_generated as words
    from sopsmith.errors import UsageError
    from sopsmith.flows.key_generate import apply_key, plan_key

    if print_ and (output == "json" or dry_run):
        raise UsageError("--print goes neither with --output json nor with --dry-run")
    request, means = words.open_request(**options)
    plan = plan_key(request, means)
    if not dry_run:
        apply_key(plan, means)
    words.show(plan, means.look.now, as_json=output == "json", dry_run=dry_run, print_=print_)
