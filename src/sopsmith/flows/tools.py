"""Install programs of pinned versions into a folder.

Nothing is put in place and nothing becomes executable before its SHA-256 is proven. A list in the
folder says which programs came from here; others are never replaced unasked.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from sopsmith.errors import Conflict, FormatError, OutsideError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sopsmith.ports import Files
    from sopsmith.repo.tools import Download

LIST = ".sopsmith-tools.json"
INSTALL, UPDATE, UNCHANGED = "install", "update", "unchanged"
_MEMBER_LIMIT = 512 * 1024 * 1024  # bytes


class Doors(NamedTuple):
    """What the outside is reached by.

    Attributes:
        fetch: Address and SHA-256 to bytes of that digest; raises where there are none.
        digest: Path to SHA-256; "" where there is no file.
    """

    files: Files
    fetch: Callable[[str, str], bytes]
    digest: Callable[[str], str]


class Planned(NamedTuple):
    """What becomes of a tool: INSTALL, UPDATE or UNCHANGED."""

    download: Download
    news: str


def plan_tools(
    downloads: Sequence[Download], folder: str, doors: Doors, *, force: bool = False
) -> list[Planned]:
    """Return what becomes of each tool.

    Raises:
        Conflict: Another program stands in the place of one, and `force` is not given.
        FormatError: The folder's list of what was installed cannot be read.
    """
    listed = _read_list(folder, doors.files)
    return [Planned(one, _news(one, folder, listed, doors, force=force)) for one in downloads]


def apply_tool(planned: Planned, folder: str, doors: Doors) -> None:
    """Download and put in place what is not there yet; safe to do again after a kill.

    Raises:
        OutsideError: It cannot be had, or is not what the table says; nothing was put in place.
    """
    download = planned.download
    if planned.news == UNCHANGED:
        return
    data = doors.fetch(download.url, download.sha256)
    programs = {
        program: _extract(data, member, download) if member else data
        for program, member in download.programs.items()
    }
    # Whose file stands there must be known whichever of the writes is the last one.
    listed = _read_list(folder, doors.files)
    for program, content in programs.items():
        path = os.path.join(folder, program)
        before = doors.digest(path)
        owned = before in _digests(listed, program)
        made = {"from": download.sha256, "version": download.version}
        known = [*([before] if owned else []), hashlib.sha256(content).hexdigest()]
        listed[program] = made | {"sha256": known}
        _write_list(folder, listed, doors.files)
        if before and not owned:
            # It would keep its mode, and be written through where it is a link.
            doors.files.remove(path)
        doors.files.write(path, content, mode=0o755)


def _news(
    download: Download, folder: str, listed: dict[str, Any], doors: Doors, *, force: bool
) -> str:
    states = set()
    for program, member in download.programs.items():
        path = os.path.join(folder, program)
        found = doors.digest(path)
        wanted = "" if member else download.sha256
        digests = _digests(listed, program)
        if not found:
            states.add(INSTALL)
        elif found == wanted:
            states.add(UNCHANGED)
        elif found in digests:
            same = listed[program].get("from") == download.sha256 and found == digests[-1]
            states.add(UNCHANGED if same else UPDATE)
        elif force:
            states.add(UPDATE)
        else:
            raise Conflict(
                "another program stands there, and it is not from sopsmith",
                path=path, hint="--force puts the tool in its place",
            )  # fmt: skip
    return next(iter(states)) if len(states) == 1 else UPDATE


def _extract(data: bytes, member: str, download: Download) -> bytes:
    """Return one file of an archive, by its exact name; nothing else of it is looked at.

    Raises:
        FormatError: It is not there once, as a file.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            found = [one for one in archive if one.name.removeprefix("./") == member]
            if len(found) == 1 and found[0].isreg() and found[0].size <= _MEMBER_LIMIT:
                content = archive.extractfile(found[0])
                if content is not None:
                    return content.read()
    except (tarfile.TarError, OSError, EOFError):
        raise FormatError("is no tar archive in gzip", path=download.url) from None
    raise FormatError(f"has no file {member}", path=download.url)


def _digests(listed: dict[str, Any], program: str) -> list[str]:
    return list(listed.get(program, {}).get("sha256", []))


def _read_list(folder: str, files: Files) -> dict[str, Any]:
    path = os.path.join(folder, LIST)
    data = files.find(path)
    try:
        found = {} if data is None else json.loads(data)
        if all(isinstance(one["sha256"], list) for one in found.values()):
            return dict(found)
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    raise FormatError("is not the list that sopsmith writes", path=path, hint="remove it")


def _write_list(folder: str, listed: dict[str, Any], files: Files) -> None:
    text = json.dumps(listed, indent=2, sort_keys=True) + "\n"
    files.write(os.path.join(folder, LIST), text.encode())


def check_folder(folder: str) -> str:
    """Return a folder for programs, absolute.

    Raises:
        OutsideError: Something else stands there.
    """
    path = os.path.abspath(folder)
    if os.path.exists(path) and not os.path.isdir(path):
        raise OutsideError("is no folder", path=path)
    return path
