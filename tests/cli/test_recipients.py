"""`sopsmith recipients` as a user runs it, and the real sops beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.unit.flows.looked_at import NOW
from tests.world import World

from sopsmith import age
from sopsmith.cli.main import run
from sopsmith.repo.layout_policy import build_sops_config
from sopsmith.repo.layout_settings import build_settings, default_settings
from sopsmith.repo.settings import parse_settings
from sopsmith.sops.config import Config, CreationRule
from sopsmith.sops.document import encrypt
from sopsmith.sops.masterkeys import MasterKey
from sopsmith.sops.selectors import Selector

MAIN = "bootstrap/argocd/overlays/main"
CORE, DEV, PROD = (f"{MAIN}/{name}.secret.yaml" for name in ("core/o", "dev/d", "prod/p"))
PLAIN = b"kind: Secret\nmetadata:\n    name: db\nstringData:\n    value: canary\n"
ANNA, BOB = age.generate(), age.generate()


class Said(NamedTuple):
    """What a command said."""

    code: int
    out: str
    err: str


class Repository:
    """A repository with a file in each scope; the user's identity opens dev and prod."""

    def __init__(self, world: World, capfd: pytest.CaptureFixture[str]) -> None:
        self.world = world
        self._capfd = capfd
        (mine, self.mine), (other, self.other) = age.generate(), age.generate()
        world.keys_file.parent.mkdir(parents=True)
        world.keys_file.write_bytes(mine.reveal() + b"\n" + other.reveal() + b"\n")
        found = default_settings({"dev": (self.mine,), "prod": (self.other,)})
        (world.work / "sopsmith.yaml").write_text(build_settings(found))
        (world.work / ".sops.yaml").write_text(build_sops_config(found))
        config = Config.parse(build_sops_config(found).encode(), ".sops.yaml")
        for path in (CORE, DEV, PROD):
            target = world.work / path
            target.parent.mkdir(parents=True)
            target.write_bytes(encrypt(PLAIN, "yaml", config.rule_for(path), now=NOW, path=path))

    def __call__(self, *argv: str) -> Said:
        self._capfd.readouterr()
        code = run(["recipients", *argv])
        return Said(code, *self._capfd.readouterr())

    def json(self, *argv: str) -> Any:
        return json.loads(self(*argv, "--output", "json").out)

    def sops(self, path: str, **environ: Any) -> bool:
        """Tell whether the real sops opens a file with these identities alone."""
        environ |= {"HOME": "/nowhere", "XDG_CONFIG_HOME": "/nowhere"}
        done = self.world.attempt("sops", "decrypt", path, **environ)
        assert (done.returncode == 0) == (b"value: canary" in done.stdout)
        return done.returncode == 0


