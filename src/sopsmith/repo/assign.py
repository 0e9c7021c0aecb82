"""Decide which Secrets a `.env` stands for: which scope, name, keys and file.

The longest prefix that a variable begins with decides its scope; a variable with none
belongs to core. Inside its scope a variable that mappings use goes into those alone, and
any other becomes a Secret of its own. All problems are found before one error is raised,
so that a person mends a `.env` once.
"""

from __future__ import annotations

from typing import NamedTuple

from sopsmith.errors import EnvFileError, Error
from sopsmith.formats.env_file import Variable
from sopsmith.kube import secret
from sopsmith.kube.secret import SecretManifest
from sopsmith.repo import names
from sopsmith.repo.manifests import (
    default_manifest,
    mapped_manifest,
    mappings_of,
    scope_of,
    secret_path,
)
from sopsmith.repo.settings import RepoSettings, Scope, SecretMapping

_IDENTITY = b"AGE-SECRET-KEY-"
_SHOWN = 20  # problems; a person mends the first ones and runs it again
_OPTIONAL = frozenset({"email"})


class Desired(NamedTuple):
    """One Secret that should stand.

    Attributes:
        path: Its file, relative to the root of the repository.
        variables: The variables it is made from, as the `.env` has them.
    """

    scope: str
    path: str
    manifest: SecretManifest
    variables: tuple[str, ...]

    @property
    def file(self) -> str:
        """Return the file's name inside its folder."""
        return self.path.rpartition("/")[2]


class Assignment(NamedTuple):
    """What a whole `.env` stands for.

    Attributes:
        desired: The Secrets, core first, by file inside a scope.
        ignored: Variables that settings leave out, such as `APP_*`.
        scoped: Variables of each scope by their name without prefix.
    """

    desired: list[Desired]
    ignored: list[Variable]
    scoped: dict[str, dict[str, Variable]]


def assign(variables: list[Variable], settings: RepoSettings, path: str) -> Assignment:
    """Return the Secrets that variables stand for.

    Args:
        path: What errors call the `.env`.

    Raises:
        EnvFileError: One or more variables or mappings cannot become Secrets; lists all.
    """
    problems: list[str] = []
    scoped, ignored = _split(variables, settings, problems)
    desired: list[Desired] = []
    for scope in settings.scopes:
        made = _scope_secrets(scope, scoped[scope.name], settings, problems)
        desired += sorted(made, key=lambda item: item.path)
    _refuse_oversize(desired, problems)
    _refuse_hiding(desired, settings, problems)
    _raise(problems, path)
    return Assignment(desired, ignored, scoped)


def _split(
    variables: list[Variable], settings: RepoSettings, problems: list[str]
) -> tuple[dict[str, dict[str, Variable]], list[Variable]]:
    scoped: dict[str, dict[str, Variable]] = {scope.name: {} for scope in settings.scopes}
    ignored: list[Variable] = []
    for variable in variables:
        scope = scope_of(variable.name, settings)
        if scope is None:
            ignored.append(variable)
            continue
        if _IDENTITY in variable.value.reveal().upper():
            problems.append(
                f"{_place(variable)}: {variable.name} holds an age identity, which must never "
                "become a Secret in Git"
            )
        short = variable.name.removeprefix(scope.prefix)
        other = scoped[scope.name].setdefault(short, variable)
        if other is not variable:
            problems.append(f"{_place(variable)}: {_pair(other, variable)} are one in {scope.name}")
    return scoped, ignored


def _scope_secrets(
    scope: Scope, variables: dict[str, Variable], settings: RepoSettings, problems: list[str]
) -> list[Desired]:
    made: dict[str, Desired] = {}
    sources: dict[str, str] = {}
    used: set[str] = set()

    def add(manifest: SecretManifest, used_names: tuple[str, ...], source: str) -> None:
        path = secret_path(scope.name, manifest.name, settings)
        if path in made:
            problems.append(f"{source} and {sources[path]} become one file, {path}")
        made[path] = Desired(scope.name, path, manifest, used_names)
        sources[path] = source

    for mapping in mappings_of(scope, settings):
        used.update(mapping.data.values())
        parts = _parts(mapping, scope, variables, problems)
        if parts:
            try:
                values = {part: variable.value for part, variable in parts.items()}
                manifest = mapped_manifest(mapping, values, settings)
            except Error as error:
                problems.append(f"mapping {mapping.name}: {error.message}")
                continue
            unique = dict.fromkeys(variable.name for variable in parts.values())
            add(manifest, tuple(unique), f"mapping {mapping.name}")
    for short, variable in variables.items():
        if short not in used:
            try:
                name = names.secret_name(short)
            except EnvFileError as error:
                problems.append(f"{_place(variable)}: {variable.name}: {error.message}")
                continue
            manifest = default_manifest(name, variable.value, settings)
            add(manifest, (variable.name,), f"{variable.name} on {_place(variable)}")
    return list(made.values())


def _parts(
    mapping: SecretMapping, scope: Scope, variables: dict[str, Variable], problems: list[str]
) -> dict[str, Variable] | None:
    """Return the variables of a mapping by part, or None where they do not make it up."""
    parts = {key: variables[name] for key, name in mapping.data.items() if name in variables}
    optional = _OPTIONAL if mapping.kind == "dockerconfigjson" else frozenset()
    missing = [
        scope.prefix + name
        for key, name in mapping.data.items()
        if key not in parts and key not in optional
    ]
    if not parts or not missing:
        return parts or None
    given = ", ".join(dict.fromkeys(variable.name for variable in parts.values()))
    problems.append(
        f"mapping {mapping.name} in {scope.name} has {given} but lacks "
        + ", ".join(dict.fromkeys(missing))
    )
    return None


def _refuse_oversize(desired: list[Desired], problems: list[str]) -> None:
    for item in desired:
        if item.manifest.size > secret.SIZE_LIMIT:
            problems.append(
                f"{item.path} would hold {item.manifest.size} bytes, and Kubernetes takes "
                f"{secret.SIZE_LIMIT} ({', '.join(item.variables)})"
            )


def _refuse_hiding(desired: list[Desired], settings: RepoSettings, problems: list[str]) -> None:
    core = {
        (item.manifest.namespace, item.manifest.name): item
        for item in desired
        if item.scope == settings.core.name
    }
    for item in desired:
        other = core.get((item.manifest.namespace, item.manifest.name))
        if other is not None and other is not item:
            problems.append(
                f"{item.path} and {other.path} are one Secret to the cluster, "
                f"{item.manifest.namespace}/{item.manifest.name}: one would hide the other"
            )


def _raise(problems: list[str], path: str) -> None:
    if len(problems) == 1:
        raise EnvFileError(problems[0], path=path)
    if problems:
        more = len(problems) - _SHOWN
        shown = [*problems[:_SHOWN], *([f"and {more:,} more"] if more > 0 else [])]
        listed = "".join(f"\n  - {problem}" for problem in shown)
        raise EnvFileError(f"{len(problems)} problems, nothing was written:{listed}", path=path)


def _place(variable: Variable) -> str:
    return f"line {variable.line}"


def _pair(one: Variable, other: Variable) -> str:
    return f"{one.name} (line {one.line}) and {other.name}"
