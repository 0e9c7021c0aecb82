"""Measure `audit` and `key revoke` over long histories, made in one `git fast-import`.

    python -m bench.history [--commits 1000,10000]

A process counts the memory of the one that started it as its own until it loads its program, so
histories are made by another one (`--make`).

Every other commit changes a value of one of the encrypted files (there are a hundred, of four
values each), one in forty of those gives it a new data key; the rest change plain manifests.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.measure import Job, measure
from tests.past import Past
from tests.world import World

FILES = 100
_SETTINGS = "version: 1\nenvironments:\n  dev: {{recipients: [{0}, {1}]}}\n"
_RULES = """\
creation_rules:
  - path_regex: \\.secret\\.yaml$
    encrypted_regex: ^(data|stringData)$
    age: {0},{1}
"""
_SECRET = """\
apiVersion: v1
kind: Secret
metadata:
    name: s{0}
    namespace: apps
stringData:
    user: user-{0}
    password: made-up-{0}-xxxxxxxxxxxxxxxxxxxxxxxx
    url: https://made.up/{0}
    token: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy
"""
_ROOT = Path(__file__).parents[1]
_START = datetime(2024, 1, 1, tzinfo=UTC)


def make_history(folder: Path, commits: int) -> tuple[str, str]:
    """Write a repository of so many commits, and return the identity and its recipient."""
    from sopsmith import age
    from sopsmith.age import parse_identities
    from sopsmith.sops.config import Config
    from sopsmith.sops.document import Document, encrypt
    from sopsmith.sops.keyring import Keyring
    from sopsmith.sops.rekey import rotate

    dice = random.Random(7)
    identity, recipient = age.generate()
    other = age.generate()[1]
    keyring = Keyring(parse_identities(identity.reveal().decode(), "bench"))
    rules = _RULES.format(recipient, other).encode()
    rule = Config.parse(rules, ".sops.yaml").rules[0]
    past = Past(folder)
    files: dict[str, bytes] = {}
    for number in range(FILES):
        path = f"bootstrap/argocd/overlays/main/dev/secrets/s{number:03}.secret.yaml"
        plain = _SECRET.format(number).encode()
        files[path] = encrypt(plain, "yaml", rule, now=_START, path=path)
    settings = {"sopsmith.yaml": _SETTINGS.format(recipient, other).encode(), ".sops.yaml": rules}
    past.commit({**settings, **files})
    for number in range(1, commits):
        if number % 2:
            path = f"apps/{dice.randrange(FILES)}/deployment.yaml"
            past.commit({path: b"kind: Deployment\nspec: {replicas: %d}\n" % number})
            continue
        path = dice.choice(list(files))
        now = _START + timedelta(minutes=number)
        unlocked = Document.parse(files[path], "yaml", path=path).unlock(keyring)
        if dice.randrange(40):
            key = dice.choice(("password", "url", "token"))
            files[path] = unlocked.set_values({("stringData", key): f"made-up-{number}"}, now=now)
        else:
            files[path] = rotate(unlocked, rule, {}, now=now)
        past.commit({path: files[path]})
    past.write()
    return identity.reveal().decode(), recipient


def main() -> None:
    """Measure the sizes that the arguments ask for and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--commits", default="1000,10000")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--make", metavar="FOLDER", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.make:
        print(*make_history(Path(chosen.make), int(chosen.commits)))
        return
    print(f"  {'':<46}{'s':>8}{'cpu s':>8}{'MiB':>8}")
    for size in map(int, chosen.commits.split(",")):
        with tempfile.TemporaryDirectory(prefix="sopsmith-bench-") as made:
            bench_history(World(Path(made)), size, chosen.runs)


def bench_history(world: World, size: int, runs: int) -> dict[str, object]:
    """Measure one history, print its rows and return the figures of `audit`."""
    folder = world.work / f"repository-{size}"
    argv = ("-m", "bench.history", "--make", str(folder), "--commits", str(size))
    identity, recipient = world.run(sys.executable, *argv, cwd=_ROOT).decode().split()
    with_identity = world.environ | {"SOPS_AGE_KEY": identity}
    revoke = ("sopsmith", "key", "revoke", recipient, "--dry-run")
    plain = ("git", "log", "--all", "--raw", "--format=%H")
    jobs = {
        f"git log --raw alone, {size:,} commits": (plain, world.environ),
        f"audit without an identity, {size:,} commits": (("sopsmith", "audit"), world.environ),
        f"audit, signs by value, {size:,} commits": (("sopsmith", "audit"), with_identity),
        f"key revoke --dry-run, {size:,} commits": (revoke, with_identity),
    }
    found = measure(*(Job(argv, runs, folder, environ) for argv, environ in jobs.values()))
    for name, one in zip(jobs, found, strict=True):
        print(f"  {name:<46}{one.seconds:8.2f}{one.processor:8.2f}{one.mebibytes:8.1f}", flush=True)
    return {"commits": size, "git_log": found[0]._asdict(), "audit": found[1]._asdict()}


if __name__ == "__main__":
    main()
