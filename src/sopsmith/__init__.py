"""GitOps secret management: SOPS, age and Kubernetes Secrets in one package."""
