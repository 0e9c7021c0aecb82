"""`sopsmith key bucket`: make the place for backups ready."""

from __future__ import annotations

import click

from sopsmith.errors import UsageError


@click.command("bucket")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--check", is_flag=True, help="Look, change nothing, and end with 3 if it is not so.")
@click.option("--dry-run", is_flag=True, help="Print what would be done and change nothing.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(*, repo: str, check: bool, dry_run: bool, output: str) -> int:
    """Make the bucket or folder of backup.store ready for backups.

    A bucket is made where it is missing, closed to the public, keeps every version, and locks
    objects for backup.retention_days. Each of these is read back. What is right is left alone.
    """
    import os

    from sopsmith.adapters.files import LocalFiles
    from sopsmith.cli.consent_words import remember_place
    from sopsmith.cli.show_steps import begin, show_steps
    from sopsmith.cli.store_doors import open_store, open_store_place
    from sopsmith.flows.bucket import build_steps
    from sopsmith.flows.steps import DONE, apply_steps, check_steps
    from sopsmith.repo.root import find_root, read_settings

    if check and dry_run:
        raise UsageError("--check and --dry-run both only look; give one")
    files = LocalFiles()
    root = os.path.relpath(find_root(files, repo))
    settings = read_settings(files, root)
    backup = settings.backup
    steps = build_steps(open_store_place(root, backup), backup.retention_days)
    looks = check or dry_run
    going = check_steps(steps) if looks else apply_steps(steps, begin)
    results = show_steps(going, as_json=output == "json")
    if all(result.state == DONE for result in results):
        if not looks:
            # Whoever makes a place ready has chosen it.
            remember_place(root, settings, open_store(root, backup).place(""))
        return 0
    return (3 if check else 0) if looks else 1
