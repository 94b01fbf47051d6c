"""A wrong mapping is told whole: every wrong key at once, each with what was expected."""

from __future__ import annotations

import tomllib

import pytest

from importer.mapping import mapping_of
from importer.problems import MappingWrong

LEAST = """
currency = "USD"
plan_key = ["Contract"]
[product]
name = "P"
[plan]
name = { column = "Contract" }
amount = "10.00"
interval = "month"
collection_method = "send_invoice"
[customer]
old_provider_id = { column = "id" }
[subscription]
old_provider_id = { column = "id" }
start = "2025-01-01"
"""


def wrong_keys(toml: str) -> set[str]:
    with pytest.raises(MappingWrong) as refused:
        mapping_of(tomllib.loads(toml))
    return {key for key, _ in refused.value.wrong}


def test_the_least_mapping_is_enough():
    assert mapping_of(tomllib.loads(LEAST)).product_key == ("Contract",)


def test_an_empty_mapping_names_all_that_is_needed():
    assert wrong_keys("") == {
        "currency", "plan_key", "product_key", "product.name", "plan.name", "plan.amount",
        "plan.interval", "customer.old_provider_id", "subscription.old_provider_id",
        "subscription.start",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('amount = "10.005"', "plan.amount"),
        ("amount = 10.5", "plan.amount"),
        ('amount = { money = "12 * (x" }', "plan.amount"),
        ('interval = "fortnight"', "plan.interval"),
        ('interval = { lookup = "none", column = "c" }', "plan.interval"),
        ('interval = { column = "c", fallback = "month" }', "plan.interval"),
        ('interval = { colunm = "c" }', "plan.interval"),
        ('name = { text = "{}" }', "plan.name"),
        ('name = { value = "x", when = "Churn" }', "plan.name"),
        ("tax_rate = 2", "plan.tax_rate"),
        ("interval_count = 0", "plan.interval_count"),
        ('auto_renew = "perhaps"', "plan.auto_renew"),
        ('colour = "red"', "plan.colour"),
    ],
)
def test_a_wrong_form_is_told_by_its_key(line, key):
    said = tomllib.loads(LEAST)
    said["plan"] |= tomllib.loads(line)
    with pytest.raises(MappingWrong) as refused:
        mapping_of(said)
    assert [key for key, _ in refused.value.wrong] == [key]


def test_a_wrong_date_form_is_told_by_its_key():
    for date in ('{ date = "soon" }', '{ date = "2025-01-01", minus_weeks = 1 }', '"31.12.2025"'):
        toml = LEAST.replace('start = "2025-01-01"', f"start = {date}")
        assert wrong_keys(toml) == {"subscription.start"}


def test_values_of_a_table_are_checked_before_any_row():
    toml = LEAST.replace('interval = "month"', 'interval = { lookup = "i", column = "c" }')
    assert wrong_keys(toml + '[lookups.i]\n"a" = "month"\n"b" = "moon"\n') == {"plan.interval"}
