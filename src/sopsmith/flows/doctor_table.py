"""List every check and every repair of `doctor`, in the order in which people read them."""

from __future__ import annotations

from sopsmith.flows import (
    doctor_bootstrap,
    doctor_files,
    doctor_identities,
    doctor_manifests,
    doctor_tools,
)
from sopsmith.flows.doctor import Check, Repair

CHECKS: tuple[Check, ...] = (
    *doctor_files.CHECKS,
    *doctor_manifests.CHECKS,
    *doctor_identities.CHECKS,
    *doctor_tools.CHECKS,
    *doctor_bootstrap.CHECKS,
)
REPAIRS: dict[str, Repair] = {**doctor_identities.REPAIRS, **doctor_tools.REPAIRS}
CODES = tuple(dict.fromkeys(code for check in CHECKS for code in check.codes))
"""Every code; docs/how-to/troubleshooting.md has a section for each."""
