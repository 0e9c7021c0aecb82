"""Say under which heading of `sopsmith --help` each command stands."""

SECTIONS = {
    "From a .env to the cluster": ("init", "generate", "migrate", "env", "render"),
    "SOPS files": (
        "encrypt", "decrypt", "edit", "set", "unset", "get", "rotate", "updatekeys", "groups",
        "exec-env", "exec-file", "filestatus", "publish",
    ),
    "Look": (
        "status", "doctor", "verify", "lint", "explain", "list", "diff", "report", "ui", "audit",
    ),
    "Identities, people and tenants": ("key", "recipients", "tenant", "drop"),
    "Cluster": ("bootstrap", "argocd", "refresh", "github-app"),
    "Set up": ("git", "workflow", "plugin", "tools", "completion"),
}  # fmt: skip
"""Each heading with its commands, both in the order of the work."""
