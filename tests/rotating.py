"""Rotate an identity on a real disk with doors that die, and look at what each stop leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.fakes.cluster import FakeCluster

from sopsmith import age
from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.trees import LocalTrees
from sopsmith.adapters.workers import LocalWorkers
from sopsmith.flows.key_secret import prove_opens, read_cluster_keys
from sopsmith.flows.rekey import Means
from sopsmith.flows.rotation import Doors, Outcome, Request, abort_rotation, run_rotation
from sopsmith.kube.key_secret import with_keys
from sopsmith.kube.kinds import SECRET
from sopsmith.ports import Finished, Kind, Object, Programs
from sopsmith.repo.layout import plan_layout
from sopsmith.repo.layout_settings import default_settings
from sopsmith.repo.settings import RepoSettings, parse_settings
from sopsmith.secret import Secret
from sopsmith.sops.config import Config
from sopsmith.sops.document import Document, encrypt
from sopsmith.sops.keyring import Keyring

CONTEXT = "prod-admin@prod"
FILES = (("core", "dns"), ("prod", "db"), ("prod", "mail"), ("dev", "db"))
IDENTITIES = {name: age.generate() for name in ("dev", "prod")}
_START = datetime(2026, 11, 24, 14, tzinfo=UTC)


class Killed(BaseException):
    """The process is gone; nothing catches this."""


class NoGit:
    """`ports.Programs` of a machine without git."""

    def run(self, argv: list[str], **_: object) -> Finished:
        """Refuse."""
        raise AssertionError(argv)

    def locate(self, name: str) -> str | None:
        """Say that there is none."""
        return None


class Life:
    """Counts writes, and ends at one of them."""

    def __init__(self) -> None:
        self.writes: list[str] = []
        self.ends_at = 0

    def wrote(self, what: str) -> None:
        """Note a write that has just been made, and die if it was the last one."""
        self.writes.append(what)
        if len(self.writes) == self.ends_at:
            raise Killed(what)


class DyingFiles(LocalFiles):
    """The disk, until the end."""

    def __init__(self, life: Life) -> None:
        self._life = life

    def write(self, path: str, data: bytes, *, mode: int | None = None) -> None:
        """Replace a file."""
        super().write(path, data, mode=mode)
        self._life.wrote(path)

    def remove(self, path: str) -> None:
        """Remove a file."""
        super().remove(path)
        self._life.wrote(f"-{path}")

    def replace(self, files: list[tuple[str, bytes]]) -> None:
        """Replace some files, one after the other as a rename does."""
        for path, data in files:
            self.write(path, data)


class DyingCluster(FakeCluster):
    """A cluster whose caller dies behind a write."""

    def __init__(self, life: Life) -> None:
        super().__init__()
        self._life = life

    def replace(self, kind: Kind, found: Object) -> Object:
        """Replace an object."""
        done = super().replace(kind, found)
        self._life.wrote("cluster")
        return done


class Platform:
    """A repository of core, dev and prod, prod's cluster, and one machine's keys.txt.

    Args:
        shared: dev has the recipient of prod.

    Attributes:
        deployed: What Argo CD has: the files as they were committed last.
        backups: What each backup was asked to cover.
    """

    def __init__(
        self, folder: Path, programs: Programs | None = None, *, shared: bool = False
    ) -> None:
        self.shared = shared
        self.root = folder / "platform"
        self.keys = folder / "home/keys.txt"
        self.life = Life()
        self.files = DyingFiles(self.life)
        self.cluster = DyingCluster(self.life)
        self.programs: Programs = programs or NoGit()
        self.backups: list[tuple[str, ...]] = []
        self.paused = 0.0
        self._make()
        self.deployed = self.secrets()

    def secrets(self) -> dict[str, bytes]:
        """Return the encrypted files."""
        return {str(path): path.read_bytes() for path in self.root.rglob("*.secret.yaml")}

    def run(self, *, synced: bool = False, context: str = CONTEXT, **more: object) -> Outcome:
        """Rotate prod's identity as far as it goes."""
        return run_rotation(self.request(context, synced=synced, **more), self.doors, self._begin)

    def abort(self) -> None:
        """Take the rotation back."""
        abort_rotation(self.request(CONTEXT), self.doors)

    def request(self, context: str, **more: object) -> Request:
        """Return what a user asks for."""
        return Request(str(self.root), "prod", str(self.keys), context, **more)  # type: ignore[arg-type]

    @property
    def doors(self) -> Doors:
        """Return the doors, one minute later each time that the clock is looked at."""
        means = Means(
            LocalTrees(),
            LocalWorkers(1),
            LocalWorkers(1, batch=1),
            self.files.replace,
            self.keyring,
            self._now(),
        )
        return Doors(
            self.files, self.files, self._lock, means, self.programs, age.generate, self.cluster,
            self._back_up, self._now, self._pause,
        )  # fmt: skip

    def keyring(self) -> Keyring:
        """Return the identities of keys.txt."""
        return Keyring(age.parse_identities(self.keys.read_text(), str(self.keys)))

    def settings(self) -> RepoSettings:
        """Return what sopsmith.yaml says."""
        return parse_settings((self.root / "sopsmith.yaml").read_bytes(), "sopsmith.yaml")

    def recipients(self, scope: str, name: str) -> list[str]:
        """Return the recipients of a file."""
        path = self.path(scope, name)
        return Document.parse(path.read_bytes(), "yaml", path=str(path)).metadata.recipients

    def path(self, scope: str, name: str) -> Path:
        """Return a Secret's file."""
        return self.root / self.settings().secrets_folder(scope) / f"{name}.secret.yaml"

    def held(self) -> tuple[str, ...]:
        """Return the recipients of the cluster's identities."""
        return read_cluster_keys(self.cluster).recipients

    def check(self) -> None:
        """Assert that the cluster opens what it must, and that no identity is lost."""
        held = read_cluster_keys(self.cluster).identities
        for files in (self.secrets(), self.deployed):
            mine = [(path, data) for path, data in files.items() if "/main/dev/" not in path]
            assert prove_opens(mine, held) == 3
        at_hand = {one.recipient for one in self.keyring().identities}
        assert {recipient for _, recipient in IDENTITIES.values()} <= at_hand
        assert {*self.held()} <= at_hand
        lines = [line for line in self.keys.read_bytes().split(b"\n") if line.startswith(b"AGE")]
        for path in (path for path in self.root.rglob("*") if path.is_file()):
            assert not any(line in path.read_bytes() for line in lines)

    def _make(self) -> None:
        recipients: dict[str, tuple[str, ...]] = {
            name: (IDENTITIES["prod"][1] if self.shared else recipient,)
            for name, (_, recipient) in IDENTITIES.items()
        }
        settings = default_settings(recipients)
        for item in plan_layout(settings, {}):
            LocalFiles().write(str(self.root / item.path), item.data)
        self.keys.parent.mkdir(parents=True)
        self.keys.write_bytes(
            b"".join(b"# mine\n" + text.reveal() + b"\n" for text, _ in IDENTITIES.values())
        )
        config = Config.parse(
            (self.root / ".sops.yaml").read_bytes(), str(self.root / ".sops.yaml")
        )
        for scope, name in FILES:
            path = self.path(scope, name)
            text = f"kind: Secret\nstringData:\n    value: made-up-{name}\n".encode()
            rule = config.rule_for(str(path))
            path.write_bytes(encrypt(text, "yaml", rule, now=_START, path=str(path)))
        keys = Secret(IDENTITIES["prod"][0].reveal() + b"\n")
        self.cluster.create(SECRET, with_keys(None, keys))

    def _begin(self, step: str) -> None:
        del step

    def _back_up(self, settings: RepoSettings) -> str:
        self.backups.append(settings.readers("core"))
        self.life.wrote("backup")
        return f"backup-{len(self.backups):06}.json"

    def _now(self) -> datetime:
        self._minutes = getattr(self, "_minutes", 0) + 1
        return _START + timedelta(minutes=self._minutes)

    def _pause(self, seconds: float) -> None:
        self.paused += seconds

    @contextmanager
    def _lock(self, path: str) -> Iterator[None]:
        del path
        yield


def drive(platform: Platform, stop: Callable[[], None]) -> None:
    """Rotate to the end: commit when asked to, run again when killed, looking at every stop."""
    synced = False
    while True:
        try:
            outcome = platform.run(synced=synced)
        except Killed:
            stop()
            platform.life.ends_at = 0
            continue
        if not outcome.waiting:
            return
        assert not synced, outcome.waiting
        platform.deployed = platform.secrets()
        synced = True
