"""Read `sopsmith.yaml`: what the repository's layout is and who opens which part of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from sopsmith.formats.env_reader import is_name
from sopsmith.kube.secret import check_data_key
from sopsmith.repo.argocd_settings import ArgocdSettings, parse_argocd
from sopsmith.repo.backup_settings import BackupSettings, parse_backup
from sopsmith.repo.lint_settings import Ignored, parse_lint
from sopsmith.repo.mappings import MAPPING_FIELDS, SecretMapping, parse_mapping, refuse_twins
from sopsmith.repo.names import NAMESPACE_LIMIT, check_namespace, fault
from sopsmith.repo.recipients import NamedRecipient, parse_recipients
from sopsmith.repo.strict import Fields, parse_fields

__all__ = [
    "CORE", "FILE", "BackupSettings", "NamedRecipient", "RepoSettings", "Scope", "SecretMapping",
    "parse_settings",
]  # fmt: skip

FILE = "sopsmith.yaml"
"""Where the settings stand, relative to the root of the repository."""
CORE = "core"
"""The scope that every environment shares."""
_FIELDS = (
    "version", "layout", "namespace", "data_key", "ignore", "core", "environments", "secrets",
    "lint", "recovery", "backup", "keys", "argocd", "roll",
)  # fmt: skip
_PATH_SIGNS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")


@dataclass(frozen=True)
class Scope:
    """Core or one environment.

    Attributes:
        prefix: What its variables begin with; empty for core.
        named: Who opens its files; for core, besides every environment's own.
        context: Of the kubeconfig, the one that leads to its cluster; empty where none is named.
    """

    name: str
    prefix: str
    named: tuple[NamedRecipient, ...] = ()
    context: str = ""

    @property
    def recipients(self) -> tuple[str, ...]:
        """Return who opens its files, without their names."""
        return tuple(one.recipient for one in self.named)


@dataclass(frozen=True)
class RepoSettings:
    """What `sopsmith.yaml` says; the defaults are the platform's.

    Attributes:
        root: Folder of the Argo CD tree, relative to the repository.
        overlays: Folder of the overlays, relative to `root`.
        namespace: Namespace of a Secret that no mapping puts elsewhere.
        data_key: Data key of a Secret that no mapping makes.
        ignore: Variables that begin so are left out.
        lint_ignored: Findings of `lint` that are left out.
        recovery: Who opens backups of identities, and nothing else.
        max_age_days: How old an identity may be; None for any age.
        argocd: How Argo CD is installed, and who may open what in it.
        roll: Names of Secrets in the cluster end with a hash of what they hold, so that pods
            which use one roll when it changes.
    """

    root: str = "bootstrap/argocd"
    overlays: str = "overlays/main"
    namespace: str = "kube-system"
    data_key: str = "value"
    ignore: tuple[str, ...] = ("APP_",)
    core: Scope = field(default=Scope(CORE, ""))
    environments: tuple[Scope, ...] = ()
    mappings: tuple[SecretMapping, ...] = ()
    lint_ignored: tuple[Ignored, ...] = ()
    recovery: tuple[NamedRecipient, ...] = ()
    backup: BackupSettings = field(default=BackupSettings())
    max_age_days: int | None = None
    argocd: ArgocdSettings = field(default=ArgocdSettings())
    roll: bool = False

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """Return core and then the environments."""
        return (self.core, *self.environments)

    def overlay_folder(self, scope_name: str) -> str:
        """Return a scope's overlay, relative to the repository."""
        return f"{self.root}/{self.overlays}/{scope_name}"

    def secrets_folder(self, scope_name: str) -> str:
        """Return the folder of a scope's encrypted Secrets, relative to the repository."""
        return f"{self.overlay_folder(scope_name)}/secrets"

    def readers(self, scope_name: str) -> tuple[str, ...]:
        """Return every recipient that a scope's files are encrypted for.

        Core's files open for all environments, because each of them deploys core.
        """
        if scope_name != self.core.name:
            return next(s.recipients for s in self.environments if s.name == scope_name)
        own = [*self.core.recipients, *(r for s in self.environments for r in s.recipients)]
        return tuple(dict.fromkeys(own))


