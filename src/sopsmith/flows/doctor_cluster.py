"""Look at the identities that the cluster holds, and at its clock.

Identities are read over the API into this process's memory, and nowhere else; what is said of
them is whose they are.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from sopsmith.errors import Error, FormatError, ManifestError, MasterKeyError, NoIdentity
from sopsmith.flows.doctor import CLUSTER, Check
from sopsmith.flows.doctor_delivery import find_promised
from sopsmith.flows.doctor_sync import context_of
from sopsmith.flows.key_secret import mend_line_ends, opens, read_cluster_keys
from sopsmith.flows.rules import Rules
from sopsmith.kube.key_secret import DATA_KEY, NAME, NAMESPACE, PLACE
from sopsmith.repo.diagnosis import ERROR, WARNING, Finding
from sopsmith.sops.config import FILE_NAME
from sopsmith.sops.keyring import Keyring

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sopsmith.flows.doctor import Context, Repair
    from sopsmith.flows.key_secret import ClusterKeys

LINE_ENDS = "line-ends"
_SKEW = 300  # seconds; a look at a large repository may have taken some of them
_SHOWN = 3


def check_key(context: Context) -> Iterator[Finding]:
    """Yield what is wrong with the key Secret."""
    try:
        held = read_cluster_keys(context.cluster)
    except ManifestError as error:
        yield _key("malformed", error.message, _edit(context))
        return
    if held.found is None:
        yield _key("missing", "is not there, so the cluster opens nothing", _inject(context))
    elif not held.keys.reveal().strip():
        yield _key("empty", f"holds nothing under {DATA_KEY}", _inject(context))
    else:
        yield from _check_identities(context, held)


def check_clock(context: Context) -> Iterator[Finding]:
    """Yield that this machine and the API server disagree about the time."""
    ahead = (context.cluster.server_time() - context.now).total_seconds()
    if abs(ahead) > _SKEW:
        word = "ahead of" if ahead > 0 else "behind"
        message = f"its clock is {abs(ahead):.0f} s {word} this machine's"
        yield Finding("cluster-clock", WARNING, context.cluster.name, message,
                      "timedatectl status, here and on the server")  # fmt: skip


def normalise(context: Context, _: Finding) -> str:
    """Write the cluster's identities with the line ends that age and sops write."""
    mend_line_ends(context.cluster)
    return f"{DATA_KEY} has LF line ends, and the same identities"


def _check_identities(context: Context, held: ClusterKeys) -> Iterator[Finding]:
    if b"\r" in held.keys.reveal():
        yield _key("crlf", f"{DATA_KEY} has CRLF line ends, which some readers take for a part",
                   "", WARNING, LINE_ENDS)  # fmt: skip
    try:
        recipients = held.recipients
    except MasterKeyError as error:
        # The identities before it are no help: some readers stop at the first bad line.
        message = ": ".join(filter(None, (error.key, error.message)))
        yield _key("malformed", message, _edit(context))
        return
    if not recipients:
        yield _key("empty", f"{DATA_KEY} holds no identity", _inject(context))
        return
    yield from _check_recipients(context, recipients)
    yield from _check_files(context, held)


def _check_recipients(context: Context, recipients: tuple[str, ...]) -> Iterator[Finding]:
    named = _named(context)
    if not named:
        # Keys of other kinds open the files, and no identity is needed.
        return
    unnamed = [one for one in recipients if one not in named]
    if len(unnamed) == len(recipients):
        message = f"holds identities of others alone: {', '.join(unnamed[:_SHOWN])}"
        yield _key("foreign", message, _inject(context))
        return
    for one in unnamed:
        whose = [scope.name for scope in context.settings.scopes if one in scope.recipients]
        message = f"holds the identity of {one}, which {FILE_NAME} does not name for {_of(context)}"
        message += f": it is that of {', '.join(whose)}" if whose else ""
        yield _key("unnamed", message, f"sopsmith recipients who {one}", WARNING)


def _check_files(context: Context, held: ClusterKeys) -> Iterator[Finding]:
    """Yield the files that the cluster must open and cannot."""
    try:
        promised = find_promised(context)
    except Error:
        # Other checks say why it is not known what the cluster must open.
        return
    keyring = Keyring(held.identities, [PLACE])
    for path in dict.fromkeys(one.source for one in promised):
        try:
            opens(context.files.read(path), path, keyring)
        except NoIdentity:
            message = f"{PLACE} holds no identity that opens it"
            hint = f"{_inject(context)}; or sopsmith updatekeys {quote(path)}, and commit"
            yield Finding("key-secret-lacks", ERROR, path, message, hint)
        except Error:
            # What is damaged opens for nobody; the repository's own checks say so.
            continue


def _named(context: Context) -> set[str]:
    """Return the recipients of the environments' rules; of sopsmith.yaml where no rule holds."""
    rules, settings = Rules(context.files), context.settings
    found: set[str] = set()
    for scope in settings.environments:
        if scope.name in context.scopes:
            path = context.at(f"{settings.secrets_folder(scope.name)}/any.secret.yaml")
            try:
                rule = rules.rule_of(path)
            except FormatError:
                rule = None
            found |= {*(rule.recipients if rule else scope.recipients)}
    return found


def _of(context: Context) -> str:
    core = context.settings.core.name
    return ", ".join(name for name in context.scopes if name != core)


def _inject(context: Context) -> str:
    environment = context.environment or "NAME"
    where = f"--context {context_of(context.cluster)}"
    return f"sopsmith bootstrap --environment {environment} {where} --only inject"


def _edit(context: Context) -> str:
    kubectl = f"kubectl --context {context_of(context.cluster)} --namespace {NAMESPACE}"
    return f"{kubectl} edit secret {NAME}"


def _key(code: str, message: str, hint: str, level: str = ERROR, fix: str = "") -> Finding:
    return Finding(f"key-secret-{code}", level, PLACE, message, hint, fix)


_CODES = tuple(
    f"key-secret-{code}"
    for code in ("missing", "empty", "malformed", "crlf", "foreign", "unnamed", "lacks")
)
CHECKS = (
    Check("cluster", "the clocks agree", ("cluster-clock",), check_clock, CLUSTER),
    Check("cluster", "the key Secret opens what Git promises", _CODES, check_key, CLUSTER),
)
REPAIRS: dict[str, Repair] = {LINE_ENDS: normalise}
