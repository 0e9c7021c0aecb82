"""Open the doors of `sopsmith key generate` and say what it did."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from datetime import datetime

from sopsmith import age
from sopsmith.adapters.file_set import replace_files
from sopsmith.adapters.key_lock import lock_keys
from sopsmith.adapters.private import PrivateFiles, is_open_to_others
from sopsmith.cli.key_doors import open_doors
from sopsmith.cli.key_files import keys_file as find_keys_file
from sopsmith.cli.key_files import searched_files
from sopsmith.cli.talk import note, put, put_json, say
from sopsmith.flows.key_generate import GeneratePlan, GenerateRequest, Means
from sopsmith.repo.key_file import build_label
from sopsmith.repo.settings import CORE


def open_request(
    *, repo: str, environment: str, keys_file: str | None, post_quantum: bool
) -> tuple[GenerateRequest, Means]:
    """Return what was asked for and the real doors.

    Raises:
        LayoutError: The folder lies in no repository.
    """
    at = open_doors(repo, None)
    maker = age.generator(post_quantum=post_quantum)
    means = Means(at.doors, PrivateFiles(), lock_keys, maker, replace_files, is_open_to_others)
    return GenerateRequest(at.root, find_keys_file(keys_file), environment), means


def show(plan: GeneratePlan, now: datetime, *, as_json: bool, dry_run: bool, print_: bool) -> None:
    """Write the recipients to stdout, and to stderr what a person should know and do."""
    every = (*plan.resumed, *plan.made)
    if as_json:
        put_json(_object(plan))
    elif print_:
        folder = os.path.realpath(plan.root)
        parts = (build_label(new, folder, now) + new.identity.reveal() + b"\n" for new in every)
        put(b"".join(parts))
    elif not dry_run:
        put("".join(f"{new.recipient}\n" for new in every).encode())
    for sentence in _planned(plan) if dry_run else _done(plan):
        note(sentence)
    if not dry_run:
        say("next: " + ", then ".join(_next_steps(plan)))


def _object(plan: GeneratePlan) -> dict[str, object]:
    return {
        "keys": plan.keys_path,
        "identities": [
            {
                "environment": new.environments[0],
                "recipient": new.recipient,
                "resumed": new in plan.resumed,
            }
            for new in (*plan.resumed, *plan.made)
        ],
        "files": [path for path, _ in plan.files],
        "to_update": list(plan.rewrap),
    }


def _planned(plan: GeneratePlan) -> Iterator[str]:
    for new in plan.resumed:
        yield f"would go on with the identity for {new.environments[0]} in {plan.keys_path}"
    for new in plan.made:
        yield f"would append an age identity for {new.environments[0]} to {plan.keys_path}"
    for path, _ in plan.files:
        yield f"would name its recipient in {path}"
    yield "dry run: nothing was written"


def _done(plan: GeneratePlan) -> Iterator[str]:
    for new in plan.resumed:
        name = new.environments[0]
        yield f"went on with the identity for {name} of a run that was cut short: {new.recipient}"
    for new in plan.made:
        yield f"made an age identity for {new.environments[0]}: {new.recipient}"
    yield f"identities stand in {plan.keys_path}"
    if plan.keys_path not in searched_files():
        yield f"sops does not look there: export SOPS_AGE_KEY_FILE={shlex.quote(plan.keys_path)}"


def _next_steps(plan: GeneratePlan) -> Iterator[str]:
    yield "sopsmith key backup"
    if plan.rewrap:
        yield f"sopsmith updatekeys {' '.join(map(shlex.quote, plan.rewrap))}"
    yield "sopsmith init, which adds folders that are missing"
    for new in (*plan.resumed, *plan.made):
        if new.environments[0] != CORE:
            yield f"sopsmith key restore --to-cluster {new.environments[0]}"
