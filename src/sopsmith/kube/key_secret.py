"""Hold the Secret from which Argo CD takes its identities: `sops-age` of `argocd`.

Its one data key is a `keys.txt` as age and sops read it: an identity a line. Identities are
added beside what stands and taken out one by one; the last one never goes. Lines that are no
identity of ours (comments, age plugins) stay as they are.
"""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from sopsmith import age
from sopsmith.errors import ManifestError, MasterKeyError
from sopsmith.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from typing import Any

    from sopsmith.age import Identity

NAME = "sops-age"
NAMESPACE = "argocd"
DATA_KEY = "keys.txt"
PLACE = f"Secret {NAMESPACE}/{NAME}"


class KeySecret(NamedTuple):
    """Which Secret holds identities: the platform's, or that of another project of Argo CD."""

    name: str = NAME
    namespace: str = NAMESPACE

    @property
    def place(self) -> str:
        """Return it as messages name it."""
        return f"Secret {self.namespace}/{self.name}"


HOME = KeySecret()
"""The platform's."""
_ENVIRONMENTS, _REPOSITORIES = "sopsmith/environments", "sopsmith/repositories"


class Mark(NamedTuple):
    """What the annotations of a key Secret say of whose cluster it is in; nothing secret.

    Attributes:
        environments: Those whose identities were put into it.
        repositories: By hosts and paths of their remotes, those from which that was done.
    """

    environments: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()

    def with_more(self, more: Mark) -> Mark:
        """Return the mark of both."""
        pairs = zip(self, more, strict=True)
        return Mark(*(tuple(sorted({*one, *other})) for one, other in pairs))


def mark_of(found: dict[str, Any] | None) -> Mark:
    """Return a Secret's mark; an empty one where it has none, as before there were marks."""
    texts = ((found or {}).get("metadata") or {}).get("annotations") or {}
    return Mark(
        *(tuple(str(texts.get(name, "")).split()) for name in (_ENVIRONMENTS, _REPOSITORIES))
    )


def with_mark(made: dict[str, Any], mark: Mark) -> dict[str, Any]:
    """Return the Secret with another mark, and everything else of it as it stands."""
    metadata = dict(made.get("metadata") or {})
    texts = zip((_ENVIRONMENTS, _REPOSITORIES), map(" ".join, mark), strict=True)
    annotations = {**(metadata.get("annotations") or {}), **{k: v for k, v in texts if v}}
    if annotations:
        metadata["annotations"] = annotations
    return {**made, "metadata": metadata}


_FOREIGN = ("AGE-PLUGIN-",)
"""Identities that sops may know how to use and sopsmith does not."""


def keys_of(found: dict[str, Any] | None, place: str = PLACE) -> Secret:
    """Return the `keys.txt` of a Secret as the API server gives it; empty where there is none.

    Raises:
        ManifestError: Its data is not what a Secret's data is.
    """
    data = (found or {}).get("data") or {}
    try:
        return Secret(base64.b64decode(data.get(DATA_KEY) or "", validate=True))
    except (binascii.Error, AttributeError, TypeError, ValueError):
        raise ManifestError("is not base64", path=place, key=f"data.{DATA_KEY}") from None


def with_keys(
    found: dict[str, Any] | None, keys: Secret, where: KeySecret = HOME
) -> dict[str, Any]:
    """Return the Secret with another `keys.txt`, and everything else of it as it stands."""
    made = dict(found) if found else _new(where)
    made["data"] = {
        **(made.get("data") or {}),
        DATA_KEY: base64.b64encode(keys.reveal()).decode(),
    }
    return made


def identities_in(keys: Secret, place: str = PLACE) -> list[Identity]:
    """Return the identities of a `keys.txt`, in their order.

    Args:
        place: What errors call it.

    Raises:
        MasterKeyError: A line is no identity; it is named by its number and never quoted.
    """
    return [one for _, one in _lines(keys, place) if one is not None]


def recipients_in(keys: Secret, place: str = PLACE) -> tuple[str, ...]:
    """Return the recipients of the identities of a `keys.txt`, each once.

    Raises:
        MasterKeyError: A line is no identity.
    """
    return tuple(dict.fromkeys(one.recipient for one in identities_in(keys, place)))


def merge_identities(keys: Secret, new: Sequence[Secret], place: str = PLACE) -> Secret:
    """Return a `keys.txt` with identities after those that stand; the same where all stand.

    Args:
        new: The texts of age identities, `AGE-SECRET-KEY-1…`.

    Raises:
        MasterKeyError: One of either is no identity.
    """
    standing = set(recipients_in(keys, place))
    text = keys.reveal()
    for one in new:
        (identity,) = age.parse_identities(one.reveal().decode("ascii", "replace"), "identity")
        if identity.recipient not in standing:
            standing.add(identity.recipient)
            text = _ended(text) + one.reveal().strip() + b"\n"
    return keys if text == keys.reveal() else Secret(text.replace(b"\r\n", b"\n"))


def take_out(keys: Secret, gone: Collection[str], place: str = PLACE) -> Secret:
    """Return a `keys.txt` without the identities of some recipients; the same if none stands.

    Raises:
        MasterKeyError: No identity would be left, or a line is no identity.
    """
    lines = list(_lines(keys, place))
    kept = [line for line, one in lines if one is None or one.recipient not in gone]
    if len(kept) == len(lines):
        return keys
    if not any(one is not None and one.recipient not in gone for _, one in lines):
        raise MasterKeyError("no identity would be left, so none is taken out", path=place)
    return Secret(b"\n".join(kept) + b"\n")


def _lines(keys: Secret, place: str) -> Iterator[tuple[bytes, Identity | None]]:
    """Yield each line, with the identity that it is if it is one of ours."""
    text = keys.reveal().replace(b"\r\n", b"\n").removesuffix(b"\n")
    for number, line in enumerate(text.split(b"\n"), start=1):
        words = line.decode("utf-8", "replace")
        if not line or words.startswith(("#", *_FOREIGN)):
            yield line, None
            continue
        try:
            (one,) = age.parse_identities(words, place)
        except MasterKeyError as error:
            error.key = f"{DATA_KEY}: line {number}"
            raise
        yield line, one


def _ended(text: bytes) -> bytes:
    return text if not text or text.endswith(b"\n") else text + b"\n"


def _new(where: KeySecret) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": where.name,
            "namespace": where.namespace,
            "labels": {"app.kubernetes.io/managed-by": "sopsmith"},
        },
        "type": "Opaque",
    }
