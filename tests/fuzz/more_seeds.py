"""Make the seeds of `outside_targets` and `record_targets`, which `seeds` writes."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable

from cryptography.hazmat.primitives import serialization as out
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPrivateNumbers,
    RSAPublicNumbers,
    rsa_crt_dmp1,
    rsa_crt_dmq1,
    rsa_crt_iqmp,
)
from tests.fuzz.record_targets import SPLIT
from tests.fuzz.registry import CANARY, IDENTITY, NOW, RECIPIENT

from sopsmith.flows import revocation
from sopsmith.flows.exposure import Place
from sopsmith.repo import backups
from sopsmith.repo.key_file import NewIdentity, build_label
from sopsmith.repo.rotation import STEPS, Rotation, dump_rotation
from sopsmith.repo.shares import split_identity
from sopsmith.secret import Secret

_DATA = base64.b64encode(CANARY.encode()).decode()
KUBECONFIGS = (
    f"""\
apiVersion: v1
kind: Config
current-context: c
clusters: [{{name: k, cluster: {{server: "https://[::1]:6443", proxy-url: "http://p"}}}}]
contexts: [{{name: c, context: {{cluster: k, user: u}}}}]
users: [{{name: u, user: {{token: {CANARY}, as: r, as-groups: [g]}}}}]
""",
    json.dumps({
        "clusters": [{"name": "k", "cluster": {
            "server": "http://127.0.0.1:80/a", "certificate-authority-data": _DATA,
            "tls-server-name": "n"}}],
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "users": [{"name": "u", "user": {
            "client-certificate": "./x.pem", "client-key-data": _DATA, "username": "n",
            "password": CANARY, "tokenFile": "t", "exec": {"command": "x", "args": ["y"]}}}],
    }),
)  # fmt: skip
TEMPLATES = (
    'x {{- /* c */ -}} {{ .a | b64enc | printf "%s-%q" .b }}\n{{ index (fromJson .j) "n" 1 }}',
    '{{ .b | b64dec | default "y" | trimPrefix "c" | indent 2 | upper | quote }}{{`r`}}',
    '{{ toJson (fromJson .j) }}{{ join "," (splitList "n" .a) }}{{ replace "a" "\\u00e9" .j }}',
)
LISTED = (
    """\
apiVersion: config.kubernetes.io/v1
kind: ResourceList
functionConfig: {a: 1}
items:
  - apiVersion: viaduct.ai/v1
    kind: ksops
    metadata: {name: g, annotations: {config.kubernetes.io/function: "exec: {path: ksops}"}}
    files: [a.yaml]
    secretFrom:
      - metadata: {name: s, labels: {a: b}}
        type: Opaque
        files: [k=a.yaml]
        binaryFiles: [a.yaml]
        envs: [b.env]
""",
    '{"kind": "ResourceList", "functionConfig": {"apiVersion": "viaduct.ai/v1", "kind": "ksops", '
    '"files": ["a.yaml", "*"]}}',
)
ATTRIBUTES = (
    "# c\r\n*.png binary\r\n*.secret.yaml -diff merge text\r\n",
    '"/a b/c.yaml" diff=x\n[attr]y -diff\n*.secret.yaml\tdiff=sopsmith merge=sopsmith eol=lf\n',
)
DROPS = ("a.b/db.secret.yaml.3f9c01de.drop.yaml", "db.drop.yaml", "a.b/.drop.yaml", "x.y/z")
_TENANT = f"""\
version: 1
environments: {{prod: {{recipients: [{RECIPIENT}]}}, dev: {{recipients: []}}}}
one_secret_a: variable
services: {{web: [APP_WEB_, APP_URL]}}
secrets: [{{name: r, kind: tls, data: {{certificate: APP_C, key: APP_K}}, expires: 2027-01-02}}]
"""
_SPACE = "kind: Namespace\nmetadata: {name: tenant-shop}\n"
_CONFIG = "# c\ntenant: x\nnamespace: 'y'  # z\nother: [1]\n"
SETTINGS = f"""\
version: 1
core: {{recipients: [{{recipient: {RECIPIENT}, name: n, purpose: p}}]}}
environments: {{prod: {{context: c, recipients: []}}, a-b: {{}}}}
recovery: {{recipients: [{RECIPIENT}]}}
backup: {{store: "s3://b/p", endpoint: "https://e", region: r, retention_days: 30}}
keys: {{max_age_days: 365}}
roll: hash
secrets:
  - {{name: r, kind: tls, data: {{certificate: C, key: K}}, labels: {{a/b: c}}, used_by: x,
      annotations: {{sopsmith.dev/expires: "2027-01-02"}}, namespace: n}}
  - {{name: d, data: {{v: D}}, expires: 2027-01-02T03:04:05Z, type: Opaque, scopes: [prod]}}
