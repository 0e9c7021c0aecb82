"""`sopsmith tenant remove`: take a tenant out of the repository."""

from __future__ import annotations

import click


@click.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do it; without this the plan is all that happens.")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(name: str, yes: bool, repo: str, output: str) -> None:
    """Remove the folder and the rules of the tenant NAME; without --yes, print what would go."""
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.adapters.trees import LocalTrees
    from sopsmith.cli.plain_lines import put_lines
    from sopsmith.cli.talk import note, put_json, warn
    from sopsmith.flows.tenant_remove import apply_remove, plan_remove
    from sopsmith.repo.root import find_root

    files = LocalFiles()
    made = plan_remove(find_root(files, repo), name, files, LocalTrees())
    if yes:
        apply_remove(made, files)
    paths = [*made.files, *([".sops.yaml"] if made.rules is not None else [])]
    if output == "json":
        put_json({"files": paths, "removed": yes, "recipients": list(made.recipients)})
    else:
        put_lines(f"{'removed' if yes else 'would remove'}  {one}" for one in paths)
    warn("git's history keeps every file: its values still open for whoever could open them")
    note("Argo CD may go on running what it deployed: see preserveResourcesOnDeletion")
    if not yes:
        note(f"nothing was removed; to do it: sopsmith tenant remove {name} --yes")
