"""Encrypt a plaintext file under a new data key, by a creation rule.

Source: getsops/sops cmd/sops/encrypt.go (encrypt).
"""

from __future__ import annotations

import os

from sopsmith.errors import Error, RuleError
from sopsmith.formats import load_format
from sopsmith.formats.splice import splice
from sopsmith.secret import Secret
from sopsmith.sops.metadata import KEY, build_metadata, format_time, sign_metadata
from sopsmith.sops.plain import PlainText, read_plain
from sopsmith.sops.seal import Sealer, leaves_of
from sopsmith.sops.selection import Selection
from sopsmith.sops.selectors import build_selector
from sopsmith.sops.wrapping import wrap_groups

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from sopsmith.sops.config import CreationRule
    from sopsmith.sops.masterkeys import Stanza
    from sopsmith.sops.wrapping import Kinds


def encrypt(
    data: bytes,
    format: str,  # noqa: A002
    rule: CreationRule,
    *,
    now: datetime,
    path: str,
    kinds: Kinds | None = None,
) -> bytes:
    """Return a plaintext file's bytes encrypted under a new data key.

    Args:
        path: The file's name, for messages.
        kinds: The kinds of master key besides age that can be reached.

    Raises:
        AlreadyEncrypted: It has sops metadata.
        FormatError: It is not of the format.
        RuleError: The rule names no recipient, or would leave the whole file in clear.
        MasterKeyError: A recipient cannot be used.
    """
    try:
        plain = read_plain(data, load_format(format))
    except Error as error:
        raise error.at(path) from None
    return encrypt_plain(plain, rule, now=now, path=path, kinds=kinds)


def encrypt_plain(
    plain: PlainText, rule: CreationRule, *, now: datetime, path: str, kinds: Kinds | None = None
) -> bytes:
    """Do as `encrypt` does with a plaintext that is parsed, and perhaps converted, already."""
    try:
        return _Sealing(rule, kinds or {}, now).encrypt(plain, path)
    except Error as error:
        raise error.at(path) from None


class _Sealing:
    """Encrypt a new file by a rule."""

    def __init__(self, rule: CreationRule, kinds: Kinds, now: datetime) -> None:
        self._rule = rule
        self._kinds = kinds
        self._moment = format_time(now)
        self._random = os.urandom

    def encrypt(self, plain: PlainText, path: str) -> bytes:
        rule, form, text, trees = self._rule, plain.form, plain.text, plain.trees
        plain.check(path)
        if not rule.key_groups:
            raise RuleError("no recipient to encrypt to", key=rule.place or None)
        # A binary file has one value and no key to choose it by, so sops writes no selector.
        selector = build_selector({}) if plain.is_binary else rule.selector
        mac_only = rule.mac_only and not plain.is_binary
        plain.check_selector(selector)
        chosen = Selection(selector, trees, text)
        plain.keep_types(chosen)
        data_key = Secret(self._random(32))
        sealer = Sealer(form, chosen, data_key.reveal(), self._random, None)
        leaves = leaves_of(trees)
        edits = sealer.edits(text, trees, leaves)
        refuse_clear(sealer, f"{selector.kind} `{selector.pattern}`", path)
        mac = sealer.mac_token(leaves, self._moment, only_encrypted=mac_only)
        fields = build_metadata(
            self._wrap(data_key),
            None if plain.is_binary else selector,
            threshold=rule.threshold,
            mac_only=mac_only,
        )
        signed = sign_metadata(fields, self._moment, mac)
        for tree in trees:
            edits.append(form.insert_entry(text, tree, form.write_entry(text, tree, KEY, signed)))
        return (plain.mark_for_sops + splice(text, edits)).encode()

    def _wrap(self, data_key: Secret) -> list[list[Stanza]]:
        rule = self._rule
        return wrap_groups(
            rule.key_groups,
            rule.threshold,
            data_key,
            self._kinds,
            now=self._moment,
            random=self._random,
        )


def refuse_clear(sealer: Sealer, selector: str, path: str) -> None:
    """Refuse a selector that would leave every value of a file in clear.

    Raises:
        RuleError: It covers nothing, though the file has values.
    """
    if sealer.selected == 0 and sealer.passed > 0:
        raise RuleError(
            f"{selector} covers no value, so the file would be written in clear",
            path=path,
            hint="change the selector in .sops.yaml, or leave it out to encrypt every value",
        )
