"""Invoices: drafted, issued, paid, given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.core.invoice_bodies import (
    Application,
    Charge,
    Ending,
    InvoiceChange,
    InvoiceCreation,
    Issue,
    OfflinePayment,
)
from api.fields import Body
from api.resource_routes import reads, write
from api.route import Key, Route
from api.writing import Written, of, paid
from domain.commands import balances, charging, drafting, invoicing, manual_lines, offline
from projections.balances import THAT_SETTLES
from projections.invoice_resource import INVOICES

if TYPE_CHECKING:
    from api.call import Call


def create(call: Call, body: InvoiceCreation) -> Written:
    sent: dict[str, Any] = body.sent()
    sent["lines"] = [manual_lines.NewLine(**line) for line in sent["lines"]]
    new = drafting.NewInvoice(**sent)
    return of(drafting.create_invoice(call.books, call.account, new, call.act))


def update(call: Call, body: InvoiceChange) -> Written:
    sent: dict[str, Any] = body.sent()
    if "lines" in sent:
        sent["lines"] = [manual_lines.NewLine(**line) for line in sent["lines"]]
    books, version = call.books, call.version
    return of(drafting.update_invoice(books, call.account, call.ref, sent, call.act, version))


def delete(call: Call, _: Body) -> Written:
    return of(drafting.delete_invoice(call.books, call.ref, call.act))


def issue(call: Call, body: Issue) -> Written:
    gateways, method = call.gateways, body.payment_method_id
    return paid(
        invoicing.issue_invoice(call.books, gateways, call.account, call.ref, call.act, method)
    )


def charge(call: Call, body: Charge) -> Written:
    gateways, sent = call.gateways, body.sent()
    result = charging.charge_invoice(
        call.books, gateways, call.account, call.ref, body.payment_method_id, call.act,
        sent.get("return_url"),
    )  # fmt: skip
    return paid(result)


def mark_paid(call: Call, body: OfflinePayment) -> Written:
    payment = offline.OfflinePayment(**body.sent())
    return of(offline.mark_paid(call.books, call.account, call.ref, payment, call.act))


def apply_balance(call: Call, body: Application) -> Written:
    return of(balances.apply_balance(call.books, call.account, call.ref, body.amount, call.act))


def void(call: Call, _: Ending) -> Written:
    return of(invoicing.void_invoice(call.books, call.account, call.ref, call.act))


def mark_uncollectible(call: Call, _: Ending) -> Written:
    return of(invoicing.mark_uncollectible(call.books, call.account, call.ref, call.act))


CHARGE = write(
    INVOICES,
    "POST",
    "/{id}/charge",
    charge,
    "Charge what is owed to a card",
    Charge,
    key=Key.REQUIRED,
    pays=True,
    rule="money:write",
)

ROUTES: tuple[Route, ...] = reads(
    INVOICES,
    write(INVOICES, "POST", "", create, "Draft an invoice", InvoiceCreation, status=201),
    write(INVOICES, "PATCH", "/{id}", update, "Annotate an invoice", InvoiceChange),
    write(INVOICES, "DELETE", "/{id}", delete, "Delete a draft", deletes=True),
    write(INVOICES, "POST", "/{id}/issue", issue, "Issue a draft", Issue, waits=True),
    CHARGE,
    write(
        INVOICES,
        "POST",
        "/{id}/mark_paid",
        mark_paid,
        "Record an offline payment",
        OfflinePayment,
        key=Key.REQUIRED,
        rule="money:write",
    ),
    write(
        INVOICES,
        "POST",
        "/{id}/apply_balance",
        apply_balance,
        "Settle an invoice from its customer's credit",
        Application,
        key=Key.REQUIRED,
        rule="money:write",
        kin=THAT_SETTLES,
    ),
    write(INVOICES, "POST", "/{id}/void", void, "Void an invoice", Ending, rule="write_offs:write"),
    write(
        INVOICES,
        "POST",
        "/{id}/mark_uncollectible",
        mark_uncollectible,
        "Give an invoice up",
        Ending,
        rule="write_offs:write",
    ),
)
