"""Read the master keys of a creation rule: flat lists, or key groups.

Source: getsops/sops config/config.go (getKeyGroupsFromCreationRule, extractMasterKeys).
"""

from __future__ import annotations

from sopsmith import age, pgp
from sopsmith.errors import RuleError
from sopsmith.sops.masterkeys import MasterKey

Group = tuple[MasterKey, ...]
_GROUP_FIELDS = ("age", "pgp", "hc_vault", "kms", "gcp_kms", "hckms", "azure_keyvault", "merge")
_KMS_FIELDS = ("arn", "role", "context", "aws_profile")
_NEEDED = {
    "hckms": ("key_id",), "gcp_kms": ("resource_id",), "kms": ("arn",),
    "azure_keyvault": ("vaultUrl", "key"),
}  # fmt: skip


def parse_groups(rule: dict[str, object], key: str) -> tuple[Group, ...]:
    """Return a rule's key groups; `key_groups` replaces the flat fields, as in sops.

    Raises:
        RuleError: A field is of the wrong shape.
        MasterKeyError: A key cannot be used.
    """
    groups = rule.get("key_groups")
    if not groups:
        flat = _flat_group(rule, key)
        return (flat,) if flat else ()
    if not isinstance(groups, list):
        raise RuleError("must be a list of mappings", key=f"{key}.key_groups")
    parsed = [_group(group, f"{key}.key_groups[{n}]") for n, group in enumerate(groups)]
    empty = [number for number, group in enumerate(parsed) if not group]
    if empty:
        raise RuleError("the group has no keys", key=f"{key}.key_groups[{empty[0]}]")
    return tuple(parsed)


def parse_threshold(value: object, groups: int, key: str) -> int:
    """Return how many groups open a file; 0 stands for all of them.

    Raises:
        RuleError: It is no number, or more than there are groups, or would be one of several.
    """
    if value is None or value == 0:
        return 0
    if isinstance(value, bool) or not isinstance(value, int):
        raise RuleError("must be a number", key=f"{key}.shamir_threshold")
    if groups > 1 and not 2 <= value <= groups:
        raise RuleError(
            f"{value} of {groups} groups is not possible; 2 to {groups} are",
            key=f"{key}.shamir_threshold",
        )
    return value


def split_recipients(value: object, key: str) -> tuple[str, ...]:
    """Return the age recipients of a comma-separated text or a list, each once.

    Raises:
        MasterKeyError: One cannot be used.
        RuleError: It is neither text nor a list of text.
    """
    return tuple(dict.fromkeys(map(age.check_recipient, _names(value, f"{key}.age"))))


def _flat_group(rule: dict[str, object], key: str) -> Group:
    profile = str(rule.get("aws_profile") or "")
    keys = [MasterKey.of_age(name) for name in split_recipients(rule.get("age"), key)]
    keys += [
        MasterKey("pgp", {"fp": pgp.check_fingerprint(name)})
        for name in _names(rule.get("pgp"), f"{key}.pgp")
    ]
    keys += [_kms(name, {}, profile) for name in _names(rule.get("kms"), f"{key}.kms")]
    keys += [
        MasterKey("gcp_kms", {"resource_id": name})
        for name in _names(rule.get("gcp_kms"), f"{key}.gcp_kms")
    ]
    keys += [
        MasterKey("hckms", {"key_id": name}) for name in _names(rule.get("hckms"), f"{key}.hckms")
    ]
    field = "hc_vault_transit_uri"
    keys += [_vault(name, f"{key}.{field}") for name in _names(rule.get(field), f"{key}.{field}")]
    field = "azure_keyvault"
    keys += [_azure(name, f"{key}.{field}") for name in _names(rule.get(field), f"{key}.{field}")]
    return tuple(dict.fromkeys(keys))


