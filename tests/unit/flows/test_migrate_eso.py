"""From External Secrets Operator to encrypted Secrets, over fakes and with real encryption."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.fakes.cluster import FakeCluster
from tests.unit.flows.stage import ROOT, Stage

from sopsmith.errors import Conflict, Denied, NotThere
from sopsmith.flows.migrate import Found, Left, Plan, apply_migration, plan_migration
from sopsmith.flows.migrate_clean import delete, find_held
from sopsmith.flows.migrate_env import EnvValues
from sopsmith.flows.migrate_eso import Means, resolve
from sopsmith.flows.migrate_read import Manifest, put_into, read_cluster, read_manifests
from sopsmith.flows.migrate_remove import apply_removal, plan_removal
from sopsmith.flows.migrate_verify import read_runs, verify
from sopsmith.formats import env_file
from sopsmith.kube.external_secrets import Find, kind_of
from sopsmith.kube.kinds import SECRET
from sopsmith.secret import Secret
from sopsmith.sops.document import Document

ESO = kind_of("ExternalSecret", "v1")
STORE = """
apiVersion: external-secrets.io/v1beta1
kind: ClusterSecretStore
metadata: {name: aws}
spec: {provider: {aws: {service: ParameterStore, region: eu-central-1}}}
"""
DB = """
apiVersion: external-secrets.io/v1beta1
kind: ExternalSecret
metadata: {name: db, namespace: shop, labels: {app: shop}}
spec:
  secretStoreRef: {name: aws, kind: ClusterSecretStore}
  target: {name: db-login}
  data:
  - secretKey: password
    remoteRef: {key: /shop/db, property: password}
"""


class Trees:
    """`ports.Trees` over the memory of a stage."""

    def __init__(self, stage: Stage) -> None:
        self.files = stage.files

    def walk(self, paths: tuple[str, ...]) -> Any:
        """Yield the paths below some paths."""
        yield from sorted(one for one in self.files.held if one.startswith(paths))

    def read(self, path: str) -> bytes:
        """Return a file's bytes."""
        return self.files.read(path)

    def peek(self, path: str) -> tuple[bytes, bytes, int]:
        """Return a file whole."""
        data = self.read(path)
        return data, data, len(data)


class Values:
    """`external_values.Provider` in memory; `gone` has what was deleted."""

    def __init__(self, held: dict[str, str | bytes]) -> None:
        self.held = held
        self.gone: list[str] = []

    def value(self, key: str, version: str) -> Secret:
        """Return a value; one of a version stands under `key@version`."""
        name = f"{key}@{version}" if version else key
        if name not in self.held:
            raise NotThere(f"has no {name}")
        value = self.held[name]
        return Secret(value if isinstance(value, bytes) else value.encode())

    def names(self, find: Find) -> list[str]:
        """Return the keys below a path."""
        return sorted(key for key in self.held if key.startswith(find.path or ""))

    def delete(self, key: str) -> None:
        """Take a value away."""
        del self.held[key]
        self.gone.append(key)


def manifests(*texts: str) -> list[Manifest]:
    """Return the objects of some YAML texts, as if read from /src/all.yaml."""
    stage = Stage()
    stage.files.held["/src/all.yaml"] = "\n---".join(texts).encode()
    return read_manifests(["/src"], Trees(stage))[0]


def provided(held: dict[str, str | bytes], *texts: str) -> tuple[list[Found], list[Left]]:
    """Resolve manifests with the values of AWS."""
    values = Values(held)
    return resolve(manifests(STORE, *texts), Means("aws", None, lambda *_: values))


def data_of(found: list[Found]) -> dict[str, bytes]:
    """Return the values of the only Secret."""
    (one,) = found
    return {key: value.reveal() for key, value in one.manifest.data.items()}


def external(spec: str) -> str:
    """Return an ExternalSecret with a spec in flow style, without its braces."""
    return (
        "\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\n"
        "metadata: {name: x, namespace: shop}\n"
        f"spec: {{secretStoreRef: {{name: aws, kind: ClusterSecretStore}}, {spec}}}\n"
    )


