"""Name master keys on the command line, with sops' own flags and variables."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from sopsmith.errors import UsageError

if TYPE_CHECKING:
    from sopsmith.sops.masterkeys import MasterKey

_Command = Any

# Flag, field of a creation rule, variable, how its value is shown, and the kind of key.
_FLAGS = (
    ("age", "age", "SOPS_AGE_RECIPIENTS", "RECIPIENTS", "Age recipients"),
    ("pgp", "pgp", "SOPS_PGP_FP", "FINGERPRINTS", "PGP fingerprints"),
    ("kms", "kms", "SOPS_KMS_ARN", "ARNS", "AWS KMS keys"),
    ("gcp-kms", "gcp_kms", "SOPS_GCP_KMS_IDS", "IDS", "GCP KMS keys"),
    ("hckms", "hckms", "SOPS_HUAWEICLOUD_KMS_IDS", "IDS", "Huawei Cloud KMS keys"),
    ("azure-kv", "azure_keyvault", "SOPS_AZURE_KEYVAULT_URLS", "URLS", "Azure Key Vault keys"),
    ("hc-vault-transit", "hc_vault_transit_uri", "SOPS_VAULT_URIS", "URIS", "Vault transit keys"),
)
_SHORT = {"age": ("-a",), "pgp": ("-p",), "kms": ("-k",)}


def key_options(*verbs: str, short: bool = False) -> Callable[[_Command], _Command]:
    """Return a decorator that adds one option a kind of key.

    Args:
        verbs: Words before each flag's name, as in `--add-age` and `--rm-age`.
        short: Add sops' short names too.
    """

    def add(command: _Command) -> _Command:
        for verb in reversed(verbs or ("",)):
            for flag, _, _, shown, words in reversed(_FLAGS):
                name = f"--{verb}-{flag}" if verb else f"--{flag}"
                also = _SHORT.get(flag, ()) if short else ()
                told = f"{words}, comma-separated."
                command = click.option(name, *also, metavar=shown, multiple=True, help=told)(
                    command
                )
        return command

    return add


def aws_options(command: _Command) -> _Command:
    """Add the options that say how AWS KMS keys are used."""
    command = click.option(
        "--encryption-context", metavar="PAIRS", help="For AWS KMS: name:value,name:value."
    )(command)
    return click.option("--aws-profile", metavar="NAME", help="For AWS KMS.")(command)


def keys_of(options: dict[str, Any], verb: str = "", *, environ: bool = False) -> Any:
    """Return the master keys that options name, each once.

    Args:
        verb: The word before each flag's name.
        environ: Take a kind that no flag names from its variable, as `sops encrypt` does.

    Raises:
        UsageError, MasterKeyError, RuleError: One cannot be used.
    """
    from sopsmith.sops.key_groups import parse_groups

    named: dict[str, object] = {}
    for flag, field, variable, _, _ in _FLAGS:
        values = options[f"{verb}-{flag}".strip("-").replace("-", "_")]
        if not values and environ and os.environ.get(variable):
            values = (os.environ[variable],)
        if values:
            named[field] = list(values)
    if not named:
        return ()
    if options.get("aws_profile"):
        named["aws_profile"] = options["aws_profile"]
    (group,) = parse_groups(named, f"--{verb}".rstrip("-") or "the command line") or ((),)
    return _with_context(group, options.get("encryption_context"))


def _with_context(group: tuple[MasterKey, ...], text: str | None) -> tuple[MasterKey, ...]:
    """Give AWS KMS keys the context that the command line names."""
    from sopsmith.sops.masterkeys import MasterKey

    if not text:
        return group
    pairs = [pair.partition(":") for pair in text.split(",")]
    if not all(name and colon for name, colon, _ in pairs):
        raise UsageError("--encryption-context is not of the form name:value,name:value")
    context = {name: value for name, _, value in pairs}
    return tuple(
        MasterKey("kms", {**key.fields, "context": context}) if key.kind == "kms" else key
        for key in group
    )
