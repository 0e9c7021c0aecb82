"""Explain one file: its rule and why, who opens it, which of its values are encrypted."""

from __future__ import annotations

from typing import NamedTuple

from sopsmith.errors import FormatError
from sopsmith.flows.rules import Rules
from sopsmith.formats import find_format
from sopsmith.ports import Files
from sopsmith.repo.coverage import decode, parse_text
from sopsmith.repo.explain import Covered, Reader, Tried, cover, list_readers, try_rules
from sopsmith.sops.config import CreationRule
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.metadata import Metadata, parse_metadata
from sopsmith.sops.recognise import recognise
from sopsmith.sops.selectors import Selector
from sopsmith.sops.unseal import take_metadata


class Explanation(NamedTuple):
    """What is known of a file without opening it.

    Attributes:
        encrypted: It has sops metadata.
        config: The `.sops.yaml` that holds for it, or "".
        seen_as: The path that the rules see, or "".
        tried: The rules up to the first that matches.
        readers: Of the file where it is encrypted, else of the rule.
        rule_readers: Of the rule, where it differs from the file; else nothing.
        selector: What chooses values, or "" where nothing does.
        threshold: How many key groups open it; 0 where there is one.
        values: Every value's state.
    """

    path: str
    encrypted: bool
    config: str
    seen_as: str
    tried: list[Tried]
    readers: list[Reader]
    rule_readers: list[Reader]
    selector: str
    threshold: int
    values: list[Covered]


class _Subject(NamedTuple):
    """A file's text, format and metadata, as far as it has them."""

    text: str
    name: str
    metadata: Metadata | None


def explain(path: str, files: Files, keyring: Keyring) -> Explanation:
    """Return what is known of a file; no identity is needed, and none is used.

    Raises:
        OutsideError: It cannot be read.
        RuleError, FormatError: The configuration or the file is broken.
    """
    subject = _read(path, files)
    rules = Rules(files)
    config, rule = rules.config_of(path), rules.rule_of(path)
    at_hand = {one.recipient: one.source for one in keyring.identities}
    metadata = subject.metadata
    of_rule = list_readers([list(group) for group in rule.key_groups], at_hand) if rule else []
    of_file = of_rule
    if metadata:
        groups = [[stanza.key for stanza in group] for group in metadata.groups]
        of_file = list_readers(groups, at_hand)
    selector = metadata.selector if metadata else rule.selector if rule else None
    return Explanation(
        path=path,
        encrypted=metadata is not None,
        config=config.path if config else "",
        seen_as=config.relative(path) if config else "",
        tried=try_rules(config, config.relative(path)) if config else [],
        readers=of_file,
        rule_readers=of_rule if set(of_rule) != set(of_file) else [],
        selector=f"{selector.kind} `{selector.pattern}`" if selector else "",
        threshold=_threshold(metadata, rule),
        values=_values(subject, selector) if selector else [],
    )


def _read(path: str, files: Files) -> _Subject:
    data = files.read(path)
    name = recognise(data, path) or find_format(path) or ""
    text = decode(data)
    if not name or text is None:
        return _Subject("", "", None)
    trees = parse_text(text, name)
    if trees is None:
        from sopsmith.formats import load_format

        try:
            load_format(name).parse(text)
        except FormatError as error:
            raise error.at(path) from None
    node = take_metadata(trees or [])
    try:
        return _Subject(text, name, parse_metadata(node) if node is not None else None)
    except FormatError as error:
        raise error.at(path) from None


def _values(subject: _Subject, selector: Selector) -> list[Covered]:
    if not subject.name:
        # sops' binary form: the whole file is one value.
        return [Covered("the whole file", "would be encrypted")]
    trees = parse_text(subject.text, subject.name, comments=selector.by_comment) or []
    take_metadata(trees)
    return cover(trees, selector, subject.text, encrypted=subject.metadata is not None)


def _threshold(metadata: Metadata | None, rule: CreationRule | None) -> int:
    if metadata:
        groups, threshold = len(metadata.groups), metadata.threshold
    elif rule:
        groups, threshold = len(rule.key_groups), rule.threshold
    else:
        return 0
    return (threshold or groups) if groups > 1 else 0
