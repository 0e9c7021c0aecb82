"""A recipient with its keyring, and short ways to lock and open a text."""

from __future__ import annotations

from datetime import UTC, datetime

from sopsmith import age
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document, Unlocked, encrypt
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.selectors import Selector

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
_IDENTITY, RECIPIENT = age.generate()
IDENTITY_TEXT = _IDENTITY.reveal().decode()
KEYRING = Keyring(age.parse_identities(IDENTITY_TEXT, "keys.txt"))
ALL = Selector("unencrypted_suffix", "_unencrypted")
SECRETS = Selector("encrypted_regex", "^(data|stringData)$")


def lock(text: str, selector: Selector = ALL, kind: str = "yaml") -> str:
    rule = CreationRule((RECIPIENT,), selector)
    return encrypt(text.encode(), kind, rule, now=NOW, path=f"x.{kind}").decode()


def unlock(text: str, kind: str = "yaml") -> Unlocked:
    return Document.parse(text.encode(), kind, path=f"x.{kind}").unlock(KEYRING)
