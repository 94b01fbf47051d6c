"""What a writer shows of its own events without reading them back is what the log tells of them."""

from __future__ import annotations

from copy import copy
from dataclasses import asdict

import pytest

from projections import just_written
from projections.log import read_stretch
from tests.api.conftest import open_client, open_shop


@pytest.fixture
def compared(monkeypatch, services):
    """The topics of what was so shown, each compared with its row of the log."""
    topics, pairs = [], []
    told = just_written._envelopes

    def envelopes(written, group):
        mine, recorded = told(written, group), written.recorded
        seeing = copy(group)
        seeing.blind = frozenset()  # what none of its views looks at is not left out
        account, before = written.what.account_id, recorded.first_position - 1
        with services.connections.connection() as connection, connection.cursor() as cursor:
            read = read_stretch(cursor, account, before, recorded.last_position, seeing)
        topics.extend(each.topic for each in mine)
        pairs.extend(zip(map(told_of, mine), map(told_of, read), strict=True))
        return mine

    monkeypatch.setattr(just_written, "_envelopes", envelopes)
    yield topics
    # Not where it is told: what fails there is told in another way.
    for mine, read in pairs:
        assert mine == read


def told_of(envelope):
    return {**asdict(envelope), "event": {**vars(envelope.event)}, "as": repr(envelope.event)}


def test_all_kinds_of_writes(app, services, compared):
    """Personal data that was sealed, document numbers, several events, several appends."""
    shop = open_shop(open_client(app, services, zone="Europe/Berlin", live=True))
    client, customer = shop.client, f"/customers/{shop.customer['id']}"
    client.patch("/account", {"balance_auto_apply": "manual"})
    client.patch(customer, {"last_name": "Lovelace", "metadata": {"a": "b"}})
    address = {"type": "billing", "country": "DE", "line1": "Hauptstr. 1", "city": "Berlin"}
    client.made(f"{customer}/addresses", address)
    subscribed = shop.subscribe()
    assert subscribed.status_code == 201, subscribed.json
    client.made(f"/subscriptions/{subscribed.json['id']}/cancel", {"mode": "period_end"})
    given = {"amount": 900, "currency": "USD", "reason": "gift"}
    client.made(f"{customer}/balance/adjust", given, key="given")
    invoice = f"/invoices/{shop.invoice()['id']}"
    client.made(f"{invoice}/apply_balance", {}, key="applied")
    paid = {"reference": "check 1", "category": "check"}
    client.made(f"{invoice}/mark_paid", paid, key="paid")
    client.made(f"{invoice}/credit_notes", {"amount": 100, "reason": "late"}, key="noted")
    nouns = {topic.partition(".")[0] for topic in compared}
    assert nouns >= {"customer", "invoice", "payment", "balance", "subscription", "plan"}
    assert {"invoice.issued", "payment.started"} <= set(compared)
