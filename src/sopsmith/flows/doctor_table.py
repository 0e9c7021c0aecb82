"""List every check and every repair of `doctor`, in the order in which people read them."""

from __future__ import annotations

from sopsmith.flows.doctor import Check, Repair

CHECKS: tuple[Check, ...] = ()
REPAIRS: dict[str, Repair] = {}
CODES = tuple(dict.fromkeys(code for check in CHECKS for code in check.codes))
"""Every code; docs/how-to/troubleshooting.md has a section for each."""
