"""Reach the kinds of master key besides age: gpg, AWS KMS, Vault transit.

Nothing is loaded or asked before a stanza of the kind is met (the plugin's start-up counts),
and no identity is read, so encrypting asks for no secret key.
"""

from __future__ import annotations

from sopsmith.errors import MasterKeyError, OutsideError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from sopsmith.adapters.environment import Settings
    from sopsmith.aws_kms import KmsClient
    from sopsmith.pgp import Run
    from sopsmith.ports import Programs
    from sopsmith.secret import Secret
    from sopsmith.sops.masterkeys import Kind, MasterKey, Stanza

    T = TypeVar("T")


def load_kinds(settings: Settings, programs: Programs) -> dict[str, Kind]:
    """Return every kind that this machine can reach, in the order in which sops tries them."""
    return {
        "pgp": PgpKind(_run_gpg(settings, programs)),
        "kms": AwsKmsKind(),
        "hc_vault": VaultKind(settings),
    }


class PgpKind:
    """PGP, over the gpg program."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def wrap(self, key: MasterKey, data_key: Secret) -> str:
        """Return an armored PGP message for the key's fingerprint."""
        from sopsmith import pgp

        return pgp.wrap(key.name, data_key, self._run)

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """Return the data key, or None where gpg has no key for it."""
        from sopsmith import pgp

        return pgp.unwrap(stanza.enc, self._run)


def _run_gpg(settings: Settings, programs: Programs) -> Run:
    def run(argv: list[str], stdin: bytes) -> tuple[int, bytes]:
        program = settings.get("SOPS_GPG_EXEC") or argv[0]
        done = programs.run([program, *argv[1:]], stdin=stdin)
        return done.code, done.stdout

    return run


class AwsKmsKind:
    """AWS KMS, over boto3 (the extra `kms`), with credentials from its usual places."""

    def wrap(self, key: MasterKey, data_key: Secret) -> str:
        """Return the data key as KMS encrypted it."""
        from sopsmith import aws_kms

        return self._ask(
            key.fields, lambda client, context: aws_kms.wrap(key.name, context, data_key, client)
        )

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """Return the data key; OutsideError where KMS cannot be asked or refuses."""
        from sopsmith import aws_kms

        return self._ask(
            stanza.fields,
            lambda client, context: aws_kms.unwrap(stanza.enc, stanza.name, context, client),
        )

    def _ask(self, fields: dict[str, object], act: Callable[[KmsClient, dict[str, str]], T]) -> T:
        try:
            import boto3
            from botocore.exceptions import BotoCoreError, ClientError
        except ImportError:
            raise MasterKeyError(
                "AWS KMS needs boto3", hint="pip install 'sopsmith[kms]'"
            ) from None
        context = fields.get("context") or {}
        assert isinstance(context, dict)
        try:
            client = _kms_client(boto3, fields)
            return act(client, {str(name): str(value) for name, value in context.items()})
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", "refused"))
            raise OutsideError(f"AWS KMS refused: {code}", path=str(fields.get("arn"))) from None
        except BotoCoreError as error:
            reason = f"AWS KMS could not be asked: {type(error).__name__}"
            raise OutsideError(reason, path=str(fields.get("arn"))) from None


def _kms_client(boto3: Any, fields: dict[str, object]) -> KmsClient:
    from sopsmith.adapters.aws_answers import bound_answers
    from sopsmith.aws_kms import region_of

    region = region_of(str(fields.get("arn", "")))
    session = boto3.Session(profile_name=fields.get("aws_profile") or None, region_name=region)
    role = fields.get("role")
    if role:
        answer = bound_answers(session.client("sts")).assume_role(
            RoleArn=role, RoleSessionName="sopsmith"
        )
        mine = answer["Credentials"]
        session = boto3.Session(
            aws_access_key_id=mine["AccessKeyId"],
            aws_secret_access_key=mine["SecretAccessKey"],
            aws_session_token=mine["SessionToken"],
            region_name=region,
        )
    client: KmsClient = bound_answers(session.client("kms"))
    return client


class VaultKind:
    """The transit engine of Vault or OpenBao, over its HTTP interface."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def wrap(self, key: MasterKey, data_key: Secret) -> str:
        """Return the data key as Vault encrypted it."""
        from sopsmith import vault_transit

        return vault_transit.wrap(*_place(key.fields), data_key, self._post)

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """Return the data key; OutsideError where Vault cannot be asked or refuses."""
        from sopsmith import vault_transit

        return vault_transit.unwrap(*_place(stanza.fields), stanza.enc, self._post)

    def _post(self, url: str, body: dict[str, str]) -> dict[str, object]:
        from sopsmith.adapters.vault import Vault

        vault = Vault(self._settings)
        vault.check_allowed(url)
        return vault.ask("POST", url, {**body}) or {}


def _place(fields: dict[str, object]) -> tuple[str, str, str]:
    address, engine, name = (
        str(fields.get(part) or "") for part in ("vault_address", "engine_path", "key_name")
    )
    return address, engine, name