@pytest.fixture
def repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Repository:
    """Return a repository that is the working folder, in a HOME of its own."""
    world = World(tmp_path)
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, world.environ[name])
    for name in ("SOPS_AGE_KEY", "SOPS_AGE_KEY_FILE", "SOPS_AGE_KEY_CMD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(world.work)
    return Repository(world, capfd)


def ssh_key(folder: Path, comment: str = "anna@laptop") -> tuple[Path, Path]:
    """Return the paths of an SSH key and of its public half."""
    key = Ed25519PrivateKey.generate()
    own, public = folder / "id", folder / "id.pub"
    encoding, form = serialization.Encoding, serialization.PrivateFormat.OpenSSH
    own.write_bytes(key.private_bytes(encoding.PEM, form, serialization.NoEncryption()))
    own.chmod(0o600)
    line = key.public_key().public_bytes(encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    public.write_text(f"{line.decode()} {comment}\n")
    return own, public


def test_the_real_sops_opens_what_somebody_was_added_to_and_no_more_after_it(
    repository: Repository,
) -> None:
    identity, recipient = ANNA
    key = identity.reveal().decode()
    assert repository("add", "dev", recipient, "--name", "Anna").code == 0
    opened = [repository.sops(path, SOPS_AGE_KEY=key) for path in (CORE, DEV, PROD)]
    assert opened == [True, True, False]
    assert repository("remove", "dev", "Anna").code == 0
    assert not any(repository.sops(path, SOPS_AGE_KEY=key) for path in (CORE, DEV, PROD))


def test_the_real_sops_opens_it_with_the_ssh_key_of_a_teammate(
    repository: Repository, tmp_path: Path
) -> None:
    own, public = ssh_key(tmp_path)
    assert repository("add", "prod", str(public), "--purpose", "on call").code == 0
    assert repository.sops(PROD, SOPS_AGE_SSH_PRIVATE_KEY_FILE=str(own))
    (one,) = [one for one in repository.json("list")["recipients"] if one["name"]]
    assert (one["scope"], one["name"], one["purpose"]) == ("prod", "anna@laptop", "on call")
    assert "laptop" not in one["recipient"]
    assert repository("remove", "prod", str(public)).code == 0


def test_add_shows_who_comes_and_what_becomes_of_the_files(repository: Repository) -> None:
    recipient = ANNA[1]
    said = repository("add", "dev", recipient, "--name", "Anna")
    assert said == (
        0,
        f"""\
dev: + Anna ({recipient}), in sopsmith.yaml and .sops.yaml
{CORE}, {DEV}
    + age {recipient}
plan: 2 to change, 1 as they should be
""",
        "2 written\n",
    )


def test_a_dry_run_writes_nothing(repository: Repository) -> None:
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    said = repository("add", "dev", ANNA[1], "--dry-run")
    assert (said.code, said.err) == (0, "note: dry run: nothing was written\n")
    assert before == {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}


def test_remove_says_what_it_cannot_take_back(repository: Repository) -> None:
    repository("add", "dev", ANNA[1], "--name", "Anna")
    repository("add", "prod", ANNA[1], "--name", "Anna")
    said = repository("remove", "dev", "Anna")
    assert "new data key" in said.out
    assert "they may have kept" in said.err
    assert f"Anna still opens 2 files, such as {CORE}" in said.err


def test_a_change_can_be_read_by_machines(repository: Repository) -> None:
    found = repository.json("add", "core", ANNA[1], "--name", "Anna", "--dry-run")
    assert (found["scopes"], found["action"], found["name"]) == (["core"], "add", "Anna")
    assert found["configuration"] == ["sopsmith.yaml", ".sops.yaml"]
    assert [one["path"] for one in found["changes"]] == [CORE]


def test_your_own_way_in_is_not_closed_without_a_yes(repository: Repository) -> None:
    repository("add", "dev", ANNA[1])
    said = repository("remove", "dev", repository.mine)
    assert said.code == 2
    assert "you hold no other identity that opens dev" in said.err
    assert repository("remove", "dev", repository.mine, "--yes").code == 0


def test_the_last_recipient_stays_even_with_a_yes(repository: Repository) -> None:
    said = repository("remove", "dev", repository.mine, "--yes")
    assert (said.code, "no recipient left" in said.err) == (1, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("nobody", "is neither a recipient nor a file"),
        ("age1nonsense", "not an age recipient"),
        ("sopsmith.yaml", "does not hold one recipient"),
        ("../home/.config/sops/age/keys.txt", "holds an identity"),
    ],
)
def test_what_is_no_recipient_is_refused(repository: Repository, words: str, message: str) -> None:
    said = repository("add", "dev", words)
    assert (said.code in (1, 2), message in said.err) == (True, True)
    assert "AGE-SECRET" not in said.err


def test_an_identity_in_place_of_a_recipient_is_never_repeated(repository: Repository) -> None:
    identity = BOB[0].reveal().decode()
    for verb in ("add", "remove"):
        said = repository(verb, "dev", identity)
        assert (said.code, identity in said.out + said.err) == (2, False)


def test_list_names_recovery_recipients_apart(repository: Repository) -> None:
    with Path("sopsmith.yaml").open("a") as handle:
        handle.write(f"recovery: {{recipients: [{{recipient: {BOB[1]}, name: safe}}]}}\n")
    assert (
        repository("list").out
        == f"""\
SCOPE       NAME  PURPOSE  RECIPIENT
dev         -     -        {repository.mine}
prod        -     -        {repository.other}
(recovery)  safe  -        {BOB[1]}
"""
    )
    assert repository.json("list")["recovery"][0]["name"] == "safe"
    assert repository("add", "dev", BOB[1]).code == 2
    assert repository("add", "dev", BOB[1], "--recovery").code == 0


def test_who_is_a_table_of_files_and_people(repository: Repository) -> None:
    repository("add", "dev", ANNA[1], "--name", "Anna")
    repository("add", "dev", repository.mine, "--name", "dev cluster")
    repository("add", "prod", repository.other, "--name", "prod cluster")
    assert repository("who") == (
        0,
        f"{'FILES':<{len(CORE)}}  dev cluster  Anna  prod cluster\n"
        f"{CORE}  yes          yes   yes\n"
        f"{DEV}   yes          yes   -\n"
        f"{PROD}  -            -     yes\n",
        "",
    )


def test_who_reads_files_and_not_rules(repository: Repository) -> None:
    Path(".sops.yaml").write_text("creation_rules: []\n")
    found = repository.json("who", MAIN + "/dev")
    assert [(one["path"], one["readers"]) for one in found["files"]] == [(DEV, [repository.mine])]


def test_a_folder_that_opens_for_the_same_people_is_one_line(repository: Repository) -> None:
    Path(MAIN, "dev/e.secret.yaml").write_bytes(Path(DEV).read_bytes())
    assert f"{MAIN}/dev/ (2 files)" in repository("who").out
    assert f"{MAIN}/dev/e.secret.yaml" in repository("who", "--files").out


def test_the_secrets_that_a_file_holds_stand_beside_it(repository: Repository) -> None:
    assert repository("who", "--files", DEV).out.splitlines()[1].split() == [DEV, "db", "yes"]
    assert repository.json("who", DEV)["files"][0]["secrets"] == ["db"]


def test_who_takes_others_to_open_a_file_has_a_part_in_it(repository: Repository) -> None:
    groups = tuple((MasterKey.of_age(one),) for one in (repository.mine, ANNA[1], BOB[1]))
    rule = CreationRule((), Selector("encrypted_regex", "^stringData$"), groups=groups, threshold=2)
    Path(PROD).write_bytes(encrypt(PLAIN, "yaml", rule, now=NOW, path=PROD))
    assert repository("who", PROD).out.splitlines()[1].split() == [PROD, "part", "part", "part"]
    assert repository.json("who", PROD)["files"][0]["threshold"] == 2


def test_who_says_whom_the_settings_do_not_name(repository: Repository) -> None:
    text = Path("sopsmith.yaml").read_text().replace(repository.mine, BOB[1])
    Path("sopsmith.yaml").write_text(text)
    assert f"does not name age {repository.mine}, which opens 2 files" in repository("who").err


def test_check_is_quiet_where_all_agree(repository: Repository) -> None:
    assert repository("check") == (0, "", "files, rules and sopsmith.yaml agree\n")


def test_check_names_each_file_and_rule_that_disagrees(repository: Repository) -> None:
    repository("add", "dev", ANNA[1], "--name", "Anna")
    text = Path(".sops.yaml").read_text().replace(f",{ANNA[1]}", "", 1)
    Path(".sops.yaml").write_text(text)
    anna = f"Anna ({ANNA[1]})"
    assert repository("check") == (
        3,
        f".sops.yaml: creation_rules[0]: the rule for dev does not open for {anna}, who should\n"
        f"{DEV}: opens for {anna}, who should not read it\n",
        "2 disagree\n",
    )
    assert [one["path"] for one in repository.json("check")["findings"]] == [".sops.yaml", DEV]


def test_check_needs_no_identity(repository: Repository) -> None:
    repository.world.keys_file.unlink()
    assert repository("check").code == 0
    assert repository("who").code == 0


def test_a_run_below_the_root_is_about_the_whole_repository(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(MAIN)
    said = repository("add", "dev", ANNA[1])
    assert (said.code, f"../../../../{DEV}" in said.out) == (0, True)
    settings = parse_settings((repository.world.work / "sopsmith.yaml").read_bytes(), "x")
    assert ANNA[1] in settings.readers("core")