def live_cluster(**metadata: Any) -> FakeCluster:
    """Return a cluster with the live Secret of `DB`, owned by its ExternalSecret."""
    cluster = FakeCluster(("default", "shop"))
    owner = {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "name": "db",
             "uid": "1", "controller": True}  # fmt: skip
    meta = {"name": "db-login", "namespace": "shop", "ownerReferences": [owner],
            "labels": {"app": "shop", "reconcile.external-secrets.io/managed": "true"}}  # fmt: skip
    cluster.put(
        SECRET, {"metadata": meta | metadata, "stringData": {"password": "live"}, "type": "Opaque"}
    )
    return cluster


def migrate(stage: Stage, found: list[Found], left: list[Left] | None = None) -> Plan:
    """Plan and write into prod."""
    made = plan_migration(ROOT, "prod", found, left or [], stage.doors)
    apply_migration(made, ROOT, stage.doors)
    return made


def opened(stage: Stage, name: str) -> Any:
    """Return a decrypted Secret of prod."""
    data = stage.files.held[stage.path("prod", f"{name}.secret.yaml")]
    return Document.parse(data, "yaml", path=name).unlock(stage.keyring()).objects()[0]


def test_a_live_secret_goes_into_git_without_the_operators_marks() -> None:
    stage, cluster = Stage(), live_cluster()
    found, left = resolve(manifests(STORE, DB), Means("cluster", cluster))
    migrate(stage, found)
    assert left == []
    content = opened(stage, "db-login")
    assert content["metadata"] == {
        "name": "db-login",
        "namespace": "shop",
        "labels": {"app": "shop"},
    }
    assert (content["type"], content["stringData"]) == ("Opaque", {"password": "live"})
    assert stage.listed("prod") == ["./db-login.secret.yaml"]


def test_a_second_migration_changes_nothing() -> None:
    stage = Stage()
    found, _ = resolve(manifests(DB), Means("cluster", live_cluster()))
    migrate(stage, found)
    before = dict(stage.files.held)
    made = migrate(stage, found)
    assert (made.changes, stage.files.held, made.rows[0].action) == ((), before, "keep")


def test_values_that_are_no_text_stay_whole() -> None:
    stage, cluster = Stage(), live_cluster()
    secret = cluster.objects[(SECRET, "shop", "db-login")]
    secret["data"] = {"store.jks": "/u0AAA==", "password": "bGl2ZQ=="}
    found, _ = resolve(manifests(DB), Means("cluster", cluster))
    migrate(stage, found)
    content = opened(stage, "db-login")
    assert content["data"] == {"store.jks": "/u0AAA=="}
    assert content["stringData"] == {"password": "live"}


def test_secrets_of_one_name_in_two_namespaces_get_files_of_their_own() -> None:
    stage = Stage()
    other = DB.replace("namespace: shop", "namespace: blog")
    found, _ = provided({"/shop/db": '{"password": "p"}'}, DB, other)
    made = migrate(stage, found)
    assert [row.path.rpartition("/")[2] for row in made.rows] == [
        "blog.db-login.secret.yaml",
        "shop.db-login.secret.yaml",
    ]


def test_a_secret_that_core_has_already_is_not_made_twice() -> None:
    stage = Stage()
    found, _ = provided({"/shop/db": '{"password": "p"}'}, DB)
    apply_migration(plan_migration(ROOT, "core", found, [], stage.doors), ROOT, stage.doors)
    made = plan_migration(ROOT, "prod", found, [], stage.doors)
    assert [row.action for row in made.rows] == ["stands"]
    assert made.changes == ()


@pytest.mark.parametrize(
    ("owner", "labels"),
    [
        ([{"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster", "name": "db"}], {}),
        ([], {"cnpg.io/cluster": "db"}),
    ],
    ids=["owner", "label"],
)
def test_what_an_operator_makes_at_run_time_is_left_alone(owner: Any, labels: Any) -> None:
    cluster = live_cluster(ownerReferences=owner, labels=labels)
    found, left = resolve(manifests(DB), Means("cluster", cluster))
    assert found == []
    assert "made at run time" in left[0].reason


