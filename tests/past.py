"""Make git repositories with a past, in one process: `git fast-import` reads what to commit."""

from __future__ import annotations

import subprocess
from pathlib import Path

Files = dict[str, bytes | None]
"""What a commit changes: bytes by path, None for a file that goes."""
START = 1_700_000_000  # seconds since 1970; each commit is a minute after the one before it


class Past:
    """Commits to come.

    Args:
        folder: Made as a repository, with the last branch checked out by `write`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stream: list[bytes] = []
        self._marks = 0

    def commit(
        self,
        files: Files,
        branch: str = "main",
        *,
        parents: tuple[int, ...] = (),
        author: str = "Ann <ann@example.org>",
        minute: int | None = None,
    ) -> int:
        """Add a commit and return its number, by which later ones name it as a parent.

        Args:
            parents: Behind which it goes; the branch's last commit unless given.
            minute: When its clock says that it was made; the number of the commit unless given.
        """
        self._marks += 1
        moment = START + 60 * (self._marks if minute is None else minute)
        lines = [b"commit refs/heads/%s" % branch.encode(), b"mark :%d" % self._marks]
        lines += [f"{role} {author} {moment} +0000".encode() for role in ("author", "committer")]
        lines.append(b"data 4\nwork")
        words = ("from", *["merge"] * len(parents))
        lines += [f"{word} :{one}".encode() for word, one in zip(words, parents, strict=False)]
        for path, data in files.items():
            if data is None:
                lines.append(b"D " + _quoted(path))
            else:
                lines += [b"M 100644 inline " + _quoted(path), b"data %d" % len(data), data]
        self._stream += lines
        return self._marks

    def write(self) -> Path:
        """Write everything into a repository, check main out and return its folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._git("init", "--quiet", "--initial-branch=main")
        self._git("fast-import", "--quiet", stdin=b"\n".join(self._stream) + b"\n")
        self._git("reset", "--quiet", "--hard", "main")
        return self.folder

    def _git(self, *argv: str, stdin: bytes = b"") -> None:
        subprocess.run(("git", *argv), cwd=self.folder, input=stdin, check=True)


def _quoted(path: str) -> bytes:
    return b'"%s"' % path.replace("\n", "\\n").encode()
