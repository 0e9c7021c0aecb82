"""The programs that this machine needs: the plugin, and upstream's on request."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.flows import install_plugin
from sopsmith.flows.steps import DONE, NEEDED, Looked
from sopsmith.flows.tools import UNCHANGED, Doors, apply_tool, plan_tools

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sopsmith.flows.steps import Step
    from sopsmith.ports import Files
    from sopsmith.repo.tools import Download


class Plugin(NamedTuple):
    """What is put where: as `install_plugin.install` has it."""

    path: str
    script: bytes
    bundle: bytes = b""


def build_steps(
    plugin: Plugin, files: Files, tools: tuple[Sequence[Download], str, Doors] | None
) -> list[Step]:
    """Return the step of the plugin, and that of the tools where some are asked for.

    The repo-server gets its plugin by the manifests in Git, not from here. A tool that would
    take the plugin's place, as KSOPS does, is left out.

    Args:
        tools: What to install, the folder, and the doors.
    """
    steps: list[Step] = [PluginStep(plugin, files)]
    if tools is None:
        return steps
    downloads, folder, doors = tools
    rest = [
        one
        for one in downloads
        if plugin.path not in [os.path.join(folder, name) for name in one.programs]
    ]
    return [*steps, ToolsStep(rest, folder, doors)] if rest else steps


class PluginStep:
    """The kustomize plugin in the place of KSOPS, on this machine."""

    name = "plugin"
    title = "kustomize plugin of this machine"

    def __init__(self, plugin: Plugin, files: Files) -> None:
        self._plugin = plugin
        self._files = files

    def check(self) -> Looked:
        """Compare what stands at the path with the script."""
        path, script, bundle = self._plugin
        planned = install_plugin.plan([path], script, self._files, bundle=bundle, force=False)
        if planned[path] == "unchanged":
            return Looked(DONE, f"{path} is sopsmith's")
        return Looked(NEEDED, f"{path} is {'missing' if planned[path] == 'installed' else 'older'}")

    def apply(self) -> None:
        """Write the script."""
        path, script, bundle = self._plugin
        install_plugin.install([path], script, self._files, bundle=bundle, force=False)


class ToolsStep:
    """Upstream's programs, of pinned versions."""

    name = "tools"
    title = "programs of pinned versions"

    def __init__(self, downloads: Sequence[Download], folder: str, doors: Doors) -> None:
        self._downloads = downloads
        self._folder = folder
        self._doors = doors

    def check(self) -> Looked:
        """Compare the digests of what is there."""
        planned = plan_tools(self._downloads, self._folder, self._doors)
        missing = [
            f"{one.download.name} {one.download.version}"
            for one in planned
            if one.news != UNCHANGED
        ]
        if missing:
            return Looked(NEEDED, f"{', '.join(missing)} to be put into {self._folder}")
        return Looked(DONE, f"{len(planned)} tools in {self._folder} are as pinned")

    def apply(self) -> None:
        """Download what is missing."""
        for one in plan_tools(self._downloads, self._folder, self._doors):
            apply_tool(one, self._folder, self._doors)
