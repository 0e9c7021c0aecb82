"""Read back the `.env` that would generate the Secrets that stand: the inverse of generate."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sopsmith.errors import Error, LayoutError, NotEncrypted
from sopsmith.formats.env_file import Variable
from sopsmith.ports import Files
from sopsmith.repo.folders import choose_scopes, read_folder
from sopsmith.repo.manifests import SUFFIX
from sopsmith.repo.origin import find_origin, recover
from sopsmith.repo.root import read_settings
from sopsmith.repo.settings import RepoSettings, Scope
from sopsmith.sops.document import Document
from sopsmith.sops.keyring import Keyring


class Recovered(NamedTuple):
    """What stands, as variables.

    Attributes:
        variables: Core's first, by file inside a scope.
        left_out: Paths of Secrets that no variable makes, such as hand-written ones.
    """

    variables: list[Variable]
    left_out: list[str]


def recover_env(
    root: str, scopes: tuple[str, ...], files: Files, keyring: Callable[[], Keyring]
) -> Recovered:
    """Return the variables that would generate what stands.

    Args:
        root: The repository's root, absolute.
        scopes: Names of the scopes to look at; empty for all.

    Raises:
        NoIdentity: A Secret of these scopes does not open, so the result would have a gap.
        LayoutError: Two Secrets give one variable two values.
        MacMismatch, Tampered, FormatError: A file is not sound.
    """
    settings = read_settings(files, root)
    found: dict[str, tuple[Variable, str]] = {}
    left_out: list[str] = []
    for scope in choose_scopes(scopes, settings):
        home = settings.secrets_folder(scope.name)
        for file, data in sorted(read_folder(files, root, scope, settings).items()):
            if not file.endswith(SUFFIX):
                continue
            path = f"{home}/{file}"
            variables = _variables(data, path, scope, settings, keyring)
            if variables is None:
                left_out.append(path)
            for variable in variables or ():
                _add(variable, path, found)
    return Recovered([variable for variable, _ in found.values()], left_out)


def _variables(
    data: bytes, path: str, scope: Scope, settings: RepoSettings, keyring: Callable[[], Keyring]
) -> list[Variable] | None:
    """Return the variables behind one file, or None if generate would not make it."""
    try:
        document = Document.parse(data, "yaml", path=path)
    except NotEncrypted:
        return None
    try:
        contents = document.unlock(keyring()).objects()
    except Error as error:
        raise error.at(path) from None
    content = contents[0] if len(contents) == 1 else None
    origin = find_origin(content, scope, settings)
    if origin is None or not isinstance(content, dict):
        return None
    made = recover(origin, content["stringData"])
    name = content["metadata"]["name"]
    return made if path.endswith(f"/{name}{SUFFIX}") else None


def _add(variable: Variable, path: str, found: dict[str, tuple[Variable, str]]) -> None:
    other = found.setdefault(variable.name, (variable, path))
    if other[0].value != variable.value:
        raise LayoutError(
            f"{variable.name} has another value here than in {other[1]}, so no .env makes both",
            path=path,
            hint="sopsmith generate from the right .env puts one value into both",
        )
