"""Find an environment by its name, and the kubeconfig context of its cluster. Pure.

The current context is never taken: which cluster gets an identity is said by name.
"""

from __future__ import annotations

from sopsmith.errors import UsageError
from sopsmith.repo.settings import FILE, RepoSettings, Scope


def find_environment(settings: RepoSettings, name: str) -> Scope:
    """Return an environment by its name.

    Raises:
        UsageError: There is none of that name.
    """
    for scope in settings.environments:
        if scope.name == name:
            return scope
    known = ", ".join(scope.name for scope in settings.environments)
    raise UsageError(f"{name!r} is no environment here; there are {known}")


def choose_context(scope: Scope, named: str) -> str:
    """Return the context of an environment's cluster.

    Args:
        named: By the user; "" for that of sopsmith.yaml.

    Raises:
        UsageError: Nothing says which it is, or it is another than the environment's own.
    """
    refuse_other(scope, named)
    if not (named or scope.context):
        raise UsageError(
            f"nothing says which cluster is {scope.name}'s",
            hint=f"--context NAME, or environments.{scope.name}.context in {FILE}",
        )
    return named or scope.context


def refuse_other(scope: Scope, named: str) -> None:
    """Refuse another context than the one that an environment is tied to.

    Raises:
        UsageError: It is another.
    """
    if named and scope.context and named != scope.context:
        raise UsageError(
            f"{scope.name} is tied to the context {scope.context} in {FILE}, not {named}",
            hint=f"change environments.{scope.name}.context there, if its cluster is another now",
        )
