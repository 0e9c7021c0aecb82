"""A platform that is well kept, whose parts get lost as the page on disaster recovery tells."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.world import World

from sopsmith import age
from sopsmith.repo.context_edit import tie_context
from sopsmith.repo.shares import join_shares

PAGE = Path(__file__).parents[1] / "docs/how-to/disaster-recovery.md"
_BLOCK = re.compile(r"<!-- run( in a cluster)? -->\n```sh\n(.*?)```", re.DOTALL)
_SECTION = re.compile(r"^## ", re.MULTILINE)
HOLDERS = {name: age.generate() for name in ("ANNA", "BEN", "CLEO")}


def blocks(section: str, *, cluster: bool) -> list[str]:
    """Return the commands of a section of the page, in their order.

    Args:
        section: How its title begins.
        cluster: Those that need a cluster, and not those that need none.
    """
    (text,) = (
        one for one in _SECTION.split(PAGE.read_text(encoding="utf-8")) if one.startswith(section)
    )
    return [script for mark, script in _BLOCK.findall(text) if bool(mark) is cluster]


class Disaster:
    """A repository with dev and prod, its origin, a store of backups, and a medium in a safe.

    Args:
        store: The flow mapping of `backup` in sopsmith.yaml.
        new_store: That of the store which takes its place.
        context: Of prod's cluster; "" for none.

    Attributes:
        known: Texts of all identities that there have ever been, by what they are.
    """

    def __init__(
        self, folder: Path, store: str, new_store: str, context: str = "", **environ: str
    ) -> None:
        self.world = World(folder)
        self.origin, self.medium = folder / "origin.git", folder / "medium"
        self.medium.mkdir()
        self.known: dict[str, str] = {}
        self.world.environ |= environ
        self.world.environ |= {
            "REPOSITORY": str(self.origin),
            "MEDIUM": str(self.medium),
            "NEW_STORE": new_store,
        }
        self.world.environ |= {name: recipient for name, (_, recipient) in HOLDERS.items()}
        self._make(store, context)

    @property
    def clone(self) -> Path:
        """Return the working tree of the new laptop."""
        return self.world.work / "platform"

    def _make(self, store: str, context: str) -> None:
        site = self.world.work / "site"
        self.sh(f"git init --quiet --bare --initial-branch=main {self.origin}\n"
                f"git clone --quiet {self.origin} {site} 2> /dev/null")  # fmt: skip
        (site / ".env").write_text("ORG_NAME=acme\nDEV_DB=one\nPROD_DB=two\n")
        self.sh("sopsmith init . -e dev -e prod && sopsmith generate", site)
        settings = site / "sopsmith.yaml"
        tied = tie_context(settings.read_bytes(), "prod", context) if context else None
        settings.write_bytes((tied or settings.read_bytes()) + f"\nbackup: {store}\n".encode())
        self.sh(
            "sopsmith key bucket\n"
            'sopsmith key recovery generate --name "the safe" --out "$MEDIUM/recovery.txt"\n'
            "sopsmith key backup\n"
            "git add . && git commit --quiet --message Begin && git push --quiet origin HEAD:main",
            site,
        )
        self.note()

    def sh(self, script: str, cwd: Path | None = None) -> str:
        """Run commands as a person would, to the first that fails, and return what they said."""
        return self.world.run("bash", "-euo", "pipefail", "-c", script, cwd=cwd).decode()

    def run(self, section: str, *, cluster: bool = False) -> str:
        """Run the commands of a section, on the new laptop as soon as there is one."""
        script = "\n".join(blocks(section, cluster=cluster))
        assert script, section
        said = self.sh(script, self.clone if self.clone.exists() else None)
        self.note()
        return said

    def lose_laptop(self) -> bytes:
        """Lose identities, `.env` and working tree, and return what the identities were."""
        data = self.world.keys_file.read_bytes()
        self.world.keys_file.unlink()
        shutil.rmtree(self.world.work / "site")
        return data

    def note(self) -> None:
        """Remember all identities that there are now."""
        paths = [self.world.keys_file, *self.medium.glob("*.txt")]
        for path in (path for path in paths if path.exists()):
            for line in path.read_text().splitlines():
                if not line.startswith("#"):
                    self.known.setdefault(line, path.name)
        if (self.medium / "shares").exists():
            self.known.setdefault(self.recovery_of_shares("ANNA", "CLEO"), "shares")

    def recovery_of_shares(self, *names: str) -> str:
        """Return the recovery identity that two holders have together."""
        lines = []
        for name in names:
            path = self.medium / f"shares/share-{list(HOLDERS).index(name) + 1}.age"
            holder = age.parse_identities(HOLDERS[name][0].reveal().decode(), name)
            lines.append((name, (age.unwrap(path.read_text(), holder) or b"").decode().strip()))
        return join_shares(lines).reveal().decode().strip()
