"""A whole life of keys on a real MinIO and API server, and what each attacker gets of it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.attacker import Attacker
from tests.contracts.s3_fake import ENVIRON
from tests.disasters import HOLDERS, Disaster, blocks
from tests.e2e.control_plane import ADMIN, ControlPlane, running
from tests.e2e.minio import serving

from sopsmith import age
from sopsmith.flows.key_secret import read_cluster_keys
from sopsmith.kube.key_secret import NAME, NAMESPACE
from sopsmith.kube.kinds import SECRET

pytestmark = pytest.mark.e2e

MINIO = Path(__file__).parents[2] / ".tools/bin/minio"
OLD, NEW = "backups", "more-backups"


class Life(Disaster):
    """A platform with a bucket and a cluster, through every disaster of the page."""

    def __init__(self, folder: Path, address: str, plane: ControlPlane) -> None:
        self.address, self.plane = address, plane
        fields = f'endpoint: "{address}", region: {ENVIRON["AWS_REGION"]}'
        store, new_store = (f'{{store: "s3://{name}/prod", {fields}}}' for name in (OLD, NEW))
        kubeconfig = str(plane.kubeconfig)
        # There is no kubelet, so a rotation need not wait until one has told the pods.
        (folder / "sitecustomize.py").write_text("import time\ntime.sleep = lambda _: None\n")
        environ = {"KUBECONFIG": kubeconfig, "CONTEXT": ADMIN, "PYTHONPATH": str(folder), **ENVIRON}
        super().__init__(folder, store, new_store, ADMIN, **environ)
        self.said: dict[str, str] = {}
        plane.namespace(NAMESPACE)

    def live(self) -> None:
        """Lose one thing after the other and bring each back as the page says."""
        lost = self.lose_laptop()
        self.said["laptop"] = self.run("A lost laptop")
        assert self.world.keys_file.read_bytes() == lost
        restored, injected = blocks("A lost cluster", cluster=True)
        for script in (restored, injected):
            assert read_cluster_keys(self.plane.cluster()).found is None
            self.sh(script, self.clone)
            assert read_cluster_keys(self.plane.cluster()).recipients == (self.recipient("prod"),)
            if script == restored:
                self.plane.cluster().delete(SECRET, NAME, NAMESPACE)
        self.run("A lost bucket")
        self.run("A lost recovery identity")
        self.said["leak"] = self.run("A leaked identity", cluster=True)
        self.world.keys_file.unlink()
        self.said["cluster"] = self.run("Only a cluster is left", cluster=True)

    def recipient(self, environment: str) -> str:
        """Return an environment's recipient by sopsmith.yaml."""
        listed = self.world.run("sopsmith", "recipients", "list", "-o", "json", cwd=self.clone)
        (found,) = (
            one["recipient"]
            for one in json.loads(listed)["recipients"]
            if one["scope"] == environment
        )
        return str(found)

    @property
    def client(self) -> Any:
        """Return another client of the bucket."""
        import boto3

        session = boto3.session.Session(
            ENVIRON["AWS_ACCESS_KEY_ID"], ENVIRON["AWS_SECRET_ACCESS_KEY"], None, "eu-west-1"
        )
        return session.client("s3", endpoint_url=self.address)

    def repository(self) -> dict[str, bytes]:
        """Return all files of origin and clone, and every object of Git, also unreachable ones."""
        pile = {
            str(path): path.read_bytes()
            for folder in (self.origin, self.clone)
            for path in folder.rglob("*")
            if path.is_file()
        }
        for folder in (self.origin, self.clone):
            every = ("cat-file", "--batch-all-objects", "--batch", "--unordered")
            rest = self.world.run("git", *every, cwd=folder)
            while rest:
                head, _, rest = rest.partition(b"\n")
                size = int(head.split()[2])
                pile[f"{folder}: {head.decode()}"], rest = rest[:size], rest[size + 1 :]
        return pile

    def bucket(self) -> dict[str, bytes]:
        """Return every version of every object of both buckets, and what the server's disk has."""
        pile: dict[str, bytes] = {}
        for name in (OLD, NEW):
            listed = self.client.list_object_versions(Bucket=name)
            for one in listed["Versions"]:
                of = {"Bucket": name, "Key": one["Key"], "VersionId": one["VersionId"]}
                pile[f"{one['Key']}?{one['VersionId']}"] = self.client.get_object(**of)[
                    "Body"
                ].read()
        disk = (path for path in (self.origin.parent / "d").rglob("*") if path.is_file())
        return pile | {str(path): path.read_bytes() for path in disk}

    def cluster_objects(self) -> dict[str, bytes]:
        """Return every object of every kind that the API server lists, managed fields too."""
        kinds = self.plane.kubectl("api-resources", "--verbs=list", "--output=name").split()
        pile: dict[str, bytes] = {}
        for kind in map(bytes.decode, kinds):
            listed = self.plane.kubectl(
                "get", kind, "--all-namespaces", "--output=json", "--show-managed-fields"
            )
            for number, one in enumerate(json.loads(listed)["items"]):
                pile[f"{kind} {number} {one['metadata']['name']}"] = json.dumps(one).encode()
        return pile

    def attack(self, pile: dict[str, bytes]) -> Attacker:
        """Return what somebody finds who has a pile."""
        holders = (identity.reveal().decode() for identity, _ in HOLDERS.values())
        attacker = Attacker((*self.known, *holders))
        attacker.search(pile)
        return attacker


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """Return a platform behind its whole life."""
    if not all(os.access(MINIO.with_name(one), os.X_OK) for one in ("minio", "kube-apiserver")):
        pytest.skip("minio or kube-apiserver not built; make e2e builds them")
    folder = tmp_path_factory.mktemp("disaster")
    cluster = folder / "cluster"
    cluster.mkdir()
    with serving(MINIO, folder) as address, running(cluster) as plane:
        made = Life(folder, address, plane)
        made.live()
        yield made


