"""Keep the `config.yaml` that the ApplicationSet reads in step with a tenant. Pure."""

from __future__ import annotations

from sopsmith.errors import Error
from sopsmith.formats import load_format
from sopsmith.formats.place import put
from sopsmith.formats.splice import splice
from sopsmith.repo.strict import parse_fields
from sopsmith.repo.tenant import Find, Tenant
from sopsmith.repo.tenant_layout import CONFIG, build_configs, config_fields

_YAML = load_format("yaml")


def config_changes(tenant: Tenant, find: Find) -> dict[str, bytes]:
    """Return the bytes of each `config.yaml` that is missing or says something else.

    What else stands in one stays; a field of ours that is missing there is not added, except
    for the namespace. A tenant with one for all environments gets no others.

    Raises:
        LayoutError: One is no YAML mapping.
    """
    shared = f"{tenant.folder}/{CONFIG}"
    found = find(shared)
    if found is not None:
        fields = config_fields(tenant, next(iter(tenant.namespaces)))
        kept = {name: fields[name] for name in ("tenant", "namespace")}
        return _changed({shared: (found, kept)})
    standing: dict[str, tuple[bytes, dict[str, str]]] = {}
    new: dict[str, bytes] = {}
    for environment, (path, text) in zip(
        tenant.namespaces, build_configs(tenant).items(), strict=True
    ):
        data = find(path)
        if data is None:
            new[path] = text.encode()
        else:
            standing[path] = data, config_fields(tenant, environment)
    return new | _changed(standing)


def _changed(files: dict[str, tuple[bytes, dict[str, str]]]) -> dict[str, bytes]:
    made = {path: _set(path, data, fields) for path, (data, fields) in files.items()}
    return {path: data for path, data in made.items() if data != files[path][0]}


def _set(path: str, data: bytes, fields: dict[str, str]) -> bytes:
    standing = parse_fields(data, None, path)
    text = data.decode()
    try:
        for name, value in fields.items():
            lacks = name not in standing
            if (lacks and name != "namespace") or (not lacks and standing.text(name) == value):
                continue
            text = splice(text, put(_YAML, text, _YAML.parse(text)[0], (name,), value))
    except Error as error:
        raise error.at(path) from None
    return text.encode()
