"""Hand this process over to another program, with variables in its environment."""

from __future__ import annotations

import os
from typing import NoReturn

from sopsmith.errors import OutsideError
from sopsmith.formats.env_file import Variable


def hand_over(argv: list[str], variables: list[Variable]) -> NoReturn:
    """Replace this process by a program; its exit code and signals are then the program's own.

    The values stand in the program's environment alone, in no argument and no file.

    Raises:
        OutsideError: There is no such program, or a value does not fit an environment.
    """
    values = {}
    for variable in variables:
        value = variable.value.reveal()
        if b"\0" in value:
            raise OutsideError(
                f"the value of {variable.name} holds a NUL, which no environment can"
            )
        values[os.fsencode(variable.name)] = value
    try:
        os.execvpe(argv[0], argv, {**os.environb, **values})  # noqa: S606
    except FileNotFoundError:
        raise OutsideError(f"there is no program {argv[0]}") from None
    except OSError as error:
        raise OutsideError(f"{argv[0]} does not start: {error.strerror}") from None
