"""`sopsmith generate`: from a `.env` to encrypted Secrets in the repository."""

from __future__ import annotations

import click

from sopsmith.cli.examples import examples


@click.command(
    "generate", epilog=examples("generate --dry-run", "generate --environment dev --prune")
)
@click.option("--env-file", metavar="FILE", help="The .env; `-` for stdin. [default: ROOT/.env]")
@click.option(
    "--environment", "-e", "environments", multiple=True, metavar="NAME",
    help="Only this environment (or `core`); may be given again.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Print the plan and write nothing.")
@click.option("--prune", is_flag=True, help="Remove Secrets whose variable is gone.")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(
    env_file: str | None,
    environments: tuple[str, ...],
    dry_run: bool,
    prune: bool,
    repo: str,
    output: str,
) -> None:
    """Encrypt what a .env holds into the Secrets of this repository.

    Prints what it does to each file, with names and never values. Running it again
    changes nothing.
    """
    from sopsmith.cli import doors, show_plan
    from sopsmith.flows.generate import Request, apply_generate, plan_generate

    at = doors.open_repository(repo)
    path, data = doors.read_env(env_file, at)
    if prune:
        _refuse_empty(path, data)
    request = Request(at.root, path, data, environments, prune)
    if dry_run:
        made = plan_generate(request, at.doors)
    else:
        with doors.writing(at) as open_doors:
            made = plan_generate(request, open_doors)
            apply_generate(made, at.root, open_doors)
    show_plan.show(made, as_json=output == "json", dry_run=dry_run)


def _refuse_empty(path: str, data: bytes) -> None:
    """Refuse to prune by a `.env` without variables: whatever should have written it failed.

    Raises:
        EnvFileError: It holds none, or does not parse.
    """
    from sopsmith.errors import EnvFileError
    from sopsmith.formats.env_file import parse

    if not parse(data, path):
        raise EnvFileError(
            "holds no variable, so --prune would remove every Secret",
            path=path,
            hint="if that is meant: git rm the files, then sopsmith generate",
        )
