"""Master keys of a rule that sops would take, drop or crash on are refused with their place."""

from __future__ import annotations

import pytest
from tests.unit.sops.world import RECIPIENT

from sopsmith.errors import RuleError
from sopsmith.sops.key_groups import parse_groups

AGE = {"age": [RECIPIENT]}


@pytest.mark.parametrize(
    ("rule", "place", "message"),
    [
        ({"key_groups": "x"}, "r.key_groups", "must be a list of mappings"),
        ({"key_groups": [AGE, {}]}, "r.key_groups[1]", "the group has no keys"),
        ({"key_groups": ["x"]}, "r.key_groups[0]", "not a mapping"),
        ({"key_groups": [{"kms": "arn"}]}, "r.key_groups[0].kms", "must be a list of mappings"),
        ({"key_groups": [{"kms": [{"role": "x"}]}]}, "r.key_groups[0].kms", "lacks `arn`"),
        ({"key_groups": [{"kms": [{"arn": "x", "rle": 1}]}]}, "r.key_groups[0].kms", "`rle`"),
        ({"key_groups": [{"azure_keyvault": [{"key": "k"}]}]}, None, "lacks `vaultUrl`"),
        ({"key_groups": [{"azure_keyvault": [{"vaultUrl": "v"}]}]}, None, "lacks `key`"),
        ({"key_groups": [{"merge": [{"agee": "x"}]}]}, "r.key_groups[0].merge[0]", "`agee`"),
        ({"age": [1]}, "r.age", "must be text or a list of text"),
        ({"hc_vault_transit_uri": "https://host/keys/x"}, None, "not the address of a Vault"),
        ({"azure_keyvault": "https://host/x"}, None, "not the address of an Azure key"),
    ],
)
def test_a_key_that_cannot_be_used_is_refused(
    rule: dict[str, object], place: str | None, message: str
) -> None:
    with pytest.raises(RuleError, match=message) as caught:
        parse_groups(rule, "r")
    assert place is None or caught.value.key == place


def test_every_kind_of_key_is_read() -> None:
    rule: dict[str, object] = {
        "kms": "arn:aws:kms:eu:1:key/x+arn:aws:iam::1:role/y",
        "gcp_kms": ["projects/p/locations/l/keyRings/r/cryptoKeys/k"],
        "hckms": "eu:key",
        "hc_vault_transit_uri": "https://host:8200/v1/transit/keys/k",
        "azure_keyvault": "https://vault.host/keys/k/v1",
    }
    ((aws, gcp, huawei, vault, azure),) = parse_groups(rule, "r")
    assert aws.fields["role"] == "arn:aws:iam::1:role/y"
    assert gcp.name == "projects/p/locations/l/keyRings/r/cryptoKeys/k"
    assert huawei.fields == {"key_id": "eu:key"}
    assert vault.fields["engine_path"] == "transit"
    assert azure.fields["version"] == "v1"
