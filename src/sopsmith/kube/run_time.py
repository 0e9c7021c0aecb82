"""Tell the Secrets that an operator makes at run time from those that a person decided on.

The former hold what only the operator knows (a new database's password, a renewed certificate),
so a copy of them in Git would be wrong the next day.

Source: Kubernetes core/v1 (SecretType); crossplane-runtime pkg/resource (connection Secrets);
CloudNativePG pkg/utils (labels); cert-manager "Certificate resources"; Strimzi and Zalando's
postgres-operator, the labels of the Secrets that they make.
"""

from __future__ import annotations

from sopsmith.kube.external_secrets import GROUP
from sopsmith.ports import Object

_TYPES = {
    "connection.crossplane.io/v1alpha1": "Crossplane, a connection Secret",
    "kubernetes.io/service-account-token": "Kubernetes, a service account's token",
    "bootstrap.kubernetes.io/token": "kubeadm",
    "helm.sh/release.v1": "Helm, a release",
}
_SIGNS = {
    "cnpg.io/cluster": "CloudNativePG",
    "cert-manager.io/certificate-name": "cert-manager",
    "cert-manager.io/next-private-key": "cert-manager",
    "crossplane.io/composite": "Crossplane",
    "strimzi.io/cluster": "Strimzi",
    "postgres-operator.crunchydata.com/cluster": "the operator of Crunchy Data",
    "kubernetes.io/service-account.name": "Kubernetes, a service account's token",
    "eck.k8s.elastic.co/owner-kind": "the operator of Elastic",
}
_KEEPERS = frozenset({GROUP, "bitnami.com"})
"""Groups whose objects own Secrets that they only carry: what they hold is decided elsewhere."""


def find_maker(secret: Object) -> str:
    """Return who makes a Secret at run time, for people, or "" for a static one."""
    metadata = secret.get("metadata") or {}
    for owner in metadata.get("ownerReferences") or []:
        group = str(owner.get("apiVersion", "")).rpartition("/")[0]
        if group not in _KEEPERS:
            return f"{owner.get('kind')} {owner.get('name')} ({group or 'core'})"
    known = _TYPES.get(str(secret.get("type", "")))
    if known:
        return known
    signs = {**(metadata.get("labels") or {}), **(metadata.get("annotations") or {})}
    if signs.get("application") == "spilo" and "cluster-name" in signs:
        return "Zalando's postgres-operator"
    return next((maker for sign, maker in _SIGNS.items() if sign in signs), "")


def is_owned_by(secret: Object, group: str, kind: str) -> bool:
    """Tell whether the garbage collector would take a Secret along with an object of a kind."""
    owners = (secret.get("metadata") or {}).get("ownerReferences") or []
    return any(
        one.get("kind") == kind and str(one.get("apiVersion", "")).startswith(f"{group}/")
        for one in owners
    )
