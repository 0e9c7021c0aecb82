"""List every check and every repair of `doctor`, in the order in which people read them."""

from __future__ import annotations

from sopsmith.flows import (
    doctor_argocd,
    doctor_bootstrap,
    doctor_cluster,
    doctor_delivery,
    doctor_files,
    doctor_identities,
    doctor_manifests,
    doctor_sync,
    doctor_tools,
    refresh,
)
from sopsmith.flows.doctor import Check, Repair

CHECKS: tuple[Check, ...] = (
    *doctor_files.CHECKS,
    *doctor_manifests.CHECKS,
    *doctor_identities.CHECKS,
    *doctor_tools.CHECKS,
    *doctor_cluster.CHECKS,
    *doctor_delivery.CHECKS,
    *doctor_sync.CHECKS,
    *doctor_argocd.CHECKS,
    *doctor_bootstrap.CHECKS,
)
REPAIRS: dict[str, Repair] = {
    **doctor_identities.REPAIRS,
    **doctor_tools.REPAIRS,
    **doctor_cluster.REPAIRS,
    **refresh.REPAIRS,
}
CODES = tuple(dict.fromkeys(code for check in CHECKS for code in check.codes))
"""Every code; docs/how-to/troubleshooting.md has a section for each."""
