"""`init` makes identities before it names them, and changes nothing that stands."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.flows.stage import MemoryFiles

from sopsmith import age
from sopsmith.errors import (
    Conflict,
    LayoutError,
    MasterKeyError,
    OutsideError,
    RuleError,
    UsageError,
)
from sopsmith.flows.init import Doors, InitPlan, InitRequest, apply_init, plan_init
from sopsmith.flows.init_settings import Recipients
from sopsmith.repo.settings import FILE, parse_settings
from sopsmith.secret import Secret

ROOT, KEYS = "/srv/platform", "/home/sops/age/keys.txt"
NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
FIRST, SECOND = age.generate()[1], age.generate()[1]
ALL: Recipients = {"dev": (FIRST,), "staging": (FIRST,), "prod": (SECOND,)}


class Disk(MemoryFiles):
    """One disk for the repository and the identities; notes modes, and can fail on one path."""

    def __init__(self, broken: str = "") -> None:
        super().__init__()
        self.modes: dict[str, int | None] = {}
        self.broken = broken

    def write(self, path: str, data: bytes, *, mode: int | None = None) -> None:
        """Replace a file, unless it is the broken one."""
        if self.broken and path.endswith(self.broken):
            raise OutsideError("no space left on device", path=path)
        super().write(path, data, mode=mode)
        self.modes[path] = mode


class Run:
    """One disk and as many runs of `init` as a test wants."""

    def __init__(self, broken: str = "") -> None:
        self.disk = Disk(broken)
        self.made: list[tuple[Secret, str]] = []
        self.now = NOW
        self.is_open = False

    def _new_identity(self) -> tuple[Secret, str]:
        self.made.append(age.generate())
        return self.made[-1]

    @property
    def doors(self) -> Doors:
        return Doors(
            self.disk,
            self.disk,
            self._new_identity,
            self.now,
            lambda _: nullcontext(),
            lambda path: self.is_open,
        )

    def plan(
        self,
        *environments: str,
        recipients: Recipients | None = None,
        shared: bool = False,
        root: str = ROOT,
    ) -> InitPlan:
        request = InitRequest(root, KEYS, environments, recipients or {}, shared)
        return plan_init(request, self.doors)

    def init(self, *environments: str, recipients: Recipients | None = None) -> InitPlan:
        made = self.plan(*environments, recipients=recipients)
        apply_init(made, self.doors)
        return made

    def text(self, path: str) -> str:
        return self.disk.held[f"{ROOT}/{path}"].decode()

    def put(self, path: str, text: str) -> None:
        self.disk.held[f"{ROOT}/{path}"] = text.encode()


def test_each_environment_gets_an_identity_of_its_own() -> None:
    run = Run()
    made = run.init()
    settings = parse_settings(run.disk.held[f"{ROOT}/{FILE}"], FILE)
    assert [scope.name for scope in settings.environments] == ["dev", "staging", "prod"]
    assert [scope.recipients for scope in settings.environments] == [
        (new.recipient,) for new in made.identities
    ]
    assert len({new.recipient for new in made.identities}) == 3


def test_identities_are_written_before_anything_in_the_repository() -> None:
    run = Run()
    run.init()
    assert run.disk.log[0] == KEYS
    assert run.disk.log[1] == f"{ROOT}/{FILE}"


def test_no_recipient_is_written_when_the_identities_could_not_be() -> None:
    run = Run(broken="keys.txt")
    with pytest.raises(OutsideError):
        run.init()
    assert run.disk.held == {}


def test_a_run_that_was_cut_short_is_taken_up_without_new_identities() -> None:
    run = Run(broken="kustomization.yaml")
    with pytest.raises(OutsideError):
        run.init()
    run.disk.broken = ""
    assert run.init().identities == ()
    assert len(run.made) == 3


def test_identities_of_a_run_that_named_none_of_them_are_taken_up() -> None:
    run = Run(broken=FILE)
    with pytest.raises(OutsideError):
        run.init("dev", "prod")
    run.disk.broken = ""
    made = run.init("dev", "prod", "qa")
    assert [one.recipient for one in made.resumed] == [recipient for _, recipient in run.made[:2]]
    assert [one.environments for one in made.identities] == [("qa",)]
    assert len(age.parse_identities(run.disk.held[KEYS].decode(), KEYS)) == 3


@pytest.mark.parametrize(("root", "hours"), [("/elsewhere/platform", 0), (ROOT, 30)])
def test_identities_of_another_folder_or_another_day_are_left_alone(root: str, hours: int) -> None:
    run = Run(broken=FILE)
    with pytest.raises(OutsideError):
        run.init("dev")
    run.now += timedelta(hours=hours)
    assert run.plan("dev", root=root).resumed == ()


def test_of_two_runs_at_once_the_second_writes_nothing() -> None:
    run = Run()
    second = run.plan()
    run.init()
    before = dict(run.disk.held)
    with pytest.raises(Conflict, match="meanwhile"):
        apply_init(second, run.doors)
    assert run.disk.held == before


def test_nothing_is_made_beside_identities_that_others_can_read() -> None:
    run = Run()
    run.is_open = True
    with pytest.raises(OutsideError, match="others than its owner"):
        run.init()
    assert run.disk.held == {}


def test_identities_are_labelled_and_parse() -> None:
    run = Run()
    made = run.init("dev")
    text = run.disk.held[KEYS].decode()
    (identity,) = age.parse_identities(text, KEYS)
    assert identity.recipient == made.identities[0].recipient
    assert text.splitlines()[:3] == [
        f"# sopsmith: dev of {ROOT}",
        "# created: 2026-11-24T12:30:00Z",
        f"# public key: {identity.recipient}",
    ]


def test_the_file_of_identities_is_private() -> None:
    run = Run()
    run.init()
    assert run.disk.modes[KEYS] == 0o600


@pytest.mark.parametrize("end", ["\n", ""])
def test_identities_that_stand_keep_their_bytes(end: str) -> None:
    run = Run()
    before = b"# mine\r\n" + age.generate()[0].reveal() + end.encode()
    run.disk.held[KEYS] = before
    run.init()
    assert run.disk.held[KEYS].startswith(before)
    assert len(age.parse_identities(run.disk.held[KEYS].decode(), KEYS)) == 4


def test_what_was_appended_since_the_plan_stays() -> None:
    run = Run()
    made = run.plan()
    run.disk.held[KEYS] = b"# newer\n"
    apply_init(made, run.doors)
    assert run.disk.held[KEYS].startswith(b"# newer\n")


@pytest.mark.parametrize(
    "text", [b"-----BEGIN AGE ENCRYPTED FILE-----\n", b"age-encryption.org/v1\n\0", b"\0\1"]
)
def test_nothing_is_appended_to_what_is_no_list_of_identities(text: bytes) -> None:
    run = Run()
    run.disk.held[KEYS] = text
    with pytest.raises(MasterKeyError):
        run.init()
    assert run.disk.held == {KEYS: text}


@pytest.mark.parametrize("root", ["/home/sops", "/home", "/"])
def test_identities_inside_the_repository_are_refused(root: str) -> None:
    with pytest.raises(OutsideError, match="inside the repository"):
        Run().plan(root=root)


def test_identities_inside_the_working_tree_around_it_are_refused() -> None:
    run = Run()
    run.disk.held["/home/.git/HEAD"] = b""
    with pytest.raises(OutsideError, match="inside the repository /home"):
        run.plan(root="/home/platform")


def test_a_working_tree_of_its_own_inside_another_is_fine() -> None:
    run = Run()
    run.disk.held |= {"/home/.git/HEAD": b"", "/home/platform/.git/HEAD": b""}
    assert run.plan(root="/home/platform").identities


def test_named_recipients_need_no_place_for_identities() -> None:
    run = Run()
    assert run.plan(recipients=ALL, root="/home").identities == ()
    assert run.made == []


def test_only_environments_without_a_recipient_get_an_identity() -> None:
    made = Run().init(recipients={"dev": (FIRST,), "core": (SECOND,)})
    assert [new.environments for new in made.identities] == [("staging",), ("prod",)]


def test_a_recipient_of_core_opens_core_besides() -> None:
    run = Run()
    run.init(recipients={**ALL, "core": (age.generate()[1],)})
    settings = parse_settings(run.disk.held[f"{ROOT}/{FILE}"], FILE)
    assert len(settings.core.recipients) == 1
    assert {FIRST, SECOND} < {*settings.readers("core")}


def test_one_shared_identity_opens_all_and_is_no_surprise() -> None:
    made = Run().plan(shared=True)
    assert [new.environments for new in made.identities] == [("dev", "staging", "prod")]
    assert made.notes == ()


def test_environments_that_share_a_recipient_unasked_are_named() -> None:
    (note,) = Run().plan(recipients=ALL).notes
    assert note == "dev and staging share a recipient, so they are not isolated"


def test_a_plan_writes_nothing() -> None:
    run = Run()
    assert run.plan().files
    assert run.disk.held == {}


def test_a_second_run_has_nothing_to_do() -> None:
    run = Run()
    run.init()
    before = dict(run.disk.held)
    made = run.init()
    assert (made.identities, made.files, made.notes) == ((), (), ())
    assert run.disk.held == before


def test_what_is_missing_is_added_and_the_rest_keeps_its_bytes() -> None:
    run = Run()
    run.init()
    before = dict(run.disk.held)
    del run.disk.held[f"{ROOT}/.sops.yaml"]
    assert [file.path for file in run.init().files] == [".sops.yaml"]
    assert run.disk.held == before


def test_the_layout_follows_settings_that_stand() -> None:
    run = Run()
    layout = "version: 1\nlayout: {root: r, overlays: o}\n"
    run.put(FILE, f"{layout}environments: {{qa: {{recipients: [{FIRST}]}}}}\n")
    made = run.init()
    assert made.identities == ()
    assert "r/o/qa/secrets/ksops-generator.yaml" in [file.path for file in made.files]


def test_rules_that_stand_give_the_recipients() -> None:
    run = Run()
    rules = f"creation_rules:\n  - path_regex: /prod/\n    age: {SECOND}\n  - age: {FIRST}\n"
    run.put(".sops.yaml", rules)
    made = run.init()
    settings = parse_settings(run.disk.held[f"{ROOT}/{FILE}"], FILE)
    assert {scope.name: scope.recipients for scope in settings.environments} == ALL
    assert made.identities == ()
    assert run.text(".sops.yaml") == rules


def test_rules_that_do_not_reach_an_environment_stop_a_new_repository() -> None:
    run = Run()
    run.put(".sops.yaml", f"creation_rules: [{{path_regex: /prod/, age: {FIRST}}}]\n")
    with pytest.raises(RuleError):
        run.init()


def test_rules_that_lack_an_environment_of_the_settings_are_named() -> None:
    run = Run()
    run.init(recipients=ALL)
    more = f"environments:\n  pr: {{prefix: PR_, recipients: [{FIRST}]}}\n"
    run.put(FILE, run.text(FILE).replace("environments:\n", more))
    assert any("has no rule for" in note and "/pr/" in note for note in run.init().notes)


def test_settings_without_a_recipient_and_without_rules_are_refused() -> None:
    run = Run()
    run.put(FILE, "version: 1\nenvironments: {dev: {}}\n")
    with pytest.raises(LayoutError) as caught:
        run.init()
    assert caught.value.key == "environments.dev.recipients"


def test_an_overlay_that_lists_no_secrets_is_named_and_kept() -> None:
    run = Run()
    path = "bootstrap/argocd/overlays/main/dev/kustomization.yaml"
    run.put(path, "resources: [../core]\n")
    assert any(note.startswith(path) for note in run.init().notes)
    assert run.text(path) == "resources: [../core]\n"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"recipients": {"qa": (FIRST,)}}, "no environment here"),
        ({"environments": ("core",)}, "no environment"),
        ({"environments": ("A b",)}, "only letters"),
        ({"environments": ("app",)}, "under ignore"),
        ({"shared": True, "recipients": {"dev": (FIRST,)}}, "--shared"),
    ],
)
def test_words_that_do_not_fit_together_are_refused(
    request_: dict[str, object], message: str
) -> None:
    run = Run()
    with pytest.raises(UsageError, match=message):
        plan_init(InitRequest(ROOT, KEYS, **request_), run.doors)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"recipients": {"dev": (SECOND,)}}, "other recipients for dev"),
        ({"recipients": {"qa": (SECOND,)}}, "has no qa"),
        ({"environments": ("qa",)}, "has no qa"),
        ({"shared": True}, "share no recipient"),
    ],
)
def test_words_that_contradict_what_stands_are_refused(
    request_: dict[str, object], message: str
) -> None:
    run = Run()
    run.init(recipients=ALL)
    with pytest.raises(UsageError, match=message):
        plan_init(InitRequest(ROOT, KEYS, **request_), run.doors)  # type: ignore[arg-type]


def test_words_that_repeat_what_stands_are_fine() -> None:
    run = Run()
    run.init(recipients=ALL)
    assert run.plan("dev", recipients={"dev": (FIRST,)}).files == ()


def test_a_line_break_in_the_folder_s_name_stays_inside_the_label() -> None:
    run = Run()
    apply_init(run.plan("dev", root="/srv/a\nb"), run.doors)
    assert b"# sopsmith: dev of /srv/a?b\n" in run.disk.held[KEYS]


def test_no_identity_shows_in_a_plan() -> None:
    run = Run()
    made = run.plan()
    assert not any(secret.reveal().decode() in repr(made) for secret, _ in run.made)
