"""When a subscription renews, expires and is due: a pure function of its row."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest

from projections.subscription_dates import due, renewal_and_expiry
from projections.subscription_row import SubscriptionRow

END = datetime(2026, 3, 1, tzinfo=UTC)
ENDED_AT = datetime(2026, 2, 1, tzinfo=UTC)
WINDOW = datetime(2026, 1, 8, tzinfo=UTC)


def row(**changes: Any) -> SubscriptionRow:
    blank = dict.fromkeys((field.name for field in fields(SubscriptionRow)), None)
    usual = {"status": "active", "auto_renew": True, "cancel_at_period_end": False}
    return SubscriptionRow(**{**blank, **usual, "current_period_end": END, **changes})


@pytest.mark.parametrize(("changes", "renews_at", "expires_at"), [
    ({}, END, None),
    ({"status": "trialing"}, END, None),
    ({"status": "past_due"}, END, None),
    ({"auto_renew": False}, None, END),
    ({"cancel_at_period_end": True}, None, END),
    ({"status": "expired", "ended_at": ENDED_AT}, None, ENDED_AT),
    ({"status": "expired", "ended_at": ENDED_AT, "auto_renew": False}, None, ENDED_AT),
    ({"status": "canceled", "ended_at": ENDED_AT, "cancel_at_period_end": True}, None, ENDED_AT),
    ({"status": "incomplete_expired", "ended_at": ENDED_AT}, None, ENDED_AT),
])  # fmt: skip
def test_renewal_and_expiry(changes, renews_at, expires_at):
    assert renewal_and_expiry(row(**changes)) == (renews_at, expires_at)


@pytest.mark.parametrize(("changes", "expected"), [
    ({}, (END, "renew")),
    ({"status": "trialing"}, (END, "renew")),
    ({"status": "past_due"}, (END, "renew")),
    ({"auto_renew": False}, (END, "expire")),
    ({"cancel_at_period_end": True}, (END, "expire")),
    ({"status": "past_due", "auto_renew": False}, (END, "expire")),
    ({"status": "unpaid"}, (END, "expire")),
    ({"status": "scheduled", "start_date": WINDOW}, (WINDOW, "activate")),
    ({"extended_from": WINDOW}, (WINDOW, "extend")),
    ({"status": "extended", "extended_from": WINDOW}, (END, "renew")),
    ({"suspended_until": WINDOW}, (WINDOW, "unsuspend")),
    ({"status": "incomplete", "incomplete_until": WINDOW}, (WINDOW, "give_up")),
    ({"status": "incomplete"}, (None, None)),
    ({"status": "expired"}, (None, None)),
    ({"status": "incomplete_expired"}, (None, None)),
    ({"status": "canceled"}, (None, None)),
])  # fmt: skip
def test_what_falls_due(changes, expected):
    assert due(row(**changes)) == expected
