"""`sopsmith tenant list`: the tenants of a repository."""

from __future__ import annotations

import click


@click.command("list")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(repo: str, output: str) -> None:
    """List each tenant's environments: namespace, Secrets and recipients."""
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.cli.table import table
    from sopsmith.cli.talk import put, put_json
    from sopsmith.flows.tenant_list import list_tenants
    from sopsmith.repo.root import find_root

    files = LocalFiles()
    rows = list_tenants(find_root(files, repo), files)
    if output == "json":
        put_json([row._asdict() for row in rows])
        return
    lines = [
        (one.tenant, one.environment, one.namespace, str(one.secrets), ", ".join(one.recipients))
        for one in rows
    ]
    head = ("TENANT", "ENVIRONMENT", "NAMESPACE", "SECRETS", "OWN RECIPIENTS")
    put(table(head, lines).encode())
