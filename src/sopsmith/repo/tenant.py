"""Read what a tenant is: `tenants/NAME/tenant.yaml`, and the namespace beside it.

A tenant is a small platform repository inside of the platform's: its settings become
`RepoSettings`, and what plans, encrypts and lists the platform's Secrets does so for its own.
Whose files open for whom is not for the tenant alone to say: each of its environments opens for
the platform's recipients of that environment too, and `.sops.yaml`, outside of its subtree,
decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from sopsmith.errors import Error, LayoutError, UsageError
from sopsmith.formats.env_reader import is_name
from sopsmith.kube.tenants import FOLDER
from sopsmith.repo.kustomization import parse_documents
from sopsmith.repo.names import NAMESPACE_LIMIT, check_name, check_namespace, fault
from sopsmith.repo.recipients import NamedRecipient, parse_recipients
from sopsmith.repo.settings import (
    RepoSettings,
    Scope,
    SecretMapping,
    parse_mappings,
    parse_roll,
)
from sopsmith.repo.strict import Fields, parse_fields

FILE = "tenant.yaml"
NAMESPACE_FILE = "00-namespace.yaml"
APP = "APP_"
"""What a tenant's variables begin with, besides their environment's prefix."""
_PREFIX = "tenant-"
_SYSTEM = frozenset({"kube-system", "kube-public", "kube-node-lease", "argocd"})
_FIELDS = ("version", "environments", "one_secret_a", "services", "secrets", "roll")

Find = Callable[[str], bytes | None]
"""Returns a file's bytes by its path relative to the repository, or None."""


class Tenant(NamedTuple):
    """What a tenant's files say.

    Attributes:
        own: Its own recipients, by environment.
        settings: The layout of its subtree; each environment opens for its own recipients and
            the platform's. The mappings are those of `secrets` in `tenant.yaml`.
        namespaces: Where its Secrets go, by environment.
        by_variable: One Secret a variable, instead of one a service.
        services: The beginnings of each service's variables, by its name.
    """

    name: str
    own: dict[str, tuple[NamedRecipient, ...]]
    settings: RepoSettings
    namespaces: dict[str, str]
    by_variable: bool = False
    services: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - nobody changes it.

    @property
    def folder(self) -> str:
        """Return its subtree, relative to the repository."""
        return folder_of(self.name)


def folder_of(name: str) -> str:
    """Return the subtree of a tenant, relative to the repository."""
    return f"{FOLDER}/{name}"


def default_namespace(name: str) -> str:
    """Return the namespace of a tenant that has not chosen another."""
    return f"{_PREFIX}{name}"


def check_tenant(name: str) -> str:
    """Return a name that a folder and a namespace can have.

    Raises:
        UsageError: They cannot.
    """
    reason = fault(name, NAMESPACE_LIMIT - len(_PREFIX))
    if reason:
        raise UsageError(f"{name!r} cannot name a tenant: {reason}")
    return name


def read_tenant(name: str, platform: RepoSettings, find: Find, *, namespace: str = "") -> Tenant:
    """Return a tenant of the repository.

    Args:
        namespace: Where nothing says it yet.

    Raises:
        UsageError: There is none of this name.
        LayoutError: Its files do not say what they should.
    """
    path = f"{folder_of(check_tenant(name))}/{FILE}"
    data = find(path)
    if data is None:
        raise UsageError(
            f"there is no tenant {name}: {path} is missing", hint="sopsmith tenant add --help"
        )
    top = parse_fields(data, _FIELDS, path)
    if top.number("version") != 1:
        raise top.error("this sopsmith knows version 1 alone", "version")
    own = _environments(top, platform)
    tenant = build_tenant(name, platform, own)
    namespaces = {env: find_namespace(name, env, find) or namespace for env in own}
    if "" in namespaces.values():
        raise LayoutError(
            f"has no {NAMESPACE_FILE}, which says where its Secrets go",
            path=folder_of(name),
            hint=f"sopsmith tenant add {name}",
        )
    _refuse_platform(name, namespaces, platform)
    kind = top.text("one_secret_a", "service")
    if kind not in {"service", "variable"}:
        raise top.error(f"{kind!r} is neither service nor variable", "one_secret_a")
    settings = replace(
        tenant.settings,
        mappings=parse_mappings(top, tenant.settings.environments),
        roll=parse_roll(top, default=platform.roll),
    )
    _refuse_others(top, settings.mappings, namespaces)
    services = _services(top)
    return Tenant(name, own, settings, namespaces, kind == "variable", services)


