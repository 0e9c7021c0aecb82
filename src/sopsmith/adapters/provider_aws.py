"""Read AWS SSM Parameter Store and Secrets Manager, by boto3 (the extra `kms` or `s3`).

Credentials, profile and endpoint come from boto3's usual places; the role that a SecretStore
names is the operator's and is not taken.

Source: external-secrets 0.16 pkg/provider/aws/parameterstore, secretsmanager (fetch, findByName,
findByTags); boto3 "SSM", "SecretsManager".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from sopsmith.adapters.aws_answers import bound_answers
from sopsmith.errors import Denied, NotThere, OutsideError, Unreachable
from sopsmith.kube.external_secrets import Find
from sopsmith.secret import Secret

PARAMETERS, SECRETS = "ParameterStore", "SecretsManager"
_ABSENT = frozenset({"ParameterNotFound", "ParameterVersionNotFound", "ResourceNotFoundException"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class AwsValues:
    """`external_values.Provider` over one of the two services.

    Args:
        settings: `service`, `region` and `prefix`, as a SecretStore has them.

    Raises:
        OutsideError: boto3 is not installed, or finds no region.
    """

    def __init__(self, settings: dict[str, str]) -> None:
        self._is_parameters = settings.get("service", SECRETS) == PARAMETERS
        self._prefix = settings.get("prefix", "")
        self._place = f"AWS {PARAMETERS if self._is_parameters else SECRETS}"
        self._client = self._open(settings.get("region") or None)

    def value(self, key: str, version: str) -> Secret:
        """Return a parameter's or a secret's value."""
        name = self._name(key)
        with self._refusals(name):
            if self._is_parameters:
                asked = f"{name}:{version}" if version else name
                answer = self._client.get_parameter(Name=asked, WithDecryption=True)
                return Secret(answer["Parameter"]["Value"].encode())
            words = {"SecretId": name}
            if version.startswith("uuid/"):
                words["VersionId"] = version.removeprefix("uuid/")
            else:
                words["VersionStage"] = version or "AWSCURRENT"
            answer = self._client.get_secret_value(**words)
        if "SecretString" in answer:
            return Secret(answer["SecretString"].encode())
        return Secret(answer["SecretBinary"])

    def names(self, find: Find) -> list[str]:
        """Return the names below a path, or of some tags."""
        with self._refusals(find.path or "/"):
            return sorted(self._parameters(find) if self._is_parameters else self._secrets(find))

    def delete(self, key: str) -> None:
        """Delete a parameter for good, or a secret with 30 days to bring it back."""
        name = self._name(key)
        with self._refusals(name):
            if self._is_parameters:
                self._client.delete_parameter(Name=name)
            else:
                self._client.delete_secret(SecretId=name, RecoveryWindowInDays=30)

    def _name(self, key: str) -> str:
        # What `names` has found says its prefix already, as in the operator.
        return key if key.startswith(self._prefix) else self._prefix + key

    def _parameters(self, find: Find) -> Iterator[str]:
        filters = [{"Key": f"tag:{key}", "Option": "Equals", "Values": [value]}
                   for key, value in find.tags]  # fmt: skip
        if find.path:
            filters.append({"Key": "Path", "Option": "Recursive", "Values": [find.path]})
        pages = self._client.get_paginator("describe_parameters")
        for page in pages.paginate(ParameterFilters=filters):
            yield from (one["Name"] for one in page["Parameters"])

    def _secrets(self, find: Find) -> Iterator[str]:
        filters = [{"Key": "name", "Values": [find.path]}] if find.path else []
        pages = self._client.get_paginator("list_secrets")
        for page in pages.paginate(Filters=filters):
            for one in page["SecretList"]:
                tags = {tag["Key"]: tag["Value"] for tag in one.get("Tags", [])}
                if all(tags.get(key) == value for key, value in find.tags):
                    yield one["Name"]

    def _open(self, region: str | None) -> Any:
        try:
            import boto3
            from botocore.config import Config
            from botocore.exceptions import BotoCoreError
        except ImportError:
            raise OutsideError("AWS needs boto3", hint="pip install 'sopsmith[kms]'") from None
        limits = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 3})
        service = "ssm" if self._is_parameters else "secretsmanager"
        try:
            client = boto3.session.Session().client(service, region_name=region, config=limits)
        except BotoCoreError as error:
            reason = f"{type(error).__name__}"
            raise OutsideError(f"boto3 cannot be set up: {reason}", path=self._place) from None
        parts = urlsplit(client.meta.endpoint_url)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise OutsideError("the endpoint is not https", path=self._place)
        return bound_answers(client)

    @contextmanager
    def _refusals(self, name: str) -> Iterator[None]:
        """Turn boto3's errors into ours; their texts are not passed on."""
        from botocore.exceptions import BotoCoreError, ClientError

        place = f"{self._place} {name}"
        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if code in _ABSENT:
                raise NotThere(f"{self._place} has no {name}") from None
            if status in {400, 401, 403} and "Thrott" not in code and "TooMany" not in code:
                raise Denied(f"AWS refuses: {code}", path=place) from None
            raise Unreachable(f"AWS answered {status} {code}", path=place) from None
        except BotoCoreError as error:
            kind = type(error).__name__
            if "Credential" in kind:
                raise Denied(f"there are no credentials for AWS: {kind}", path=place) from None
            raise Unreachable(f"AWS could not be asked: {kind}", path=place) from None
