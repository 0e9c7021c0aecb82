"""Write the Argo CD side of a new repository: kustomizations, generators and tenants.

Each kustomization must build before there is any Secret. Tried with kustomize 5.7.1 and 5.5
(kubectl 1.32): one without any field is refused as empty, `resources: []` is taken; KSOPS
refuses a generator without files, so the secrets' kustomization names none until the first
Secret stands (`listing.update_kustomization`).
"""

from __future__ import annotations

from sopsmith.repo.settings import RepoSettings

GENERATOR = "ksops-generator.yaml"
"""Name of a scope's KSOPS generator, in its secrets folder."""
TENANTS = "99-tenants.yaml"
"""Name of an environment's Argo CD project and ApplicationSet for tenants, in its overlay."""
_HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"


def build_argocd_files(settings: RepoSettings) -> dict[str, str]:
    """Return the text of each file below the Argo CD folder, by its path in the repository."""
    files = {f"{settings.root}/base/kustomization.yaml": _base()}
    for scope in settings.scopes:
        overlay, secrets = settings.overlay_folder(scope.name), settings.secrets_folder(scope.name)
        if scope == settings.core:
            files[f"{overlay}/kustomization.yaml"] = _core(settings)
        else:
            files[f"{overlay}/kustomization.yaml"] = _environment(scope.name)
            files[f"{overlay}/{TENANTS}"] = _tenants(scope.name)
        files[f"{secrets}/kustomization.yaml"] = secrets_kustomization(scope.name)
        files[f"{secrets}/{GENERATOR}"] = ksops_generator(scope.name)
    return files


def resources_of(settings: RepoSettings, scope_name: str) -> tuple[str, ...]:
    """Return what the kustomization of a scope's overlay lists under `resources`."""
    if scope_name == settings.core.name:
        return ("../" * (settings.overlays.count("/") + 2) + "base",)
    return ("../core", "../core/secrets", "./secrets", TENANTS)


def _base() -> str:
    return (
        "# What every cluster gets, without any Secret in it.\n"
        f"{_HEAD}"
        "resources: []\n"
    )  # fmt: skip


def _core(settings: RepoSettings) -> str:
    base = resources_of(settings, settings.core.name)[0]
    return (
        "# What all environments share. Its Secrets stand in ./secrets, which each environment\n"
        "# lists itself as ../core/secrets.\n"
        f"{_HEAD}"
        "resources:\n"
        f"  - {base}\n"
    )


def _environment(name: str) -> str:
    return (
        f"# What the cluster of {name} gets.\n"
        f"{_HEAD}"
        "resources:\n"
        "  - ../core\n"
        "  - ../core/secrets\n"
        "  - ./secrets\n"
        f"  - {TENANTS}\n"
    )


def secrets_kustomization(name: str) -> str:
    """Return the text of the kustomization of a scope's Secrets."""
    return (
        f"# The Secrets of {name}. `sopsmith generate` adds the generator with the first Secret.\n"
        "# Never list an encrypted file under resources: kustomize would hand its ENC[…] texts\n"
        "# to the cluster as values.\n"
        f"{_HEAD}"
        "resources: []\n"
    )


def ksops_generator(name: str) -> str:
    """Return the text of a scope's generator, without any file yet."""
    return (
        f"# The encrypted Secrets of {name} that reach the cluster. `sopsmith generate` keeps the\n"
        "# list in step with the folder, and keeps what was written by hand.\n"
        "apiVersion: viaduct.ai/v1\n"
        "kind: ksops\n"
        "metadata:\n"
        f"  name: {name}-secrets\n"
        "  annotations:\n"
        "    config.kubernetes.io/function: |\n"
        "      exec:\n"
        "        path: ksops\n"
        "files: []\n"
    )


def _tenants(name: str) -> str:
    return f"""\
# What tenants may deploy to {name}. As written it allows nothing: fill in what they need.
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata:
  name: tenants
  namespace: argocd
spec:
  description: Applications of tenants in {name}
  # Repositories that tenants may deploy from, such as https://git.example.com/org/tenants.git
  sourceRepos: []
  # Where to, such as {{server: https://kubernetes.default.svc, namespace: tenant-*}}. Leave
  # kube-system and argocd out: whoever deploys there reads the platform's own Secrets.
  destinations: []
  # Objects outside of namespaces, such as {{group: "", kind: Namespace}}.
  clusterResourceWhitelist: []
  # Objects inside of namespaces, such as {{group: apps, kind: Deployment}}.
  namespaceResourceWhitelist: []
---
# One Application for each tenant. The last wave: the platform is there when tenants come.
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata:
  name: tenants
  namespace: argocd
  annotations:
    argocd.argoproj.io/sync-wave: "99"
spec:
  goTemplate: true
  goTemplateOptions: [missingkey=error]
  generators:
    - list:
        # Such as {{tenant: shop, repository: https://git.example.com/org/shop.git, path: deploy}}
        elements: []
  syncPolicy:
    # A tenant who is taken off the list keeps what runs.
    preserveResourcesOnDeletion: true
  template:
    metadata:
      name: 'tenant-{{{{.tenant}}}}'
    spec:
      project: tenants
      source:
        repoURL: '{{{{.repository}}}}'
        targetRevision: HEAD
        path: '{{{{.path}}}}'
        # The sidecar opens what the project's identities open, and runs no programs.
        plugin:
          name: sopsmith
      destination:
        server: https://kubernetes.default.svc
        namespace: 'tenant-{{{{.tenant}}}}'
      syncPolicy:
        automated: {{prune: true, selfHeal: true}}
        retry:
          limit: 10
          backoff: {{duration: 10s, factor: 2, maxDuration: 3m}}
"""
