"""Wrap and unwrap data keys with AWS KMS.

The client is handed in, so this module knows no network and no credentials. The stanza's
`enc` is the ciphertext blob in base64.

Source: AWS KMS API, Encrypt and Decrypt; getsops/sops kms/keysource.go.
"""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64

from sopsmith.errors import MasterKeyError
from sopsmith.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class KmsClient(Protocol):
        """The part of a boto3 KMS client that is used."""

        def encrypt(self, **words: object) -> dict[str, bytes]:
            """Return a response with `CiphertextBlob`."""

        def decrypt(self, **words: object) -> dict[str, bytes]:
            """Return a response with `Plaintext`."""


def region_of(arn: str) -> str:
    """Return the region that a key's ARN names.

    Raises:
        MasterKeyError: It is not the ARN of a KMS key or alias.
    """
    parts = arn.split(":")
    if len(parts) < 6 or parts[0] != "arn" or parts[2] != "kms" or not parts[3]:
        raise MasterKeyError("not the ARN of a KMS key", hint="arn:aws:kms:REGION:ACCOUNT:key/ID")
    return parts[3]


def wrap(arn: str, context: dict[str, str], data_key: Secret, client: KmsClient) -> str:
    """Return a data key encrypted by KMS, in base64.

    Args:
        context: The encryption context, which decryption needs again.
    """
    answer = client.encrypt(KeyId=arn, Plaintext=data_key.reveal(), EncryptionContext=context)
    return b2a_base64(answer["CiphertextBlob"], newline=False).decode()


def unwrap(enc: str, arn: str, context: dict[str, str], client: KmsClient) -> bytes:
    """Return the data key that KMS encrypted.

    Raises:
        MasterKeyError: The stanza is not base64.
    """
    try:
        blob = a2b_base64(enc, strict_mode=True)
    except Base64Error:
        raise MasterKeyError("the KMS stanza is not base64") from None
    answer = client.decrypt(KeyId=arn, CiphertextBlob=blob, EncryptionContext=context)
    return answer["Plaintext"]
