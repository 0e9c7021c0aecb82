"""`sopsmith github-app`: the GitHub App by which Argo CD reads the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sopsmith.cli.lazy import ListedGroup

if TYPE_CHECKING:
    from sopsmith.flows.github_token import Proof
    from sopsmith.repo.github_app import GithubApp


@click.group("github-app", cls=ListedGroup)
def command() -> None:
    """Check the GitHub App by which Argo CD reads the repository."""


@command.command("check")
@click.option("--env-file", metavar="FILE", help="The .env; - for standard input. [default: .env]")
@click.option("--environment", "-e", default="", metavar="NAME", help="Whose own App to look for.")
@click.option("--prove", is_flag=True, help="Ask GitHub for a token, and give it back at once.")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def check_command(
    env_file: str | None, environment: str, prove: bool, repo: str, output: str
) -> int:
    """Check GIT_APP_ID, GIT_APP_INSTALLATION_ID and GIT_APP_PRIVATE_KEY of the .env.

    The key is parsed and nothing of it is shown. Exit code 3: the .env names no App.
    """
    from sopsmith.cli.doors import open_repository, read_env
    from sopsmith.cli.talk import put_json, say
    from sopsmith.formats.env_file import parse
    from sopsmith.repo.github_app import ID, find_github_app
    from sopsmith.repo.root import read_settings

    at = open_repository(repo)
    path, data = read_env(env_file, at)
    app = find_github_app(parse(data, path), read_settings(at.doors.files, at.root), environment)
    if app is None:
        say(f"there is no {ID} in {path}")
        if output == "json":
            put_json({"repository": None, "secrets": [], "proven": False})
        return 3
    place = "/".join(app.place)
    revoked = prove_app(app).revoked if prove else None
    if output == "json":
        secrets = [f"{one.namespace}/{one.name}" for one in app.secrets]
        put_json({"repository": place, "secrets": secrets, "proven": prove})
        return 0
    say(f"the App's ids and key are sound; Argo CD would read {place} by it")
    if prove:
        say("GitHub gave a token that reads it" + ("" if revoked else ", which ends in an hour"))
    return 0


def prove_app(app: GithubApp) -> Proof:
    """Ask the real GitHub."""
    from datetime import UTC, datetime

    from sopsmith.adapters.web import ask
    from sopsmith.flows.github_token import prove

    return prove(app.credential, app.place, ask, datetime.now(UTC))
