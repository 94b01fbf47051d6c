"""One real example of every event there is, made by the aggregates' own methods."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.accounts.account import Account
from domain.accounts.api_key import ApiKey
from domain.accounts.collaborator import Collaborator
from domain.accounts.test_clock import TestClock
from domain.catalog.plan import Plan
from domain.catalog.product import Product
from domain.customers.address import Address
from domain.customers.customer import Customer
from domain.customers.organization import Organization
from domain.customers.payment_method import PaymentMethod
from domain.exporting.export import Export
from domain.invoicing.adjustment import NotedLine, Restored
from domain.invoicing.credit_note import Allocation, CreditNote, NoteLine
from domain.invoicing.invoice import Invoice
from domain.invoicing.lines import Line
from domain.payments.balance import Balance
from domain.payments.dispute import Dispute
from domain.payments.payment import Payment
from domain.payments.refund import Refund
from domain.shared.period import Interval
from domain.shared.policy import BillingPolicy, Step
from domain.shared.terms import Terms
from domain.subscriptions.gift import Gift
from domain.subscriptions.member import Member
from domain.subscriptions.phases import Booked, Proration, first_phase
from domain.subscriptions.seats import Seats
from domain.subscriptions.subscription import Subscription

START = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
ON = date(2026, 1, 31)
CUSTOMER = "cus_01kg9x0000e0080000000000c1"
INVOICE = "inv_01kg9x0000e00800000000001a"
PAYMENT = "pay_01kg9x0000e0080000000000p1"
METHOD = "pm_01kg9x0000e0080000000000m1"
TERMS = Terms(
    plan_id="plan_01kg9x0000e0080000000000p0", plan_name="Digital, monthly",
    product_id="prod_01kg9x0000e0080000000000d0", product_name="The Daily Ledger",
    type="regular", amount=3100, currency="USD", interval=Interval.MONTH, interval_count=1,
    entitlements=("digital", "print"), tax_rate=Decimal("0.19"), tax_behavior="inclusive",
    trial_days=14, seat_capacity=5, shipments_per_interval=4,
    revenue_recognition_strategy="invoice_payment",
)  # fmt: skip
LINE = Line(
    id="il_01kg9x0000e00800000000001l", description="Digital, monthly", unit_amount=3100,
    quantity=2, amount=5210, tax=990, tax_rate=Decimal("0.19"), tax_behavior="inclusive",
    period_start=START, period_end=START + timedelta(days=28), service_start=ON,
    service_end=date(2026, 2, 28), plan_id=TERMS.plan_id, plan_name=TERMS.plan_name,
    product_id=TERMS.product_id, product_name=TERMS.product_name,
    entitlements=("digital", "print"),
)  # fmt: skip
DISPUTE = "dp_01kg9x0000e0080000000000d1"
SUBSCRIPTION = "sub_01kg9x0000e0080000000000s1"
NOTE = "cn_01kg9x0000e0080000000000n2"
REFUND = "ref_01kg9x0000e0080000000000r2"
RESTORED = (Restored(LINE.id, 50, 34, 16, ON, date(2026, 2, 28)),)
POLICY = BillingPolicy(
    version=1, kind="step_up", currency="USD", interval=Interval.MONTH,
    prompt="Charge 10.00 USD every month for the first 3 periods, then 20.00 USD.",
    steps=(Step(1000, 3), Step(2000)), maximum_amount=3000,
)  # fmt: skip
METADATA = {"source": "golden", "name": "Zoë"}


def begin(kind: Any, number: int, event: Any = None, **fields: Any) -> Any:
    return kind.begin(event or kind.Created, id=UUID(int=number), **fields)


def examples() -> list[Any]:
    """Every event, in the order in which it may happen to its aggregate."""
    from tests.golden import discounts, erasures  # they begin their aggregates as this module does

    made = [
        *_accounts(),
        *_catalogue(),
        *_organizations(),
        *_customers(),
        *_subscriptions(),
        *_memberships(),
        *_invoices(),
        *_money(),
        *_exports(),
        *discounts.made(),
        *erasures.made(),
    ]
    return [event for aggregate in made for event in aggregate.pending_events]


def _exports() -> list[Any]:
    made, lost = (
        begin(Export, at, name="customers", format="csv", filters={"language": "de"})
        for at in (60, 61)
    )
    made.start()
    made.complete(position=12, size_bytes=345, expires_at=START + timedelta(days=1))
    lost.fail("gave_up", "it was begun 3 times and never ended")
    return [made, lost]


def _accounts() -> list[Any]:
    account = begin(Account, 1, name="Golden", livemode=False, timezone="Europe/Berlin",
                    currency="USD")  # fmt: skip
    account.update({
        "legal_name": "Golden GmbH", "address": {"city": "Köln", "country": "DE"},
        "tax_id": "DE123", "logo": None, "days_until_due": 14, "dunning_days": [2, 4],
        "bad_debt_tax_relief": False, "gl_codes": {"deferred_revenue": "2410"},
    })  # fmt: skip
    clock = begin(TestClock, 2, now=START)
    clock.set(START - timedelta(days=1))
    clock.advance(START)
    return [account, clock, *_access()]


def _access() -> list[Any]:
    person = begin(Collaborator, 20, email="grace@example.com", role="support", name="Grace Hopper")
    person.invite(START + timedelta(days=7))
    person.accept()
    person.update({"name": "G. Hopper", "role": "finance"})
    person.remove()
    key = begin(
        ApiKey, 21, role="support", scopes=("customers:*", "plans:read"), name="CRM",
        expires_at=START + timedelta(days=90),
    )  # fmt: skip
    key.update({"name": "CRM, old"})
    key.revoke()
    return [person, key]


def _catalogue() -> list[Any]:
    product = begin(
        Product, 3, name="The Daily Ledger", description="A paper", image=None,
        old_provider_id="p-1", revenue_recognition_strategy="invoice_payment", metadata=METADATA,
    )  # fmt: skip
    plan = begin(
        Plan, 4, terms=TERMS, auto_renew=False, collection_method="send_invoice",
        old_provider_id="pl-1", metadata=METADATA,
    )  # fmt: skip
    plan.keep_policy(POLICY, START)
    plan.activate_policy(1, START)
    plan.note_rule_failed(SUBSCRIPTION, 1, "maximum_amount_exceeded", "30.00 is the most", START)
    plan.withdraw_policy(START)
    for kept in (product, plan):
        kept.update({"name": "Renamed", "metadata": {"source": None}, "old_provider_id": None})
        if kept is plan:
            kept.update({"amount": 1, "entitlements": ["print"], "tax_rate": None})
        kept.archive()
        kept.unarchive()
        kept.delete()
    return [product, plan]


def _organizations() -> list[Any]:
    organization = begin(
        Organization, 17, name="Analytical Engines", industry="manufacturing",
        website="https://engines.example", email="desk@engines.example", phone="+44 20 7946 0000",
        tax_id="GB 123", address={"line1": "12 St James's Square", "country": "GB"},
        old_provider_id="o-1", metadata=METADATA,
    )  # fmt: skip
    organization.update({"industry": None, "address": {"city": "London"}})
    organization.delete()
    return [organization]


def _customers() -> list[Any]:
    customer = begin(
        Customer, 5, email="ada@example.com", first_name="Ada", last_name="Lovelace", title="Dr",
        phone="+1 555 0100", language="en", organization_id=None, old_provider_id="c-1",
        metadata=METADATA,
    )  # fmt: skip
    customer.update({"email": None, "default_payment_method_id": METHOD})
    method = begin(
        PaymentMethod, 6, customer_id=CUSTOMER, gateway="sandbox", reference="tok_visa",
        brand="visa", last4="4242", exp_month=12, exp_year=2099,
    )  # fmt: skip
    method.delete()
    return [customer, _address(), method]


def _address() -> Any:
    address = begin(
        Address, 18, customer_id=CUSTOMER, type="shipping", line1="12 St James's Square",
        country="GB", first_name="Ada", last_name="Lovelace", company="Analytical Engines",
        line2="Ground floor", city="London", state="Greater London", postal_code="SW1Y 4JH",
        is_default=True, old_provider_id="a-1",
    )  # fmt: skip
    address.update({"company": None, "is_default": False})
    address.delete()
    return address


def _subscription(number: int, **changes: Any) -> Any:
    phase = first_phase("ph_01kg9x0000e0080000000000h0", START, "Europe/Berlin", TERMS)
    fields: dict[str, Any] = {
        "customer_id": CUSTOMER, "phase": phase, "quantity": 2, "auto_renew": True,
        "collection_method": "charge_automatically", "payment_method_id": METHOD,
        "anchor": phase.end, "timezone": "Europe/Berlin", "start_date": START,
        "invoice_id": INVOICE, "incomplete_until": START + timedelta(days=7),
        "old_provider_id": "s-1", "metadata": METADATA,
    }  # fmt: skip
    return begin(Subscription, number, **{**fields, **changes})


def _booked(subscription: Any) -> Booked:
    return Booked(
        phase=subscription.next_phase("ph_01kg9x0000e0080000000000h3"), anchor=subscription.anchor,
        quantity=3, auto_renew=False, collection_method="send_invoice", payment_method_id=METHOD,
        invoice_notes="Danke", purchase_order="PO-7", billing_behavior="bill_immediately",
        invoice_id=INVOICE,
    )  # fmt: skip


def _subscriptions() -> list[Any]:
    running, abandoned, unpaid = _subscription(7), _subscription(8), _subscription(9)
    running.activate(START)
    running.renew(running.next_phase("ph_01kg9x0000e0080000000000h1"), INVOICE, START)
    running.note_decline(INVOICE, "card_declined", "The card was declined.", START)
    running.activate(START, phase=running.phase, anchor=START)
    running.fall_past_due(INVOICE, START)
    running.update({"auto_renew": True, "payment_method_id": None})
    running.cancel_at_end(START, "moved away")
    running.expire(START)
    abandoned.give_up(START)
    unpaid.activate(START)
    unpaid.renew(unpaid.next_phase("ph_01kg9x0000e0080000000000h2"), INVOICE, START)
    unpaid.become_unpaid(INVOICE, START)
    return [running, abandoned, unpaid, _scheduled(), _migrated(), _metered(), _given()]


def _given() -> Any:
    """Bought for somebody, paid, put right and redeemed."""
    gift = Gift("byron@example.com", "George", "Byron", "Zum Geburtstag", START + timedelta(days=2))
    given = _subscription(
        23, gift=gift, gift_code="7Q2XH-9MT4C-ZK0WB-3VN8D", billing_behavior="bill_immediately",
        next_invoice_date=START + timedelta(days=9), suspended_until=START + timedelta(days=3),
        invoice_notes="Danke", purchase_order="PO-7",
        shipping_address_id="adr_01kg9x0000e0080000000000a1",
    )  # fmt: skip
    given.hold_for_recipient(START)
    given.update_gift(replace(gift, recipient_first_name=None))
    given.redeem("cus_01kg9x0000e0080000000000c2", given.phase, START)
    return given


def _metered() -> Any:
    policy = BillingPolicy(
        version=2, kind="usage_in_arrears", currency="USD", interval=Interval.MONTH,
        prompt="Charge 0.50 USD per copy at the end of each month.", unit_amount=50, unit="copy",
        activated_at=START,
    )  # fmt: skip
    terms = replace(TERMS, trial_days=0, policy=policy)
    phase = first_phase("ph_01kg9x0000e0080000000000h9", START, "Europe/Berlin", terms)
    metered = _subscription(18, phase=phase, anchor=START, invoice_id=None)
    metered.activate(START)
    metered.record_usage(120, START, START)
    metered.bill_usage(INVOICE, START)
    retry = START + timedelta(days=1)
    metered.note_rule_failed(2, "maximum_amount_exceeded", "60 is too much", START, retry)
    return metered


def _scheduled() -> Any:
    """Waits for its date, begins unpaid, is declined once more, then goes on as booked."""
    waiting = _subscription(
        20, scheduled=True, billing_behavior="bill_immediately", invoice_notes="Danke",
        purchase_order="PO-7", shipping_address_id="adr_01kg9x0000e0080000000000a1",
        suspended_until=START + timedelta(days=3), incomplete_until=None,
    )  # fmt: skip
    waiting.reschedule(waiting.phase, waiting.anchor, START)
    waiting.start(INVOICE, START + timedelta(days=7), START)
    waiting.note_decline(INVOICE, "card_declined", "no", START, START + timedelta(days=1))
    waiting.activate(START, upcoming=(_booked(waiting),), invoice_id=INVOICE)
    waiting.book(_booked(waiting), START, replaces=True)
    waiting.renew(waiting.upcoming[0].phase, INVOICE, START, waiting.upcoming[0])
    waiting.unsuspend(START)
    waiting.suspend(START + timedelta(days=9), START)
    return waiting


def _migrated() -> Any:
    moved = _subscription(21, next_invoice_date=START + timedelta(days=14), invoice_id=None)
    moved.activate(START)
    rest = Proration("Digital, unused", -1500, START, moved.phase.end, TERMS, net=True)
    moved.change_plan(
        moved.phase, moved.anchor, START, proration="next_invoice", invoice_id=INVOICE,
        prorations=(rest,), upcoming=(_booked(moved),),
    )  # fmt: skip
    moved.extend(moved.phase, moved.phase.end, (_booked(moved),), START)
    moved.begin_extension(START)
    moved.cancel_at_end(START, None)
    moved.reactivate(START)
    moved.cancel_now(START, "moved away")
    return moved


def _restarted() -> Any:
    again = _subscription(26)
    again.activate(START)
    again.expire(START)
    again.restart(
        again.phase, START, quantity=1, auto_renew=False, collection_method="send_invoice",
        payment_method_id=METHOD, invoice_id=INVOICE, metadata=METADATA,
        incomplete_until=START + timedelta(days=7), invoice_notes="Danke", purchase_order="PO-7",
        shipping_address_id="adr_01kg9x0000e0080000000000a1",
    )  # fmt: skip
    return again


def _memberships() -> list[Any]:
    subscription = "sub_01kg9x0000e0080000000000s0"
    member = begin(
        Member, 24, subscription_id=subscription, email="byron@example.com", first_name="George",
        last_name="Byron", customer_id=CUSTOMER, invited_at=START,
    )  # fmt: skip
    member.accept(START)
    member.update({"last_name": "Gordon"})
    member.remove(START)
    seats = begin(Seats, 25, subscription_id=subscription)
    seats.invite(1, 5)
    return [member, seats, _restarted()]


def _invoice(number: int) -> Any:
    invoice = begin(
        Invoice, number, customer_id=CUSTOMER, currency="USD", collection_method="send_invoice",
        billing_reason="manual", lines=(LINE,), subscription_id=None, notes="Danke",
        purchase_order="PO-7", old_provider_id="i-1", metadata=METADATA,
    )  # fmt: skip
    invoice.issue({
        "series": "INV-", "issued_at": START, "issued_on": ON, "due_at": START + timedelta(30),
        "lines": (LINE,), "subtotal": 5210, "tax": 990, "total": 6200,
        "revenue_recognition_strategy": "invoice_payment", "customer_email": "ada@example.com",
        "customer_first_name": "Ada", "customer_last_name": "Lovelace",
        "organization_name": "Analytical Engines", "period_start": START,
        "period_end": START + timedelta(days=28), "charging": PAYMENT,
    })  # fmt: skip
    return invoice


def _invoices() -> list[Any]:
    paid, void, lost = _invoice(10), _invoice(11), _invoice(12)
    paid.decline(PAYMENT, "card_declined", "The card was declined.", at=START, past_due=False)
    paid.fall_past_due(START)
    paid.start_payment(PAYMENT)
    paid.receive(PAYMENT, 6200, "online", at=START, on=ON, redated={
        "lines": (LINE,), "period_start": START, "period_end": START + timedelta(days=28),
    })  # fmt: skip
    paid.update({"notes": None})
    for other in (void, lost):
        other.decline(PAYMENT, "card_declined", "no", at=START, past_due=True)
    void.receive(None, 100, "offline", at=START, on=ON)
    void.void(at=START, on=ON, reason="wrong address")
    lost.mark_uncollectible(at=START, on=ON, reason="bankrupt", tax_relief=False)
    return [paid, void, lost, _adjusted(), *_credited()]


def _adjusted() -> Any:
    """Lowered by a note, paid, its service moved, part of it paid back, and ended."""
    invoice = _invoice(22)
    invoice.decline(PAYMENT, "card_declined", "no", at=START, past_due=False)
    invoice.credit(
        "cn_01kg9x0000e0080000000000n1", 100, policy="unearned_first", at=START, on=ON,
        reason="too much", line=(LINE.id, 84, 16),
    )  # fmt: skip
    invoice.receive(None, 6100, "offline", at=START, on=ON)
    moved = replace(LINE, service_end=date(2026, 3, 15), period_end=START + timedelta(days=43))
    invoice.move_service((moved,), at=START, on=ON)
    invoice.refund(
        "ref_01kg9x0000e0080000000000r1", 500, "balance", policy="proportional", at=START, on=ON,
        reason="sorry",
    )  # fmt: skip
    invoice.refund(REFUND, 100, "card", policy="proportional", at=START, on=ON, payment_id=PAYMENT)
    invoice.reverse_refund(REFUND, 100, PAYMENT, at=START, on=ON, lines=RESTORED)
    invoice.dispute(DISPUTE, PAYMENT, 200, at=START, on=ON)
    invoice.win_dispute(DISPUTE, PAYMENT, 200, 200, at=START, on=ON, lines=RESTORED)
    invoice.end_service(at=START, on=ON)
    return invoice


def _credited() -> list[Any]:
    """Notes before and after it was paid, one withdrawn; and an invoice that is paid after all."""
    invoice = _invoice(27)
    invoice.decline(PAYMENT, "card_declined", "no", at=START, past_due=False)
    invoice.credit(
        NOTE, 100, policy="proportional", at=START, on=ON, lines=(NotedLine(LINE.id, 84, 16),)
    )  # fmt: skip
    invoice.void_credit(NOTE, 100, at=START, on=ON, lines=RESTORED, reason="mistaken")
    invoice.receive(PAYMENT, 6200, "online", at=START, on=ON)
    invoice.credit(NOTE, 60, balance=10, cards={PAYMENT: 20}, offline=30, policy="unearned_first",
                   at=START, on=ON, reason="sorry")  # fmt: skip
    note = begin(
        CreditNote, 28, series="CN-", customer_id=CUSTOMER, invoice_id=INVOICE,
        invoice_number="INV-000001", subscription_id=SUBSCRIPTION, currency="USD",
        lines=(NoteLine(LINE.id, LINE.description, 84, 16),), subtotal=84, tax=16, total=100,
        allocations=(Allocation("receivable", 100),), policy="proportional", reason="too much",
        issued_at=START, issued_on=ON,
    )  # fmt: skip
    note.void(at=START, on=ON, reason="mistaken")
    lost = _invoice(29)
    lost.decline(PAYMENT, "card_declined", "no", at=START, past_due=True)
    lost.mark_uncollectible(at=START, on=ON)
    lost.recover(PAYMENT, 1000, at=START, on=ON)
    return [invoice, note, lost]


def _money() -> list[Any]:
    charge = {
        "customer_id": CUSTOMER, "amount": 6200, "currency": "USD", "gateway": "sandbox",
        "payment_method_id": METHOD, "method_reference": "tok_visa", "started_at": START,
        "invoice_id": INVOICE, "request_key": "key-1", "request_ref": INVOICE,
        "description": "Top-up",
    }  # fmt: skip
    approved, declined = begin(Payment, 13, **charge), begin(Payment, 14, **charge)
    approved.succeed("sandbox_1", START)
    approved.note_refunds_at_gateway(500, START)
    declined.fail("card_declined", "The card was declined.", START)
    doubtful = begin(Payment, 40, **charge, off_session=True)
    doubtful.give_to_person("the gateway knows nothing of it", START)
    doubtful.require_action("sandbox_3", START)
    check = begin(
        Payment, 15, Payment.Recorded, customer_id=CUSTOMER, amount=100, currency="USD",
        category="check", reference="1001", recorded_on=ON, started_at=START, invoice_id=INVOICE,
    )  # fmt: skip
    refund = begin(
        Refund, 23, customer_id=CUSTOMER, invoice_id=INVOICE, amount=500, currency="USD", to="card",
        refunded_on=ON, payment_id=PAYMENT, gateway="sandbox",
        subscription_id="sub_01kg9x0000e0080000000000s1", reason="sorry", policy="proportional",
        credit_note_id=NOTE, falls_to="invoice", request_key="key-2", request_ref=REFUND,
    )  # fmt: skip
    refused = begin(
        Refund, 30, customer_id=CUSTOMER, invoice_id=INVOICE, amount=500, currency="USD", to="card",
        refunded_on=ON, payment_id=PAYMENT, gateway="sandbox",
    )  # fmt: skip
    refused.fail("card_closed", "The card's account is closed.", START)
    refund.succeed("sandbox_2", START)
    balance = begin(Balance, 16, customer_id=CUSTOMER, currency="USD")
    balance.credit("bal_01kg9x0000e0080000000000b1", 100, "unapplied", "Paid towards INV-000001",
                   at=START, on=ON, invoice_id=INVOICE, payment_id=PAYMENT)  # fmt: skip
    balance.adjust("bal_01kg9x0000e0080000000000b2", -40, "entered twice", at=START, on=ON)
    balance.apply("bal_01kg9x0000e0080000000000b3", 60, "Applied to INV-000002",
                  at=START, on=ON, invoice_id=INVOICE)  # fmt: skip
    balance.dispute("bal_01kg9x0000e0080000000000b4", DISPUTE, PAYMENT, 20, at=START, on=ON)
    opened = {
        "payment_id": PAYMENT, "customer_id": CUSTOMER, "amount": 200, "currency": "USD",
        "gateway": "stripe", "gateway_reference": "dp_1", "opened_at": START, "opened_on": ON,
        "invoice_id": INVOICE, "reason": "fraudulent",
    }  # fmt: skip
    won, lost = begin(Dispute, 41, **opened), begin(Dispute, 42, **opened)
    won.win(at=START, on=ON)
    lost.lose(at=START, on=ON)
    return [approved, declined, doubtful, check, balance, refund, refused, won, lost]
