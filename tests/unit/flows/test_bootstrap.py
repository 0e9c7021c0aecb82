"""Bootstrap goes on after any stop, changes nothing when all is done, and asks for its rights."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.bootstrapping import (
    ORDER,
    Platform,
    config_map,
    kill_everywhere,
    ready,
    stop_everywhere,
)
from tests.github import REPOSITORY, variables

from sopsmith.errors import UsageError
from sopsmith.flows.bootstrap import build_steps, choose_context, choose_environment, plan_rbac
from sopsmith.flows.bootstrap_doors import Request
from sopsmith.flows.bootstrap_rights import Guarded, Right
from sopsmith.flows.steps import BLOCKED, DONE, NEEDED
from sopsmith.kube.kinds import CONFIGMAP, NAMESPACE, SECRET
from sopsmith.kube.write import write_documents
from sopsmith.repo.settings import RepoSettings, Scope

READS = {"get", "list"}


@pytest.mark.parametrize("fresh", [False, True], ids=["identity at hand", "nothing yet"])
def test_a_second_run_changes_nothing(tmp_path: Path, fresh: bool) -> None:
    platform = ready(tmp_path, fresh=fresh)
    first = platform.run()
    assert [(one.step.name, one.state) for one in first] == [(name, DONE) for name in ORDER]
    before = platform.everything()
    again = platform.run()
    assert [one.after for one in again] == [None] * len(ORDER)
    assert platform.everything() == before


def test_a_look_changes_nothing_and_writes_nothing(tmp_path: Path) -> None:
    platform = ready(tmp_path, fresh=True)
    before = platform.everything()
    found = platform.look()
    assert {one.state for one in found.values()} <= {DONE, NEEDED}
    assert platform.everything() == before and not platform.life.writes
    assert {call.verb for call in platform.cluster.calls} <= READS


def test_killed_behind_any_write_it_goes_on(tmp_path: Path) -> None:
    kill_everywhere(tmp_path, fresh=True, stride=2)


def test_unreachable_after_a_call_it_stops_clean(tmp_path: Path) -> None:
    assert stop_everywhere(tmp_path, stride=11) > 80


def test_every_right_that_is_missing_is_named_before_anything_is_written(tmp_path: Path) -> None:
    platform = ready(tmp_path)
    platform.cluster.put(SECRET, {"metadata": {"name": "sops-age", "namespace": "argocd"}})
    for right in rights(platform):
        platform.cluster.deny(right.verb, right.kind, right.namespace)
        blocked = [one.before.why for one in platform.look().values() if one.state == BLOCKED]
        short = str(right._replace(name=""))
        named = [why for why in blocked if short in why or str(right) in why]
        assert named or right.kind == NAMESPACE, right
        platform.cluster.allow_all()
    assert not platform.life.writes


def test_rbac_grants_each_right_and_no_other(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    request = Request(str(platform.root), "prod", (str(platform.keys),), patch_argocd=True)
    made = plan_rbac(build_steps(request, platform.doors), "ci", "argocd")
    text = write_documents(made)
    granted = {
        (verb, resource, name, one["metadata"].get("namespace", ""))
        for one in yaml.safe_load_all(text)
        if one["kind"] in {"Role", "ClusterRole"}
        for rule in one["rules"]
        for verb in rule["verbs"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames", [""])
    }
    wanted = {(r.verb, r.kind.plural, r.name, r.namespace) for r in rights(platform)}
    assert granted == wanted - {("create", "namespaces", "", "")}
    assert "*" not in text and made[0]["kind"] == "Namespace"
    assert ("get", "secrets", "db", "kube-system") in granted
    assert not any(name == "" and verb != "create" for verb, _, name, _ in granted)


def test_the_github_app_is_put_in_once_and_needs_rights_to_its_secrets_alone(
    tmp_path: Path,
) -> None:
    platform = ready(tmp_path)
    platform.edit("https://git.example.com/org/platform.git", REPOSITORY)
    platform.variables = variables()
    platform.run("namespace")
    steps = {one.name: one for one in platform.steps("github-app")}
    named = {right.name for right in steps["github-app"].rights()} - {""}
    platform.cluster.deny("create", SECRET)
    assert platform.look("github-app")["github-app"].state == BLOCKED
    platform.cluster.allow_all()
    assert [one.state for one in platform.run("github-app")] == [DONE]
    made = {name for kind, _, name in platform.cluster.objects if kind == SECRET}
    before = platform.everything()
    assert [one.after for one in platform.run("github-app")] == [None]
    assert platform.everything() == before and made == named


def rights(platform: Platform) -> list[Right]:
    steps = [one for one in platform.steps() if isinstance(one, Guarded)]
    return [right for step in steps for right in step.rights()]


def settings(**contexts: str) -> RepoSettings:
    scopes = [
        Scope(name, f"{name.upper()}_", context=context) for name, context in contexts.items()
    ]
    return RepoSettings(environments=tuple(scopes))


def test_an_environment_need_not_be_named_where_there_is_no_choice() -> None:
    assert choose_environment(settings(prod=""), "", "") == "prod"
    two = settings(prod="", dev="dev-admin")
    assert choose_environment(two, "", "dev-admin") == "dev"
    assert choose_environment(two, "prod", "dev-admin") == "prod"
    with pytest.raises(UsageError, match="whose cluster it is") as caught:
        choose_environment(two, "", "other")
    assert caught.value.hint == "--environment NAME, one of prod, dev"


def nowhere(_context: str) -> str:
    return ""


def test_the_context_of_the_settings_is_taken_and_no_other() -> None:
    tied = settings(prod="prod-admin", dev="")
    assert choose_context(tied, "prod", "", nowhere) == "prod-admin"
    assert choose_context(tied, "prod", "prod-admin", nowhere) == "prod-admin"
    with pytest.raises(UsageError, match="tied to the context prod-admin in"):
        choose_context(tied, "prod", "other", nowhere)


def test_the_context_of_another_environment_is_refused() -> None:
    with pytest.raises(UsageError, match="leads to the cluster of dev"):
        choose_context(settings(prod="", dev="dev-admin"), "prod", "dev-admin", nowhere)


def test_another_name_for_the_cluster_of_another_environment_is_refused() -> None:
    with pytest.raises(UsageError, match="the context mine leads to the cluster of dev"):
        choose_context(
            settings(prod="", dev="dev-admin"), "prod", "mine", lambda _name: "https://dev"
        )


def test_an_environment_without_a_context_takes_the_one_that_is_named() -> None:
    free = settings(prod="", dev="dev-admin")
    assert choose_context(free, "prod", "any", nowhere) == "any"
    assert choose_context(free, "prod", "", nowhere) == ""


def test_a_context_of_an_unknown_environment_is_refused() -> None:
    with pytest.raises(UsageError, match="'prodd' is no environment here"):
        choose_context(settings(prod="", dev="dev-admin"), "prodd", "any", nowhere)


def test_an_unknown_environment_is_refused_before_anything_is_looked_at(tmp_path: Path) -> None:
    platform = Platform(tmp_path)
    with pytest.raises(UsageError, match="'qa' is no environment here"):
        build_steps(Request(str(platform.root), "qa", ()), platform.doors)
    assert not platform.cluster.calls


def test_what_others_changed_meanwhile_stays(tmp_path: Path) -> None:
    platform = ready(tmp_path)
    platform.cluster.put(CONFIGMAP, config_map("argocd-cm", kept="by hand"))
    platform.run()
    data = platform.cluster.objects[(CONFIGMAP, "argocd", "argocd-cm")]["data"]
    assert data["kept"] == "by hand" and len(data) == 2
