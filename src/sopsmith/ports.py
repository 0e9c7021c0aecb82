"""Name the doors to the outside, as Protocols; `adapters/` has the real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from datetime import datetime


class Files(Protocol):
    """Read and write files, atomically, by path text as the user gave it."""

    def read(self, path: str) -> bytes:
        """Return a file's bytes.

        Raises:
            OutsideError: It is missing, unreadable or larger than 64 MiB.
        """

    def find(self, path: str) -> bytes | None:
        """Return a file's bytes, or None where nothing stands at that path."""

    def write(self, path: str, data: bytes, *, mode: int | None = None) -> None:
        """Replace a file in one step: temporary file beside it, fsync, rename.

        A symbolic link stays one (its target is replaced). An existing file keeps its mode;
        a new one gets `mode` (0o644 unless given). Missing folders are made.
        """

    def remove(self, path: str) -> None:
        """Remove a file that must exist."""

    def names(self, folder: str) -> list[str]:
        """Return the sorted names in a folder, or nothing where there is none."""


class Trees(Protocol):
    """Find the files of a tree, and look at them."""

    def walk(self, paths: tuple[str, ...]) -> Iterator[str]:
        """Yield every file under some paths, in path order, each once.

        A folder that cannot be listed is yielded itself, so that whoever reads it learns why.

        Raises:
            OutsideError: A path is not there.
        """

    def peek(self, path: str) -> tuple[bytes, bytes, int]:
        """Return a file's first and last bytes and its size; a small file is whole in both.

        Raises:
            OutsideError: It cannot be read.
        """

    def read(self, path: str) -> bytes:
        """Return a file's bytes, as `Files` does."""


Answer = tuple["str | int | bytes | Answer | None", ...] | None
"""What a worker hands back: plain values, so that they cross a pipe without pickling."""


class Workers(Protocol):
    """Do a piece of work for many items, on as many cores as are worth it."""

    def map(self, work: Callable[[str], Answer], items: Iterable[str]) -> Iterator[Answer]:
        """Yield the answer for every item, in the order of the items.

        The work may run in other processes: what it changes is lost, and an exception that is
        no `Error` ends everything. Memory does not grow with the number of items.

        Raises:
            OutsideError: A process died.
        """


class Stored(NamedTuple):
    """What a store holds under a name.

    Attributes:
        data: The object's bytes.
        source: What `ObjectStore.write` was told that it was made from; "" where unknown.
    """

    data: bytes
    source: str = ""


class ObjectStore(Protocol):
    """Keep objects by name, somewhere else."""

    def place(self, name: str) -> str:
        """Return where an object is, for people: `s3://bucket/prefix/name`."""

    def find(self, name: str) -> Stored | None:
        """Return an object, or None where there is none of that name.

        Raises:
            OutsideError: The store cannot be asked, or refuses.
        """

    def write(self, name: str, data: bytes, source: str = "") -> None:
        """Put an object under a name, in place of the one that is there.

        Args:
            source: A short text to keep beside it; not secret.

        Raises:
            OutsideError: The store cannot be asked, or refuses.
        """


class Archive(Protocol):
    """Keep backups where nothing that stands is ever replaced by accident.

    Every method raises `Denied` where the store refuses, `Unreachable` where it did not answer
    in full, and `NotThere` where the whole bucket or folder is missing: an absence that is not
    proven is never reported as one.
    """

    def place(self, name: str) -> str:
        """Return where an object is, for people: `s3://bucket/prefix/name`."""

    def names(self) -> list[str]:
        """Return the sorted names of all objects."""

    def find(self, name: str) -> bytes | None:
        """Return an object's bytes, or None where it is proven that there is none."""

    def create(self, name: str, data: bytes) -> None:
        """Store an object under a name that is free, whole or not at all.

        Raises:
            Conflict: The name is taken; what stands there was not touched.
        """

    def replace(self, name: str, data: bytes) -> None:
        """Store an object under a name that may be taken, whole or not at all."""


