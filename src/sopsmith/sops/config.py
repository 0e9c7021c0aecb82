"""Read `.sops.yaml` and find the creation rule of a file.

Rules are compiled when the file is loaded, so a mistake shows before anything is encrypted.
What sops ignores silently (unknown fields, patterns that do not compile, two selectors) is an
error here.

Source: getsops/sops config/config.go (ParseConfigFile, LoadCreationRuleForFile).
"""

from __future__ import annotations

import os
from typing import NamedTuple

from sopsmith.errors import Error, FormatError, RuleError
from sopsmith.formats import yaml
from sopsmith.formats.drops import target_of
from sopsmith.formats.tree import to_object
from sopsmith.sops.creation_rule import CreationRule
from sopsmith.sops.key_groups import (
    check_fields,
    parse_groups,
    parse_threshold,
    split_recipients,
)
from sopsmith.sops.selectors import (
    COMMENT_SELECTORS,
    SELECTORS,
    build_selector,
    compile_regex,
)

__all__ = ["FILE_NAME", "Config", "CreationRule", "split_recipients"]

FILE_NAME = ".sops.yaml"
_KEY_FIELDS = ("age", "pgp", "kms", "gcp_kms", "azure_keyvault", "hc_vault_transit_uri", "hckms")
_RULE_FIELDS = (
    "path_regex", *_KEY_FIELDS, "aws_profile", "key_groups", "shamir_threshold",
    *SELECTORS, *COMMENT_SELECTORS, "mac_only_encrypted",
)  # fmt: skip
_TOP_FIELDS = ("creation_rules", "destination_rules", "stores")


class Config(NamedTuple):
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
            trees = yaml.read(data.decode())
            top = to_object(trees[0].root) if trees else None
            return cls(path, tuple(_parse_rules(top, path)))
        except UnicodeDecodeError:
            raise FormatError("not UTF-8 text", path=path) from None
        except Error as error:
            raise error.at(path) from None

    def relative(self, file_path: str) -> str:
        """Return a file's path as the rules see it: from the folder of the configuration.

        A file outside of that folder is seen by its absolute path, and a drop as the file that
        it is for, so that it opens for the same people.

        Args:
            file_path: As the user gave it; taken from the working directory.
        """
        folder = os.path.dirname(os.path.abspath(self.path)).rstrip(os.sep)
        full = os.path.abspath(target_of(file_path))
        return full[len(folder) + 1 :] if full.startswith(folder + os.sep) else full

    def rule_for(self, file_path: str) -> CreationRule:
        """Return the first rule that matches a file.

        Args:
            file_path: As the user gave it; taken from the working directory.

        Raises:
            RuleError: There are rules and none matches.
        """
        path = self.relative(file_path)
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
    # Other names at the top are places for YAML anchors, such as the usual list `keys`; only one
    # that is nearly a field of sops is a mistake.
    for name in top:
        if name not in _TOP_FIELDS and _is_near(name, _TOP_FIELDS):
            check_fields({name: None}, _TOP_FIELDS, "")
    rules = top.get("creation_rules") or []
    if not isinstance(rules, list):
        raise RuleError("must be a list", key="creation_rules")
    parsed = []
    for number, rule in enumerate(rules):
        place = f"creation_rules[{number}]"
        if not isinstance(rule, dict):
            raise RuleError("a rule is not a mapping", key=place)
        try:
            parsed.append(parse_rule(rule, f"{path}: {place}", place))
        except Error as error:
            error.key = error.key or place
            raise
    return parsed


def _is_near(name: str, known: tuple[str, ...]) -> bool:
    import difflib

    return bool(difflib.get_close_matches(name, known, n=1))


def parse_rule(rule: dict[str, object], place: str, key: str) -> CreationRule:
    """Return the creation rule that a mapping holds.

    Args:
        place: Where it stands, for later messages.
        key: Where it stands in its file, for messages about the rule itself.

    Raises:
        RuleError: A field is unknown or cannot be used.
    """
    check_fields(rule, _RULE_FIELDS, key)
    selectors = {
        kind: str(rule[kind]) for kind in (*SELECTORS, *COMMENT_SELECTORS) if rule.get(kind)
    }
    mac_only = rule.get("mac_only_encrypted") or False
    if not isinstance(mac_only, bool):
        raise RuleError("must be true or false", key=f"{key}.mac_only_encrypted")
    path_regex = str(rule.get("path_regex") or "")
    if path_regex:
        compile_regex(path_regex)
    groups = parse_groups(rule, key)
    keys = [one for group in groups for one in group]
    return CreationRule(
        recipients=tuple(one.name for one in keys if one.kind == "age"),
        selector=build_selector(selectors),
        mac_only=mac_only,
        place=place,
        path_regex=path_regex,
        groups=groups,
        threshold=parse_threshold(rule.get("shamir_threshold"), len(groups), key),
    )
