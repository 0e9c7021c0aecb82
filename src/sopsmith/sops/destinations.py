"""Read the destination rules of `.sops.yaml`: where `publish` uploads a file to.

As with creation rules, what sops ignores silently is an error here.

Source: getsops/sops config/config.go (destinationRule, parseDestinationRuleForFile);
publish/s3.go, publish/vault.go.
"""

from __future__ import annotations

from dataclasses import dataclass

from sopsmith.errors import Error, FormatError, RuleError
from sopsmith.formats import yaml
from sopsmith.formats.tree import to_object
from sopsmith.sops.config import CreationRule, parse_rule
from sopsmith.sops.key_groups import check_fields
from sopsmith.sops.selectors import compile_regex

_KINDS = {"s3_bucket": "s3", "gcs_bucket": "gcs", "vault_path": "vault"}
_FIELDS = {
    "s3": ("s3_bucket", "s3_prefix"),
    "gcs": ("gcs_bucket", "gcs_prefix"),
    "vault": ("vault_path", "vault_address", "vault_kv_mount_name", "vault_kv_version"),
}
_SHARED = ("path_regex", "omit_extensions", "recreation_rule")
_RULES = "destination_rules"


@dataclass(frozen=True)
class Destination:
    """Where one kind of file is published.

    Attributes:
        place: Where the rule stands, for messages.
        kind: `s3`, `gcs` or `vault`.
        fields: The kind's own fields, as text; those that are not given are "".
        omit_extensions: Leave the file's extension out of its name there.
        recreation: How it is encrypted before it is uploaded; None to upload it as it is.
    """

    place: str
    path_regex: str
    kind: str
    fields: dict[str, str]
    omit_extensions: bool = False
    recreation: CreationRule | None = None

    def matches(self, *paths: str) -> bool:
        """Tell whether one of a file's paths is the rule's."""
        return not self.path_regex or any(map(compile_regex(self.path_regex), paths))


def parse_destinations(data: bytes, path: str) -> tuple[Destination, ...]:
    """Return the destination rules of a `.sops.yaml`, in order.

    Raises:
        RuleError: A field is unknown or of the wrong shape, or a rule has no destination or two.
        FormatError: It is not YAML.
    """
    try:
        trees = yaml.read(data.decode())
        top = to_object(trees[0].root) if trees else None
        rules = top.get(_RULES) if isinstance(top, dict) else None
        if not isinstance(rules, list):
            raise RuleError("there are no destination rules", key=_RULES)
        return tuple(_parse(rule, path, f"{_RULES}[{n}]") for n, rule in enumerate(rules))
    except UnicodeDecodeError:
        raise FormatError("not UTF-8 text", path=path) from None
    except Error as error:
        raise error.at(path) from None


def _parse(rule: object, path: str, key: str) -> Destination:
    if not isinstance(rule, dict):
        raise RuleError("a rule is not a mapping", key=key)
    named = [field for field in _KINDS if rule.get(field)]
    if len(named) != 1:
        which = " and ".join(named) or "none"
        raise RuleError(f"a rule has one of {', '.join(_KINDS)}; this has {which}", key=key)
    kind = _KINDS[named[0]]
    check_fields(rule, (*_SHARED, *_FIELDS[kind]), key)
    omit = rule.get("omit_extensions") or False
    if not isinstance(omit, bool):
        raise RuleError("must be true or false", key=f"{key}.omit_extensions")
    path_regex = str(rule.get("path_regex") or "")
    if path_regex:
        compile_regex(path_regex)
    return Destination(
        place=f"{path}: {key}",
        path_regex=path_regex,
        kind=kind,
        fields={name: _text(rule, name, key) for name in _FIELDS[kind]},
        omit_extensions=omit,
        recreation=_recreation(rule, kind, path, f"{key}.recreation_rule"),
    )


def _text(rule: dict[str, object], name: str, key: str) -> str:
    value = rule.get(name)
    if value is None:
        return ""
    if name == "vault_kv_version":
        if value not in (1, 2) or isinstance(value, bool):
            raise RuleError("must be 1 or 2", key=f"{key}.{name}")
        return str(value)
    if not isinstance(value, str):
        raise RuleError("must be text", key=f"{key}.{name}")
    return value


def _recreation(rule: dict[str, object], kind: str, path: str, key: str) -> CreationRule | None:
    found = rule.get("recreation_rule")
    if not found:
        return None
    if not isinstance(found, dict):
        raise RuleError("must be a mapping", key=key)
    if kind == "vault":
        raise RuleError("Vault gets the values in clear, so nothing is encrypted again", key=key)
    parsed = parse_rule(found, f"{path}: {key}", key)
    if not parsed.key_groups:
        raise RuleError("names no master key to encrypt to", key=key)
    return parsed
