"""The bulk form of a command refuses one by one, and what it accepts stands."""

from __future__ import annotations

from typing import Any

import pytest

from domain.application import Books
from domain.catalog.plan import Plan
from domain.commands.accounts import account_of
from domain.commands.catalog import NewPlan, NewProduct, create_plans, create_products
from domain.commands.customers import NewCard, NewCustomer, create_customers
from domain.commands.subscribing import NewSubscription, create_subscriptions
from domain.customers.customer import Customer
from domain.shared.period import Interval
from domain.subscriptions.states import Status
from domain.subscriptions.subscription import Subscription
from tests.importer.conftest import ACT


@pytest.fixture
def books(parts, account) -> Books:
    books = parts.books(account(), cache=100)
    create_products(books, [NewProduct(name="News", old_provider_id="news")], ACT)
    plan: dict[str, Any] = {"amount": 1000, "currency": "USD", "interval": Interval.MONTH}
    plans = [
        NewPlan(name="Good", product_old_provider_id="news", old_provider_id="good", **plan),
        NewPlan(name="Lost", product_old_provider_id="none", old_provider_id="lost", **plan),
        NewPlan(name="Twice", product_old_provider_id="news", old_provider_id="good", **plan),
    ]
    assert {place for place, _ in create_plans(books, plans, ACT)} == {1, 2}
    return books


def customers(parts, books, *tokens):
    new = [
        (NewCustomer(old_provider_id=f"c{at}"), NewCard(token=token) if token else None)
        for at, token in enumerate(tokens)
    ]
    return create_customers(books, parts.gateways_of(account_of(books)), new, ACT)


def load(books, kind, old_id):
    return books.load(kind, books.owner_of(f"{kind.prefix}.old_provider_id", old_id))


def subscribe(parts, books, *wanted, **said):
    new = [
        NewSubscription(
            customer_old_provider_id=customer, plan_old_provider_id=plan,
            old_provider_id=f"s{at}", **said,
        )
        for at, (customer, plan) in enumerate(wanted)
    ]  # fmt: skip
    desk = parts.desk(books.account_id, ACT)
    return create_subscriptions(books, desk.gateways, desk.account, new, ACT)


def test_a_plan_of_an_unknown_product_leaves_the_others(books):
    assert load(books, Plan, "good").name == "Good"
    assert books.owner_of("plan.old_provider_id", "lost") is None


def test_a_customer_with_a_card_has_it_as_the_default(parts, books):
    refused = customers(parts, books, "tok_visa", "tok_none", None)
    assert [(place, error.code) for place, error in refused] == [(1, "token_not_accepted")]
    assert load(books, Customer, "c0").default_payment_method_id is not None
    assert books.owner_of("cus.old_provider_id", "c1") is None


def test_each_subscription_is_accepted_or_refused_by_itself(parts, books):
    customers(parts, books, "tok_visa", None, "tok_chargeDeclined")
    wanted = [("c0", "good"), ("c9", "good"), ("c0", "none"), ("c1", "good"), ("c2", "good")]
    refused = subscribe(parts, books, *wanted)
    assert {place: error.code for place, error in refused} == {
        1: "required", 2: "required", 3: "payment_method_required",
    }  # fmt: skip
    assert load(books, Subscription, "s0").status is Status.ACTIVE
    assert load(books, Subscription, "s4").status is Status.INCOMPLETE


def test_a_claim_taken_before_refuses_only_its_own(parts, books):
    customers(parts, books, None)
    sent = {"collection_method": "send_invoice"}
    assert subscribe(parts, books, ("c0", "good"), **sent) == []
    again = subscribe(parts, books, ("c0", "good"), ("c0", "good"), **sent)
    assert [place for place, _ in again] == [0]
    assert load(books, Subscription, "s1").status is Status.ACTIVE


def test_the_charges_are_settled_at_once(parts, books):
    customers(parts, books, "tok_visa")
    assert subscribe(parts, books, ("c0", "good")) == []
    desk = parts.desk(books.account_id, ACT)
    desk.due.catch_up()
    assert desk.due.unanswered_payments(0) == []
