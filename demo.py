"""A year of a small publisher's business, made through the commands everybody uses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from domain.commands.accounts import set_clock, update_account
from domain.commands.act import Act
from domain.commands.addresses import NewAddress, create_address
from domain.commands.catalog import (
    NewPlan,
    NewProduct,
    archive_product,
    create_plan,
    create_product,
    update_plan,
)
from domain.commands.customers import NewCustomer, create_customer
from domain.commands.ending import cancel_at_period_end
from domain.commands.invoicing import mark_uncollectible, void_invoice
from domain.commands.offline import OfflinePayment, mark_paid
from domain.commands.organizations import NewOrganization, create_organization
from domain.commands.payment_methods import NewPaymentMethod, create_payment_method
from domain.commands.sales import NewSubscription
from domain.commands.subscribing import create_subscription
from domain.shared.period import Interval, add_months
from domain.shared.recording import Context
from domain.subscriptions.subscription import Subscription
from scheduler.due import run_due

if TYPE_CHECKING:
    from scheduler.due import Desk

NAME = "Demo Publishing"
EMAIL = "demo@example.com"
ACT = Act(Context(actor="demo", channel="console", reason="demo data"))
PEOPLE = (
    "Ada Lovelace", "Grace Hopper", "Alan Turing", "Edsger Dijkstra", "Barbara Liskov",
    "Donald Knuth", "Frances Allen", "Tony Hoare", "Radia Perlman", "Ken Thompson",
    "Shafi Goldwasser", "Leslie Lamport", "Adele Goldberg", "Niklaus Wirth", "Jean Sammet",
    "John Backus", "Lynn Conway", "Edgar Codd", "Margaret Hamilton", "Dennis Ritchie",
)  # fmt: skip
SETTINGS = {
    "legal_name": "Demo Publishing Ltd",
    "address": {"line1": "1 Fleet Street", "city": "London", "country": "GB"},
    "days_until_due": 21,
    "gl_codes": {"recognized_revenue": "4010"},
}
TOKENS = ("tok_visa", "tok_visa", "tok_visa", "tok_insufficientFunds")


BUSINESSES = (
    NewOrganization(
        name="Analytical Engines Ltd", industry="manufacturing", website="https://engines.example",
        address={"line1": "12 St James's Square", "city": "London", "country": "GB"},
    ),
    NewOrganization(
        name="Harvard Computation Laboratory", industry="education", email="lab@example.com",
        address={"line1": "33 Oxford Street", "city": "Cambridge", "state": "MA", "country": "US"},
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shelf:
    """The plans on sale, by their typed ids."""

    monthly: str
    yearly: str
    membership: str
    weekend: str
    businesses: tuple[str, ...]


def fill(desk: Desk, until: datetime) -> None:
    """Twelve months of sales, renewals, declines and offline money, ending at `until`."""
    start = _month_start(until)
    set_clock(desk.books, start, ACT)
    update_account(desk.books, SETTINGS, ACT)
    shelf = _stock(desk)
    for month in range(12):
        run_due(desk, add_months(start, month))
        if month == 6:
            _change_the_offer(desk, shelf)
        for person in _newcomers(month):
            _sell(desk, shelf, person)
        _settle_by_hand(desk, month)
    run_due(desk, until)


def _month_start(until: datetime) -> datetime:
    first = until.astimezone(UTC).replace(day=1, hour=9, minute=0, second=0, microsecond=0)
    return add_months(first, -11)


def _newcomers(month: int) -> range:
    return range(month * len(PEOPLE) // 12, (month + 1) * len(PEOPLE) // 12)


def _stock(desk: Desk) -> Shelf:
    books = desk.books
    news = create_product(books, NewProduct(name="The Daily Ledger"), ACT).ref
    guild = create_product(
        books,
        NewProduct(name="The Guild", revenue_recognition_strategy="invoice_payment"),
        ACT,
    ).ref
    month, year, week = Interval.MONTH, Interval.YEAR, Interval.WEEK
    plans = (
        NewPlan(product_id=news, name="Digital monthly", amount=1200, currency="USD",
                interval=month, entitlements=("digital",)),
        NewPlan(product_id=news, name="Print and digital, yearly", amount=18000, currency="USD",
                interval=year, entitlements=("print", "digital"),
                collection_method="send_invoice"),
        NewPlan(product_id=guild, name="Guild quarter", amount=9000, currency="USD",
                interval=month, interval_count=3, entitlements=("events", "digital"),
                collection_method="send_invoice", type="membership", seat_capacity=5),
        NewPlan(product_id=news, name="Weekend edition", amount=700, currency="USD",
                interval=week, interval_count=2, entitlements=("weekend",), trial_days=14,
                shipments_per_interval=4, tax_rate=Decimal("0.07"), tax_behavior="inclusive"),
    )  # fmt: skip
    businesses = tuple(create_organization(books, each, ACT).ref for each in BUSINESSES)
    monthly, yearly, membership, weekend = (create_plan(books, plan, ACT).ref for plan in plans)
    return Shelf(monthly, yearly, membership, weekend, businesses)


def _change_the_offer(desk: Desk, shelf: Shelf) -> None:
    """New readers pay more and get more; the evening paper is given up."""
    books = desk.books
    offer = {"amount": 1400, "entitlements": ["digital", "archive"]}
    update_plan(books, shelf.monthly, offer, _because("spring prices"))
    evening = create_product(books, NewProduct(name="The Evening Ledger"), ACT).ref
    archive_product(books, evening, _because("too few readers"))


def _because(reason: str) -> Act:
    return replace(ACT, by=replace(ACT.by, reason=reason))


def _sell(desk: Desk, shelf: Shelf, person: int) -> None:
    first, last = PEOPLE[person].split(" ", 1)
    email = f"{first}.{last}@example.com".lower().replace(" ", "")
    business = shelf.businesses[person % 5] if person % 5 < len(shelf.businesses) else None
    new = NewCustomer(email=email, first_name=first, last_name=last, organization_id=business)
    customer = create_customer(desk.books, new, ACT).ref
    if person % 2:
        home = NewAddress(
            customer_id=customer, line1=f"{person + 1} Main Street", city="Springfield",
            postal_code="62701", country="US", first_name=first, last_name=last,
        )  # fmt: skip
        create_address(desk.books, home, ACT)
    card = NewPaymentMethod(customer_id=customer, token=TOKENS[person % len(TOKENS)])
    create_payment_method(desk.books, desk.gateways, card, ACT)
    plan = (shelf.monthly, shelf.yearly, shelf.monthly, shelf.membership)[person % 4]
    plan = shelf.weekend if person % 6 == 4 else plan
    wanted = NewSubscription(customer_id=customer, plan_id=plan)
    done, _ = create_subscription(desk.books, desk.gateways, desk.account, wanted, ACT)
    if person % 7 == 6:
        _leave(desk, done.ref)


def _leave(desk: Desk, ref: str) -> None:
    if desk.books.load(Subscription, ref).cancelable:
        cancel_at_period_end(desk.books, desk.account, ref, "moved abroad", ACT)


def _settle_by_hand(desk: Desk, month: int) -> None:
    """Most sent invoices are paid by check, now and then one is voided or given up; each fourth
    month nobody looks at the post."""
    if month % 4 == 3:
        return
    desk.due.catch_up()
    for at, ref in enumerate(desk.due.open_sent_invoices()):
        if (at + month) % 5 == 4:
            void_invoice(desk.books, desk.account, ref, ACT)
        elif (at + month) % 7 == 6:
            mark_uncollectible(desk.books, desk.account, ref, ACT)
        else:
            check = OfflinePayment(reference=f"check {1000 + month * 10 + at}", category="check")
            mark_paid(desk.books, desk.account, ref, check, ACT)
