"""`sopsmith ui`: the report in a browser, as fresh as the repository."""

from __future__ import annotations

import click


@click.command("ui")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 for any that is free.")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes. [default: cores]")
def command(port: int, repo: str, jobs: int | None) -> None:
    """Serve the report on 127.0.0.1 until Ctrl-C. It only reads.

    The address on stderr lets one browser in, once; nobody else on this machine or the network
    gets the page. It loads itself anew when the repository changes.
    """
    from sopsmith.cli.talk import say
    from sopsmith.cli.ui_doors import open_server

    with open_server(repo, jobs, port) as server:
        say(f"{server.address}\n(works once; Ctrl-C ends it)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say("stopped")
