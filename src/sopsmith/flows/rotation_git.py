"""Ask git which files a revision of the repository holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sopsmith.errors import OutsideError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sopsmith.ports import Programs

_BLOB = b"blob"
_LINK = b"120000"


class Git:
    """A working tree of git.

    Args:
        root: A folder in it; paths are relative to this folder.
    """

    def __init__(self, programs: Programs, root: str) -> None:
        self._programs = programs
        self._root = root

    def find(self, revision: str) -> str | None:
        """Return the commit that a revision means, or None where this clone has none such.

        Without git there is none, and a branch that follows no other has no `@{upstream}`.
        """
        said = self._ask("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        return None if said is None else said.decode().strip()

    def prefix(self) -> str:
        """Return where `root` lies in the repository: `platform/`, or "" at its top."""
        return (self._ask("rev-parse", "--show-prefix") or b"").decode().strip()

    def remotes(self) -> frozenset[str]:
        """Return where the repository is fetched from, as `place_of` writes it."""
        said = self._ask("config", "--get-regexp", r"^remote\..*\.url$") or b""
        lines = said.decode("utf-8", "replace").splitlines()
        return frozenset(place_of(line.partition(" ")[2]) for line in lines)

    def files_at(self, revision: str, *folders: str) -> Iterator[tuple[str, bytes]]:
        """Yield path and bytes of every file that a commit has below some folders, or anywhere.

        Raises:
            OutsideError: git cannot tell.
        """
        listed = self._ask("ls-tree", "-r", "-z", revision, "--", *(folders or (".",)))
        if listed is None:
            raise OutsideError(f"git cannot list the files of {revision[:12]}", path=self._root)
        entries = [entry.partition(b"\t") for entry in listed.split(b"\0") if entry]
        found = [
            (head.split()[2], path)
            for head, _, path in entries
            if head.split()[1] == _BLOB and not head.startswith(_LINK)
        ]
        said = self._ask("cat-file", "--batch", stdin=b"".join(name + b"\n" for name, _ in found))
        at = 0
        for _, path in found:
            if said is None:
                raise OutsideError(f"git cannot read the files of {revision[:12]}")
            line = said.index(b"\n", at)
            words = said[at:line].split()
            if len(words) != 3:
                raise OutsideError(
                    f"git lacks a file of {revision[:12]}",
                    path=path.decode("utf-8", "replace"),
                    hint="git fsck; of a partial clone nothing is fetched here: "
                    "git fetch --refetch --no-filter",
                )
            size = int(words[2])
            yield path.decode("utf-8", "surrogateescape"), said[line + 1 : line + 1 + size]
            at = line + 1 + size + 1

    def _ask(self, *words: str, stdin: bytes = b"") -> bytes | None:
        """Return what git said, or None where it failed or is not there."""
        if self._programs.locate("git") is None:
            return None
        done = self._programs.run(["git", *words], cwd=self._root, stdin=stdin)
        return done.stdout if done.code == 0 else None


def place_of(url: str) -> str:
    """Return host and path of a repository's URL, alike for ssh, https and scp's form."""
    text = url.strip().lower().partition("?")[0].removesuffix("/").removesuffix(".git")
    text = text.partition("://")[2] or text.replace(":", "/", 1)
    host, slash, path = text.rpartition("@")[2].partition("/")
    return f"{host.partition(':')[0]}{slash}{path}"
