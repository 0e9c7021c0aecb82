"""Say which subtree of a repository belongs to a tenant.

The rule is the path alone. A file in the subtree could not say it: whoever may write there could
take the file away.
"""

from __future__ import annotations

FOLDER = "tenants"
"""Where tenants' subtrees stand, relative to the root of the repository."""


def environment_of(path: str) -> str:
    """Return the environment of `tenants/NAME/overlays/ENV/…`, or "" of any other path."""
    parts = path.split("/")
    own = parts[0] == FOLDER and parts[2:3] == ["overlays"] and len(parts) > 4
    return parts[3] if own else ""


def subtree_of(path: str) -> str:
    """Return the subtree `tenants/NAME` that a folder lies in, or "" where it is nobody's.

    Args:
        path: Relative to the root of the repository, without `.` and `..`.
    """
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == FOLDER and len(parts) > 1 else ""
