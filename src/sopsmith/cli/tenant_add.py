"""`sopsmith tenant add`: a tenant's folder, identities and rules."""

from __future__ import annotations

import click


@click.command("add")
@click.argument("name")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option(
    "--environments", "--environment", "-e", "environments", multiple=True, metavar="NAME[,NAME]",
    help="Where it is deployed; may be given again. [default: all environments]",
)  # fmt: skip
@click.option(
    "--recipient", "recipients", multiple=True, metavar="ENV=age1…",
    help="Who of the tenant opens an environment, in place of a new identity.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Print what would be added and write nothing.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(
    name: str,
    repo: str,
    environments: tuple[str, ...],
    recipients: tuple[str, ...],
    dry_run: bool,
    output: str,
) -> None:
    """Make the tenant NAME, or what it lacks: tenants/NAME, identities and rules of its own.

    Files that stand stay as they are. The platform's recipients open a tenant's files too.
    """
    import os

    from sopsmith.adapters.files import LocalFiles
    from sopsmith.cli import init_words as words
    from sopsmith.cli.key_files import keys_file
    from sopsmith.flows.init import apply_init
    from sopsmith.flows.tenant_add import AddRequest, plan_add
    from sopsmith.repo.root import find_root

    doors = words.open_doors()
    root = os.path.realpath(find_root(LocalFiles(), repo))
    named = tuple(dict.fromkeys(one for word in environments for one in word.split(",")))
    own = words.parse_recipients(recipients)
    made = plan_add(AddRequest(root, name, keys_file(), named, own), doors)
    if not dry_run:
        apply_init(made, doors)
    shown = os.path.relpath(made.root)
    steps = f"next: sopsmith tenant generate {name} --env-file FILE"
    words.show(made, shown, as_json=output == "json", dry_run=dry_run, steps=steps)
