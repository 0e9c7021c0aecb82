"""Ask git who put a text into a file, for people; nothing of it is proven."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sopsmith.ports import Programs

_LOG = ("log", "-1", "--format=%an <%ae> on %as in %h", "--no-textconv", "--no-ext-diff")


def find_author(programs: Programs, root: str, text: str, path: str) -> str:
    """Return `NAME <MAIL> on DATE in COMMIT` of the last commit that put a text in or out.

    Args:
        root: The repository's folder, to which `path` is relative.

    Returns:
        "" where git is missing, there is no repository, or no commit has it.
    """
    if programs.locate("git") is None:
        return ""
    done = programs.run(["git", *_LOG, f"-S{text}", "--", path], cwd=root)
    return done.stdout.decode("utf-8", "replace").strip() if done.code == 0 else ""
