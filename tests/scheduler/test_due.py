"""What falls due runs in order, once, and what cannot be done does not hold up the rest."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.commands import catalog, customers, payment_methods, subscribing
from domain.invoicing.invoice import Invoice
from domain.payments.gateway import Unanswered
from domain.shared.period import Interval
from domain.subscriptions.subscription import Subscription
from gateways.sandbox import Sandbox
from scheduler.due import run_due
from tests.scheduler.conftest import ACT, JAN_1

FEB_1 = datetime(2026, 2, 1, tzinfo=UTC)


class Silent(Sandbox):
    """Never answers, and knows nothing afterwards."""

    def charge(self, charge):
        return Unanswered()

    def look_up(self, charge):
        return None


def sold(desk, token="tok_visa", **changes):
    books = desk.books
    product = catalog.create_product(books, catalog.NewProduct(name="News"), ACT).ref
    plan = catalog.NewPlan(
        product_id=product, name="Monthly", amount=3000, currency="USD", interval=Interval.MONTH
    )
    plan_id = catalog.create_plan(books, plan, ACT).ref
    customer = customers.create_customer(books, customers.NewCustomer(), ACT).ref
    card = payment_methods.NewPaymentMethod(customer_id=customer, token=token)
    payment_methods.create_payment_method(books, {"sandbox": Sandbox()}, card, ACT)
    new = subscribing.NewSubscription(customer_id=customer, plan_id=plan_id, **changes)
    done, _ = subscribing.create_subscription(books, desk.gateways, desk.account, new, ACT)
    return done.ref


def state(desk, ref):
    subscription = desk.books.load(Subscription, ref)
    invoice = desk.books.load(Invoice, subscription.latest_invoice_id)
    return subscription.status, invoice.status, subscription.phase.index


def test_a_year_renews_twelve_times_and_a_second_run_changes_nothing(desk):
    ref = sold(desk)
    run_due(desk, datetime(2027, 1, 1, tzinfo=UTC))
    assert state(desk, ref) == ("active", "paid", 12)
    head = desk.books.head().position
    run_due(desk, datetime(2027, 1, 1, tzinfo=UTC))
    assert desk.books.head().position == head


def test_the_clock_stands_at_each_due_instant_while_it_is_worked_on(desk):
    ref = sold(desk)
    run_due(desk, datetime(2026, 2, 15, tzinfo=UTC))
    invoice = desk.books.load(Invoice, desk.books.load(Subscription, ref).latest_invoice_id)
    assert invoice.created_on == FEB_1
    assert desk.books.now() == datetime(2026, 2, 15, tzinfo=UTC)


def test_a_sent_invoice_falls_past_due_with_its_subscription(desk):
    ref = sold(desk, collection_method="send_invoice")
    run_due(desk, JAN_1 + timedelta(days=30))
    assert state(desk, ref) == ("past_due", "past_due", 0)


def test_without_renewal_a_subscription_expires_at_the_end_of_its_term(desk):
    ref = sold(desk, auto_renew=False)
    run_due(desk, FEB_1 - timedelta(seconds=1))
    assert state(desk, ref)[0] == "active"
    run_due(desk, FEB_1)
    assert state(desk, ref)[0] == "expired"


def test_never_paid_inside_its_window_a_subscription_ends_and_its_invoice_is_void(desk):
    ref = sold(desk, token="tok_chargeDeclined")
    assert state(desk, ref)[:2] == ("incomplete", "open")
    run_due(desk, JAN_1 + timedelta(days=7))
    assert state(desk, ref)[:2] == ("incomplete_expired", "void")


def test_a_lost_answer_is_looked_up_when_the_clock_moves(desk):
    ref = sold(desk, token="tok_timeout")
    assert state(desk, ref)[:2] == ("incomplete", "open")
    run_due(desk, JAN_1 + timedelta(minutes=1))
    assert state(desk, ref)[:2] == ("active", "paid")


def test_what_cannot_be_done_now_does_not_hold_up_what_is_due_later(desk):
    silent = replace(desk, gateways={"sandbox": Silent()})
    stuck = sold(silent)
    sent = sold(desk, collection_method="send_invoice")
    run_due(silent, datetime(2026, 3, 2, tzinfo=UTC))
    assert state(desk, stuck)[:2] == ("incomplete", "open")
    assert state(desk, sent)[2] == 2
    assert desk.books.now() == datetime(2026, 3, 2, tzinfo=UTC)


def test_a_renewal_without_any_card_is_past_due_at_once(desk):
    ref = sold(desk)
    subscription = desk.books.load(Subscription, ref)
    from domain.customers.customer import Customer

    customer = desk.books.load(Customer, subscription.customer_id)
    customer.update({"default_payment_method_id": None})
    subscription.update({"payment_method_id": None})
    desk.books.record(customer, subscription, by=ACT.by)
    run_due(desk, FEB_1)
    assert state(desk, ref) == ("past_due", "past_due", 1)


@pytest.mark.parametrize("token", ["tok_chargeDeclined", "tok_insufficientFunds"])
def test_a_declined_renewal_is_past_due_at_once_and_given_up_after_the_dunning_days(desk, token):
    ref = sold(desk)
    subscription = desk.books.load(Subscription, ref)
    bad = payment_methods.NewPaymentMethod(customer_id=subscription.customer_id, token=token)
    method = payment_methods.create_payment_method(desk.books, desk.gateways, bad, ACT).ref
    subscription.update({"payment_method_id": method})
    desk.books.record(subscription, by=ACT.by)
    run_due(desk, FEB_1)
    assert state(desk, ref) == ("past_due", "past_due", 1)
    run_due(desk, datetime(2026, 2, 7, 23, tzinfo=UTC))
    assert state(desk, ref) == ("past_due", "past_due", 1)
    run_due(desk, datetime(2026, 2, 8, tzinfo=UTC))
    assert state(desk, ref) == ("unpaid", "past_due", 1)


def test_one_charge_that_cannot_be_resumed_holds_up_no_other(desk, caplog):
    refs = [sold(replace(desk, gateways={"sandbox": Silent()})) for _ in range(3)]
    asked = []

    class Broken(Sandbox):
        def look_up(self, charge):
            asked.append(charge.payment_id)
            if len(asked) == 2:
                raise RuntimeError("not foreseen")
            return super().look_up(charge)

    summary = run_due(replace(desk, gateways={"sandbox": Broken()}), JAN_1)
    assert summary.ran["resume_payment"] == 2
    assert sorted(state(desk, ref)[1] for ref in refs) == ["open", "paid", "paid"]
    assert asked[1] in caplog.text
