"""Read the environment once, at the edge."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


_CLUSTER = frozenset({"KUBECONFIG", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"})


class Settings:
    """What the environment says; nothing below the edge reads it again.

    Attributes:
        home: The user's home folder; "" where there is none.
        config_home: The user's configuration folder, as Go's os.UserConfigDir has it.
        data_home: The user's folder of data, as the XDG base directories have it; "" without HOME.
        variables: The `SOPS_*`, `KSOPS_*`, `SOPSMITH_*` and `VAULT_*` variables, and those that
            say how to reach a cluster.
    """

    __slots__ = ("config_home", "data_home", "home", "variables")

    def __init__(
        self, home: str, config_home: str, variables: dict[str, str], data_home: str = ""
    ) -> None:
        self.home = home
        self.config_home = config_home
        self.variables = variables
        self.data_home = data_home

    def get(self, name: str) -> str:
        """Return a variable's text, or ""."""
        return self.variables.get(name, "")

    def __repr__(self) -> str:
        return f"<Settings, {len(self.variables)} variables>"


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of an environment, the process's own unless given."""
    source = os.environ if environ is None else environ
    home = source.get("HOME", "")
    variables = {
        name: value
        for name, value in source.items()
        if name.startswith(("SOPS_", "KSOPS_", "SOPSMITH_", "VAULT_")) or name in _CLUSTER
    }
    return Settings(home, _config_home(source, home), variables, _data_home(source, home))


def _config_home(source: Mapping[str, str], home: str) -> str:
    explicit = source.get("XDG_CONFIG_HOME", "")
    if explicit:
        return explicit
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Application Support") if home else ""
    return os.path.join(home, ".config") if home else ""


def _data_home(source: Mapping[str, str], home: str) -> str:
    explicit = source.get("XDG_DATA_HOME", "")
    if os.path.isabs(explicit):
        return explicit
    return os.path.join(home, ".local", "share") if home else ""
