"""`audit` and `key revoke` tell nothing of what a history holds."""

from __future__ import annotations

from tests.leaks import bad_inputs
from tests.leaks.watch import CANARY, IDENTITY, Watch
from tests.past import Past

SETTINGS = "version: 1\nenvironments:\n  dev: {{recipients: [{0}, {1}]}}\n"
OTHER = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
RULES = "creation_rules:\n  - encrypted_regex: ^(data|stringData)$\n    age: {},{}\n"
SECRET = (
    "kind: Secret\nmetadata:\n  name: a\nstringData:\n  first: {0}\n  second: {0}x\n"
    "  list: [{0}, b2]\n"
)
VERBS = [
    ("audit",), ("audit", "--output", "json"), ("key", "revoke", "{}", "--dry-run"),
    ("key", "revoke", "{}", "--output", "json"), ("key", "revoke", "--status"),
    ("key", "revoke", "--status", "-o", "json"),
]  # fmt: skip


def run_all(watch: Watch, made: Past) -> None:
    """Run every verb over a history."""
    made.write()
    for verb in VERBS:
        for identity in (watch.world.environ["SOPS_AGE_KEY"], ""):
            argv = [word.format(watch.recipient) for word in verb]
            watch.tells_nothing(*argv, SOPS_AGE_KEY=identity)


def past_of(watch: Watch) -> tuple[Past, bytes]:
    """Return a repository, and a Secret that holds the canary encrypted."""
    names = (watch.recipient, OTHER)
    settings, rules = SETTINGS.format(*names).encode(), RULES.format(*names).encode()
    watch.write(".sops.yaml", rules)
    watch.write("a.secret.yaml", SECRET.format(CANARY))
    done = watch.call("encrypt", "a.secret.yaml")
    assert done.code == 0, done.stderr
    (watch.world.work / "a.secret.yaml").unlink()
    made = Past(watch.world.work)
    made.commit({"sopsmith.yaml": settings, ".sops.yaml": rules})
    return made, done.stdout


def test_of_values_in_clear_in_the_past(watch: Watch) -> None:
    made, data = past_of(watch)
    plain = SECRET.format(CANARY).encode()
    lines = {".env": f"A={CANARY}\n".encode(), "notes.md": IDENTITY.encode() + b"\n"}
    made.commit({"a.secret.yaml": plain, **lines})
    made.commit({"a.secret.yaml": data, ".env": None})
    made.commit({"a.secret.yaml": data.replace(b"first: ENC", f"first: {CANARY}".encode())})
    run_all(watch, made)
    said = watch.call("audit").stdout
    for word in (b"age identity", b"plain Secret", b"plain .env", b"value in clear"):
        assert word in said


def test_of_broken_yaml_in_the_past(watch: Watch) -> None:
    made, data = past_of(watch)
    metadata = data.decode().partition("\nsops:")[2]
    for number, text in enumerate(bad_inputs.YAML.values()):
        path = f"{number}.secret.yaml"
        made.commit({path: f"{text}sops:{metadata}".encode()})
        made.commit({path: text.encode()})
    run_all(watch, made)
    assert b"0.secret.yaml: a version looks like" in watch.call("audit").stderr


def test_of_tokens_that_were_changed(watch: Watch) -> None:
    made, data = past_of(watch)
    for old, new in ((b"data:", b"data:%s" % CANARY.encode()), (b"type:str", b"type:int")):
        made.commit({"a.secret.yaml": data.replace(old, new, 1)})
    made.commit({f"{CANARY[:3]}.json": b'{"sops": {"lastmodified": "%s"}}' % CANARY.encode()})
    run_all(watch, made)
