"""Build `v1` Secrets: as YAML text, as plain objects, and the two typed kinds.

Source: Kubernetes `pkg/apis/core/types.go` (Secret, SecretType, MaxSecretSize),
`pkg/apis/core/validation` ValidateSecret; `kubectl create secret docker-registry`.
"""

from __future__ import annotations

from binascii import b2a_base64
from typing import NamedTuple

from sopsmith.errors import ManifestError
from sopsmith.formats.tree import Mapping, Node, Scalar, Tree
from sopsmith.formats.yaml_write import quote, quote_key
from sopsmith.secret import Secret

SIZE_LIMIT = 1024 * 1024
"""Bytes of all values of one Secret; the API server refuses more."""
OPAQUE = "Opaque"
DOCKER_TYPE = "kubernetes.io/dockerconfigjson"
DOCKER_KEY = ".dockerconfigjson"
TLS_TYPE = "kubernetes.io/tls"
TLS_CERTIFICATE = "tls.crt"
TLS_KEY = "tls.key"
_KEY_SIGNS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


class SecretManifest(NamedTuple):
    """A Secret as it should stand in Git.

    Attributes:
        data: The values in this order: texts stand under `stringData`, and what is no UTF-8
            text stands under `data`, in base64.
        immutable: Kubernetes lets nobody change the values.
    """

    name: str
    namespace: str
    type: str
    data: dict[str, Secret]
    labels: dict[str, str]
    annotations: dict[str, str]
    immutable: bool = False

    @property
    def size(self) -> int:
        """Return the bytes of all values, as the API server counts them."""
        return sum(len(value.reveal()) for value in self.data.values())


def build_object(manifest: SecretManifest) -> dict[str, object]:
    """Return a Secret as plain values, equal to what its text reads as."""
    metadata: dict[str, object] = {"name": manifest.name, "namespace": manifest.namespace}
    if manifest.labels:
        metadata["labels"] = dict(manifest.labels)
    if manifest.annotations:
        metadata["annotations"] = dict(manifest.annotations)
    built: dict[str, object] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": manifest.type,
    }
    if manifest.immutable:
        built["immutable"] = True
    return built | build_values(manifest.data)


def build_values(data: dict[str, Secret]) -> dict[str, dict[str, str]]:
    """Return the values of a Secret as they stand in its text: `stringData` and, if any, `data`."""
    texts: dict[str, str] = {}
    others: dict[str, str] = {}
    for key, value in data.items():
        try:
            texts[key] = value.reveal().decode()
        except UnicodeDecodeError:
            others[key] = b2a_base64(value.reveal(), newline=False).decode()
    found = {"stringData": texts} if texts or not others else {}
    return found | ({"data": others} if others else {})


def build_text(manifest: SecretManifest) -> bytes:
    """Return a Secret as YAML, indented by 4 as sops indents.

    The values stand in it in clear: encrypt it before it goes anywhere.
    """
    return build_tree(manifest)[0].encode()


def build_tree(manifest: SecretManifest) -> tuple[str, Tree]:
    """Return a Secret as YAML and its tree, in which each value knows its place in the text.

    Whoever has just written a text need not read it to know where the values stand.
    """
    lines: list[str] = []
    root = _write(build_object(manifest), 0, 0, lines)
    text = "".join(lines)
    return text, Tree(root, end=len(text))


def _write(mapping: dict[str, object], indent: int, at: int, lines: list[str]) -> Mapping:
    """Add the lines of a mapping that begins at an offset, and return its node."""
    entries: list[tuple[str, Node]] = []
    first = len(lines)
    for key, value in mapping.items():
        start = at + sum(map(len, lines[first:]))
        head = " " * indent + quote_key(key) + ":"
        if isinstance(value, dict):
            lines.append(head + "\n")
            inner = _write(value, indent + 4, start + len(head) + 1, lines)
            entries.append((key, inner if value else Scalar(None)))
            continue
        written = "true" if value is True else _scalar(str(value), indent + 4)
        lines.append(f"{head} {written}\n")
        start += len(head) + 1
        # The last line end of a block is a part of it.
        end = start + len(written) + written.startswith("|")
        entries.append(
            (key, Scalar(True if value is True else str(value), start, end, indent=indent))
        )
    return Mapping(entries)


def _scalar(value: str, indent: int) -> str:
    if not _fits_block(value):
        return quote(value)
    body = value.rstrip("\n")
    ends = len(value) - len(body)
    chomp = "-" if ends == 0 else "" if ends == 1 else "+"
    lines = body.split("\n") + [""] * (ends - 1)
    pad = " " * indent
    return f"|{chomp}\n" + "\n".join(pad + line if line else "" for line in lines)


def _fits_block(value: str) -> bool:
    if "\n" not in value or not value.replace("\n", "").replace("\t", "").isprintable():
        return False
    lines = value.rstrip("\n").split("\n")
    # A reader finds the block's indent from its first line, and lines of spaces alone are
    # where readers disagree about the end of the block.
    return lines[0][:1] not in {"", " ", "\t"} and all(not line or line.strip() for line in lines)


def check_data_key(key: str) -> str:
    """Return a key of a Secret's data, if Kubernetes takes it.

    Raises:
        ManifestError: It does not.
    """
    if not key or len(key) > 253 or key == "." or key.startswith("..") or set(key) - _KEY_SIGNS:
        raise ManifestError(f"{key!r} is no key of a Secret's data: letters, digits, -, _ and .")
    return key


def build_docker_config(
    server: Secret, username: Secret, password: Secret, email: Secret | None = None
) -> dict[str, Secret]:
    """Return the data of a `kubernetes.io/dockerconfigjson` Secret for one registry."""
    import base64
    import json

    login = username.reveal() + b":" + password.reveal()
    entry = {"username": _text(username), "password": _text(password)}
    if email is not None:
        entry["email"] = _text(email)
    entry["auth"] = base64.b64encode(login).decode()
    text = json.dumps({"auths": {_text(server): entry}}, ensure_ascii=False, separators=(",", ":"))
    return {DOCKER_KEY: Secret(text.encode())}


def read_docker_config(data: dict[str, Secret]) -> dict[str, Secret] | None:
    """Return the parts that `build_docker_config` makes this data from, or None.

    Returns:
        server, username, password and, where it stands, email; None for data with anything
        else in it, which could not be made from these parts again.
    """
    import json

    if set(data) != {DOCKER_KEY}:
        return None
    try:
        (server, entry), *others = json.loads(data[DOCKER_KEY].reveal())["auths"].items()
        parts = {
            key: Secret(entry[key].encode())
            for key in ("username", "password", "email")
            if key in entry
        }
        parts["server"] = Secret(server.encode())
        again = build_docker_config(**parts)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return None if others or again != data else parts


def build_tls(certificate: Secret, key: Secret) -> dict[str, Secret]:
    """Return the data of a `kubernetes.io/tls` Secret from PEM texts."""
    return {TLS_CERTIFICATE: certificate, TLS_KEY: key}


def _text(value: Secret) -> str:
    return value.reveal().decode()
