"""Read `.sops.yaml` and find the creation rule of a file.

Rules are compiled when the file is loaded, so a mistake shows before anything is encrypted.
What sops ignores silently (unknown fields, patterns that do not compile, two selectors) is an
error here.

Source: getsops/sops config/config.go (ParseConfigFile, LoadCreationRuleForFile).
"""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass, field

from sopsmith import age
from sopsmith.errors import Error, FormatError, MasterKeyError, RuleError
from sopsmith.formats import yaml
from sopsmith.formats.tree import to_object
from sopsmith.sops.selectors import (
    COMMENT_SELECTORS,
    SELECTORS,
    Selector,
    build_selector,
    compile_regex,
)

FILE_NAME = ".sops.yaml"
_FOREIGN = ("kms", "gcp_kms", "azure_keyvault", "hc_vault_transit_uri", "hckms", "pgp")
_RULE_FIELDS = (
    "path_regex", "age", *_FOREIGN, "aws_profile", "key_groups", "shamir_threshold",
    *SELECTORS, *COMMENT_SELECTORS, "mac_only_encrypted",
)  # fmt: skip
_TOP_FIELDS = ("creation_rules", "destination_rules", "stores")
_GROUP_FIELDS = ("age", "pgp", "hc_vault", "kms", "gcp_kms", "hckms", "azure_keyvault", "merge")


@dataclass(frozen=True)
class CreationRule:
    """How one kind of file is encrypted.

    Attributes:
        recipients: age recipients, in the order of the rule, each once.
        place: Where the rule stands, for messages: `.sops.yaml: creation_rules[0]`.
        path_regex: As written; "" matches every file.
    """

    recipients: tuple[str, ...]
    selector: Selector = field(default_factory=lambda: build_selector({}))
    mac_only: bool = False
    place: str = ""
    path_regex: str = ""

    def matches(self, path: str) -> bool:
        """Tell whether a path, relative to the folder of `.sops.yaml`, is the rule's."""
        return not self.path_regex or compile_regex(self.path_regex)(path)


@dataclass(frozen=True)
class Config:
    """A `.sops.yaml`: its path and its creation rules in order."""

    path: str
    rules: tuple[CreationRule, ...]

    @classmethod
    def parse(cls, data: bytes, path: str) -> Config:
        """Return the configuration that a file's bytes hold.

        Raises:
            RuleError: A field is unknown, a pattern does not compile, a rule has two selectors
                or no recipient that can be used; `key` names the rule.
            FormatError: It is not YAML.
        """
        try:
            trees = yaml.parse(data.decode())
            top = to_object(trees[0].root) if trees else None
            return cls(path, tuple(_parse_rules(top, path)))
        except UnicodeDecodeError:
            raise FormatError("not UTF-8 text", path=path) from None
        except Error as error:
            raise error.at(path) from None

    def rule_for(self, file_path: str) -> CreationRule:
        """Return the first rule that matches a file.

        Args:
            file_path: As the user gave it; taken from the working directory.

        Raises:
            RuleError: There are rules and none matches.
        """
        folder = os.path.dirname(os.path.abspath(self.path))
        full = os.path.abspath(file_path)
        inside = full.startswith(folder.rstrip(os.sep) + os.sep)
        path = full[len(folder.rstrip(os.sep)) + 1 :] if inside else full
        for rule in self.rules:
            if rule.matches(path):
                return rule
        raise RuleError(
            f"no creation rule of {self.path} matches",
            path=file_path,
            hint="add a rule with a path_regex for it, or give recipients with --age",
        )


def _parse_rules(top: object, path: str) -> list[CreationRule]:
    if not isinstance(top, dict):
        raise RuleError("the file is not a mapping with creation_rules")
    _check_fields(top, _TOP_FIELDS, "")
    rules = top.get("creation_rules") or []
    if not isinstance(rules, list):
        raise RuleError("must be a list", key="creation_rules")
    parsed = []
    for number, rule in enumerate(rules):
        place = f"creation_rules[{number}]"
        if not isinstance(rule, dict):
            raise RuleError("a rule is not a mapping", key=place)
        try:
            parsed.append(_parse_rule(rule, f"{path}: {place}", place))
        except Error as error:
            error.key = error.key or place
            raise
    return parsed


def _parse_rule(rule: dict[str, object], place: str, key: str) -> CreationRule:
    _check_fields(rule, _RULE_FIELDS, key)
    selectors = {
        kind: str(rule[kind]) for kind in (*SELECTORS, *COMMENT_SELECTORS) if rule.get(kind)
    }
    mac_only = rule.get("mac_only_encrypted") or False
    if not isinstance(mac_only, bool):
        raise RuleError("must be true or false", key=f"{key}.mac_only_encrypted")
    path_regex = str(rule.get("path_regex") or "")
    compile_regex(path_regex or ".")
    return CreationRule(
        recipients=_recipients(rule, key),
        selector=build_selector(selectors),
        mac_only=mac_only,
        place=place,
        path_regex=path_regex,
    )


def _recipients(rule: dict[str, object], key: str) -> tuple[str, ...]:
    source = rule
    groups = rule.get("key_groups")
    if groups:
        if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
            raise RuleError("must be a list of mappings", key=f"{key}.key_groups")
        if len(groups) > 1:
            raise MasterKeyError(
                "several key groups (Shamir) are not supported yet", key=f"{key}.key_groups"
            )
        source = groups[0]
        _check_fields(source, _GROUP_FIELDS, f"{key}.key_groups[0]")
    foreign = [kind for kind in (*_FOREIGN, "hc_vault", "merge") if source.get(kind)]
    if foreign:
        raise MasterKeyError(
            f"master keys of kind {foreign[0]} are not supported for encryption yet", key=key
        )
    return split_recipients(source.get("age"), key)


def split_recipients(value: object, key: str) -> tuple[str, ...]:
    """Return the recipients of a comma-separated text or a list, each once.

    Raises:
        MasterKeyError: One cannot be used.
        RuleError: It is neither text nor a list of text.
    """
    if value is None:
        return ()
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise RuleError("must be text or a list of text", key=f"{key}.age")
    names = [name.strip() for part in parts for name in part.split(",") if name.strip()]
    return tuple(dict.fromkeys(age.check_recipient(name) for name in names))


def _check_fields(found: dict[str, object], known: tuple[str, ...], key: str) -> None:
    for name in found:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            raise RuleError(
                f"unknown field `{name}`",
                key=key or None,
                hint=f"did you mean `{close[0]}`?" if close else f"fields are {', '.join(known)}",
            )
