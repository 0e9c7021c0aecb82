"""Write the workflows of GitHub Actions; files of another hand are never replaced unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sopsmith.flows.argocd_install import install_folder, plan_file
from sopsmith.repo.workflows import MARK, Wish, build_workflows

if TYPE_CHECKING:
    from sopsmith.flows.argocd_install import Written
    from sopsmith.ports import Files
    from sopsmith.repo.settings import RepoSettings


def plan_workflows(
    settings: RepoSettings, files: Files, root: str, wish: tuple[str, str], *, force: bool = False
) -> list[Written]:
    """Return what becomes of each workflow.

    Args:
        wish: Where sopsmith comes from, and where identities come from.

    Raises:
        Conflict: Another hand wrote one of them, and `force` is not given.
        UsageError: The source of sopsmith is not pinned.
    """
    source, keys = wish
    argocd = bool(files.names(f"{root}/{install_folder(settings)}"))
    environments = tuple(scope.name for scope in settings.environments)
    backups = settings.backup.store.startswith("s3://")
    texts = build_workflows(Wish(environments, source, keys, argocd, backups))
    return [
        plan_file(path, text.encode(), files, root, force=force, mark=MARK)
        for path, text in texts.items()
    ]
