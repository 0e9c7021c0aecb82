"""Read a table of programs to download: version, address and SHA-256 for each platform.

`tools.yaml` beside this module is the built-in table; one of the user's has the same form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sopsmith.errors import UsageError
from sopsmith.repo.strict import Fields, parse_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PROGRAM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_GITHUB = "https://github.com"


@dataclass(frozen=True)
class Tool:
    """A program of one version.

    Attributes:
        url: What the addresses of its files begin with.
        programs: File in the archive by the name of the program that it becomes; empty where the
            download is the program itself.
        files: Name of the file and its SHA-256, by platform: `linux-amd64`.
    """

    name: str
    version: str
    url: str
    programs: dict[str, str]
    files: dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Download:
    """What one platform gets of a tool.

    Attributes:
        programs: Member of the archive by program; "" where the download is the program.
    """

    name: str
    version: str
    url: str
    sha256: str
    programs: dict[str, str]


def parse_tools(data: bytes, path: str) -> list[Tool]:
    """Return the tools of a table.

    Raises:
        LayoutError: It is not of the form of `tools.yaml`; names the key path.
    """
    top = parse_fields(data, ("tools",), path)
    known = ("name", "version", "url", "programs", "files")
    return [_parse_tool(fields) for fields in top.list_of_fields("tools", known)]


def built_in_tools() -> list[Tool]:
    """Return the tools of the built-in table."""
    from importlib.resources import files

    return parse_tools((files("sopsmith.repo") / "tools.yaml").read_bytes(), "tools.yaml")


def choose_downloads(
    tables: Sequence[Sequence[Tool]], names: Sequence[str], platform: str, mirror: str = ""
) -> list[Download]:
    """Return what to download for a platform.

    Args:
        tables: The first that has a tool decides.
        names: Of tools; without any, all that the platform can have.
        mirror: Takes the place of `https://github.com` in addresses; "" for none.

    Raises:
        UsageError: A tool is not known, or no digest of it for this platform.
    """
    tools: dict[str, Tool] = {}
    for tool in (tool for table in tables for tool in table):
        tools.setdefault(tool.name, tool)
    for name in names:
        if name not in tools:
            raise UsageError(f"there is no tool {name}", hint="known: " + ", ".join(tools))
        if platform not in tools[name].files:
            raise UsageError(
                f"no digest of {name} {tools[name].version} is known for {platform}",
                hint="name it in a table of your own: docs/how-to/tools.md",
            )
    chosen = [tools[name] for name in dict.fromkeys(names)] or list(tools.values())
    return [_for_platform(tool, platform, mirror) for tool in chosen if platform in tool.files]


def _for_platform(tool: Tool, platform: str, mirror: str) -> Download:
    file, sha256 = tool.files[platform]
    url = tool.url.rstrip("/") + "/" + file
    if mirror and url.startswith(_GITHUB + "/"):
        url = mirror.rstrip("/") + url.removeprefix(_GITHUB)
    return Download(tool.name, tool.version, url, sha256, tool.programs or {tool.name: ""})


def _parse_tool(fields: Fields) -> Tool:
    programs = fields.text_map("programs")
    for program in (fields.text("name"), *programs):
        if not _PROGRAM.fullmatch(program):
            raise fields.error(f"{program!r} is no name of a program", "name")
    table = fields.fields("files")
    files = {platform: _parse_file(table.fields(platform, ("file", "sha256")))
             for platform in table.names()}  # fmt: skip
    return Tool(fields.text("name"), fields.text("version"), fields.text("url"), programs, files)


def _parse_file(fields: Fields) -> tuple[str, str]:
    sha256 = fields.text("sha256")
    if not _SHA256.fullmatch(sha256):
        raise fields.error("is no SHA-256: 64 digits and letters a to f", "sha256")
    return fields.text("file"), sha256
