"""`sopsmith bootstrap`: a cluster that can decrypt what is in Git."""

from __future__ import annotations

from typing import Any

import click

from sopsmith.cli.consent_options import consent_options
from sopsmith.cli.share_options import share_option


@click.command("bootstrap")
@click.option("--environment", "-e", metavar="NAME", default="",
              help="Whose cluster it is. [default: the only one]")  # fmt: skip
@click.option("--context", metavar="NAME", default="",
              help="Of the kubeconfig. [default: as sopsmith.yaml says]")  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask; goes with --context.")
@click.option("--dry-run", is_flag=True, help="Say what would be done and change nothing.")
@click.option("--status", is_flag=True, help="As --dry-run, and end with 3 unless all is done.")
@click.option("--only", multiple=True, metavar="STEP", help="This step; again for more.")
@click.option("--skip", multiple=True, metavar="STEP", help="Not this step; again for more.")
@click.option("--from", "start", default="", metavar="STEP", help="Begin with this step.")
@click.option("--apply-argocd", is_flag=True, help="Patch the Argo CD that runs, as Git says.")
@click.option("--tools", metavar="DIR", help="Put sops, age, kustomize and ksops there, too.")
@click.option("--wait", default="10m", show_default=True, metavar="TIME",
              help="How long to wait for the Secrets.")  # fmt: skip
@share_option
@consent_options
@click.option("--rbac", metavar="USER", help="Print the rights that USER needs for this, as YAML.")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(*, dry_run: bool, status: bool, rbac: str | None, output: str, **options: Any) -> int:
    """Make a cluster able to decrypt what is in Git, and see the Secrets arrive.

    The steps, each checked before and after it is applied: plugin, tools, namespace, github-app,
    bucket, identity, inject, backup, argocd, applications, wait. Run it again after a stop of
    any kind: what is done is not done again. The cluster is shown and has to be confirmed.
    """
    from sopsmith.cli import bootstrap_words as words
    from sopsmith.cli.show_steps import begin, show_steps
    from sopsmith.flows.bootstrap import build_steps
    from sopsmith.flows.steps import DONE, apply_steps, check_steps, choose_steps

    looks = dry_run or status
    if rbac:
        words.put_rbac(options, rbac)
        return 0
    request, doors = words.open_bootstrap(options)
    steps = build_steps(request, doors)
    chosen = choose_steps(steps, options["only"], options["skip"], options["start"])
    if not looks:
        words.confirm(request, doors, yes=options["yes"], named=bool(options["context"]))
    results = check_steps(chosen) if looks else apply_steps(chosen, begin)
    found = show_steps(results, chosen, as_json=output == "json")
    if len(found) == len(chosen) and all(one.state == DONE for one in found):
        return 0
    return (3 if status else 0) if looks else 1
