"""Speak S3, by boto3 (the extra `s3`), and say what its refusals mean.

Three answers must never be taken for each other: there is no such thing, it is not permitted,
and nobody knows. So an absence is what a server says by a code of its own; a bare 404, as from
a proxy, an answer that breaks off and one that is no S3 are all "nobody knows".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sopsmith.adapters.aws_answers import bound_answers
from sopsmith.errors import Denied, NotThere, OutsideError, Unreachable
from sopsmith.repo.s3_variables import S3Access

CONNECT_TIMEOUT, READ_TIMEOUT, ATTEMPTS = 5, 20, 3  # seconds, seconds, requests
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_LACKING = frozenset({"NotImplemented", "XNotImplemented", "MethodNotAllowed", "501", "405"})
_ABSENT = "nothing is known of what it holds; try again when it answers"
_AUTHORITY = "for an authority of your own: export AWS_CA_BUNDLE=/path/ca.pem"
_CREDENTIALS = (
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or NAME_S3_ACCESS_KEY and "
    "NAME_S3_SECRET_KEY in .env"
)
_DENIED = {
    "InvalidAccessKeyId": "the server does not know the access key",
    "SignatureDoesNotMatch": "the secret key does not belong to the access key",
    "ExpiredToken": "the credentials have expired",
    "InvalidToken": "the session token is not valid",
    "AuthorizationHeaderMalformed": "the request was signed for another region",
}
_HINTS = {
    "AuthorizationHeaderMalformed": "set backup.region in sopsmith.yaml",
    "AccessDenied": "which rights it takes: docs/how-to/backup-storage.md",
}


class S3Place(NamedTuple):
    """Where objects are.

    Attributes:
        prefix: What stands before every name: "" or `folder/`.
        endpoint: Address of the service; "" for what boto3 finds, AWS in the end.
        region: "" for what boto3 finds.
    """

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""

    def of(self, name: str) -> str:
        """Return an object's address, for people."""
        return f"s3://{self.bucket}/{self.prefix}{name}"


def open_client(place: S3Place, access: S3Access | None) -> Any:
    """Return a boto3 client; without `access` boto3 looks in its usual places.

    Raises:
        OutsideError: boto3 is not installed, or what it finds cannot be used.
    """
    try:
        import boto3
    except ImportError:
        raise OutsideError("S3 needs boto3", hint="pip install 'sopsmith[s3]'") from None
    words: dict[str, Any] = {
        "endpoint_url": place.endpoint or None,
        "region_name": place.region or None,
    }
    if access:
        words["aws_access_key_id"] = access.access_key.reveal().decode()
        words["aws_secret_access_key"] = access.secret_key.reveal().decode()
    with refusals(place.of("")):
        # A session of our own finds the credentials of now, not those of an earlier client.
        client = boto3.session.Session().client("s3", config=_config(), **words)
    _check_transport(client.meta.endpoint_url, place)
    return bound_answers(client)


def _config() -> Any:
    from botocore.config import Config

    return Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        # Other servers than Amazon's often do not know the newer checksums. The SHA-256 of the
        # body, which every one of them compares, is part of the signature instead.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        # An endpoint that is not Amazon's is asked by path ("auto" does that): other servers
        # seldom have a name in the DNS for every bucket.
        s3={"addressing_style": "auto", "payload_signing_enabled": True},
    )


def _check_transport(endpoint: str, place: S3Place) -> None:
    """Refuse plain HTTP: whoever answers there could say "there is no such backup"."""
    parts = urlsplit(endpoint)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise OutsideError(
            "the endpoint is not https, so its answers prove nothing",
            path=place.of(""),
            hint="set backup.endpoint in sopsmith.yaml to an https:// address",
        )


def check_list(page: dict[str, Any], place: S3Place) -> None:
    """Make sure that a list is one of our bucket: boto3 takes an empty answer for one too.

    Raises:
        Unreachable: It is not.
    """
    if page.get("Name") != place.bucket:
        raise Unreachable(
            "what answered is no S3, or lists another bucket",
            path=place.of(""),
            hint="look at backup.endpoint in sopsmith.yaml, and at proxies on the way",
        )


