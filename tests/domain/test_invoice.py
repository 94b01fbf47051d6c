"""An invoice's states: what each allows, and that a refusal records nothing."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from domain.invoicing.invoice import Invoice, Status
from domain.invoicing.lines import Line
from domain.shared.errors import Conflict, DomainError, Invalid

MAY_1 = datetime(2026, 5, 1, tzinfo=UTC)
ON_MAY_1 = date(2026, 5, 1)
PAYMENT = "pay_00000000000000000000000001"


def drafted() -> Invoice:
    return Invoice.begin(
        Invoice.Created,
        id=UUID(int=7),
        customer_id="cus_00000000000000000000000001",
        currency="USD",
        collection_method="send_invoice",
        billing_reason="manual",
    )


def issued(total: int = 3100, strategy: str = "invoice_creation") -> Invoice:
    invoice = drafted()
    invoice.issue(document(total, strategy))
    return invoice


def document(total: int = 3100, strategy: str = "invoice_creation") -> dict:
    line = Line(
        id="il_1", description="News", unit_amount=total, quantity=1, amount=total,
        service_start=ON_MAY_1, service_end=date(2026, 6, 1),
    )  # fmt: skip
    return {
        "series": "INV-", "issued_at": MAY_1, "issued_on": ON_MAY_1, "due_at": None,
        "lines": (line,), "subtotal": total, "tax": 0, "total": total,
        "revenue_recognition_strategy": strategy,
    }  # fmt: skip


def pay(amount: int, payment_id: str | None = None):
    return lambda invoice: invoice.receive(payment_id, amount, "offline", at=MAY_1, on=ON_MAY_1)


def void(invoice: Invoice) -> None:
    invoice.void(at=MAY_1, on=ON_MAY_1)


def give_up(invoice: Invoice) -> None:
    invoice.mark_uncollectible(at=MAY_1, on=ON_MAY_1)


def fall_past_due(invoice: Invoice) -> None:
    invoice.fall_past_due(MAY_1)


def start_payment(invoice: Invoice) -> None:
    invoice.start_payment(PAYMENT)


def decline(invoice: Invoice) -> None:
    invoice.decline(PAYMENT, "card_declined", "no", at=MAY_1, past_due=True)


def issue(invoice: Invoice) -> None:
    invoice.issue(document())


HISTORIES = {
    Status.DRAFT: [],
    Status.OPEN: [issue],
    Status.PAST_DUE: [issue, fall_past_due],
    Status.PAID: [issue, pay(3100)],
    Status.VOID: [issue, void],
    Status.UNCOLLECTIBLE: [issue, give_up],
}
ALLOWED = {
    (Status.DRAFT, issue): Status.OPEN,
    (Status.OPEN, start_payment): Status.OPEN,
    (Status.OPEN, fall_past_due): Status.PAST_DUE,
    (Status.OPEN, void): Status.VOID,
    (Status.OPEN, give_up): Status.UNCOLLECTIBLE,
    (Status.PAST_DUE, start_payment): Status.PAST_DUE,
    (Status.PAST_DUE, void): Status.VOID,
    (Status.PAST_DUE, give_up): Status.UNCOLLECTIBLE,
}
REFUSED = {
    (Status.DRAFT, start_payment): "invoice_not_payable",
    (Status.DRAFT, fall_past_due): "invoice_not_payable",
    (Status.DRAFT, void): "invoice_not_issued",
    (Status.DRAFT, give_up): "invoice_not_issued",
    (Status.OPEN, issue): "invoice_not_draft",
    (Status.PAST_DUE, issue): "invoice_not_draft",
    (Status.PAST_DUE, fall_past_due): "invoice_not_payable",
} | {
    (status, act): code
    for status in (Status.PAID, Status.VOID, Status.UNCOLLECTIBLE)
    for act, code in {
        issue: "invoice_not_draft", start_payment: "invoice_terminal", void: "invoice_terminal",
        give_up: "invoice_terminal", fall_past_due: "invoice_not_payable",
    }.items()
}  # fmt: skip


def in_state(status: Status) -> Invoice:
    invoice = drafted()
    for act in HISTORIES[status]:
        act(invoice)
    assert invoice.status is status
    return invoice


@pytest.mark.parametrize(("status", "act"), ALLOWED)
def test_a_legal_move_leads_where_the_table_says(status, act):
    invoice = in_state(status)
    act(invoice)
    assert invoice.status is ALLOWED[status, act]


@pytest.mark.parametrize(("status", "act"), REFUSED)
def test_an_illegal_move_is_refused_with_its_code_and_nothing_is_recorded(status, act):
    invoice = in_state(status)
    refused(invoice, act, REFUSED[status, act])


def test_every_pair_of_state_and_act_is_in_one_of_the_tables():
    acts = {act for _, act in ALLOWED | REFUSED}
    assert {(status, act) for status in Status for act in acts} == (ALLOWED | REFUSED).keys()


def refused(invoice: Invoice, act, code: str) -> None:
    before = list(invoice.pending_events)
    with pytest.raises(DomainError) as refusal:
        act(invoice)
    assert refusal.value.code == code
    assert invoice.pending_events == before


def test_payments_in_parts_complete_an_invoice():
    invoice = issued(3100)
    pay(1000)(invoice)
    assert (invoice.status, invoice.amount_remaining) == (Status.OPEN, 2100)
    pay(2100)(invoice)
    assert (invoice.status, invoice.amount_remaining) == (Status.PAID, 0)


def test_more_than_is_owed_is_refused():
    refused(issued(3100), pay(3101), "amount_exceeds_outstanding")


def test_a_payment_under_way_locks_the_invoice():
    for act in (void, give_up, pay(3100), start_payment):
        invoice = issued()
        start_payment(invoice)
        refused(invoice, act, "payment_in_progress")


def test_the_payment_under_way_itself_is_received_and_unlocks():
    invoice = issued()
    start_payment(invoice)
    invoice.receive(PAYMENT, 3100, "online", at=MAY_1, on=ON_MAY_1)
    assert invoice.open_payment_id is None
    assert invoice.status is Status.PAID


def test_a_decline_unlocks_and_may_make_it_past_due():
    invoice = issued()
    start_payment(invoice)
    decline(invoice)
    assert (invoice.status, invoice.open_payment_id) == (Status.PAST_DUE, None)


def test_a_part_paid_invoice_is_not_voided():
    invoice = issued()
    pay(1)(invoice)
    refused(invoice, void, "invoice_has_payments")


def test_recognised_by_payment_a_part_paid_invoice_is_voided_and_says_what_goes_back():
    invoice = issued(strategy="invoice_payment")
    pay(1000)(invoice)
    void(invoice)
    assert invoice.pending_events[-1].returned == 1000


def test_nothing_is_owed_on_a_void_or_abandoned_invoice():
    assert in_state(Status.VOID).amount_remaining == 0
    assert in_state(Status.UNCOLLECTIBLE).amount_remaining == 0


@pytest.mark.parametrize("status", Status)
def test_notes_are_editable_in_every_status_and_the_same_note_records_nothing(status):
    invoice = in_state(status)
    invoice.update({"notes": "Thank you"})
    recorded = len(invoice.pending_events)
    invoice.update({"notes": "Thank you"})
    assert len(invoice.pending_events) == recorded
    assert invoice.status is status


def test_refusals_are_told_apart_by_kind():
    with pytest.raises(Conflict):
        void(in_state(Status.PAID))
    with pytest.raises(Invalid):
        pay(9999)(issued())
