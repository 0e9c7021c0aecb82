"""Turn a variable's name into the name of a Secret, and back.

Source: Kubernetes, apimachinery `pkg/util/validation`: IsDNS1123Subdomain (names of
Secrets, at most 253 characters), IsDNS1123Label (namespaces, at most 63). sopsmith makes no
dots in names, so the two differ in length alone here.
"""

from __future__ import annotations

from sopsmith.errors import EnvFileError, LayoutError

NAME_LIMIT = 253
"""Characters of a Secret's name."""
NAMESPACE_LIMIT = 63
"""Characters of a namespace's name."""
_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


def secret_name(variable: str) -> str:
    """Return the Secret's name for a variable: `DATABASE_URL` becomes `database-url`.

    Args:
        variable: The variable's name without its scope's prefix.

    Raises:
        EnvFileError: It cannot become a DNS-1123 name.
    """
    name = variable.lower().replace("_", "-")
    reason = fault(name, NAME_LIMIT)
    if reason:
        raise EnvFileError(f"{variable or 'a prefix alone'} cannot name a Secret: {reason}")
    return name


def variable_name(name: str) -> str:
    """Return the variable that `secret_name` turns into this name.

    Raises:
        EnvFileError: No variable becomes this name.
    """
    if fault(name, NAME_LIMIT):
        raise EnvFileError("is not a name that a variable becomes")
    return name.upper().replace("-", "_")


def check_name(name: str) -> str:
    """Return a Secret's name that was written by hand, if Kubernetes takes it.

    Raises:
        LayoutError: It does not; dots are refused too, since the file is named for it.
    """
    return _checked(name, NAME_LIMIT, "name")


def check_namespace(name: str) -> str:
    """Return a namespace's name, if Kubernetes takes it.

    Raises:
        LayoutError: It does not.
    """
    return _checked(name, NAMESPACE_LIMIT, "namespace")


def _checked(name: str, limit: int, what: str) -> str:
    reason = fault(name, limit)
    if reason:
        raise LayoutError(f"{name!r} is no {what}: {reason}")
    return name


def fault(name: str, limit: int) -> str | None:
    """Say why a text is no DNS-1123 label of this length, or return None if it is one."""
    if not name:
        return "it would be empty"
    if len(name) > limit:
        return f"it would have {len(name)} characters, and {limit} is the limit"
    if not _ALLOWED.issuperset(name):
        return "only letters a to z, digits and - may stand in it"
    if name.startswith("-") or name.endswith("-"):
        return "it would begin or end with -"
    return None
