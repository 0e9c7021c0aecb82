"""`sopsmith git textconv`, apart from the other commands so that it loads little."""

from __future__ import annotations

import sys

from sopsmith.adapters.files import LocalFiles
from sopsmith.flows.git_textconv import BY_VALUE, MASKED, REVEALED, convert

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sopsmith.secret import Secret
    from sopsmith.sops.keyring import Keyring

_LABEL = b"sopsmith git textconv: signs by value"


def run(path: str, *, reveal: bool, by_value: bool) -> None:
    """Write a file as text for a diff to standard output."""

    def mode() -> str:
        return REVEALED if reveal else BY_VALUE if by_value else _configured()

    sys.stdout.buffer.write(convert(LocalFiles().read(path), path, mode, keyring_and_key))
    sys.stdout.buffer.flush()


def _configured() -> str:
    """Return what git's configuration says of values in diffs."""
    from sopsmith.adapters.programs import LocalPrograms

    wanted = ["--type=bool", "--get-regexp", "^sopsmith[.](reveal|byvalue)$"]
    done = LocalPrograms().run(["git", "config", *wanted])
    settings = dict(line.split(b" ") for line in done.stdout.splitlines())
    if settings.get(b"sopsmith.reveal") == b"true":
        return REVEALED
    return BY_VALUE if settings.get(b"sopsmith.byvalue") == b"true" else MASKED


def keyring_and_key() -> tuple[Keyring, Secret | None]:
    """Return the identities at hand and the key of signs by value that they make."""
    from sopsmith import age
    from sopsmith.adapters.environment import read_settings
    from sopsmith.adapters.keys import load_keyring
    from sopsmith.adapters.programs import LocalPrograms

    keyring = load_keyring(read_settings(), LocalFiles(), LocalPrograms())
    return keyring, age.derive_key(keyring.identities, _LABEL)
