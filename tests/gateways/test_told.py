"""What any adapter hands over can be recorded, whatever its gateway told."""

from __future__ import annotations

import pytest

from domain.payments.gateway import ActionRequired, Approved, Card, Declined, DisputeNotice

WILD = ["a\x00b", "\ud800", "\x00" * 10, "x" * 100_000, 7, {"a": ["\x00"]}]


@pytest.mark.parametrize("wild", WILD, ids=lambda each: ascii(each)[:20])
def test_every_text_that_a_gateway_tells_is_cleaned(wild):
    told = (
        Approved(wild), Declined(wild, wild), ActionRequired(wild), Card(wild, wild, wild, 1, 2030),
        DisputeNotice(wild, "pay_1", "opened", None, wild),
    )  # fmt: skip
    for each in told:
        for name, longest in each.TEXTS.items():
            text = getattr(each, name)
            assert isinstance(text, str)
            assert "\x00" not in text
            text.encode()
            assert len(text) <= longest


def test_what_is_well_told_stays_as_it_is():
    assert Declined("stolen_card", "Ça va ? \U0001f600").detail == "Ça va ? \U0001f600"
    assert Card("pm_1", None, None, None, None).brand is None
    assert DisputeNotice("d", "p", "won").reason is None
