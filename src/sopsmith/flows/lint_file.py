"""Look through one file: what it is, and which checks that takes."""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import NamedTuple

from sopsmith.errors import Error, OutsideError
from sopsmith.flows.reading import read_for_sops
from sopsmith.flows.rules import Rules
from sopsmith.formats import find_format
from sopsmith.formats.tree import Node, Tree
from sopsmith.kube.mask import CIPHERTEXT
from sopsmith.ports import Answer, Files, Trees
from sopsmith.repo.coverage import decode, parse_text
from sopsmith.repo.folders import KUSTOMIZATIONS
from sopsmith.repo.lint_document import (
    Standard,
    lint_metadata,
    lint_plain,
    lint_values,
)
from sopsmith.repo.lint_lists import lint_kustomization
from sopsmith.repo.lint_place import place
from sopsmith.repo.lint_rules import Finding
from sopsmith.repo.lint_text import lint_text, without_ignored
from sopsmith.repo.managed import stands_in_clear
from sopsmith.repo.settings import RepoSettings
from sopsmith.sops.config import FILE_NAME, Config
from sopsmith.sops.masterkeys import MasterKey
from sopsmith.sops.metadata import Metadata
from sopsmith.sops.recognise import is_marked, recognise
from sopsmith.sops.unseal import take_metadata


class Judged(NamedTuple):
    """What was found in one file.

    Attributes:
        ignored: Findings that a comment of the file takes back.
        marks: Short hashes of the MAC and of each wrapped data key; none for other files.
        silenced: Of the rules that take two files, those that a comment takes back here.
    """

    path: str
    findings: tuple[Finding, ...]
    ignored: int = 0
    marks: tuple[int, ...] = ()
    silenced: tuple[str, ...] = ()

    @classmethod
    def of(cls, answer: Answer) -> Judged:
        """Return what a worker handed back."""
        assert answer is not None
        path, findings, ignored, marks, silenced = answer
        made = tuple(Finding(*one) for one in findings)  # type: ignore[union-attr, misc]
        return cls(path, made, ignored, marks, silenced)  # type: ignore[arg-type]

    def answer(self) -> Answer:
        """Return this as a worker hands it back."""
        findings = tuple(
            (one.rule, one.path, one.message, one.key, one.line) for one in self.findings
        )
        return self.path, findings, self.ignored, self.marks, self.silenced


class FileLint:
    """Look through one file after the other; a fork of it works in each process."""

    def __init__(
        self, files: Files, trees: Trees, rules: Rules, settings: RepoSettings | None
    ) -> None:
        self._files = files
        self._trees = trees
        self._rules = rules
        scopes = settings.scopes if settings else ()
        self._owners = frozenset(
            MasterKey.of_age(recipient) for scope in scopes for recipient in scope.recipients
        )
        self._known: dict[int, frozenset[MasterKey]] = {}

    def one(self, path: str) -> Answer:
        """Return what is found in a file, as `Judged.of` takes it."""
        try:
            data = read_for_sops(self._trees, path)
        except OutsideError as error:
            return Judged(path, (Finding("SOPS017", path, error.message),)).answer()
        findings = list(lint_text(data, path))
        marks: tuple[int, ...] = ()
        if os.path.basename(path) in KUSTOMIZATIONS:
            findings += lint_kustomization(self._files, path, data)
        elif os.path.basename(path) == FILE_NAME:
            findings += _config(data, path)
        elif not any(one.rule == "SOPS012" for one in findings):
            more, marks = self._content(data, path)
            findings += more
        kept, ignored = without_ignored(findings, data)
        return Judged(path, tuple(kept), ignored, marks, _silenced(data, path)).answer()

    def _content(self, data: bytes, path: str) -> tuple[list[Finding], tuple[int, ...]]:
        name = recognise(data, path)
        if name is not None:
            text = decode(data)
            trees = parse_text(text, name) if text is not None else None
            node = take_metadata(trees) if trees else None
            if trees and node is not None and text is not None:
                return self._encrypted(trees, node, text, name, path)
            if is_marked(data, name):
                return [_unreadable(data, name, path)], ()
        return self._plain(data, path), ()

    def _encrypted(
        self, trees: list[Tree], node: Node, text: str, name: str, path: str
    ) -> tuple[list[Finding], tuple[int, ...]]:
        findings: list[Finding] = []
        try:
            standard = self._standard(path)
        except Error as error:
            standard = Standard(None, configured=False, known=frozenset())
            findings.append(_broken_config(error))
        found, metadata = lint_metadata(node, standard)
        if metadata is not None and metadata.selector.by_comment:
            trees = parse_text(text, name, comments=True) or []
            take_metadata(trees)
        if metadata is not None:
            found += lint_values(trees, metadata, text)
        return findings + place(found, text, name, path), _marks(metadata)

    def _plain(self, data: bytes, path: str) -> list[Finding]:
        name = find_format(path)
        try:
            rule = self._rules.rule_of(path)
        except Error as error:
            # Every file below would say so; the configuration itself, and encrypted ones, do.
            rule = None
            if CIPHERTEXT.encode() in data:
                return [_broken_config(error)]
        if rule is not None and stands_in_clear(data, path, rule):
            return [Finding("SOPS001", path, f"{rule.place} says that it is encrypted")]
        if name is None or not (b"Secret" in data or CIPHERTEXT.encode() in data):
            return []
        text = decode(data)
        trees = parse_text(text, name) if text is not None else None
        return place(lint_plain(trees), text or "", name, path) if trees else []

    def _standard(self, path: str) -> Standard:
        config = self._rules.config_of(path)
        if config is None or not config.rules:
            return Standard(None, configured=False, known=frozenset())
        rule = self._rules.rule_of(path)
        if rule is not None and find_format(path) is None:
            # sops' binary form has no selector, whatever the rule says.
            rule = rule.for_whole_file()
        return Standard(rule, configured=True, known=self._keys_of(config))

    def _keys_of(self, config: Config) -> frozenset[MasterKey]:
        known = self._known.get(id(config))
        if known is None:
            keys = (key for rule in config.rules for group in rule.key_groups for key in group)
            known = self._known[id(config)] = self._owners.union(keys)
        return known


def _config(data: bytes, path: str) -> list[Finding]:
    try:
        Config.parse(data, path)
    except Error as error:
        return [_broken_config(error)]
    return []


def _broken_config(error: Error) -> Finding:
    return Finding("SOPS018", error.path or FILE_NAME, error.message, error.key or "")


def _unreadable(data: bytes, name: str, path: str) -> Finding:
    """Return why a file that looks like a SOPS file is none."""
    from sopsmith.sops.document import Document

    try:
        Document.parse(data, name, path=path)
    except Error as error:
        key = error.key or ""
        line = key.removeprefix("line ").partition(",")[0]
        number = int(line) if key.startswith("line ") and line.isdigit() else 0
        return Finding("SOPS017", path, error.message, "" if number else key, number)
    return Finding("SOPS017", path, "its metadata do not stand in its first document")


def _marks(metadata: Metadata | None) -> tuple[int, ...]:
    if metadata is None:
        return ()
    texts = [metadata.mac, *(stanza.enc for stanza in metadata.stanzas)]
    return tuple(
        int.from_bytes(blake2b(text.strip().encode(), digest_size=8).digest(), "big")
        for text in texts
        if text
    )


def _silenced(data: bytes, path: str) -> tuple[str, ...]:
    probes = [Finding(rule, path, "") for rule in ("SOPS008",)]
    kept, _ = without_ignored(probes, data)
    return tuple(one.rule for one in probes if one not in kept)
