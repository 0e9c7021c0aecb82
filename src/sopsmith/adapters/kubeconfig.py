"""Read kubeconfig files as kubectl does, and refuse what would carry keys in the open.

Source: client-go tools/clientcmd (loader.go Load, client_config.go getContext, getCluster,
getUserIdentificationPartialConfig) and tools/clientcmd/api/v1 (Config).
"""

from __future__ import annotations

import base64
import ipaddress
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sopsmith.errors import Error, NotThere, OutsideError
from sopsmith.formats import yaml
from sopsmith.formats.tree import to_object
from sopsmith.secret import Secret

if TYPE_CHECKING:
    from sopsmith.adapters.environment import Settings

_LISTS = (("clusters", "cluster"), ("contexts", "context"), ("users", "user"))
_LIMIT = 4 * 1024 * 1024  # bytes of one file
_FOLDER = "\0folder"  # beside an entry's own fields, which relative paths start from

Fields = dict[str, Any]


@dataclass(frozen=True)
class Access:
    """How to reach one cluster, and as whom. Its repr shows no credential.

    Attributes:
        authority: PEM of the authorities to trust; "" for the system's.
        tls_name: The name in the server's certificate, where it is not the address's.
        proxy: `http://…` to go through; "" for the environment's.
        certificate: PEM of the client's certificate, with `key`; None for none.
        token_file: Read again whenever the server does not accept the token.
        plugin: The `exec` entry that gives credentials; its own text is not secret-free.
    """

    context: str
    server: str
    authority: str = ""
    tls_name: str = ""
    proxy: str = ""
    certificate: Secret | None = None
    key: Secret | None = None
    token: Secret | None = None
    token_file: str = ""
    password: tuple[str, Secret] | None = None
    acting_as: tuple[tuple[str, str], ...] = ()
    plugin: Fields = field(default_factory=dict, repr=False)
    cluster_info: Fields = field(default_factory=dict, repr=False)
    folder: str = ""


def read_access(context: str | None, settings: Settings) -> Access:
    """Return how to reach a context's cluster; the files' current context unless one is named.

    Raises:
        NotThere: There is no kubeconfig, or not that context, cluster or user in it.
        OutsideError: A file cannot be read, or asks for what is not supported or not safe.
    """
    shown, merged = _merge(_paths(settings))
    name = context or str(merged.get("current-context") or "")
    if not name:
        raise NotThere(
            "no context is named, and the kubeconfig has no current one",
            path=shown,
            hint=_contexts_hint(merged),
        )
    chosen = merged["contexts"].get(name)
    if chosen is None:
        hint = _contexts_hint(merged)
        raise NotThere(f"there is no context {name} in the kubeconfig", path=shown, hint=hint)
    cluster = _named(merged, "clusters", chosen.get("cluster"), shown, name)
    user = _named(merged, "users", chosen.get("user"), shown, name) if chosen.get("user") else {}
    try:
        return _build(name, cluster, user)
    except Error as error:
        raise error.at(shown) from None


def _paths(settings: Settings) -> list[str]:
    listed = settings.get("KUBECONFIG")
    if listed:
        return [path for path in dict.fromkeys(listed.split(os.pathsep)) if path]
    return [os.path.join(settings.home, ".kube", "config")]


def _merge(paths: list[str]) -> tuple[str, Fields]:
    """Return the files that are there, for people, and their entries: the first of a name wins."""
    merged: Fields = {plural: {} for plural, _ in _LISTS}
    shown = []
    for path in paths:
        if not os.path.exists(path):
            continue
        shown.append(path)
        found = _load(path)
        if found.get("current-context") and not merged.get("current-context"):
            merged["current-context"] = found["current-context"]
        for plural, single in _LISTS:
            for entry in mappings(found.get(plural)):
                fields = entry.get(single)
                fields = dict(fields) if isinstance(fields, dict) else {}
                fields[_FOLDER] = os.path.dirname(os.path.abspath(path))
                merged[plural].setdefault(str(entry.get("name", "")), fields)
    if not shown:
        raise NotThere(
            "there is no kubeconfig",
            path=os.pathsep.join(paths),
            hint="export KUBECONFIG=FILE, or put it there",
        )
    return os.pathsep.join(shown), merged


def _load(path: str) -> Fields:
    try:
        with open(path, "rb") as handle:
            data = handle.read(_LIMIT + 1)
        if len(data) > _LIMIT:
            raise OutsideError("it is larger than 4 MiB", path=path)
        trees = yaml.parse(data.decode().removeprefix("\ufeff"))
    except OSError as error:
        raise OutsideError((error.strerror or "it cannot be read").lower(), path=path) from None
    except UnicodeDecodeError:
        raise OutsideError("it is not UTF-8", path=path) from None
    except Error as error:
        raise error.at(path) from None
    found = to_object(trees[0].root) if trees else {}
    if not isinstance(found, dict | None):
        raise OutsideError("it is no kubeconfig: not a mapping", path=path)
    return found or {}