def code_of(error: Any) -> str:
    """Return the code of a ClientError: `NoSuchKey`, or the HTTP status where it has none."""
    return str(error.response.get("Error", {}).get("Code", ""))


def lacks(error: Any) -> bool:
    """Tell whether a ClientError says that the server does not have what was asked for."""
    return code_of(error) in _LACKING or _status_of(error) == 501


@contextmanager
def refusals(place: str) -> Iterator[None]:
    """Turn boto3's errors into ours.

    Raises:
        Denied: The server refuses the credentials, or there are none.
        NotThere: The server says that there is no such bucket.
        Unreachable: Anything else, so also everything that is not understood.
    """
    from boto3.exceptions import Boto3Error
    from botocore import exceptions as of
    from botocore.parsers import ResponseParserError

    try:
        yield
    except of.ClientError as error:
        raise _refusal(error, place) from None
    except (
        of.NoCredentialsError, of.PartialCredentialsError, of.CredentialRetrievalError,
        of.ProfileNotFound, of.TokenRetrievalError, of.SSOError,
    ) as error:  # fmt: skip
        reason = f"there are no credentials for S3: {type(error).__name__}"
        raise Denied(reason, path=place, hint=_CREDENTIALS) from None
    except of.ParamValidationError:
        raise OutsideError("S3 takes no bucket of this name", path=place) from None
    except ResponseParserError:
        raise Unreachable("what answered is no S3", path=place, hint=_ABSENT) from None
    except (of.BotoCoreError, Boto3Error, ValueError) as error:
        hint = _AUTHORITY if isinstance(error, of.SSLError) else _ABSENT
        raise Unreachable(_silence(error), path=place, hint=hint) from None


def _silence(error: Exception) -> str:
    """Say how an answer failed to come; never by the error's own text, which may quote data."""
    from botocore import exceptions as of

    if isinstance(error, of.SSLError):
        return "S3 could not be asked: its TLS certificate was not accepted"
    if isinstance(error, of.ConnectTimeoutError):
        return f"S3 could not be asked: no connection within {CONNECT_TIMEOUT} s"
    if isinstance(error, of.ReadTimeoutError):
        return f"S3 did not answer within {READ_TIMEOUT} s"
    if isinstance(error, of.EndpointConnectionError):
        return "S3 could not be asked: no connection"
    if isinstance(error, of.ConnectionClosedError | of.ResponseStreamingError):
        return "S3 did not answer in full: the connection broke off"
    return f"S3 could not be asked: {type(error).__name__}"


def _refusal(error: Any, place: str) -> OutsideError:
    code, status = code_of(error), _status_of(error)
    if code == "NoSuchBucket":
        return NotThere("there is no such bucket", path=place, hint="sopsmith key bucket")
    if code == "RequestTimeTooSkewed":
        date = error.response["ResponseMetadata"].get("HTTPHeaders", {}).get("date", "")
        return Denied(
            "the clocks of this machine and of S3 are too far apart"
            + (f"; there it is {date}" if date else ""),
            path=place,
            hint="compare with date -u, then set the clock: sudo timedatectl set-ntp true",
        )
    # Without a code of S3's it was perhaps a proxy that answered.
    named = code not in {"", str(status)}
    if code in _DENIED or (status in {401, 403} and named):
        reason = _DENIED.get(code, f"S3 refuses these credentials: {code}")
        return Denied(reason, path=place, hint=_HINTS.get(code, _CREDENTIALS))
    if status == 507 or code in {"XMinioStorageFull", "QuotaExceeded"}:
        return OutsideError("S3 has no space left; nothing was stored", path=place)
    words = f"{status} {code}" if named else str(status)
    return Unreachable(f"S3 answered {words}", path=place, hint=_ABSENT)


def _status_of(error: Any) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
