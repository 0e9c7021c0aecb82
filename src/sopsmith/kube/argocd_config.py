"""Say what Argo CD's ConfigMaps need, and who may reach redis and the repo-server.

Source: argo-cd docs/operator-manual/argocd-cmd-params-cm.yaml, docs/operator-manual/health.md,
manifests/base/{redis,repo-server}/*-network-policy.yaml.
"""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

APPLICATION_HEALTH = """\
hs = {}
hs.status = "Progressing"
hs.message = ""
if obj.status ~= nil and obj.status.health ~= nil then
  hs.status = obj.status.health.status
  if obj.status.health.message ~= nil then
    hs.message = obj.status.health.message
  end
end
return hs
"""
HEALTH_KEY = "resource.customizations.health.argoproj.io_Application"
CACHE_KEY = "reposerver.repo.cache.expiration"
_REDIS, _REPO_SERVER = "argocd-redis", "argocd-repo-server"
_SERVER, _CONTROLLER = "argocd-server", "argocd-application-controller"
_METADATA_SERVICES = ["169.254.0.0/16"]


def build_cm(build_options: str) -> dict[str, str]:
    """Return what `argocd-cm` needs.

    Since 1.8 Argo CD does not wait for the health of an Application inside another one, so
    waves pass before what they wait for is there, unless this check says what healthy means.
    """
    data = {HEALTH_KEY: APPLICATION_HEALTH}
    if build_options:
        data["kustomize.buildOptions"] = build_options
    return data


def build_params(manifest_cache: str) -> dict[str, str]:
    """Return what `argocd-cmd-params-cm` needs.

    Rendered Secrets lie in redis in clear for as long as the cache says, by default a day; the
    hydrator would even commit them.
    """
    return {CACHE_KEY: manifest_cache, "hydrator.enabled": "false"}


def build_config_map(name: str, data: dict[str, str]) -> Object:
    """Return one of Argo CD's ConfigMaps, as a patch or whole."""
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "argocd"}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "labels": labels},
        "data": data,
    }


def build_network_policies(namespace: str) -> list[Object]:
    """Return who may reach redis and the repo-server, and where those may go.

    Redis answers nobody but Argo CD, and calls nobody but the API server, where a container of
    its pod makes the password before redis starts. The repo-server looks up names and reads
    Git over TLS or SSH. The addresses where clouds hand out credentials stay shut.
    """
    return [_redis(namespace), _repo_server(namespace)]


def _redis(namespace: str) -> Object:
    peers = [_pods(name) for name in (_SERVER, _REPO_SERVER, _CONTROLLER)]
    egress = [{"to": _outside(), "ports": [_port(443), _port(6443)]}]
    return _policy(_REDIS, namespace, [{"from": peers, "ports": [_port(6379)]}], egress)


def _repo_server(namespace: str) -> Object:
    callers = ("argocd-notifications-controller", "argocd-applicationset-controller")
    peers = [_pods(name) for name in (_SERVER, _CONTROLLER, *callers)]
    ingress = [
        {"from": peers, "ports": [_port(8081)]},
        {"from": [{"namespaceSelector": {}}], "ports": [_port(8084)]},
    ]
    egress = [
        {"ports": [_port(53, "UDP"), _port(53)]},
        # Any pod of the namespace, since redis has other names where it is highly available.
        {"to": [{"podSelector": {}}], "ports": [_port(6379), _port(26379)]},
        {"to": _outside(), "ports": [_port(443), _port(22)]},
    ]
    return _policy(_REPO_SERVER, namespace, ingress, egress)


def _outside() -> list[Object]:
    return [
        {"ipBlock": {"cidr": "0.0.0.0/0", "except": _METADATA_SERVICES}},
        {"ipBlock": {"cidr": "::/0", "except": ["fe80::/10", "fd00:ec2::254/128"]}},
    ]


def _policy(name: str, namespace: str, ingress: list[Object], egress: list[Object]) -> Object:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"sopsmith-{name}", "namespace": namespace},
        "spec": {
            "podSelector": {"matchLabels": {"app.kubernetes.io/name": name}},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": ingress,
            "egress": egress,
        },
    }


def _pods(name: str) -> Object:
    return {"podSelector": {"matchLabels": {"app.kubernetes.io/name": name}}}


def _port(number: int, protocol: str = "TCP") -> Object:
    return {"protocol": protocol, "port": number}
