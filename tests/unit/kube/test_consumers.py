from __future__ import annotations

import pytest

from sopsmith.kube.consumers import Object, Use, find_made, find_uses


def pod(spec: Object) -> Object:
    """Return a Pod."""
    return {"kind": "Pod", "metadata": {"name": "web", "namespace": "apps"}, "spec": spec}


@pytest.mark.parametrize(
    ("spec", "how"),
    [
        ({"containers": [{"envFrom": [{"secretRef": {"name": "db"}}]}]}, "envFrom"),
        ({"initContainers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "db"}}}]}]}, "env"),
        ({"volumes": [{"secret": {"secretName": "db"}}]}, "volume"),
        ({"volumes": [{"projected": {"sources": [{"secret": {"name": "db"}}]}}]}, "projected"),
        ({"imagePullSecrets": [{"name": "db"}]}, "image pull"),
        ({"tls": [{"hosts": ["a"], "secretName": "db"}]}, "TLS"),
        ({"tls": {"certificateRefs": [{"name": "db"}]}}, "TLS"),
        ({"solver": {"apiTokenSecretRef": {"name": "db", "key": "x"}}}, "reference"),
    ],
)
def test_every_way_to_read_a_secret_is_found(spec: Object, how: str) -> None:
    assert list(find_uses(pod(spec))) == [Use("db", "apps", "Pod web", how)]


def test_a_service_account_and_the_items_of_a_list_are_seen() -> None:
    account = {"kind": "ServiceAccount", "secrets": [{"name": "a"}],
               "imagePullSecrets": [{"name": "b"}]}  # fmt: skip
    found = find_uses({"kind": "List", "items": [account]})
    assert [(one.secret, one.how) for one in found] == [
        ("a", "service account"),
        ("b", "image pull"),
    ]


def test_what_a_pod_starts_without_is_optional() -> None:
    spec = {"volumes": [{"secret": {"secretName": "db", "optional": True}}]}
    assert [one.optional for one in find_uses(pod(spec))] == [True]


@pytest.mark.parametrize(
    "manifest",
    [
        {"kind": "Secret", "metadata": {"name": "db"}},
        {"kind": "Certificate", "spec": {"secretName": "db"}},
        {"kind": "ExternalSecret", "spec": {"target": {"name": "db"}}},
        {"kind": "SealedSecret", "metadata": {"name": "db"}},
        {"kind": "ClusterIssuer", "spec": {"acme": {"privateKeySecretRef": {"name": "db"}}}},
        {"secretGenerator": [{"name": "db"}]},
    ],
)
def test_what_makes_a_secret_makes_it_and_does_not_read_it(manifest: Object) -> None:
    assert list(find_made(manifest)) == [("", "db")]
    assert list(find_uses(manifest)) == []