def test_a_copy_of_a_connection_secret_is_left_alone() -> None:
    cluster = FakeCluster(("default", "shop", "db"))
    cluster.put(SECRET, {"metadata": {"name": "conn", "namespace": "db"},
                         "type": "connection.crossplane.io/v1alpha1"})  # fmt: skip
    store = STORE.replace(
        "aws: {service: ParameterStore, region: eu-central-1}", "kubernetes: {remoteNamespace: db}"
    )
    one = external("data: [{secretKey: a, remoteRef: {key: conn, property: password}}]")
    _, left = resolve(manifests(store, one), Means("cluster", cluster))
    assert "Crossplane" in left[0].reason
    cluster.put(SECRET, {"metadata": {"name": "x", "namespace": "shop"}})
    _, left = resolve(manifests(store, one), Means("cluster", cluster))
    assert "Crossplane" in left[0].reason


def test_a_cluster_that_refuses_ends_the_migration() -> None:
    cluster = live_cluster()
    cluster.deny("get", SECRET)
    with pytest.raises(Denied):
        resolve(manifests(DB), Means("cluster", cluster))


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("target: {creationPolicy: Merge}, data: [{secretKey: a, remoteRef: {key: k}}]", "Merge"),
        ("target: {creationPolicy: None}, data: [{secretKey: a, remoteRef: {key: k}}]", "None"),
        ("dataFrom: [{sourceRef: {generatorRef: {kind: Password, name: p}}}]", "at run time"),
        ("target: {template: {templateFrom: [{configMap: {name: c, items: []}}]}}, "
         "data: [{secretKey: a, remoteRef: {key: k}}]", "ConfigMap c"),
        ("target: {template: {data: {u: '{{ if .a }}x{{ end }}'}}}, "
         "data: [{secretKey: a, remoteRef: {key: k}}]", "{{ if }}"),
        ("target: {template: {engineVersion: v1, data: {u: x}}}, "
         "data: [{secretKey: a, remoteRef: {key: k}}]", "engine v1"),
        ("data: [{secretKey: a, remoteRef: {key: k, property: 'a.#.b'}}]", "query"),
        ("data: [{secretKey: a, remoteRef: {key: nothing}}]", "has no nothing"),
        ("data: [{secretKey: a, remoteRef: {key: k, metadataPolicy: Fetch}}]", "tags"),
        ("data: [{secretKey: 'a b', remoteRef: {key: k}}]", "no key"),
    ],
    ids=["merge", "none", "generator", "configmap", "if", "engine", "query", "missing", "tags",
         "key"],
)  # fmt: skip
def test_what_cannot_follow_says_why_and_shows_no_value(spec: str, reason: str) -> None:
    found, left = provided({"k": '{"a": "canary"}'}, external(spec))
    assert found == []
    assert reason in left[0].reason
    assert "canary" not in left[0].reason


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("data: [{secretKey: a, remoteRef: {key: k, property: deep.list.1}}]", {"a": b"two"}),
        ("data: [{secretKey: a, remoteRef: {key: k, property: a.b}}]", {"a": b"dotted"}),
        ("data: [{secretKey: a, remoteRef: {key: k, property: n}}]", {"a": b"1.5"}),
        ("data: [{secretKey: a, remoteRef: {key: k, property: deep}}]",
         {"a": b'{"list": ["one","two"]}'}),
        ("data: [{secretKey: a, remoteRef: {key: old, version: '3'}}]", {"a": b"third"}),
        ("data: [{secretKey: a, remoteRef: {key: b64, decodingStrategy: Base64}}]",
         {"a": b"\xfe\xed"}),
        ("dataFrom: [{extract: {key: flat}}]", {"x_y": b"1", "z": b"2"}),
        ("dataFrom: [{extract: {key: flat}, "
            "rewrite: [{regexp: {source: '^(.)/.', target: '${1}_k'}}]}]",
         {"x_k": b"1", "z": b"2"}),
        ("dataFrom: [{extract: {key: z}, "
            "rewrite: [{transform: {template: '{{ .value | upper }}'}}]}]",
         {"Q": b"v"}),
        ("dataFrom: [{find: {path: /app/, name: {regexp: 'o[a-z]+$'}}, "
         "rewrite: [{regexp: {source: '.*/', target: ''}}]}]", {"one": b"1"}),
        ("target: {template: {data: {url: 'pg://{{ .a }}@h'}}}, "
         "data: [{secretKey: a, remoteRef: {key: z, property: q}}]", {"url": b"pg://v@h"}),
        ("target: {template: {mergePolicy: Merge, data: {u: '{{ .a | b64enc }}'}}}, "
         "data: [{secretKey: a, remoteRef: {key: z, property: q}}]", {"a": b"v", "u": b"dg=="}),
        ("target: {template: {templateFrom: [{literal: \"u: '{{ .a }}'\"}]}}, "
         "data: [{secretKey: a, remoteRef: {key: z, property: q}}]", {"u": b"v"}),
        ("dataFrom: [{extract: {key: z}}], data: [{secretKey: q, remoteRef: {key: old, "
         "version: '3'}}]", {"q": b"third"}),
    ],
    ids=["deep", "dotted", "number", "object", "version", "base64", "extract", "regexp",
         "transform", "find", "template", "merged", "literal", "data-wins"],
)  # fmt: skip
def test_values_come_out_as_the_operator_makes_them(spec: str, expected: dict[str, bytes]) -> None:
    held: dict[str, str | bytes] = {
        "k": '{"deep": {"list": ["one","two"]}, "a.b": "dotted", "n": 1.50}',
        "old@3": "third", "b64": "/u0=", "flat": '{"x/y": 1, "z": "2"}', "z": '{"q": "v"}',
        "/app/one": "1", "/app/TWO": "2", "/other/one": "3",
    }  # fmt: skip
    found, left = provided(held, external(spec))
    assert left == []
    assert data_of(found) == expected


