"""`sopsmith tenant generate`: from a `.env` to the encrypted Secrets of one tenant."""

from __future__ import annotations

import click


@click.command("generate")
@click.argument("name")
@click.option("--env-file", metavar="FILE", help="The .env; `-` for stdin. [default: ROOT/.env]")
@click.option(
    "--environment", "-e", "environments", multiple=True, metavar="NAME",
    help="Only this environment; may be given again.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Print the plan and write nothing.")
@click.option("--prune", is_flag=True, help="Remove Secrets whose variables are gone.")
@click.option("--snippet", is_flag=True, help="Print what a container takes the Secrets by.")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(
    name: str, env_file: str | None, environments: tuple[str, ...], repo: str, output: str,
    **flags: bool,
) -> None:  # fmt: skip
    """Encrypt the APP_ variables of a .env into the Secrets of the tenant NAME.

    DEV_APP_TOKEN and APP_DEV_TOKEN are dev's; APP_TOKEN is that of every environment that has
    none of its own. Running it again changes nothing.
    """
    from sopsmith.cli import doors, show_plan
    from sopsmith.cli.talk import note, put
    from sopsmith.flows.generate import Request, apply_generate
    from sopsmith.flows.tenant_generate import build_snippet, plan_tenant_generate

    at = doors.open_repository(repo)
    path, data = doors.read_env(env_file, at)
    request = Request(at.root, path, data, environments, flags["prune"])
    made = plan_tenant_generate(name, request, at.doors)
    if not flags["dry_run"]:
        apply_generate(made.plan, at.root, at.doors)
    if made.others:
        note(f"left out, being no APP_ variables: {', '.join(made.others)}")
    if flags["snippet"]:
        put(build_snippet(made.desired).encode())
    else:
        show_plan.show(made.plan, as_json=output == "json", dry_run=flags["dry_run"])
