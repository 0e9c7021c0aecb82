"""Hold where a rotation stands: `.sopsmith/rotations/ENV.json`, with nothing secret in it.

For a tenant's identity it is `TENANT.ENV.json`; neither name holds a dot.

A rotation is a list of steps. The file says which are done and names the two recipients; every
step can be done again without harm, so whoever is cut short runs the same command again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sopsmith.age import check_recipient
from sopsmith.errors import Error, FormatError, LayoutError
from sopsmith.kube.tenants import FOLDER as FOLDER_OF_TENANTS
from sopsmith.repo.names import NAMESPACE_LIMIT, fault
from sopsmith.repo.settings import FILE

FOLDER = ".sopsmith/rotations"
VERSION = 1
GENERATE, BACKUP, INJECT, MOVE, SYNC, RETIRE, RENEW = (
    "generate", "back-up", "inject", "move", "sync", "retire", "renew",
)  # fmt: skip
STEPS = (GENERATE, BACKUP, INJECT, MOVE, SYNC, RETIRE, RENEW)
NO_BACKUP = "none"
"""What stands for a backup where the user wanted none."""
_FIELDS = frozenset(
    ("version", "environment", "old", "new", "context", "backup", "started", "aborting", "done")
)


WORDS = {
    GENERATE: "make a new identity",
    BACKUP: "back the new identity up",
    INJECT: "put it beside the old one in the cluster",
    MOVE: "move the repository to the new recipient",
    SYNC: "wait until the moved files are deployed",
    RETIRE: "retire the old identity",
    RENEW: "renew the backup",
}
"""What each step does, for people."""


@dataclass(frozen=True)
class Rotation:
    """A rotation of an environment's identity, or of a tenant's for an environment.

    Attributes:
        tenant: Whose identity it is; "" for the platform's.
        old: The recipient that goes.
        new: The recipient that comes.
        context: Of the kubeconfig; "" for a rotation without a cluster.
        backup: Where the new identity was backed up, for people; NO_BACKUP, or "" before.
        started: UTC, `2026-11-24T14:00:00Z`.
        aborting: It is being taken back.
        done: When each step was done, UTC, in the order of `STEPS`.
    """

    environment: str
    old: str
    new: str
    context: str
    started: str
    backup: str = ""
    aborting: bool = False
    done: dict[str, str] = field(default_factory=dict)
    tenant: str = ""

    @property
    def name(self) -> str:
        """Return what tells it from the others of the repository."""
        return rotation_name(self.environment, self.tenant)

    @property
    def settings_path(self) -> str:
        """Return the file that names its recipients, relative to the repository."""
        return f"{FOLDER_OF_TENANTS}/{self.tenant}/tenant.yaml" if self.tenant else FILE

    @property
    def steps(self) -> tuple[str, ...]:
        """Return the steps that it has: some are of no use without a cluster, or a backup."""
        left_out = [] if self.context else [INJECT]
        left_out += [BACKUP, RENEW] if self.backup == NO_BACKUP else []
        return tuple(step for step in STEPS if step not in left_out)

    @property
    def next_step(self) -> str | None:
        """Return the first step that is not done, or None at the end."""
        return next((step for step in self.steps if step not in self.done), None)

    @property
    def command(self) -> str:
        """Return the command that takes it on."""
        where = "" if self.context else " --no-cluster"
        if self.backup == NO_BACKUP and not self.aborting:
            # What is noted of it is not believed, so it is said again.
            where += " --without-backup"
        if self.aborting:
            where += " --abort"
        elif self.next_step == SYNC and not self.context:
            # Nobody can be asked, so the user has to say it; that it is committed is checked.
            where += " --synced"
        return f"{self.bare_command}{where}"

    @property
    def bare_command(self) -> str:
        """Return the command that rotates this identity, without what it needs to go on."""
        whose = f"tenant rotate {self.tenant}" if self.tenant else "key rotate"
        return f"sopsmith {whose} --environment {self.environment}"

    @property
    def finished(self) -> str:
        """Return when the last step was done that is done."""
        return next((self.done[step] for step in reversed(STEPS) if step in self.done), "")

    def after(self, step: str, moment: str) -> Rotation:
        """Return the rotation once a step is done."""
        return replace(self, done={**self.done, step: moment})

    def before(self, step: str) -> Rotation:
        """Return the rotation with a step and all behind it yet to be done."""
        kept = STEPS[: STEPS.index(step)]
        return replace(self, done={name: at for name, at in self.done.items() if name in kept})


def format_moment(moment: datetime) -> str:
    """Return a time as it is noted: UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_moment(text: str) -> datetime:
    """Return a time that was noted."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def rotation_name(environment: str, tenant: str) -> str:
    """Return what tells a rotation from the others of a repository."""
    return f"{tenant}.{environment}" if tenant else environment


def rotation_path(name: str) -> str:
    """Return where a rotation stands, by its name, relative to the root of the repository."""
    return f"{FOLDER}/{name}.json"


def dump_rotation(rotation: Rotation) -> bytes:
    """Return the file of a rotation."""
    made = {
        "version": VERSION,
        "environment": rotation.environment,
        "old": rotation.old,
        "new": rotation.new,
        "context": rotation.context,
        "backup": rotation.backup,
        "started": rotation.started,
        "aborting": rotation.aborting,
        "done": rotation.done,
        **({"tenant": rotation.tenant} if rotation.tenant else {}),
    }
    return json.dumps(made, indent=2, sort_keys=True).encode() + b"\n"


def parse_rotation(data: bytes, path: str) -> Rotation:
    """Return the rotation that a file holds.

    Raises:
        LayoutError: The file holds merge conflict markers: two rotations met.
        FormatError: It is no such file.
    """
    refuse_markers(data, path)
    try:
        found = json.loads(data)
        return _parse(found)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, Error) as error:
        reason = str(error) if isinstance(error, Error) else "its fields are not those of one"
        raise FormatError(f"holds no rotation: {reason}", path=path) from None


def refuse_markers(data: bytes, path: str) -> None:
    """Refuse a file in which a merge left both sides.

    Raises:
        LayoutError: It holds conflict markers.
    """
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.startswith((b"<<<<<<< ", b">>>>>>> ")):
            raise LayoutError(
                "holds merge conflict markers",
                path=path,
                key=f"line {number}",
                hint="resolve the merge; where two rotations met, keep the one whose new "
                "recipient the files have",
            )


def check_agrees(rotation: Rotation, recipients: tuple[str, ...]) -> None:
    """Make sure that a rotation and the environment's recipients tell the same story.

    Args:
        recipients: The environment's, or the tenant's for it, as the settings name them.

    Raises:
        LayoutError: They do not; says which recipient is the odd one.
    """
    has_old, has_new = rotation.old in recipients, rotation.new in recipients
    moved = MOVE in rotation.done
    wrong, path = "", rotation.settings_path
    if not has_old and not has_new:
        wrong = "names neither the old recipient of the rotation nor the new one"
    elif moved and not has_new:
        wrong = f"does not name {rotation.new}, to which the rotation has moved the files"
    elif moved and has_old:
        wrong = f"names {rotation.old} again, which the rotation has taken out"
    if wrong:
        raise LayoutError(
            wrong,
            path=path,
            key=f"environments.{rotation.environment}.recipients",
            hint=f"somebody else changed it, or a merge did: git log -p -- {path}",
        )


def _parse(found: Any) -> Rotation:
    if set(found) - {"tenant"} != _FIELDS or found["version"] != VERSION:
        raise ValueError
    tenant = found.get("tenant", "")
    if tenant != "" and fault(tenant, NAMESPACE_LIMIT):
        raise ValueError
    texts = {
        name: found[name] for name in ("environment", "old", "new", "context", "backup", "started")
    }
    done = found["done"]
    if not all(isinstance(text, str) for text in (*texts.values(), *done.values())):
        raise TypeError
    if not set(done) <= set(STEPS) or type(found["aborting"]) is not bool:
        raise ValueError
    # It stands in commands that are to be pasted.
    if fault(texts["environment"], NAMESPACE_LIMIT):
        raise ValueError
    for recipient in (texts["old"], texts["new"]):
        check_recipient(recipient)
    for moment in (texts["started"], *done.values()):
        parse_moment(moment)
    ordered = {step: done[step] for step in STEPS if step in done}
    return Rotation(**texts, aborting=found["aborting"], done=ordered, tenant=tenant)