def mappings(found: object) -> list[Fields]:
    """Return those entries of a list that are mappings; none where there is no list."""
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _contexts_hint(merged: Fields) -> str:
    names = ", ".join(sorted(merged["contexts"]))
    return f"it has the contexts {names}" if names else "it has no contexts"


def _named(merged: Fields, plural: str, name: object, shown: str, context: str) -> Fields:
    found = merged[plural].get(str(name))
    if not isinstance(found, dict):
        message = f"context {context} names a {plural[:-1]} that the kubeconfig does not have"
        raise NotThere(message, path=shown)
    return found


def _build(context: str, cluster: Fields, user: Fields) -> Access:
    if user.get("auth-provider"):
        raise OutsideError(
            f"context {context} uses an auth-provider, which is not supported",
            hint="use an exec plugin in its place, as kubectl does since 1.26",
        )
    token_file = _path(user, "tokenFile")
    token = str(user.get("token") or "")
    name, password = user.get("username"), user.get("password")
    certificate, key = _read(user, "client-certificate"), _read(user, "client-key")
    return Access(
        context=context,
        server=_checked_server(context, cluster),
        authority=_read_authority(cluster),
        tls_name=str(cluster.get("tls-server-name") or ""),
        proxy=str(cluster.get("proxy-url") or ""),
        certificate=Secret(certificate) if certificate else None,
        key=Secret(key) if key else None,
        token=Secret(token.encode()) if token else None,
        token_file=token_file,
        password=(str(name), Secret(str(password or "").encode())) if name else None,
        acting_as=_acting_as(context, user),
        plugin=_plugin(context, user),
        cluster_info=cluster,
        folder=user.get(_FOLDER, ""),
    )


def _plugin(context: str, user: Fields) -> Fields:
    plugin = user.get("exec") or {}
    if not isinstance(plugin, dict):
        raise OutsideError(f"the exec plugin of context {context} is not a mapping")
    return plugin


def _checked_server(context: str, cluster: Fields) -> str:
    """Return the server's address; keys go over it, so it must be TLS that is verified."""
    server = str(cluster.get("server") or "").rstrip("/")
    wrong = OutsideError(f"the server of context {context} is not an https address")
    try:
        parts = urlsplit(server)
        host = parts.hostname if parts.port is None or parts.port else None
    except ValueError:
        raise wrong from None
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc:
        raise wrong
    if parts.scheme == "http" and not is_loopback(host):
        raise OutsideError(f"the server of context {context} is not https, and keys go over it")
    if cluster.get("insecure-skip-tls-verify"):
        raise OutsideError(
            f"context {context} does not verify the server's certificate, and keys go over it",
            hint="give the cluster its certificate-authority-data in place of "
            "insecure-skip-tls-verify",
        )
    return server


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read_authority(cluster: Fields) -> str:
    """Return the PEM of whom to trust; bundles have comments in any language between them."""
    data = _read(cluster, "certificate-authority")
    text = data.decode("ascii", "ignore")
    # Nothing at all would be to trust the system's authorities in place of the cluster's.
    if data and "-----BEGIN" not in text:
        raise OutsideError("the cluster's certificate-authority is no PEM")
    return text


def _read(fields: Fields, name: str) -> bytes:
    """Return what stands under `NAME-data` in base64, or in the file that NAME is a path of."""
    inline = fields.get(f"{name}-data")
    if inline:
        try:
            return base64.b64decode(str(inline), validate=True)
        except ValueError:  # binascii.Error is one; letters beyond ASCII raise another.
            raise OutsideError("it is not base64", key=f"{name}-data") from None
    path = _path(fields, name)
    if not path:
        return b""
    try:
        with open(path, "rb") as handle:
            return handle.read(_LIMIT)
    except OSError as error:
        raise OutsideError((error.strerror or "it cannot be read").lower(), path=path) from None
    except ValueError:
        raise OutsideError("it names a path that no file can have", key=name) from None


def _path(fields: Fields, name: str) -> str:
    path = str(fields.get(name) or "")
    return os.path.join(fields.get(_FOLDER, ""), path) if path else ""


def _acting_as(context: str, user: Fields) -> tuple[tuple[str, str], ...]:
    """Return the headers of impersonation; to leave one out would be to act with other rights."""
    if user.get("as-user-extra"):
        raise OutsideError(f"context {context} uses as-user-extra, which is not supported")
    headers = [("Impersonate-User", user.get("as")), ("Impersonate-Uid", user.get("as-uid"))]
    groups = user.get("as-groups") or []
    if not isinstance(groups, list):
        raise OutsideError(f"the as-groups of context {context} are no list")
    headers += [("Impersonate-Group", group) for group in groups]
    return tuple((name, str(value)) for name, value in headers if value)
