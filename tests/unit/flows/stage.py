"""Set up a platform repository in memory: fakes of the doors and real encryption."""

from __future__ import annotations

import posixpath
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sopsmith import age
from sopsmith.errors import OutsideError
from sopsmith.flows.generate import Doors, Plan, Request, apply_generate, plan_generate
from sopsmith.repo.layout import plan_layout
from sopsmith.repo.layout_settings import default_settings
from sopsmith.repo.settings import RepoSettings
from sopsmith.sops.document import Document
from sopsmith.sops.keyring import Keyring

ROOT = "/repo"
HOME = "bootstrap/argocd/overlays/main/{}/secrets"
KEYS = {name: age.generate() for name in ("dev", "prod")}


class MemoryFiles:
    """`ports.Files` in memory; `log` has what was written and removed, in order."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.log: list[str] = []

    def read(self, path: str) -> bytes:
        """Return a file's bytes."""
        if path not in self.held:
            raise OutsideError("no such file or directory", path=path)
        return self.held[path]

    def find(self, path: str) -> bytes | None:
        """Return a file's bytes or None."""
        return self.held.get(path)

    def write(self, path: str, data: bytes, *, mode: int | None = None) -> None:
        """Replace a file."""
        self.held[path] = data
        self.log.append(path)

    def replace(self, files: list[tuple[str, bytes]]) -> None:
        """Replace files in order."""
        for path, data in files:
            self.write(path, data)

    def remove(self, path: str) -> None:
        """Remove a file."""
        del self.held[path]
        self.log.append(f"-{path}")

    def names(self, folder: str) -> list[str]:
        """Return the sorted names in a folder."""
        inside = (posixpath.relpath(path, folder) for path in self.held)
        return sorted({path.split("/")[0] for path in inside if not path.startswith("..")})


class Said(NamedTuple):
    """What a fake program left behind."""

    code: int
    stdout: bytes = b""
    stderr: bytes = b""


class FakePrograms:
    """`ports.Programs` that knows git alone, which ends with `code`."""

    def __init__(self, code: int | None = None) -> None:
        self.code = code
        self.ran: list[tuple[list[str], str | None]] = []

    def run(
        self,
        argv: list[str],
        *,
        stdin: bytes = b"",
        env: dict[str, str] | None = None,
        cwd: str | None = None,
    ) -> Said:
        """Note what was run."""
        self.ran.append((argv, cwd))
        return Said(self.code or 0)

    def locate(self, name: str) -> str | None:
        """Say that git is there, if it has an exit code."""
        return None if self.code is None else f"/bin/{name}"


class Stage:
    """A repository with core, dev and prod, each environment with its own recipient."""

    def __init__(self) -> None:
        self.files = MemoryFiles()
        self.programs = FakePrograms()
        self.identities = ["dev", "prod"]
        self.day = 1
        recipients: dict[str, tuple[str, ...]] = {
            name: (recipient,) for name, (_, recipient) in KEYS.items()
        }
        self.settings: RepoSettings = default_settings(recipients)
        for item in plan_layout(self.settings, {}):
            self.files.held[f"{ROOT}/{item.path}"] = item.data

    def keyring(self) -> Keyring:
        """Return the identities at hand."""
        texts = [KEYS[name][0].reveal().decode() for name in self.identities]
        return Keyring(age.parse_identities("\n".join(texts), "test"))

    @property
    def doors(self) -> Doors:
        """Return the doors, at a later moment each time."""
        self.day += 1
        now = datetime(2026, 1, self.day, tzinfo=UTC)
        return Doors(self.files, self.files.replace, self.programs, self.keyring, now)

    def plan(self, env: str, *scopes: str, prune: bool = False) -> Plan:
        """Plan a `generate` of a `.env`."""
        request = Request(ROOT, f"{ROOT}/.env", env.encode(), scopes, prune)
        return plan_generate(request, self.doors)

    def generate(self, env: str, *scopes: str, prune: bool = False) -> dict[str, str]:
        """Run a `generate` and return the action by path, without those of the lists."""
        self.files.log.clear()
        made = self.plan(env, *scopes, prune=prune)
        apply_generate(made, ROOT, self.doors)
        return {
            change.path.removeprefix("bootstrap/argocd/overlays/main/"): change.action
            for change in made.changes
            if change.path.endswith(".secret.yaml")
        }

    def path(self, scope: str, name: str) -> str:
        """Return the absolute path of a file in a folder of Secrets."""
        return f"{ROOT}/{HOME.format(scope)}/{name}"

    def value(self, scope: str, name: str) -> Any:
        """Return the decrypted value of a Secret of its own."""
        data = self.files.held[self.path(scope, f"{name}.secret.yaml")]
        content: Any = Document.parse(data, "yaml", path=name).unlock(self.keyring()).objects()[0]
        return content["stringData"]["value"]

    def listed(self, scope: str) -> list[str]:
        """Return the lines of a generator that name Secrets."""
        text = self.files.held[self.path(scope, "ksops-generator.yaml")].decode()
        return [line.split("- ")[1] for line in text.splitlines() if ".secret.yaml" in line]
