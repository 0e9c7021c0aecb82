"""`sopsmith tenant check`: what keeps a tenant from building, or from being apart."""

from __future__ import annotations

import click


@click.command("check")
@click.argument("name", required=False)
@click.option("--fix", is_flag=True, help="Mend what needs no decision of a person.")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(name: str | None, fix: bool, repo: str, output: str) -> int:
    """Say what of the tenant NAME, or of all, upstream KSOPS or kustomize would refuse.

    And whether it is apart: rules, recipients, namespaces, and files outside of its folder.
    Needs no identity. Ends with 3 where something is found that was not mended.
    """
    import os

    from sopsmith.adapters.file_set import replace_files
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.adapters.rooted import RootedFiles
    from sopsmith.cli.plain_lines import put_lines
    from sopsmith.cli.talk import counted, note, put_json, say
    from sopsmith.flows.tenant_check import Fault, check_tenant_files
    from sopsmith.flows.tenant_list import tenant_names
    from sopsmith.repo.root import find_root

    files = LocalFiles()
    root = find_root(files, repo)
    faults: list[Fault] = []
    names = [name] if name else list(tenant_names(root, files))
    for one in names:
        found = check_tenant_files(root, one, files, RootedFiles(root).folder_of)
        faults += found.faults
        if fix and found.mended:
            replace_files([(os.path.join(root, path), data) for path, data in found.mended])
    if output == "json":
        put_json([fault._asdict() for fault in faults])
    else:
        put_lines(f"{one.path}: {one.message}" for one in faults)
    for fault in dict.fromkeys(one.hint for one in faults if one.hint):
        say(f"hint: {fault}")
    if not faults and output != "json":
        say(f"nothing is wrong with {counted(len(names), 'tenant')}")
    if mends := sum(one.mends for one in faults):
        note(f"{mends} mended" if fix else f"{mends} of these --fix mends")
    return 3 if any(not (fix and one.mends) for one in faults) else 0