class Place(Protocol):
    """Hold an archive: what can be looked at and changed about where it is kept.

    Every method raises `Denied` and `Unreachable` as an `Archive` does, and what changes
    something `OutsideError` where the place cannot be so.
    """

    @property
    def address(self) -> str:
        """Where it is, for people: `s3://bucket` or a folder's path."""

    def exists(self) -> bool:
        """Tell whether it is there."""

    def make(self) -> None:
        """Make it, closed to others."""

    def open_to(self) -> list[str]:
        """Return who else may get in: none, or texts for people."""

    def close(self) -> None:
        """Let nobody else in."""


class Retention(NamedTuple):
    """How long new objects cannot be deleted.

    Attributes:
        days: 0 where the bucket could lock objects and does not.
        mode: `GOVERNANCE` or `COMPLIANCE`; "" where it does not.
    """

    days: int
    mode: str = ""


@runtime_checkable
class Bucket(Place, Protocol):
    """A place that can keep every version of an object, and lock them."""

    def keeps_versions(self) -> bool:
        """Tell whether versioning is on."""

    def keep_versions(self) -> None:
        """Turn versioning on."""

    def expiries(self) -> list[str]:
        """Return which of its rules delete what an archive holds, as texts for people."""

    def retention(self) -> Retention | None:
        """Return for how long new objects are locked, or None where the bucket has no lock."""

    def retain(self, days: int) -> None:
        """Lock new objects for some days; mode GOVERNANCE unless a mode is set already."""


Object = dict[str, Any]
"""A Kubernetes object as plain values."""


class Kind(NamedTuple):
    """A kind of Kubernetes object.

    Attributes:
        group: API group; "" for the core.
        plural: Resource name in paths: `secrets`.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True


class Cluster(Protocol):
    """Read and change the objects of one Kubernetes cluster, over its API alone.

    Every method raises `Denied` (naming verb, resource and namespace) where RBAC refuses and
    `Unreachable` where the API server does not answer. No error quotes an object's values.
    """

    @property
    def name(self) -> str:
        """The kubeconfig context and its server, for people: `prod (https://…)`."""

    def find(self, kind: Kind, name: str, namespace: str = "") -> Object | None:
        """Return an object, or None where it is proven that there is none."""

    def list(self, kind: Kind, namespace: str = "", labels: str = "") -> list[Object]:
        """Return objects, of all namespaces unless one is given, by a label selector if any.

        Raises:
            NotThere: The cluster does not have the kind.
        """

    def create(self, kind: Kind, found: Object) -> Object:
        """Create an object; Conflict where its name is taken."""

    def replace(self, kind: Kind, found: Object) -> Object:
        """Replace an object that was read: Conflict where it has changed since.

        Args:
            found: With the `metadata.resourceVersion` that was read.
        """

    def apply(self, kind: Kind, found: Object) -> Object:
        """Create an object or change the fields given (server-side apply, as `sopsmith`)."""

    def patch(self, kind: Kind, name: str, namespace: str, change: Object) -> Object:
        """Merge a change into an object that must exist (JSON merge patch); NotThere if not."""

    def delete(self, kind: Kind, name: str, namespace: str = "") -> None:
        """Delete an object that must exist; NotThere if it does not."""

    def allows(self, verb: str, kind: Kind, namespace: str = "", name: str = "") -> bool:
        """Tell whether RBAC lets us do something (SelfSubjectAccessReview)."""

    def server_version(self) -> str:
        """Return the API server's version: `v1.34.4`."""

    def server_time(self) -> datetime:
        """Return the API server's clock (UTC), to the second."""


class Programs(Protocol):
    """Run other programs; secrets go in by stdin, never by argv."""

    def run(
        self,
        argv: list[str],
        *,
        stdin: bytes = b"",
        env: dict[str, str] | None = None,
        cwd: str | None = None,
    ) -> Finished:
        """Run a program to its end and return what it said.

        Args:
            env: Variables to set on top of the present environment.

        Raises:
            OutsideError: There is no such program.
        """

    def locate(self, name: str) -> str | None:
        """Return the absolute path of a program on PATH, or None."""


class Finished(Protocol):
    """What a program left behind."""

    @property
    def code(self) -> int:
        """The exit code."""

    @property
    def stdout(self) -> bytes:
        """What it wrote as data."""

    @property
    def stderr(self) -> bytes:
        """What it said."""
