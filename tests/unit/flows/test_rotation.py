"""A rotation waits for whom it must, and refuses what it could not bring to an end."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.rotating import CONTEXT, IDENTITIES, Killed, Platform
from tests.world import World

from sopsmith import age
from sopsmith.adapters.programs import LocalPrograms
from sopsmith.errors import (
    Conflict,
    LayoutError,
    MacMismatch,
    MasterKeyError,
    NoIdentity,
    OutsideError,
    ProblemsFound,
    UsageError,
)  # fmt: skip
from sopsmith.flows.key_secret import add_identities, read_cluster_keys, retire_identity
from sopsmith.flows.rotation import find_rotations, plan_rotation
from sopsmith.flows.rotation_git import place_of
from sopsmith.kube.kinds import APPLICATION, POD, SECRET
from sopsmith.repo.rotation import (
    BACKUP,
    GENERATE,
    MOVE,
    SYNC,
    Rotation,
    dump_rotation,
    rotation_path,
)

OLD = IDENTITIES["prod"][1]


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(tmp_path)


class Repository(Platform):
    """A platform whose repository is one of git, with a branch that is pushed to."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in World(folder / "world").environ.items():
            monkeypatch.setenv(name, value)
        super().__init__(folder, LocalPrograms())
        origin = str(folder / "origin.git")
        self.git("init", "-q", "-b", "main")
        self.git("init", "-q", "--bare", origin)
        self.git("remote", "add", "origin", origin)
        self.commit()
        self.git("push", "-q", "-u", "origin", "main")

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.root, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "a change")

    def deploy(self, state: str = "Synced", path: str = "") -> None:
        """Let Argo CD be at the commit that is here."""
        source = {"path": path or self.settings().overlay_folder("prod"), "repoURL": "any"}
        made = {
            "metadata": {"name": "platform", "namespace": "argocd"},
            "spec": {"source": source},
            "status": {"sync": {"status": state, "revision": self.git("rev-parse", "HEAD")}},
        }
        self.cluster.put(APPLICATION, made)


def test_the_repository_is_moved_and_then_it_waits(platform: Platform) -> None:
    outcome = platform.run()
    assert outcome.rotation.next_step == SYNC
    assert "--synced" in outcome.waiting
    assert platform.held() == (OLD, outcome.rotation.new)
    assert platform.settings().readers("prod") == (outcome.rotation.new,)
    assert [one.environment for one in find_rotations(platform.files, str(platform.root))] == [
        "prod"
    ]


def test_the_new_identity_is_backed_up_before_anything_is_encrypted_to_it(
    platform: Platform,
) -> None:
    new = platform.run().rotation.new
    assert {OLD, new} <= {*platform.backups[0]}
    config = [where for where in platform.life.writes if where.endswith("sopsmith.yaml")]
    assert platform.life.writes.index("backup") < platform.life.writes.index(config[0])


def test_the_pods_get_time_to_see_both_identities_before_a_file_moves(platform: Platform) -> None:
    platform.run()
    assert 0 < platform.paused <= 120


def test_a_pod_that_sees_the_key_only_at_its_start_is_waited_for(platform: Platform) -> None:
    reads = {"envFrom": [{"secretRef": {"name": "sops-age"}}]}
    pod = {
        "metadata": {"name": "repo-server-1", "namespace": "argocd"},
        "spec": {"containers": [reads]},
        "status": {"startTime": "2026-11-01T00:00:00Z"},
    }
    platform.cluster.put(POD, pod)
    outcome = platform.run()
    assert "rollout restart" in outcome.waiting
    assert outcome.rotation.next_step == MOVE
    assert platform.settings().readers("prod") == (OLD,)
    platform.cluster.put(POD, pod | {"status": {"startTime": "2026-12-01T00:00:00Z"}})
    assert platform.run().rotation.next_step == SYNC


def test_each_moved_file_has_a_new_data_key(platform: Platform) -> None:
    before = platform.path("prod", "db").read_bytes()
    platform.run()
    after = platform.path("prod", "db").read_bytes()
    token = next(line for line in before.splitlines() if b"ENC[" in line)
    assert token not in after


