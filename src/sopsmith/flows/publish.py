"""Upload SOPS files to where the destination rules of `.sops.yaml` say.

All that is to be written is worked out before anything is. Object stores get encrypted files
alone; Vault gets the values, which is what it is for.

Source: getsops/sops cmd/sops/subcommand/publish/publish.go.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from sopsmith.errors import Error, FormatError, NotEncrypted, RuleError, UsageError
from sopsmith.flows.crypt import find_config
from sopsmith.sops.config import FILE_NAME
from sopsmith.sops.destinations import parse_destinations
from sopsmith.sops.document import Document, encrypt, format_of
from sopsmith.sops.recognise import recognise

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sopsmith.ports import Files, ObjectStore, Trees
    from sopsmith.sops.config import CreationRule
    from sopsmith.sops.destinations import Destination
    from sopsmith.sops.keyring import Keyring
    from sopsmith.sops.wrapping import Kinds


@dataclass(frozen=True)
class PublishOptions:
    """What the command line says on top of the rules.

    Attributes:
        config: Path of the `.sops.yaml`; "" to look for it from each file upwards.
        recursive: Paths may be folders; a file's place below one is part of its name.
    """

    config: str = ""
    recursive: bool = False
    omit_extensions: bool = False


@dataclass(frozen=True)
class PublishDoors:
    """The outside that publishing needs.

    Attributes:
        store: Reaches the store of a rule.
        keyring: Loads the identities; called only where a file has to be opened.
    """

    files: Files
    trees: Trees
    store: Callable[[Destination], ObjectStore]
    keyring: Callable[[], Keyring]
    kinds: Kinds
    now: datetime


@dataclass(frozen=True)
class Upload:
    """One file's way to its destination.

    Attributes:
        place: Where to, for people.
        action: `create`, `replace` or `unchanged`.
    """

    path: str
    place: str
    action: str
    store: ObjectStore
    name: str
    data: bytes
    source: str

    def __repr__(self) -> str:
        return f"<Upload {self.action} {self.place}>"


def plan_publish(
    paths: tuple[str, ...], options: PublishOptions, doors: PublishDoors
) -> list[Upload]:
    """Return what is to be uploaded; nothing is written.

    Raises:
        Error: A file is not encrypted, has no destination, or does not open; a store refuses.
    """
    planner = _Planner(options, doors)
    return [
        planner.plan(path, name) for path, name in _names(paths, options.recursive, doors.trees)
    ]


def publish(upload: Upload) -> None:
    """Write one planned object.

    Raises:
        OutsideError: The store refuses.
    """
    upload.store.write(upload.name, upload.data, upload.source)


def _names(paths: tuple[str, ...], recursive: bool, trees: Trees) -> list[tuple[str, str]]:
    """Return each file with its name at the destination, extension included."""
    found = []
    for path in paths:
        if not os.path.isdir(path):
            found.append((path, os.path.basename(path)))
            continue
        if not recursive:
            raise UsageError(
                "is a folder", key=path, hint=f"sopsmith publish --recursive {quote(path)}"
            )
        for file in trees.walk((path,)):
            # What is not encrypted is not meant for anywhere.
            if recognise(trees.read(file), file):
                found.append((file, os.path.relpath(file, path).replace(os.sep, "/")))
    return found


class _Planner:
    def __init__(self, options: PublishOptions, doors: PublishDoors) -> None:
        self._options = options
        self._doors = doors
        self._stores: dict[str, ObjectStore] = {}

    def plan(self, path: str, name: str) -> Upload:
        rule = self._rule_for(path)
        if self._options.omit_extensions or rule.omit_extensions:
            name = name.removesuffix(os.path.splitext(path)[1])
        data = self._doors.files.read(path)
        try:
            document = Document.parse(data, format_of(path), path=path)
            store = self._store(rule)
            there = store.find(name)
            made, source = self._make(rule, document, data, there.source if there else "")
        except NotEncrypted as error:
            error.hint = f"sopsmith encrypt --in-place {quote(path)}"
            raise error.at(path) from None
        except Error as error:
            raise error.at(path) from None
        action = "create" if there is None else "replace"
        if there is not None and (made is None or made == there.data):
            action = "unchanged"
        return Upload(path, store.place(name), action, store, name, made or b"", source)

    def _make(
        self, rule: Destination, document: Document, data: bytes, known: str
    ) -> tuple[bytes | None, str]:
        """Return what to upload and what it is made from; None where that is there already."""
        doors = self._doors
        if rule.kind == "vault":
            return to_vault(document.unlock(doors.keyring()).objects()), ""
        if rule.recreation is None:
            return data, ""
        # A new encryption never equals the last one, so what it is made from is kept beside it.
        source = _fingerprint(data, rule.recreation)
        if source == known:
            return None, source
        plain = document.unlock(doors.keyring()).plaintext()
        made = encrypt(
            plain, format_of(document.path), rule.recreation,
            now=doors.now, path=document.path, kinds=doors.kinds,
        )  # fmt: skip
        return made, source

    def _store(self, rule: Destination) -> ObjectStore:
        if rule.place not in self._stores:
            self._stores[rule.place] = self._doors.store(rule)
        return self._stores[rule.place]

    def _rule_for(self, path: str) -> Destination:
        config = find_config(path, self._options.config, self._doors.files)
        if config is None:
            raise RuleError(f"no {FILE_NAME} stands above the file", path=path)
        rules = parse_destinations(self._doors.files.read(config.path), config.path)
        # sops matches the path as it was given; from another folder only the other one fits.
        for rule in rules:
            if rule.matches(config.relative(path), path):
                return rule
        raise RuleError(f"no destination rule of {config.path} matches", path=path)


def _fingerprint(data: bytes, rule: CreationRule) -> str:
    """Return what an encryption again is made from: the encrypted file and the rule."""
    keys = [[(key.kind, sorted(key.fields.items())) for key in group] for group in rule.key_groups]
    chosen = (rule.selector.kind, rule.selector.pattern, rule.mac_only, rule.threshold)
    return hashlib.sha256(data + repr((keys, chosen)).encode()).hexdigest()


def to_vault(documents: list[object]) -> bytes:
    """Return the values of every document in one JSON object, as sops hands them to Vault.

    Raises:
        FormatError: One is not a mapping, or a value is not text that JSON has.
    """
    import json

    merged: dict[str, object] = {}
    for document in documents:
        if not isinstance(document, dict):
            raise FormatError("Vault takes mappings alone")
        merged |= document
    try:
        return json.dumps(merged, sort_keys=True, allow_nan=False).encode()
    except (TypeError, ValueError):
        raise FormatError("a value is of a kind that JSON has not") from None
