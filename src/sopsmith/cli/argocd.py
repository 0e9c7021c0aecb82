"""`sopsmith argocd`: the manifests that install Argo CD, and what brings the repository in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sopsmith.cli.lazy import ListedGroup
from sopsmith.cli.talk import note, put, put_json, say

if TYPE_CHECKING:
    from sopsmith.flows.argocd_install import Written
    from sopsmith.repo.diagnosis import Finding

_dry_run = click.option("--dry-run", is_flag=True, help="Say what would be written.")
_repo = click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
_force = click.option("--force", is_flag=True, help="Replace files that another hand wrote.")


@click.group("argocd", cls=ListedGroup)
def command() -> None:
    """Write the manifests of Argo CD, and check them."""


@command.command("manifests")
@_dry_run
@_force
@_repo
def manifests_command(dry_run: bool, force: bool, repo: str) -> None:
    """Write what installs Argo CD with sopsmith, as `argocd` in sopsmith.yaml says.

    Patches of the official manifests, values of the Helm chart or the operator's custom
    resource, in bootstrap/argocd/install. The identities are not part of them.
    """
    from sopsmith.cli.doors import open_repository
    from sopsmith.flows.argocd_install import apply_install, plan_install
    from sopsmith.repo.argocd_settings import INIT_CONTAINER
    from sopsmith.repo.root import read_settings

    at = open_repository(repo)
    settings = read_settings(at.doors.files, at.root)
    planned = plan_install(settings, at.doors.files, at.root, force=force)
    if not dry_run:
        apply_install(planned, at.doors.files, at.root)
    show(planned, dry_run=dry_run)
    if settings.argocd.mode == INIT_CONTAINER:
        note("any repository that this Argo CD renders can read the identity")


@command.command("applications")
@_dry_run
@_force
@_repo
def applications_command(dry_run: bool, force: bool, repo: str) -> None:
    """Write the Applications of each environment, with one of its own for the Secrets.

    The overlay lists platform-secrets.yaml from then on, and no Secrets. In a cluster that has
    them already, first keep Argo CD from pruning: docs/how-to/argocd.md says how.
    """
    from sopsmith.cli.doors import open_repository
    from sopsmith.flows.applications import plan_applications
    from sopsmith.flows.argocd_install import apply_install
    from sopsmith.repo.root import read_settings

    at = open_repository(repo)
    settings = read_settings(at.doors.files, at.root)
    planned = plan_applications(settings, at.doors.files, at.root, force=force)
    if not dry_run:
        apply_install(planned, at.doors.files, at.root)
    show(planned, dry_run=dry_run)


@command.command("check")
@_repo
@click.option(
    "--output", "-o", type=click.Choice(["text", "json"]), default="text", show_default=True
)
def check_command(repo: str, output: str) -> int:
    """Check the manifests in Git, and that nothing comes before the Secrets that it reads.

    Needs neither a cluster nor an identity. Exit code 3: something is wrong.
    """
    from sopsmith.adapters.rooted import RootedFiles
    from sopsmith.cli.doors import open_repository
    from sopsmith.flows.applications import check_waves
    from sopsmith.flows.argocd_install import check_install
    from sopsmith.repo.diagnosis import has_problems
    from sopsmith.repo.root import read_settings

    at = open_repository(repo)
    settings = read_settings(at.doors.files, at.root)
    rooted = RootedFiles(at.root)
    found = check_install(settings, at.doors.files, at.root)
    found += check_waves(settings, rooted, rooted.folder_of)
    _report(found, output)
    return 3 if has_problems(found) else 0


def _report(found: list[Finding], output: str) -> None:
    if output == "json":
        put_json({"findings": [one.as_object() for one in found]})
        return
    lines = [f"{one.level:<8} {one.subject}: {one.message}\n" for one in found]
    put("".join(lines).encode())
    for one in found:
        if one.is_problem and one.hint:
            say(f"hint: {one.hint}")


def show(planned: list[Written], *, dry_run: bool) -> None:
    """Say what becomes of each file."""
    for one in planned:
        say(f"{one.news:<9} {one.path}")
    changed = sum(one.news != "unchanged" for one in planned)
    note(f"{changed} of {len(planned)} files {'would change' if dry_run else 'changed'}")
