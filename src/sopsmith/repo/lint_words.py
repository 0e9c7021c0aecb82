"""Tell values that look like secrets, from their key and their form. Few false alarms first.

The value itself goes into no answer: only what kind of secret it looks like.
"""

from __future__ import annotations

import math
import re

_WORDS = frozenset({"password", "passwd", "passphrase", "pwd", "secret", "token", "credential"})
_PAIRS = frozenset({"api key", "private key", "access key", "secret key", "encryption key"})
_PATTERNS = (
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")),
    ("an age identity", re.compile(r"AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]{40}")),
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("a GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{60,})")),
    ("a GitLab token", re.compile(r"\bglpat-[\w-]{20,}")),
    ("a Slack token", re.compile(r"\bxox[abeprs]-[A-Za-z0-9-]{10,}")),
    ("a Stripe key", re.compile(r"\b[rs]k_live_[A-Za-z0-9]{20,}")),
    ("a JSON web token", re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}")),
    ("a URL with a password", re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s:/@]+:[^\s:/@{$<]+@")),
)
_SPLIT = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
# What stands in a template's place, or points to where the secret is.
_REFERENCE = re.compile(
    r"\{\{.*\}\}|\$\{.*\}|\$\(.*\)|<[^>]+>|%[^%]+%|(?:vault|ref|file|env)[:+].*", re.DOTALL
)
_PUBLIC = re.compile(
    r"age1[a-z0-9]+|ssh-\w+ .*|(?:sha\d+|md5)[:-].*|[0-9a-fA-F]+|ENC\[.*"
    r"|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}",
    re.DOTALL,
)
_PUBLIC_KEYS = frozenset(
    {"digest", "hash", "checksum", "sha", "image", "tag", "revision", "commit", "uid", "id",
     "fingerprint", "recipient", "certificate", "crt", "cert", "ca", "version"}
)  # fmt: skip
_DENSE = re.compile(r"[A-Za-z0-9+/_=-]{24,}")
_DENSE_BITS = 4.3
"""Bits a character from which a text is taken for random; words and names stay below 4."""
_SHORTEST = 6


def find_kind(key: str, value: str) -> str | None:
    """Return what kind of secret a value looks like, or None.

    Args:
        key: The last key of its path.
    """
    for kind, pattern in _PATTERNS:
        if pattern.search(value):
            return kind
    if len(value) < _SHORTEST or _REFERENCE.fullmatch(value.strip()):
        return None
    words = [_singular(word.lower()) for word in _SPLIT.findall(key)]
    if " " not in value.strip() and (
        _WORDS.intersection(words[-1:]) or " ".join(words[-2:]) in _PAIRS
    ):
        return "a password or token, by its key"
    known = _PUBLIC_KEYS.intersection(words) or _PUBLIC.fullmatch(value)
    return "a random text" if not known and _is_random(value) else None


def _singular(word: str) -> str:
    return word if word.endswith("ss") else word.removesuffix("s")


def is_reference(value: str) -> bool:
    """Tell whether a text only stands in a secret's place: empty, a template, a pointer."""
    return not value.strip() or _REFERENCE.fullmatch(value.strip()) is not None


def _is_random(value: str) -> bool:
    if not _DENSE.fullmatch(value):
        return False
    kinds = (str.islower, str.isupper, str.isdigit)
    if not all(any(map(kind, value)) for kind in kinds):
        return False
    shares = [value.count(sign) / len(value) for sign in set(value)]
    return -sum(share * math.log2(share) for share in shares) >= _DENSE_BITS
