"""Secret-looking values are told from what only looks like one."""

from __future__ import annotations

import pytest

from sopsmith.repo.lint_words import find_kind

RANDOM = "q7Zx0Vb3LmN8tRw2KpYc5HdA"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("password", "hunter22"),
        ("dbPassword", "hunter22"),
        ("DB_PASSWORD", "hunter22"),
        ("client-secret", "abcdef1"),
        ("apiKey", "abcdef1"),
        ("AWS_SECRET_ACCESS_KEY", "abcdef1"),
        ("tokens", "abcdef1"),
        ("x", "-----BEGIN OPENSSH PRIVATE KEY-----\nabc"),
        ("x", "AGE-SECRET-KEY-1" + "Q" * 58),
        ("x", "AKIA" + "Q" * 16),
        ("x", "ghp_" + "a1B2" * 9),
        ("x", "postgres://user:hunter22@host/db"),
        ("x", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijklm"),
        ("x", RANDOM),
    ],
)
def test_a_secret_is_found(key: str, value: str) -> None:
    assert find_kind(key, value) is not None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("password", ""),
        ("password", "short"),
        ("password", "{{ .Values.password }}"),
        ("password", "${DB_PASSWORD}"),
        ("password", "<your password here>"),
        ("token", "vault:secret/data/app"),
        ("secretName", "database-credentials"),
        ("secretKeyRef", "database-credentials"),
        ("tokenUrl", "https://example.org/oauth/token"),
        ("passwordFile", "/run/secrets/password"),
        ("x", "https://example.org/a?b=c"),
        ("x", "postgres://user:{{ .pw }}@host/db"),
        ("image", f"registry.example.org/a@sha256:{'ab12' * 16}"),
        ("x", "sha256:" + RANDOM),
        ("x", "ab12" * 16),
        ("x", "123e4567-e89b-12d3-a456-426614174000"),
        ("x", "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"),
        ("x", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl x"),
        ("checksum", RANDOM),
        ("x", "my-Service-Account-Name-01-production"),
        ("x", "a sentence with Words and 12 numbers that is long enough"),
        ("tls.crt", "-----BEGIN CERTIFICATE-----\nabc"),
    ],
)
def test_what_only_looks_like_one_is_left_alone(key: str, value: str) -> None:
    assert find_kind(key, value) is None
