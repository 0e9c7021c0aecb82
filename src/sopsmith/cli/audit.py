"""`sopsmith audit`: who changed which secret, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sopsmith.cli.examples import examples

if TYPE_CHECKING:
    from sopsmith.repo.lint_settings import Ignored


@click.command("audit", epilog=examples("audit --since 2026-01-31", "audit --since v1.2 -o json"))
@click.option("--since", metavar="REV|DATE", default="", help="Leave out what is older.")
@click.option("--repo", metavar="DIR", default=".", help="A folder of the repository.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(since: str, repo: str, output: str) -> int:
    """Say from Git's history who changed which key of which secret, and when.

    Besides: who came and went as a recipient, what was ever committed in clear (and what to do
    about it), commits without a signature. All refs count, newest first. A value is a sign, as
    in diffs of `sopsmith git textconv --by-value`, if an identity at hand opens it, else its
    ciphertext's. Ends with 3 where something was committed in clear that `lint.ignore` of
    sopsmith.yaml does not leave out.
    """
    from sopsmith.adapters.git_history import GitHistory
    from sopsmith.cli.progress import Counter
    from sopsmith.cli.show_audit import show
    from sopsmith.cli.textconv import keyring_and_key
    from sopsmith.flows.audit import Audit
    from sopsmith.flows.versions import Opener

    keyring, key = keyring_and_key()
    with GitHistory(repo) as history, Counter("commits looked at") as counter:
        found = Audit(history, Opener(lambda: keyring), key, counter.tick)
        known = _ignored(repo, history.prefix)
        problems = show(found, since, known, as_json=output == "json")
    return 3 if problems else 0


def _ignored(repo: str, prefix: str) -> tuple[tuple[Ignored, ...], str]:
    """Return what `sopsmith.yaml` leaves out and where it stands below git's top."""
    import os

    from sopsmith.adapters.files import LocalFiles
    from sopsmith.errors import LayoutError
    from sopsmith.repo.root import find_root, read_settings

    files = LocalFiles()
    try:
        root = find_root(files, repo)
    except LayoutError:
        # Any repository can be looked through.
        return (), ""
    below = os.path.normpath(os.path.join(prefix, os.path.relpath(root, os.path.abspath(repo))))
    if below.startswith(".."):
        return (), ""
    return read_settings(files, root).lint_ignored, "" if below == "." else f"{below}/"