def test_a_template_decides_type_labels_and_annotations() -> None:
    spec = (
        "target: {immutable: true, template: {type: kubernetes.io/basic-auth, metadata: {labels: "
        "{user: '{{ .a }}'}, annotations: {note: x}}, data: {username: '{{ .a }}'}}}, "
        "data: [{secretKey: a, remoteRef: {key: z}}]"
    )
    (one,), _ = provided({"z": "anna"}, external(spec))
    made = one.manifest
    assert (made.type, made.labels, made.annotations, made.immutable) == (
        "kubernetes.io/basic-auth", {"user": "anna"}, {"note": "x"}, True,
    )  # fmt: skip


def test_a_cluster_external_secret_makes_one_secret_in_each_namespace() -> None:
    text = """
apiVersion: external-secrets.io/v1
kind: ClusterExternalSecret
metadata: {name: pull}
spec:
  namespaces: [shop, blog]
  externalSecretSpec:
    secretStoreRef: {name: aws, kind: ClusterSecretStore}
    data: [{secretKey: a, remoteRef: {key: z}}]
"""
    found, _ = provided({"z": "v"}, text)
    assert [(one.manifest.namespace, one.manifest.name) for one in found] == [
        ("shop", "pull"), ("blog", "pull"),
    ]  # fmt: skip


def test_a_push_secret_and_what_reads_its_key_are_left() -> None:
    push = """
apiVersion: external-secrets.io/v1alpha1
kind: PushSecret
metadata: {name: out, namespace: shop}
spec: {data: [{match: {secretKey: a, remoteRef: {remoteKey: /shop/db}}}]}
"""
    found, left = provided({"/shop/db": "{}"}, push, DB)
    assert found == []
    assert [one.reason.split()[0] for one in left] == ["writes", "PushSecret"]


def test_a_dotenv_answers_for_keys_and_their_properties() -> None:
    variables = env_file.parse(b'SHOP_DB_PASSWORD=p\nZ={"q":"v"}\n', ".env")
    extract = external("dataFrom: [{extract: {key: z}}]")
    means = Means("env-file", env=EnvValues(variables))
    found, left = resolve(manifests(DB, extract), means)
    assert left == []
    assert [data_of([one]) for one in found] == [{"password": b"p"}, {"q": b"v"}]
    assert [key.key for one in found for key in one.remote] == ["/shop/db", "z"]


