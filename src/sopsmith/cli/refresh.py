"""`sopsmith refresh`: have Argo CD render Applications afresh."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sopsmith.flows.doctor import Context
    from sopsmith.repo.diagnosis import Finding


@click.command("refresh")
@click.argument("names", metavar="[APPLICATION]...", nargs=-1)
@click.option("--environment", "-e", default="", metavar="NAME", help="Whose cluster it is.")
@click.option("--context", default="", metavar="NAME",
              help="The cluster's. [default: the environment's in sopsmith.yaml]")  # fmt: skip
@click.option("--wait", type=click.FloatRange(min=0), default=120.0, metavar="SECONDS",
              help="How long, in all.", show_default=True)  # fmt: skip
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(names: tuple[str, ...], wait: float, output: str, **options: object) -> int:
    """Have Argo CD render the APPLICATIONs past its cache, and say what came of it.

    All that render this repository, unless some are named. A hard refresh also clears an error
    that Argo CD only remembers. Ends with 3 unless all are Synced then.
    """
    import time

    from sopsmith.cli.talk import put_json
    from sopsmith.flows.refresh import Doors, choose_names, refresh

    context = _open(options)
    doors = Doors(context.cluster, time.monotonic, time.sleep, wait)
    settings = context.settings
    chosen = names or choose_names(context.cluster, settings)
    synced, objects = True, []
    for one in refresh(chosen, settings.argocd.namespace, doors):
        found = _examine(context, one.application) if not one.synced else []
        state = "Synced" if one.synced else "not Synced" if one.taken_up else "not taken up in time"
        synced = synced and one.synced
        objects.append({"name": one.name, "state": state,
                        "findings": [finding.as_object() for finding in found]})  # fmt: skip
        if output == "text":
            _show(one.name, state, found)
    if output == "json":
        put_json({"applications": objects})
    return 0 if synced else 3


def _open(options: dict[str, object]) -> Context:
    from sopsmith.cli.doctor_doors import open_context
    from sopsmith.errors import UsageError

    context = open_context({**options, "no_cluster": False, "jobs": None})
    if context.open_cluster is None:
        raise UsageError(context.no_cluster, hint=context.name_cluster)
    return context


def _examine(context: Context, application: dict[str, object]) -> list[Finding]:
    from sopsmith.flows.doctor_sync import at_hand, context_of, examine

    known = context_of(context.cluster)
    return list(examine(application, known, lambda paths: at_hand(context, paths)))


def _show(name: str, state: str, found: list[Finding]) -> None:
    from sopsmith.cli.plain_lines import put_lines
    from sopsmith.cli.talk import say

    put_lines([f"{name}: {state}"])
    for one in found:
        say(f"{one.level}: {one.code}: {one.message}")
        say(f"hint: {one.hint}")
