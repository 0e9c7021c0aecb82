"""Say that a cluster is another environment's as well, and whose repository this is."""

from __future__ import annotations

import click

share_option = click.option(
    "--share-cluster", is_flag=True,
    help="The cluster is another environment's or repository's, too.",
)  # fmt: skip


def find_repositories(root: str) -> tuple[str, ...]:
    """Return where a repository is fetched from, each as host and path; none without git."""
    from sopsmith.adapters.programs import LocalPrograms
    from sopsmith.flows.rotation_git import Git

    return tuple(sorted(Git(LocalPrograms(), root).remotes()))