def test_argo_cd_is_asked_for_what_it_has_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Repository(tmp_path, monkeypatch)
    assert "in HEAD without the new recipient: commit and push" in here.run().waiting
    here.commit()
    assert "git push" in here.run().waiting
    here.git("push", "-q")
    assert "no Application of the cluster" in here.run().waiting
    here.git("checkout", "-q", "HEAD~1")
    here.deploy()
    here.git("checkout", "-q", "main")
    waiting = here.run().waiting
    assert "there without the new recipient" in waiting
    assert "; sopsmith refresh --environment prod " in waiting
    here.deploy("OutOfSync")
    assert "argocd/platform is OutOfSync" in here.run().waiting
    here.deploy()
    outcome = here.run()
    assert (outcome.waiting, outcome.rotation.next_step) == ("", None)
    assert here.held() == (outcome.rotation.new,)


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.org/team/platform.git",
        "https://token@git.example.org:443/Team/platform",
        "ssh://git@git.example.org:22/team/platform.git/",
        "git@git.example.org:team/platform.git",
    ],
)
def test_a_repository_is_the_same_however_it_is_fetched(url: str) -> None:
    assert place_of(url) == "git.example.org/team/platform"


def test_an_application_of_another_repository_with_the_same_path_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Repository(tmp_path, monkeypatch)
    here.run()
    here.commit()
    here.git("push", "-q")
    here.deploy()
    (ours,) = here.cluster.list(APPLICATION)
    ours["spec"]["source"]["repoURL"] = str(tmp_path / "origin.git")
    here.cluster.put(APPLICATION, ours)
    theirs = ours | {"metadata": {"name": "theirs", "namespace": "argocd"}}
    source = ours["spec"]["source"] | {"repoURL": "https://git.example.org/theirs"}
    theirs |= {"spec": {"source": source}, "status": {"sync": {"status": "OutOfSync"}}}
    here.cluster.put(APPLICATION, theirs)
    assert here.run().waiting == ""


def test_a_file_of_identities_inside_the_repository_is_refused(platform: Platform) -> None:
    inside = platform.root / "keys.txt"
    platform.keys = platform.keys.rename(inside)
    with pytest.raises(OutsideError, match="inside the repository"):
        platform.run()


def test_a_merge_that_brings_an_old_file_back_is_moved_again_before_anything_is_retired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Repository(tmp_path, monkeypatch)
    old = here.path("prod", "db").read_bytes()
    here.run()
    (here.path("prod", "late")).write_bytes(old)
    here.commit()
    here.git("push", "-q")
    outcome = here.run(synced=True)
    assert outcome.waiting == "1 file more had the old recipient: commit and push"
    assert OLD in here.held()
    here.commit()
    here.git("push", "-q")
    assert here.run(synced=True).waiting == ""


def test_the_configuration_is_committed_with_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Repository(tmp_path, monkeypatch)
    here.run()
    here.git("add", "bootstrap")
    here.git("commit", "-q", "-m", "the files alone")
    here.git("push", "-q")
    waiting = here.run(synced=True).waiting
    assert waiting == ".sops.yaml in HEAD does not name the new recipient: commit and push"


def test_an_identity_that_somebody_took_out_goes_in_again_before_files_move(
    platform: Platform,
) -> None:
    platform.life.ends_at = 6
    with pytest.raises(Killed):
        platform.run()
    platform.life.ends_at = 0
    new = find_rotations(platform.files, str(platform.root))[0].new
    retire_identity(platform.cluster, new, lambda _: None)
    assert "somebody took the new identity out" in platform.run().waiting
    assert platform.settings().readers("prod") == (OLD,)
    assert platform.run().rotation.next_step == SYNC
    assert platform.held() == (OLD, new)


def test_the_old_identity_stays_where_the_new_one_is_gone(platform: Platform) -> None:
    new = platform.run().rotation.new
    add_identities(platform.cluster, [age.generate()[0]], lambda _: None)
    retire_identity(platform.cluster, new, lambda _: None)
    assert "somebody took the new identity out" in platform.run(synced=True).waiting
    assert OLD in platform.held()
    assert platform.run(synced=True).waiting == ""
    assert new in platform.held()
    assert OLD not in platform.held()


def test_an_argo_cd_that_may_not_be_asked_is_left_to_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Repository(tmp_path, monkeypatch)
    here.run()
    here.commit()
    here.git("push", "-q")
    here.cluster.deny("list", APPLICATION)
    assert "--synced" in here.run().waiting
    assert here.run(synced=True).waiting == ""


def test_a_plan_writes_nothing(platform: Platform) -> None:
    planned = plan_rotation(platform.request(CONTEXT), platform.doors)
    assert (planned.rotation.old, planned.rotation.new, planned.files) == (OLD, "", 3)
    assert platform.life.writes == []


def test_without_a_cluster_the_user_says_what_is_synced(platform: Platform) -> None:
    platform.cluster = None  # type: ignore[assignment]
    assert "--synced" in platform.run(context="").waiting
    assert platform.run(context="", synced=True).waiting == ""


