"""Open the server of `sopsmith ui`."""

from __future__ import annotations

import os

from sopsmith.adapters.page_server import Page, PageServer
from sopsmith.adapters.tree_state import read_tree_state
from sopsmith.cli.looking import open_trees
from sopsmith.cli.page.document import build_page, page_policy
from sopsmith.cli.report_doors import open_report
from sopsmith.repo.root import find_root, read_settings


def open_server(repo: str, jobs: int | None, port: int) -> PageServer:
    """Return a server of the report of the repository around a folder.

    Raises:
        LayoutError: There is none, or its settings cannot be read.
        OutsideError: The port cannot be had.
    """
    files, trees, _ = open_trees(jobs)
    root = os.path.relpath(find_root(files, repo))
    read_settings(files, root)

    def build(state: str) -> Page:
        return Page(build_page(open_report(repo, jobs), state), page_policy(live=True))

    return PageServer(lambda: read_tree_state(trees, root), build, port)
