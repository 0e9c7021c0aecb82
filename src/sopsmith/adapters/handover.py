"""Hand this process over to another program, with variables in its environment."""

from __future__ import annotations

import os
from typing import NoReturn

from sopsmith.errors import OutsideError
from sopsmith.formats.env_file import Variable


def hand_over(
    argv: list[str], variables: list[Variable], *, pristine: bool = False, user: str = ""
) -> NoReturn:
    """Replace this process by a program; its exit code and signals are then the program's own.

    The values stand in the program's environment alone, in no argument and no file.

    Args:
        pristine: Leave this process's own variables out.
        user: Whose process it is to be; "" for the same.

    Raises:
        OutsideError: There is no such program or user, or a value does not fit an environment.
    """
    values = {} if pristine else dict(os.environb)
    for variable in variables:
        value = variable.value.reveal()
        if b"\0" in value:
            raise OutsideError(
                f"the value of {variable.name} holds a NUL, which no environment can"
            )
        values[os.fsencode(variable.name)] = value
    program = _locate(argv[0])
    if user:
        from sopsmith.adapters.account import Account

        account = Account(user)
        values |= {name.encode(): os.fsencode(text) for name, text in account.environ.items()}
        account.become()
    try:
        os.execve(program, argv, values)  # noqa: S606
    except OSError as error:
        reason = "its values are too large" if error.errno == 7 else error.strerror
        raise OutsideError(f"{argv[0]} does not start: {reason}") from None


def _locate(name: str) -> str:
    """Return where a program is, by this process's PATH: a file's values have no say in it."""
    import shutil

    found = shutil.which(name)
    if found is None:
        raise OutsideError(f"there is no program {name}")
    return found