def parse_settings(data: bytes, path: str) -> RepoSettings:
    """Return what a `sopsmith.yaml` says.

    Args:
        data: The file's bytes.
        path: What errors call the file.

    Raises:
        LayoutError: It does not say something that sopsmith can work with; names the key path.
    """
    top = parse_fields(data, _FIELDS, path)
    _check_version(top)
    layout = top.fields("layout", ("root", "overlays"))
    core = top.fields("core", ("recipients",))
    ignore = _parse_ignore(top)
    environments = _parse_environments(top, ignore)
    defaults = RepoSettings()
    return RepoSettings(
        root=_parse_folder(layout, "root", defaults.root),
        overlays=_parse_folder(layout, "overlays", defaults.overlays),
        namespace=top.checked(
            check_namespace, top.text("namespace", defaults.namespace), "namespace"
        ),
        data_key=top.checked(check_data_key, top.text("data_key", defaults.data_key), "data_key"),
        ignore=ignore,
        core=Scope(CORE, "", parse_recipients(core)),
        environments=environments,
        mappings=parse_mappings(top, environments),
        lint_ignored=parse_lint(top.fields("lint", ("ignore",))),
        recovery=parse_recipients(top.fields("recovery", ("recipients",))),
        backup=parse_backup(top),
        max_age_days=top.fields("keys", ("max_age_days",)).count("max_age_days"),
        argocd=parse_argocd(top),
        roll=parse_roll(top),
    )


def _check_version(top: Fields) -> None:
    if top.number("version") != 1:
        raise top.error("this sopsmith knows version 1 alone", "version")


def _parse_folder(layout: Fields, name: str, default: str) -> str:
    text = layout.text(name, default)
    parts = text.split("/")
    # The folders become regexes and YAML, so only signs that mean nothing there may stand.
    if any(not part or part.strip(".") == "" or set(part) - _PATH_SIGNS for part in parts):
        raise layout.error(
            "is no folder inside the repository",
            name,
            "write a relative path of letters, digits, - _ and . with / between its parts",
        )
    return text


def _parse_ignore(top: Fields) -> tuple[str, ...]:
    prefixes = top.texts("ignore", RepoSettings().ignore)
    for index, prefix in enumerate(prefixes):
        if not is_name(prefix):
            raise top.error(f"{prefix!r} begins no variable", f"ignore[{index}]")
    return prefixes


def _parse_environments(top: Fields, ignore: tuple[str, ...]) -> tuple[Scope, ...]:
    table = top.fields("environments")
    scopes: list[Scope] = []
    for name in table.names():
        reason = "it is the scope of all" if name == CORE else fault(name, NAMESPACE_LIMIT)
        if reason:
            raise table.error(f"cannot name an environment: {reason}", name)
        fields = table.fields(name, ("prefix", "recipients", "context"))
        prefix = _parse_prefix(fields, name, ignore)
        for other in scopes:
            if other.prefix == prefix:
                raise fields.error(f"{other.name} has the same prefix", "prefix")
        scopes.append(Scope(name, prefix, parse_recipients(fields), _parse_context(fields)))
    if not scopes:
        raise top.error("names no environment", "environments")
    return tuple(scopes)


def _parse_prefix(fields: Fields, name: str, ignore: tuple[str, ...]) -> str:
    prefix = fields.text("prefix", default_prefix(name))
    # Without the last sign DEV would take DEVELOPER_TOKEN for dev's.
    if not is_name(prefix) or not prefix.endswith("_"):
        raise fields.error(
            f"{prefix!r} is no prefix: letters, digits and _, with _ at its end", "prefix"
        )
    if prefix in ignore:
        raise fields.error("stands under ignore too", "prefix")
    return prefix


def _parse_context(fields: Fields) -> str:
    context = fields.text("context", "")
    if not context.isprintable():
        raise fields.error(
            "is no name of a context: it holds signs that cannot be shown", "context"
        )
    return context


def default_prefix(environment: str) -> str:
    """Return the prefix of an environment that names none: `DEV_` for dev."""
    prefix = environment.upper().replace("-", "_") + "_"
    return prefix if is_name(prefix) else f"_{prefix}"


def parse_roll(top: Fields, *, default: bool = False) -> bool:
    """Return what `roll` says: true for `hash`, false for `none`."""
    found = top.text("roll", "hash" if default else "none")
    if found not in {"hash", "none"}:
        raise top.error(f"{found!r} is no way to roll; known: none, hash", "roll")
    return found == "hash"


def parse_mappings(top: Fields, environments: tuple[Scope, ...]) -> tuple[SecretMapping, ...]:
    """Return the entries of `secrets`."""
    prefixes = {CORE: "", **{scope.name: scope.prefix for scope in environments}}
    entries = [
        (fields, parse_mapping(fields, prefixes))
        for fields in top.list_of_fields("secrets", MAPPING_FIELDS)
    ]
    refuse_twins(entries)
    return tuple(mapping for _, mapping in entries)
