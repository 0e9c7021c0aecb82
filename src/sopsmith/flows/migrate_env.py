"""Answer what ExternalSecrets ask for from a `.env`.

The variable of a key is its letters and digits in upper case with `_` between: `/shop/db` is
`SHOP_DB`, and its property `password` is `SHOP_DB_PASSWORD`, or a part of the JSON in `SHOP_DB`.
"""

from __future__ import annotations

import re

from sopsmith.errors import ManifestError, NotThere
from sopsmith.formats.env_file import Variable
from sopsmith.kube.external_secrets import Find, Source
from sopsmith.secret import Secret


class EnvValues:
    """`external_values.Provider` over the variables of a `.env`."""

    def __init__(self, variables: list[Variable]) -> None:
        self._values = {one.name: one.value for one in variables}

    def value(self, key: str, version: str) -> Secret:  # noqa: ARG002
        """Return the variable of a key."""
        name = variable_of(key)
        if name not in self._values:
            raise NotThere(f"the .env has no variable {name}")
        return self._values[name]

    def names(self, find: Find) -> list[str]:  # noqa: ARG002
        """Refuse: a `.env` knows nothing of paths and tags."""
        raise ManifestError("a .env cannot say what `find` would find")

    def delete(self, key: str) -> None:
        """Refuse: the file is the user's."""
        raise ManifestError(f"{key} stands in a .env, which nothing is deleted from")

    def adapt(self, source: Source) -> Source:
        """Return an entry that takes a variable of its own for a property, where there is one."""
        ref = source.ref
        if ref is None or not ref.property:
            return source
        key = f"{ref.key}_{ref.property}"
        if variable_of(key) not in self._values:
            return source
        return source._replace(ref=ref._replace(key=key, property=""))


def variable_of(key: str) -> str:
    """Return the variable that a provider's key is looked for under."""
    return re.sub(r"[^A-Za-z0-9]+", "_", key).strip("_").upper()
