"""Say the command that is running once more, with words added, so that it can be pasted."""

from __future__ import annotations

import shlex

import click
from click.core import ParameterSource


def again(*more: str) -> str:
    """Return the command that is running, as it was typed, with words behind it.

    Only for commands whose words are no secrets: they are printed.
    """
    context = click.get_current_context()
    words = context.command_path.split()
    for parameter in context.command.params:
        name = parameter.name or ""
        if context.get_parameter_source(name) == ParameterSource.COMMANDLINE:
            words += _typed(parameter, context.params.get(name))
    return shlex.join([*words, *more])


def _typed(parameter: click.Parameter, value: object) -> list[str]:
    """Return an option or argument as words; a flag stands without a value."""
    values = list(value) if isinstance(value, tuple) else [value]
    if isinstance(parameter, click.Argument):
        return [str(one) for one in values]
    option = max(parameter.opts, key=len)
    if isinstance(parameter, click.Option) and parameter.is_flag:
        return [option]
    return [word for one in values for word in (option, str(one))]