def test_the_namespace_is_that_of_the_kustomization_around() -> None:
    stage = Stage()
    stage.files.held["/src/kustomization.yaml"] = b"namespace: outer\nresources: [app]\n"
    stage.files.held["/src/app/kustomization.yaml"] = b"namespace: inner\nresources: [db.yaml]\n"
    stage.files.held["/src/app/db.yaml"] = DB.encode()
    (one,), _ = read_manifests(["/src"], Trees(stage))
    assert one.around.namespaces == {"outer"}


def test_a_manifest_that_names_no_namespace_gets_the_one_given() -> None:
    bare = DB.replace(", namespace: shop", "")
    found, left = provided({"/shop/db": '{"password": "p"}'}, bare)
    made = plan_migration(ROOT, "prod", found, left, Stage().doors)
    assert "--namespace" in made.rows[0].reason
    (one, own) = put_into(manifests(bare, DB.replace("shop,", "blog,")), "other")
    assert one.around.namespaces == {"other"}
    assert own.around.namespaces == frozenset()


def test_two_overlays_of_one_manifest_have_to_be_built_first() -> None:
    stage = Stage()
    stage.files.held["/src/base/kustomization.yaml"] = b"resources: [db.yaml]\n"
    stage.files.held["/src/base/db.yaml"] = DB.encode()
    for name in ("a", "b"):
        text = f"namespace: {name}\nresources: [../base]\n"
        stage.files.held[f"/src/{name}/kustomization.yaml"] = text.encode()
    read, _ = read_manifests(["/src"], Trees(stage))
    _, left = resolve(read, Means("cluster", live_cluster()))
    assert "kustomize build" in left[0].reason


def staged_removal(policy: str = "") -> tuple[Stage, FakeCluster]:
    """Return a repository to which `DB` has followed, its manifest in /src, and the cluster."""
    stage, cluster = Stage(), live_cluster()
    text = f"# The shop's.\n{STORE}---{DB}".replace(
        "{name: db-login}", f"{{name: db-login{policy}}}"
    )
    stage.files.held["/src/all.yaml"] = text.encode()
    stage.files.held["/src/kustomization.yaml"] = b"resources:\n  # ours\n  - all.yaml\n"
    found, _ = resolve(read_manifests(["/src"], Trees(stage))[0], Means("cluster", cluster))
    migrate(stage, found)
    return stage, cluster


def removal(stage: Stage, cluster: FakeCluster) -> list[str]:
    """Plan and apply a removal of what stands in /src; return the actions."""
    read, _ = read_manifests(["/src"], Trees(stage))
    made = plan_removal(ROOT, "prod", read, cluster, stage.doors)
    apply_removal(made, cluster, stage.doors)
    return [row.action for row in made.rows]


def test_a_removal_in_git_first_lets_go_then_waits_then_removes() -> None:
    stage, cluster = staged_removal()
    before = stage.files.held["/src/all.yaml"].decode()
    assert removal(stage, cluster) == ["release"]
    released = stage.files.held["/src/all.yaml"].decode()
    assert released == before.replace(
        "{name: db-login}", "{name: db-login, creationPolicy: Orphan, deletionPolicy: Retain}"
    )
    assert removal(stage, cluster) == ["wait"]
    cluster.patch(SECRET, "db-login", "shop", {"metadata": {"ownerReferences": None}})
    assert removal(stage, cluster) == ["remove"]
    assert stage.files.held["/src/all.yaml"].decode() == f"# The shop's.\n{STORE}"


def test_a_file_with_nothing_left_in_it_leaves_the_kustomization_too() -> None:
    stage, cluster = staged_removal(", creationPolicy: Orphan, deletionPolicy: Retain")
    stage.files.held["/src/all.yaml"] = DB.replace(
        "{name: db-login}", "{name: db-login, creationPolicy: Orphan}"
    ).encode()
    cluster.patch(SECRET, "db-login", "shop", {"metadata": {"ownerReferences": None}})
    assert removal(stage, cluster) == ["remove"]
    assert "/src/all.yaml" not in stage.files.held
    assert b"all.yaml" not in stage.files.held["/src/kustomization.yaml"]