def test_a_rotation_that_is_done_is_not_begun_again_by_the_same_command(
    platform: Platform,
) -> None:
    platform.run()
    first = platform.run(synced=True).rotation
    assert platform.run().rotation == first
    assert platform.run(again=True).rotation.old == first.new


def test_a_cluster_that_does_not_hold_the_old_identity_is_the_wrong_one(
    platform: Platform,
) -> None:
    platform.cluster.objects.pop((SECRET, "argocd", "sops-age"))
    with pytest.raises(MasterKeyError, match="does not hold the identity"):
        platform.run()
    assert platform.life.writes == []


def test_a_rotation_goes_on_in_the_cluster_in_which_it_was_begun(platform: Platform) -> None:
    platform.run()
    with pytest.raises(UsageError, match=f"begun with the context {CONTEXT}"):
        platform.run(context="dev-admin@dev")


def test_a_file_that_does_not_open_stops_it_before_it_begins(platform: Platform) -> None:
    path = platform.path("prod", "db")
    path.write_bytes(path.read_bytes().replace(b"mac: ENC[", b"mac: ENC[x"))
    with pytest.raises(MacMismatch) as caught:
        platform.run()
    assert caught.value.path == str(path)
    assert platform.life.writes == []


def test_a_repository_that_somebody_else_changed_is_refused_by_name(platform: Platform) -> None:
    platform.run()
    settings = platform.root / "sopsmith.yaml"
    new = platform.settings().readers("prod")[0]
    settings.write_text(settings.read_text().replace(new, OLD))
    with pytest.raises(LayoutError, match="does not name"):
        platform.run(synced=True)
    assert OLD in platform.held()


def test_conflict_markers_in_a_file_stop_the_move(platform: Platform) -> None:
    path = platform.path("prod", "mail")
    path.write_bytes(b"<<<<<<< HEAD\n" + path.read_bytes())
    with pytest.raises(ProblemsFound) as caught:
        platform.run()
    assert caught.value.path == str(path)
    assert platform.life.writes == []


def test_the_new_identity_must_be_here_to_go_on(platform: Platform) -> None:
    platform.life.ends_at = 2
    with pytest.raises(Killed):
        platform.run()
    text = platform.keys.read_text()
    platform.keys.write_text(text[: text.index("# sopsmith: prod")])
    with pytest.raises(NoIdentity, match="does not hold the new identity"):
        platform.run()


def test_after_the_move_nothing_is_taken_back(platform: Platform) -> None:
    platform.run()
    with pytest.raises(UsageError, match="nothing is taken back"):
        platform.abort()


def test_a_rotation_that_is_being_taken_back_does_not_go_on(platform: Platform) -> None:
    platform.life.ends_at = 5
    with pytest.raises(Killed, match="cluster"):
        platform.run()
    platform.life.ends_at = len(platform.life.writes) + 1
    with pytest.raises(Killed, match=r"prod\.json"):
        platform.abort()
    platform.life.ends_at = 0
    with pytest.raises(Conflict, match="being taken back"):
        platform.run()


def test_a_cluster_that_two_environments_share_keeps_what_the_other_needs(
    platform: Platform,
) -> None:
    # prod's cluster also serves files that only prod's old identity opens.
    rules = platform.root / ".sops.yaml"
    stray = platform.root / "elsewhere.secret.yaml"
    stray.write_bytes(platform.path("prod", "db").read_bytes())
    add_identities(platform.cluster, [age.generate()[0]], lambda _: None)
    rules.write_text(rules.read_text() + f"  - path_regex: ^elsewhere\n    age: {OLD}\n")
    platform.run()
    with pytest.raises(NoIdentity, match="elsewhere"):
        platform.run(synced=True)
    assert OLD in read_cluster_keys(platform.cluster).recipients
    assert MOVE in find_rotations(platform.files, str(platform.root))[0].done


def test_environments_that_share_an_identity_are_parted_where_each_has_its_cluster(
    tmp_path: Path,
) -> None:
    platform = Platform(tmp_path, shared=True)
    new = platform.run().rotation.new
    assert {*platform.recipients("core", "dns")} == {OLD, new}
    assert platform.recipients("dev", "db") == [OLD]
    # As far as anybody knows, this cluster may deploy dev as well.
    with pytest.raises(NoIdentity, match=r"main/dev/.*db\.secret\.yaml") as caught:
        platform.run(synced=True)
    assert "environments.NAME.context" in str(caught.value.hint)
    assert OLD in platform.held()
    settings = platform.root / "sopsmith.yaml"
    text = settings.read_text()
    settings.write_text(text.replace("  dev:\n", "  dev:\n    context: dev-admin@dev\n", 1))
    assert platform.run(synced=True).waiting == ""
    assert platform.held() == (new,)


