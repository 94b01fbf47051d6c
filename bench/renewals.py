"""A renewal run as the scheduler makes it: each due subscription invoiced, its card charged, and
every view showing it at the end. The worker's processes project beside, as they do when deployed.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from bench.figures import at_least, at_most, plain
from bench.peaks import MEGABYTE, watched
from bench.workers import working
from domain.commands.act import Act
from domain.commands.catalog import NewPlan, NewProduct, create_plans, create_products
from domain.commands.customers import NewCard, NewCustomer, create_customers
from domain.commands.sales import NewSubscription
from domain.commands.subscribing import create_subscriptions
from domain.shared.period import Interval
from domain.shared.recording import Context
from importer.following import finish, following
from parts import Parts
from projections.companion import spare_collections
from projections.groups import GROUPS
from scheduler.due import run_due

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from bench.figures import Figure
    from importer.outcome import Watch

TARGET = 1_000
MEGABYTES = 600
TRIAL_DAYS = 14
_ACT = Act(Context(actor="bench", channel="import", reason="bench"))
_AT_ONCE = 500
_COUNTS = """
SELECT (SELECT count(*) FROM invoices WHERE account_id = %(account)s AND status = 'paid'),
       (SELECT count(*) FROM payments WHERE account_id = %(account)s AND status = 'succeeded'),
       (SELECT count(*) FROM subscriptions WHERE account_id = %(account)s AND status = 'active')"""


def renewals(conninfo: str, watch: Watch, subscriptions: int = 100_000) -> list[Figure]:
    """All of them become due at one instant, the end of their trial."""
    parts = Parts(conninfo)
    opened = parts.open_account(_ACT, name="Due", timezone="UTC", currency="USD", livemode=False)
    account_id = opened.account_id
    names = [group.name for group in GROUPS]
    with following(conninfo, account_id, names):
        sell(parts, account_id, subscriptions, watch)
    finish(parts.connections, account_id)
    desk = parts.desk(account_id)
    before = desk.books.head()
    with watched(conninfo) as peaks, working(conninfo):
        spare_collections()
        begun = time.monotonic()
        ran = run_due(desk, before.now + timedelta(days=TRIAL_DAYS)).ran["renew"]
        alone = time.monotonic() - begun
        finish(parts.connections, account_id)
        seconds = time.monotonic() - begun
    events = desk.books.head().position - before.position
    paid = _paid(parts, account_id)
    parts.close()
    return list(_figures(ran, seconds, alone, events, paid, subscriptions, peaks))


def _figures(
    ran: int,
    seconds: float,
    alone: float,
    events: int,
    paid: tuple[int, int, int],
    wanted: int,
    peaks: dict[str, int],
) -> Iterator[Figure]:
    yield plain("subscriptions due", f"{wanted:,}")
    yield plain("events recorded and projected", f"{events:,}, {events / seconds:,.0f} a second")
    yield at_least(
        "renewed, invoiced, charged and shown, a second", f"{ran / seconds:,.0f}",
        ran / seconds, TARGET, f"{seconds:.1f} s, the run itself {alone:.1f} s",
    )  # fmt: skip
    missing = max(wanted - each for each in paid)
    yield at_most("invoices, payments or terms missing", f"{missing}", missing, 0)
    for name, peak in sorted(peaks.items()):
        held = peak / MEGABYTE
        shown = name.replace("the import", "the run")
        yield at_most(f"most memory of {shown}", f"{held:.0f} MB", held, MEGABYTES)


def sell(parts: Parts, account_id: UUID, subscriptions: int, watch: Watch) -> None:
    """Customers with a card, each with a subscription in its trial."""
    desk = parts.desk(account_id)
    books, gateways = desk.books, desk.gateways
    create_products(books, [NewProduct(name="The Paper", old_provider_id="P")], _ACT)
    plan = NewPlan(
        name="Monthly", amount=3100, currency="USD", interval=Interval.MONTH,
        product_old_provider_id="P", old_provider_id="M", trial_days=TRIAL_DAYS,
        entitlements=("premium",),
    )  # fmt: skip
    create_plans(books, [plan], _ACT)
    watch.stage("subscriptions sold", subscriptions)
    for first in range(0, subscriptions, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, subscriptions))
        buyers = [
            (
                NewCustomer(
                    old_provider_id=f"C{n}", email=f"reader{n}@example.org", first_name="Reader",
                    last_name=f"{n}",
                ),
                NewCard(token="tok_visa"),
            )
            for n in numbers
        ]  # fmt: skip
        create_customers(books, gateways, buyers, _ACT)
        sold = [
            NewSubscription(customer_old_provider_id=f"C{n}", plan_old_provider_id="M")
            for n in numbers
        ]
        create_subscriptions(books, gateways, desk.account, sold, _ACT)
        watch.moved(len(numbers))


def _paid(parts: Parts, account_id: UUID) -> tuple[int, int, int]:
    with parts.connections.connection() as connection:
        row = connection.execute(_COUNTS, {"account": account_id}).fetchone()
    if row is None:
        raise RuntimeError("counting gives a row")
    return row[0], row[1], row[2]
