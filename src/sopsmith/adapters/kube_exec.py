"""Get credentials from the program that a kubeconfig names.

Source: client-go plugin/pkg/client/auth/exec (exec.go, refreshCredsLocked) and
pkg/apis/clientauthentication/v1 (ExecCredential).
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from typing import Any, NamedTuple

from sopsmith.adapters.kubeconfig import Access, mappings
from sopsmith.adapters.programs import child_environ
from sopsmith.errors import OutsideError
from sopsmith.secret import Secret

_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_ALWAYS, _NEVER = "Always", "Never"
_CLUSTER = (
    "server",
    "tls-server-name",
    "insecure-skip-tls-verify",
    "certificate-authority-data",
    "proxy-url",
)
_EXTENSION = "client.authentication.k8s.io/exec"


class Credential(NamedTuple):
    """What the program gave: a token, or a certificate and its key as PEM, or both."""

    token: Secret | None
    certificate: Secret | None
    key: Secret | None


def run_plugin(access: Access) -> Credential:
    """Run the program of an `exec` entry; what it says to people goes to stderr as it is.

    Raises:
        OutsideError: It is not there, failed, or answered with no credential. The error never
            quotes its output.
    """
    plugin = access.plugin
    version = str(plugin.get("apiVersion", ""))
    if version not in _VERSIONS:
        raise OutsideError(f"the exec plugin's apiVersion is none of {', '.join(_VERSIONS)}")
    interactive = _is_interactive(plugin)
    info = {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": interactive}}
    if plugin.get("provideClusterInfo"):
        info["spec"] = {"interactive": interactive, "cluster": _cluster_info(access)}
    environ = {str(one.get("name")): str(one.get("value")) for one in mappings(plugin.get("env"))}
    return _parse(_run(access, environ | {"KUBERNETES_EXEC_INFO": json.dumps(info)}), version)


def _is_interactive(plugin: dict[str, Any]) -> bool:
    mode = plugin.get("interactiveMode", "IfAvailable")
    terminal = sys.stdin is not None and sys.stdin.isatty()
    if mode == _ALWAYS and not terminal:
        raise OutsideError("the exec plugin needs a terminal to ask on, and there is none")
    return bool(mode != _NEVER and terminal)


def _cluster_info(access: Access) -> dict[str, Any]:
    fields = access.cluster_info
    info = {name: fields[name] for name in _CLUSTER if fields.get(name)}
    if access.authority and "certificate-authority-data" not in info:
        info["certificate-authority-data"] = base64.b64encode(access.authority.encode()).decode()
    for one in mappings(fields.get("extensions")):
        if one.get("name") == _EXTENSION:
            info["config"] = one.get("extension")
    return info


def _run(access: Access, environ: dict[str, str]) -> bytes:
    plugin = access.plugin
    command = str(plugin.get("command", ""))
    # As with every path of a kubeconfig, the file's own folder is where a relative one starts.
    program = os.path.join(access.folder, command) if os.sep in command else command
    arguments = [str(one) for one in plugin.get("args") or []]
    try:
        done = subprocess.run(
            [program, *arguments],
            env={**child_environ(program), **environ},
            stdin=None if _is_interactive(plugin) else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            check=False,
        )
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "it does not run").lower()
        hint = str(plugin.get("installHint") or "") or None
        raise OutsideError(f"exec plugin {command}: {reason}", hint=hint) from None
    if done.returncode:
        raise OutsideError(f"exec plugin {command} ended with exit code {done.returncode}")
    return done.stdout


def _parse(output: bytes, version: str) -> Credential:
    try:
        found = json.loads(output)
        status = found["status"]
        if found["kind"] != "ExecCredential" or found["apiVersion"] != version:
            raise KeyError
        values = [status.get(name) for name in ("token", "clientCertificateData", "clientKeyData")]
    except (ValueError, KeyError, TypeError, AttributeError):
        message = f"the exec plugin's answer is no ExecCredential of {version}"
        raise OutsideError(message) from None
    token, certificate, key = (Secret(str(one).encode()) if one else None for one in values)
    if (certificate is None) != (key is None) or (token is None and key is None):
        raise OutsideError("the exec plugin gave neither a token nor a certificate with its key")
    return Credential(token, certificate, key)
