"""Find S3 credentials among the variables of a `.env`: `HETZNER_S3_ACCESS_KEY` and its kin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sopsmith.errors import EnvFileError
from sopsmith.formats.env_reader import Variable
from sopsmith.secret import Secret

CHOICE = "SOPSMITH_S3_ACCESS"
"""Variable of the environment that names one of several: `HETZNER`."""
_ACCESS, _SECRET = "S3_ACCESS_KEY", "S3_SECRET_KEY"


class S3Access(NamedTuple):
    """What a `.env` says of one S3 service.

    Attributes:
        owner: What the variables begin with: `HETZNER`.
        endpoint: An address; "" where it says none. So for `region` and `bucket`.
    """

    owner: str
    access_key: Secret
    secret_key: Secret
    endpoint: str = ""
    region: str = ""
    bucket: str = ""


def find_access(
    variables: Iterable[Variable], path: str, bucket: str, choice: str = ""
) -> S3Access | None:
    """Return the credentials for a bucket, or None where the file has none at all.

    Of several, those count whose `*_S3_BUCKET` is the bucket's; else one must be chosen.

    Args:
        path: What errors call the file.
        choice: The owner that shall be taken: `HETZNER`; "" for the only one.

    Raises:
        EnvFileError: Half of a pair is missing, or nothing says which of several to take.
    """
    values = {item.name: item.value for item in variables}
    found = [_read(values, owner, path) for owner in _owners(values)]
    if choice:
        named = [one for one in found if one.owner == choice]
        if not named:
            raise EnvFileError(
                f"has no {_name(choice, _ACCESS)}", path=path, hint=f"unset {CHOICE}"
            )
        return named[0]
    if len(found) > 1:
        found = [one for one in found if one.bucket == bucket] or found
    if len(found) > 1:
        names = ", ".join(one.owner or _ACCESS for one in found)
        raise EnvFileError(
            f"has credentials of several S3 services: {names}",
            path=path,
            hint=f"export {CHOICE}={found[0].owner}",
        )
    return found[0] if found else None


def _owners(values: dict[str, Secret]) -> list[str]:
    owners = {
        name.removesuffix(end).removesuffix("_")
        for name in values
        for end in (_ACCESS, _SECRET)
        if name == end or name.endswith(f"_{end}")
    }
    return sorted(owners)


def _read(values: dict[str, Secret], owner: str, path: str) -> S3Access:
    for have, lack in ((_ACCESS, _SECRET), (_SECRET, _ACCESS)):
        if _name(owner, lack) not in values:
            raise EnvFileError(f"has {_name(owner, have)} but no {_name(owner, lack)}", path=path)
    plain = [_plain(values, _name(owner, end), path) for end in ("S3_REGION", "S3_BUCKET")]
    return S3Access(
        owner,
        values[_name(owner, _ACCESS)],
        values[_name(owner, _SECRET)],
        _address(_plain(values, _name(owner, "S3_ENDPOINT"), path)),
        *plain,
    )


def _name(owner: str, end: str) -> str:
    return f"{owner}_{end}" if owner else end


def _plain(values: dict[str, Secret], name: str, path: str) -> str:
    """Return the text of a variable that is not secret."""
    text = values.get(name, Secret(b"")).reveal().decode(errors="replace")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise EnvFileError(f"{name} is not one printable word", path=path)
    return text


def _address(text: str) -> str:
    return text if not text or "://" in text else f"https://{text}"
