"""Values that environments share are found by name."""

from __future__ import annotations

import pytest
from tests.unit.repo.example import settings, variables

from sopsmith.repo.assign import assign
from sopsmith.repo.isolation import find_shared

LONG = "a-long-password-0"


def shared(**values: str) -> list[tuple[str, ...]]:
    return find_shared(assign(variables(**values), settings(), ".env").scoped, settings())


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"DEV_A": "x", "PROD_A": "x"}, [("DEV_A", "PROD_A")]),
        ({"PROD_A": "x", "DEV_A": "x", "DEV_B_A": "x"}, [("DEV_A", "PROD_A", "DEV_B_A")]),
        ({"DEV_A": LONG, "PROD_OTHER": LONG}, [("DEV_A", "PROD_OTHER")]),
        ({"DEV_A": "5432", "PROD_OTHER": "5432"}, []),
        ({"DEV_A": LONG, "DEV_C": LONG}, []),
        ({"DEV_A": LONG, "CORE": LONG}, []),
        ({"DEV_A": "", "PROD_A": ""}, []),
        ({"DEV_A": "x", "PROD_A": "y"}, []),
    ],
)
def test_a_value_of_two_environments_is_named(
    values: dict[str, str], names: list[tuple[str, ...]]
) -> None:
    assert shared(**values) == names