"""


def seeds() -> dict[str, Iterable[bytes | str]]:
    """Return the seeds by the names of their targets."""
    backup = backups.Backup(7, "2026-01-02T03:04:05Z", "t", (RECIPIENT,), (RECIPIENT,), CANARY)
    record = backups.Record(7, backup.digest, (RECIPIENT,), backup.date, "s3://b/", ((6, "aa"),))
    label = build_label(NewIdentity(("prod", "dev"), Secret(b""), RECIPIENT), "/home/a", NOW)
    other = f"# of somebody\r\n#{CANARY}\r\n{IDENTITY}\r\n"
    parts = split_identity(Secret(IDENTITY.encode()), RECIPIENT, 2, 3, lambda size: b"r" * size)
    rotation = Rotation("prod", RECIPIENT, RECIPIENT, "c", "2026-01-02T03:04:05Z")
    done = rotation.after(STEPS[0], "2026-01-02T03:04:06Z")
    return {
        "kubeconfig": KUBECONFIGS,
        "templates": TEMPLATES,
        "rsa_pem": _keys(),
        "resource_list": LISTED,
        "backup": [backups.dump_backup(backup)],
        "backup_record": [backups.dump_record(record), "backup-000007.json"],
        "shares": [b"\n".join(one.reveal() for one in parts[:2]), parts[2].reveal()],
        "key_file": [label + IDENTITY.encode() + b"\n", other, label + other.encode()],
        "drops": DROPS,
        "rotation": [dump_rotation(rotation), dump_rotation(done)],
        "revocation": [revocation.dump(_revoked())],
        "tenant": [SPLIT.decode().join((_TENANT, _SPACE, _CONFIG)), _TENANT],
        "attributes": ATTRIBUTES,
    }


def _revoked() -> revocation.Revocation:
    note = revocation.Note("2026-01-02T03:04:05Z", "t", True)
    place = Place("prod", "n", "s")
    entries = (
        revocation.Entry(place, ("k",), ("f",), "1", "2", 0, note),
        revocation.Entry(place, ("k",), ("f",), "1", "2", 1, None),
    )
    return revocation.Revocation(RECIPIENT, "n", "prod", "2026-01-02", entries)


def _keys() -> list[bytes]:
    # Of well-known numbers, so that none of them can be anybody's.
    keys = (_mersenne(), derive_private_key(7, SECP256R1()))
    form, plain = out.PrivateFormat.PKCS8, out.NoEncryption()
    ders = [b"=" + key.private_bytes(out.Encoding.DER, form, plain) for key in keys]
    pem = keys[1].private_bytes(out.Encoding.PEM, form, plain)
    return [*ders, pem.replace(b"\n", b"\\n"), base64.b64encode(pem)]


def _mersenne() -> RSAPrivateKey:
    p, q, e = 2**607 - 1, 2**521 - 1, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    return RSAPrivateNumbers(
        p, q, d, rsa_crt_dmp1(d, p), rsa_crt_dmq1(d, q), rsa_crt_iqmp(p, q),
        RSAPublicNumbers(e, p * q),
    ).private_key()  # fmt: skip
