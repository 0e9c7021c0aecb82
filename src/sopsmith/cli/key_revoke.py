"""`sopsmith key revoke`: what to do when an identity has leaked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from sopsmith.errors import UsageError

if TYPE_CHECKING:
    from sopsmith.flows.shut_out import Doors


@click.command("revoke")
@click.argument("wanted", metavar="[RECIPIENT|NAME|ID]", required=False, default="")
@click.option("--environment", "-e", metavar="NAME", default="", help="Take it out of this alone.")
@click.option("--dry-run", is_flag=True, help="Print the list and the plan; write nothing.")
@click.option("--status", "status", is_flag=True, help="Say which credentials are still the same.")
@click.option("--record", is_flag=True, help="Write down which credentials are proven new.")
@click.option("--replaced", metavar="SECRET", help="Say that a Secret's credential was changed.")
@click.option("--note", "text", metavar="TEXT", default="", help="What was done; for --replaced.")
@click.option("--repo", metavar="DIR", default=".", help="Where the repository is.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def command(wanted: str, *, repo: str, output: str, **options: Any) -> int:
    """Shut a leaked identity out, and list every credential that must be changed.

    RECIPIENT is the leaked identity's, NAME what sopsmith.yaml calls it. The list has every
    Secret that it could ever read, from Git's history on all refs; no new data key takes back
    what was read. The recipient leaves sopsmith.yaml and .sops.yaml, and every file of its
    scopes gets a new data key. --status compares values, as far as an identity at hand opens
    them, and ends with 3 while a credential is still the old one.
    """
    from sopsmith.cli import show_revoked

    as_json = output == "json"
    if (options["replaced"] is None) != (not options["text"]):
        raise UsageError("--replaced and --note go together")
    with _doors(repo) as doors:
        if options["status"] or options["record"] or options["replaced"] is not None:
            return _track(wanted, options, doors, as_json=as_json)
        if not wanted:
            raise UsageError("name the recipient", hint="sopsmith key list")
        from sopsmith.flows.revoke import apply_revoke, plan_revoke

        plan = plan_revoke(wanted, options["environment"], doors)
        outcome = None if options["dry_run"] or plan.refusal else apply_revoke(plan, doors)
    show_revoked.show_plan(plan, outcome, as_json=as_json)
    if plan.refusal:
        raise plan.refusal
    return 3 if plan.rekeying.problems or (outcome and outcome.problems) else 0


def _track(wanted: str, options: dict[str, Any], doors: Doors, *, as_json: bool) -> int:
    from sopsmith.cli.show_revoked import show_states
    from sopsmith.flows.revoke_status import note_replaced, read_states, write_proven

    if options["replaced"] is not None:
        note_replaced(wanted, options["replaced"], options["text"], doors)
    found = read_states(wanted, doors)
    if options["record"]:
        write_proven(found, doors)
    show_states(found, as_json=as_json)
    return 3 if any(state.open for _, states in found for state in states) else 0


@contextmanager
def _doors(repo: str) -> Iterator[Doors]:
    import os

    from sopsmith.adapters.files import LocalFiles
    from sopsmith.adapters.git_history import GitHistory
    from sopsmith.cli.progress import Counter
    from sopsmith.cli.rekeying import build_means
    from sopsmith.flows.exposure import Digests, Search
    from sopsmith.flows.shut_out import Doors
    from sopsmith.flows.versions import Opener
    from sopsmith.repo.root import find_root

    files = LocalFiles()
    root = os.path.relpath(find_root(files, repo))
    means = build_means({"jobs": None, "input_type": ""})
    digests, opener = Digests(os.urandom(32)), Opener(means.keyring)
    with GitHistory(root) as history, Counter("versions looked at") as counter:
        yield Doors(
            root,
            files,
            lambda scope_of: Search(history, opener, digests, scope_of),
            history.prefix,
            means,
            counter.tick,
        )
