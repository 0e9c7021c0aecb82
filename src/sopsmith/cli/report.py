"""`sopsmith report`: all there is to see, as one page."""

from __future__ import annotations

import click


@click.command("report")
@click.option("--html", "target", metavar="FILE", required=True, help="Where to write the page.")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes. [default: cores]")
def command(target: str, repo: str, jobs: int | None) -> None:
    """Write one page of HTML with every secret, who opens it, findings and history.

    It loads nothing from elsewhere and holds no value of a secret, but it does hold names,
    recipients and paths, those of identity files on this machine too: show it to those who may
    see the repository.
    """
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.cli.page.document import build_page
    from sopsmith.cli.report_doors import open_report
    from sopsmith.cli.talk import note

    data = build_page(open_report(repo, jobs))
    LocalFiles().write(target, data, mode=0o600)
    note(f"wrote {target}, {len(data):,} bytes")