def test_nothing_is_removed_whose_secret_does_not_stand_here() -> None:
    stage, cluster = staged_removal()
    del stage.files.held[stage.path("prod", "db-login.secret.yaml")]
    before = dict(stage.files.held)
    assert removal(stage, cluster) == ["left"]
    assert stage.files.held == before


def in_cluster() -> tuple[Stage, FakeCluster]:
    """Return a repository to which the ExternalSecret of a cluster has followed."""
    stage, cluster = Stage(), live_cluster()
    (_, db) = manifests(STORE, DB)
    cluster.put(ESO, db.content | {"apiVersion": "external-secrets.io/v1"})
    found, _ = resolve(read_cluster(cluster), Means("cluster", cluster))
    migrate(stage, found)
    return stage, cluster


def test_a_removal_in_the_cluster_leaves_the_secret_owned_by_nobody() -> None:
    stage, cluster = in_cluster()
    made = plan_removal(ROOT, "prod", read_cluster(cluster), cluster, stage.doors)
    apply_removal(made, cluster, stage.doors)
    live = cluster.objects[(SECRET, "shop", "db-login")]
    assert (ESO, "shop", "db") not in cluster.objects
    assert "ownerReferences" not in live["metadata"]
    assert live["metadata"]["labels"] == {"app": "shop"}


def test_what_argo_cd_delivers_is_not_removed_behind_its_back() -> None:
    stage, cluster = in_cluster()
    cluster.patch(ESO, "db", "shop", {"metadata": {"annotations": {
        "argocd.argoproj.io/tracking-id": "x"}}})  # fmt: skip
    made = plan_removal(ROOT, "prod", read_cluster(cluster), cluster, stage.doors)
    assert [row.action for row in made.rows] == ["left"]


def test_an_operator_that_takes_the_secret_back_keeps_its_external_secret() -> None:
    stage, cluster = in_cluster()

    class Stubborn(FakeCluster):
        def patch(self, kind: Any, name: str, namespace: str, change: Any) -> Any:
            if kind == SECRET:
                return cluster.find(kind, name, namespace)
            return cluster.patch(kind, name, namespace, change)

        def find(self, kind: Any, name: str, namespace: str = "") -> Any:
            return cluster.find(kind, name, namespace)

    made = plan_removal(ROOT, "prod", read_cluster(cluster), cluster, stage.doors)
    with pytest.raises(Conflict):
        apply_removal(made, Stubborn(), stage.doors)
    assert (ESO, "shop", "db") in cluster.objects


def test_verify_tells_a_value_that_changed_and_stores_none() -> None:
    stage, cluster = staged_removal()
    record = stage.files.held[f"{ROOT}/.sopsmith/migrations/prod.json"]
    runs = read_runs(stage.files, ROOT, "prod")
    identities = stage.keyring().identities
    assert [one.state for one in verify(runs, cluster, identities)] == ["same"]
    cluster.patch(SECRET, "db-login", "shop", {"data": {"password": "bmV3"}})
    assert verify(runs, cluster, identities)[0].keys == ("password",)
    assert b"live" not in record
    assert json.loads(record)["version"] == 1


def test_clean_deletes_only_what_nothing_reads() -> None:
    stage, cluster = staged_removal()
    values = Values({"/shop/db": "x", "/other": "y"})
    runs, identities = read_runs(stage.files, ROOT, "prod"), stage.keyring().identities

    def held() -> Any:
        return find_held(runs, read, verify(runs, cluster, identities), lambda *_: values)

    read = manifests(STORE, DB)
    assert [one.state for one in held()] == ["in use"]
    read = []
    assert "still owned" in held()[0].reason
    cluster.patch(SECRET, "db-login", "shop", {"metadata": {"ownerReferences": None}})
    assert [one.state for one in delete(held(), lambda *_: values)] == ["deleted"]
    assert (values.gone, values.held) == (["/shop/db"], {"/other": "y"})
    assert [one.state for one in held()] == ["gone"]


def test_nothing_of_the_cluster_is_read_without_the_operator() -> None:
    with pytest.raises(NotThere):
        read_cluster(FakeCluster(without=[ESO, kind_of("ExternalSecret", "v1beta1")]))
