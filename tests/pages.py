"""Read the documentation's examples, each with its place and what is said above it; run them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from tests.world import World

ROOT = Path(__file__).parents[1]
PAGES = ["README.md", *sorted(str(one.relative_to(ROOT)) for one in ROOT.glob("docs/**/*.md"))]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_MARK = re.compile(r"<!-- ([^>]*) -->\n$")


class Block(NamedTuple):
    """One fenced block.

    Attributes:
        page: Relative to the repository.
        line: Where the fence begins, counted from 1.
        mark: What the comment right above the fence says; empty where there is none.
    """

    page: str
    line: int
    language: str
    mark: str
    text: str

    def __str__(self) -> str:
        """Return the place, for an editor to jump to."""
        return f"{self.page}:{self.line}"

    @property
    def shows_commands(self) -> bool:
        """Tell whether a reader would paste lines of it into a shell."""
        return self.language == "sh" or (self.language == "console" and "$ " in self.text)

    @property
    def script(self) -> str:
        """Return what a reader would paste: of a session, the lines behind its prompts."""
        if self.language != "console":
            return self.text
        return "".join(
            one + "\n" for one in re.findall(r"^\$ ((?:.*\\\n)*.*)", self.text, re.MULTILINE)
        )


def read_blocks(page: str) -> list[Block]:
    """Return the fenced blocks of one page, in its order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = []
    for one in _FENCE.finditer(text):
        mark = _MARK.search(text[: one.start()])
        line = text.count("\n", 0, one.start()) + 1
        found.append(Block(page, line, one[1], mark[1] if mark else "", one[2]))
    return found


def scripts(page: str) -> list[str]:
    """Return the examples of a page that are marked to run, in its order."""
    return [one.script for one in read_blocks(page) if one.shows_commands and one.mark == "run"]


def linked(page: str) -> list[str]:
    """Return the files that a page links to, relative to the repository."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    return [str(((ROOT / page).parent / one).resolve().relative_to(ROOT)) for one in found]


def bash(world: World, *given: str, **environ: str) -> str:
    """Run one script to its end, stopping at its first failure, and return its stdout."""
    argv = ("bash", "-euo", "pipefail", "-c", "".join(given))
    return world.run(*argv, stdin=b"", cwd=None, **environ).decode()
