"""Encrypt and decrypt files, one or many, with sops' ways of naming what and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sopsmith.errors import Error, RuleError, UsageError
from sopsmith.formats import find_format, load_format
from sopsmith.formats.emit import drops_comments
from sopsmith.formats.tree import Address
from sopsmith.sops.config import FILE_NAME, Config, CreationRule
from sopsmith.sops.document import Document, format_of
from sopsmith.sops.key_groups import parse_threshold
from sopsmith.sops.plain import read_plain
from sopsmith.sops.sealing import encrypt_plain
from sopsmith.sops.selectors import build_selector

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sopsmith.ports import Files
    from sopsmith.sops.keyring import Keyring
    from sopsmith.sops.masterkeys import MasterKey
    from sopsmith.sops.wrapping import Kinds


class BadPlace(UsageError):
    """The text that names a place in a file cannot be read."""

    sops_exit_code = 91


@dataclass(frozen=True)
class EncryptOptions:
    """What the command line says on top of `.sops.yaml`.

    Attributes:
        keys: Replace the rule's key groups, as the one group there is.
        selectors: Kind to pattern; replaces the rule's selector.
        config: Path of the `.sops.yaml`; "" to look for it from the file upwards.
        input_type: Name of the format; "" to take it from the file's name.
        output_type: Name of the encrypted file's format; "" to take it from the file's name,
            or from what is read where the name says none.
        tell: Takes what is good to know, a sentence each.
        threshold: How many key groups open the file; 0 for what the rule says.
    """

    keys: tuple[MasterKey, ...] = ()
    selectors: tuple[tuple[str, str], ...] = ()
    mac_only: bool = False
    config: str = ""
    input_type: str = ""
    output_type: str = ""
    threshold: int = 0
    tell: Callable[[str], None] = lambda _: None


def encrypt_bytes(
    data: bytes,
    path: str,
    options: EncryptOptions,
    files: Files,
    *,
    now: datetime,
    kinds: Kinds | None = None,
) -> bytes:
    """Return a plaintext encrypted by the rule of its path and the options.

    Args:
        path: Where it is, or is to be; decides rule and format.
        kinds: The kinds of master key besides age that can be reached.

    Raises:
        Error: As `sops.document.encrypt` does, or RuleError where no rule and no recipient is;
            FormatError where the output's format cannot hold the input.
    """
    rule = find_rule(path, options, files)
    source = options.input_type or format_of(path)
    target = output_format(path, source, options.output_type)
    try:
        given = read_plain(data, load_format(source))
        given.check(path)
        plain = given.converted(target)
    except Error as error:
        raise error.at(path) from None
    if plain is not given and drops_comments(given.trees, target):
        options.tell(f"{path}: {target} has no comments, so those of the file are left out")
    if plain.is_binary and _selects(rule):
        options.tell(f"{path}: a binary file is encrypted whole, whatever the rule selects")
    return encrypt_plain(plain, rule, now=now, path=path, kinds=kinds)


def _selects(rule: CreationRule) -> bool:
    usual = build_selector({})
    chosen = rule.selector.kind, rule.selector.pattern
    return rule.mac_only or chosen != (usual.kind, usual.pattern)


def output_format(path: str, source: str, named: str) -> str:
    """Return the format to write: the named one, or the name's, or else that of the input.

    sops takes a name that says nothing for binary, whatever was read.
    """
    return named or find_format(path) or source


def find_rule(path: str, options: EncryptOptions, files: Files) -> CreationRule:
    """Return the rule that holds for a file, with the options put over it.

    Keys of the command line are enough where no rule matches.
    """
    config = find_config(path, options.config, files)
    rule: CreationRule | None = None
    if config is not None and config.rules:
        try:
            rule = config.rule_for(path)
        except RuleError:
            if not options.keys:
                raise
    if rule is None and not options.keys:
        raise RuleError(
            f"no {FILE_NAME} stands above the file and no recipient is named",
            path=path,
            hint="sopsmith encrypt --age age1… FILE",
        )
    base = rule or CreationRule(())
    groups = (options.keys,) if options.keys else base.key_groups
    threshold = options.threshold or (0 if options.keys else base.threshold)
    return CreationRule(
        recipients=tuple(key.name for group in groups for key in group if key.kind == "age"),
        selector=build_selector(dict(options.selectors)) if options.selectors else base.selector,
        mac_only=options.mac_only or base.mac_only,
        place=base.place,
        path_regex=base.path_regex,
        groups=groups,
        threshold=parse_threshold(threshold, len(groups), base.place or "the command line"),
    )


def find_config(path: str, named: str, files: Files) -> Config | None:
    """Return the configuration that holds for a file: the named one, or the nearest above it."""
    import os

    if named:
        return Config.parse(files.read(named), named)
    folder = os.path.dirname(os.path.abspath(path))
    while True:
        candidate = os.path.join(folder, FILE_NAME)
        data = files.find(candidate)
        if data is not None:
            return Config.parse(data, os.path.relpath(candidate))
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


@dataclass(frozen=True)
class DecryptOptions:
    """What the command line says of a file to decrypt; as in `EncryptOptions`."""

    input_type: str = ""
    output_type: str = ""
    ignore_mac: bool = False
    tell: Callable[[str], None] = lambda _: None


def decrypt_bytes(data: bytes, path: str, keyring: Keyring, options: DecryptOptions) -> bytes:
    """Return a SOPS file's plaintext, in another format where one is asked for.

    Raises:
        Error: As `Document.unlock` does; FormatError where the format cannot hold the file.
    """
    source = options.input_type or format_of(path)
    target = output_format(path, source, options.output_type)
    unlocked = Document.parse(data, source, path=path).unlock(
        keyring, ignore_mac=options.ignore_mac
    )
    if target == source:
        return unlocked.plaintext()
    if drops_comments(unlocked.trees, target):
        options.tell(f"{path}: {target} has no comments, so those of the file are left out")
    return unlocked.converted(target)


def parse_extract(expression: str) -> Address:
    """Return the address that sops' `--extract` form names: `["a"][0]['b']`.

    Raises:
        BadPlace: It is not of that form.
    """
    import json

    decoder = json.JSONDecoder()
    parts: list[str | int] = []
    rest = expression.strip()
    while rest:
        try:
            if not rest.startswith("["):
                raise ValueError
            if rest[1] == "'":
                end = rest.index("']", 2)
                parts.append(rest[2:end])
                rest = rest[end + 2 :]
                continue
            part, end = decoder.raw_decode(rest, 1)
            if rest[end] != "]" or isinstance(part, bool) or not isinstance(part, str | int):
                raise ValueError
            if isinstance(part, int) and part < 0:
                raise ValueError
            parts.append(part)
            rest = rest[end + 1 :]
        except (ValueError, IndexError, RecursionError):
            raise BadPlace(
                'the place is not of the form ["key"][0]', hint='write it as \'["a"]["b"][0]\''
            ) from None
    if not parts:
        raise BadPlace("the place to extract is empty", hint="write it as '[\"a\"]'")
    return tuple(parts)
