"""`sopsmith workflow`: workflows for a CI service."""

from __future__ import annotations

import click

from sopsmith.cli.lazy import ListedGroup


@click.group("workflow", cls=ListedGroup)
def command() -> None:
    """Write workflows that check pull requests and bootstrap clusters."""


@command.command("github")
@click.option(
    "--source", required=True, metavar="URL@COMMIT", help="Where the workflows get sopsmith from."
)
@click.option(
    "--keys", type=click.Choice(["secrets", "aws"]), default="secrets", show_default=True,
    help="Where identities come from: the environment's secrets, or AWS by OIDC.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be written.")
@click.option("--force", is_flag=True, help="Replace files that another hand wrote.")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
def github_command(source: str, keys: str, dry_run: bool, force: bool, repo: str) -> None:
    """Write .github/workflows/check-secrets.yaml and create-cluster.yaml.

    The first checks pull requests and says in a comment which secrets they change, without an
    identity and without values. The second makes an environment's cluster able to decrypt, by
    hand and under the protection rules of GitHub's environment.
    """
    from sopsmith.cli.argocd import show
    from sopsmith.cli.doors import open_repository
    from sopsmith.flows.argocd_install import apply_install
    from sopsmith.flows.workflow import plan_workflows
    from sopsmith.repo.root import read_settings

    at = open_repository(repo)
    settings = read_settings(at.doors.files, at.root)
    planned = plan_workflows(settings, at.doors.files, at.root, (source, keys), force=force)
    if not dry_run:
        apply_install(planned, at.doors.files, at.root)
    show(planned, dry_run=dry_run)
