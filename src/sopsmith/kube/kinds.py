"""Name the kinds of objects that sopsmith reads or writes in a cluster.

Source: the API groups of Kubernetes 1.34, and argo-cd 3.2 pkg/apis/application/v1alpha1.
"""

from __future__ import annotations

from sopsmith.ports import Kind, Object

CONFIGMAP = Kind("", "v1", "configmaps", "ConfigMap")
EVENT = Kind("", "v1", "events", "Event")
NAMESPACE = Kind("", "v1", "namespaces", "Namespace", namespaced=False)
NODE = Kind("", "v1", "nodes", "Node", namespaced=False)
POD = Kind("", "v1", "pods", "Pod")
SECRET = Kind("", "v1", "secrets", "Secret")
SERVICE = Kind("", "v1", "services", "Service")
SERVICE_ACCOUNT = Kind("", "v1", "serviceaccounts", "ServiceAccount")
DAEMONSET = Kind("apps", "v1", "daemonsets", "DaemonSet")
DEPLOYMENT = Kind("apps", "v1", "deployments", "Deployment")
STATEFULSET = Kind("apps", "v1", "statefulsets", "StatefulSet")
CRONJOB = Kind("batch", "v1", "cronjobs", "CronJob")
JOB = Kind("batch", "v1", "jobs", "Job")
NETWORK_POLICY = Kind("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy")
_RBAC = "rbac.authorization.k8s.io"
ROLE = Kind(_RBAC, "v1", "roles", "Role")
ROLE_BINDING = Kind(_RBAC, "v1", "rolebindings", "RoleBinding")
CLUSTER_ROLE = Kind(_RBAC, "v1", "clusterroles", "ClusterRole", namespaced=False)
CLUSTER_ROLE_BINDING = Kind(
    _RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False
)
CRD = Kind(
    "apiextensions.k8s.io",
    "v1",
    "customresourcedefinitions",
    "CustomResourceDefinition",
    namespaced=False,
)
_ARGO = "argoproj.io"
APPLICATION = Kind(_ARGO, "v1alpha1", "applications", "Application")
APPLICATIONSET = Kind(_ARGO, "v1alpha1", "applicationsets", "ApplicationSet")
APPPROJECT = Kind(_ARGO, "v1alpha1", "appprojects", "AppProject")
ARGOCD = Kind(_ARGO, "v1beta1", "argocds", "ArgoCD")
"""The Argo CD operator's custom resource."""

KINDS = tuple(value for value in globals().values() if isinstance(value, Kind))
_BY_NAME = {(kind.group, kind.version, kind.kind): kind for kind in KINDS}


def find_kind(found: Object) -> Kind | None:
    """Return the kind of a manifest, by its `apiVersion` and `kind`, or None where not known."""
    group, _, version = str(found.get("apiVersion", "")).rpartition("/")
    return _BY_NAME.get((group, version, str(found.get("kind", ""))))


def api_version(kind: Kind) -> str:
    """Return a kind's `apiVersion` as manifests have it: `argoproj.io/v1alpha1`."""
    return f"{kind.group}/{kind.version}" if kind.group else kind.version


def resource_name(kind: Kind) -> str:
    """Return a kind as RBAC and kubectl name it: `secrets`, `applications.argoproj.io`."""
    return f"{kind.plural}.{kind.group}" if kind.group else kind.plural
