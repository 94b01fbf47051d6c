"""Invoices by hand, before they are issued: drafted, written anew, deleted; and annotated after."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from domain.commands.act import Done
from domain.commands.claims import moved_old_id, old_id_claims, resolve
from domain.commands.coupons import coupon_named, discounted
from domain.commands.manual_lines import date_of, lines_of, require_plans_of
from domain.customers.customer import Customer
from domain.invoicing.invoice import Invoice, Status
from domain.invoicing.lines import Line, with_tax
from domain.shared.errors import Gathered, Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from domain.accounts.account import Account
    from domain.application import Books
    from domain.commands.act import Act
    from domain.commands.manual_lines import NewLine
    from domain.shared.discount import Discount

DRAFTED = ("currency", "lines", "collection_method", "coupon_id", "coupon_code")
"""What can be said anew as long as nothing is issued."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvoice:
    currency: str
    lines: Sequence[NewLine]
    customer_id: str | None = None
    customer_old_provider_id: str | None = None
    collection_method: str = "send_invoice"
    notes: str | None = None
    purchase_order: str | None = None
    old_provider_id: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    due_at: datetime | None = None
    coupon_id: str | None = None
    coupon_code: str | None = None


def create_invoice(books: Books, account: Account, new: NewInvoice, act: Act) -> Done:
    """A draft. Raises Invalid for wrong references, what `lines_of` refuses, a coupon that may not
    be redeemed or a due date that is past."""
    ref = resolve(books, "cus", "customer", new.customer_id, new.customer_old_provider_id)
    if ref is None:
        raise Invalid.one("customer_id", "required", "an invoice is a customer's")
    at, wrong, discount = books.now(), Gathered(), None
    with wrong.noting():
        customer = books.load(Customer, ref, field="customer_id")
        customer.require_not_erased()
    _require_notes_kept_here(account, new.notes, new.purchase_order)
    with wrong.noting():
        require_to_come(new.due_at, at)
    with wrong.noting():
        coupon = coupon_named(books, new.coupon_id, new.coupon_code, new.currency, at)
        discount = None if coupon is None else coupon.discount()
    with wrong.noting():
        lines = lines_of(books, account, new.lines, new.currency, discount)
    wrong.require_none()
    invoice = Invoice.begin(
        Invoice.Created,
        id=books.new_id(),
        customer_id=customer.ref,
        currency=new.currency,
        collection_method=new.collection_method,
        billing_reason="manual",
        lines=lines,
        notes=new.notes,
        purchase_order=new.purchase_order,
        old_provider_id=new.old_provider_id,
        metadata=new.metadata,
        due_at=new.due_at,
        discount=discount,
    )
    claims = old_id_claims("inv", new.old_provider_id, invoice.id)
    given = act.given(invoice.ref, claims=claims)
    return Done(invoice.ref, books.record(invoice, by=act.by, given=given))


def require_to_come(due_at: datetime | None, at: datetime) -> None:
    if due_at is not None and due_at <= at:
        raise Invalid.one("due_at", "not_in_the_future", "must be later than now")


def update_invoice(
    books: Books,
    account: Account,
    ref: str,
    changes: dict[str, Any],
    act: Act,
    version: int | None = None,
) -> Done:
    """`changes` of notes, purchase_order, metadata, old_provider_id in every status; of due_at
    while it is open; of a draft's currency, lines, collection_method and coupon too.

    Raises Conflict `invoice_not_draft` or `invoice_not_open`.
    """
    invoice = books.load(Invoice, ref)
    _require_notes_kept_here(account, changes.get("notes"), changes.get("purchase_order"))
    invoice.require_version(version)
    moved = moved_old_id(invoice, changes, "inv")
    said = {name: changes[name] for name in (*DRAFTED, "due_at") if name in changes}
    if said:
        _say_anew(books, account, invoice, said)
    rest = {name: value for name, value in changes.items() if name not in said}
    invoice.update(rest)
    return Done(ref, books.record(invoice, by=act.by, given=act.given(ref, **moved)))


def _say_anew(books: Books, account: Account, invoice: Invoice, said: dict[str, Any]) -> None:
    at, wrong, discount = books.now(), Gathered(), None
    with wrong.noting():
        require_to_come(said.get("due_at"), at)
    if said.keys() == {"due_at"} and invoice.status is not Status.DRAFT:
        wrong.require_none()
        due_at = said["due_at"]
        if due_at is None:
            raise Invalid.one("due_at", "required", "what was issued is due at some time")
        invoice.move_due(due_at, date_of(account, due_at))
        return
    invoice.require_draft()
    currency = said.get("currency", invoice.currency)
    with wrong.noting():
        discount = _discount(books, invoice, said, currency, at)
    lines: Sequence[Line] = invoice.lines
    with wrong.noting():
        if "lines" in said:
            lines = lines_of(books, account, said["lines"], currency, discount)
        else:
            if currency != invoice.currency:
                require_plans_of(books, lines, currency)
            lines = with_tax(discounted([replace(line, discount=0) for line in lines], discount))
    wrong.require_none()
    invoice.revise(
        {
            "currency": currency,
            "lines": tuple(lines),
            "collection_method": said.get("collection_method", invoice.collection_method),
            "due_at": said.get("due_at", invoice.due_at),
            "discount": discount,
        }
    )


def _discount(
    books: Books, invoice: Invoice, said: dict[str, Any], currency: str, at: datetime
) -> Discount | None:
    """Nulls take the coupon off; one that stays has to fit another currency too."""
    named = {name: said[name] for name in ("coupon_id", "coupon_code") if name in said}
    if not named:
        ref = None if invoice.discount is None else invoice.discount.coupon_id
        named = {"coupon_id": ref}
    coupon = coupon_named(books, named.get("coupon_id"), named.get("coupon_code"), currency, at)
    return None if coupon is None else coupon.discount()


def delete_invoice(books: Books, ref: str, act: Act) -> Done:
    """A draft's end; its old_provider_id is free again. Raises Conflict `invoice_not_draft`."""
    invoice = books.load(Invoice, ref)
    invoice.delete()
    releases = old_id_claims("inv", invoice.old_provider_id, invoice.id)
    return Done(ref, books.record(invoice, by=act.by, given=act.given(ref, releases=releases)))


def _require_notes_kept_here(account: Account, *notes: str | None) -> None:
    """Raises NotAllowed `billing_engine_required` for what another system's invoices say."""
    if any(note is not None for note in notes):
        account.require_native_engine("notes on invoices")