def test_no_backup_is_a_choice_and_never_an_accident(platform: Platform) -> None:
    platform._back_up = None  # type: ignore[assignment, method-assign]
    with pytest.raises(LayoutError, match="no recovery recipient"):
        platform.run()
    rotation = platform.run(without_backup=True).rotation
    assert rotation.backup == "none"
    assert not {"back-up", "renew"} & {*rotation.steps}


def test_a_note_in_git_that_no_backup_is_needed_is_not_believed(platform: Platform) -> None:
    platform.life.ends_at = 2
    with pytest.raises(Killed):
        platform.run()
    platform.life.ends_at = 0
    edit_note(platform, lambda text: text.replace('"backup": ""', '"backup": "none"'))
    rotation = platform.run().rotation
    assert rotation.next_step == SYNC
    assert BACKUP in rotation.done
    assert rotation.new in platform.backups[0]


def test_nor_one_that_a_backup_was_made(platform: Platform) -> None:
    platform.life.ends_at = 2
    with pytest.raises(Killed):
        platform.run()
    platform.life.ends_at = 0
    edit_note(
        platform,
        lambda text: text.replace(
            '"done": {', '"done": {"back-up": "2026-11-24T14:00:00Z",'
        ).replace('"backup": ""', '"backup": "s3://a/backup-000001.json"'),
    )
    rotation = platform.run().rotation
    assert rotation.new in platform.backups[0]


def test_who_wants_no_backup_says_so_at_each_run(platform: Platform) -> None:
    platform._back_up = None  # type: ignore[assignment, method-assign]
    platform.run(without_backup=True)
    with pytest.raises(LayoutError, match="no recovery recipient"):
        platform.run(synced=True)
    assert platform.run(synced=True, without_backup=True).waiting == ""


def test_a_note_in_git_moves_nothing_to_another_environments_recipient(
    platform: Platform,
) -> None:
    platform.cluster = None  # type: ignore[assignment]
    before = platform.secrets()
    note(platform, IDENTITIES["dev"][1], (GENERATE,))
    keys = platform.keys.read_text()
    platform.keys.write_text(keys.replace("# mine", "# sopsmith: dev of /elsewhere", 1))
    with pytest.raises(MasterKeyError, match="labelled for dev"):
        platform.run(context="")
    assert platform.secrets() == before


@pytest.mark.parametrize("done", [(GENERATE,), (GENERATE, BACKUP)], ids=["before", "after"])
def test_a_rotation_that_somebody_wrote_into_git_encrypts_nothing_to_them(
    platform: Platform, done: tuple[str, ...]
) -> None:
    platform.cluster = None  # type: ignore[assignment]
    _, stranger = age.generate()
    note(platform, stranger, done)
    before = platform.secrets()
    with pytest.raises(NoIdentity):
        platform.run(context="")
    assert platform.secrets() == before
    assert platform.settings().readers("prod") == (OLD,)


def test_nor_does_one_that_says_to_have_moved_the_files(platform: Platform) -> None:
    platform.cluster = None  # type: ignore[assignment]
    _, stranger = age.generate()
    note(platform, stranger, (GENERATE, BACKUP, MOVE))
    for name in ("sopsmith.yaml", ".sops.yaml"):
        path = platform.root / name
        path.write_text(path.read_text().replace(OLD, stranger))
    before = platform.secrets()
    with pytest.raises(NoIdentity):
        platform.run(context="")
    assert platform.secrets() == before


def edit_note(platform: Platform, edit: Callable[[str], str]) -> None:
    """Change what is noted of prod's rotation."""
    path = platform.root / rotation_path("prod")
    before = path.read_text()
    path.write_text(edit(before))
    assert path.read_text() != before


def note(platform: Platform, new: str, done: tuple[str, ...]) -> None:
    """Write a rotation into the repository that nobody here began."""
    moment = "2026-11-24T14:00:00Z"
    noted = Rotation("prod", OLD, new, "", moment, done=dict.fromkeys(done, moment))
    path = platform.root / rotation_path("prod")
    path.parent.mkdir(parents=True)
    path.write_bytes(dump_rotation(noted))


def test_a_rotation_goes_on_to_a_post_quantum_identity_and_never_back(platform: Platform) -> None:
    new = platform.run(post_quantum=True, synced=True).rotation.new
    assert age.is_post_quantum(new)
    assert platform.recipients("prod", "db") == [new]
    # Nobody asks for it the second time.
    assert age.is_post_quantum(platform.run(synced=True, again=True).rotation.new)
