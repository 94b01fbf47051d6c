"""A year of a small publisher's business, made through the commands everybody uses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from domain.commands.accounts import set_clock, update_account
from domain.commands.act import Act, Done
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
from domain.commands.ending_with_term import cancel_at_period_end
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
    from demo_account import Steps
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


def fill(steps: Steps, until: datetime) -> None:
    """Twelve months of sales, renewals, declines and offline money, ending at `until`.

    One that was cut off goes on where it stood.
    """
    desk, start = steps.desk, _month_start(until)
    steps.once("clock", lambda act: set_clock(desk.books, start, act))
    steps.once("settings", lambda act: update_account(desk.books, SETTINGS, act))
    shelf = _stock(steps)
    for month in range(12):
        begins = add_months(start, month)
        run_due(desk, begins)
        if month == 6:
            _change_the_offer(steps, shelf)
        for person in _newcomers(month):
            _sell(steps, shelf, person)
        if desk.books.now() == begins:  # else this month was over before it was cut off
            _settle_by_hand(desk, month)
    run_due(desk, until)


def _month_start(until: datetime) -> datetime:
    first = until.astimezone(UTC).replace(day=1, hour=9, minute=0, second=0, microsecond=0)
    return add_months(first, -11)


def _newcomers(month: int) -> range:
    return range(month * len(PEOPLE) // 12, (month + 1) * len(PEOPLE) // 12)


def _stock(steps: Steps) -> Shelf:
    books = steps.desk.books
    daily = NewProduct(name="The Daily Ledger")
    club = NewProduct(name="The Guild", revenue_recognition_strategy="invoice_payment")
    news, guild = (
        steps.once(new.name, partial(create_product, books, new)) for new in (daily, club)
    )
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
    businesses = tuple(
        steps.once(each.name, partial(create_organization, books, each)) for each in BUSINESSES
    )
    monthly, yearly, membership, weekend = (
        steps.once(plan.name, partial(create_plan, books, plan)) for plan in plans
    )
    return Shelf(monthly, yearly, membership, weekend, businesses)


def _change_the_offer(steps: Steps, shelf: Shelf) -> None:
    """New readers pay more and get more; the evening paper is given up."""
    books = steps.desk.books
    offer = {"amount": 1400, "entitlements": ["digital", "archive"]}
    spring = partial(update_plan, books, shelf.monthly, offer)
    steps.once("offer", spring, "spring prices")
    new = NewProduct(name="The Evening Ledger")
    evening = steps.once(new.name, partial(create_product, books, new))
    steps.once("evening", partial(archive_product, books, evening), "too few readers")


def _sell(steps: Steps, shelf: Shelf, person: int) -> None:
    desk, name = steps.desk, PEOPLE[person]
    first, last = name.split(" ", 1)
    email = f"{first}.{last}@example.com".lower().replace(" ", "")
    business = shelf.businesses[person % 5] if person % 5 < len(shelf.businesses) else None
    new = NewCustomer(email=email, first_name=first, last_name=last, organization_id=business)
    customer = steps.once(name, partial(create_customer, desk.books, new))
    if person % 2:
        home = NewAddress(
            customer_id=customer, line1=f"{person + 1} Main Street", city="Springfield",
            postal_code="62701", country="US", first_name=first, last_name=last,
        )  # fmt: skip
        steps.once(f"{name} home", partial(create_address, desk.books, home))
    card = NewPaymentMethod(customer_id=customer, token=TOKENS[person % len(TOKENS)])
    given = partial(create_payment_method, desk.books, desk.gateways, card)
    steps.once(f"{name} card", given)
    plan = (shelf.monthly, shelf.yearly, shelf.monthly, shelf.membership)[person % 4]
    plan = shelf.weekend if person % 6 == 4 else plan
    wanted = NewSubscription(customer_id=customer, plan_id=plan)
    bought = steps.once(f"{name} buys", lambda act: _subscribe(desk, wanted, act))
    if person % 7 == 6:
        steps.once(f"{name} leaves", lambda act: _leave(desk, bought, act))


def _subscribe(desk: Desk, wanted: NewSubscription, act: Act) -> Done:
    return create_subscription(desk.books, desk.gateways, desk.account, wanted, act)[0]


def _leave(desk: Desk, ref: str, act: Act) -> Done:
    if desk.books.load(Subscription, ref).cancelable:
        return cancel_at_period_end(
            desk.books, desk.gateways, desk.account, ref, "moved abroad", act
        )
    return Done(ref, None)


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
