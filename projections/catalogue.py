"""Every aggregate whose events are projected: its event classes, its ids' prefix by topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventsourcing.domain import AggregateEvent
from eventsourcing.utils import get_topic

from domain.accounts.account import Account
from domain.accounts.api_key import ApiKey
from domain.accounts.collaborator import Collaborator
from domain.accounts.test_clock import TestClock
from domain.catalog.coupon import Coupon
from domain.catalog.plan import Plan
from domain.catalog.product import Product
from domain.customers.address import Address
from domain.customers.customer import Customer
from domain.customers.organization import Organization
from domain.customers.payment_method import PaymentMethod
from domain.exporting.export import Export
from domain.invoicing.credit_note import CreditNote
from domain.invoicing.invoice import Invoice
from domain.payments.balance import Balance
from domain.payments.dispute import Dispute
from domain.payments.payment import Payment
from domain.payments.refund import Refund
from domain.shared.personal import withheld_fields
from domain.subscriptions.member import Member
from domain.subscriptions.seats import Seats
from domain.subscriptions.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Iterator

    from domain.shared.aggregate import Aggregate

AGGREGATES: tuple[type[Aggregate], ...] = (
    Account,
    TestClock,
    Collaborator,
    ApiKey,
    Product,
    Plan,
    Coupon,
    Organization,
    Customer,
    Address,
    PaymentMethod,
    Subscription,
    Member,
    Seats,
    Invoice,
    CreditNote,
    Payment,
    Refund,
    Dispute,
    Balance,
    Export,
)


def events_of(aggregate: type[Aggregate]) -> Iterator[type]:
    """The event classes nested in an aggregate, those with a topic of their own."""
    for nested in vars(aggregate).values():
        is_event = isinstance(nested, type) and issubclass(nested, AggregateEvent)
        if is_event and getattr(nested, "TOPIC", None):
            yield nested


def topics_of(aggregate: type[Aggregate]) -> frozenset[str]:
    return frozenset(get_topic(event) for event in events_of(aggregate))


PREFIXES = {topic: each.prefix for each in AGGREGATES for topic in topics_of(each)}
"""Topic to the prefix of its subjects' typed ids."""

WITHHELD = {
    get_topic(event): fields
    for each in AGGREGATES
    for event in events_of(each)
    if (fields := withheld_fields(event))
}
"""Topic to the fields of its events that nobody is shown."""


def withheld(topic: str, data: dict[str, Any]) -> dict[str, Any]:
    """An event's fields as they are shown, with a word for what nobody is."""
    names = [name for name in WITHHELD.get(topic, ()) if data.get(name) is not None]
    return {**data, **dict.fromkeys(names, "withheld")}
