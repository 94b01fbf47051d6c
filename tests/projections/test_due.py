"""What is due comes in its order, page by page, and only until the asked instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from projections import due
from projections.groups import RESOURCES
from projections.reading import reading

FAR = datetime(2100, 1, 1, tzinfo=UTC)


def in_pages(ask, connections, client, until, **more):
    found, after = [], None
    while batch := ask(connections, client.account_id, until, limit=2, after=after, **more):
        found += batch
        after = batch[-1]
    return found


def test_pages_of_due_subscriptions_are_complete_and_in_order(connections, busy):
    everything = in_pages(due.subscriptions_due, connections, busy, FAR)
    assert everything == sorted(everything, key=lambda each: (each.at, each.id))
    with reading(connections, busy.account_id, RESOURCES) as rows:
        running = rows.select(
            "SELECT t.id FROM subscriptions t WHERE t.account_id = %(account)s"
            " AND t.generation = %(generation)s AND t.status IN"
            " ('scheduled', 'active', 'trialing', 'extended', 'past_due', 'unpaid', 'incomplete')"
            " AND (t.status <> 'scheduled' OR t.current_period_start IS NOT NULL)",  # a gift waits
            {},
        )
    assert {each.id for each in everything} == {ref for (ref,) in running}
    middle = everything[len(everything) // 2].at
    until = in_pages(due.subscriptions_due, connections, busy, middle)
    assert until == [each for each in everything if each.at <= middle]


def test_each_kind_is_asked_for_alone(connections, busy):
    everything = due.subscriptions_due(connections, busy.account_id, FAR)
    for kind in due.SUBSCRIPTION_KINDS:
        found = due.subscriptions_due(connections, busy.account_id, FAR, kinds=[kind])
        assert found == [each for each in everything if each.kind == kind]


def test_the_first_due_instant_is_the_earliest_of_all(connections, busy):
    found = due.subscriptions_due(connections, busy.account_id, FAR)
    found += due.invoices_past_due(connections, busy.account_id, FAR)
    assert due.first_due(connections, busy.account_id) == min(each.at for each in found)


def test_sent_invoices_are_due_when_their_time_is_over(connections, busy):
    found = in_pages(due.invoices_past_due, connections, busy, FAR)
    assert found
    assert found == sorted(found, key=lambda each: (each.at, each.id))
    first = found[0].at
    before = first - timedelta(microseconds=1)
    assert due.invoices_past_due(connections, busy.account_id, before) == []


def test_unanswered_payments_are_told_by_the_worlds_clock(connections, busy):
    now = datetime.now(UTC)
    found = in_pages(due.payments_unanswered, connections, busy, now)
    assert all(now - timedelta(hours=1) < each.at <= now for each in found)
    assert due.payments_unanswered(connections, busy.account_id, now - timedelta(hours=1)) == []
