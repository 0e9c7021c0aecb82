"""Make a small repository that has something of everything that `list` and `report` show."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.past import Past

from sopsmith.sops.config import Config
from sopsmith.sops.document import encrypt

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ROOT = "bootstrap/argocd/overlays/main"
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: "<script>alert(1)</script>", namespace: apps}
spec:
  template:
    spec:
      imagePullSecrets: [{name: registry}]
      containers:
      - envFrom: [{secretRef: {name: db}}, {secretRef: {name: maybe, optional: true}}]
"""


def locked(recipient: str, name: str, values: dict[str, str], more: str = "") -> bytes:
    """Return an encrypted Secret of the namespace apps."""
    rule = f"creation_rules:\n  - encrypted_regex: ^(data|stringData)$\n    age: {recipient}\n"
    lines = "".join(f"  {key}: {value}\n" for key, value in values.items())
    plain = (
        f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\n  namespace: apps\n{more}"
        f"stringData:\n{lines}"
    )
    config = Config.parse(rule.encode(), ".sops.yaml")
    return encrypt(plain.encode(), "yaml", config.rules[0], now=NOW, path="x.yaml")


def settings(recipient: str) -> bytes:
    """Return a `sopsmith.yaml` of two environments that one recipient opens."""
    who = f"{{recipients: [{{recipient: {recipient}, name: Ann & <Bob>}}]}}"
    return f"version: 1\nenvironments:\n  dev: {who}\n  prod: {who}\n".encode()


def write_repository(past: Past, recipient: str, value: str) -> None:
    """Commit and check out: `db` in both environments, `only` in dev, a reader of some."""
    expires = '  annotations: {sopsmith.dev/expires: "2031-05-06"}\n'
    past.commit({
        "sopsmith.yaml": settings(recipient),
        f"{ROOT}/dev/secrets/db.secret.yaml": locked(recipient, "db", {"user": value}),
        f"{ROOT}/dev/secrets/only.secret.yaml": locked(recipient, "only", {"a": value}, expires),
        f"{ROOT}/prod/secrets/db.secret.yaml": locked(recipient, "db", {"user": "other"}),
        "apps/web.yaml": WEB.encode(),
    })  # fmt: skip
    past.write()