def build_tenant(
    name: str, platform: RepoSettings, own: dict[str, tuple[NamedRecipient, ...]]
) -> Tenant:
    """Return a tenant that has recipients and says nothing else yet.

    Raises:
        LayoutError: The platform names no recipient of an environment, so it could not deploy
            the tenant's Secrets.
    """
    scopes = []
    for scope in platform.environments:
        if scope.name not in own:
            continue
        if not scope.named:
            raise LayoutError(
                f"names no recipient of {scope.name}, and a tenant's files open for the "
                "platform's too",
                path="sopsmith.yaml",
                key=f"environments.{scope.name}.recipients",
                hint=f"sopsmith recipients add {scope.name} age1…",
            )
        known = {one.recipient for one in own[scope.name]}
        also = tuple(one for one in scope.named if one.recipient not in known)
        scopes.append(Scope(scope.name, scope.prefix, (*own[scope.name], *also)))
    settings = RepoSettings(
        root=folder_of(name), overlays="overlays", ignore=(), environments=tuple(scopes)
    )
    return Tenant(name, own, settings, dict.fromkeys(own, default_namespace(name)))


def namespace_files(name: str, environment: str) -> tuple[str, ...]:
    """Return where the namespace of a tenant may stand, the nearest first."""
    home = folder_of(name)
    folders = (f"{home}/overlays/{environment}", f"{home}/base", home)
    return tuple(f"{folder}/{NAMESPACE_FILE}" for folder in folders)


def find_namespace(name: str, environment: str, find: Find) -> str:
    """Return the namespace of a tenant's environment, or "" where no file says it.

    Raises:
        LayoutError: The file is not one Namespace.
    """
    for path in namespace_files(name, environment):
        data = find(path)
        if data is None:
            continue
        found = [
            one["metadata"].get("name")
            for one in parse_documents(data, path)
            if isinstance(one, dict)
            and one.get("kind") == "Namespace"
            and isinstance(one.get("metadata"), dict)
        ]
        try:
            (only,) = found
            return check_namespace(str(only))
        except ValueError:
            raise LayoutError("is not one Namespace", path=path) from None
        except Error as error:
            raise error.at(path) from None
    return ""


def _refuse_platform(name: str, namespaces: dict[str, str], platform: RepoSettings) -> None:
    """Refuse a namespace of the platform, whose Secrets and rights a tenant would get.

    Raises:
        LayoutError: It is one.
    """
    mapped = {one.namespace for one in platform.mappings}
    for found in namespaces.values():
        if found in _SYSTEM | mapped | {platform.namespace, platform.argocd.namespace}:
            raise LayoutError(
                f"says {found}, which is the platform's",
                path=f"{folder_of(name)}/…/{NAMESPACE_FILE}",
                hint="give the tenant a namespace of its own",
            )


def _environments(top: Fields, platform: RepoSettings) -> dict[str, tuple[NamedRecipient, ...]]:
    table = top.fields("environments")
    known = [scope.name for scope in platform.environments]
    found = {}
    for name in table.names():
        if name not in known:
            raise table.error(f"is no environment here; there are {', '.join(known)}", name)
        found[name] = parse_recipients(table.fields(name, ("recipients",)))
    if not found:
        raise top.error("names no environment", "environments")
    return found


def _services(top: Fields) -> dict[str, tuple[str, ...]]:
    table = top.fields("services")
    found = {}
    for name in table.names():
        table.checked(check_name, name, name)
        found[name] = table.texts(name)
        for index, start in enumerate(found[name]):
            if not start.startswith(APP) or not is_name(start):
                raise table.error(f"begins no variable of a tenant: {APP}…", f"{name}[{index}]")
    return found


def _refuse_others(
    top: Fields, mappings: tuple[SecretMapping, ...], namespaces: dict[str, str]
) -> None:
    """Refuse a Secret of another namespace than the tenant's."""
    for index, mapping in enumerate(mappings):
        for environment in mapping.scopes or namespaces:
            if mapping.namespace not in {None, namespaces.get(environment)}:
                raise top.error(
                    "is not the tenant's",
                    f"secrets[{index}].namespace",
                    f"leave it out: {NAMESPACE_FILE} says it",
                )
