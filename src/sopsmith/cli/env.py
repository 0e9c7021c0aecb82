"""`sopsmith env`: the inverse of `generate`, to stdout or into a program."""

from __future__ import annotations

import click


@click.command("env", context_settings={"allow_interspersed_args": False})
@click.option(
    "--environment", "-e", "environments", multiple=True, metavar="NAME",
    help="Only this environment (or `core`); may be given again.",
)  # fmt: skip
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", metavar="FILE", help="Write to this file, mode 0600, not to stdout.")
@click.argument("program", nargs=-1, type=click.UNPROCESSED)
def command(
    environments: tuple[str, ...], repo: str, output: str | None, program: tuple[str, ...]
) -> None:
    """Print the .env that would generate what stands, or run a PROGRAM with it.

    Write `--` before the program: sopsmith env -e dev -- ./manage.py migrate
    """
    from sopsmith.adapters.handover import hand_over
    from sopsmith.cli import doors
    from sopsmith.cli.talk import note, put
    from sopsmith.errors import UsageError
    from sopsmith.flows.env import recover_env
    from sopsmith.formats import env_file

    if program and output:
        raise UsageError("--output and a program do not go together")
    at = doors.open_repository(repo)
    made = recover_env(at.root, environments, at.doors.files, at.doors.keyring)
    for path in made.left_out:
        note(f"left out, since no variable would generate it: {path}")
    if program:
        hand_over(list(program), made.variables)
    elif output:
        at.doors.files.write(output, env_file.write(made.variables), mode=0o600)
    else:
        put(env_file.write(made.variables))
