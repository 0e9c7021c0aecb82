from __future__ import annotations

import base64

from tests.fakes.cluster import FakeCluster
from tests.viewing import ROOT, locked, settings

from sopsmith import age
from sopsmith.age import parse_identities
from sopsmith.flows.compare import Difference, Signer, compare, read_cluster, read_side
from sopsmith.flows.versions import Opener
from sopsmith.kube.kinds import NAMESPACE, SECRET
from sopsmith.repo.settings import parse_settings
from sopsmith.secret import Secret
from sopsmith.sops.keyring import Keyring


def test_git_and_a_cluster_are_compared_by_value() -> None:
    identity, recipient = age.generate()
    keyring = Keyring(parse_identities(identity.reveal().decode(), "test"))
    signer = Signer(Opener(lambda: keyring), Secret(b"key of signs"))
    files = [
        (f"{ROOT}/dev/secrets/db.secret.yaml", locked(recipient, "db", {"a": "same", "b": "old"})),
        (f"{ROOT}/core/secrets/no.secret.yaml", locked(recipient, "no", {"a": "x"})),
        (f"{ROOT}/prod/secrets/other.secret.yaml", locked(recipient, "other", {"a": "x"})),
    ]
    cluster = FakeCluster()
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "apps"}}
    cluster.create(NAMESPACE, namespace)
    live = {"a": "same", "b": "new", "c": "more"}
    data = {key: base64.b64encode(value.encode()).decode() for key, value in live.items()}
    metadata = {"name": "db", "namespace": "apps"}
    cluster.create(SECRET, {"apiVersion": "v1", "kind": "Secret", "metadata": metadata,
                            "data": data})  # fmt: skip
    rules = parse_settings(settings(recipient), "sopsmith.yaml")
    git = read_side(files, rules, frozenset({"dev", "core"}), signer)
    found = list(compare(git, read_cluster(cluster, git, "kube-system", signer)))
    assert [one and (one.kind, one.secret, one.key) for one in found] == [
        None, ("changed", "apps/db", "b"), ("added", "apps/db", "c"), ("removed", "apps/no", "a"),
    ]  # fmt: skip
    assert all("new" not in str(one) for one in found if isinstance(one, Difference))
