"""Tell whether a file is encrypted.

Source: getsops/sops cmd/sops/subcommand/filestatus/filestatus.go.
"""

from __future__ import annotations

from sopsmith.errors import FormatError, NotEncrypted
from sopsmith.sops.document import Document, format_of


def is_encrypted(data: bytes, path: str, *, input_type: str = "") -> bool:
    """Tell whether a file has the metadata, version and MAC of SOPS.

    A file of no known format is a binary one, which is plain unless it is JSON with metadata;
    sops fails on it.

    Raises:
        FormatError: It is not of the format that its name says.
    """
    name = input_type or format_of(path)
    try:
        metadata = Document.parse(data, name, path=path).metadata
    except NotEncrypted:
        return False
    except FormatError:
        if name != "binary":
            raise
        return False
    return bool(metadata.version and metadata.mac)
