"""A cluster gets its own environment's identity from a backup, once that is proven to be enough."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.fakes.cluster import FakeCluster
from tests.unit.flows.backup_stage import DEV, PROD, Site
from tests.unit.flows.stage import HOME, ROOT

from sopsmith.errors import MasterKeyError, NoIdentity
from sopsmith.flows.key_secret import Owner, read_cluster_keys
from sopsmith.flows.restore_cluster import restore_to_cluster
from sopsmith.repo.contexts import find_environment
from sopsmith.repo.recipients import NamedRecipient


@pytest.fixture
def site() -> Site:
    """Return a repository with one backup."""
    made = Site()
    made.back_up()
    return made


def owner(site: Site, environment: str) -> Owner:
    """Return for whom the cluster is."""
    return Owner(site.settings, find_environment(site.settings, environment))


def restore(site: Site, cluster: FakeCluster, environment: str = "prod") -> tuple[str, ...]:
    """Restore an environment's identity to a cluster."""
    request = site.restore_request()
    return restore_to_cluster(
        site.plan_restore(), request, owner(site, environment), cluster, site.restore_doors
    )


def test_the_cluster_gets_its_identity_and_no_other(site: Site) -> None:
    cluster = FakeCluster()
    assert restore(site, cluster) == (PROD,)
    assert read_cluster_keys(cluster).recipients == (PROD,)


def test_an_environment_without_a_folder_gets_its_identity_too(site: Site) -> None:
    for path in [path for path in site.files.held if f"/{HOME.format('prod')}/" in path]:
        del site.files.held[path]
    assert restore(site, FakeCluster()) == (PROD,)


def test_no_file_is_written(site: Site) -> None:
    before = dict(site.files.held)
    restore(site, FakeCluster())
    assert site.files.held == before


def test_an_identity_that_would_not_open_the_environment_is_not_written(site: Site) -> None:
    cluster = FakeCluster()
    folders = {name: f"{ROOT}/{HOME.format(name)}" for name in ("dev", "prod")}
    strange = site.files.held[f"{folders['dev']}/a.secret.yaml"]
    site.files.held[f"{folders['prod']}/strange.secret.yaml"] = strange
    with pytest.raises(NoIdentity):
        restore(site, cluster)
    assert read_cluster_keys(cluster).found is None


def test_a_backup_without_the_environments_identity_is_refused() -> None:
    alone = Site()
    alone.back_up("dev")
    with pytest.raises(NoIdentity, match="no identity of prod"):
        restore(alone, FakeCluster())


def test_a_change_of_sopsmith_yaml_alone_brings_no_identity_into_another_cluster(
    site: Site,
) -> None:
    cluster = FakeCluster()
    for path in [path for path in site.files.held if f"/{HOME.format('dev')}/" in path]:
        del site.files.held[path]
    both = tuple(
        replace(one, named=(NamedRecipient(PROD),)) if one.name == "dev" else one
        for one in site.settings.environments
    )
    site.settings = replace(site.settings, environments=both)
    with pytest.raises(NoIdentity, match="labelled for prod"):
        restore(site, cluster, "dev")
    assert read_cluster_keys(cluster).found is None


def test_a_context_that_leads_to_another_environments_cluster_is_refused(site: Site) -> None:
    cluster = FakeCluster()
    restore(site, cluster, "dev")
    with pytest.raises(MasterKeyError, match="is marked as that of dev"):
        restore(site, cluster, "prod")
    assert read_cluster_keys(cluster).recipients == (DEV,)
