"""Hold the demo's `.env`: each variable as it is written and as it must come out.

The values are invented, and the written form stands beside the value so that whoever checks
a result need not trust sopsmith's own reader of dotenv.
"""

from __future__ import annotations

from typing import NamedTuple

PREFIXES = {"dev": "DEV_", "staging": "STAGING_", "prod": "PROD_"}
IGNORED = "APP_"

PEM = """-----BEGIN DEMO PRIVATE KEY-----
RkFLRS1rZXktb2YtdGhlLWRlbW8tbm90LWEtcmVhbC1vbmUtMDEyMzQ1Njc4OQ==
ZG8tbm90LXVzZS10aGlzLWFueXdoZXJlLWl0LWlzLW1hZGUtdXAtdGV4dC0xMjM=
-----END DEMO PRIVATE KEY-----
"""


class DemoVariable(NamedTuple):
    """One assignment: what the `.env` says behind the `=`, and the value that it means."""

    name: str
    written: str
    value: str


def _plain(name: str, value: str) -> DemoVariable:
    return DemoVariable(name, value, value)


VARIABLES = (
    _plain("HETZNER_API_TOKEN", "demo-hcloud-token-000111222"),
    _plain("HETZNER_DNS_TOKEN", "demo-dns-token-333444555"),
    _plain("HETZNER_S3_ACCESS_KEY", "DEMOS3ACCESSKEY0000"),
    _plain("HETZNER_S3_SECRET_KEY", "demo/s3+secret==not-real"),
    _plain("ORG_NAME", "demo-org-of-nobody"),
    _plain("TENANTS_REPO_NAME", "demo-tenants-repository"),
    DemoVariable("GIT_DEPLOY_KEY", f"'{PEM}'", PEM),
    DemoVariable("WEBHOOK_SECRET", "\"demo #hash 'single' \\\"double\\\" = sign\"",
                 "demo #hash 'single' \"double\" = sign"),
    _plain("SED_BREAKER", "demo&pipe|slash/back\\1$HOME`id`*"),
    DemoVariable("YAML_BREAKER", "'{demo: [yaml, &a *a !!int \"7\"], x: - }%@'",
                 "{demo: [yaml, &a *a !!int \"7\"], x: - }%@"),
    DemoVariable("GREETING", "\"demo gr\u00fc\u00dfe \U0001f511\\tTab\"",
                 "demo gr\u00fc\u00dfe \U0001f511\tTab"),
    _plain("LOOKS_LIKE_A_NUMBER", "0123456789012"),
    _plain("DEV_DATABASE_URL", "postgres://demo:dev-pass-0001@db.dev.example/app?sslmode=on#x"),
    _plain("STAGING_DATABASE_URL", "postgres://demo:staging-pass-0002@db.staging.example/app"),
    _plain("PROD_DATABASE_URL", "postgres://demo:prod-pass-0003@db.prod.example/app"),
    _plain("DEV_FEATURE_TOKEN", "demo-dev-feature-token"),
    _plain("PROD_SIGNING_PIN", "00000000007"),
    _plain("APP_PUBLIC_TITLE", "demo-title-left-out"),
)  # fmt: skip
"""What the platform's table names, and values that break naive quoting, sed and YAML."""


def env_text() -> str:
    """Return the `.env` itself, with comments, `export` and blank lines as people write them."""
    lines = ["# The demo's secrets: every value is made up.", ""]
    for index, variable in enumerate(VARIABLES):
        export = "export " if index % 5 == 4 else ""
        lines.append(f"{export}{variable.name}={variable.written}")
    return "\n".join(lines) + "\n"


def secrets_of(environment: str) -> dict[str, str]:
    """Return the value of each Secret that an environment's cluster gets, core's too, by name."""
    found: dict[str, str] = {}
    for variable in VARIABLES:
        scope, short = _split(variable.name)
        if scope in {"core", environment}:
            found[short.lower().replace("_", "-")] = variable.value
    return found


def pieces() -> dict[str, list[bytes]]:
    """Return, by variable, the texts that must not show in Git: the value, and each long line."""
    return {
        variable.name: [
            piece.encode() for piece in {variable.value, *variable.value.splitlines()} if piece
        ]
        for variable in VARIABLES
        if not variable.name.startswith(IGNORED)
    }


def _split(name: str) -> tuple[str, str]:
    if name.startswith(IGNORED):
        return "", name
    for environment, prefix in PREFIXES.items():
        if name.startswith(prefix):
            return environment, name.removeprefix(prefix)
    return "core", name
