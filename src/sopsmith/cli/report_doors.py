"""Look at a repository in every way that a report shows.

The checks of `doctor` open what the identities at hand open; no value of it gets to the page.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from itertools import islice

from sopsmith.cli.doctor_doors import open_context
from sopsmith.cli.inventory_doors import open_inventory
from sopsmith.cli.key_doors import open_doors
from sopsmith.cli.looking import open_trees
from sopsmith.errors import OutsideError
from sopsmith.flows.audit import Audit, Seen
from sopsmith.flows.doctor import CLUSTER, diagnose
from sopsmith.flows.doctor_table import CHECKS
from sopsmith.flows.lint import Doors, lint
from sopsmith.flows.report import Report, join_findings
from sopsmith.flows.status import KINDS, read_status
from sopsmith.flows.versions import Opener
from sopsmith.repo.lint_rules import RULES
from sopsmith.sops.keyring import Keyring

_LATEST = 100
"""Commits of the history that a report shows."""
_SOON = 30  # days ahead
_ELSEWHERE = frozenset(rule.name for rule in RULES.values()) | {
    kind.replace(" ", "-") for kind in KINDS
}
"""What `doctor` would find once more, since `lint` and `status` are asked themselves."""


def open_report(repo: str, jobs: int | None) -> Report:
    """Return what there is to see.

    Raises:
        LayoutError: There is no repository, or its settings cannot be read.
    """
    root, inventory = open_inventory(repo, jobs)
    linted = lint((root,), frozenset(), Doors(*open_trees(jobs)), lambda: None)
    due = read_status(root, _SOON, open_doors(repo, jobs).doors).due
    asked = {"repo": repo, "jobs": jobs, "environment": "", "context": "", "no_cluster": True}
    local = (one for one in CHECKS if one.needs != CLUSTER)
    checks = [one for one in local if not _ELSEWHERE.issuperset(one.codes)]
    results = diagnose(open_context(asked), checks)
    findings = tuple(dict.fromkeys(join_findings(linted.findings, due, results)))
    name = os.path.basename(os.path.abspath(root))
    return Report(name, datetime.now(UTC), inventory, findings, _history(root))


def _history(root: str) -> tuple[Seen, ...]:
    from sopsmith.adapters.git_history import GitHistory

    try:
        with GitHistory(root) as history:
            audit = Audit(history, Opener(lambda: Keyring([])), None, lambda: None)
            return tuple(islice(audit.run(), _LATEST))
    except OutsideError:
        # `open_inventory` has said why.
        return ()
