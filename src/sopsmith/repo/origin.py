"""Go back from a Secret that stands to the variables that it would be generated from.

Names, keys, type and metadata stand in clear even in an encrypted file, so whether a file
is one that `generate` could have made is known without any identity.
"""

from __future__ import annotations

from typing import NamedTuple

from sopsmith.errors import EnvFileError
from sopsmith.formats.env_file import Variable, is_name
from sopsmith.kube import secret
from sopsmith.kube.secret import SecretManifest, build_object
from sopsmith.repo import names
from sopsmith.repo.manifests import default_manifest, mapped_manifest, mappings_of, scope_of
from sopsmith.repo.settings import RepoSettings, Scope, SecretMapping
from sopsmith.secret import Secret

_NOTHING = Secret(b"")


class Origin(NamedTuple):
    """What a Secret would be generated from.

    Attributes:
        mapping: The mapping, or None for a variable of its own.
        variable: The variable's name, for one of its own.
    """

    scope: Scope
    mapping: SecretMapping | None
    variable: str = ""


def find_origin(content: object, scope: Scope, settings: RepoSettings) -> Origin | None:
    """Return what a Secret would be generated from today, or None if nothing would make it.

    Args:
        content: The Secret as plain values; the values under `stringData` are not looked at.
    """
    for mapping in mappings_of(scope, settings):
        nothing = dict.fromkeys(mapping.data, _NOTHING)
        if _shape(content) == _shape_of(mapped_manifest(mapping, nothing, settings)):
            return Origin(scope, mapping)
    variable = _own_variable(content, scope, settings)
    if variable is None:
        return None
    owner = scope_of(variable, settings)
    used = {name for mapping in mappings_of(scope, settings) for name in mapping.data.values()}
    if owner != scope or variable.removeprefix(scope.prefix) in used:
        return None
    return Origin(scope, None, variable)


def is_generated(content: object, scope: Scope, settings: RepoSettings) -> bool:
    """Tell whether `generate` could have made a Secret, now or before a mapping changed."""
    if find_origin(content, scope, settings) is not None:
        return True
    return _own_variable(content, scope, settings) is not None


def recover(origin: Origin, data: dict[str, str]) -> list[Variable] | None:
    """Return the variables that give a Secret its values, or None if no values could.

    Args:
        data: What stands under `stringData`, decrypted.
    """
    values = {key: Secret(text.encode()) for key, text in data.items()}
    if origin.mapping is None:
        return [Variable(origin.variable, value) for value in values.values()]
    parts = _parts(origin.mapping, values)
    if parts is None:
        return None
    found: dict[str, Secret] = {}
    for part, value in parts.items():
        name = origin.scope.prefix + origin.mapping.data[part]
        if found.setdefault(name, value) != value:
            return None
    return [Variable(name, value) for name, value in found.items()]


def _parts(mapping: SecretMapping, values: dict[str, Secret]) -> dict[str, Secret] | None:
    if mapping.kind == "tls":
        return {"certificate": values[secret.TLS_CERTIFICATE], "key": values[secret.TLS_KEY]}
    if mapping.kind != "dockerconfigjson":
        return values
    parts = secret.read_docker_config(values)
    # A part that the mapping does not name could not come out of its variables again.
    return parts if parts is not None and set(parts) <= set(mapping.data) else None


def _own_variable(content: object, scope: Scope, settings: RepoSettings) -> str | None:
    name = _name(content)
    try:
        variable = scope.prefix + names.variable_name(name)
    except EnvFileError:
        return None
    expected = _shape_of(default_manifest(name, _NOTHING, settings))
    return variable if is_name(variable) and _shape(content) == expected else None


def _shape_of(manifest: SecretManifest) -> object:
    return _shape(build_object(manifest))


def _shape(content: object) -> object:
    """Return a Secret with the keys of its data in place of its data."""
    if not isinstance(content, dict):
        return None
    data = content.get("stringData")
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
        return None
    return {**content, "stringData": sorted(data)}


def _name(content: object) -> str:
    metadata = content.get("metadata") if isinstance(content, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else ""
