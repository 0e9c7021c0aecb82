"""Enter here: find the command, run it, turn an `Error` into words and an exit code."""

from __future__ import annotations

import os
import sys

import click

from sopsmith.cli.lazy import SOPS_VERBS, LazyGroup
from sopsmith.cli.sections import SECTIONS
from sopsmith.errors import Error

COMMANDS = {
    "init": "Make the layout of a platform repository",
    "generate": "Turn a .env into encrypted Secrets",
    "migrate": "Move Secrets from other tools into this repository",
    "env": "Turn encrypted Secrets back into a .env",
    "render": "Show what the cluster would get",
    "encrypt": "Encrypt files with SOPS",
    "decrypt": "Decrypt SOPS files",
    "edit": "Edit SOPS files in clear, in memory",
    "set": "Set one value of a SOPS file",
    "unset": "Take one value of a SOPS file away",
    "get": "Print one value of a SOPS file",
    "rotate": "Encrypt SOPS files under new data keys",
    "updatekeys": "Bring SOPS files in line with their rules",
    "groups": "Add or delete a key group of a SOPS file",
    "exec-env": "Run a command with a file's values in its environment",
    "exec-file": "Run a command that reads a file's plaintext",
    "filestatus": "Print whether a file is encrypted",
    "publish": "Upload encrypted files where .sops.yaml says",
    "verify": "Check that every SOPS file opens",
    "lint": "Look for what should not be committed",
    "explain": "Say why a file is encrypted as it is",
    "audit": "Say from Git who changed which secret, and when",
    "list": "List every secret, what reads it and what is missing",
    "diff": "Compare environments, revisions, or Git and a cluster",
    "report": "Write all there is to see as one page",
    "ui": "Show the report in the browser, fresh, on this machine alone",
    "status": "Say what is due: dates, old keys, backups, half-done work",
    "doctor": "Find the cause of what does not work",
    "refresh": "Have Argo CD render afresh, past its cache",
    "key": "Generate, back up, restore and rotate identities",
    "recipients": "Say who opens what, and change it",
    "tenant": "Give tenants their part of the repository",
    "drop": "Seal a value for those who can open a file",
    "git": "Merge, compare and guard encrypted files in git",
    "bootstrap": "Make a cluster able to decrypt what is in Git",
    "argocd": "Write the manifests of Argo CD, and check them",
    "github-app": "Check the GitHub App by which Argo CD reads the repository",
    "workflow": "Write workflows for CI",
    "plugin": "Install the kustomize plugin",
    "tools": "Install sops, age, kustomize and ksops, pinned",
    "completion": "Print a script that completes words in a shell",
}

NO_FILE = 100  # sops' exit code


@click.group(
    cls=LazyGroup.over(COMMANDS, sections=SECTIONS),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(
    None, "-v", "--version", package_name="sopsmith", message="%(prog)s %(version)s"
)
def cli() -> None:
    """GitOps secret management: a .env becomes encrypted Secrets in Git, and comes back out
    through kustomize and Argo CD.

    Exit codes: 0 done, 1 failed, 2 usage, 3 looked and found problems. The verbs that sops
    has too keep its codes: 51 MAC mismatch, 128 no identity, 203 already encrypted.
    """


def main() -> None:
    """Run the command line of this process and end it.

    Taking every module apart again at exit is a tenth of a short command's time and helps
    nobody, so the process ends once what was written has left it.
    """
    _fill_streams()
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        code = code or 1
    os._exit(code)


def _fill_streams() -> None:
    """Put something in the place of standard streams that are closed.

    Otherwise the next file that is opened would be one, and what a program that is started says
    would land in it. Output that nobody takes is no success: writing it fails.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            flags = os.O_WRONLY if name == "stderr" else os.O_RDONLY
            setattr(sys, name, open(os.open(os.devnull, flags), mode, encoding="utf-8"))  # noqa: SIM115


def run(argv: list[str]) -> int:
    """Run the command line and return its exit code; only here is an `Error` caught."""
    from sopsmith.cli.talk import note, report, say

    try:
        if argv and argv[0] not in COMMANDS:
            from sopsmith.cli.sops_words import translate

            argv = translate(argv, COMMANDS, note)
        result = cli.main(args=argv, prog_name="sopsmith", standalone_mode=False)
    except Error as error:
        report(error)
        return error.exit_code
    except click.ClickException as error:
        from sopsmith.cli.misuse import report_misuse

        report_misuse(error)
        return NO_FILE if _lacks_file(error) else error.exit_code
    except (click.Abort, KeyboardInterrupt):
        say("stopped")
        return 130
    except BrokenPipeError:
        # The reader has gone; what follows would only be a second complaint.
        sys.stderr.close()
        return 1
    except Exception as error:  # noqa: BLE001 - a traceback could quote a value, so none is shown.
        say(f"error: an unexpected {type(error).__name__} at {_place(error)}")
        say("hint: this is a bug of sopsmith; the message is left out since it could hold a value")
        return 1
    return result if isinstance(result, int) else 0


def _lacks_file(error: click.ClickException) -> bool:
    """Tell whether a verb of sops was given no file, for which sops has an exit code."""
    if not isinstance(error, click.MissingParameter) or error.ctx is None:
        return False
    words = error.ctx.command_path.split()
    return len(words) > 1 and words[1] in SOPS_VERBS and isinstance(error.param, click.Argument)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an unknown place"
    return f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
