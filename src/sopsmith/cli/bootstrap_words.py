"""Open the doors of `sopsmith bootstrap`, and have the cluster confirmed."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, cast

import click

from sopsmith import age
from sopsmith.adapters.environment import read_settings as read_environment
from sopsmith.adapters.file_set import replace_files
from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.key_lock import lock_keys
from sopsmith.adapters.private import PrivateFiles, is_open_to_others
from sopsmith.adapters.programs import LocalPrograms
from sopsmith.adapters.rooted import RootedFiles
from sopsmith.adapters.trees import LocalTrees
from sopsmith.cli.again import again
from sopsmith.cli.consent_words import open_consent
from sopsmith.cli.key_doors import open_doors as open_key_doors
from sopsmith.cli.key_files import keys_files
from sopsmith.cli.rotation_words import parse_duration
from sopsmith.cli.share_options import find_repositories
from sopsmith.cli.store_doors import open_store, open_store_place
from sopsmith.cli.talk import note, put, say
from sopsmith.errors import OutsideError, UsageError
from sopsmith.flows.bootstrap import build_steps, choose_context, choose_environment, plan_rbac
from sopsmith.flows.bootstrap_doors import Doors, Request
from sopsmith.flows.key_generate import Means
from sopsmith.formats import env_file
from sopsmith.kube.write import write_documents
from sopsmith.repo.context_edit import tie_context
from sopsmith.repo.key_file import Entry, parse_key_file
from sopsmith.repo.root import find_root, read_settings
from sopsmith.repo.settings import FILE

if TYPE_CHECKING:
    from sopsmith.flows.backup_consent import Consent
    from sopsmith.flows.key_list import Doors as KeyDoors
    from sopsmith.flows.steps import Step
    from sopsmith.formats.env_file import Variable
    from sopsmith.ports import Cluster

_KEY = "SOPS_AGE_KEY"


def open_bootstrap(options: dict[str, Any]) -> tuple[Request, Doors]:
    """Return what is asked for and the real doors, once the cluster may be the environment's.

    Raises:
        LayoutError: The folder lies in no repository, or it cannot be worked with.
        UsageError: There is no such environment, or the context is not its own.
        OutsideError: The kubeconfig cannot be used.
    """
    from sopsmith.adapters.cluster import open_cluster
    from sopsmith.adapters.kubeconfig import read_access

    environment = read_environment()
    request = _request(options, "")
    settings = read_settings(LocalFiles(), request.root)
    # The current context is only a proposal: it must not be another environment's either.
    named = options["context"]
    if not named and not request.scope(settings).context:
        named = read_access(None, environment).context
    context = choose_context(settings, request.environment, named, _server_of)
    cluster = open_cluster(context, environment)
    note(f"kubeconfig {environment.get('KUBECONFIG') or '~/.kube/config'}")
    note(f"cluster {cluster.name}, for {request.environment}")
    consent = open_consent(request.root, settings, options)
    return _request(options, context), _open_doors(request.root, cluster, consent, options["tools"])


def _server_of(context: str) -> str:
    from sopsmith.adapters.kubeconfig import read_access

    try:
        return read_access(context, read_environment()).server
    except OutsideError:
        return ""


def confirm(request: Request, doors: Doors, *, yes: bool, named: bool) -> None:
    """Have a person say that this is the cluster, and offer to remember it.

    Raises:
        UsageError: Nobody can be asked, and the cluster was not named on the command line.
        click.Abort: It is not.
    """
    tied = request.scope(doors.settings(request)).context
    if yes and named:
        if not tied:
            say(f"next: tie it to {request.environment}: {_line(request)}, in {FILE}")
        return
    if yes or not sys.stdin.isatty():
        more = ["--yes"] if not yes else []
        more += ["--context", request.context] if not named else []
        raise UsageError(
            "which cluster it is must be confirmed, at a terminal or by its name",
            hint=again(*more),
        )
    click.confirm(f"make {doors.cluster.name} the cluster of {request.environment}?",
                  abort=True, err=True)  # fmt: skip
    if not tied and click.confirm(f"write {_line(request)} to {FILE}?", default=True, err=True):
        path = os.path.join(request.root, FILE)
        data = tie_context(doors.files.read(path), request.environment, request.context)
        doors.files.write(path, data)
        note(f"{FILE} has it now; commit it")


def put_rbac(options: dict[str, Any], user: str) -> None:
    """Write the rights that a user needs to stdout; no cluster is asked."""
    request = _request(options, "")
    # To name rights takes no cluster, so none is opened.
    settings = read_settings(LocalFiles(), request.root)
    consent = open_consent(request.root, settings, options)
    doors = _open_doors(request.root, cast("Cluster", None), consent)
    home = settings.argocd.namespace
    put(write_documents(plan_rbac(build_steps(request, doors), user, home)).encode())


def _line(request: Request) -> str:
    return f"environments.{request.environment}.context: {request.context}"


def _request(options: dict[str, Any], context: str) -> Request:
    files = LocalFiles()
    root = os.path.relpath(find_root(files, options["repo"]))
    settings = read_settings(files, root)
    return Request(
        root,
        choose_environment(settings, options["environment"], options["context"]),
        keys_files(),
        context,
        patch_argocd=options["apply_argocd"],
        wait=parse_duration(options["wait"]),
        repositories=find_repositories(root),
        shared=options.get("share_cluster", False),
    )


def _open_doors(root: str, cluster: Cluster, consent: Consent, tools: str = "") -> Doors:
    files, inside = LocalFiles(), RootedFiles(root)

    def backup() -> Any:
        return read_settings(files, root).backup

    return Doors(
        cluster=cluster,
        files=files,
        trees=LocalTrees(LocalPrograms()),
        inside=inside,
        folder_of=inside.folder_of,
        held=_held,
        generating=lambda: _generating(open_key_doors(root, None).doors),
        archive=lambda: open_store(root, backup()),
        place=lambda: open_store_place(root, backup()),
        variables=lambda: _variables(root),
        now=lambda: datetime.now(UTC),
        pause=time.sleep,
        say=note,
        tool=f"sopsmith {version('sopsmith')}",
        consent=consent,
        tools=tuple(_tools(tools)),
    )


def _tools(folder: str) -> list[Step]:
    """Return the steps of this machine's programs; upstream's only where a folder is named."""
    from sopsmith.adapters.interpreter import build_bundle, read_interpreter
    from sopsmith.flows import bootstrap_tools, install_plugin

    python, files = read_interpreter(), LocalFiles()
    path = os.path.expanduser(f"~/.local/bin/{install_plugin.NAME}")
    script = install_plugin.build_script(python.executable, python.folders)
    plugin = bootstrap_tools.Plugin(path, script, build_bundle(python))
    if not folder:
        return bootstrap_tools.build_steps(plugin, files, None)
    from sopsmith.adapters.download import read_platform
    from sopsmith.cli.tools import open_doors, read_tables
    from sopsmith.flows.tools import check_folder
    from sopsmith.repo.tools import choose_downloads

    downloads = choose_downloads(read_tables(None), (), read_platform(), "")
    return bootstrap_tools.build_steps(
        plugin, files, (downloads, check_folder(folder), open_doors())
    )


def _generating(look: KeyDoors) -> Means:
    return Means(look, PrivateFiles(), lock_keys, age.generate, replace_files, is_open_to_others)


def _held() -> list[Entry]:
    """Return the identities of the files where sops looks, and of its variable.

    Raises:
        MasterKeyError: One of them is no list of identities.
    """
    files = LocalFiles()
    found = [(path, files.find(path)) for path in keys_files()]
    found.append((_KEY, read_environment().get(_KEY).encode()))
    return [one for path, data in found if data for one in parse_key_file(data, path)]


def _variables(root: str) -> tuple[Variable, ...]:
    path = os.path.join(root, ".env")
    data = LocalFiles().find(path)
    return () if data is None else tuple(env_file.parse(data, path))
