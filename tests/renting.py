"""A platform with a tenant whose identity is rotated, with doors that die."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tests.rotating import CONTEXT, IDENTITIES, Platform

from sopsmith import age
from sopsmith.adapters.files import LocalFiles
from sopsmith.flows.key_secret import prove_opens, read_cluster_keys
from sopsmith.flows.rotation import Outcome, Request, run_rotation
from sopsmith.flows.tenant_rotate import find_key_secret
from sopsmith.kube.key_secret import KeySecret, with_keys
from sopsmith.kube.kinds import SECRET
from sopsmith.repo.new_rule import prepend_rules
from sopsmith.repo.recipients import NamedRecipient
from sopsmith.repo.tenant import build_tenant
from sopsmith.repo.tenant_layout import build_tenant_files
from sopsmith.secret import Secret
from sopsmith.sops.config import Config
from sopsmith.sops.document import encrypt

PROJECT = KeySecret("shop-age")
OWN = {name: age.generate() for name in ("dev", "prod")}
"""The tenant's identities."""
FOREIGN = age.generate()
"""An identity of somebody else in the Secret of the tenant's project."""
_SECRET = b"kind: Secret\nmetadata: {namespace: tenant-shop}\nstringData:\n    value: made-up\n"
_NOW = datetime(2026, 11, 24, 14, tzinfo=UTC)


class Letting(Platform):
    """A platform with the tenant shop in dev and prod, whose project has a Secret of its own."""

    def request(self, context: str, **more: object) -> Request:
        """Return what a user asks for, as the command finds the Secret."""
        asked = replace(super().request(context, **more), tenant="shop")
        if not context:
            return asked
        return replace(asked, keys_in=find_key_secret(asked, self.doors, self.cluster))

    def run(self, *, synced: bool = False, context: str = CONTEXT, **more: object) -> Outcome:
        """Rotate shop's identity of prod as far as it goes."""
        doors = self.doors if context else replace(self.doors, cluster=None)
        return run_rotation(self.request(context, synced=synced, **more), doors, self._begin)

    @property
    def state(self) -> Path:
        """Return where the rotation is noted."""
        return self.root / ".sopsmith/rotations/shop.prod.json"

    def theirs(self, environment: str) -> Path:
        """Return the tenant's Secret."""
        return self.root / f"tenants/shop/overlays/{environment}/secrets/shop.secret.yaml"

    def held_by_project(self) -> tuple[str, ...]:
        """Return the recipients of the identities in the Secret of the tenant's project."""
        return read_cluster_keys(self.cluster, PROJECT).recipients

    def check(self) -> None:
        """Assert that the tenant's project and the platform both open what they must."""
        project = read_cluster_keys(self.cluster, PROJECT).identities
        platform = read_cluster_keys(self.cluster).identities
        for files in (self.secrets(), self.deployed):
            mine = [(path, data) for path, data in files.items() if "/shop/overlays/prod/" in path]
            assert prove_opens(mine, project) == 1
            assert prove_opens(mine, platform) == 1
        at_hand = {one.recipient for one in self.keyring().identities}
        assert {recipient for _, recipient in (*IDENTITIES.values(), *OWN.values())} <= at_hand
        assert {*self.held_by_project()} <= at_hand | {FOREIGN[1]}
        assert self.held() == (IDENTITIES["prod"][1],)

    def _make(self) -> None:
        super()._make()
        settings = self.root / "sopsmith.yaml"
        settings.write_text(
            settings.read_text()
            + "argocd:\n  projects: {platform-secrets: sops-age, shop: shop-age}\n"
        )
        own: dict[str, tuple[NamedRecipient, ...]] = {
            name: (NamedRecipient(recipient),) for name, (_, recipient) in OWN.items()
        }
        tenant = build_tenant("shop", self.settings(), own)
        for path, text in build_tenant_files(tenant).items():
            LocalFiles().write(str(self.root / path), text.encode())
        rules = self.root / ".sops.yaml"
        rules.write_bytes(prepend_rules(rules.read_bytes(), tenant.settings))
        config = Config.parse(rules.read_bytes(), str(rules))
        for name in OWN:
            file = self.theirs(name)
            rule = config.rule_for(str(file))
            file.write_bytes(encrypt(_SECRET, "yaml", rule, now=_NOW, path=str(file)))
        with self.keys.open("ab") as keys:
            keys.writelines(b"# theirs\n" + text.reveal() + b"\n" for text, _ in OWN.values())
        held = b"".join(one.reveal() + b"\n" for one in (OWN["prod"][0], FOREIGN[0]))
        self.cluster.create(SECRET, with_keys(None, Secret(held), PROJECT))
