"""Open what `doctor` looks at: the repository, this machine and, if one is named, the cluster."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from sopsmith.adapters.environment import read_settings as read_environment
from sopsmith.adapters.interpreter import read_interpreter
from sopsmith.adapters.key_lock import lock_keys
from sopsmith.adapters.private import close_to_others
from sopsmith.cli.again import again
from sopsmith.cli.key_doors import open_doors, open_keeping
from sopsmith.cli.sops_verbs import keyring_of_environment
from sopsmith.errors import Error, OutsideError, UsageError
from sopsmith.flows.bootstrap import choose_context
from sopsmith.flows.doctor import Context, Machine
from sopsmith.flows.install_plugin import build_script, find_plugin_home
from sopsmith.repo.contexts import find_environment
from sopsmith.repo.root import read_settings
from sopsmith.repo.settings import RepoSettings

if TYPE_CHECKING:
    from sopsmith.flows.steps import Step
    from sopsmith.ports import Cluster, Files

_UNTIED = "sopsmith.yaml ties no context to {}, and none was named"
_UNNAMED = "no cluster was named"


def open_context(options: dict[str, Any]) -> Context:
    """Return what the options of `doctor` ask about.

    Raises:
        LayoutError: There is no repository.
        UsageError: The options contradict each other.
    """
    at = open_doors(options["repo"], options["jobs"])
    keeping = open_keeping()
    environment, opener, why, how = _cluster_of(options, at.root, at.doors.files)
    return Context(
        root=at.root,
        files=at.doors.files,
        trees=at.doors.trees,
        workers=at.doors.workers,
        programs=keeping.programs,
        machine=Machine(keeping.paths, keeping.is_open, close_to_others, lock_keys, *_plugin()),
        load_keyring=cache(keyring_of_environment),
        now=at.doors.now,
        environment=environment,
        open_cluster=opener,
        no_cluster=why,
        name_cluster=how,
        open_steps=partial(_open_steps, options, environment) if opener else None,
    )


def _plugin() -> tuple[bytes, str]:
    python = read_interpreter()
    try:
        home = find_plugin_home(os.environ)
    except OutsideError:
        home = ""
    return build_script(python.executable, python.folders), home


def _cluster_of(
    options: dict[str, Any], root: str, files: Files
) -> tuple[str, Callable[[], Cluster] | None, str, str]:
    """Return the environment, how its cluster is opened, why it is not, and what would name it."""
    environment, context = options["environment"], options["context"]
    if options["no_cluster"]:
        if context:
            raise UsageError("--context and --no-cluster contradict each other")
        return environment, None, "--no-cluster was given", ""
    try:
        settings = read_settings(files, root)
    except Error:
        # A check says so; a cluster can be named all the same.
        settings = RepoSettings()
    if environment and settings.environments:
        find_environment(settings, environment)
    tied = {one.name: one.context for one in settings.environments}
    environment = environment or next((n for n, one in tied.items() if context == one != ""), "")
    if environment in tied:
        # What is found in another environment's cluster would be found of the wrong one.
        context = choose_context(settings, environment, context, lambda _: "")
    if environment and not context:
        return environment, None, _UNTIED.format(environment), again("--context", "NAME")
    if not context:
        return environment, None, _UNNAMED, again(*_words_for(tied))
    return environment, partial(_open, context), "", ""


def _words_for(tied: dict[str, str]) -> list[str]:
    """Return the words that name a cluster: an environment that is tied to one needs no context."""
    ready = next((name for name, context in tied.items() if context), "")
    untied = next(iter(tied), "NAME")
    return ["--environment", ready] if ready else ["--environment", untied, "--context", "NAME"]


def _open(context: str) -> Cluster:
    from sopsmith.adapters.cluster import open_cluster

    return open_cluster(context, read_environment())


def _open_steps(options: dict[str, Any], environment: str) -> list[Step]:
    from sopsmith.cli.bootstrap_words import open_bootstrap
    from sopsmith.flows.bootstrap import build_steps

    asked = {"repo": options["repo"], "environment": environment, "context": options["context"]}
    return build_steps(*open_bootstrap({**asked, "apply_argocd": False, "wait": "0s", "tools": ""}))