def _is_key_secret(name: str) -> bool:
    return name.startswith("secrets ") and name.endswith(f" {NAME}")


def test_every_disaster_ended_well(life: Life) -> None:
    assert "prod: opened 1 of 1" in life.said["laptop"]
    assert "prod: done at" in life.said["leak"]
    assert "prod: opened 1 of 1" in life.said["cluster"]
    assert "2 of 2 Secrets left to change" in life.said["leak"]
    life.world.run("sopsmith", "key", "check", "--environment", "prod", cwd=life.clone)
    assert life.sh("git status --porcelain", life.clone) == ""


def test_all_identities_of_the_life_are_known(life: Life) -> None:
    # dev's, prod's of before and after, three recovery identities, one of which is in shares.
    assert sorted(life.known.values()) == [
        "keys.txt", "keys.txt", "keys.txt", "recovery-2.txt", "recovery.txt", "shares",
    ]  # fmt: skip


def test_the_repository_yields_no_identity(life: Life) -> None:
    attacker = life.attack(life.repository())
    assert (attacker.identities, attacker.traces) == ({}, [])


def test_the_buckets_yield_no_identity(life: Life) -> None:
    pile = life.bucket()
    assert {name.partition("?")[0] for name in pile if "?" in name} == {
        "prod/manifest.json",
        *(f"prod/backup-{number:06}.json" for number in range(1, 5)),
    }
    attacker = life.attack(pile)
    assert (attacker.identities, attacker.traces) == ({}, [])


def test_the_cluster_without_its_key_secret_yields_no_identity(life: Life) -> None:
    pile = life.cluster_objects()
    attacker = life.attack({name: data for name, data in pile.items() if not _is_key_secret(name)})
    assert (attacker.identities, attacker.traces) == ({}, [])
    assert len(pile) > 50


def test_the_key_secret_yields_its_own_environments_identity_alone(life: Life) -> None:
    attacker = life.attack(life.cluster_objects())
    assert {*attacker.identities} == {life.recipient("prod")}
    assert all(_is_key_secret(name) for name in attacker.traces)


def test_with_the_cluster_the_repository_and_the_buckets_yield_no_more(life: Life) -> None:
    attacker = life.attack(life.cluster_objects() | life.repository() | life.bucket())
    assert {*attacker.identities} == {life.recipient("prod")}
    # Its values are read, of course: those of prod and core.
    assert attacker.opened >= 2


def test_what_is_planted_is_found(life: Life) -> None:
    text = next(line for line, of in life.known.items() if of == "recovery.txt").encode()
    (planted,) = {one.recipient for one in age.parse_identities(text.decode(), "recovery.txt")}
    # In a commit that no branch has any more, in a deleted object, and in a ConfigMap.
    data = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"], input=text, cwd=life.origin, capture_output=True,
        check=True,
    ).stdout  # fmt: skip
    assert planted in life.attack(life.repository()).identities
    (life.origin / "objects" / data[:2].decode() / data[2:].strip().decode()).unlink()
    life.client.put_object(Bucket=NEW, Key="prod/x", Body=text)
    life.client.delete_object(Bucket=NEW, Key="prod/x")
    assert planted in life.attack(life.bucket()).identities
    made = ["create", "configmap", "x", "--from-literal", f"a={text.hex()}"]
    life.plane.kubectl(*made, "--namespace", NAMESPACE)
    assert planted in life.attack(life.cluster_objects()).identities