def _group(group: object, key: str) -> Group:
    if not isinstance(group, dict):
        raise RuleError("a key group is not a mapping", key=key)
    check_fields(group, _GROUP_FIELDS, key)
    flat = {name: group[name] for name in ("age", "pgp") if group.get(name)}
    flat["hc_vault_transit_uri"] = group.get("hc_vault")
    flat["hckms"] = [item["key_id"] for item in _maps(group, "hckms", key)]
    flat["gcp_kms"] = [item["resource_id"] for item in _maps(group, "gcp_kms", key)]
    keys = list(_flat_group(flat, key))
    for item in _maps(group, "kms", key):
        check_fields(item, _KMS_FIELDS, f"{key}.kms")
        keys.append(_kms(str(item.get("arn") or ""), item, str(item.get("aws_profile") or "")))
    for item in _maps(group, "azure_keyvault", key):
        check_fields(item, ("vaultUrl", "key", "version"), f"{key}.azure_keyvault")
        fields = {"vault_url": item.get("vaultUrl"), "name": item.get("key")}
        keys.append(MasterKey("azure_kv", {**fields, "version": item.get("version") or ""}))
    for number, inner in enumerate(_maps(group, "merge", key)):
        keys += _group(inner, f"{key}.merge[{number}]")
    return tuple(dict.fromkeys(keys))


def _maps(group: dict[str, object], name: str, key: str) -> list[dict[str, object]]:
    items = group.get(name) or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise RuleError("must be a list of mappings", key=f"{key}.{name}")
    for needed in _NEEDED.get(name, ()):
        if not all(item.get(needed) for item in items):
            raise RuleError(f"an entry lacks `{needed}`", key=f"{key}.{name}")
    return items


def _kms(text: str, more: dict[str, object], profile: str) -> MasterKey:
    # The flat form writes a role behind the ARN: `arn:aws:kms:…+arn:aws:iam:…`.
    arn, _, role = text.partition("+arn:aws:iam::")
    fields: dict[str, object] = {"arn": arn.strip(), "aws_profile": profile}
    if role or more.get("role"):
        fields["role"] = f"arn:aws:iam::{role}" if role else str(more["role"])
    if more.get("context"):
        fields["context"] = more["context"]
    return MasterKey("kms", fields)


def _vault(uri: str, key: str) -> MasterKey:
    """Read `https://host:8200/v1/ENGINE/keys/NAME`."""
    address, found, rest = uri.partition("/v1/")
    engine, keys, name = rest.rpartition("/keys/")
    if not (found and keys and engine and name and "://" in address):
        raise RuleError(
            "not the address of a Vault transit key",
            key=key,
            hint="https://HOST/v1/ENGINE/keys/NAME",
        )
    return MasterKey(
        "hc_vault", {"vault_address": address, "engine_path": engine, "key_name": name.strip("/")}
    )


def _azure(uri: str, key: str) -> MasterKey:
    """Read `https://vault.host/keys/NAME/VERSION`."""
    address, found, rest = uri.partition("/keys/")
    name, _, version = rest.partition("/")
    if not (found and name and "://" in address):
        raise RuleError(
            "not the address of an Azure key", key=key, hint="https://VAULT/keys/NAME/VERSION"
        )
    return MasterKey("azure_kv", {"vault_url": address, "name": name, "version": version})


def _names(value: object, key: str) -> list[str]:
    """Return the words of a comma-separated text or a list of them."""
    if value is None:
        return []
    parts = [value] if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise RuleError("must be text or a list of text", key=key)
    return [name.strip() for part in parts for name in part.split(",") if name.strip()]


def check_fields(found: dict[str, object], known: tuple[str, ...], key: str) -> None:
    for name in found:
        if name not in known:
            import difflib

            close = difflib.get_close_matches(name, known, n=1)
            raise RuleError(
                f"unknown field `{name}`",
                key=key or None,
                hint=f"did you mean `{close[0]}`?" if close else f"fields are {', '.join(known)}",
            )
